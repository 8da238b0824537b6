//! What git keeps: packs, bundles, and folders of git in archives, as the versions of the
//! files that are in them.
//!
//! A version is shown under the path that it had in the oldest commit known to hold it
//! (`repo.bundle!commit 0123456789ab!src/a.env`), or under its own id where no tree names
//! it. Messages of commits and tags are text as well.

mod database;
mod folder;
mod names;
mod object;
mod pack;

use std::io::{self, BufRead, BufReader, Read, SeekFrom};

use sluicegate_core::SkipReason;

use super::{Opener, ReadSeek, damaged, inside};
use database::Database;

pub(super) use folder::{Broken, Repositories, is_kept, keep, show_folders};

/// Longer starts of bundles are not read, in bytes.
const MOST_HEADER: u64 = 16 << 20;

/// Shows what is in a pack.
pub(super) fn pack(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    let mut database = Database::new(None);
    database.add_pack(Box::new(input), 0);
    database.show(opener, path, depth)
}

/// Shows what is in a bundle: the names of branches, an empty line and a pack.
pub(super) fn bundle(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    input.rewind()?;
    let mut header = BufReader::new(&mut *input).take(MOST_HEADER);
    let mut line = Vec::new();
    let mut at = 0;
    let mut hash = gix_hash::Kind::Sha1;
    loop {
        line.clear();
        at += header.read_until(b'\n', &mut line)? as u64;
        match line.as_slice() {
            b"\n" => break,
            b"@object-format=sha256\n" => hash = gix_hash::Kind::Sha256,
            line if line.starts_with(b"@filter") => {
                let detail = "it was made without some of its files".to_owned();
                opener.visitor.skipped(path, SkipReason::Missing, detail);
            }
            line if !line.ends_with(b"\n") => return Err(damaged("its header does not end")),
            _ => {}
        }
    }
    drop(header);
    input.seek(SeekFrom::Start(at))?;
    let mut database = Database::new(Some(hash));
    database.add_pack(Box::new(input), at);
    database.show(opener, path, depth)
}

/// Shows a pack that memory does not suffice for: the objects that are whole in it.
pub(super) fn pack_as_stream(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    let mut left_out = 0_u64;
    let source = BufReader::new(reader);
    pack::each(source, 0, gix_hash::Kind::Sha1, &mut |entry, plain| {
        match entry.stored {
            pack::Stored::Whole(object::Kind::Tree) => {}
            pack::Stored::Whole(_) => {
                let name = format!("object at {}", entry.offset);
                opener.entry(path, name.as_bytes(), plain, None, depth)?;
            }
            _ => left_out += 1,
        }
        Ok(())
    })?;
    if left_out > 0 {
        let detail = format!(
            "{left_out} objects are stored as changes of others, and the pack does not fit into memory"
        );
        opener
            .visitor
            .skipped(path, SkipReason::TooMuchMemory, detail);
    }
    Ok(())
}

/// Shows an object that lies alone.
pub(super) fn loose(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    let mut plain = object::inflated(reader, opener.meter);
    let (kind, size) = object::header(&mut plain)?;
    match kind {
        object::Kind::Tree => Ok(()),
        _ => {
            opener.stream(path, &mut plain, Some(size), depth + 1);
            Ok(())
        }
    }
}

/// The first digits of an id, as people write it.
fn short(id: &gix_hash::oid) -> String {
    id.to_hex_with_len(12).to_string()
}

fn version(path: &str, commit: &gix_hash::oid, name: &str) -> String {
    let commit = inside(path, format!("commit {}", short(commit)).as_bytes());
    inside(&commit, name.as_bytes())
}
