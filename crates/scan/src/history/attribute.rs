//! Which commit first brought a blob to a path, for all wanted blobs at once.
//!
//! Commits are taken parents first, and of two that could come next the older. Each folder
//! is entered once for every path that it stands at: what is in it then was brought by the
//! commit at hand. Commits that a reference leads to are taken before those of the stash,
//! those before what only a reflog knows, and what nothing leads to comes last, so that a
//! commit that somebody dropped does not take the blame for one that was kept.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use sluicegate_core::Exposure;
use sluicegate_git::{ObjectId, Tips};

use super::folders::{Folders, NameId};
use super::key::{Key, KeyMap, NameHasher, key};
use super::read::CommitNode;
use super::select::Selected;

/// The number of a path in [`Paths`].
pub(crate) type PathId = u32;

/// Paths, each as a name in another.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    known: HashMap<(PathId, NameId), PathId, BuildHasherDefault<NameHasher>>,
    all: Vec<(PathId, NameId)>,
}

/// More paths are not followed: a folder that holds itself many times over, at many depths,
/// has more paths than anybody could list.
const MAX_PATHS: usize = 1 << 23;

/// The folder at the top.
const ROOT: PathId = PathId::MAX;

impl Paths {
    fn child(&mut self, parent: PathId, name: NameId) -> PathId {
        *self.known.entry((parent, name)).or_insert_with(|| {
            self.all.push((parent, name));
            PathId::try_from(self.all.len() - 1).unwrap_or(PathId::MAX - 1)
        })
    }

    /// Whether there are so many that no more are followed.
    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= MAX_PATHS
    }

    /// The path as it is shown.
    pub(crate) fn shown(&self, mut path: PathId, folders: &Folders) -> String {
        let mut names = Vec::new();
        while let Some(&(parent, name)) = self.all.get(path as usize) {
            names.push(String::from_utf8_lossy(folders.name(name)));
            path = parent;
        }
        names.reverse();
        names.join("/")
    }
}

/// A blob at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) path: PathId,
    /// The number of the commit that brought it.
    pub(crate) commit: u32,
    /// How easily that commit is reached, and its place among all commits: the least
    /// came first.
    pub(crate) rank: (Exposure, u32),
    /// How easily the blob is reached at this path.
    pub(crate) exposure: Exposure,
}

/// All commits, in the order in which they came.
pub(crate) struct Commits {
    all: Vec<CommitNode>,
    numbers: KeyMap<u32>,
    exposures: Vec<Exposure>,
    order: Vec<u32>,
    /// For each commit its place in `order`.
    places: Vec<u32>,
    head: Option<u32>,
    /// Objects that references name themselves.
    named: HashSet<Key>,
    /// What annotated tags are on.
    tags: KeyMap<Key>,
}

impl Commits {
    pub(crate) fn new(
        mut all: Vec<CommitNode>,
        tags: &[(ObjectId, ObjectId)],
        tips: &Tips,
    ) -> Self {
        // Threads read them in any order.
        all.sort_unstable_by_key(|commit| commit.id);
        let numbers: KeyMap<u32> = (0u32..)
            .zip(&all)
            .map(|(number, commit)| (key(commit.id.as_bytes()), number))
            .collect();
        let tags: KeyMap<Key> = tags
            .iter()
            .map(|(tag, target)| (key(tag.as_bytes()), key(target.as_bytes())))
            .collect();
        let mut commits = Self {
            exposures: vec![Exposure::Dangling; all.len()],
            order: Vec::new(),
            places: vec![0; all.len()],
            head: None,
            named: HashSet::new(),
            tags,
            all,
            numbers,
        };
        for (tips, exposure) in [
            (&tips.refs, Exposure::Reachable),
            (&tips.stash, Exposure::Stash),
            (&tips.reflog, Exposure::Reflog),
        ] {
            for tip in tips {
                let path = commits.peel(tip);
                commits.flood(path.last().copied(), exposure);
                if exposure == Exposure::Reachable {
                    commits.named.extend(path);
                }
            }
        }
        if let Some(head) = &tips.head {
            commits.head = commits.numbers.get(&key(head.as_bytes())).copied();
            commits.flood(Some(key(head.as_bytes())), Exposure::Reachable);
        }
        let replacements = tips.replacements.iter();
        let replacements = replacements.map(|id| key(id.as_bytes())).collect();
        commits.sort(&replacements);
        commits
    }

    /// The objects that a name leads to, through tags.
    fn peel(&self, id: &ObjectId) -> Vec<Key> {
        let mut id = key(id.as_bytes());
        let mut path = vec![id];
        while let Some(&target) = self.tags.get(&id).filter(|t| !path.contains(t)) {
            id = target;
            path.push(id);
        }
        path
    }

    /// For each commit whether it is this one or one of those before it.
    pub(crate) fn leading_to(&self, tip: &ObjectId) -> Vec<bool> {
        let mut found = vec![false; self.all.len()];
        let mut next = self.peel(tip);
        while let Some(id) = next.pop() {
            if let Some(&number) = self.numbers.get(&id)
                && !std::mem::replace(&mut found[number as usize], true)
            {
                let parents = &self.all[number as usize].parents;
                next.extend(parents.iter().map(|id| key(id.as_bytes())));
            }
        }
        found
    }

    /// All of them, by their ids.
    pub(crate) fn all(&self) -> &[CommitNode] {
        &self.all
    }

    pub(crate) fn get(&self, number: u32) -> &CommitNode {
        &self.all[number as usize]
    }

    pub(crate) fn find(&self, id: &ObjectId) -> Option<u32> {
        self.numbers.get(&key(id.as_bytes())).copied()
    }

