//! cpio: the formats `newc` (with and without checksums) and `odc`.

use std::io::{self, BufRead, Read};

use super::{Opener, damaged};

/// Longer names are not names.
const MOST_NAME: u64 = 64 << 10;

/// The bits of a mode that tell the kind of file, and what a plain file has there.
const KIND: u64 = 0o170_000;
const PLAIN: u64 = 0o100_000;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    loop {
        let mut magic = [0; 6];
        reader.read_exact(&mut magic)?;
        let entry = match &magic {
            b"070701" | b"070702" => newc(reader)?,
            b"070707" => odc(reader)?,
            _ => return Err(damaged("a header is not where the entry before it ends")),
        };
        if entry.name == b"TRAILER!!!" {
            return behind(opener, path, reader, depth);
        }
        let mut data = (&mut *reader).take(entry.size);
        if entry.mode & KIND == PLAIN {
            opener.entry(path, &entry.name, &mut data, Some(entry.size), depth)?;
        }
        io::copy(&mut data, &mut io::sink())?;
        if data.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        pad(reader, entry.size, entry.align)?;
    }
}

/// Shows what follows the end: the parts of an initial file system for Linux stand one
/// behind the other, with zero bytes between them.
fn behind(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    let mut reader = io::BufReader::new(reader);
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(());
        }
        let zeros = piece.iter().take_while(|&&b| b == 0).count();
        let is_over = zeros < piece.len();
        reader.consume(zeros);
        if is_over {
            return opener.entry(path, b"(behind the end)", &mut reader, None, depth);
        }
    }
}

struct Entry {
    name: Vec<u8>,
    mode: u64,
    size: u64,
    align: u64,
}

fn newc(reader: &mut dyn Read) -> io::Result<Entry> {
    let mut fields = [0; 104];
    reader.read_exact(&mut fields)?;
    let field = |number: usize| parse(&fields[number * 8..number * 8 + 8], 16);
    let name_size = field(11)?;
    let name = read_name(reader, name_size)?;
    pad(reader, 110 + name_size, 4)?;
    Ok(Entry {
        name,
        mode: field(1)?,
        size: field(6)?,
        align: 4,
    })
}

fn odc(reader: &mut dyn Read) -> io::Result<Entry> {
    let mut fields = [0; 70];
    reader.read_exact(&mut fields)?;
    let mode = parse(&fields[12..18], 8)?;
    let name_size = parse(&fields[53..59], 8)?;
    let size = parse(&fields[59..70], 8)?;
    let name = read_name(reader, name_size)?;
    Ok(Entry {
        name,
        mode,
        size,
        align: 1,
    })
}

fn parse(field: &[u8], base: u32) -> io::Result<u64> {
    std::str::from_utf8(field)
        .ok()
        .and_then(|text| u64::from_str_radix(text, base).ok())
        .ok_or_else(|| damaged("a field of a header is not a number"))
}

fn read_name(reader: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    if size > MOST_NAME {
        return Err(damaged("a name is longer than names are"));
    }
    let mut name = Vec::new();
    if reader.take(size).read_to_end(&mut name)? as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    name.truncate(name.iter().position(|&b| b == 0).unwrap_or(name.len()));
    Ok(name)
}

/// Reads what fills the last of the units of `align` bytes.
fn pad(reader: &mut dyn Read, size: u64, align: u64) -> io::Result<()> {
    let rest = size.next_multiple_of(align) - size;
    io::copy(&mut reader.take(rest), &mut io::sink()).map(|_| ())
}
