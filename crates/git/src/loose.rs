//! Loose objects: a file for each (`gitformat-loose(5)`).

use std::io::Read;
use std::path::{Path, PathBuf};

use gix_index::hash::oid;

use crate::object::Kind;
use crate::walk::Failure;

/// Where the object lies in a folder `objects`, if it is there.
pub(crate) fn path_in(folder: &Path, id: &oid) -> PathBuf {
    let hex = id.to_hex().to_string();
    folder.join(&hex[..2]).join(&hex[2..])
}

/// Reads an object of a kind that is wanted: its kind and size as words, a zero byte and
/// its contents, compressed together.
pub(crate) fn read(
    path: &Path,
    max_size: u64,
    wanted: impl Fn(Kind) -> bool,
) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
    let damaged = |why: &str| Failure::Damaged(why.to_owned());
    let failed = |why: std::io::Error| Failure::Damaged(why.to_string());
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut reader = flate2::read::ZlibDecoder::new(file);
    let mut header = Vec::new();
    loop {
        let mut byte = [0];
        reader.read_exact(&mut byte).map_err(failed)?;
        match byte[0] {
            0 => break,
            _ if header.len() > 32 => return Err(damaged("its header is damaged")),
            byte => header.push(byte),
        }
    }
    let mut words = header.split(|&b| b == b' ');
    let kind = words.next().and_then(Kind::from_word);
    let size = words
        .next()
        .and_then(|w| std::str::from_utf8(w).ok()?.parse::<u64>().ok());
    let (Some(kind), Some(size)) = (kind, size) else {
        return Err(damaged("its header is damaged"));
    };
    if !wanted(kind) {
        return Ok(None);
    }
    if size > max_size {
        return Err(Failure::TooLarge(size));
    }
    let mut bytes = Vec::new();
    reader
        .take(size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 != size {
        return Err(damaged("it has another size than it states"));
    }
    Ok(Some((kind, bytes)))
}
