//! `tapglass rules compare`: the list of tags held against captures.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use tapglass_proto::Limits;
use tapglass_proto::json::Writer;

use super::output::Output;
use super::port::Ports;
use super::{Exit, keys, site};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::site::{Site, TagId};
use crate::watch::tag_list::{Compared, TagList, Unlisted, Uses, Whose, address_of};

/// Arguments of `rules compare`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures to hold the list against
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
    #[command(flatten)]
    ports: Ports,
    /// One JSON line for each tag and for each range
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keys: keys::Given,
}

/// Compares: 0 when list and traffic agree, 3 when they do not.
pub(super) fn run(arguments: &Arguments) -> Exit {
    let Some(site) = site::load(Some(&arguments.site)) else {
        return Exit::Usage;
    };
    let Some(keys) = arguments.keys.load() else {
        return Exit::Usage;
    };
    let mut input = match Input::with_keys(&arguments.files, &keys) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let hints = arguments.ports.with(hints_of(&site));
    let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
    pipeline.use_keys(input.keys());
    let mut list = TagList::new(site);
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut list);
    }
    pipeline.finish(&mut list);
    for damage in input.damages() {
        eprintln!("tapglass: {damage}");
    }
    let compared = list.compare();
    let mut output = Output::new(false);
    if arguments.json {
        json(list.site(), &compared, &mut output);
    } else {
        output
            .bytes
            .extend_from_slice(text(list.site(), &compared).as_bytes());
    }
    output.flush();
    if output.closed {
        output.exit()
    } else if compared.unseen.is_empty() && compared.unlisted.is_empty() && compared.left_out == 0 {
        Exit::Nothing
    } else {
        Exit::Incomplete
    }
}

fn tag_name(site: &Site, tag: TagId) -> &str {
    site.tag(tag).map_or("", |tag| tag.name.as_str())
}

/// A device's name, or where a stranger is.
fn device(site: &Site, of: &Whose) -> String {
    match of {
        Whose::Known(device) => site
            .devices
            .get(device.0 as usize)
            .map_or_else(String::new, |device| device.name.clone()),
        Whose::Stranger(protocol, ip, station) => format!("{protocol} {ip} {station}").trim_end().to_owned(),
    }
}

/// The clients, by the names of the site.
fn clients(site: &Site, uses: &Uses) -> Vec<String> {
    uses.clients
        .iter()
        .map(|ip| {
            let principal = site
                .principals
                .iter()
                .find(|principal| principal.ips.contains(ip));
            principal.map_or_else(|| ip.to_string(), |principal| principal.name.clone())
        })
        .collect()
}

fn text(site: &Site, compared: &Compared) -> String {
    let mut text = format!(
        "{} of {} tags were seen\n",
        compared.seen,
        compared.seen + compared.unseen.len() as u64
    );
    if !compared.unseen.is_empty() {
        let _ = writeln!(text, "\nin the list, never polled: {}", compared.unseen.len());
        for unseen in &compared.unseen {
            let _ = writeln!(
                text,
                "  {}  {}  {}",
                tag_name(site, unseen.tag),
                address_of(site, unseen.tag),
                unseen.why
            );
        }
    }
    if !compared.unlisted.is_empty() {
        let points: u64 = compared.unlisted.iter().map(|one| u64::from(one.count)).sum();
        let _ = writeln!(text, "\nseen, not in the list: {points} points");
        for unlisted in &compared.unlisted {
            line(&mut text, site, unlisted);
        }
    }
    if compared.left_out > 0 {
        let _ = writeln!(
            text,
            "\n{} reads or writes of further points were not told apart",
            compared.left_out
        );
    }
    text
}

fn line(text: &mut String, site: &Site, unlisted: &Unlisted) {
    let uses = &unlisted.uses;
    let mut counts = Vec::new();
    if uses.read > 0 {
        counts.push(format!("read {} times", uses.read));
    }
    if uses.written > 0 {
        counts.push(format!("WRITTEN {} times", uses.written));
    }
    let _ = writeln!(
        text,
        "  {}  {}  {} by {}",
        device(site, &unlisted.of),
        unlisted.points,
        counts.join(", "),
        clients(site, uses).join(", ")
    );
}

fn json(site: &Site, compared: &Compared, output: &mut Output) {
    for unseen in &compared.unseen {
        let mut writer = Writer::new(&mut output.bytes);
        writer.object(|out| {
            out.key("record").string("tag_not_seen");
            out.key("tag").string(tag_name(site, unseen.tag));
            out.key("at").string(&address_of(site, unseen.tag));
            out.key("why").string(unseen.why);
        });
        output.bytes.push(b'\n');
        output.record();
    }
    for unlisted in &compared.unlisted {
        let mut writer = Writer::new(&mut output.bytes);
        writer.object(|out| {
            out.key("record").string("points_not_listed");
            out.key("device").string(&device(site, &unlisted.of));
            out.key("in_site").bool(matches!(unlisted.of, Whose::Known(_)));
            out.key("points").string(&unlisted.points);
            out.key("count").u64(u64::from(unlisted.count));
            out.key("read").u64(unlisted.uses.read);
            out.key("written").u64(unlisted.uses.written);
            out.key("clients").array(|out| {
                for client in clients(site, &unlisted.uses) {
                    out.string(&client);
                }
            });
        });
        output.bytes.push(b'\n');
        output.record();
    }
}
