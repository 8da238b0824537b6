//! What git calls the content of the files that were judged: a waiver may be for one version
//! of a file and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sluicegate_gate::{Finding, Scope};
use sluicegate_git::ObjectId;
use sluicegate_git::change::file_at;

use super::case::Case;
use super::error::GateError;
use super::repo::Repo;

/// The files that were judged.
pub(super) struct Content {
    repo: Repo,
    tree: Option<ObjectId>,
    /// What the index has that the tree has not.
    staged: Option<BTreeMap<Vec<u8>, ObjectId>>,
    /// Whether it was files in the work tree that were judged.
    in_worktree: bool,
}

impl Content {
    /// What the case is about; nothing if there is no commit yet.
    pub(super) fn of(repo: Repo, case: &Case) -> Result<Option<Self>, GateError> {
        let is_staged = matches!(case.change, Some(sluicegate_scan::Change::Staged));
        let name = match case.subject.commit.as_str() {
            "" => "HEAD",
            commit => commit,
        };
        let tree = repo.tip(name).ok().map(|tip| tip.tree);
        let staged = match is_staged {
            true => {
                let brought = repo.staged()?.brought.into_iter();
                Some(brought.map(|v| (v.path.to_vec(), v.id)).collect())
            }
            false => None,
        };
        Ok(Some(Self {
            repo,
            tree,
            staged,
            in_worktree: case.scope == Scope::Whole,
        }))
    }

    /// The ids of the files that hold the findings, by path; of a file in the work tree only
    /// if it is as it was committed.
    pub(super) fn ids(&self, findings: &[Finding]) -> BTreeMap<String, String> {
        let places = findings.iter().flat_map(|f| &f.locations);
        let paths: BTreeSet<&str> = places.map(|place| place.path.as_str()).collect();
        let id = |path: &str| Some((path.to_owned(), self.id(path)?.to_string()));
        paths.into_iter().filter_map(id).collect()
    }

    fn id(&self, path: &str) -> Option<ObjectId> {
        if !self.in_worktree {
            let staged = self.staged.as_ref().and_then(|s| s.get(path.as_bytes()));
            return staged.copied().or_else(|| self.committed(path));
        }
        let file = fs::canonicalize(path).ok()?;
        let root = fs::canonicalize(self.repo.worktree()?).ok()?;
        let id = self.committed(&slashed(file.strip_prefix(root).ok()?)?)?;
        let is_same = self.repo.read(&id).ok()? == fs::read(&file).ok()?;
        is_same.then_some(id)
    }

    fn committed(&self, path: &str) -> Option<ObjectId> {
        file_at(self.repo.objects(), self.tree?, path.as_bytes())
    }
}

/// The path as git writes it.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
