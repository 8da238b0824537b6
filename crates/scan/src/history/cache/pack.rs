//! What is known of one pack.

use sluicegate_core::Skipped;
use sluicegate_git::ObjectId;

use super::codec::{Bytes, put, put_id, put_skipped};
use crate::history::read::CommitNode;

/// What reading a pack gave.
#[derive(Debug, Default, PartialEq)]
pub(in crate::history) struct PackRecord {
    pub(in crate::history) files: u64,
    pub(in crate::history) bytes: u64,
    /// The objects that may hold something, sorted.
    pub(in crate::history) suspects: Vec<ObjectId>,
    /// Sorted by id.
    pub(in crate::history) commits: Vec<CommitNode>,
    pub(in crate::history) tags: Vec<(ObjectId, ObjectId)>,
    pub(in crate::history) skipped: Vec<Skipped>,
}

impl PackRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.files);
        put(&mut out, self.bytes);
        put(&mut out, self.suspects.len() as u64);
        for id in &self.suspects {
            put_id(&mut out, id);
        }
        put(&mut out, self.commits.len() as u64);
        for commit in &self.commits {
            put_id(&mut out, &commit.id);
            put_id(&mut out, &commit.tree);
            put(&mut out, commit.committed.cast_unsigned());
            put(&mut out, commit.parents.len() as u64);
            for parent in &commit.parents {
                put_id(&mut out, parent);
            }
        }
        put(&mut out, self.tags.len() as u64);
        for (tag, target) in &self.tags {
            put_id(&mut out, tag);
            put_id(&mut out, target);
        }
        put_skipped(&mut out, &self.skipped);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let (files, size) = (bytes.number()?, bytes.number()?);
        let suspects = (0..bytes.count()?)
            .map(|_| bytes.id())
            .collect::<Option<_>>()?;
        let commits = (0..bytes.count()?)
            .map(|_| {
                let (id, tree) = (bytes.id()?, bytes.id()?);
                let committed = bytes.number()?.cast_signed();
                let parents = (0..bytes.count()?).map(|_| bytes.id());
                let parents = parents.collect::<Option<_>>()?;
                Some(CommitNode {
                    id,
                    tree,
                    parents,
                    committed,
                })
            })
            .collect::<Option<_>>()?;
        let tags = (0..bytes.count()?)
            .map(|_| Some((bytes.id()?, bytes.id()?)))
            .collect::<Option<_>>()?;
        let skipped = bytes.skipped()?;
        bytes.0.is_empty().then_some(Self {
            files,
            bytes: size,
            suspects,
            commits,
            tags,
            skipped,
        })
    }
}
