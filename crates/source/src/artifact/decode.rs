//! Streams that are compressed as a whole.

use std::io::{self, BufRead, BufReader, Read};

use structured_zstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use structured_zstd::decoding::{BlockDecodingStrategy, ContentChecksum, FrameDecoder};

use super::format::Format;
use super::meter::{Meter, Window};

/// Larger dictionaries are in no archive that people make.
const MOST_DICTIONARY: u64 = 1 << 30;

/// What a decoder takes beside its dictionary, in KiB.
const BESIDE_KIB: u32 = 1 << 10;

/// How many compressed bytes a decoder that works block by block has at hand.
const COMPRESSED: usize = 32 << 10;

/// Gives leave to remember bytes.
pub(super) trait Memory {
    /// Is held as long as they are remembered.
    type Held;

    /// Takes so many bytes.
    ///
    /// # Errors
    ///
    /// If there are not so many left.
    fn take(&self, bytes: u64) -> io::Result<Self::Held>;
}

impl<'m> Memory for &'m Meter {
    type Held = Window<'m>;

    fn take(&self, bytes: u64) -> io::Result<Window<'m>> {
        self.window(bytes)
    }
}

/// What a stream of that format holds.
///
/// # Errors
///
/// If it cannot be read, takes more memory than is left, or is of another format.
pub(super) fn plain<'r, R: Read + 'r, M: Memory + 'r>(
    format: Format,
    reader: R,
    memory: M,
) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match format {
        Format::Gzip => buffered(flate2::read::MultiGzDecoder::new(reader)),
        Format::Zlib => buffered(flate2::read::ZlibDecoder::new(reader)),
        Format::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(reader)),
        Format::Xz => Box::new(xz(reader, memory)?),
        Format::Lzma => Box::new(lzma(reader, memory)?),
        Format::Zstd => Box::new(zstd(reader, memory)),
        Format::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(reader)),
        _ => return Err(io::ErrorKind::Unsupported.into()),
    })
}

/// So much is inflated at a time. The end of what is asked for goes slowly, symbol by
/// symbol, and after every time the last 32 KiB are copied to the side.
const INFLATED: usize = 32 << 10;

/// What inflates, however little of it is asked for at a time.
pub(super) fn buffered<'r>(inflates: impl Read + 'r) -> Box<dyn Read + 'r> {
    Box::new(BufReader::with_capacity(INFLATED, inflates))
}

/// A decoder and the memory that it was allowed.
pub(super) struct Held<R, W> {
    inner: R,
    _window: W,
}

impl<R, W> Held<R, W> {
    pub(super) fn new(inner: R, window: W) -> Self {
        Self {
            inner,
            _window: window,
        }
    }
}

impl<R: Read, W> Read for Held<R, W> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf)
    }
}

pub(super) fn xz<R: Read, M: Memory>(
    mut reader: R,
    memory: M,
) -> io::Result<impl Read + use<R, M>> {
    let mut head = Vec::with_capacity(64);
    (&mut reader).take(64).read_to_end(&mut head)?;
    let wanted = xz_dictionary(&head).unwrap_or(DEFAULT_DICTIONARY);
    let window = memory.take(wanted)?;
    let kib = u32::try_from(wanted >> 10).unwrap_or(u32::MAX - BESIDE_KIB) + BESIDE_KIB;
    let source = BufReader::new(io::Cursor::new(head).chain(reader));
    let plain = lzma_rust2::XzReader::new_mem_limit(source, true, kib);
    Ok(Held::new(plain, window))
}

/// What is allowed where the first block does not say it, in bytes.
const DEFAULT_DICTIONARY: u64 = 64 << 20;

/// The size of the dictionary of the first block (xz file format 1.2.1, 3.1 and 5.3.1).
fn xz_dictionary(head: &[u8]) -> Option<u64> {
    let block = head.get(12..)?;
    let flags = *block.get(1)?;
    let mut rest = block.get(2..)?;
    for flag in [0x40, 0x80] {
        if flags & flag != 0 {
            let length = rest.iter().position(|b| b & 0x80 == 0)? + 1;
            rest = rest.get(length..)?;
        }
    }
    for _ in 0..=(flags & 3) {
        let (&id, after) = rest.split_first()?;
        let (&length, after) = after.split_first()?;
        if id == 0x21 {
            let bits = *after.first().filter(|&&bits| bits < 40)?;
            let size = u64::from(2 | bits & 1) << (bits / 2 + 11);
            return Some(size.max(4096));
        }
        rest = after.get(usize::from(length)..)?;
    }
    None
}

