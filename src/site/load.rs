//! Loading a site directory: the files are read, everything in them is checked, and what is wrong is told all at once.

use std::collections::HashMap;
use std::path::Path;

use super::diagnostic::{Diagnostic, SiteErrors};
use super::fields::Context;
use super::names::Names;
use super::place::Place;
use super::read::rule::Amendment;
use super::read::site::SiteTable;
use super::read::{self, tag::Written};
use super::source::{SourceFile, Span};
use super::toml_reader::{self, Table};
use super::{Expression, Rule, RuleSource, Site, TagId, amend, overlap, packs, roles};

/// A site that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The site.
    pub site: Site,
    /// What an engineer should look at.
    pub warnings: Vec<Diagnostic>,
    /// The files it was read from, for hashing and for messages.
    pub files: Vec<SourceFile>,
}

const TABLES: [&str; 10] = [
    "site",
    "defaults",
    "device",
    "principal",
    "tag",
    "zone",
    "conduit",
    "window",
    "mode",
    "rule",
];

impl Site {
    /// The time zone of its windows; UTC unless it says another.
    #[must_use]
    pub fn zone(&self) -> jiff::tz::TimeZone {
        if self.timezone.is_empty() {
            return jiff::tz::TimeZone::UTC;
        }
        // The loader refuses names that nobody knows.
        jiff::tz::TimeZone::get(&self.timezone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// Reads and checks the site in a directory.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with file, line, column and the mend.
    pub fn load(directory: &Path) -> Result<Loaded, SiteErrors> {
        load(Place::Directory(directory))
    }

    /// Reads and checks a site whose files are in memory, by name: `plant.toml` and those beside it.
    ///
    /// # Errors
    ///
    /// As [`Site::load`].
    pub fn from_files(files: &[(&str, &[u8])]) -> Result<Loaded, SiteErrors> {
        load(Place::Memory(files))
    }
}

fn load(place: Place<'_>) -> Result<Loaded, SiteErrors> {
    let mut loader = Loader {
        place,
        context: Context::default(),
        names: Names::default(),
        site: Site::default(),
    };
    loader.run();
    let Loader {
        context: Context { sources, problems },
        site,
        ..
    } = loader;
    let failed = problems.errors() > 0;
    let diagnostics = problems.finish(&sources);
    let files = sources.into_files();
    if failed {
        return Err(SiteErrors { diagnostics, files });
    }
    Ok(Loaded {
        site,
        warnings: diagnostics,
        files,
    })
}

struct Loader<'a> {
    place: Place<'a>,
    context: Context,
    names: Names,
    site: Site,
}

/// A tag that owns its table, whichever file it came from.
struct OwnedTag {
    name: String,
    span: Span,
    /// `None` for a row that could not be read: its name is known, so that rules about it are not reported as well.
    table: Option<Table>,
}

impl Loader<'_> {
    fn run(&mut self) {
        let Some(plant) = self.file("plant.toml", None) else {
            return;
        };
        let document = toml_reader::document(plant, &self.context.sources, &mut self.context.problems);
        let Some(document) = document else {
            self.look_at_rules();
            return;
        };
        read::document::only(&document, &TABLES, "plant.toml", &mut self.context);
        let site = read::site::read(&document, &mut self.context);
        self.base(&document, &site);
        let tags = self.tag_tables(&document, &site);
        self.tags(&tags);
        self.modes(&document);
        let amendments = self.rules(&document, &site);
        self.baseline(&site);
        if self.context.problems.errors() == 0 {
            overlap::warn(&self.site, &self.names, &mut self.context.problems);
            roles::spell_out(&mut self.site, &site.severities);
            amend::amend(&mut self.site, amendments, &mut self.context.problems);
        }
    }

    /// Reads a file of the site; `asked` is where another file names it.
    fn file(&mut self, name: &str, asked: Option<Span>) -> Option<usize> {
        if !Place::is_inside(name) {
            if let Some(span) = asked {
                self.context
                    .problems
                    .error(span, format!("`{name}` is outside the site"))
                    .help("put the file into the directory of the site, and write its name only");
            }
            return None;
        }
        let read = self.place.read(name);
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) => {
                let what = if error.kind() == std::io::ErrorKind::NotFound {
                    format!("there is no file `{name}`")
                } else {
                    format!("`{name}` cannot be read: {error}")
                };
                let draft = match asked {
                    Some(span) => self.context.problems.error(span, what),
                    None => self.context.problems.file_error(name, what),
                };
                draft.help(
                    "a site is a directory with `plant.toml`, and beside it `tags.csv` and `rules.toml`",
                );
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(self.context.sources.add(name.to_owned(), text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let file = self.context.sources.add(name.to_owned(), text);
                self.context
                    .problems
                    .error(
                        Span {
                            file,
                            start: at,
                            end: at,
                        },
                        "this is not UTF-8 text",
                    )
                    .help("save the file as UTF-8; spreadsheets offer \"CSV UTF-8\"");
                None
            }
        }
    }

