//! The second reading: which folders lead to the blobs that somebody asks for.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use sluicegate_core::Names;
use sluicegate_git::{Failure, Kind, Made, Object, ObjectId, Store, Visitor, object, oid};

use super::key::{BuildKeyHasher, Key, KeyMap, NameHasher, key};

/// The number of a name in [`Folders`].
pub(crate) type NameId = u32;

/// All folders of a repository, as far as they lead to wanted blobs.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    names: Vec<Box<[u8]>>,
    numbers: KeyMap<u32>,
    /// Where the blobs and the folders of each folder end in `blobs` and `below`.
    ends: Vec<(usize, usize)>,
    blobs: Vec<(Key, NameId)>,
    below: Vec<(u32, NameId)>,
    /// For each folder whether a wanted blob is in it, at any depth.
    leads: Vec<bool>,
    /// The blobs that have a name which rules ask for, until they are taken.
    named: Vec<ObjectId>,
    /// What a partial clone does not have of what folders name.
    missing: HashSet<ObjectId>,
}

/// Reads folders on one thread.
struct FolderReader<'w> {
    wanted: &'w HashSet<Key, BuildKeyHasher>,
    /// One bit for each value of an id's first bytes: most entries are told by it.
    filter: &'w [u64],
    names_asked_for: &'w Names,
    named: HashSet<ObjectId>,
    hash_len: usize,
    names: HashMap<Box<[u8]>, NameId, BuildHasherDefault<NameHasher>>,
    ids: Vec<Key>,
    ends: Vec<(usize, usize)>,
    blobs: Vec<(Key, NameId)>,
    below: Vec<Key>,
    below_names: Vec<NameId>,
    stopped: &'w (dyn Fn() -> bool + Sync),
    /// Where to look for what folders name, if some of it may be missing, and what has been
    /// looked for.
    partial: Option<(&'w Store, HashSet<Key, BuildKeyHasher>)>,
    missing: HashSet<ObjectId>,
}

const FILTER_BITS: u32 = 20;

/// Larger folders are not read: git itself would not bear them.
pub(crate) const MAX_FOLDER: u64 = 1 << 30;

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

    /// Looks whether what an entry names is there.
    fn look_for(&mut self, entry: &object::TreeEntry<'_>) {
        if let Some((store, seen)) = &mut self.partial
            && !entry.is_submodule
            && seen.insert(key(entry.id))
            && let Ok(id) = ObjectId::try_from(entry.id)
            && !store.contains(&id)
        {
            self.missing.insert(id);
        }
    }
}

