//! Gzip, of one or several members.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// First bytes of a member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacks all members of a gzip stream, and says when something else follows them.
pub(super) struct Gzip<R: Read> {
    /// `None` after the last member.
    member: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Gzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            member: Some(GzDecoder::new(BufReader::with_capacity(128 * 1024, input))),
        }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(member) = &mut self.member else {
                return Ok(0);
            };
            match member.read(buffer) {
                Ok(0) if !buffer.is_empty() => {}
                Ok(bytes) => return Ok(bytes),
                Err(error) => {
                    self.member = None;
                    return Err(named(error));
                }
            }
            self.member = match self.member.take() {
                Some(member) => next_member(member.into_inner())?,
                None => None,
            };
        }
    }
}

/// The member that follows; zeros after the last one are padding, as gzip itself has it.
fn next_member<R: Read>(mut input: BufReader<R>) -> io::Result<Option<GzDecoder<BufReader<R>>>> {
    loop {
        let ahead = input.fill_buf()?;
        let zeros = ahead.iter().take_while(|&&byte| byte == 0).count();
        match ahead.first() {
            None => return Ok(None),
            Some(0) => input.consume(zeros),
            Some(byte) if MAGIC.starts_with(&[*byte]) => return Ok(Some(GzDecoder::new(input))),
            Some(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "bytes that are not gzip follow the gzip data",
                ));
            }
        }
    }
}

fn named(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "the gzip data are cut off"),
        kind => io::Error::new(kind, format!("gzip: {error}")),
    }
}
