//! OPC UA NodeSet2 XML: variables of instances with their ranges, units, states and access (OPC 10000-6 annex F, 10000-8).

use std::collections::HashMap;

use roxmltree::Node;

use super::ImportError;
use super::draft::{Draft, On, Point, number};
use super::xml::{Places, child, parse, text};

/// Nodes above a variable that are looked at: deeper ones are a circle or no plant.
const DEEPEST: usize = 64;
/// Bit of AccessLevel: CurrentWrite (OPC 10000-3, 8.57).
const CURRENT_WRITE: u32 = 1 << 1;

/// Well-known nodes of namespace 0.
mod known {
    pub(super) const HAS_TYPE_DEFINITION: &str = "i=40";
    pub(super) const HAS_PROPERTY: &str = "i=46";
    pub(super) const HAS_COMPONENT: &str = "i=47";
    pub(super) const ORGANIZES: &str = "i=35";
    pub(super) const PROPERTY_TYPE: &str = "i=68";
    pub(super) const BOOLEAN: &str = "i=1";
    pub(super) const STRING: &str = "i=12";
    /// SByte to Double, and the abstract numbers.
    pub(super) const NUMBERS: [&str; 13] = [
        "i=2", "i=3", "i=4", "i=5", "i=6", "i=7", "i=8", "i=9", "i=10", "i=11", "i=26", "i=27", "i=28",
    ];
}

/// Everything that is looked up while variables are read.
struct Set<'a, 'input> {
    places: &'a Places<'a>,
    uris: Vec<&'a str>,
    aliases: HashMap<&'a str, &'a str>,
    nodes: HashMap<&'a str, Node<'a, 'input>>,
    /// Properties by their owner, then by their name.
    properties: HashMap<&'a str, HashMap<&'a str, Node<'a, 'input>>>,
}

/// Reads a set.
pub(super) fn read(source: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let document = parse(source)?;
    let places = Places::new(source);
    let root = document.root_element();
    if root.tag_name().name() != "UANodeSet" {
        return Err(ImportError::new(
            Some(places.of(root)),
            format!("`{}` is not the root of a NodeSet2 file", root.tag_name().name()),
        ));
    }
    let set = Set::of(root, &places);
    let device = draft.usual_device.clone();
    draft.device(&device, "opcua");
    let mut types = 0_u64;
    let variables = root
        .children()
        .filter(|node| node.is_element() && node.tag_name().name() == "UAVariable");
    for node in variables {
        let id = node.attribute("NodeId").unwrap_or("");
        if set.is_property(node) || !id.starts_with("ns=") {
            continue;
        }
        let Some(path) = set.path(node) else {
            // A variable of a type is a pattern; its instances are points.
            types += 1;
            continue;
        };
        draft.read += 1;
        if let Some(point) = set.point(node, id, path, &device, draft) {
            draft.points.push(point);
        }
    }
    if draft.points.is_empty() && types > 0 {
        return Err(ImportError::new(
            None,
            format!(
                "all {types} variables of this file belong to types; export the address space of the server, which has the instances"
            ),
        ));
    }
    Ok(())
}

impl<'a, 'input> Set<'a, 'input> {
    fn of(root: Node<'a, 'input>, places: &'a Places<'a>) -> Self {
        let uris = child(root, "NamespaceUris")
            .map(|uris| {
                uris.children()
                    .filter(Node::is_element)
                    .map(|uri| uri.text().unwrap_or("").trim())
                    .collect()
            })
            .unwrap_or_default();
        let aliases = child(root, "Aliases")
            .map(|aliases| {
                aliases
                    .children()
                    .filter(Node::is_element)
                    .filter_map(|alias| Some((alias.attribute("Alias")?, alias.text()?.trim())))
                    .collect()
            })
            .unwrap_or_default();
        let mut set = Self {
            places,
            uris,
            aliases,
            nodes: HashMap::new(),
            properties: HashMap::new(),
        };
        for node in root.children().filter(Node::is_element) {
            if let Some(id) = node.attribute("NodeId") {
                set.nodes.insert(id, node);
            }
        }
        for node in root.children().filter(Node::is_element) {
            if set.is_property(node)
                && let Some(owner) = set.owner(node)
            {
                let name = bare(node.attribute("BrowseName").unwrap_or(""));
                set.properties.entry(owner).or_default().insert(name, node);
            }
        }
        set
    }

    /// The node id that a text stands for: itself, or what the alias says.
    fn resolve(&self, text: &'a str) -> &'a str {
        self.aliases.get(text.trim()).copied().unwrap_or(text.trim())
    }

    /// Targets of references of a type, in one direction.
    fn targets(&self, node: Node<'a, 'input>, kinds: &[&str], forward: bool) -> Option<&'a str> {
        child(node, "References")?
            .children()
            .filter(Node::is_element)
            .find_map(|reference| {
                let kind = self.resolve(reference.attribute("ReferenceType")?);
                let direction = reference.attribute("IsForward") != Some("false");
                (direction == forward && kinds.contains(&kind)).then(|| reference.text().map(str::trim))?
            })
    }