    pub(crate) fn exposure(&self, number: u32) -> Exposure {
        self.exposures[number as usize]
    }

    /// How easily an object is reached that is no commit and in none.
    pub(crate) fn exposure_of_named(&self, id: &ObjectId) -> Exposure {
        if self.named.contains(&key(id.as_bytes())) {
            Exposure::Reachable
        } else {
            Exposure::Dangling
        }
    }

    /// Where a commit stands among all; see [`Placement::rank`].
    pub(crate) fn rank(&self, number: u32) -> (Exposure, u32) {
        (self.exposure(number), self.places[number as usize])
    }

    fn flood(&mut self, from: Option<Key>, exposure: Exposure) {
        let mut next: Vec<Key> = from.into_iter().collect();
        while let Some(id) = next.pop() {
            let Some(&number) = self.numbers.get(&id) else {
                continue;
            };
            let known = &mut self.exposures[number as usize];
            if *known > exposure {
                *known = exposure;
                let parents = &self.all[number as usize].parents;
                next.extend(parents.iter().map(|id| key(id.as_bytes())));
            }
        }
    }

    /// Parents first, the older of two first. A commit that is read in the place of another
    /// has its date, and does not take the blame from it.
    fn sort(&mut self, replacements: &HashSet<Key>) {
        let parents_of = |commit: &CommitNode| -> Vec<u32> {
            let known = |id: &ObjectId| self.numbers.get(&key(id.as_bytes())).copied();
            commit.parents.iter().filter_map(known).collect()
        };
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); self.all.len()];
        let mut waits: Vec<u32> = vec![0; self.all.len()];
        for (number, commit) in (0u32..).zip(&self.all) {
            for parent in parents_of(commit) {
                children[parent as usize].push(number);
                waits[number as usize] += 1;
            }
        }
        let entry = |number: u32| {
            let commit = &self.all[number as usize];
            let replaces = replacements.contains(&key(commit.id.as_bytes()));
            Reverse((commit.committed, replaces, number))
        };
        let mut ready: BinaryHeap<_> = (0u32..)
            .zip(&waits)
            .filter(|(_, waits)| **waits == 0)
            .map(|(number, _)| entry(number))
            .collect();
        let mut order = Vec::with_capacity(self.all.len());
        while let Some(Reverse((_, _, number))) = ready.pop() {
            order.push(number);
            for &child in &children[number as usize] {
                waits[child as usize] -= 1;
                if waits[child as usize] == 0 {
                    ready.push(entry(child));
                }
            }
        }
        for (place, &number) in (0u32..).zip(&order) {
            self.places[number as usize] = place;
        }
        self.order = order;
    }

    /// All places at which wanted blobs stood.
    pub(crate) fn place(
        &self,
        folders: &Folders,
        selected: &Selected,
    ) -> (Paths, KeyMap<Vec<Placement>>) {
        let mut sweep = Sweep {
            folders,
            paths: Paths::default(),
            seen: HashSet::default(),
            placed: HashMap::default(),
            met: HashSet::new(),
        };
        let mut order: Vec<(Exposure, u32, u32)> = (0u32..)
            .zip(&self.order)
            .map(|(place, &number)| (self.exposure(number), place, number))
            .filter(|(exposure, _, number)| selected.has_commit(*number, *exposure))
            .collect();
        order.sort_unstable();
        for (exposure, order, commit) in order {
            let rank = (exposure, order);
            let at = Placement {
                path: ROOT,
                commit,
                rank,
                exposure,
            };
            sweep.enter(key(self.get(commit).tree.as_bytes()), &at);
        }
        if let Some(head) = self.head {
            sweep.mark_head(key(self.get(head).tree.as_bytes()));
        }
        (sweep.paths, sweep.placed)
    }
}

struct Sweep<'f> {
    folders: &'f Folders,
    paths: Paths,
    /// Folders and paths at which they were entered.
    seen: HashSet<u64, BuildHasherDefault<NameHasher>>,
    placed: KeyMap<Vec<Placement>>,
    met: HashSet<(Key, PathId)>,
}

impl Sweep<'_> {
    /// Enters what the commit at hand has and no earlier one had.
    fn enter(&mut self, tree: Key, at: &Placement) {
        let top = self.folders.find(tree);
        let mut next: Vec<(u32, PathId)> = top.map(|number| (number, ROOT)).into_iter().collect();
        while let Some((number, path)) = next.pop() {
            if self.paths.is_full() || !self.seen.insert(u64::from(number) << 32 | u64::from(path))
            {
                continue;
            }
            for &(blob, name) in self.folders.blobs(number) {
                let path = self.paths.child(path, name);
                if self.met.insert((blob, path)) {
                    self.placed
                        .entry(blob)
                        .or_default()
                        .push(Placement { path, ..*at });
                }
            }
            for &(below, name) in self.folders.below(number) {
                next.push((below, self.paths.child(path, name)));
            }
        }
    }

    fn mark_head(&mut self, tree: Key) {
        let top = self.folders.find(tree);
        let mut next: Vec<(u32, PathId)> = top.map(|number| (number, ROOT)).into_iter().collect();
        while let Some((number, path)) = next.pop() {
            if self.paths.is_full() {
                return;
            }
            for &(blob, name) in self.folders.blobs(number) {
                let path = self.paths.child(path, name);
                for placement in self.placed.entry(blob).or_default() {
                    if placement.path == path {
                        placement.exposure = Exposure::Head;
                    }
                }
            }
            for &(below, name) in self.folders.below(number) {
                next.push((below, self.paths.child(path, name)));
            }
        }
    }
}
