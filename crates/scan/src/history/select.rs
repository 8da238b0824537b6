//! Which part of a history is asked for.

use sluicegate_core::Exposure;
use sluicegate_git::{ObjectId, Repository};

use super::HistoryOptions;
use super::attribute::{Commits, Placement};
use crate::error::{ScanError, ScanErrorKind};

/// What was asked for, with the branch looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    reachable_only: bool,
    branch: Option<ObjectId>,
    since: Option<i64>,
}

impl Selection {
    pub(crate) fn of(repository: &Repository, options: &HistoryOptions) -> Result<Self, ScanError> {
        let find = |name: &String| {
            let found = repository.find_ref(name);
            found.ok_or_else(|| {
                let folder = repository.common_dir().display();
                let reason = if repository.has_unread_refs() {
                    ": its references are in the reftable format, which is not read"
                } else {
                    ""
                };
                ScanError::new(
                    ScanErrorKind::UnknownBranch,
                    format!("there is no branch or tag `{name}` in `{folder}`{reason}"),
                )
            })
        };
        Ok(Self {
            reachable_only: options.reachable_only,
            branch: options.branch.as_ref().map(find).transpose()?,
            since: options.since,
        })
    }

    /// Tells apart what is asked for.
    pub(crate) fn key(&self) -> Vec<u8> {
        let mut key = vec![u8::from(self.reachable_only)];
        key.extend(self.since.unwrap_or(i64::MIN).to_le_bytes());
        key.extend(self.branch.iter().flat_map(|id| id.as_bytes()));
        key
    }

    /// The same for a submodule, which has branches of its own.
    pub(crate) fn inside(&self) -> Self {
        Self {
            branch: None,
            ..*self
        }
    }
}

/// The same for the commits of a repository.
pub(crate) struct Selected {
    reachable_only: bool,
    branch: Option<ObjectId>,
    /// For each commit whether the branch leads to it.
    in_branch: Option<Vec<bool>>,
    since: Option<i64>,
}

impl Selected {
    pub(crate) fn of(selection: &Selection, commits: &Commits) -> Self {
        Self {
            reachable_only: selection.reachable_only,
            branch: selection.branch,
            in_branch: selection.branch.map(|id| commits.leading_to(&id)),
            since: selection.since,
        }
    }

    /// Whether what this commit holds is asked for.
    pub(crate) fn has_commit(&self, number: u32, exposure: Exposure) -> bool {
        (!self.reachable_only || exposure <= Exposure::Reachable)
            && (self.in_branch.as_ref()).is_none_or(|in_branch| in_branch[number as usize])
    }

    /// Whether an object is asked for that no commit holds.
    pub(crate) fn has_loose(&self, id: &ObjectId, at: &Placement) -> bool {
        (!self.reachable_only || at.exposure <= Exposure::Reachable)
            && self.branch.is_none_or(|branch| branch == *id)
    }

    /// Whether a value that came with this commit is new enough; what came with none has no
    /// date.
    pub(crate) fn is_recent(&self, commit: Option<u32>, commits: &Commits) -> bool {
        self.since
            .is_none_or(|since| commit.is_some_and(|n| commits.get(n).committed >= since))
    }
}
