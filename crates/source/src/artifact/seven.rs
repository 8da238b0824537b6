//! 7z.

use std::io::{self, Read, Seek, SeekFrom};

use sevenz_rust2::{ArchiveReader, Password};
use sluicegate_core::SkipReason;

use super::{Opener, ReadSeek, damaged};

/// Longer lists of entries are not read: the library keeps a hundred bytes for each entry,
/// and an entry may take a byte of the list.
const MOST_LIST: u64 = 2 << 20;

/// What stands in front of everything.
const START: usize = 32;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    let list = list_size(input)?;
    if list > MOST_LIST {
        return Err(too_large(format!(
            "its list of entries has {list} bytes, and {MOST_LIST} are read"
        )));
    }
    input.rewind()?;
    let mut archive = match ArchiveReader::new(Dyn(input), Password::empty()) {
        Ok(archive) => archive,
        Err(why) => return failed(opener, path, why),
    };
    archive.set_thread_count(1);
    // One block after the other is unpacked, so the hungriest decides.
    let blocks = archive.archive().blocks.iter();
    let _window = opener.meter.window(blocks.map(memory).max().unwrap_or(0))?;
    let mut broken = None;
    let outcome = archive.for_each_entries(|entry, reader| {
        if entry.is_directory() {
            return Ok(true);
        }
        // The size is the archive's word only, so it decides nothing but what is too large.
        let size = Some(entry.size());
        match opener.entry(path, entry.name().as_bytes(), reader, size, depth) {
            Ok(()) => Ok(true),
            Err(why) => {
                broken = Some(why);
                Ok(false)
            }
        }
    });
    match (broken, outcome) {
        (Some(why), _) => Err(why),
        (None, Err(why)) => failed(opener, path, why),
        (None, Ok(())) => Ok(()),
    }
}

fn failed(opener: &mut Opener<'_>, path: &str, why: sevenz_rust2::Error) -> io::Result<()> {
    use sevenz_rust2::Error;
    match why {
        Error::Io(why, _) => Err(why),
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            opener
                .visitor
                .skipped(path, SkipReason::Encrypted, String::new());
            Ok(())
        }
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => {
            opener
                .visitor
                .skipped(path, SkipReason::Encrypted, String::new());
            Ok(())
        }
        Error::UnsupportedCompressionMethod(method) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("compressed by {method}"),
        )),
        other => Err(damaged(other.to_string())),
    }
}

fn too_large(detail: String) -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, detail)
}

/// What unpacking a block has to remember, in bytes: a dictionary grows with what comes out.
fn memory(block: &sevenz_rust2::Block) -> u64 {
    let coders = block.coders.iter().enumerate();
    let of = |(number, coder): (usize, &sevenz_rust2::Coder)| {
        let out = block.get_unpack_size_at_index(number).max(4096);
        let field = |at: usize| {
            let bytes = coder.properties().get(at..at + 4)?;
            let (bytes, _) = bytes.split_first_chunk::<4>()?;
            Some(u64::from(u32::from_le_bytes(*bytes)))
        };
        match coder.encoder_method_id() {
            // LZMA: lc, lp and pb, then the dictionary.
            [0x03, 0x01, 0x01] => field(1).unwrap_or(0).min(out),
            // LZMA2: the dictionary as a power of two or one and a half of it.
            [0x21] => {
                let bits = u64::from(coder.properties().first().copied().unwrap_or(0).min(40));
                ((2 | (bits & 1)) << (bits / 2 + 11)).min(out)
            }
            // PPMd: the order, then what it takes in any case.
            [0x03, 0x04, 0x01] => field(1).unwrap_or(0),
            // bzip2 has blocks of 900 kB, and needs four bytes for each.
            [0x04, 0x02, 0x02] => 4 << 20,
            _ => 0,
        }
    };
    coders.map(of).fold(0, u64::saturating_add)
}

/// How long the list of entries is when it is unpacked. The library would unpack it whole,
/// however long it is.
fn list_size(input: &mut dyn ReadSeek) -> io::Result<u64> {
    let mut start = [0; START];
    input.rewind()?;
    input.read_exact(&mut start)?;
    let number = |at: usize| {
        let bytes = start[at..].first_chunk::<8>();
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let (offset, size) = (number(12), number(20));
    let end = input.seek(SeekFrom::End(0))?;
    if size == 0 && offset == 0 && end > START as u64 {
        return Err(damaged("its list of entries was never written"));
    }
    if size > MOST_LIST || size == 0 {
        return Ok(size);
    }
    let at = offset.saturating_add(START as u64);
    if at.saturating_add(size) > end {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    input.seek(SeekFrom::Start(at))?;
    let mut list = vec![0; usize::try_from(size).unwrap_or(0)];
    input.read_exact(&mut list)?;
    match list.split_first() {
        Some((0x17, packed)) => unpacked(&mut Fields(packed))
            .ok_or_else(|| damaged("what packs its list of entries is not understood")),
        _ => Ok(size),
    }
}

/// The largest size that a packed list has at any step of its unpacking (7zFormat.txt,
/// "Coders Info").
fn unpacked(fields: &mut Fields<'_>) -> Option<u64> {
    const FEW: u64 = 32;
    let few = |count: u64| Some(count).filter(|&count| count <= FEW);
    let mut id = fields.byte()?;
    if id == 0x06 {
        fields.number()?;
        let streams = few(fields.number()?)?;
        loop {
            match fields.byte()? {
                0 => break,
                0x09 => (0..streams).try_for_each(|_| fields.number().map(drop))?,
                // Checksums of all; of some only is said bit by bit, which nobody writes.
                0x0A if fields.byte()? != 0 => fields.skip(4 * streams)?,
                _ => return None,
            }
        }
        id = fields.byte()?;
    }
    if (id, fields.byte()?, fields.number()?, fields.byte()?) != (0x07, 0x0B, 1, 0) {
        return None;
    }
    let (mut ins, mut outs) = (0, 0);
    for _ in 0..few(fields.number()?)? {
        let flags = fields.byte()?;
        fields.skip(u64::from(flags & 0x0F))?;
        let (own_ins, own_outs) = match flags & 0x10 {
            0 => (1, 1),
            _ => (few(fields.number()?)?, few(fields.number()?)?),
        };
        (ins, outs) = (ins + own_ins, outs + own_outs);
        if flags & 0x20 != 0 {
            let length = fields.number()?;
            fields.skip(length)?;
        }
    }
    let pairs = u64::checked_sub(outs, 1)?;
    let packed = Some(u64::checked_sub(ins, pairs)?).filter(|&count| count > 1);
    for _ in 0..2 * pairs + packed.unwrap_or(0) {
        fields.number()?;
    }
    if fields.byte()? != 0x0C {
        return None;
    }
    let mut most = 0;
    for _ in 0..outs {
        most = most.max(fields.number()?);
    }
    Some(most)
}

/// Fields of a header, one after the other.
struct Fields<'f>(&'f [u8]);

impl Fields<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// A number: as many ones as lead in the first byte, so many bytes follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let follow = first.leading_ones();
        let mut value = 0;
        for at in 0..follow {
            value |= u64::from(self.byte()?) << (8 * at);
        }
        let own = u64::from(first) & (0x7F_u64 >> follow);
        Some(value | own.checked_shl(8 * follow).unwrap_or(0))
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }
}

/// The library asks for a sized type.
struct Dyn<'r>(&'r mut dyn ReadSeek);

impl Read for Dyn<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Dyn<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
