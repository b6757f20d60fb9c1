//! The house rules that a compiler does not check: who may depend on whom, where unsafe code may stand, what is never
//! sent, which licences and crates are allowed.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the project.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The path from the root, for messages.
fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Folders of protocols: all below `protocols/` but the two that every protocol is built from.
fn protocols() -> BTreeSet<String> {
    std::fs::read_dir(root().join("protocols"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").exists())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "model" && name != "core")
        .collect()
}

/// Names of the dependencies in a manifest's section.
fn dependencies(manifest: &str, section: &str) -> BTreeSet<String> {
    let table: toml::Table = text(&root().join(manifest)).parse().unwrap();
    table
        .get(section)
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn decoders_cannot_name_a_clock_a_socket_a_file_or_a_thread() {
    for crate_name in protocols()
        .into_iter()
        .chain(["model".to_owned(), "core".to_owned()])
    {
        let library = text(&root().join(format!("protocols/{crate_name}/src/lib.rs")));
        assert!(
            library.contains("#![no_std]"),
            "protocols/{crate_name} must be no_std"
        );
        assert!(
            library.contains("#![forbid(unsafe_code)]"),
            "protocols/{crate_name} must forbid unsafe code"
        );
        for file in rust_files(&format!("protocols/{crate_name}/src")) {
            assert!(
                !text(&file).contains("extern crate std"),
                "{} brings std back",
                short(&file)
            );
        }
    }
}

#[test]
fn decoders_depend_on_the_vocabulary_and_the_contract_only() {
    let allowed = BTreeSet::from([
        "tapglass-model",
        "tapglass-proto",
        "itoa",
        "zmij",
        "hashbrown",
        "foldhash",
        // Ciphers and certificates, which nobody should write anew: no_std, without files, clocks or sockets.
        "aes",
        "cbc",
        "x509-cert",
    ]);
    for name in protocols() {
        for dependency in dependencies(&format!("protocols/{name}/Cargo.toml"), "dependencies") {
            assert!(
                allowed.contains(dependency.as_str()),
                "protocols/{name} depends on {dependency}"
            );
        }
    }
    assert!(
        dependencies("protocols/model/Cargo.toml", "dependencies").is_empty(),
        "the vocabulary depends on nothing"
    );
}

#[test]
fn the_screens_know_the_vocabulary_only() {
    let ours: Vec<String> = dependencies("tui/Cargo.toml", "dependencies")
        .into_iter()
        .filter(|name| name.starts_with("tapglass"))
        .collect();
    assert_eq!(ours, ["tapglass-model"]);
}

#[test]
fn only_the_registry_names_protocols_and_it_names_all() {
    let registry = text(&root().join("src/registry.rs"));
    for name in protocols() {
        assert!(
            registry.contains(&format!("tapglass_{name}::")),
            "src/registry.rs does not name {name}"
        );
        for file in rust_files("src") {
            let other =
                short(&file) != "src/registry.rs" && text(&file).contains(&format!("tapglass_{name}"));
            assert!(
                !other,
                "{} names the crate of {name}; only src/registry.rs may",
                short(&file)
            );
        }
    }
}

#[test]
fn unsafe_code_stands_only_where_it_is_argued() {
    for folder in ["src", "protocols", "tui"] {
        for file in rust_files(folder) {
            let allows = text(&file).contains("allow(unsafe_code)");
            let argued = short(&file).starts_with("src/capture/live/");
            assert!(!allows || argued, "{} allows unsafe code", short(&file));
        }
    }
}

#[test]
fn nothing_can_send_on_a_tapped_interface() {
    let sending = [
        "libc::send",
        "sendto(",
        "sendmsg(",
        "sendmmsg(",
        "PACKET_TX_RING",
        "UdpSocket",
        "TcpStream",
        "libc::write",
    ];
    for file in rust_files("src") {
        let text = text(&file);
        for word in sending {
            assert!(
                !text.contains(word),
                "{} contains `{word}`: no code path may send",
                short(&file)
            );
        }
    }
}

#[test]
fn source_files_keep_to_one_subject() {
    for folder in ["src", "protocols", "tui"] {
        for file in rust_files(folder) {
            let name = short(&file);
            let generated = name.contains("/gen/") || name.contains("tests");
            let lines = text(&file).lines().count();
            assert!(
                generated || lines <= 800,
                "{name} has {lines} lines; split it by subject"
            );
        }
    }
}

#[test]
fn licences_and_crates_are_those_of_deny_toml() {
    let policy: toml::Table = text(&root().join("deny.toml")).parse().unwrap();
    let allowed: BTreeSet<&str> = policy["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap())
        .collect();
    let banned: BTreeSet<&str> = policy["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ban| ban["name"].as_str().unwrap())
        .collect();
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--locked",
            "--all-features",
        ])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    if !output.status.success() && std::env::var_os("CI").is_none() {
        println!(
            "skipped: cargo metadata cannot run here: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        assert!(!banned.contains(name), "{name} is banned by deny.toml");
        let licence = package["license"].as_str().unwrap_or("");
        assert!(
            fits(licence, &allowed),
            "{name}: licence `{licence}` is not in deny.toml"
        );
    }
}

/// Does a licence expression leave a choice that is allowed? `OR` needs one side, `AND` both.
fn fits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let bare = expression.replace(['(', ')'], " ").replace('/', " OR ");
    bare.split(" AND ")
        .all(|part| part.split(" OR ").any(|licence| allowed.contains(licence.trim())))
}
