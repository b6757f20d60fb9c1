//! The `dnp3` member of a message record (records.md section 3).

use alloc::string::String;

use tapglass_proto::json::Writer;
use tapglass_proto::model::{Station, Value};
use tapglass_proto::{Body, Direction, Fields, Marks};

use crate::application::{Fragment, function};
use crate::exchange::ends;
use crate::link::Header;
use crate::memory::Known;
use crate::objects::header::Range;
use crate::objects::layout::Shape;
use crate::objects::sample::{Moment, Sample, sample};
use crate::objects::structured::{self, Part, Visit, visit};
use crate::objects::time::Timestamp;
use crate::objects::{Block, Blocks, Point};
use crate::pairing::select::Select;
use crate::points::{common_time, moment};
use crate::{describe, names, words};

/// An application fragment and the link frames that carried it.
pub(crate) struct FragmentBody<'a> {
    /// Header of the frame that completed it.
    pub(crate) link: Header,
    /// The link frames, one after the other.
    pub(crate) frames: &'a [u8],
    /// Transport sequence number of the first segment.
    pub(crate) sequence: u8,
    /// How many segments.
    pub(crate) segments: u32,
    pub(crate) fragment: Fragment<'a>,
    /// What earlier messages said.
    pub(crate) known: Known<'a>,
    /// Of an OPERATE, the SELECT before it.
    pub(crate) select: Option<Select>,
    pub(crate) from: Direction,
}

/// The variation of the first authentication object (group 120) of an authentication.
fn authentication(fragment: &Fragment<'_>) -> Option<u16> {
    if !matches!(
        fragment.function,
        function::AUTHENTICATE_REQ | function::AUTH_REQ_NO_ACK | function::AUTHENTICATE_RESP
    ) {
        return None;
    }
    Blocks::new(fragment.objects, fragment.function)
        .find(|block| block.header.group == 120)
        .map(|block| u16::from(block.header.variation))
}

/// A link frame that goes no higher.
pub(crate) struct LinkBody<'a> {
    pub(crate) link: Header,
    pub(crate) frame: &'a [u8],
}

impl Body for LinkBody<'_> {
    fn json(&self, out: &mut Writer<'_>) {
        link(&self.link, out);
        if self.link.user_data() > 0 {
            let mut data = alloc::vec::Vec::new();
            crate::link::user_data(self.frame, &mut data);
            out.key("data").hex(&data);
        }
    }

    fn fields(&self, out: &mut Fields) {
        describe::link(self, out);
    }

    fn summary(&self, out: &mut String) {
        out.push_str(names::link_function(self.link.is_primary(), self.link.function()));
    }
}

impl Body for FragmentBody<'_> {
    fn marks(&self) -> Marks {
        let ends = ends(self.link, self.from);
        Marks {
            station: Some(Station::Link {
                master: ends.master,
                outstation: ends.outstation,
            }),
            subfunction: authentication(&self.fragment),
            indications: self.fragment.indications.map_or(0, |indications| indications.0),
            confirm: self.fragment.control.wants_confirm(),
            ..Marks::default()
        }
    }

    fn json(&self, out: &mut Writer<'_>) {
        link(&self.link, out);
        out.key("transport").object(|out| {
            out.key("seq").u64(u64::from(self.sequence));
            out.key("segments").u64(u64::from(self.segments));
        });
        let control = self.fragment.control;
        out.key("control").object(|out| {
            out.key("fir").bool(control.is_first());
            out.key("fin").bool(control.is_final());
            out.key("con").bool(control.wants_confirm());
            out.key("uns").bool(control.is_unsolicited());
            out.key("seq").u64(u64::from(control.sequence()));
        });
        if let Some(indications) = self.fragment.indications {
            out.key("iin").array(|out| {
                for name in indications.names() {
                    out.string(name);
                }
            });
        }
        if let Some(select) = &self.select {
            out.key("select").object(|out| select.json(out));
        }
        let mut blocks = Blocks::new(self.fragment.objects, self.fragment.function);
        let mut common = None;
        let mut is_secret = self.fragment.function == function::AUTHENTICATE_FILE;
        out.key("objects").array(|out| {
            for block in blocks.by_ref() {
                is_secret |= structured::is_secret(block.header.group, block.header.variation);
                if block.header.group == 51 {
                    common = common_time(&block);
                }
                out.object(|out| object(&block, common, &self.known, out));
            }
        });
        let (_, rest) = blocks.rest();
        if !rest.is_empty() {
            out.key("data");
            // What is left of an object that is cut off could be its password or key.
            if is_secret {
                out.string("redacted");
                out.key("data_length").u64(rest.len() as u64);
            } else {
                out.hex(rest);
            }
        }
    }

    fn fields(&self, out: &mut Fields) {
        describe::fragment(self, out);
    }

    fn summary(&self, out: &mut String) {
        words::summary(&self.fragment, out);
    }
}

fn link(header: &Header, out: &mut Writer<'_>) {
    out.key("source").u64(u64::from(header.source));
    out.key("destination").u64(u64::from(header.destination));
    if let Some(name) = names::address(header.destination) {
        out.key("destination_name").string(name);
    }
    if let Some(name) = names::address(header.source) {
        out.key("source_name").string(name);
    }
    out.key("link").object(|out| {
        out.key("function").string(header.named_function().name);
        out.key("code").u64(u64::from(header.function()));
        out.key("direction").bool(header.is_from_master());
        out.key("primary").bool(header.is_primary());
        out.key("fcb").bool(header.count_bit());
        // The same bit means another thing from a secondary station.
        let bit = if header.is_primary() { "fcv" } else { "dfc" };
        out.key(bit).bool(header.count_valid());
    });
}

