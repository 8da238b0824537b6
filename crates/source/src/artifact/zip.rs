//! zip, by the directory at its end (PKWARE's APPNOTE, 6.3.10); without one, by what
//! stands before each entry.

use std::io::{self, Read, SeekFrom};
use std::ops::Range;

use crc32fast::Hasher;
use sluicegate_core::SkipReason;

use super::meter::{Meter, Output};
use super::{Opener, ReadSeek, damaged, inside, office};

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";

/// The method of an entry that is not compressed.
const STORED: u16 = 0;

/// How many entries of the directory are read at a time.
const BATCH: usize = 1024;

/// Whether what starts like this may carry a zip at its end: scripts and programs that
/// unpack or run themselves. What is in such a file is seen by its end.
///
/// ```
/// use sluicegate_source::artifact::{ends_as_zip, may_carry_zip};
///
/// assert!(may_carry_zip(b"#!/bin/sh\n") && !ends_as_zip(b"exit 0\n"));
/// ```
pub fn may_carry_zip(head: &[u8]) -> bool {
    [&b"#!"[..], b"MZ", b"\x7FELF"]
        .iter()
        .any(|start| head.starts_with(start))
}

/// Whether these bytes end as a zip does. More than [`ZIP_TAIL`] are not looked at.
pub fn ends_as_zip(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(ZIP_TAIL)..];
    memchr::memmem::rfind(tail, END).is_some_and(|at| tail.len() - at >= 22)
}

/// The end record of a zip with the longest comment that may follow it, in bytes.
pub const ZIP_TAIL: usize = 22 + 0xFFFF;

/// Opens the zip that a script or a program carries, and shows what stands before it; false
/// if it carries none.
pub(super) fn open_carried(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<bool> {
    let Ok(Some(directory)) = directory(input) else {
        return Ok(false);
    };
    input.seek(SeekFrom::Start(directory.start))?;
    let Ok((first, _)) = Entry::from_directory(input) else {
        return Ok(false);
    };
    input.seek(SeekFrom::Start(first.offset + directory.shift))?;
    if Entry::local(input).is_err() {
        return Ok(false);
    }
    input.rewind()?;
    let mut before = (&mut *input).take(first.offset + directory.shift);
    opener.leaf(path, &mut before, None);
    open(opener, path, input, depth).map(|()| true)
}

/// Where the compressed and encrypted data of its entries lie, in order; as far as the
/// directory can be read.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut input = io::Cursor::new(bytes);
    let Ok(Some(directory)) = directory(&mut input) else {
        return stretches;
    };
    let mut place = directory.start;
    for _ in 0..directory.entries {
        input.set_position(place);
        let Ok((entry, length)) = Entry::from_directory(&mut input) else {
            break;
        };
        place += length;
        if entry.method == STORED && !entry.is_encrypted() {
            continue;
        }
        input.set_position(entry.offset.saturating_add(directory.shift));
        if Entry::local(&mut input).is_ok() {
            let start = input.position();
            let end = start.saturating_add(entry.packed).min(bytes.len() as u64);
            stretches.push(start as usize..end as usize);
        }
    }
    stretches.sort_unstable_by_key(|stretch| stretch.start);
    // What lies on another is taken out once.
    let mut behind = 0;
    for stretch in &mut stretches {
        stretch.start = stretch.start.max(behind);
        stretch.end = stretch.end.max(stretch.start);
        behind = stretch.end;
    }
    stretches
}

/// More bytes than these do not come out of one, whatever the method.
const MOST_RATIO: u64 = 1 << 20;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    let directory = match directory(input) {
        Ok(Some(directory)) => directory,
        Ok(None) => {
            let why = damaged("the directory at its end is missing");
            return one_by_one(opener, path, input, depth, why);
        }
        Err(why) => return one_by_one(opener, path, input, depth, why),
    };
    let mut at = directory.start;
    let mut left = directory.entries;
    while left > 0 {
        input.seek(SeekFrom::Start(at))?;
        let mut batch = Vec::new();
        while left > 0 && batch.len() < BATCH {
            let (entry, length) = Entry::from_directory(input)?;
            at += length;
            left -= 1;
            batch.push(entry);
        }
        for mut entry in batch {
            entry.offset += directory.shift;
            input.seek(SeekFrom::Start(entry.offset))?;
            if let Err(why) = Entry::local(input) {
                opener.failed(&inside(path, &entry.name), &why);
                continue;
            }
            show(opener, path, &entry, input, depth)?;
        }
    }
    Ok(())
}

/// Where the directory stands, and how far everything was moved by what was put before
/// the archive, such as a program that unpacks it.
struct Directory {
    start: u64,
    entries: u64,
    shift: u64,
}

