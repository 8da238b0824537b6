//! The first reading: every blob and every message, and how commits hang together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sluicegate_core::{Scope, SkipReason, Skipped};
use sluicegate_git::{Failure, Kind, Made, Object, ObjectId, Source, Visitor, object, oid};

use super::HistoryOptions;
use super::probe::{Leads, Probe, Prober, Spot};
use crate::options::Monitor;
use crate::scanner::Scanner;

/// An object that may hold something.
#[derive(Debug)]
pub(crate) struct Suspect {
    pub(crate) id: ObjectId,
    pub(crate) kind: Kind,
    /// Its spots that have a lead; leads are those of the thread.
    pub(crate) spots: Vec<Spot>,
}

/// A commit, without what it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CommitNode {
    pub(crate) id: ObjectId,
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) committed: i64,
}

/// What one thread has read.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    pub(crate) leads: Leads,
    /// By where it was read.
    pub(crate) parts: Vec<(Source, Reading)>,
    /// Of the bytes read, how many had to be searched.
    pub(crate) searched: u64,
}

impl Readings {
    /// All objects that may hold something.
    pub(crate) fn suspects(&self) -> impl Iterator<Item = &Suspect> {
        self.parts.iter().flat_map(|(_, part)| &part.suspects)
    }
}

/// What was read in one place.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) suspects: Vec<Suspect>,
    pub(crate) commits: Vec<CommitNode>,
    /// Annotated tags and what they are on.
    pub(crate) tags: Vec<(ObjectId, ObjectId)>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Reads on one thread.
pub(crate) struct Reader<'s> {
    scanner: &'s Scanner,
    options: &'s HistoryOptions,
    monitor: &'s Monitor,
    prober: Prober<'s>,
    scope: Scope,
    /// Places of which all but the suspects is known.
    known: &'s [Source],
    is_known: bool,
    parts: Vec<(Source, Reading)>,
    /// The number of the part at hand.
    at: usize,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(
        scanner: &'s Scanner,
        options: &'s HistoryOptions,
        monitor: &'s Monitor,
        scope: Scope,
        known: &'s [Source],
    ) -> Self {
        Self {
            scanner,
            options,
            monitor,
            prober: Prober::new(scanner.rules().set(), scope),
            scope,
            known,
            is_known: false,
            parts: vec![(Source::Loose, Reading::default())],
            at: 0,
        }
    }

    pub(crate) fn finish(self) -> Readings {
        Readings {
            searched: self.prober.searched,
            leads: self.prober.leads,
            parts: self.parts,
        }
    }

    fn read(&mut self, object: &Object<'_>, made: Option<Made<'_, Option<Probe>>>) -> Probe {
        let text = text_of(object.kind, object.bytes);
        let probe = match made {
            Some(Made {
                base,
                state: Some(state),
                segments,
            }) if object.kind == Kind::Blob => {
                self.prober.made_of(text, state, base.len(), segments)
            }
            _ => self.prober.whole(text),
        };
        if self.options.paranoid && !self.prober.is_right(text, &probe) {
            let why = "reading only what is new gave another answer: please report this";
            self.skip(object.id, SkipReason::Internal, why.to_owned());
        }
        probe
    }

    fn keep(&mut self, object: &Object<'_>, probe: &Probe) {
        let spots: Vec<Spot> = probe
            .spots
            .iter()
            .filter(|s| s.lead.is_some())
            .copied()
            .collect();
        let bytes = text_of(object.kind, object.bytes).len() as u64;
        if self.scope == Scope::Common {
            self.monitor.add_bytes(bytes);
            self.monitor.add_file(0);
        }
        let (_, out) = &mut self.parts[self.at];
        if !self.is_known {
            out.files += 1;
            out.bytes += bytes;
        }
        if !spots.is_empty() {
            let (id, kind) = (object.id.to_owned(), object.kind);
            out.suspects.push(Suspect { id, kind, spots });
        }
    }

    fn link(&mut self, object: &Object<'_>) {
        if self.is_known {
            return;
        }
        let (_, out) = &mut self.parts[self.at];
        let id = object.id.to_owned();
        match object.kind {
            Kind::Commit => match object::commit(object.bytes) {
                Some(commit) => out.commits.push(CommitNode {
                    id,
                    tree: commit.tree,
                    parents: commit.parents,
                    committed: commit.committed,
                }),
                None => self.skip(object.id, SkipReason::Unreadable, "a damaged commit".into()),
            },
            Kind::Tag => {
                out.tags
                    .extend(object::tag_target(object.bytes).map(|to| (id, to)));
            }
            Kind::Blob | Kind::Tree => {}
        }
    }

    fn skip(&mut self, id: &oid, reason: SkipReason, detail: String) {
        let path = Arc::from(format!("object {id}"));
        self.parts[self.at].1.skipped.push(Skipped {
            parts: 1,
            path,
            reason,
            detail,
        });
    }
}

/// What of an object people wrote: all of a file, the message of a commit or a tag.
pub(crate) fn text_of(kind: Kind, bytes: &[u8]) -> &[u8] {
    match kind {
        Kind::Blob | Kind::Tree => bytes,
        Kind::Commit | Kind::Tag => object::message(bytes),
    }
}

impl Visitor for Reader<'_> {
    /// `None` if the scanner failed on the object.
    type State = Option<Probe>;

    fn enter(&mut self, source: Source) {
        self.is_known = self.known.contains(&source);
        let known = self.parts.iter().position(|(known, _)| *known == source);
        self.at = known.unwrap_or_else(|| {
            self.parts.push((source, Reading::default()));
            self.parts.len() - 1
        });
    }

    fn visit(&mut self, object: &Object<'_>, made: Option<Made<'_, Self::State>>) -> Self::State {
        let read = catch_unwind(AssertUnwindSafe(|| self.read(object, made)));
        let Ok(probe) = read else {
            // What it had written to may be half done; leads are only ever added.
            let leads = std::mem::take(&mut self.prober.leads);
            let searched = self.prober.searched;
            self.prober = Prober::new(self.scanner.rules().set(), self.scope);
            (self.prober.leads, self.prober.searched) = (leads, searched);
            self.skip(
                object.id,
                SkipReason::Internal,
                "please report this".to_owned(),
            );
            return None;
        };
        if !object.is_repeat {
            self.keep(object, &probe);
            self.link(object);
        }
        Some(probe)
    }

    fn again(&mut self, object: &Object<'_>) -> Self::State {
        // How threads share the work must not show in the report.
        let searched = self.prober.searched;
        let state = self.visit(object, None);
        self.prober.searched = searched;
        state
    }

    fn failed(&mut self, id: &oid, why: Failure, dependents: u32) {
        let (reason, mut detail) = match why {
            Failure::Damaged(why) => (SkipReason::Unreadable, why),
            Failure::TooLarge(size) => (SkipReason::TooLarge, format!("{size} bytes")),
        };
        if dependents > 0 {
            detail = format!("{detail}; {dependents} others are made of it");
        }
        self.skip(id, reason, detail);
    }

    fn is_stopped(&self) -> bool {
        self.monitor.is_cancelled()
    }
}
