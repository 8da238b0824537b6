//! An object database: packs, loose objects, and those of other repositories that it
//! borrows from.

use std::path::PathBuf;
use std::sync::OnceLock;

use gix_index::hash::{Kind as HashKind, ObjectId, oid};
use rayon::iter::ParallelIterator;

use crate::object::Kind;
use crate::pack::plan::{Pack, Plan};
use crate::walk::{Failure, Part, Source};
use crate::{alternates, loose, pack};

/// The objects of a repository, whether they are reachable or not.
pub struct Store {
    hash: HashKind,
    /// The folders `objects`, the repository's own first.
    folders: Vec<PathBuf>,
    packs: Vec<Packed>,
    /// Ids of loose objects that no pack has, sorted.
    loose: Vec<ObjectId>,
    problems: Vec<Problem>,
}

/// A file of the repository that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the object.
    pub what: String,
    /// Why.
    pub reason: String,
}

pub(crate) struct Packed {
    pub(crate) pack: Pack,
    /// Worked out when objects are walked.
    plan: OnceLock<Plan>,
    /// For each object, by its place in the index, whether an earlier pack has it; `None`
    /// if none does.
    repeats: OnceLock<Option<Vec<bool>>>,
}

impl Packed {
    pub(crate) fn plan(&self) -> &Plan {
        self.plan.get_or_init(|| self.pack.plan())
    }

    fn count(&self, kinds: &[Kind]) -> usize {
        let roots = self.plan().roots.iter().filter(|r| kinds.contains(&r.kind));
        roots.map(|root| root.count as usize).sum()
    }
}

/// An object is read through so many packs, each of which has it as a delta on an object of
/// the next.
pub(crate) const MAX_DETOURS: usize = 64;

impl Store {
    /// Opens the object database in these folders `objects` and those they borrow from.
    pub(crate) fn open(folders: Vec<PathBuf>, hash: HashKind) -> Self {
        let mut store = Self {
            hash,
            folders,
            packs: Vec::new(),
            loose: Vec::new(),
            problems: Vec::new(),
        };
        alternates::follow(&mut store.folders, &mut store.problems);
        store.open_packs();
        store.list_loose();
        store
    }

    /// What could not be read so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many bytes an id has.
    pub fn hash_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// How many objects there are at most.
    pub fn len(&self) -> usize {
        self.loose.len() + self.packs.iter().map(|p| p.pack.len()).sum::<usize>()
    }

