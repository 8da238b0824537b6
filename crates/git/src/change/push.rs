//! What a push brings.

use std::collections::HashSet;

use gix_index::hash::ObjectId;

use super::commits::History;
use super::{Change, ChangeError, Stop, Version};
use crate::object::{self, Kind};
use crate::objects::Objects;
use crate::repository::Repository;
use crate::store::Problem;

/// A reference that a push moves, as hooks are told of it (`githooks(5)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The name on the receiving side.
    pub name: String,
    /// Where it stands there now; `None` if it is new.
    pub old: Option<ObjectId>,
    /// Where it will stand; `None` if it is deleted.
    pub new: Option<ObjectId>,
}

impl Update {
    /// Reads a line that `pre-receive` is given: old id, new id, name.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn received(line: &str) -> Result<Self, ChangeError> {
        let mut words = line.splitn(3, ' ');
        let (old, new, name) = (words.next(), words.next(), words.next());
        Self::of(line, old, new, name)
    }

    /// Reads a line that `pre-push` is given: local name, local id, remote name, remote id.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn pushed(line: &str) -> Result<Self, ChangeError> {
        // The local name is what was typed, and that may have spaces.
        let mut words = line.rsplitn(4, ' ');
        let (old, name, new) = (words.next(), words.next(), words.next());
        Self::of(line, old, new, name.filter(|_| words.next().is_some()))
    }

    fn of(
        line: &str,
        old: Option<&str>,
        new: Option<&str>,
        name: Option<&str>,
    ) -> Result<Self, ChangeError> {
        let id = |hex: Option<&str>| ObjectId::from_hex(hex?.as_bytes()).ok();
        match (id(old), id(new), name) {
            (Some(old), Some(new), Some(name)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                old: Some(old).filter(|id| !id.is_null()),
                new: Some(new).filter(|id| !id.is_null()),
            }),
            _ => Err(ChangeError::new(format!(
                "`{line}` does not say what is pushed"
            ))),
        }
    }
}

impl Repository {
    /// What comes new with a push into a repository that has all that `known` leads to.
    ///
    /// # Errors
    ///
    /// If something that is pushed cannot be read.
    pub fn pushed(
        &self,
        objects: &Objects,
        updates: &[Update],
        known: &[ObjectId],
        stop: Stop<'_>,
    ) -> Result<Change, ChangeError> {
        let known_ids: HashSet<_> = known.iter().copied().collect();
        let mut ends = Ends::default();
        for update in updates {
            if let Some(new) = update.new.filter(|id| !known_ids.contains(id)) {
                ends.follow(objects, new, &known_ids).map_err(|why| {
                    ChangeError::unreadable(format!("cannot read `{}`: {why}", update.name))
                })?;
            }
        }
        let mut history = History::new(self, objects);
        if self.has_unread_refs() && self.has_quarantine() {
            history.trust_quarantine();
        }
        let commits = |ids: &mut dyn Iterator<Item = ObjectId>| -> Vec<ObjectId> {
            let peeled = ids.filter_map(|id| crate::revision::peel(objects, &id).ok());
            let mut seen = HashSet::new();
            peeled.filter(|id| seen.insert(*id)).collect()
        };
        let starts = commits(&mut updates.iter().filter_map(|update| update.old));
        let excluded = if ends.commits.is_empty() {
            Vec::new()
        } else {
            commits(&mut known.iter().copied())
        };
        let mut change = history.change(&ends.commits, &excluded, &starts, stop);
        change.tags = ends.tags;
        for tree in ends.trees {
            let files = super::files(objects, tree, stop);
            change.brought.extend(files);
            change.heads.push(tree);
        }
        change
            .brought
            .extend(ends.blobs.into_iter().map(|id| Version {
                path: b"(blob in no commit)".to_vec(),
                id,
                commit: None,
            }));
        Ok(change)
    }

    /// Where the references stand whose names start like this.
    pub fn references_below(&self, prefix: &str) -> Vec<ObjectId> {
        let all = self.references(&mut Vec::new());
        let below = all.into_iter().filter(|(name, _)| name.starts_with(prefix));
        below.map(|(_, id)| id).collect()
    }

    /// Where all references stand, and what could not be read. References in a format that
    /// is not read are no problem while a push is received: then what is not in quarantine
    /// is known.
    pub fn all_references(&self) -> (Vec<ObjectId>, Vec<Problem>) {
        let mut problems = Vec::new();
        let all = self.references(&mut problems);
        if self.has_unread_refs() && !self.has_quarantine() {
            problems.push(Problem {
                what: self.common_dir().join("reftable").display().to_string(),
                reason: "references in the reftable format are not read, so nothing counts as \
                         known"
                    .to_owned(),
            });
        }
        (all.into_iter().map(|(_, id)| id).collect(), problems)
    }
}

/// What the references of a push lead to.
#[derive(Default)]
struct Ends {
    commits: Vec<ObjectId>,
    tags: Vec<ObjectId>,
    trees: Vec<ObjectId>,
    blobs: Vec<ObjectId>,
}

impl Ends {
    fn follow(
        &mut self,
        objects: &Objects,
        mut id: ObjectId,
        known: &HashSet<ObjectId>,
    ) -> Result<(), String> {
        loop {
            let read = objects.read(&id, u64::MAX).map_err(|why| why.to_string())?;
            let into = match read {
                None => return Err(format!("object {id} is not here")),
                Some((Kind::Tag, bytes)) => {
                    let target = object::tag_target(&bytes).ok_or("the tag is damaged")?;
                    if self.tags.contains(&id) {
                        return Ok(());
                    }
                    self.tags.push(id);
                    id = target;
                    if known.contains(&id) {
                        return Ok(());
                    }
                    continue;
                }
                Some((Kind::Commit, _)) => &mut self.commits,
                Some((Kind::Tree, _)) => &mut self.trees,
                Some((Kind::Blob, _)) => &mut self.blobs,
            };
            if !into.contains(&id) {
                into.push(id);
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_hooks_are_read_whatever_was_typed() {
        let (a, zero) = ("a".repeat(40), "0".repeat(40));
        let id = ObjectId::from_hex(a.as_bytes()).ok();
        let update = |old, new| Update {
            name: "refs/heads/x".to_owned(),
            old,
            new,
        };
        for (line, expected) in [
            (format!("{zero} {a} refs/heads/x"), update(None, id)),
            (format!("{a} {zero} refs/heads/x"), update(id, None)),
        ] {
            assert_eq!(Update::received(&line).ok(), Some(expected), "{line}");
        }
        for (line, expected) in [
            (
                format!("refs/heads/x {a} refs/heads/x {zero}"),
                update(None, id),
            ),
            (
                format!("(delete) {zero} refs/heads/x {a}"),
                update(id, None),
            ),
            (
                format!("HEAD@{{1 day ago}} {a} refs/heads/x {a}"),
                update(id, id),
            ),
        ] {
            assert_eq!(Update::pushed(&line).ok(), Some(expected), "{line}");
        }
        let long = "b".repeat(64);
        assert!(Update::received(&format!("{long} {long} refs/heads/x")).is_ok());
        for line in ["", "x", "a b c", &format!("{a} {a}"), &format!("{a} {a} ")] {
            assert!(Update::received(line).is_err(), "{line}");
            assert!(Update::pushed(line).is_err(), "{line}");
        }
    }
}
