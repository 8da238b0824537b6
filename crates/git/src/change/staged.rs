//! The index as a side of a comparison.

use gix_index::entry::{Flags, Mode, Stage};
use gix_index::extension::Tree as Cached;
use gix_index::hash::ObjectId;

use super::commits::History;
use super::diff::{Comparer, List, Named, Node, Side, Trees};
use super::{Change, ChangeError, Collected, Stop};
use crate::objects::Objects;
use crate::repository::Repository;

/// A folder of the index.
enum Dir<'i> {
    /// The entries of these numbers, whose paths have so many bytes before the names in
    /// this folder; and what the index remembers of the folder as an object.
    Entries {
        from: usize,
        to: usize,
        before: usize,
        cached: Option<&'i Cached>,
    },
    /// A folder of a sparse index, which stands in it as an object.
    Sparse(ObjectId),
}

struct IndexSide<'i>(&'i gix_index::State);

impl<'i> Side for IndexSide<'i> {
    type Dir = Dir<'i>;

    fn id(&self, dir: &Dir<'i>) -> Option<ObjectId> {
        match dir {
            Dir::Sparse(id) => Some(*id),
            Dir::Entries {
                from, to, cached, ..
            } => {
                // What is remembered counts if it is for as many entries as there are.
                let cached = (*cached)?;
                let is_valid = cached.num_entries? as usize == to - from;
                is_valid.then_some(cached.id)
            }
        }
    }

    fn list(&mut self, trees: &mut Trees<'_>, dir: &Dir<'i>) -> List<Dir<'i>> {
        let (from, to, before, cached) = match *dir {
            Dir::Sparse(id) => return sparse(trees, id).collect(),
            Dir::Entries {
                from,
                to,
                before,
                cached,
            } => (from, to, before, cached),
        };
        let entries = self.0.entries();
        let mut list = Vec::new();
        let mut at = from;
        while at < to {
            let entry = &entries[at];
            let path: &[u8] = entry.path(self.0);
            let rest = path.get(before..).unwrap_or_default();
            if rest.is_empty() && entry.mode == Mode::DIR {
                // Files were added to a folder that stands here as an object.
                list.extend(sparse(trees, entry.id));
                at += 1;
                continue;
            }
            let Some(slash) = memchr::memchr(b'/', rest) else {
                at += 1;
                // Promised with `git add -N`, or the common version of a conflict: neither
                // would be committed.
                let is_no_version =
                    entry.flags.contains(Flags::INTENT_TO_ADD) || entry.stage() == Stage::Base;
                if !entry.mode.is_submodule() && !is_no_version {
                    list.push((Box::from(rest), Node::Blob(entry.id)));
                }
                continue;
            };
            let name = &rest[..slash];
            let shared = &path[..before + slash + 1];
            let is_inside = |entry: &gix_index::Entry| entry.path(self.0).starts_with(shared);
            let end = at + entries[at..to].partition_point(is_inside).max(1);
            let dir = if entry.mode == Mode::DIR && path == shared && end == at + 1 {
                Dir::Sparse(entry.id)
            } else {
                let children = cached.map_or(&[][..], |cached| &cached.children);
                Dir::Entries {
                    from: at,
                    to: end,
                    before: shared.len(),
                    cached: children.iter().find(|child| *child.name == *name),
                }
            };
            list.push((Box::from(name), Node::Dir(dir)));
            at = end;
        }
        list
    }
}

/// What is in a folder that stands in the index as an object.
fn sparse<'i>(trees: &mut Trees<'_>, id: ObjectId) -> impl Iterator<Item = Named<Dir<'i>>> {
    let sparse = |(name, node)| match node {
        Node::Blob(id) => (name, Node::Blob(id)),
        Node::Dir(id) => (name, Node::Dir(Dir::Sparse(id))),
    };
    trees.list(&id).into_iter().map(sparse)
}

impl Repository {
    /// What the index brings against what is checked out, and what a commit of it would
    /// replace. During a merge the commits that are merged in count as well: what they
    /// bring is not the doing of whoever commits the merge.
    ///
    /// # Errors
    ///
    /// If the index cannot be read.
    pub fn staged(&self, objects: &Objects, stop: Stop<'_>) -> Result<Change, ChangeError> {
        let path = self.index_path();
        if !path.exists() {
            return Ok(Change::default());
        }
        let index = crate::open_index(&path, self.hash())
            .map_err(|error| ChangeError::unreadable(error.to_string()))?;
        if self.has_unread_refs() {
            let why = "references in the reftable format are not read; \
                       `git refs migrate --ref-format=files` writes them as files";
            return Err(ChangeError::unreadable(format!(
                "cannot compare the index: {why}"
            )));
        }
        let mut parents: Vec<_> = self.head().into_iter().collect();
        parents.extend(self.merging());
        let mut history = History::new(self, objects);
        let bases = history.trees(&parents);
        if bases.len() < parents.len() {
            let why = "a commit that is checked out or merged cannot be read";
            return Err(ChangeError::unreadable(format!(
                "cannot compare the index: {why}"
            )));
        }
        let mut comparer = Comparer::new(objects, stop);
        let top = Dir::Entries {
            from: 0,
            to: index.entries().len(),
            before: 0,
            cached: index.tree(),
        };
        let olds: Vec<_> = bases.iter().copied().map(Some).collect();
        comparer.compare(&mut IndexSide(&index), Some(&top), &olds);
        let mut collected = Collected::default();
        collected.take(&mut comparer, None);
        let (brought, replaced) = collected.finish();
        Ok(Change {
            brought,
            replaced,
            bases,
            problems: comparer.finish(),
            ..Change::default()
        })
    }
}
