//! Objects of git, as far as it is needed to read and to name them (gitformat-pack,
//! "git cat-file", and the Git internals chapter of the Pro Git book).

use std::io::{self, Read};

use gix_hash::{ObjectId, oid};

use super::super::damaged;
use super::super::meter::{Meter, Output};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// What a compressed object holds, counted.
pub(super) fn inflated<'r>(reader: impl Read + 'r, meter: &'r Meter) -> impl Read + 'r {
    Output {
        inner: flate2::read::ZlibDecoder::new(reader),
        meter,
    }
}

/// Reads what stands before an object that lies alone: its kind and its size.
pub(super) fn header(plain: &mut dyn Read) -> io::Result<(Kind, u64)> {
    let mut text = Vec::new();
    loop {
        let mut byte = [0];
        plain.read_exact(&mut byte)?;
        match byte[0] {
            0 => break,
            _ if text.len() > 32 => return Err(damaged("an object does not say what it is")),
            other => text.push(other),
        }
    }
    let text = String::from_utf8_lossy(&text);
    let (kind, size) = text.split_once(' ').unwrap_or_default();
    let kind = match kind {
        "commit" => Kind::Commit,
        "tree" => Kind::Tree,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        _ => return Err(damaged("an object is of no known kind")),
    };
    let size = size.parse();
    Ok((
        kind,
        size.map_err(|_| damaged("the size of an object is no number"))?,
    ))
}

/// The id of an object; `None` for one that was made to have the id of another.
pub(super) fn id(hash: gix_hash::Kind, kind: Kind, bytes: &[u8]) -> Option<ObjectId> {
    let word = match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Blob => "blob",
        Kind::Tag => "tag",
    };
    let mut hasher = gix_hash::hasher(hash);
    hasher.update(format!("{word} {}\0", bytes.len()).as_bytes());
    hasher.update(bytes);
    hasher.try_finalize().ok()
}

/// The tree of a commit, and when it was made.
pub(super) fn commit(bytes: &[u8]) -> Option<(ObjectId, u64)> {
    let mut lines = bytes.split(|&b| b == b'\n');
    let tree = lines.next()?.strip_prefix(b"tree ")?;
    let tree = ObjectId::from_hex(tree).ok()?;
    let committer = lines
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "));
    let time = committer.and_then(|line| {
        let behind = line.rsplit(|&b| b == b'>').next()?;
        let seconds = behind.trim_ascii_start().split(|&b| b == b' ').next()?;
        std::str::from_utf8(seconds).ok()?.parse().ok()
    });
    Some((tree, time.unwrap_or(u64::MAX)))
}

/// What somebody wrote in a commit or a tag.
pub(super) fn message(bytes: &[u8]) -> &[u8] {
    memchr::memmem::find(bytes, b"\n\n").map_or(&[], |at| &bytes[at + 2..])
}

/// An entry of a tree.
pub(super) struct TreeEntry<'t> {
    pub(super) is_tree: bool,
    pub(super) name: &'t [u8],
    pub(super) id: &'t oid,
}

/// The entries of a tree, as far as it is whole: files and folders, no links to other
/// repositories.
pub(super) fn tree(mut rest: &[u8], hash: gix_hash::Kind) -> impl Iterator<Item = TreeEntry<'_>> {
    let next = move || {
        let blank = memchr::memchr(b' ', rest)?;
        let end = memchr::memchr(0, rest).filter(|&end| end > blank)?;
        let id = rest.get(end + 1..end + 1 + hash.len_in_bytes())?;
        let (mode, name) = (&rest[..blank], &rest[blank + 1..end]);
        rest = &rest[end + 1 + id.len()..];
        Some((mode, name, id))
    };
    std::iter::from_fn(next)
        .filter(|(mode, ..)| *mode != b"160000")
        .filter_map(|(mode, name, id)| {
            Some(TreeEntry {
                is_tree: mode == b"40000",
                name,
                id: oid::try_from_bytes(id).ok()?,
            })
        })
}

/// What a delta makes of its base.
pub(super) fn apply(base: &[u8], delta: &[u8], most: u64) -> Result<Vec<u8>, Refusal> {
    let mut rest = delta;
    let stated = size(&mut rest).ok_or(Refusal::Damaged)?;
    let total = size(&mut rest).ok_or(Refusal::Damaged)?;
    if total > most {
        return Err(Refusal::TooLarge);
    }
    let total = usize::try_from(total).map_err(|_| Refusal::TooLarge)?;
    if stated != base.len() as u64 {
        return Err(Refusal::Damaged);
    }
    // What is stated is not paid for before it is there.
    let mut out = Vec::with_capacity(total.min(base.len() + delta.len()));
    while let Some((&code, after)) = rest.split_first() {
        rest = after;
        let part = match code {
            0 => return Err(Refusal::Damaged),
            1..=0x7F => {
                let (new, after) = rest
                    .split_at_checked(usize::from(code))
                    .ok_or(Refusal::Damaged)?;
                rest = after;
                new
            }
            0x80.. => {
                let from = number(code, 4, &mut rest).ok_or(Refusal::Damaged)?;
                let length = match number(code >> 4, 3, &mut rest).ok_or(Refusal::Damaged)? {
                    0 => 0x1_0000,
                    length => length,
                };
                let copied = base.get(from..).and_then(|b| b.get(..length));
                copied.ok_or(Refusal::Damaged)?
            }
        };
        if part.len() > total - out.len() {
            return Err(Refusal::Damaged);
        }
        out.extend_from_slice(part);
    }
    match out.len() == total {
        true => Ok(out),
        false => Err(Refusal::Damaged),
    }
}

/// Why a delta was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Damaged,
    TooLarge,
}

/// A size in groups of seven bits, the least significant first.
fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A number of which only those bytes are there whose bits in `present` are set.
fn number(present: u8, bytes: u32, rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for place in 0..bytes {
        if present >> place & 1 != 0 {
            let (&byte, after) = rest.split_first()?;
            *rest = after;
            value |= usize::from(byte) << (8 * place);
        }
    }
    Some(value)
}
