//! Tag lists of other products become sites that load; what they cannot say is told line by line.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a test may fail loudly

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use tapglass::import::{Form, Options, import};
use tapglass::site::Site;

const LISTS: [(&str, Form); 6] = [
    ("dosing.kepware.csv", Form::Kepware),
    ("works.ignition.json", Form::Ignition),
    ("works.ignition.csv", Form::Ignition),
    ("variables.kics.csv", Form::Kics),
    ("rtu4.dnp3.xml", Form::Dnp3Profile),
    ("boiler.nodeset.xml", Form::NodeSet),
];

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/imports")
        .join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(here(name)).expect("the list is there")
}

/// Everything that comes of a list, as one text.
fn imported(name: &str, form: Form, options: &Options) -> String {
    let imported = match import(form, name, &bytes(name), options) {
        Ok(imported) => imported,
        Err(error) => panic!("{error}"),
    };
    let files: Vec<(&str, &[u8])> = imported
        .files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    let loaded = Site::from_files(&files).expect("what is written loads");
    assert_eq!(loaded.site.tags.len() as u64, imported.tags);
    let mut text = format!(
        "{} of {} points, {} not carried over\n",
        imported.tags, imported.points, imported.lost
    );
    for note in &imported.notes {
        let word = if note.lost { "lost" } else { "open" };
        let _ = writeln!(
            text,
            "{}:{}: {word}: {} ({})",
            note.line, note.column, note.what, note.mend
        );
        assert!(note.line > 0 && note.column > 0, "{note:?}");
    }
    for warning in &imported.warnings {
        let _ = writeln!(text, "{warning}");
    }
    for (name, content) in &imported.files {
        let _ = write!(text, "\n--- {name}\n{content}");
    }
    text
}

#[test]
fn lists_become_sites() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("imports/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for (name, form) in LISTS {
        assert_eq!(Form::recognise(&bytes(name)), Some(form), "{name}");
        insta::assert_snapshot!(name, imported(name, form, &Options::default()));
    }
    let options = Options {
        device: Some("plc3".to_owned()),
        order: Some("CDAB".to_owned()),
        roles: true,
    };
    insta::assert_snapshot!(
        "dosing.kepware.csv with options",
        imported("dosing.kepware.csv", Form::Kepware, &options)
    );
}

#[test]
fn what_is_no_list_is_refused_with_the_mend() {
    for (form, text, expected) in [
        (Form::Kepware, "a,b\n1,2\n", "no column is called `Tag Name`"),
        (
            Form::Kepware,
            "Tag Name,Address,Data Type\n\"a,b\n",
            ":2:1: the quote is not closed",
        ),
        (
            Form::Kepware,
            "Tag Name,Address,Data Type\nA,N7:0,Word\n",
            ":2:3: none of the 1 points",
        ),
        (Form::Kics, "", "no column is called `Varname`"),
        (Form::Ignition, "{\"tags\": [}", ":1:"),
        (Form::Ignition, "{\"tags\": []}", "none of the 0 points"),
        (Form::Dnp3Profile, "<a/>", ":1:1: `a` is not the root"),
        (Form::Dnp3Profile, "<a>\n<b>\n</a>", ":3:"),
        (
            Form::NodeSet,
            "<!DOCTYPE x [<!ENTITY y 'z'>]><UANodeSet>&y;</UANodeSet>",
            "DTD",
        ),
        (Form::NodeSet, "<UANodeSet/>", "none of the 0 points"),
        (
            Form::NodeSet,
            "<UANodeSet><UAObjectType NodeId='ns=1;i=1'/><UAVariable NodeId='ns=1;i=2' ParentNodeId='ns=1;i=1'/></UANodeSet>",
            "belong to types",
        ),
    ] {
        let error = import(form, "list", text.as_bytes(), &Options::default())
            .expect_err(text)
            .to_string();
        assert!(
            error.starts_with("list") && error.contains(expected),
            "{text}: {error}"
        );
    }
}

