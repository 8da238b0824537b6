//! RPM packages: two headers, then a compressed cpio archive (RPM's `docs/manual/format`).

use std::io::{self, Read};

use super::{Opener, damaged};

/// The lead, which says nothing that is needed.
const LEAD: u64 = 96;

/// Larger headers are not headers.
const MOST_HEADER: u64 = 256 << 20;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    skip(reader, LEAD)?;
    let signature = header(opener, path, reader, None)?;
    // The signature is filled up to a multiple of eight bytes.
    skip(reader, signature.next_multiple_of(8) - signature)?;
    // Its strings hold the scripts that run when it is installed.
    header(opener, path, reader, Some("header"))?;
    opener.entry(path, b"payload", reader, None, depth)
}

/// Reads a header, shows its strings if it has a name, and gives its length.
fn header(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    name: Option<&str>,
) -> io::Result<u64> {
    let mut intro = [0; 16];
    reader.read_exact(&mut intro)?;
    if intro[..3] != [0x8E, 0xAD, 0xE8] {
        return Err(damaged("a header does not start as headers do"));
    }
    let number = |at: usize| {
        u64::from(u32::from_be_bytes([
            intro[at],
            intro[at + 1],
            intro[at + 2],
            intro[at + 3],
        ]))
    };
    let (index, store) = (number(8) * 16, number(12));
    if index + store > MOST_HEADER {
        return Err(damaged("a header is larger than headers are"));
    }
    skip(reader, index)?;
    let mut data = reader.take(store);
    if let Some(name) = name {
        let shown = super::inside(path, name.as_bytes());
        opener.leaf(&shown, &mut Lines(&mut data), None);
    }
    io::copy(&mut data, &mut io::sink())?;
    if data.limit() > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(index + store)
}

/// Strings that end with a zero byte, each on a line of its own.
struct Lines<R>(R);

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.0.read(buf)?;
        for byte in &mut buf[..got] {
            if *byte == 0 {
                *byte = b'\n';
            }
        }
        Ok(got)
    }
}

fn skip(reader: &mut dyn Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(bytes), &mut io::sink())? == bytes {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
