//! What a change introduces: values that stand in what it brings and in nothing that it
//! replaces.
//!
//! 1. git's side says which versions of files the change brings and replaces, by ids
//!    (`sluicegate_git::change`). Only what it brings is read.
//! 2. If nothing is found in that, nothing more is read. Otherwise what it replaces is
//!    read, and each value that is found there is not the change's doing, wherever it
//!    stands now: it was moved, indented or renamed (`known`).
//! 3. What is left is introduced. Each value at each path is shown where it stands at the
//!    end of the change, or where it first stood if it is gone by then: in a history it
//!    stays. If an untouched file holds the value, it is named (`origin`).

mod known;
mod origin;
mod read;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sluicegate_core::{Confidence, Exposure, Provenance, Report, Secret, SkipReason, Skipped};
use sluicegate_git::change::{Update, file_at};
use sluicegate_git::{ChangeError, Objects, Repository, RepositoryError, Surroundings};

use crate::blob::{By, Hit};
use crate::collect::{self, Gathered};
use crate::commit;
use crate::error::{ScanError, ScanErrorKind};
use crate::fingerprint::normalised;
use crate::options::{Monitor, Options};
use crate::scanner::Scanner;
use read::{Blobs, New};

/// A change to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// What the index holds against what is checked out: the next commit.
    Staged,
    /// The commits of a range, `A..B` or `A...B`.
    Range(String),
    /// What is about to be pushed, as `pre-push` hooks are told.
    Pushed {
        /// The name of the remote repository, if it has one.
        remote: Option<String>,
        /// The references that move.
        updates: Vec<Update>,
    },
    /// What is being received, as `pre-receive` hooks are told.
    Received(Vec<Update>),
}

impl Scanner {
    /// Scans what a change of the repository at `path` introduces. `surroundings` is what
    /// git says about itself to hooks; its default stands for nothing said.
    ///
    /// The report holds what is introduced and nothing else. An occurrence has a
    /// [`Provenance`] if a commit brought it, with [`Exposure::Head`] if it is still there
    /// at the end of the change; its `copied_from` names an untouched file with the same
    /// value, where one was found with little effort.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), sluicegate_scan::ScanError> {
    /// # let scanner: sluicegate_scan::Scanner = unimplemented!();
    /// use sluicegate_scan::{Change, Monitor, Surroundings};
    ///
    /// let change = Change::Range("main...topic".to_owned());
    /// let git = Surroundings::default();
    /// let report = scanner.scan_change("some/repo".as_ref(), &git, &change, &Monitor::default())?;
    /// println!("{} introduced", report.findings.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no repository, the change names what it does not have, or an option makes
    /// no sense. What could not be seen, such as what lies beyond the end of a shallow clone,
    /// is in the report's coverage.
    pub fn scan_change(
        &self,
        path: &Path,
        surroundings: &Surroundings,
        change: &Change,
        monitor: &Monitor,
    ) -> Result<Report, ScanError> {
        let started = Instant::now();
        let unread = |why: RepositoryError| {
            let kind = match why.is_missing() {
                true => ScanErrorKind::NoRepository,
                false => ScanErrorKind::UnreadableRepository,
            };
            ScanError::new(kind, format!("cannot scan a change: {why}"))
        };
        let repository = Repository::discover_within(path, surroundings).map_err(unread)?;
        let exclude = sluicegate_source::Exclude::new(Path::new("/"), &self.options().exclude)
            .map_err(|why| ScanError::new(ScanErrorKind::BadGlob, why))?;
        let objects = repository.objects();
        let scan = ChangeScan {
            scanner: self,
            objects: &objects,
            monitor,
            exclude: &exclude,
            options: Options {
                // What is weak now may have been strong before, and the other way round.
                min_confidence: Confidence::Hint,
                ..self.options().clone()
            },
        };
        let bad_change = |why: ChangeError| {
            let kind = match why.is_unreadable() {
                true => ScanErrorKind::UnreadableTarget,
                false => ScanErrorKind::BadChange,
            };
            ScanError::new(kind, why.to_string())
        };
        let mut gathered = Gathered::default();
        let found = scan
            .find(&repository, change, &mut gathered)
            .map_err(bad_change)?;
        scan.run(&found, &mut gathered)?;
        Ok(collect::report(
            gathered,
            self.rules(),
            self.fingerprints(),
            monitor.is_cancelled(),
            started.elapsed(),
        ))
    }
}

/// One scan of one change.
struct ChangeScan<'s> {
    scanner: &'s Scanner,
    objects: &'s Objects,
    monitor: &'s Monitor,
    exclude: &'s sluicegate_source::Exclude,
    /// The scanner's, but for the confidence.
    options: Options,
}

/// A value of a rule in a file.
type PlaceKey<'p> = (&'p [u8], By, Secret);