    /// Without a readable plant.toml, rules can be read but not checked.
    fn look_at_rules(&mut self) {
        if self.place.has("rules.toml")
            && let Some(file) = self.file("rules.toml", None)
        {
            let _ = toml_reader::document(file, &self.context.sources, &mut self.context.problems);
        }
    }

    /// What `learn` wrote beside the site. Nothing in it becomes a safe limit until a person moves it to plant.toml.
    fn baseline(&mut self, site: &SiteTable) {
        if self.place.has("baseline.toml")
            && let Some(file) = self.file("baseline.toml", None)
            && let Some(document) =
                toml_reader::document(file, &self.context.sources, &mut self.context.problems)
        {
            read::baseline::read(
                &document,
                &self.names,
                &site.severities,
                &mut self.site,
                &mut self.context,
            );
        }
    }

    /// Everything that tags and rules refer to.
    fn base(&mut self, document: &Table, site: &SiteTable) {
        let (names, context) = (&mut self.names, &mut self.context);
        self.site.name.clone_from(&site.name);
        if site.name.is_empty() {
            self.site.name = self.place.name();
        }
        self.site.timezone.clone_from(&site.timezone);
        self.site.packs = site.packs.iter().map(|(name, _)| (*name).to_owned()).collect();
        self.site.defaults = site.defaults.clone();
        self.site.devices = read::device::read(document, names, context);
        self.site.principals = read::principal::read(document, names, context);
        self.site.zones = read::zone::read_zones(document, &mut self.site.devices, names, context);
        self.site.conduits = read::zone::read_conduits(document, names, context);
        read::device::check_zones(document, names, context);
        read::device::check_twins(&self.site.devices, names, context);
        self.site.windows = read::window::read(document, &site.timezone, names, context);
        // Modes may be named in conditions before those of modes are read.
        for table in read::document::named(document, "mode", context) {
            let index = u32::try_from(names.modes.len()).unwrap_or(u32::MAX);
            names.modes.insert(table.name.to_owned(), (index, table.span));
        }
    }

    /// The tags of plant.toml, then those of the CSV file.
    fn tag_tables(&mut self, document: &Table, site: &SiteTable) -> Vec<OwnedTag> {
        let mut tags: Vec<OwnedTag> = read::document::named(document, "tag", &mut self.context)
            .into_iter()
            .map(|named| OwnedTag {
                name: named.name.to_owned(),
                span: named.span,
                table: Some(named.table.clone()),
            })
            .collect();
        let csv = match &site.tags_csv {
            Some((name, span)) => self.file(name, Some(*span)),
            None if self.place.has("tags.csv") => self.file("tags.csv", None),
            None => None,
        };
        if let Some(file) = csv {
            read::tag_rows::read(file, &mut self.context, |name, span, table| {
                tags.push(OwnedTag { name, span, table });
            });
        }
        tags
    }

    fn tags(&mut self, tables: &[OwnedTag]) {
        let mut kept: Vec<(&OwnedTag, TagId)> = Vec::with_capacity(tables.len());
        for owned in tables {
            if let Some((_, first)) = self.names.tags.get(&owned.name) {
                self.context
                    .problems
                    .error(owned.span, format!("there are two tags `{}`", owned.name))
                    .label("the second one")
                    .related(*first, "the first one")
                    .help("give each tag a name of its own");
                continue;
            }
            let id = TagId(u32::try_from(self.site.tags.len()).unwrap_or(u32::MAX));
            let nothing = Table::default();
            let written = Written {
                name: &owned.name,
                span: owned.span,
                table: owned.table.as_ref().unwrap_or(&nothing),
            };
            // What is said about a row that is not there goes nowhere.
            let mut nowhere = Context::default();
            let context = match owned.table {
                Some(_) => &mut self.context,
                None => &mut nowhere,
            };
            let tag = read::tag::read(written, &self.site.devices, &self.names, context);
            self.names.tags.insert(owned.name.clone(), (id, owned.span));
            self.site.tags.push(tag);
            kept.push((owned, id));
        }
        for (owned, id) in kept {
            if let Some(value) = owned.table.as_ref().and_then(|table| table.get("feedback")) {
                let feedback = read::feedback::read(value, id, &self.site, &self.names, &mut self.context);
                if let Some(tag) = self.site.tags.get_mut(id.0 as usize) {
                    tag.feedback = feedback;
                }
            }
        }
    }