fn object<'a>(block: &Block<'a>, common: Option<Timestamp>, known: &Known<'a>, out: &mut Writer<'_>) {
    let header = &block.header;
    out.key("group").u64(u64::from(header.group));
    out.key("variation").u64(u64::from(header.variation));
    out.key("name")
        .string(names::object::object(header.group, header.variation));
    out.key("qualifier").u64(u64::from(header.qualifier));
    match header.range {
        Range::Span { start, stop, .. } => {
            out.key("start").u64(u64::from(start));
            out.key("stop").u64(u64::from(stop));
            out.key("count").u64(header.range.count());
        }
        Range::Count(count) => out.key("count").u64(u64::from(count)),
        Range::All | Range::Unknown => {}
    }
    if block.lists_points() {
        out.key("points").array(|out| {
            for point in block.points() {
                out.object(|out| write_point(block, &point, common, known, out));
            }
        });
    }
}

fn write_point<'a>(
    block: &Block<'a>,
    point: &Point<'a>,
    common: Option<Timestamp>,
    known: &Known<'a>,
    out: &mut Writer<'_>,
) {
    if let Some(index) = point.index {
        out.key("index").u64(u64::from(index));
    }
    if let Some(size) = point.size {
        out.key("size").u64(u64::from(size));
    }
    if let Some(Shape::Attribute | Shape::Structured(_)) = block.shape {
        // What is cut off is missing, and the anomaly of the message says so.
        let _ = visit(
            block.header.group,
            block.header.variation,
            point.data,
            known,
            &mut Members(out),
        );
        return;
    }
    let sample = sample(block, point);
    value(block, &sample, out);
    times(block, &sample, common, out);
    let rest = point.rest(block);
    if !rest.is_empty() {
        out.key("rest").hex(rest);
    }
}

fn value(block: &Block<'_>, sample: &Sample<'_>, out: &mut Writer<'_>) {
    if let Some(control) = sample.control {
        if let Some(code) = control.code {
            out.key("control_code").object(|out| {
                out.key("code").u64(u64::from(code));
                out.key("operation").string(names::operation(code));
                out.key("trip_close").string(names::trip_close(code));
                out.key("queue").bool(code & 0x10 != 0);
                out.key("clear").bool(code & 0x20 != 0);
            });
        }
        if let Some(count) = control.count {
            out.key("count").u64(u64::from(count));
        }
        if let Some(time) = control.on_ms {
            out.key("on_ms").u64(u64::from(time));
        }
        if let Some(time) = control.off_ms {
            out.key("off_ms").u64(u64::from(time));
        }
    }
    match (block.header.group, sample.value) {
        (_, None) => {}
        (52, Some(Value::Unsigned(delay))) => {
            // Variation 1 counts seconds.
            let each = if block.header.variation == 1 { 1_000 } else { 1 };
            out.key("delay_ms").u64(delay * each);
        }
        (_, Some(value)) => {
            out.key("value").value(&value);
            if let (110..=113, Value::Bytes(bytes)) = (block.header.group, value)
                && let Ok(text) = core::str::from_utf8(bytes)
                && text.chars().all(|letter| !letter.is_control())
            {
                out.key("text").string(text);
            }
        }
    }
    if let Some((set, octet)) = sample.flags {
        out.key("flags").array(|out| {
            for (place, name) in set.names().into_iter().enumerate() {
                if let Some(name) = name
                    && octet >> place & 1 == 1
                {
                    out.string(name);
                }
            }
        });
    }
    if let Some(association) = sample.association {
        out.key("association").u64(u64::from(association));
    }
    if let Some(status) = sample.status {
        out.key("status")
            .code(u32::from(status), names::control_status(status));
        if sample.reserved {
            out.key("reserved").bool(true);
        }
    }
}

fn times(block: &Block<'_>, sample: &Sample<'_>, common: Option<Timestamp>, out: &mut Writer<'_>) {
    if let Some(Moment::Relative(milliseconds)) = sample.moment {
        out.key("relative_ms").u64(u64::from(milliseconds));
    }
    if let Some(time) = moment(sample, common) {
        time.write(out.key("time"));
    }
    if let (51, Some(_)) = (block.header.group, sample.moment) {
        out.key("synchronized").bool(block.header.variation == 1);
    }
    if let Some(interval) = sample.interval {
        let name = if sample.interval_unit.is_some() {
            "interval"
        } else {
            "interval_ms"
        };
        out.key(name).u64(u64::from(interval));
    }
    if let Some(unit) = sample.interval_unit {
        out.key("interval_unit")
            .code(u32::from(unit), names::interval_unit(unit));
    }
}

/// Writes the members of an object that has its own.
struct Members<'a, 'b>(&'a mut Writer<'b>);

impl<'a> Visit<'a> for Members<'_, '_> {
    fn member(&mut self, name: &'static str, _: usize, _: usize, part: Part<'a>) {
        let out = self.0.key(name);
        match part {
            Part::Number(number) => out.u64(number),
            Part::Signed(number) => out.i64(number),
            Part::Real(number) => out.f64(number),
            Part::Flag(flag) => out.bool(flag),
            Part::Code(code, name) => out.code(code, name),
            Part::Name(name) => out.string(name),
            Part::Text(text) => out.lossy(text),
            Part::Hex(bytes) => out.hex(bytes),
            Part::Time(time) => time.write(out),
            Part::Secret => out.string("redacted"),
        }
    }

    fn list(&mut self, name: &'static str) {
        self.0.key(name).begin_array();
    }

    fn item(&mut self, _: &'static str, _: usize, _: usize) {
        self.0.begin_object();
    }

    fn end_item(&mut self) {
        self.0.end_object();
    }

    fn end_list(&mut self) {
        self.0.end_array();
    }
}