impl ChangeScan<'_> {
    /// What git knows about the change.
    fn find(
        &self,
        repository: &Repository,
        change: &Change,
        gathered: &mut Gathered,
    ) -> Result<sluicegate_git::Change, ChangeError> {
        let stop = || self.monitor.is_cancelled();
        let mut problems = self.objects.problems().to_vec();
        let mut found = match change {
            Change::Staged => repository.staged(self.objects, &stop)?,
            Change::Range(range) => repository.range(self.objects, range, &stop)?,
            Change::Pushed { remote, updates } => {
                // Without a name nobody knows what that repository has; that it has what
                // others have is the best guess.
                let prefix = match remote {
                    Some(name) => format!("refs/remotes/{name}/"),
                    None => "refs/remotes/".to_owned(),
                };
                if repository.has_unread_refs() {
                    let (_, mut unread) = repository.all_references();
                    problems.append(&mut unread);
                }
                let mut known = repository.references_below(&prefix);
                known.extend(updates.iter().filter_map(|update| update.old));
                repository.pushed(self.objects, updates, &known, &stop)?
            }
            Change::Received(updates) => {
                let (known, mut unread) = repository.all_references();
                problems.append(&mut unread);
                repository.pushed(self.objects, updates, &known, &stop)?
            }
        };
        problems.append(&mut found.problems);
        gathered
            .skipped
            .extend(problems.into_iter().map(|problem| Skipped {
                parts: 1,
                path: Arc::from(problem.what),
                reason: SkipReason::Unreadable,
                detail: problem.reason,
            }));
        Ok(found)
    }

    fn run(
        &self,
        change: &sluicegate_git::Change,
        gathered: &mut Gathered,
    ) -> Result<(), ScanError> {
        let blobs = Blobs::new(self, change);
        let mut new = blobs.read(gathered)?;
        if new.is_empty() {
            return Ok(());
        }
        let values: HashSet<Secret> = new.iter().map(|new| value(&new.hit)).collect();
        // Of the files: a hit may stand in a cell of a notebook.
        let path = |new: &New| Arc::from(String::from_utf8_lossy(&blobs.version(new.item).path));
        let paths: HashSet<Arc<str>> = new.iter().map(path).collect();
        let known = self.known(change, &values, &paths, gathered)?;
        new.retain(|new| !known.contains(&value(&new.hit)));
        let least = self.scanner.options().min_confidence;
        let before = new.len();
        new.retain(|new| new.hit.confidence >= least);
        gathered.below_confidence += before - new.len();
        if new.is_empty() {
            return Ok(());
        }
        let holders = origin::holders(&new, |item| blobs.version(item).id);
        let mut hits = self.placed(change, &blobs, new);
        self.find_origins(change, &holders, &mut hits);
        gathered.hits.extend(hits);
        Ok(())
    }

    /// Of the versions of a path that hold a value the one that is shown, and what is said
    /// about it.
    fn placed(
        &self,
        change: &sluicegate_git::Change,
        blobs: &Blobs<'_, '_>,
        new: Vec<New>,
    ) -> Vec<Hit> {
        let mut numbers: HashMap<PlaceKey<'_>, usize> = HashMap::new();
        let mut places: Vec<Vec<New>> = Vec::new();
        for new in new {
            let path = blobs.version(new.item).path.as_slice();
            let key: PlaceKey<'_> = (path, new.hit.rule, value(&new.hit));
            let number = *numbers.entry(key).or_insert_with(|| {
                places.push(Vec::new());
                places.len() - 1
            });
            places[number].push(new);
        }
        let mut infos = HashMap::new();
        let mut hits = Vec::new();
        for all in places {
            self.place(change, blobs, &all, &mut infos, &mut hits);
        }
        hits
    }

    fn place(
        &self,
        change: &sluicegate_git::Change,
        blobs: &Blobs<'_, '_>,
        all: &[New],
        infos: &mut HashMap<u32, Arc<sluicegate_core::CommitInfo>>,
        hits: &mut Vec<Hit>,
    ) {
        let version = |new: &New| blobs.version(new.item);
        let Some(first) = all.iter().min_by_key(|new| version(new).commit) else {
            return;
        };
        let Some(number) = version(first).commit else {
            // Of the index, or what a push leads to without a commit: tags, blobs.
            let is_pushed = !change.heads.is_empty() || !change.tags.is_empty();
            hits.extend(all.iter().map(|new| match is_pushed {
                true => new.hit.with_provenance(alone(version(new).id)),
                false => new.hit.clone(),
            }));
            return;
        };
        let at_end = |new: &&New| {
            let version = version(new);
            let path = version.path.as_slice();
            let at = |head: &_| file_at(self.objects, *head, path) == Some(version.id);
            !blobs.is_message(new.item) && change.heads.iter().any(at)
        };
        let kept = all.iter().find(at_end);
        let exposure = match kept {
            Some(_) => Exposure::Head,
            None => Exposure::Reachable,
        };
        let id = change.commits[number as usize];
        let info = infos.entry(number).or_insert_with(|| {
            let read = self.objects.read(&id, u64::MAX).ok().flatten();
            let bytes = read.map(|(_, bytes)| bytes).unwrap_or_default();
            Arc::new(commit::info(id.to_string(), &bytes))
        });
        let shown = kept.unwrap_or(first);
        let count = |of: &dyn Fn(&New) -> sluicegate_git::ObjectId| {
            all.iter().map(of).collect::<HashSet<_>>().len()
        };
        let commit_of = |new: &New| match version(new).commit {
            Some(number) => change.commits[number as usize],
            None => id,
        };
        let provenance = Provenance {
            object: Arc::from(version(shown).id.to_string()),
            commit: Some(Arc::clone(info)),
            exposure,
            blobs: count(&|new| version(new).id),
            commits: count(&commit_of),
        };
        let same = all.iter().filter(|new| new.item == shown.item);
        hits.extend(same.map(|new| new.hit.with_provenance(provenance.clone())));
    }
}

/// What is said of an object that a reference leads to and no commit holds.
fn alone(id: sluicegate_git::ObjectId) -> Provenance {
    Provenance {
        object: Arc::from(id.to_string()),
        commit: None,
        exposure: Exposure::Reachable,
        blobs: 1,
        commits: 0,
    }
}

/// The value of a hit, as it is the same however it is indented.
fn value(hit: &Hit) -> Secret {
    Secret::new(normalised(hit.secret.expose_secret_bytes()))
}