    fn type_of(&self, node: Node<'a, 'input>) -> &'a str {
        self.targets(node, &[known::HAS_TYPE_DEFINITION], true)
            .unwrap_or("")
    }

    fn is_property(&self, node: Node<'a, 'input>) -> bool {
        self.type_of(node) == known::PROPERTY_TYPE
            || self.targets(node, &[known::HAS_PROPERTY], false).is_some()
    }

    fn owner(&self, node: Node<'a, 'input>) -> Option<&'a str> {
        node.attribute("ParentNodeId").or_else(|| {
            self.targets(
                node,
                &[known::HAS_PROPERTY, known::HAS_COMPONENT, known::ORGANIZES],
                false,
            )
        })
    }

    /// Browse names from the top of the plant down; `None` below a type.
    fn path(&self, node: Node<'a, 'input>) -> Option<String> {
        let mut names = vec![bare(node.attribute("BrowseName").unwrap_or(""))];
        let mut at = node;
        for _ in 0..DEEPEST {
            let Some(owner) = self.owner(at).and_then(|owner| self.nodes.get(owner)) else {
                break;
            };
            if owner.tag_name().name().ends_with("Type") {
                return None;
            }
            names.push(bare(owner.attribute("BrowseName").unwrap_or("")));
            at = *owner;
        }
        names.reverse();
        Some(names.join("."))
    }

    /// `nsu=URI;...`: indexes of the file are not those of the server.
    fn address(&self, id: &str) -> Option<String> {
        let (index, identifier) = id.strip_prefix("ns=")?.split_once(';')?;
        let uri = self.uris.get(index.parse::<usize>().ok()?.checked_sub(1)?)?;
        let escaped = uri.replace('%', "%25").replace(';', "%3B");
        Some(format!("nsu={escaped};{identifier}"))
    }

    fn point(
        &self,
        node: Node<'a, 'input>,
        id: &str,
        path: String,
        device: &str,
        draft: &mut Draft,
    ) -> Option<Point> {
        let at = self.places.of(node);
        let Some(address) = self.address(id) else {
            draft.lost(
                at,
                format!("the namespace of `{path}` ({id}) is not in NamespaceUris"),
                "export the file again with its namespaces",
            );
            return None;
        };
        let rank = node
            .attribute("ValueRank")
            .and_then(|rank| rank.parse::<i32>().ok())
            .unwrap_or(-1);
        if rank >= 0 {
            draft.lost(
                at,
                format!("`{path}` is an array"),
                "a tag has one value; name the scalars that matter in tags.csv",
            );
            return None;
        }
        let mut point = Point {
            name: path,
            device: device.to_owned(),
            address,
            description: text(node, "Description").to_owned(),
            place: at,
            ..Point::default()
        };
        let level = node
            .attribute("AccessLevel")
            .and_then(|level| level.parse::<u32>().ok())
            .unwrap_or(1);
        let kind = self.resolve(node.attribute("DataType").unwrap_or(""));
        let numeric = known::NUMBERS.contains(&kind);
        let writable = level & CURRENT_WRITE != 0;
        if !writable && kind != known::STRING {
            point.role = "pv";
        } else if kind == known::BOOLEAN {
            point.candidate = "cmd";
        } else if numeric {
            point.candidate = "sp";
        }
        if let Some(properties) = node.attribute("NodeId").and_then(|id| self.properties.get(id)) {
            described(properties, self.places, &mut point, draft);
        }
        Some(point)
    }
}

/// What the properties of a variable say (OPC 10000-8: AnalogItem, TwoState and MultiState).
fn described(
    properties: &HashMap<&str, Node<'_, '_>>,
    places: &Places<'_>,
    point: &mut Point,
    draft: &mut Draft,
) {
    if let Some(range) = properties.get("EURange") {
        point.safe = band(places.of(*range), *range, point, "EURange", draft);
        point.safe_is = Some((
            On::Observation,
            "EURange of the server: what is normal there (OPC 10000-8, 5.3.2).",
        ));
    }
    if let Some(range) = properties.get("InstrumentRange") {
        point.range = band(places.of(*range), *range, point, "InstrumentRange", draft);
    }
    if let Some(unit) = properties.get("EngineeringUnits") {
        unit.descendants()
            .find(|node| node.is_element() && node.tag_name().name() == "DisplayName")
            .map(|name| text(name, "Text"))
            .unwrap_or("")
            .clone_into(&mut point.unit);
    }
    let words = |name: &str| -> Vec<String> {
        properties
            .get(name)
            .map(|node| {
                node.descendants()
                    .filter(|node| node.is_element() && node.tag_name().name() == "Text")
                    .map(|node| node.text().unwrap_or("").trim().to_owned())
                    .collect()
            })
            .unwrap_or_default()
    };
    let listed = match (words("FalseState").pop(), words("TrueState").pop()) {
        (Some(no), Some(yes)) => vec![no, yes],
        _ => words("EnumStrings"),
    };
    if listed.iter().all(|name| !name.is_empty()) {
        point.states = (0..).zip(listed).collect();
    } else {
        draft.lost(
            point.place,
            format!("a state of `{}` has no name", point.name),
            "set `states` in tags.csv",
        );
    }
    if let Some(values) = properties.get("EnumValues") {
        point.states = values
            .descendants()
            .filter(|node| node.is_element() && node.tag_name().name() == "EnumValueType")
            .filter_map(|value| {
                let name = child(value, "DisplayName").map(|name| text(name, "Text"))?;
                Some((text(value, "Value").parse().ok()?, name.to_owned()))
            })
            .collect();
    }
}

fn band(
    place: (u32, u32),
    node: Node<'_, '_>,
    point: &Point,
    what: &str,
    draft: &mut Draft,
) -> Option<(f64, f64)> {
    let value = |name: &str| {
        node.descendants()
            .find(|node| node.is_element() && node.tag_name().name() == name)
            .and_then(|node| number(node.text()?))
    };
    let band = value("Low").zip(value("High"));
    if band.is_none() {
        draft.lost(
            place,
            format!("{what} of `{}` has no value in the file", point.name),
            "the server fills it in at run time; read it there and set it in tags.csv",
        );
    }
    band
}

/// A browse name without the index of its namespace.
fn bare(name: &str) -> &str {
    match name.split_once(':') {
        Some((index, rest)) if index.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => name,
    }
}