impl Visitor for FolderReader<'_> {
    type State = ();

    fn visit(&mut self, object: &Object<'_>, _: Option<Made<'_, ()>>) {
        if object.is_repeat {
            return;
        }
        let before = (self.blobs.len(), self.below.len());
        for entry in object::tree(object.bytes, self.hash_len) {
            self.look_for(&entry);
            if entry.is_tree {
                let name = self.name(entry.name);
                self.below.push(key(entry.id));
                self.below_names.push(name);
                continue;
            }
            let (word, bit) = filter_bit(entry.id);
            let is_wanted = self.filter[word] & bit != 0 && self.wanted.contains(&key(entry.id));
            let is_named = self.names_asked_for.has(entry.name);
            if is_named && let Ok(id) = ObjectId::try_from(entry.id) {
                self.named.insert(id);
            }
            if is_wanted || is_named {
                let name = self.name(entry.name);
                self.blobs.push((key(entry.id), name));
            }
        }
        let ends = (self.blobs.len(), self.below.len());
        if ends != before {
            self.ids.push(key(object.id.as_bytes()));
            self.ends.push(ends);
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
    /// Reads all folders of `store` on all threads of the pool that this runs in: what in
    /// them is wanted or has a name that is asked for. They are of use when it is
    /// [marked](Self::mark) what is wanted.
    pub(crate) fn read(
        store: &Store,
        wanted: &HashSet<Key, BuildKeyHasher>,
        names: &Names,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Self {
        let mut filter = vec![0u64; 1 << (FILTER_BITS - 6)];
        for key in wanted {
            let (word, bit) = filter_bit(&key.to_be_bytes());
            filter[word] |= bit;
        }
        let readers = store.walk(&[Kind::Tree], MAX_FOLDER, || FolderReader {
            wanted,
            filter: &filter,
            names_asked_for: names,
            named: HashSet::new(),
            hash_len: store.hash_len(),
            names: HashMap::default(),
            ids: Vec::new(),
            ends: Vec::new(),
            blobs: Vec::new(),
            below: Vec::new(),
            below_names: Vec::new(),
            stopped,
            partial: store.is_partial().then(|| (store, HashSet::default())),
            missing: HashSet::new(),
        });
        let mut all = Self::default();
        let ids = readers.iter().flat_map(|reader| &reader.ids);
        all.numbers = ids.copied().zip(0u32..).collect();
        let mut known: HashMap<Box<[u8]>, NameId> = HashMap::new();
        let mut named: HashSet<ObjectId> = HashSet::new();
        for mut reader in readers {
            named.extend(reader.named.drain());
            all.missing.extend(reader.missing.drain());
            let names = all.renumber(std::mem::take(&mut reader.names), &mut known);
            let (mut blob, mut below) = (0, 0);
            for &(blobs_end, below_end) in &reader.ends {
                let own = &reader.blobs[blob..blobs_end];
                all.blobs
                    .extend(own.iter().map(|&(id, name)| (id, names[name as usize])));
                let own = reader.below[below..below_end]
                    .iter()
                    .zip(&reader.below_names[below..]);
                let number = |id| all.numbers.get(id).copied();
                all.below.extend(
                    own.filter_map(|(id, &name)| Some((number(id)?, names[name as usize]))),
                );
                (blob, below) = (blobs_end, below_end);
                all.ends.push((all.blobs.len(), all.below.len()));
            }
        }
        all.named = named.into_iter().collect();
        all.named.sort_unstable();
        all
    }

    /// The blobs that have a name which was asked for, sorted.
    pub(crate) fn take_named(&mut self) -> Vec<ObjectId> {
        std::mem::take(&mut self.named)
    }

    /// What folders name and a partial clone does not have.
    pub(crate) fn take_missing(&mut self) -> HashSet<ObjectId> {
        std::mem::take(&mut self.missing)
    }

    /// Finds the folders that lead to wanted blobs, and forgets all else.
    pub(crate) fn mark(&mut self, wanted: &HashSet<Key, BuildKeyHasher>) {
        let (mut kept, mut from) = (0, 0);
        for (end, _) in &mut self.ends {
            for at in from..*end {
                if wanted.contains(&self.blobs[at].0) {
                    self.blobs[kept] = self.blobs[at];
                    kept += 1;
                }
            }
            (from, *end) = (*end, kept);
        }
        self.blobs.truncate(kept);
        self.find_leads();
        self.forget();
    }

    /// Takes over the names of a thread; gives their numbers here.
    fn renumber(
        &mut self,
        names: impl IntoIterator<Item = (Box<[u8]>, NameId)>,
        known: &mut HashMap<Box<[u8]>, NameId>,
    ) -> Vec<NameId> {
        let mut own: Vec<(Box<[u8]>, NameId)> = names.into_iter().collect();
        own.sort_unstable_by_key(|(_, id)| *id);
        let number = |(name, _)| {
            *known.entry(name).or_insert_with_key(|name| {
                self.names.push(name.clone());
                u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
            })
        };
        own.into_iter().map(number).collect()
    }

    fn start(&self, number: u32) -> (usize, usize) {
        number
            .checked_sub(1)
            .map_or((0, 0), |before| self.ends[before as usize])
    }

    /// Finds the folders that lead to blobs: up from those that hold one.
    fn find_leads(&mut self) {
        let folders = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        // For each folder those that hold it: `above[starts[n]..starts[n + 1]]`.
        let mut starts = vec![0usize; self.ends.len() + 2];
        for (below, _) in &self.below {
            starts[*below as usize + 2] += 1;
        }
        for at in 2..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut above = vec![0u32; self.below.len()];
        for number in 0..folders {
            for (below, _) in self.below(number) {
                let next = &mut starts[*below as usize + 1];
                above[*next] = number;
                *next += 1;
            }
        }
        self.leads = (0..folders)
            .map(|number| !self.blobs(number).is_empty())
            .collect();
        let mut next: Vec<u32> = (0..folders)
            .filter(|number| self.leads[*number as usize])
            .collect();
        while let Some(number) = next.pop() {
            let range = starts[number as usize]..starts[number as usize + 1];
            for &parent in &above[range] {
                if !std::mem::replace(&mut self.leads[parent as usize], true) {
                    next.push(parent);
                }
            }
        }
    }

    /// Forgets the folders in folders that lead nowhere.
    fn forget(&mut self) {
        let (mut kept, mut from) = (0, 0);
        for (_, end) in &mut self.ends {
            for at in from..*end {
                if self.leads[self.below[at].0 as usize] {
                    self.below[kept] = self.below[at];
                    kept += 1;
                }
            }
            (from, *end) = (*end, kept);
        }
        self.below.truncate(kept);
        self.below.shrink_to_fit();
    }

    /// The number of a folder, if it leads to a wanted blob.
    pub(crate) fn find(&self, id: Key) -> Option<u32> {
        let number = *self.numbers.get(&id)?;
        self.leads[number as usize].then_some(number)
    }

    /// The wanted blobs in a folder.
    pub(crate) fn blobs(&self, number: u32) -> &[(Key, NameId)] {
        &self.blobs[self.start(number).0..self.ends[number as usize].0]
    }

    /// The folders in a folder that lead to wanted blobs.
    pub(crate) fn below(&self, number: u32) -> &[(u32, NameId)] {
        &self.below[self.start(number).1..self.ends[number as usize].1]
    }

    pub(crate) fn name(&self, name: NameId) -> &[u8] {
        &self.names[name as usize]
    }
}