    fn modes(&mut self, document: &Table) {
        let mut slots = self.site.slots;
        let mut modes: Vec<(String, Expression)> = Vec::new();
        for table in read::document::named(document, "mode", &mut Context::default()) {
            let condition = read::mode::read(table, &self.site, &self.names, &mut slots, &mut self.context);
            modes.push((
                table.name.to_owned(),
                condition.unwrap_or(Expression::Truth(false)),
            ));
        }
        read::mode::check_circles(&modes, &self.names, &mut self.context.problems);
        self.names.mode_depths = read::mode::depths(&modes);
        self.site.modes = modes;
        self.site.slots = slots;
    }

    /// Reads the rules; what changes a role's rule is returned.
    fn rules(&mut self, document: &Table, site: &SiteTable) -> Vec<Amendment> {
        // A small site may keep its rules in plant.toml.
        let mut documents = vec![document.clone()];
        let listed: Vec<(String, Option<Span>)> = match &site.rules {
            Some(names) => names
                .iter()
                .map(|(name, span)| (name.clone(), Some(*span)))
                .collect(),
            None if self.place.has("rules.toml") => vec![("rules.toml".to_owned(), None)],
            None => Vec::new(),
        };
        for (name, span) in listed {
            if let Some(file) = self.file(&name, span) {
                let document = toml_reader::document(file, &self.context.sources, &mut self.context.problems);
                if let Some(document) = document {
                    read::document::only(&document, &["rule"], &name, &mut self.context);
                    documents.push(document);
                }
            }
        }
        let mut ids = read::rule::Ids::new();
        let mut amendments = Vec::new();
        let mut slots = self.site.slots;
        let mut packed = self.packs(site, &mut slots);
        let brought = packed
            .iter()
            .map(|rule| (rule.id.clone(), rule.kind.name()))
            .collect();
        let mut rules = Vec::new();
        for document in &documents {
            for (table, span) in read::document::listed(document, "rule", &mut self.context) {
                let mut environment = read::rule::Environment {
                    site: &self.site,
                    names: &self.names,
                    severities: &site.severities,
                    ids: &mut ids,
                    brought: &brought,
                    amendments: &mut amendments,
                    slots: &mut slots,
                    context: &mut self.context,
                };
                rules.extend(read::rule::read(table, span, &mut environment));
            }
        }
        // A written rule of the same id stands for the pack's.
        packed.retain(|rule| !ids.contains_key(&rule.id) || amendments.iter().any(|one| one.id == rule.id));
        rules.append(&mut packed);
        self.site.rules = rules;
        self.site.slots = slots;
        amendments
    }

    /// The rules of the packs that the site loads, as far as it has tags that they are about.
    fn packs(&mut self, site: &SiteTable, slots: &mut u32) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut ids = read::rule::Ids::new();
        for (name, _) in &site.packs {
            let Some(text) = packs::text(name) else {
                continue;
            };
            let file = self
                .context
                .sources
                .add(format!("packs/{name}.toml"), text.to_owned());
            let document = toml_reader::document(file, &self.context.sources, &mut self.context.problems);
            let Some(document) = document else {
                continue;
            };
            for (table, span) in read::document::listed(&document, "rule", &mut self.context) {
                if !packs::applies(table, &self.site) {
                    continue;
                }
                let mut environment = read::rule::Environment {
                    site: &self.site,
                    names: &self.names,
                    severities: &site.severities,
                    ids: &mut ids,
                    brought: &HashMap::new(),
                    amendments: &mut Vec::new(),
                    slots,
                    context: &mut self.context,
                };
                rules.extend(read::rule::read(table, span, &mut environment));
            }
        }
        for rule in &mut rules {
            rule.source = RuleSource::Pack;
        }
        rules
    }
}
