//! DNP3 device profile as XML: the lists of points and the addresses of the outstation.
//!
//! Names of elements are those of the schema in its editions 2.07 to 2.12; the namespace differs from edition to edition, so
//! elements are known by their local names.

use roxmltree::Node;

use super::ImportError;
use super::draft::{Draft, On, Point, number, plain, quoted};
use super::xml::{Places, child, parse, text};

/// Lists of points: the element of a point, the table of a site, and the role that it has by its nature.
const LISTS: [(&str, &str, &str, &str); 6] = [
    ("binaryInput", "bi", "", ""),
    ("doubleBitInput", "dbi", "", ""),
    ("binaryOutput", "bo", "", "cmd"),
    ("counter", "counter", "pv", ""),
    ("analogInput", "ai", "pv", ""),
    ("analogOutput", "ao", "", "sp"),
];

/// Reads a profile.
pub(super) fn read(source: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let document = parse(source)?;
    let places = Places::new(source);
    let root = document.root_element();
    if root.tag_name().name() != "DNP3DeviceProfileDocument" {
        return Err(ImportError::new(
            Some(places.of(root)),
            format!(
                "`{}` is not the root of a DNP3 device profile",
                root.tag_name().name()
            ),
        ));
    }
    let device = draft.usual_device.clone();
    settings(root, &device, &places, draft);
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        // Elements of these names stand in the configuration too; points have an index.
        let Some(list) = LISTS.iter().find(|(element, ..)| *element == name) else {
            continue;
        };
        let in_list = node
            .parent_element()
            .is_some_and(|parent| parent.tag_name().name() == "dataPoints");
        if !in_list {
            continue;
        }
        draft.read += 1;
        if let Some(point) = point(node, *list, &device, &places, draft) {
            let frozen = (name == "counter" && text(node, "frozenCounterExists") == "true").then(|| Point {
                name: format!("{}.FROZEN", point.name),
                address: point.address.replacen("counter", "frozen", 1),
                ..point.clone()
            });
            draft.points.push(point);
            if let Some(frozen) = frozen {
                draft.read += 1;
                draft.points.push(frozen);
            }
        }
    }
    Ok(())
}

/// A setting's value: `<NAME><currentValue><value>`, or `<address>`.
fn setting<'a>(root: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let node = root
        .descendants()
        .find(|node| node.is_element() && node.tag_name().name() == name)?;
    let current = child(node, "currentValue")?;
    current
        .children()
        .filter(Node::is_element)
        .find_map(|value| value.text())
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn settings(root: Node<'_, '_>, device: &str, places: &Places<'_>, draft: &mut Draft) {
    let link = |name| setting(root, name).and_then(|value| value.parse::<u16>().ok());
    let host = setting(root, "ipAddress").filter(|host| {
        host.parse::<std::net::IpAddr>()
            .is_ok_and(|address| !address.is_unspecified())
    });
    let port = setting(root, "tcpListenPort").and_then(|port| port.parse::<u16>().ok());
    let identity: Vec<String> = [
        ("vendor", "vendorName"),
        ("product", "deviceName"),
        ("firmware", "softwareVersion"),
    ]
    .into_iter()
    .filter_map(|(key, name)| Some(format!("{key} = {}", quoted(setting(root, name)?))))
    .collect();
    let outstation = link("dataLinkAddress");
    if outstation.is_none() {
        draft.ask(
            places.of(root),
            "the profile has no current data link address",
            "set `outstation` in plant.toml: without it every outstation fits",
        );
    }
    let keys = &mut draft.device(device, "dnp3").keys;
    if let Some(host) = host {
        keys.push(("host", quoted(host)));
    }
    if let Some(port @ 1..) = port {
        keys.push(("port", port.to_string()));
    }
    if let Some(master) = link("expectedSourceAddress") {
        keys.push(("master", master.to_string()));
    }
    if let Some(outstation) = outstation {
        keys.push(("outstation", outstation.to_string()));
    }
    if !identity.is_empty() {
        keys.push(("identity", format!("{{ {} }}", identity.join(", "))));
    }
}

