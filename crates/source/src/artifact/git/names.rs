//! Which path a version of a file had, and in which commit.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use gix_hash::{ObjectId, oid};

use super::super::meter::Meter;
use super::object;

/// Longer paths, and folders deeper in each other, are not followed.
const LONGEST: usize = 4096;
const DEEPEST: usize = 256;

/// What an entry of a table costs beside its text, in bytes.
const ENTRY: u64 = 160;

/// Commits and trees, and what they call the versions of files.
pub(super) struct Names<'m> {
    hash: gix_hash::Kind,
    meter: &'m Meter,
    taken: u64,
    commits: Vec<(u64, ObjectId, ObjectId)>,
    trees: HashMap<ObjectId, Vec<u8>>,
    versions: HashMap<ObjectId, (u32, Rc<str>)>,
}

impl<'m> Names<'m> {
    pub(super) fn new(hash: gix_hash::Kind, meter: &'m Meter) -> Self {
        Self {
            hash,
            meter,
            taken: 0,
            commits: Vec::new(),
            trees: HashMap::new(),
            versions: HashMap::new(),
        }
    }

    /// Takes memory; without it, names are missing and nothing else.
    fn keep(&mut self, bytes: u64) -> bool {
        let fits = self.meter.keep(bytes);
        if fits {
            self.taken += bytes;
        }
        fits
    }

    pub(super) fn commit(&mut self, id: ObjectId, bytes: &[u8]) {
        if let Some((tree, time)) = object::commit(bytes)
            && self.keep(ENTRY)
        {
            self.commits.push((time, id, tree));
        }
    }

    pub(super) fn tree(&mut self, id: ObjectId, bytes: &[u8]) {
        if self.keep(bytes.len() as u64 + ENTRY) {
            self.trees.insert(id, bytes.to_vec());
        }
    }

    /// Walks the trees of all commits, the oldest first.
    pub(super) fn settle(&mut self) {
        self.commits.sort_unstable();
        let trees = std::mem::take(&mut self.trees);
        let mut walked = HashSet::new();
        for number in 0..self.commits.len() {
            let (_, _, root) = self.commits[number];
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let mut open: Vec<(ObjectId, Rc<str>, usize)> = vec![(root, Rc::from(""), 0)];
            while let Some((id, folder, depth)) = open.pop() {
                // The same tree has the same files in it, which were named before.
                if !walked.insert(id) {
                    continue;
                }
                let bytes = trees.get(&id).map_or(&[][..], Vec::as_slice);
                for entry in object::tree(bytes, self.hash) {
                    if folder.len() + entry.name.len() > LONGEST || depth > DEEPEST {
                        continue;
                    }
                    let name = String::from_utf8_lossy(entry.name);
                    let path = format!("{folder}{name}");
                    if entry.is_tree {
                        open.push((entry.id.to_owned(), Rc::from(format!("{path}/")), depth + 1));
                    } else if !self.versions.contains_key(entry.id)
                        && self.keep(path.len() as u64 + ENTRY)
                    {
                        self.versions
                            .insert(entry.id.to_owned(), (number, Rc::from(path)));
                    }
                }
            }
        }
    }

    /// The oldest commit with that version, and its path there.
    pub(super) fn of(&self, version: &oid) -> Option<(&oid, &str)> {
        let (commit, path) = self.versions.get(version)?;
        let (_, id, _) = self.commits.get(*commit as usize)?;
        Some((id, path))
    }
}

impl Drop for Names<'_> {
    fn drop(&mut self) {
        self.meter.release(self.taken);
    }
}
