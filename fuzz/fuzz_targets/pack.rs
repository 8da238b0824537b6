//! Packs of any entries, damaged in any way: every object that can be read is visited once
//! and is made as its segments say, and nothing panics or takes more memory than it may.

#![no_main]

use std::fs;
use std::io::Write;
use std::path::Path;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sluicegate_git::{Failure, Kind, Made, Object, Repository, Visitor, oid};

/// Larger objects are not read.
const MAX_SIZE: u64 = 1 << 16;

#[derive(Arbitrary, Debug)]
struct Entry {
    /// The kind in its header; some are not known.
    kind: u8,
    /// What its header says of its size, if that is a lie.
    size: Option<u32>,
    /// So many entries before it is its base.
    back: u8,
    data: Vec<u8>,
    /// Whether `data` is the compressed data itself.
    is_raw: bool,
}

fn compressed(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(data).expect("memory can be written to");
    out.finish().expect("memory can be written to")
}

/// An entry as `gitformat-pack(5)` has it.
fn encode(entry: &Entry, offsets: &[usize], at: usize) -> Vec<u8> {
    let kind = entry.kind & 7;
    let size = entry.size.unwrap_or(entry.data.len() as u32);
    let mut out = vec![kind << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *out.last_mut().expect("there is one") |= 0x80;
        out.push((rest & 0x7F) as u8);
        rest >>= 7;
    }
    let base = offsets.len().checked_sub(usize::from(entry.back) + 1);
    match kind {
        6 => {
            let mut distance = base.map_or(usize::from(entry.back), |base| at - offsets[base]);
            let mut bytes = vec![(distance & 0x7F) as u8];
            distance >>= 7;
            while distance > 0 {
                distance -= 1;
                bytes.push(0x80 | (distance & 0x7F) as u8);
                distance >>= 7;
            }
            out.extend(bytes.iter().rev());
        }
        7 => out.extend(id(base.unwrap_or(usize::from(entry.back)))),
        _ => {}
    }
    if entry.is_raw {
        out.extend(&entry.data);
    } else {
        out.extend(compressed(&entry.data));
    }
    out
}

/// The id of the n-th entry; they are sorted as the entries are.
fn id(number: usize) -> [u8; 20] {
    let mut id = [7; 20];
    id[..2].copy_from_slice(&(number as u16).to_be_bytes());
    id
}

fn write(folder: &Path, entries: &[Entry]) -> std::io::Result<()> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut offsets = Vec::new();
    for entry in entries {
        let bytes = encode(entry, &offsets, pack.len());
        offsets.push(pack.len());
        pack.extend(bytes);
    }
    pack.extend([0; 20]);
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255usize {
        let count = (0..entries.len())
            .filter(|n| usize::from(id(*n)[0]) <= first)
            .count();
        index.extend((count as u32).to_be_bytes());
    }
    (0..entries.len()).for_each(|number| index.extend(id(number)));
    index.extend(vec![0; 4 * entries.len()]);
    offsets
        .iter()
        .for_each(|at| index.extend((*at as u32).to_be_bytes()));
    index.extend([0; 40]);
    let packs = folder.join("objects/pack");
    fs::create_dir_all(&packs)?;
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n")?;
    fs::write(packs.join("pack-1.pack"), pack)?;
    fs::write(packs.join("pack-1.idx"), index)
}

/// Checks objects.
struct Checker(Vec<Vec<u8>>);

impl Visitor for Checker {
    type State = Vec<u8>;

    fn visit(&mut self, object: &Object<'_>, made: Option<Made<'_, Vec<u8>>>) -> Vec<u8> {
        assert!(object.bytes.len() as u64 <= MAX_SIZE);
        if let Some(made) = made {
            assert_eq!(made.base, made.state);
            let mut at = 0;
            for segment in made.segments {
                assert_eq!(segment.start, at);
                at = segment.end();
                if let Some(from) = segment.base {
                    assert_eq!(
                        object.bytes[segment.start..at],
                        made.base[from..from + segment.len]
                    );
                }
            }
            assert_eq!(at, object.bytes.len());
        }
        self.0.push(object.id.as_bytes().to_vec());
        object.bytes.to_vec()
    }

    fn failed(&mut self, id: &oid, _: Failure, _: u32) {
        self.0.push(id.as_bytes().to_vec());
    }

    fn is_stopped(&self) -> bool {
        false
    }
}

fuzz_target!(|entries: Vec<Entry>| {
    if entries.len() > 200 {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &entries).expect("room");
    let store = Repository::discover(folder.path())
        .expect("a repository")
        .store();
    let kinds = [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag];
    let visitors = store.walk(&kinds, MAX_SIZE, || Checker(Vec::new()));
    let mut seen: Vec<Vec<u8>> = visitors.into_iter().flat_map(|v| v.0).collect();
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "an object is visited once");
    for number in 0..entries.len().min(20) {
        let _ = store.read(oid::from_bytes_unchecked(&id(number)));
    }
});