    /// How many objects of these kinds a walk over `parts` visits, roughly: loose ones are
    /// of any kind.
    pub fn count(&self, parts: &[Part], kinds: &[Kind]) -> u64 {
        let count = |part: &Part| match (part.source, &part.only) {
            (_, Some(only)) => only.len(),
            (Source::Pack(pack), None) => self.packs[pack].count(kinds),
            (Source::Loose, None) => self.loose.len(),
        };
        parts.iter().map(count).sum::<usize>() as u64
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the object is here.
    pub fn contains(&self, id: &oid) -> bool {
        self.packs.iter().any(|packed| packed.pack.holds(id))
            || self
                .loose
                .binary_search_by(|known| known.as_ref().cmp(id))
                .is_ok()
    }

    /// Whether objects may be missing because they were not asked for when it was cloned.
    pub fn is_partial(&self) -> bool {
        let promised = |packed: &Packed| packed.pack.path.with_extension("promisor").exists();
        self.packs.iter().any(promised)
    }

    pub(crate) fn packs(&self) -> &[Packed] {
        &self.packs
    }

    /// The ids of the objects that no pack has, sorted.
    pub fn loose(&self) -> &[ObjectId] {
        &self.loose
    }

    fn open_packs(&mut self) {
        for idx in alternates::pack_indexes(&self.folders) {
            match Pack::open(&idx, self.hash) {
                Ok(pack) => self.packs.push(Packed {
                    pack,
                    plan: OnceLock::new(),
                    repeats: OnceLock::new(),
                }),
                Err(reason) => self.problems.push(Problem {
                    what: idx.display().to_string(),
                    reason,
                }),
            }
        }
        // What a new pack repeats of a larger one is told from its own few objects.
        self.packs
            .sort_by_key(|packed| std::cmp::Reverse(packed.pack.len()));
    }

    /// The damaged entries of a pack, counted from zero.
    pub fn damage(&self, pack: usize) -> Vec<Problem> {
        let Some(packed) = self.packs.get(pack) else {
            return Vec::new();
        };
        let (pack, plan) = (&packed.pack, packed.plan());
        let damaged = plan.damaged.iter();
        let problem = |&(node, dependents): &(u32, u32)| {
            let id = pack.id(&plan.nodes[node as usize]);
            Problem {
                what: format!("object {id} in `{}`", pack.path.display()),
                reason: match dependents {
                    0 => "its entry is damaged".to_owned(),
                    n => format!("its entry is damaged, and {n} others are made of it"),
                },
            }
        };
        damaged.map(problem).collect()
    }

    /// How many packs there are.
    pub fn pack_count(&self) -> usize {
        self.packs.len()
    }

    /// The checksum of a pack: packs of the same checksum hold the same.
    pub fn pack_checksum(&self, pack: usize) -> ObjectId {
        self.packs[pack].pack.checksum()
    }

    /// For each object of a pack, in the order of ids, whether an earlier pack has it, too;
    /// `None` if no earlier one has any.
    pub fn repeats(&self, pack: usize) -> Option<&[bool]> {
        let (earlier, rest) = self.packs.split_at(pack);
        let packed = rest.first()?;
        let find = || {
            let is_repeat = |id: &oid| earlier.iter().any(|other| other.pack.holds(id));
            let all: Vec<bool> = if earlier.is_empty() {
                Vec::new()
            } else {
                packed.pack.ids().map(is_repeat).collect()
            };
            all.contains(&true).then_some(all)
        };
        packed.repeats.get_or_init(find).as_deref()
    }

    fn list_loose(&mut self) {
        let mut ids = Vec::new();
        for folder in &self.folders {
            for first in 0..=u8::MAX {
                let Ok(entries) = std::fs::read_dir(folder.join(format!("{first:02x}"))) else {
                    continue;
                };
                for entry in entries.flatten() {
                    let name = entry.file_name();
                    let hex = format!("{first:02x}{}", name.to_string_lossy());
                    if hex.len() == self.hash.len_in_hex() {
                        ids.extend(ObjectId::from_hex(hex.as_bytes()).ok());
                    }
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| !self.packs.iter().any(|packed| packed.pack.holds(id)));
        self.loose = ids;
    }

    /// One object, or `None` if it is missing.
    ///
    /// # Errors
    ///
    /// If it is there and damaged.
    pub fn read(&self, id: &oid) -> Result<Option<(Kind, Vec<u8>)>, String> {
        self.read_at_depth(id, 0).map_err(|why| why.to_string())
    }

    fn read_at_depth(&self, id: &oid, depth: usize) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        if depth > MAX_DETOURS {
            return Err(Failure::Damaged("its deltas are in a circle".to_owned()));
        }
        for packed in &self.packs {
            if let Some(offset) = packed.pack.entry_of(id) {
                let other = |base: &oid| self.read_at_depth(base, depth + 1);
                return pack::read::read(&packed.pack, offset, u64::MAX, other).map(Some);
            }
        }
        self.read_loose(id, u64::MAX, |_| true)
    }

    /// A loose object of a kind that is wanted.
    pub(crate) fn read_loose(
        &self,
        id: &oid,
        max_size: u64,
        wanted: impl Fn(Kind) -> bool,
    ) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        let mut files = self.folders.iter().map(|folder| loose::path_in(folder, id));
        match files.find(|path| path.exists()) {
            Some(path) => loose::read(&path, max_size, wanted),
            None => Ok(None),
        }
    }
}
