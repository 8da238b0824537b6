//! What a change brings and what it replaces: versions of files, by id and path.
//!
//! A change is the index against what is checked out, a range of commits, or a push. What
//! it *brings* are versions that stand at a path in it and did not stand there before; of a
//! commit with several parents only what none of them has there. What it *replaces* are the
//! versions that stood before at the paths it touches: those it changed, moved away or
//! deleted. Whoever wants to know what is new about the contents compares the two.
//!
//! Nothing but ids is compared: folders with the same id are not entered, and no file is
//! read.

mod commits;
mod diff;
mod push;
mod staged;

use std::collections::HashSet;
use std::fmt;

use gix_index::hash::ObjectId;

use crate::objects::Objects;
use crate::repository::Repository;
use crate::revision::{RevisionError, peel};
use crate::store::Problem;
use commits::History;
use diff::{Comparer, TreeSide};

pub use push::Update;

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The path from the top of the repository, `/`-separated.
    pub path: Vec<u8>,
    /// The blob.
    pub id: ObjectId,
    /// The commit that brought it, as its number in [`Change::commits`]; `None` in the
    /// index.
    pub commit: Option<u32>,
}

/// What a change brings and replaces.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let repository = sluicegate_git::Repository::discover("some/folder".as_ref())?;
/// let objects = repository.objects();
/// let change = repository.range(&objects, "main..topic", &|| false)?;
/// for version in &change.brought {
///     println!("{} {}", version.id, String::from_utf8_lossy(&version.path));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Change {
    /// What it brings: each blob once for each path, with the first commit that brought it
    /// there. Blobs that it replaces as well are left out.
    pub brought: Vec<Version>,
    /// What it replaces; each blob at least once.
    pub replaced: Vec<Version>,
    /// The commits it is made of, parents first.
    pub commits: Vec<ObjectId>,
    /// Annotated tags that come with it.
    pub tags: Vec<ObjectId>,
    /// The folders at the top where it ends; none for the index.
    pub heads: Vec<ObjectId>,
    /// The folders at the top where it starts.
    pub bases: Vec<ObjectId>,
    /// What could not be seen.
    pub problems: Vec<Problem>,
}

/// A change that cannot be made out.
#[derive(Debug)]
pub struct ChangeError {
    message: String,
    is_unreadable: bool,
}

impl ChangeError {
    /// What was asked for makes no sense here.
    fn new(message: String) -> Self {
        Self {
            message,
            is_unreadable: false,
        }
    }

    /// What is needed for it is there and cannot be read.
    fn unreadable(message: String) -> Self {
        Self {
            message,
            is_unreadable: true,
        }
    }

