//! Gzip, of one or several members (RFC 1952).
//!
//! The members are told apart here, and only their deflate stream is left to the library: its own reader drops what it
//! unpacked before it met corrupt data, and how much that is depends on the size of the reads. A damaged capture must
//! give the same frames however it is read, and all that can be had of it.

use std::io::{self, BufRead, BufReader, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// First bytes of a member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The only method that there is.
const DEFLATE: u8 = 8;
/// Flags of a header.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;

/// Unpacks all members of a gzip stream, and says when something else follows them.
pub(super) struct Gzip<R: Read> {
    input: BufReader<R>,
    place: Place,
    inflate: Decompress,
    checksum: Crc,
    /// What is to be said once everything unpacked before it is handed over.
    failure: Option<io::Error>,
}

/// What stands next in the input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Data,
    Trailer,
    /// Zeros, as gzip itself has it, or another member.
    Behind,
    End,
}

impl<R: Read> Gzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(128 * 1024, input),
            place: Place::Header,
            inflate: Decompress::new(false),
            checksum: Crc::new(),
            failure: None,
        }
    }

    /// Moves on by one step; the bytes that were unpacked.
    fn step(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.place {
            Place::Header => {
                self.header()?;
                self.place = Place::Data;
            }
            Place::Data => return self.data(buffer),
            Place::Trailer => {
                self.trailer()?;
                self.place = Place::Behind;
            }
            Place::Behind => self.behind()?,
            Place::End => {}
        }
        Ok(0)
    }

    fn header(&mut self) -> io::Result<()> {
        let mut fixed = [0; 10];
        self.exactly(&mut fixed)?;
        let [first, second, method, flags, ..] = fixed;
        if [first, second] != MAGIC || method != DEFLATE {
            return Err(corrupt("the header is none of gzip"));
        }
        if flags & EXTRA != 0 {
            let mut length = [0; 2];
            self.exactly(&mut length)?;
            self.pass(usize::from(u16::from_le_bytes(length)))?;
        }
        for text in [NAME, COMMENT] {
            if flags & text != 0 {
                self.pass_text()?;
            }
        }
        if flags & HEADER_CHECKSUM != 0 {
            self.pass(2)?;
        }
        self.inflate.reset(false);
        self.checksum.reset();
        Ok(())
    }

    fn data(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.input.fill_buf()?;
        let over = ahead.is_empty();
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let result = self.inflate.decompress(ahead, buffer, FlushDecompress::None);
        // Counted also when it fails.
        let read = usize::try_from(self.inflate.total_in() - read).unwrap_or(0);
        let written = usize::try_from(self.inflate.total_out() - written).unwrap_or(0);
        self.input.consume(read);
        self.checksum.update(buffer.get(..written).unwrap_or_default());
        match result {
            Err(_) => self.failure = Some(corrupt("corrupt deflate stream")),
            Ok(Status::StreamEnd) => self.place = Place::Trailer,
            Ok(_) if over && written == 0 => return Err(cut_off()),
            Ok(_) => {}
        }
        Ok(written)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let (mut sum, mut length) = ([0; 4], [0; 4]);
        self.exactly(&mut sum)?;
        self.exactly(&mut length)?;
        let sound = u32::from_le_bytes(sum) == self.checksum.sum()
            && u32::from_le_bytes(length) == self.checksum.amount();
        if sound {
            Ok(())
        } else {
            Err(corrupt("what was unpacked does not match its checksum"))
        }
    }

    fn behind(&mut self) -> io::Result<()> {
        let ahead = self.input.fill_buf()?;
        let zeros = ahead.iter().take_while(|&&byte| byte == 0).count();
        match ahead.first() {
            None => self.place = Place::End,
            Some(0) => self.input.consume(zeros),
            Some(byte) if MAGIC.starts_with(&[*byte]) => self.place = Place::Header,
            Some(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "bytes that are not gzip follow the gzip data",
                ));
            }
        }
        Ok(())
    }

    fn exactly(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => cut_off(),
            _ => error,
        })
    }

    fn pass(&mut self, mut bytes: usize) -> io::Result<()> {
        while bytes > 0 {
            let here = self.input.fill_buf()?.len().min(bytes);
            if here == 0 {
                return Err(cut_off());
            }
            self.input.consume(here);
            bytes -= here;
        }
        Ok(())
    }

    /// Passes over a text and the zero that ends it.
    fn pass_text(&mut self) -> io::Result<()> {
        loop {
            let ahead = self.input.fill_buf()?;
            if ahead.is_empty() {
                return Err(cut_off());
            }
            let end = ahead.iter().position(|&byte| byte == 0);
            let passed = end.map_or(ahead.len(), |end| end + 1);
            self.input.consume(passed);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.place != Place::End {
            if let Some(failure) = self.failure.take() {
                self.place = Place::End;
                return Err(failure);
            }
            match self.step(buffer) {
                Ok(0) => {}
                Ok(bytes) => return Ok(bytes),
                Err(error) => {
                    // The input itself may be tried again; what is wrong with its content stays so.
                    if !matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) {
                        self.place = Place::End;
                    }
                    return Err(error);
                }
            }
        }
        Ok(0)
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the gzip data are cut off")
}

fn corrupt(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("gzip: {why}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Gives so many bytes at a time.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len()).min(self.0.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::GzBuilder::new()
            .filename("a name")
            .comment("a comment")
            .extra(vec![7; 300])
            .write(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packed: &[u8], step: usize, room: usize) -> (Vec<u8>, Option<String>) {
        let mut gzip = Gzip::new(Slowly(packed, step));
        let (mut all, mut buffer) = (Vec::new(), vec![0; room]);
        loop {
            match gzip.read(&mut buffer) {
                Ok(0) => return (all, None),
                Ok(bytes) => all.extend_from_slice(&buffer[..bytes]),
                Err(error) => return (all, Some(error.to_string())),
            }
        }
    }

    fn content() -> Vec<u8> {
        (0..50_000_u32)
            .flat_map(|number| (number * number % 977).to_le_bytes())
            .collect()
    }

    #[test]
    fn members_padding_and_names_are_read() {
        let mut bytes = packed(b"one ");
        bytes.extend(packed(b"two"));
        bytes.extend([0; 700]);
        for step in [1, 3, 4096] {
            assert_eq!(unpacked(&bytes, step, 5), (b"one two".to_vec(), None));
        }
        bytes.push(9);
        let (got, error) = unpacked(&bytes, 4096, 5);
        assert_eq!(got, b"one two");
        assert_eq!(error.unwrap(), "bytes that are not gzip follow the gzip data");
    }

    #[test]
    fn what_stands_before_damage_does_not_depend_on_the_reads() {
        let whole = packed(&content());
        for place in [330, 1_000, whole.len() / 2, whole.len() - 6] {
            let mut damaged = whole.clone();
            damaged[place..place + 4].fill(0xff);
            let first = unpacked(&damaged, 1, 1);
            assert!(first.1.is_some(), "{place}");
            for (step, room) in [(1, 4096), (17, 100), (4096, 1 << 20), (1 << 20, 1 << 20)] {
                assert_eq!(unpacked(&damaged, step, room), first, "{place} {step} {room}");
            }
        }
    }

    #[test]
    fn every_cut_is_said() {
        let whole = packed(b"some bytes that are packed");
        for end in 0..whole.len() {
            let (_, error) = unpacked(&whole[..end], 7, 64);
            assert_eq!(error.unwrap(), "the gzip data are cut off", "{end}");
        }
    }
}
