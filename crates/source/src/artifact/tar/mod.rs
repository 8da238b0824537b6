//! tar: entries one after the other, and what they say of an image.
//!
//! Names and maps have limits of their own here, holes of sparse files are left out
//! instead of being filled, and after a damaged header the next good one is looked for.

mod header;
mod pax;

use std::io::{self, Read};

use sluicegate_core::SkipReason;

use super::image::Collector;
use super::{Opener, ReadSeek, damaged};
use header::{BLOCK, Header};
use pax::Pax;

pub(super) use header::is_header;

/// Longer names, and extended headers, are not believed.
const MOST_SAID: u64 = 1 << 20;

/// The map of a sparse file is not read further, in blocks.
const MOST_MAP: usize = 1 << 16;

/// What a tar is read from.
pub(super) trait Source: Read {
    /// How far it was read in the file that is opened, if it is one.
    fn place(&mut self) -> io::Result<Option<u64>>;

    /// Goes past so many bytes.
    fn pass(&mut self, bytes: u64) -> io::Result<()>;
}

/// A stream.
pub(super) struct Streamed<'r>(pub(super) &'r mut dyn Read);

impl Read for Streamed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Source for Streamed<'_> {
    fn place(&mut self) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        skip(self, bytes)
    }
}

/// The file that is opened.
pub(super) struct Placed<'r>(pub(super) &'r mut dyn ReadSeek);

impl Read for Placed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Source for Placed<'_> {
    fn place(&mut self) -> io::Result<Option<u64>> {
        self.0.stream_position().map(Some)
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let way = i64::try_from(bytes).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.0.seek(io::SeekFrom::Current(way)).map(|_| ())
    }
}

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Source,
    depth: usize,
) -> io::Result<()> {
    let mut image = Collector::default();
    let outcome = entries(opener, path, reader, depth, &mut image);
    // Also if it ends early: the layers that were there are layers.
    if let Some(image) = image.finish(path, outcome.is_ok(), opener.visitor) {
        opener.visitor.image(image);
    }
    outcome
}

/// What headers in front of an entry say of it.
#[derive(Default)]
struct Said {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Pax,
}

fn entries(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Source,
    depth: usize,
    image: &mut Collector,
) -> io::Result<()> {
    let mut said = Said::default();
    let mut has_ended = false;
    let mut is_lost = false;
    let mut read_ahead = None;
    loop {
        let next = match read_ahead.take() {
            Some(block) => Some(block),
            None => block(reader)?,
        };
        let Some(block) = next else {
            return Ok(());
        };
        // What follows the end mark is shown as well: some readers go on, too.
        if is_zero(&block) {
            has_ended = true;
            continue;
        }
        let Some(header) = Header::read(&block) else {
            if has_ended {
                let mut rest = block.chain(reader);
                return opener.entry(path, b"(behind the end)", &mut rest, None, depth);
            }
            if !is_lost {
                let detail = "a header is damaged; what follows was looked for".to_owned();
                opener.visitor.skipped(path, SkipReason::Damaged, detail);
            }
            is_lost = true;
            continue;
        };
        (has_ended, is_lost) = (false, false);
        let size = header
            .size()
            .ok_or_else(|| damaged("a size is not a number"))?;
        match header.kind() {
            b'L' => said.name = Some(name(opener, path, reader, size)?),
            b'K' => said.link = Some(name(opener, path, reader, size)?),
            b'x' | b'X' => {
                let text = text(opener, path, reader, size)?;
                Pax::read(&text, &mut said.pax);
            }
            b'g' => skip(reader, size)?,
            kind => {
                let mut tar = Tar {
                    opener: &mut *opener,
                    path,
                    depth,
                    image: &mut *image,
                };
                let said = std::mem::take(&mut said);
                if !matches!(kind, b'1'..=b'6') || size == 0 {
                    tar.entry(&header, size, said, reader)?;
                    continue;
                }
                // Some state the size of what a link leads to; no data follows then.
                match self::block(reader)? {
                    Some(block) if !is_zero(&block) && Header::read(&block).is_none() => {
                        let mut whole = block.chain(&mut *reader);
                        tar.entry(&header, size, said, &mut Streamed(&mut whole))?;
                    }
                    next => {
                        tar.entry(&header, 0, said, &mut Streamed(&mut io::empty()))?;
                        read_ahead = next;
                    }
                }
                continue;
            }
        }
        fill(reader, size)?;
    }
}

fn is_zero(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|&b| b == 0)
}

/// The archive whose entries are shown.
struct Tar<'t, 'o> {
    opener: &'t mut Opener<'o>,
    path: &'t str,
    depth: usize,
    image: &'t mut Collector,
}