    /// Whether something is damaged; otherwise what was asked for makes no sense here.
    pub fn is_unreadable(&self) -> bool {
        self.is_unreadable
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ChangeError {}

impl From<RevisionError> for ChangeError {
    fn from(error: RevisionError) -> Self {
        Self::new(error.to_string())
    }
}

/// Asked now and then whether to stop.
type Stop<'s> = &'s dyn Fn() -> bool;

impl Repository {
    /// What the commits of a range bring: `A..B`, all that B leads to and A does not, or
    /// `A...B`, the same, and it starts where B left A. A side that is left out is `HEAD`;
    /// an id of zeros for A is nothing, so that all of B is new.
    ///
    /// # Errors
    ///
    /// If it is no range, or one side is no commit.
    pub fn range(
        &self,
        objects: &Objects,
        range: &str,
        stop: Stop<'_>,
    ) -> Result<Change, ChangeError> {
        let no_range = || {
            let why = "a range is `A..B` or `A...B`";
            ChangeError::new(format!("`{range}` is no range of commits: {why}"))
        };
        let (base, rest) = range.split_once("..").ok_or_else(no_range)?;
        let (head, is_symmetric) = match rest.strip_prefix('.') {
            Some(head) => (head, true),
            None => (rest, false),
        };
        if head.contains("..") || head.starts_with('.') {
            return Err(no_range());
        }
        let commit = |name: &str| -> Result<ObjectId, ChangeError> {
            let id = self.resolve(objects, name)?;
            peel(objects, &id).map_err(|why| ChangeError::new(self.unknown(name, &why)))
        };
        let head = commit(head)?;
        let base = match base {
            "" => Some(commit("HEAD")?),
            zeros if zeros.len() >= 40 && zeros.bytes().all(|b| b == b'0') => None,
            base => Some(commit(base)?),
        };
        let mut history = History::new(self, objects);
        let starts = match base {
            Some(base) if is_symmetric => history.merge_bases(base, head, stop),
            base => base.into_iter().collect(),
        };
        let excluded: Vec<_> = base.into_iter().collect();
        Ok(history.change(&[head], &excluded, &starts, stop))
    }

    fn unknown(&self, name: &str, why: &str) -> String {
        let hint = if self.shallow().is_empty() {
            ""
        } else {
            "; this clone is shallow, `git fetch --deepen=N` or `--unshallow` gets more"
        };
        format!("revision `{name}`: {why}{hint}")
    }
}

impl History<'_> {
    /// The change that the commits make which `heads` lead to and `excluded` do not, for
    /// somebody who has `starts`.
    fn change(
        &mut self,
        heads: &[ObjectId],
        excluded: &[ObjectId],
        starts: &[ObjectId],
        stop: Stop<'_>,
    ) -> Change {
        let commits = self.between(heads, excluded, stop);
        let mut change = Change {
            heads: self.trees(heads),
            bases: self.trees(starts),
            ..Change::default()
        };
        let mut comparer = Comparer::new(self.objects(), stop);
        let mut collected = Collected::default();
        for (number, id) in (0u32..).zip(&commits) {
            let Some(node) = self.node(id) else {
                continue;
            };
            let parents = self.parents(id, &node);
            let mut olds: Vec<_> = self.trees(&parents);
            if parents.len() < node.parents.len() {
                self.say_cut(id);
                // The best that is known of what it follows.
                olds.extend(&change.bases);
            } else if let (true, Some(base)) = (change.bases.is_empty(), olds.first()) {
                let is_outside = parents.first().is_some_and(|p| !self.is_between(p));
                change.bases.extend(is_outside.then_some(*base));
            }
            let olds: Vec<_> = olds.into_iter().map(Some).collect();
            comparer.compare(&mut TreeSide, Some(&node.tree), &olds);
            collected.take(&mut comparer, Some(number));
        }
        change.problems = comparer.finish();
        change.problems.append(&mut self.problems());
        (change.brought, change.replaced) = collected.finish();
        change.commits = commits;
        change
    }
}

impl Change {
    /// What stands at the start of the change, and at its end does not: what it replaces
    /// over all, beside what its single commits do.
    pub fn replaced_over_all(&self, objects: &Objects, stop: Stop<'_>) -> Vec<Version> {
        let mut comparer = Comparer::new(objects, stop);
        let mut replaced = Vec::new();
        for head in &self.heads {
            for base in &self.bases {
                comparer.compare(&mut TreeSide, Some(head), &[Some(*base)]);
                comparer.brought.clear();
                replaced.append(&mut comparer.replaced);
            }
        }
        let version = |(path, id)| Version {
            path,
            id,
            commit: None,
        };
        replaced.into_iter().map(version).collect()
    }
}

/// All files in the folder `tree` and below, in the order of git.
pub fn files(objects: &Objects, tree: ObjectId, stop: Stop<'_>) -> Vec<Version> {
    let mut comparer = Comparer::new(objects, stop);
    comparer.compare(&mut TreeSide, Some(&tree), &[]);
    let version = |(path, id)| Version {
        path,
        id,
        commit: None,
    };
    comparer.brought.into_iter().map(version).collect()
}

/// The blob at `path` in the folder `tree`, if there is one.
pub fn file_at(objects: &Objects, tree: ObjectId, path: &[u8]) -> Option<ObjectId> {
    let mut at = tree;
    let mut names = path.split(|&b| b == b'/').peekable();
    while let Some(name) = names.next() {
        let (_, bytes) = objects.read(&at, u64::MAX).ok()??;
        let mut entries = crate::object::tree(&bytes, objects.hash_len());
        let entry = entries.find(|entry| entry.name == name)?;
        if entry.is_submodule || entry.is_tree != names.peek().is_some() {
            return None;
        }
        at = ObjectId::try_from(entry.id).ok()?;
    }
    Some(at)
}

/// What the commits of a change bring and replace, put together.
#[derive(Default)]
struct Collected {
    brought: Vec<Version>,
    replaced: Vec<Version>,
    /// Blobs that were there before the change.
    old: HashSet<ObjectId>,
    /// What was brought, and where.
    new: HashSet<(Vec<u8>, ObjectId)>,
}

impl Collected {
    /// Takes what one commit does. Commits come parents first, so that a version which one
    /// brought and another replaces is not taken for an old one.
    fn take(&mut self, comparer: &mut Comparer<'_>, commit: Option<u32>) {
        for (path, id) in comparer.replaced.drain(..) {
            let at = (path, id);
            if !self.new.contains(&at) && self.old.insert(id) {
                let (path, id) = at;
                self.replaced.push(Version { path, id, commit });
            }
        }
        for (path, id) in comparer.brought.drain(..) {
            if !self.old.contains(&id) && self.new.insert((path.clone(), id)) {
                self.brought.push(Version { path, id, commit });
            }
        }
    }

    fn finish(mut self) -> (Vec<Version>, Vec<Version>) {
        self.brought
            .retain(|version| !self.old.contains(&version.id));
        (self.brought, self.replaced)
    }
}
