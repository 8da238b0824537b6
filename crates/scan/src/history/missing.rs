//! What belongs to a repository and is not in this clone of it.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;
use sluicegate_core::{SkipReason, Skipped};
use sluicegate_git::{
    Failure, Kind, Made, Object, ObjectId, Repository, Store, Visitor, object, oid,
};

use super::folders::MAX_FOLDER;
use super::key::{BuildKeyHasher, Key, key};
use super::read::CommitNode;
use crate::options::Monitor;

/// More missing objects are not named.
const NAMED: usize = 100;

/// What is missing, as coverage.
pub(crate) fn find(
    repository: &Repository,
    store: &Store,
    commits: &[CommitNode],
    monitor: &Monitor,
) -> Vec<Skipped> {
    let mut skipped = Vec::new();
    let shallow = repository.shallow();
    let known: HashSet<ObjectId> = commits.iter().map(|commit| commit.id).collect();
    let cut = shallow.iter().filter(|id| known.contains(*id)).count();
    if cut > 0 {
        let detail = format!(
            "the clone is shallow: what came before {cut} of its commits is not here; \
             `git fetch --unshallow` gets it"
        );
        skipped.push(entry("(history)", detail));
    }
    let shallow: HashSet<ObjectId> = shallow.into_iter().collect();
    let mut missing: Vec<(ObjectId, &str)> = commits
        .par_iter()
        .flat_map_iter(|commit| {
            let is_cut = shallow.contains(&commit.id);
            let parents = commit.parents.iter().filter(move |_| !is_cut);
            let parents = parents.map(|id| (*id, "a commit that others follow"));
            parents.chain([(commit.tree, "the folder of a commit")])
        })
        .filter(|(id, _)| !store.contains(id))
        .collect();
    if store.is_partial() {
        missing.clear();
        skipped.extend(promised(store, commits, monitor));
    }
    missing.sort_unstable();
    missing.dedup();
    let rest = missing.len().saturating_sub(NAMED);
    for (id, what) in missing.iter().take(NAMED) {
        skipped.push(entry(&format!("object {id}"), format!("{what} is missing")));
    }
    if rest > 0 {
        skipped.push(entry("(objects)", format!("{rest} more are missing")));
    }
    skipped
}

fn entry(path: &str, detail: String) -> Skipped {
    Skipped {
        path: Arc::from(path),
        reason: SkipReason::Missing,
        detail,
    }
}

/// Counts what commits and folders name and a partial clone does not have.
fn promised(store: &Store, commits: &[CommitNode], monitor: &Monitor) -> Option<Skipped> {
    let hash_len = store.hash_len();
    let readers = store.walk(&[Kind::Tree], MAX_FOLDER, || Names {
        store,
        monitor,
        hash_len,
        seen: HashSet::default(),
        missing: HashSet::new(),
    });
    let mut missing: HashSet<ObjectId> = HashSet::new();
    for reader in readers {
        missing.extend(reader.missing);
    }
    let roots = commits.iter().map(|commit| commit.tree);
    missing.extend(roots.filter(|id| !store.contains(id)));
    let count = missing.len();
    (count > 0).then(|| {
        let detail = format!(
            "the clone is partial: at least {count} files and folders of its history are not \
             here; `git fetch --refetch` without a filter gets them"
        );
        entry("(history)", detail)
    })
}

/// Reads folders for what they name.
struct Names<'s> {
    store: &'s Store,
    monitor: &'s Monitor,
    hash_len: usize,
    seen: HashSet<Key, BuildKeyHasher>,
    missing: HashSet<ObjectId>,
}

impl Visitor for Names<'_> {
    type State = ();

    fn visit(&mut self, object: &Object<'_>, _: Option<Made<'_, ()>>) {
        for entry in object::tree(object.bytes, self.hash_len) {
            let is_new = !entry.is_submodule && self.seen.insert(key(entry.id));
            if is_new
                && let Ok(id) = ObjectId::try_from(entry.id)
                && !self.store.contains(&id)
            {
                self.missing.insert(id);
            }
        }
    }

    /// What cannot be read is told elsewhere.
    fn failed(&mut self, _: &oid, _: Failure, _: u32) {}

    fn is_stopped(&self) -> bool {
        self.monitor.is_cancelled()
    }
}