fn directory(input: &mut dyn ReadSeek) -> io::Result<Option<Directory>> {
    let length = input.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(ZIP_TAIL as u64);
    input.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    input.take(ZIP_TAIL as u64).read_to_end(&mut tail)?;
    let Some(place) = memchr::memmem::rfind(&tail, END).filter(|&at| tail.len() - at >= 22) else {
        return Ok(None);
    };
    let end = &tail[place..];
    let mut entries = u64::from(u16_at(end, 10));
    let mut size = u64::from(u32_at(end, 12));
    let mut start = u64::from(u32_at(end, 16));
    let mut end_place = from + place as u64;
    if let Some(locator) = place.checked_sub(20).map(|at| &tail[at..place])
        && locator.starts_with(LOCATOR_64)
    {
        let stated = u64_at(locator, 8);
        input.seek(SeekFrom::Start(stated))?;
        let mut record = [0; 56];
        input.read_exact(&mut record)?;
        if !record.starts_with(END_64) {
            return Err(damaged("the large end record is not where it should be"));
        }
        entries = u64_at(&record, 32);
        size = u64_at(&record, 40);
        start = u64_at(&record, 48);
        end_place = stated;
    }
    let actual = end_place.checked_sub(size);
    let shift = actual.and_then(|actual| actual.checked_sub(start));
    let Some(shift) = shift else {
        return Err(damaged(
            "the directory is said to be larger than the archive",
        ));
    };
    Ok(Some(Directory {
        start: start + shift,
        entries,
        shift,
    }))
}

/// What is known of an entry.
struct Entry {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    offset: u64,
}

impl Entry {
    /// Reads an entry of the directory; gives also how long it is.
    fn from_directory(input: &mut dyn ReadSeek) -> io::Result<(Self, u64)> {
        let mut fixed = [0; 46];
        input.read_exact(&mut fixed)?;
        if !fixed.starts_with(CENTRAL) {
            return Err(damaged("the directory breaks off"));
        }
        let lengths = [28, 30, 32].map(|at| usize::from(u16_at(&fixed, at)));
        let mut rest = vec![0; lengths.iter().sum()];
        input.read_exact(&mut rest)?;
        let extra = &rest[lengths[0]..lengths[0] + lengths[1]];
        let mut entry = Self {
            name: rest[..lengths[0]].to_vec(),
            flags: u16_at(&fixed, 8),
            method: u16_at(&fixed, 10),
            crc: u32_at(&fixed, 16),
            packed: u64::from(u32_at(&fixed, 20)),
            size: u64::from(u32_at(&fixed, 24)),
            offset: u64::from(u32_at(&fixed, 42)),
        };
        let Self {
            packed,
            size,
            offset,
            ..
        } = &mut entry;
        large_fields(extra, &mut [size, packed, offset]);
        Ok((entry, (46 + rest.len()) as u64))
    }

    /// Reads what stands before an entry's data.
    fn local(input: &mut dyn ReadSeek) -> io::Result<Self> {
        let mut fixed = [0; 30];
        input.read_exact(&mut fixed)?;
        if !fixed.starts_with(LOCAL) {
            return Err(damaged("no entry stands where the directory says"));
        }
        let lengths = [26, 28].map(|at| usize::from(u16_at(&fixed, at)));
        let mut rest = vec![0; lengths.iter().sum()];
        input.read_exact(&mut rest)?;
        let mut entry = Self {
            name: rest[..lengths[0]].to_vec(),
            flags: u16_at(&fixed, 6),
            method: u16_at(&fixed, 8),
            crc: u32_at(&fixed, 14),
            packed: u64::from(u32_at(&fixed, 18)),
            size: u64::from(u32_at(&fixed, 22)),
            offset: 0,
        };
        let Self { packed, size, .. } = &mut entry;
        large_fields(&rest[lengths[0]..], &mut [size, packed]);
        Ok(entry)
    }

    fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the sizes follow the data instead of standing before it.
    fn sizes_follow(&self) -> bool {
        self.flags & 8 != 0
    }
}

/// Fields that are all ones have their value in an extra field.
fn large_fields(mut extra: &[u8], fields: &mut [&mut u64]) {
    while extra.len() >= 4 {
        let length = usize::from(u16_at(extra, 2));
        let Some(mut data) = extra.get(4..4 + length) else {
            return;
        };
        if u16_at(extra, 0) == 1 {
            for field in fields.iter_mut().filter(|f| ***f == u64::from(u32::MAX)) {
                let Some((value, rest)) = data.split_first_chunk::<8>() else {
                    return;
                };
                **field = u64::from_le_bytes(*value);
                data = rest;
            }
        }
        extra = &extra[4 + length..];
    }
}

