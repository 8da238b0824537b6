//! What belongs to a repository and is not in this clone of it.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;
use sluicegate_core::{SkipReason, Skipped};
use sluicegate_git::{ObjectId, Repository, Store};

use super::read::CommitNode;

/// More missing objects are not named.
const NAMED: usize = 100;

/// What is missing, as coverage; `named` by folders and not there are those, of which a whole
/// clone is not asked.
pub(crate) fn find(
    repository: &Repository,
    store: &Store,
    commits: &[CommitNode],
    named: HashSet<ObjectId>,
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
        skipped.extend(promised(store, commits, named));
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
        parts: 1,
        path: Arc::from(path),
        reason: SkipReason::Missing,
        detail,
    }
}

/// Counts what commits and folders name and a partial clone does not have.
fn promised(
    store: &Store,
    commits: &[CommitNode],
    mut missing: HashSet<ObjectId>,
) -> Option<Skipped> {
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
