//! Commands that tell about the program itself: `schema`, `completions`, `version`.

use clap::Args;
use clap_complete::Shell;

use super::Exit;
use super::output::Output;
use crate::records::schema::{RECORDS, schema as schema_of};
use crate::registry::PROTOCOLS;

/// Arguments of `schema`.
#[derive(Args)]
pub(super) struct Schema {
    /// A record, such as alarm; without one the names are listed
    record: Option<String>,
}

/// Arguments of `completions`.
#[derive(Args)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

/// Arguments of `version`.
#[derive(Args)]
pub(super) struct Version {
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

fn print(text: &str) -> Exit {
    let mut output = Output::new(false);
    output.bytes.extend_from_slice(text.as_bytes());
    output.flush();
    Exit::Nothing
}

pub(super) fn schema(arguments: &Schema) -> Exit {
    let Some(record) = &arguments.record else {
        return print(&(RECORDS.join("\n") + "\n"));
    };
    match schema_of(record) {
        Some(schema) => {
            let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            print(&(text + "\n"))
        }
        None => {
            eprintln!(
                "tapglass: there is no record `{record}`; the records are {}",
                RECORDS.join(", ")
            );
            Exit::Usage
        }
    }
}

pub(super) fn completions(arguments: &Completions) -> Exit {
    let mut output = Output::new(false);
    clap_complete::generate(
        arguments.shell,
        &mut super::command(),
        "tapglass",
        &mut output.bytes,
    );
    output.flush();
    Exit::Nothing
}

pub(super) fn version(arguments: &Version) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    if !arguments.json {
        return print(&format!("tapglass {version}\n"));
    }
    let protocols: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.name()).collect();
    let object = serde_json::json!({
        "name": "tapglass",
        "version": version,
        "protocols": protocols,
        "features": { "tui": cfg!(feature = "tui"), "live": cfg!(target_os = "linux") },
    });
    print(&format!("{object}\n"))
}
