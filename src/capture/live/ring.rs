//! A live interface as a source of frames.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use tapglass_model::CaptureTime;

use super::sys::{self, Packet, Size, Socket, Wait};
use super::{LiveError, Options, interfaces, vlan};
use crate::capture::filter::Program;
use crate::capture::{Counters, End, Frame, LinkType, Next, Source};

/// Statistics of an interface that count what never reached the kernel.
const LOSSES: [&str; 2] = ["rx_missed_errors", "rx_fifo_errors"];

/// The receive ring of one interface.
///
/// On the loopback interface every packet appears twice, leaving and coming in: the leaving one is passed over.
/// On other interfaces what this machine itself sends is given like the rest; on a tap there is nothing.
pub struct Ring {
    ring: sys::Ring,
    interface: String,
    link_type: LinkType,
    loopback: bool,
    options: Options,
    /// The packet that was looked at but not yet given.
    peeked: Option<Packet>,
    ending: Option<Ending>,
    /// Room for a frame whose tag is put back.
    scratch: Vec<u8>,
    counters: Counters,
    losses: Losses,
}

/// The end is near: what is already in the ring is still given.
struct Ending {
    end: End,
    /// When the kernel must have handed over its last block.
    until: Instant,
    /// Packets that are still given at most; a busy link fills the ring as fast as it is read.
    left: u64,
}

impl Ring {
    /// Starts to capture an interface.
    ///
    /// # Errors
    /// When there is no such interface, it is down or of a kind that is not read, or the system refuses.
    pub fn open(interface: &str, options: &Options) -> Result<Self, LiveError> {
        let name = || interface.to_owned();
        let missing = || LiveError::Missing {
            interface: interface.escape_debug().to_string(),
            known: interfaces::described(),
        };
        let index = sys::interface_index(interface).map_err(|_| missing())?;
        let state = interfaces::state(interface).map_err(|_| missing())?;
        if !state.up {
            return Err(LiveError::Down { interface: name() });
        }
        let Some(link_type) = link_type(state.hardware) else {
            return Err(LiveError::Hardware {
                interface: name(),
                hardware: state.hardware,
            });
        };
        let failed = |step| move |source| system_error(interface, step, source);
        let socket = Socket::new().map_err(failed("opening a packet socket"))?;
        let Options {
            block_size,
            blocks,
            retire,
            snap_length,
            ..
        } = *options;
        let program = match &options.filter {
            Some(filter) => Some(filter.program(link_type, snap_length)?),
            None if snap_length > 0 => Some(Program::keep(snap_length)),
            None => None,
        };
        if let Some(program) = program {
            socket
                .filter(program.instructions())
                .map_err(failed("setting the filter"))?;
        }
        let ring = socket
            .ring(Size {
                block_size,
                blocks,
                retire,
            })
            .map_err(|source| LiveError::Memory {
                interface: name(),
                blocks,
                block_size,
                source,
            })?;
        ring.promiscuous(index)
            .map_err(failed("receiving what is addressed to others"))?;
        ring.bind(index).map_err(failed("binding to the interface"))?;
        Ok(Self {
            ring,
            interface: name(),
            link_type,
            loopback: state.loopback,
            options: options.clone(),
            peeked: None,
            ending: None,
            scratch: Vec::new(),
            counters: Counters::default(),
            losses: Losses::new(interface),
        })
    }

    /// Name of the interface.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// How its frames start.
    #[must_use]
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Moves to the next packet that counts, without waiting.
    fn advance(&mut self) -> Option<Packet> {
        loop {
            let packet = self.ring.advance()?;
            if !(self.loopback && packet.outgoing) {
                return Some(packet);
            }
        }
    }