/// LZMA without a container: properties, dictionary and size stand in front.
fn lzma<R: Read, M: Memory>(mut reader: R, memory: M) -> io::Result<impl Read + use<R, M>> {
    let mut head = [0; 13];
    reader.read_exact(&mut head)?;
    let dictionary = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    let window = memory.take(u64::from(dictionary))?;
    let source = BufReader::new(io::Cursor::new(head).chain(reader));
    let kib = (dictionary >> 10).saturating_add(BESIDE_KIB << 4);
    let plain = lzma_rust2::LzmaReader::new_mem_limit(source, kib, None)?;
    Ok(Held::new(plain, window))
}

pub(super) fn zstd<R: Read, M: Memory>(reader: R, memory: M) -> impl Read + use<R, M> {
    let mut decoder = FrameDecoder::new();
    decoder.set_content_checksum(ContentChecksum::Verify);
    Zstd {
        source: BufReader::with_capacity(COMPRESSED, reader),
        decoder,
        within: false,
        window: None,
        memory,
    }
}

/// All frames of a stream; the decoder itself ends with the first.
struct Zstd<R, M: Memory> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    within: bool,
    /// What the decoder was allowed, and how much that is.
    window: Option<(M::Held, u64)>,
    memory: M,
}

impl<R: Read, M: Memory> Zstd<R, M> {
    /// Reads the start of a frame as far as its window is stated, and takes the memory.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; 6];
        self.source.read_exact(&mut head)?;
        // Frames that are to be skipped have no window.
        if head[..4] != [0x28, 0xB5, 0x2F, 0xFD] {
            return Ok(head);
        }
        let (flags, byte) = (head[4], head[5]);
        let wanted = if flags & 0x20 == 0 {
            let base = 1_u64 << (10 + u32::from(byte >> 3));
            base + base / 8 * u64::from(byte & 7)
        } else {
            // All of the content is the window; its size is stated.
            let id = [0, 1, 2, 4][usize::from(flags & 3)];
            let size = [1, 2, 4, 8][usize::from(flags >> 6)];
            head.resize(5 + id + size, 0);
            self.source.read_exact(&mut head[6..])?;
            let field = &head[5 + id..];
            let value = field.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
            value + if size == 2 { 256 } else { 0 }
        };
        let has = self.window.as_ref().map_or(0, |(_, has)| *has);
        if wanted > has {
            self.window = None;
            self.window = Some((self.memory.take(wanted)?, wanted));
        }
        self.decoder
            .set_max_window_size(wanted.clamp(1 << 10, MOST_DICTIONARY))
            .map_err(|why| damaged(&why))?;
        Ok(head)
    }

    /// Starts the next frame; false at the end. Frames that are to be skipped are.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            let head = self.head()?;
            match self.decoder.reset(head.chain(&mut self.source)) {
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

impl<R: Read, M: Memory> Read for Zstd<R, M> {
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
                0 => {
                    self.within = false;
                    self.decoder
                        .verify_content_checksum()
                        .map_err(|why| damaged(&why))?;
                }
                got => return Ok(got),
            }
        }
    }
}

fn damaged(why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::meter::Limits;
    use super::*;

    fn unpacked(format: Format, packed: &[u8]) -> io::Result<Vec<u8>> {
        let meter = Meter::alone(Limits::default());
        let mut out = Vec::new();
        plain(format, packed, &meter)?.read_to_end(&mut out)?;
        Ok(out)
    }

    fn zstd_of(text: &[u8]) -> Vec<u8> {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(text, level)
    }

    /// A text of words, some of them again and again.
    fn text(words: u32) -> Vec<u8> {
        let word = |n: u32| format!("word{} ", n.wrapping_mul(2_654_435_761) >> 24);
        (0..words).map(word).collect::<String>().into_bytes()
    }

    #[test]
    fn a_checksum_that_is_another_is_damage() {
        let text = text(100);
        let packed = zstd_of(&text);
        assert_eq!(unpacked(Format::Zstd, &packed).expect("it is whole"), text);
        let mut lies = packed;
        *lies.last_mut().expect("a checksum") ^= 1;
        let why = unpacked(Format::Zstd, &lies).expect_err("the checksum lies");
        assert_eq!(why.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn zstd_is_read_as_another_decoder_reads_it() {
        let mut state = 1_u32;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        let (mut good, mut bad) = (0, 0);
        for round in 0..600 {
            let mut packed = zstd_of(&text(20 + round % 300));
            for _ in 0..round % 3 {
                let at = random(packed.len());
                packed[at] ^= 1 << random(8);
            }
            let Ok(own) = unpacked(Format::Zstd, &packed) else {
                bad += 1;
                continue;
            };
            good += 1;
            let mut other = ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
                .expect("what we read can be read");
            let mut expected = Vec::new();
            other.read_to_end(&mut expected).expect("to its end");
            assert!(own == expected, "round {round}");
        }
        assert!(good > 200 && bad > 200, "{good} {bad}");
    }
}
