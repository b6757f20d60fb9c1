//! Zstandard, of one or several frames.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// First bytes of a frame.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Largest window that is unpacked: what `zstd -d` accepts without being told more.
const MAX_WINDOW: u64 = 128 * 1024 * 1024;
/// An empty last block, and room for a checksum: closes a frame that was cut off.
const CLOSE: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// True when `start` starts a frame that holds no data, which may stand before the others.
pub(super) fn is_skippable(start: [u8; 4]) -> bool {
    u32::from_le_bytes(start) & 0xffff_fff0 == 0x184d_2a50
}

/// Unpacks all frames of a zstd stream.
pub(super) struct Zstd<R: Read> {
    input: BufReader<R>,
    decoder: FrameDecoder,
    /// Inside a frame.
    open: bool,
    /// Told once everything before it was handed over.
    failure: Option<io::Error>,
    over: bool,
}

impl<R: Read> Zstd<R> {
    pub(super) fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        let input = BufReader::with_capacity(128 * 1024, input);
        Self {
            input,
            decoder,
            open: false,
            failure: None,
            over: false,
        }
    }

    /// Starts the next frame; false at the end of the input.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
                        return Err(named(&"cut off"));
                    }
                }
                Err(error) => return Err(named(&error)),
            }
        }
    }

    /// Unpacks one block.
    fn block(&mut self) {
        let result = self
            .decoder
            .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
        if let Err(error) = result {
            self.failure = Some(named(&error));
            // What was unpacked is held back for references to it until the frame ends: end it.
            if self
                .decoder
                .decode_blocks(CLOSE.as_slice(), BlockDecodingStrategy::All)
                .is_err()
            {
                self.open = false;
            }
        }
    }

    /// The frame ended: its checksum must be right.
    fn verify(&mut self) {
        self.open = false;
        let said = self.decoder.get_checksum_from_data();
        if self.failure.is_none() && said.is_some() && said != self.decoder.get_calculated_checksum() {
            self.failure = Some(named(&"the checksum does not fit the data"));
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.over || buffer.is_empty() {
                return Ok(0);
            }
            if !self.open {
                if let Some(failure) = self.failure.take() {
                    self.over = true;
                    return Err(failure);
                }
                match self.begin() {
                    Ok(true) => self.open = true,
                    Ok(false) => self.over = true,
                    Err(error) => self.failure = Some(error),
                }
                continue;
            }
            let bytes = self.decoder.read(buffer)?;
            if bytes > 0 {
                return Ok(bytes);
            }
            if self.decoder.is_finished() {
                self.verify();
            } else {
                self.block();
            }
        }
    }
}

fn named(error: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("zstd: {error}"))
}
