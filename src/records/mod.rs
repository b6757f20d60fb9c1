//! Records: what Tapglass says to other programs (one JSON object a line).

pub mod alarm;
mod anomaly;
mod blind_spot;
mod fields;
pub mod filter;
mod message;
pub mod operation;
pub mod schema;

pub use anomaly::write_anomaly;
pub use blind_spot::write_blind_spot;
pub use fields::write_fields;
pub use message::write_message;

use tapglass_model::CaptureTime;
use tapglass_proto::json::Writer;

/// Bits of a frame's inner number that say which capture it is from.
const CAPTURE_SHIFT: u32 = 48;

/// The names of the captures that are read, by their place.
///
/// Inside the program a frame's number carries the capture's place in its top 16 bits, so that a conversation may go on
/// from one file to the next and every record still names the frame as that capture counts it.
#[derive(Clone, Debug, Default)]
pub struct Captures {
    names: Vec<String>,
    /// Name of the sensor, when one is set.
    pub sensor: Option<String>,
}

impl Captures {
    /// Captures by name, in the order given.
    #[must_use]
    pub const fn new(names: Vec<String>) -> Self {
        Self { names, sensor: None }
    }

    /// The inner number of a frame.
    #[must_use]
    pub const fn number(capture: usize, frame: u64) -> u64 {
        (capture as u64) << CAPTURE_SHIFT | frame & ((1 << CAPTURE_SHIFT) - 1)
    }

    /// Names the capture of a frame, but not the frame.
    #[must_use]
    pub const fn without_frame(&self, frame: u64) -> u64 {
        frame >> CAPTURE_SHIFT << CAPTURE_SHIFT
    }

    /// The name of the capture of a frame.
    #[must_use]
    pub fn name(&self, frame: u64) -> &str {
        usize::try_from(frame >> CAPTURE_SHIFT)
            .ok()
            .and_then(|place| self.names.get(place))
            .map_or("", String::as_str)
    }
}

/// A frame's number in its own capture, from 1.
#[must_use]
pub const fn frame_number(frame: u64) -> u64 {
    frame & ((1 << CAPTURE_SHIFT) - 1)
}

/// Writes one record as one line: `record`, `time`, `sensor`, `capture`, `frame`, then what `inner` adds.
pub fn write_line(
    out: &mut Vec<u8>,
    captures: &Captures,
    record: &str,
    time: CaptureTime,
    frame: u64,
    inner: impl FnOnce(&mut Writer<'_>),
) {
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.key("record").string(record);
    writer.key("time").time(time);
    if let Some(sensor) = &captures.sensor {
        writer.key("sensor").string(sensor);
    }
    writer.key("capture").string(captures.name(frame));
    if frame_number(frame) > 0 {
        writer.key("frame").u64(frame_number(frame));
    }
    inner(&mut writer);
    writer.end_object();
    out.push(b'\n');
}