fn point(
    node: Node<'_, '_>,
    (element, table, role, candidate): (&str, &str, &'static str, &'static str),
    device: &str,
    places: &Places<'_>,
    draft: &mut Draft,
) -> Option<Point> {
    let index = ["index", "dnpIndex"].into_iter().find_map(|key| {
        node.attribute(key)
            .or_else(|| Some(text(node, key)).filter(|text| !text.is_empty()))
    });
    let Some(index) = index.and_then(|index| index.trim().parse::<u32>().ok()) else {
        draft.lost(
            places.of(node),
            format!("this {element} has no index"),
            "give it one in the profile",
        );
        return None;
    };
    let name = match text(node, "name") {
        "" => {
            let name = format!("{}{index}", table.to_uppercase());
            draft.ask(
                places.of(node),
                format!("{element} {index} has no name"),
                format!("it is `{name}` now; name it as people call it"),
            );
            name
        }
        name => name.to_owned(),
    };
    let states = (0..4_u32)
        .filter_map(|number| {
            let name = text(node, &format!("nameState{number}"));
            (!name.is_empty()).then(|| (number, name.to_owned()))
        })
        .collect();
    let mut point = Point {
        name,
        device: device.to_owned(),
        address: format!("{table}:{index}"),
        role,
        candidate,
        states,
        unit: text(node, "units").to_owned(),
        description: text(node, "description").to_owned(),
        place: places.of(node),
        ..Point::default()
    };
    scaling(node, &mut point, draft);
    if let Some(operations) = child(node, "supportedControlOperations") {
        controls(operations, &mut point);
    }
    Some(point)
}

/// Value = transmitted value times factor plus offset (device profile, section 5).
fn scaling(node: Node<'_, '_>, point: &mut Point, draft: &mut Draft) {
    let value = |names: &[&str]| names.iter().find_map(|name| number(text(node, name)));
    let factor = value(&["scaleFactor", "multiplier"]).unwrap_or(1.0);
    let offset = value(&["scaleOffset", "offset"]).unwrap_or(0.0);
    if factor == 0.0 {
        draft.lost(
            point.place,
            format!("the scale factor of `{}` is zero", point.name),
            "set `scale` in tags.csv; raw values are shown",
        );
        return;
    }
    if factor != 1.0 || offset != 0.0 {
        point.scale = format!("{{ gain = {}, offset = {} }}", plain(factor), plain(offset));
    }
    point.resolution = value(&["resolution"]).filter(|resolution| *resolution > 0.0);
    // Twelve digits: 1070 times 0.01 is 10.7.
    let scaled = |raw: f64| {
        let exact = raw.mul_add(factor, offset);
        format!("{exact:.11e}").parse().unwrap_or(exact)
    };
    let low = value(&["minTransmittedValue", "minIntegerTransmittedValue"]);
    let high = value(&["maxTransmittedValue", "maxIntegerTransmittedValue"]);
    let (Some(low), Some(high)) = (low, high) else {
        return;
    };
    // What the width of the object allows is no limit of the process.
    let width = [(-32_768.0, 32_767.0), (-2_147_483_648.0, 2_147_483_647.0)].contains(&(low, high));
    if width || low >= high {
        return;
    }
    let (low, high) = (scaled(low), scaled(high));
    let band = Some((low.min(high), low.max(high)));
    if point.address.starts_with("ao:") {
        point.safe = band;
        point.safe_is = Some((
            On::Write,
            "The device profile gives these as the least and greatest value of the output.",
        ));
    } else {
        point.range = band;
    }
}

/// Select before operate is required where nothing else is supported. An output that can be operated is a command or setpoint
/// by its nature; one that supports nothing is no command.
fn controls(operations: Node<'_, '_>, point: &mut Point) {
    let supported = |name: &str| {
        child(operations, name).is_some_and(|node| node.text().is_none_or(|text| text.trim() != "false"))
    };
    let select = supported("supportSelectOperate");
    let direct = supported("supportDirectOperate") || supported("supportDirectOperateNoAck");
    match (select, direct) {
        (true, false) => point.sbo = "required",
        (true, true) => point.sbo = "optional",
        (false, true) => {}
        (false, false) => {
            point.role = "pv";
            return;
        }
    }
    point.role = point.candidate;
}
