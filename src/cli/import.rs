//! `tapglass import`: the tag list of another product as a site.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use crate::import::{self, Form, Imported, Options};

/// Arguments of `import`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Form and file, or the file alone: kepware, ignition, kics, dnp3-profile or nodeset; without it the form is
    /// recognised by what is in the file
    #[arg(value_name = "[FORM] FILE", required = true, num_args = 1..=2)]
    list: Vec<PathBuf>,
    /// Directory of the new site
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name of the device, where the list holds one and does not name it (else the name of the file)
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Order of bytes in values of several registers; no list says it
    #[arg(long, value_name = "ORDER", value_parser = ["ABCD", "CDAB", "BADC", "DCBA"])]
    order: Option<String>,
    /// Give what may be written the role of a setpoint or command; lists say only that it may be written
    #[arg(long)]
    roles: bool,
    /// Write over the files of a site that is there
    #[arg(long)]
    force: bool,
}

/// Runs the command: 0 when everything was carried over, 3 when something was not.
pub(super) fn run(arguments: &Arguments) -> Exit {
    match imported(arguments) {
        Ok(imported) => {
            tell(&imported, arguments);
            if imported.lost > 0 {
                Exit::Incomplete
            } else {
                Exit::Nothing
            }
        }
        Err(why) => {
            eprintln!("tapglass: {why}");
            Exit::Usage
        }
    }
}

fn imported(arguments: &Arguments) -> Result<Imported, String> {
    let (form, file) = match arguments.list.as_slice() {
        [form, file] => {
            let word = form.to_string_lossy();
            let form = Form::from_name(&word).ok_or_else(|| {
                let known: Vec<&str> = Form::ALL.iter().map(|form| form.name()).collect();
                format!("`{word}` is no form of list; known are {}", known.join(", "))
            })?;
            (Some(form), file)
        }
        [file] => (None, file),
        _ => return Err("give the list".to_owned()),
    };
    let bytes = read(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!(
            "`{}`: no such file; check the name, and the directory it is in",
            file.display()
        ),
        _ => format!("{}: {error}", file.display()),
    })?;
    let form = form.or_else(|| Form::recognise(&bytes)).ok_or_else(|| {
        format!(
            "{}: this is no list that is known; say which it is: `tapglass import FORM FILE --out DIR`",
            file.display()
        )
    })?;
    if !arguments.force {
        refuse_to_overwrite(&arguments.out)?;
    }
    let options = Options {
        device: arguments.device.clone(),
        order: arguments.order.clone(),
        roles: arguments.roles,
    };
    let name = file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let imported = import::import(form, &name, &bytes, &options).map_err(|error| error.to_string())?;
    write(&imported, &arguments.out)?;
    Ok(imported)
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file)?;
    // A pipe or device would be read for ever.
    opened.take(import::LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > import::LARGEST) {
        return Err(std::io::Error::other("it is larger than 64 MB"));
    }
    Ok(bytes)
}

const FILES: [&str; 3] = ["plant.toml", "tags.csv", "rules.toml"];

fn refuse_to_overwrite(directory: &Path) -> Result<(), String> {
    let there = FILES
        .iter()
        .find(|name| directory.join(name).symlink_metadata().is_ok());
    match there {
        Some(name) => Err(format!(
            "{} is there already; give another directory, or --force to write over it",
            directory.join(name).display()
        )),
        None => Ok(()),
    }
}

fn write(imported: &Imported, directory: &Path) -> Result<(), String> {
    let fault = |path: &Path, error: &std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(directory).map_err(|error| fault(directory, &error))?;
    // Rules that are there and that this list has none for may be written by hand: they stay, and `rules check` looks at them.
    for (name, text) in &imported.files {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|error| fault(&path, &error))?;
    }
    Ok(())
}

/// What was not carried over and what is open goes to standard error, line by line; the count to standard output.
fn tell(imported: &Imported, arguments: &Arguments) {
    let file = arguments
        .list
        .last()
        .map_or_else(String::new, |file| file.display().to_string());
    for note in &imported.notes {
        let word = if note.lost { "not carried over" } else { "open" };
        eprintln!(
            "{file}:{}:{}: {word}: {} ({})",
            note.line, note.column, note.what, note.mend
        );
    }
    for warning in &imported.warnings {
        eprintln!("{warning}");
    }
    let files: Vec<&str> = imported.files.iter().map(|(name, _)| *name).collect();
    println!(
        "{}: {} of {} points are tags now; {} things were not carried over, {} questions are open ({})",
        arguments.out.display(),
        imported.tags,
        imported.points,
        imported.lost,
        imported.notes.iter().filter(|note| !note.lost).count(),
        files.join(", ")
    );
}