#[test]
fn entities_and_depth_are_refused_before_they_cost_anything() {
    let deep = format!("<UANodeSet>{}", "<a>".repeat(3_000_000));
    let nested = format!("{}{}", "{\"tags\":[".repeat(2_000), "]}".repeat(2_000));
    let brackets = "[".repeat(1_000_000);
    for (form, text) in [
        (Form::NodeSet, &deep),
        (Form::Dnp3Profile, &deep),
        (Form::Ignition, &nested),
        (Form::Ignition, &brackets),
    ] {
        assert!(import(form, "list", text.as_bytes(), &Options::default()).is_err());
    }
}

#[test]
fn a_parent_that_is_its_own_child_ends() {
    let text = "<UANodeSet><NamespaceUris><Uri>u</Uri></NamespaceUris>\
        <UAVariable NodeId='ns=1;i=1' BrowseName='1:A' ParentNodeId='ns=1;i=2' DataType='i=11'/>\
        <UAObject NodeId='ns=1;i=2' BrowseName='1:B' ParentNodeId='ns=1;i=2'/></UANodeSet>";
    let imported = import(Form::NodeSet, "list", text.as_bytes(), &Options::default()).expect("it ends");
    assert_eq!(imported.tags, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is damaged: no panic, and what is written loads.
    #[test]
    fn no_damage_makes_a_site_that_does_not_load(
        list in 0..LISTS.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..8), 1..12),
        roles in any::<bool>(),
    ) {
        let (name, form) = LISTS[list];
        let mut text = bytes(name);
        for (place, byte, kind) in damage {
            if text.is_empty() {
                break;
            }
            let at = place.index(text.len());
            match kind {
                0..3 => text[at] = byte,
                3 => text.insert(at, b'"'),
                4 => {
                    text.remove(at);
                }
                5 => text.splice(at..at, "\u{202e}µ*?'\u{7}".bytes()).for_each(drop),
                6 => text.splice(at..at, "999999999999999999999e30".bytes()).for_each(drop),
                _ => text.insert(at, b';'),
            }
        }
        let options = Options { roles, ..Options::default() };
        if let Ok(imported) = import(form, name, &text, &options) {
            let files: Vec<(&str, &[u8])> =
                imported.files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            prop_assert!(Site::from_files(&files).is_ok());
            prop_assert!(imported.tags > 0 && imported.tags <= imported.points);
        }
    }
}

#[test]
fn the_command_writes_a_site_and_never_over_one() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("site");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tapglass"))
            .arg("import")
            .args(arguments)
            .args(["--out", &out.to_string_lossy()])
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let list = here("dosing.kepware.csv").to_string_lossy().into_owned();
    let (code, out_text, error) = run(&[&list]);
    assert_eq!(code, Some(3), "{error}");
    assert!(out_text.contains("of 18 points are tags now"), "{out_text}");
    assert!(error.contains("dosing.kepware.csv:14:"), "{error}");
    assert!(Site::load(&out).is_ok());

    let (code, _, error) = run(&["kepware", &list]);
    assert_eq!(code, Some(2));
    assert!(error.contains("is there already"), "{error}");

    std::fs::write(out.join("rules.toml"), "# by hand\n").expect("it can be written");
    let rtu = here("rtu4.dnp3.xml").to_string_lossy().into_owned();
    let (code, ..) = run(&["dnp3-profile", &rtu, "--force"]);
    assert_eq!(code, Some(3));
    let site = Site::load(&out).expect("it loads").site;
    assert_eq!(site.devices[0].station.outstation, Some(4));

    let (code, _, error) = run(&["kepwear", &list]);
    assert_eq!(code, Some(2));
    assert!(error.contains("is no form of list"), "{error}");
    let (code, _, error) = run(&["/nowhere"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("/nowhere"), "{error}");
}