impl Tar<'_, '_> {
    /// Shows an entry, of which so many bytes follow.
    fn entry(
        &mut self,
        header: &Header,
        size: u64,
        said: Said,
        reader: &mut dyn Source,
    ) -> io::Result<()> {
        let size = said.pax.size.unwrap_or(size);
        let name = said.name.or(said.pax.path).unwrap_or_else(|| header.name());
        let link = said.link.or(said.pax.link);
        let mut data = (&mut *reader).take(size);
        match header.kind() {
            b'1' | b'2' => {
                let target = link.as_deref().unwrap_or(header.link());
                self.image.linked(&name, Some(target));
            }
            b'S' if header.has_more_map() => skip_map(data.get_mut())?,
            _ if said.pax.map_goes_first => skip_counted_map(&mut data)?,
            _ => {}
        }
        let is_file = !matches!(header.kind(), b'1'..=b'6') && !name.ends_with(b"/");
        // Bytes of a folder or a link are there for no reader, and so for this one.
        if is_file || data.limit() > 0 {
            let left = data.limit();
            self.show(&name, left, &mut data)?;
        }
        io::copy(&mut data, &mut io::sink())?;
        if data.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        fill(reader, size)
    }

    fn show(
        &mut self,
        name: &[u8],
        left: u64,
        data: &mut io::Take<&mut (dyn Source + '_)>,
    ) -> io::Result<()> {
        self.image.entry(name);
        let Some(bytes) = self.image.wants(name, left, data)? else {
            if let Some(start) = data.get_mut().place()?
                && self
                    .opener
                    .put_off(self.path, name, (start, left), self.depth)?
            {
                data.get_mut().pass(left)?;
                data.set_limit(0);
                return Ok(());
            }
            return self
                .opener
                .entry(self.path, name, data, Some(left), self.depth);
        };
        if !self.image.took(name, &bytes) {
            return self.opener.meter.entry();
        }
        let mut bytes = bytes.as_slice();
        self.opener
            .entry(self.path, name, &mut bytes, Some(left), self.depth)
    }
}

/// The next block; `None` at the end, also in the middle of a block that is empty so far.
fn block(reader: &mut dyn Read) -> io::Result<Option<[u8; BLOCK]>> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match reader.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => filled += got,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(Some(block))
}

/// What a header in front of an entry holds; nothing, and a note, if it is too long.
fn text(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    size: u64,
) -> io::Result<Vec<u8>> {
    if size > MOST_SAID {
        let detail = format!("a name of {size} bytes is longer than names are");
        opener
            .visitor
            .skipped(path, SkipReason::TooMuchMemory, detail);
        skip(reader, size)?;
        return Ok(Vec::new());
    }
    let mut text = Vec::new();
    if reader.take(size).read_to_end(&mut text)? as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text)
}

fn name(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    size: u64,
) -> io::Result<Vec<u8>> {
    let mut name = text(opener, path, reader, size)?;
    name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
    Ok(name)
}

/// Reads what fills the last block.
fn fill(reader: &mut dyn Read, size: u64) -> io::Result<()> {
    let rest = size.next_multiple_of(BLOCK as u64) - size;
    // Some writers leave it out at the very end.
    io::copy(&mut reader.take(rest), &mut io::sink()).map(|_| ())
}

fn skip(reader: &mut dyn Read, size: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(size), &mut io::sink())? == size {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Skips the blocks that go on with the map of a sparse file (GNU, old format).
fn skip_map(reader: &mut dyn Read) -> io::Result<()> {
    for _ in 0..MOST_MAP {
        let block = block(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if block[504] == 0 {
            return Ok(());
        }
    }
    Err(damaged("the map of a sparse file is longer than maps are"))
}

/// Skips the map in front of a sparse file's data: a count and two numbers for each
/// part, on lines, filled up to a block.
fn skip_counted_map(data: &mut dyn Read) -> io::Result<()> {
    let mut count: Option<u64> = None;
    let mut digits = Vec::new();
    let mut lines = 0;
    for _ in 0..MOST_MAP {
        let Some(block) = block(data)? else {
            return Ok(());
        };
        for &byte in &block {
            if byte != b'\n' {
                if count.is_none() && digits.len() < 20 {
                    digits.push(byte);
                }
                continue;
            }
            lines += 1;
            let parts = *count.get_or_insert_with(|| {
                let text = std::str::from_utf8(&digits).unwrap_or_default();
                text.parse().unwrap_or(0)
            });
            if lines == parts.saturating_mul(2).saturating_add(1) {
                return Ok(());
            }
        }
    }
    Err(damaged("the map of a sparse file is longer than maps are"))
}
