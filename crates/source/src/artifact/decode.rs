//! Streams that are compressed as a whole.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::format::Format;
use super::meter::{Meter, Output};

/// The most that one decoder may take for its dictionary, in KiB.
const DICTIONARY_KIB: u32 = 128 << 10;

/// What a stream of that format holds; `None` if the format is not a compressed stream.
pub(super) fn decoder<'r>(
    format: Format,
    reader: &'r mut dyn Read,
    meter: &'r Meter,
) -> Option<Box<dyn Read + 'r>> {
    let plain: Box<dyn Read + 'r> = match format {
        Format::Gzip => Box::new(flate2::read::MultiGzDecoder::new(reader)),
        Format::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(reader)),
        Format::Xz => Box::new(xz(reader)),
        Format::Zstd => Box::new(zstd(reader)),
        Format::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(reader)),
        _ => return None,
    };
    Some(Box::new(Output {
        inner: plain,
        meter,
    }))
}

pub(super) fn xz(reader: impl Read) -> impl Read {
    lzma_rust2::XzReader::new_mem_limit(BufReader::new(reader), true, DICTIONARY_KIB)
}

pub(super) fn zstd(reader: impl Read) -> impl Read {
    Zstd {
        source: BufReader::new(reader),
        decoder: FrameDecoder::new(),
        within: false,
    }
}

/// All frames of a stream; the decoder itself ends with the first.
struct Zstd<R> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: Read> Zstd<R> {
    /// Starts the next frame; false at the end. Frames that are to be skipped are.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut rest = (&mut self.source).take(u64::from(length));
                    io::copy(&mut rest, &mut io::sink())?;
                }
                Err(why) => return Err(damaged(&why)),
            }
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.next_frame()? {
                return Ok(0);
            }
            self.within = true;
            while self.decoder.can_collect() < buf.len() && !self.decoder.is_finished() {
                let missing = buf.len() - self.decoder.can_collect();
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBytes(missing))
                    .map_err(|why| damaged(&why))?;
            }
            match self.decoder.read(buf)? {
                0 => self.within = false,
                got => return Ok(got),
            }
        }
    }
}

fn damaged(why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