/// Shows the entry whose data starts where `input` stands.
fn show(
    opener: &mut Opener<'_>,
    path: &str,
    entry: &Entry,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    if entry.name.ends_with(b"/") && entry.size == 0 {
        return Ok(());
    }
    let shown = inside(path, &entry.name);
    if entry.is_encrypted() {
        opener.meter.entry()?;
        opener
            .visitor
            .skipped(&shown, SkipReason::Encrypted, String::new());
        return Ok(());
    }
    let meter = opener.meter;
    let packed = input.take(entry.packed);
    let plain = match unpacked(entry, packed, meter) {
        Ok(plain) => plain,
        Err(why) => {
            opener.failed(&shown, &why);
            return Ok(());
        }
    };
    let mut checked = Checked {
        inner: Output {
            inner: plain,
            meter,
        },
        hasher: Hasher::new(),
        count: 0,
        ended: false,
    };
    if office::holds_text(&entry.name) {
        // How long its text is nobody has said.
        let mut text = office::Text::new(&mut checked);
        opener.entry(path, &entry.name, &mut text, None, depth)?;
    } else {
        // No method makes more than so much of so little: such a size is no reason to leave
        // the entry out.
        let is_possible = entry.size <= entry.packed.saturating_mul(MOST_RATIO);
        let size = Some(entry.size).filter(|_| is_possible);
        opener.entry(path, &entry.name, &mut checked, size, depth)?;
    }
    if checked.ended && checked.hasher.finalize() != entry.crc {
        opener.failed(&shown, &damaged("its checksum is another"));
    } else if checked.ended && checked.count != entry.size {
        opener.failed(
            &shown,
            &damaged("its size is another than the directory says"),
        );
    }
    Ok(())
}

fn unpacked<'r>(
    entry: &Entry,
    mut packed: impl Read + 'r,
    meter: &'r Meter,
) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match entry.method {
        0 => Box::new(packed),
        8 => super::decode::buffered(flate2::read::DeflateDecoder::new(packed)),
        9 => Box::new(deflate64::Deflate64Decoder::new(packed)),
        12 => Box::new(bzip2::read::BzDecoder::new(packed)),
        14 => {
            // Version, length of the properties, the properties: lc/lp/pb and dictionary.
            let mut head = [0; 9];
            packed.read_exact(&mut head)?;
            // No more of it is used than comes out.
            let least = u32::try_from(entry.size).unwrap_or(u32::MAX).max(4096);
            let dictionary = u32_at(&head, 5).min(least);
            let window = meter.window(u64::from(dictionary))?;
            let plain = lzma_rust2::LzmaReader::new_with_props(
                io::BufReader::new(packed),
                entry.size,
                head[4],
                dictionary,
                None,
            )?;
            Box::new(super::decode::Held::new(plain, window))
        }
        93 => Box::new(super::decode::zstd(packed, meter)),
        95 => Box::new(super::decode::xz(packed, meter)?),
        other => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("compressed by method {other}"),
            ));
        }
    })
}

/// Opens what can be opened of an archive that has lost its directory, and gives `why`
/// that is so.
fn one_by_one(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
    why: io::Error,
) -> io::Result<()> {
    let mut at = 0;
    loop {
        input.seek(SeekFrom::Start(at))?;
        // The last entry is followed by the directory, or what is left of it.
        let Ok(mut entry) = Entry::local(input) else {
            return Err(why);
        };
        let data = input.stream_position()?;
        if entry.sizes_follow() {
            // Only a compressed stream says itself where it ends.
            if entry.method != 8 {
                return Err(damaged("nothing says how long an entry is"));
            }
            let mut decoder = flate2::read::DeflateDecoder::new(&mut *input);
            let mut plain = Output {
                inner: &mut decoder,
                meter: opener.meter,
            };
            entry.size = io::copy(&mut plain, &mut io::sink())?;
            entry.packed = decoder.total_in();
            input.seek(SeekFrom::Start(data + entry.packed))?;
            let mut follows = [0; 16];
            input.read_exact(&mut follows)?;
            let marked = follows.starts_with(b"PK\x07\x08");
            entry.crc = u32_at(&follows, if marked { 4 } else { 0 });
            at = data + entry.packed + if marked { 16 } else { 12 };
            input.seek(SeekFrom::Start(data))?;
        } else {
            at = data + entry.packed;
        }
        show(opener, path, &entry, input, depth)?;
    }
}

/// Adds up the checksum of what is read.
struct Checked<R> {
    inner: R,
    hasher: Hasher,
    count: u64,
    ended: bool,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buf)?;
        self.ended |= got == 0 && !buf.is_empty();
        self.hasher.update(&buf[..got]);
        self.count += got as u64;
        Ok(got)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
