//! The second reading: which folders lead to the blobs that somebody asks for.

use std::collections::{HashMap, HashSet};

use sluicegate_git::{Failure, Kind, Made, Object, Store, Visitor, object, oid};

use super::key::{Key, KeyMap, key};

/// The number of a name in [`Folders`].
pub(crate) type NameId = u32;

/// All folders of a repository, as far as they lead to wanted blobs.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    names: Vec<Box<[u8]>>,
    numbers: KeyMap<u32>,
    folders: Vec<Folder>,
    /// For each folder whether a wanted blob is in it, at any depth.
    leads: Vec<bool>,
}

#[derive(Debug, Default)]
struct Folder {
    /// Wanted blobs in it.
    blobs: Vec<(Key, NameId)>,
    /// Folders in it.
    folders: Vec<(Key, NameId)>,
}

/// Reads folders on one thread.
struct FolderReader<'w> {
    wanted: &'w HashSet<Key, super::key::BuildKeyHasher>,
    /// One bit for each value of an id's first bytes: most entries are told by it.
    filter: &'w [u64],
    hash_len: usize,
    names: HashMap<Box<[u8]>, NameId>,
    folders: Vec<(Key, Folder)>,
    stopped: &'w (dyn Fn() -> bool + Sync),
}

const FILTER_BITS: u32 = 20;

fn filter_bit(id: &[u8]) -> (usize, u64) {
    let head = u32::from_be_bytes(id.first_chunk::<4>().copied().unwrap_or_default());
    let bit = head >> (32 - FILTER_BITS);
    ((bit >> 6) as usize, 1 << (bit & 63))
}

impl FolderReader<'_> {
    fn name(&mut self, name: &[u8]) -> NameId {
        if let Some(&id) = self.names.get(name) {
            return id;
        }
        let id = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.insert(name.into(), id);
        id
    }
}

impl Visitor for FolderReader<'_> {
    type State = ();

    fn visit(&mut self, object: &Object<'_>, _: Option<Made<'_, ()>>) {
        if object.is_repeat {
            return;
        }
        let mut folder = Folder::default();
        for entry in object::tree(object.bytes, self.hash_len) {
            if entry.is_tree {
                let name = self.name(entry.name);
                folder.folders.push((key(entry.id), name));
                continue;
            }
            let (word, bit) = filter_bit(entry.id);
            if self.filter[word] & bit != 0 && self.wanted.contains(&key(entry.id)) {
                let name = self.name(entry.name);
                folder.blobs.push((key(entry.id), name));
            }
        }
        if !folder.blobs.is_empty() || !folder.folders.is_empty() {
            self.folders.push((key(object.id.as_bytes()), folder));
        }
    }

    /// Blobs below it are found at other places or at none; that it cannot be read was said
    /// where its pack was.
    fn failed(&mut self, _: &oid, _: Failure, _: u32) {}

    fn is_stopped(&self) -> bool {
        (self.stopped)()
    }
}

impl Folders {
    /// Reads all folders of `store` on all threads of the pool that this runs in.
    pub(crate) fn read(
        store: &Store,
        wanted: &HashSet<Key, super::key::BuildKeyHasher>,
        ids: impl Iterator<Item = Vec<u8>>,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Self {
        let mut filter = vec![0u64; 1 << (FILTER_BITS - 6)];
        for id in ids {
            let (word, bit) = filter_bit(&id);
            filter[word] |= bit;
        }
        let readers = store.walk(&[Kind::Tree], u64::MAX, || FolderReader {
            wanted,
            filter: &filter,
            hash_len: store.hash_len(),
            names: HashMap::new(),
            folders: Vec::new(),
            stopped,
        });
        let mut all = Self::default();
        let mut known: HashMap<Box<[u8]>, NameId> = HashMap::new();
        for reader in readers {
            let mut own: Vec<(Box<[u8]>, NameId)> = reader.names.into_iter().collect();
            own.sort_unstable_by_key(|(_, id)| *id);
            let renumbered: Vec<NameId> = own
                .into_iter()
                .map(|(name, _)| {
                    *known.entry(name).or_insert_with_key(|name| {
                        all.names.push(name.clone());
                        u32::try_from(all.names.len() - 1).unwrap_or(u32::MAX)
                    })
                })
                .collect();
            for (id, mut folder) in reader.folders {
                for (_, name) in folder.blobs.iter_mut().chain(&mut folder.folders) {
                    *name = renumbered[*name as usize];
                }
                let number = u32::try_from(all.folders.len()).unwrap_or(u32::MAX);
                all.numbers.insert(id, number);
                all.folders.push(folder);
            }
        }
        all.mark();
        all
    }

    /// Finds the folders that lead to wanted blobs: up from those that hold one.
    fn mark(&mut self) {
        let mut above: Vec<Vec<u32>> = vec![Vec::new(); self.folders.len()];
        for (number, folder) in (0u32..).zip(&self.folders) {
            for (below, _) in &folder.folders {
                if let Some(&below) = self.numbers.get(below) {
                    above[below as usize].push(number);
                }
            }
        }
        self.leads = self.folders.iter().map(|f| !f.blobs.is_empty()).collect();
        let mut next: Vec<u32> = (0u32..)
            .zip(&self.leads)
            .filter_map(|(number, leads)| leads.then_some(number))
            .collect();
        while let Some(number) = next.pop() {
            for &parent in &above[number as usize] {
                if !std::mem::replace(&mut self.leads[parent as usize], true) {
                    next.push(parent);
                }
            }
        }
    }

    /// The number of a folder, if it leads to a wanted blob.
    pub(crate) fn find(&self, id: Key) -> Option<u32> {
        let number = *self.numbers.get(&id)?;
        self.leads[number as usize].then_some(number)
    }

    /// The wanted blobs in a folder.
    pub(crate) fn blobs(&self, number: u32) -> &[(Key, NameId)] {
        &self.folders[number as usize].blobs
    }

    /// The folders in a folder.
    pub(crate) fn below(&self, number: u32) -> &[(Key, NameId)] {
        &self.folders[number as usize].folders
    }

    pub(crate) fn name(&self, name: NameId) -> &[u8] {
        &self.names[name as usize]
    }
}