    /// Waits for packets; gives why there are none.
    fn wait(&mut self) -> Option<Next<'static>> {
        let time = match &self.ending {
            None => self.options.poll,
            Some(ending) => {
                let time = ending.until.saturating_duration_since(Instant::now());
                if time.is_zero() {
                    return Some(Next::End(ending.end.clone()));
                }
                // A failed interface keeps `poll` from waiting.
                time.min(Duration::from_millis(5))
            }
        };
        match self.ring.wait(time) {
            Wait::Ready if self.ring.has_more() => return None,
            Wait::Failed(error) if self.ending.is_none() => self.end_with(End::Lost(self.lost(&error))),
            Wait::Ready | Wait::Failed(_) if self.ending.is_some() => std::thread::sleep(time),
            Wait::Ready | Wait::Failed(_) | Wait::Quiet => {}
        }
        Some(Next::Idle)
    }

    /// Gives what is in the ring and then `end`.
    #[cold]
    fn end_with(&mut self, end: End) {
        let until = Instant::now() + self.options.retire * 2;
        // The shortest frame with its header takes more than 64 bytes of the ring.
        let left = u64::from(self.options.block_size) * u64::from(self.options.blocks) / 64;
        self.ending = Some(Ending { end, until, left });
    }

    /// The text for an interface that failed.
    fn lost(&self, error: &io::Error) -> String {
        let interface = &self.interface;
        if sys::interface_index(interface).is_err() {
            return format!("interface {interface} disappeared; capture it again when it is back");
        }
        match error.raw_os_error() {
            Some(libc::ENETDOWN) => format!(
                "interface {interface} went down; switch it on (ip link set {interface} up) and capture it again"
            ),
            _ => format!("interface {interface} failed: {error}; capture it again"),
        }
    }

    /// Adds up what the kernel counted since the last time.
    fn count_drops(&mut self) {
        if let Ok((drops, freezes)) = self.ring.drops() {
            self.counters.dropped_by_kernel += u64::from(drops);
            self.counters.freezes += u64::from(freezes);
        }
        self.counters.dropped_by_interface = self.losses.count();
    }
}

impl Source for Ring {
    fn next(&mut self) -> Next<'_> {
        use std::sync::atomic::Ordering::Relaxed;
        if self.ending.is_none() && self.options.stop.load(Relaxed) {
            self.end_with(End::Stopped);
        }
        let packet = match self.peeked.take() {
            Some(packet) => packet,
            None => loop {
                if let Some(packet) = self.advance() {
                    break packet;
                }
                if let Some(next) = self.wait() {
                    return next;
                }
            },
        };
        if let Some(ending) = &mut self.ending {
            if ending.left == 0 {
                return Next::End(ending.end.clone());
            }
            ending.left -= 1;
        }
        let mut bytes = self.ring.bytes();
        let mut wire_length = packet.wire_length;
        if let Some((tpid, tci)) = packet.vlan {
            bytes = vlan::put_back(bytes, tpid, tci, &mut self.scratch);
            wire_length += 4;
        }
        self.counters.frames += 1;
        self.counters.bytes += bytes.len() as u64;
        self.counters.cut_frames += u64::from(bytes.len() < wire_length as usize);
        Next::Frame(Frame {
            number: self.counters.frames,
            at: CaptureTime::new(i64::from(packet.seconds), packet.nanoseconds),
            link_type: self.link_type,
            interface: 0,
            wire_length,
            bytes,
        })
    }

    fn peek_time(&mut self) -> Option<CaptureTime> {
        if self.peeked.is_none() {
            self.peeked = self.advance();
        }
        self.peeked
            .map(|packet| CaptureTime::new(i64::from(packet.seconds), packet.nanoseconds))
    }

    fn counters(&mut self) -> Counters {
        self.count_drops();
        self.counters
    }
}

/// How frames of a hardware kind start when a packet socket gives them.
fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::ETHERNET),
        libc::ARPHRD_NONE | libc::ARPHRD_TUNNEL | libc::ARPHRD_SIT => Some(LinkType::RAW),
        _ => None,
    }
}

fn system_error(interface: &str, step: &'static str, source: io::Error) -> LiveError {
    let interface = interface.to_owned();
    match source.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => {
            let program = std::env::current_exe().map(|path| path.display().to_string());
            LiveError::Permission {
                interface,
                program: program.unwrap_or_else(|_| "tapglass".to_owned()),
            }
        }
        Some(libc::ENETDOWN) => LiveError::Down { interface },
        _ => LiveError::System {
            interface,
            step,
            source,
        },
    }
}

/// What the interface itself lost since it is captured.
///
/// Its statistics are opened once: later the program may have given up the right to open files.
struct Losses {
    files: Vec<File>,
    before: u64,
}

impl Losses {
    fn new(interface: &str) -> Self {
        let open = |name: &&str| File::open(format!("/sys/class/net/{interface}/statistics/{name}")).ok();
        let mut losses = Self {
            files: LOSSES.iter().filter_map(open).collect(),
            before: 0,
        };
        losses.before = losses.count();
        losses
    }

    fn count(&self) -> u64 {
        let read = |file: &File| {
            let mut text = [0; 24];
            let length = file.read_at(&mut text, 0).unwrap_or(0);
            let text = std::str::from_utf8(text.get(..length).unwrap_or_default()).unwrap_or_default();
            text.trim().parse::<u64>().unwrap_or(0)
        };
        self.files
            .iter()
            .map(read)
            .sum::<u64>()
            .saturating_sub(self.before)
    }
}
