//! What people write: filters and sites.

use tapglass::capture::LinkType;
use tapglass::capture::filter::Filter;
use tapglass::site::Site;

use super::counting::bounded;

/// A capture filter, and a frame behind the first line feed.
pub fn filter(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(text), frame) = (parts.next(), parts.next().unwrap_or_default()) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    bounded(data.len(), 1 << 20, 4_000, || {
        if let Ok(filter) = text.parse::<Filter>()
            && let Ok(program) = filter.program(LinkType::ETHERNET, 65_535)
        {
            std::hint::black_box(program.accepts(frame));
        }
    });
}

/// What stands around an expression.
const AROUND: (&str, &str) = (
    "[site]\nname = \"s\"\n[device.d]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\n\
     [tag.t]\ndevice = \"d\"\npoint = \"holding:1\"\nunit = \"bar\"\n[tag.u]\ndevice = \"d\"\npoint = \"coil:1\"\n\
     [[rule]]\nid = \"r\"\nkind = \"interlock\"\nwithin = \"1m\"\nthen = \"false\"\nwhen = \"\"\"",
    "\"\"\"\n",
);

/// A plant file, or, when the first octet is even, an expression of a rule.
pub fn site(data: &[u8]) {
    let Some((first, text)) = data.split_first() else {
        return;
    };
    let whole = if first & 1 == 0 {
        [AROUND.0.as_bytes(), text, AROUND.1.as_bytes()].concat()
    } else {
        text.to_vec()
    };
    bounded(whole.len(), 4 << 20, 4_000, || {
        match Site::from_files(&[("plant.toml", &whole)]) {
            Ok(loaded) => drop(std::hint::black_box(loaded.warnings.len())),
            Err(errors) => drop(std::hint::black_box(errors.diagnostics.len())),
        }
    });
}
