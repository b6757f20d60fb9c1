//! The terminal device: opened anew, so that switching it to non-blocking touches nobody else's descriptor.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios,
};

/// Terminal devices with a speed that means something.
const SERIAL: [&str; 6] = [
    "/dev/ttyS",
    "/dev/ttyUSB",
    "/dev/ttyACM",
    "/dev/ttyAMA",
    "/dev/ttymxc",
    "/dev/ttyO",
];

/// How long a terminal may refuse bytes before we look whether we shall stop.
const STALL: Duration = Duration::from_millis(200);

/// What came of waiting for input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Input,
    Nothing,
    HungUp,
}

/// The terminal that standard output is.
#[derive(Debug)]
pub(crate) struct Tty {
    fd: OwnedFd,
    /// Bits for each second, when it is a serial line.
    pub(crate) speed: Option<u32>,
}

impl Tty {
    /// Opens the terminal of standard output; `None` when that is none.
    pub(crate) fn open() -> io::Result<Option<Self>> {
        let stdout = rustix::stdio::stdout();
        if !termios::isatty(stdout) {
            return Ok(None);
        }
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let name = termios::ttyname(stdout, Vec::new()).ok();
        let by_name = name
            .as_ref()
            .and_then(|name| open(name.as_c_str(), flags, Mode::empty()).ok());
        // After `su` the device belongs to somebody else, but the controlling terminal can still be opened.
        let fd = match by_name {
            Some(fd) => fd,
            None => open("/dev/tty", flags, Mode::empty())?,
        };
        let name = name
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let serial = SERIAL.iter().any(|prefix| name.starts_with(prefix));
        let speed = serial
            .then(|| termios::tcgetattr(&fd).map(|modes| modes.output_speed()))
            .transpose()?;
        Ok(Some(Self { fd, speed }))
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn modes(&self) -> io::Result<Termios> {
        Ok(termios::tcgetattr(&self.fd)?)
    }

    /// Keys come one by one and unseen. Flow control stays on for a serial line, whose terminal may need it; on a
    /// pseudo terminal Ctrl-S would freeze a screen that still looks live.
    pub(crate) fn set_raw(&self, before: &Termios) -> io::Result<()> {
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        modes.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IGNCR | InputModes::ISTRIP;
        if self.speed.is_none() {
            modes.input_modes -= InputModes::IXON;
        }
        // Each new line would get a second carriage return.
        modes.output_modes -= OutputModes::OPOST;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        Ok(termios::tcsetattr(&self.fd, OptionalActions::Drain, &modes)?)
    }

    /// Columns and rows as the kernel knows them; a serial line says 0x0.
    pub(crate) fn size(&self) -> Option<(u16, u16)> {
        let size = termios::tcgetwinsize(&self.fd).ok()?;
        (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
    }

    /// Waits for input. A signal ends the wait early.
    pub(crate) fn wait(&self, timeout: Duration) -> io::Result<Wait> {
        let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
        match poll(&mut fds, Some(&timespec(timeout))) {
            Ok(0) | Err(rustix::io::Errno::INTR) => Ok(Wait::Nothing),
            Ok(_) => {
                let [polled] = &fds;
                let events = polled.revents();
                Ok(if events.contains(PollFlags::IN) {
                    Wait::Input
                } else if events.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                    Wait::HungUp
                } else {
                    Wait::Nothing
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads what is there; `None` when the terminal is gone.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(&self.fd, &mut *buffer) {
            Ok(0) | Err(rustix::io::Errno::IO) => Ok(None),
            Ok(count) => Ok(Some(count)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Some(0)),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all of it, unless `stop` becomes true while the terminal takes nothing.
    pub(crate) fn write(&self, mut bytes: &[u8], stop: impl Fn() -> bool) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.fd, bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) if !stop() => {}
                Err(rustix::io::Errno::AGAIN) if !stop() => {
                    let mut fds = [PollFd::new(&self.fd, PollFlags::OUT)];
                    match poll(&mut fds, Some(&timespec(STALL))) {
                        Ok(_) | Err(rustix::io::Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Asks the terminal how large it is by sending its cursor far away. Only for lines that report no size: a
    /// terminal that stays silent costs the wait.
    pub(crate) fn ask_size(&self, parser: &mut super::Parser, patience: Duration) -> Option<(u16, u16)> {
        self.write(b"\x1b[999;999H\x1b[6n", || false).ok()?;
        let until = Instant::now() + patience;
        let mut buffer = [0; 64];
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if self.wait(left).ok()? != Wait::Input {
                continue;
            }
            let count = self.read(&mut buffer).ok()??;
            for byte in buffer.get(..count).unwrap_or_default() {
                parser.feed(*byte);
            }
            while let Some(key) = parser.next_key() {
                if let crate::key::Key::CursorAt(rows, columns) = key {
                    return Some((columns, rows));
                }
            }
        }
        parser.silence();
        None
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
