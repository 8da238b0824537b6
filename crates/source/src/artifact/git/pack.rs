//! The entries of a pack, one after the other (gitformat-pack).

use std::io::{self, BufRead, Read};

use gix_hash::ObjectId;

use super::super::damaged;
use super::object::Kind;

/// An object in a pack.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where it starts, from the start of the pack.
    pub(super) offset: u64,
    /// Where its compressed bytes start.
    pub(super) data: u64,
    /// How many bytes it says to unpack to.
    pub(super) size: u64,
    pub(super) stored: Stored,
}

/// How an object is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// As it is.
    Whole(Kind),
    /// As a change of the one that starts there.
    Offset(u64),
    /// As a change of the one with that id.
    Id(ObjectId),
}

/// Calls `each` for every entry of the pack that starts at `start`, with what it unpacks
/// to. Gives how many bytes follow the last one.
pub(super) fn each(
    source: impl BufRead,
    start: u64,
    hash: gix_hash::Kind,
    each: &mut dyn FnMut(Entry, &mut dyn Read) -> io::Result<()>,
) -> io::Result<u64> {
    let mut source = Counted { source, at: 0 };
    let mut head = [0; 12];
    source.read_exact(&mut head)?;
    if !head.starts_with(b"PACK") {
        return Err(damaged("no pack stands where one should"));
    }
    let count = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
    for _ in 0..count {
        let entry = entry(&mut source, start, hash)?;
        let mut plain = flate2::bufread::ZlibDecoder::new(&mut source);
        each(entry, &mut plain)?;
        // Whatever was not read has to be passed.
        io::copy(&mut plain, &mut io::sink())?;
    }
    let rest = &mut source.source;
    io::copy(&mut rest.take(64), &mut io::sink())
}

fn entry(
    source: &mut Counted<impl BufRead>,
    start: u64,
    hash: gix_hash::Kind,
) -> io::Result<Entry> {
    let offset = source.at;
    let mut byte = source.byte()?;
    let code = byte >> 4 & 7;
    let mut size = u64::from(byte & 0x0F);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        byte = source.byte()?;
        if shift > 56 {
            return Err(damaged("the size of an object is out of range"));
        }
        size |= u64::from(byte & 0x7F) << shift;
        shift += 7;
    }
    let stored = match code {
        1 => Stored::Whole(Kind::Commit),
        2 => Stored::Whole(Kind::Tree),
        3 => Stored::Whole(Kind::Blob),
        4 => Stored::Whole(Kind::Tag),
        6 => {
            let mut byte = source.byte()?;
            let mut back = u64::from(byte & 0x7F);
            while byte & 0x80 != 0 {
                byte = source.byte()?;
                if back >> 56 != 0 {
                    return Err(damaged("the base of an object is out of range"));
                }
                back = (back + 1) << 7 | u64::from(byte & 0x7F);
            }
            let base = offset.checked_sub(back).filter(|_| back > 0);
            Stored::Offset(base.ok_or_else(|| damaged("an object builds on one that is outside"))?)
        }
        7 => {
            let mut id = ObjectId::null(hash);
            source.read_exact(id.as_mut_slice())?;
            Stored::Id(id)
        }
        other => return Err(damaged(format!("there is no object of kind {other}"))),
    };
    Ok(Entry {
        offset,
        data: start + source.at,
        size,
        stored,
    })
}

/// Counts what is taken.
struct Counted<R> {
    source: R,
    at: u64,
}

impl<R: BufRead> Counted<R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(buf)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount as u64;
        self.source.consume(amount);
    }
}
