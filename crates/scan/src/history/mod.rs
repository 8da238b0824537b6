//! All that a repository's object database holds, and which commit brought each secret in.
//!
//! 1. Every blob and every message is read once, in the order of storage; of a blob that
//!    is stored as a difference to another only what is new is read (`probe`). The paths of
//!    a blob are not known then, and some rules ask for one. So this reading leaves open
//!    what depends on the path: it gives, for each anchor, what it is in files of each
//!    kind. That holds for all blobs that carry the same bytes on, and a blob without any
//!    such lead has no finding at any path.
//! 2. If any blob has leads, all folders are read once more (`folders`), and one sweep over
//!    the commits finds the paths of those blobs and who brought them (`attribute`).
//! 3. The leads of a blob are settled for each of its paths, which needs no bytes. Blobs
//!    with the same value at the same path are one occurrence: the first; the others are
//!    counted. Only these first ones are read again, whole and by the ordinary scan, for
//!    lines, columns and markers (`occurrence`).
//!
//! Messages of commits and tags are text at a path of their own, and so are blobs that no
//! folder holds.

mod attribute;
#[cfg(test)]
mod equality;
mod folders;
mod key;
mod missing;
mod occurrence;
mod probe;
mod read;
mod select;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sluicegate_core::{HistoryCoverage, Report, SkipReason, Skipped};
use sluicegate_git::{Kind, Problem, Repository, RepositoryError, Store};

use crate::collect::{self, Gathered};
use crate::error::{ScanError, ScanErrorKind};
use crate::options::Monitor;
use crate::scanner::Scanner;
use attribute::Commits;
use folders::Folders;
use key::{BuildKeyHasher, Key, key};
use occurrence::Groups;
use read::{Reader, Readings, Suspect};
use select::{Selected, Selection};

/// The choices of a scan of history; start from [`HistoryOptions::default`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HistoryOptions {
    /// Whether to leave out what only the stash, a reflog or nothing leads to.
    pub reachable_only: bool,
    /// Only what this leads to: the name of a branch, a tag or another reference, or the
    /// whole id of a commit.
    pub branch: Option<String>,
    /// Only values that came to their paths with a commit at or after this time, in seconds
    /// since 1970.
    pub since: Option<i64>,
    /// Whether to scan the histories of submodules as well.
    pub submodules: bool,
    /// Whether to read every blob whole as well, and to report as an internal fault where
    /// that gives another answer. Slow.
    pub paranoid: bool,
}

impl Scanner {
    /// Scans everything that the object database of the repository at `path` holds:
    /// whatever references, the stash, notes and reflogs lead to, and what nothing leads to,
    /// with the messages of commits and tags.
    ///
    /// An occurrence in the report is the first of its value at a path, and its
    /// [`Provenance`](sluicegate_core::Provenance) says which commit brought it.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), sluicegate_scan::ScanError> {
    /// # let scanner: sluicegate_scan::Scanner = unimplemented!();
    /// use sluicegate_scan::{HistoryOptions, Monitor};
    ///
    /// let options = HistoryOptions::default();
    /// let report = scanner.scan_history("some/repo".as_ref(), &options, &Monitor::default())?;
    /// for place in report.findings.iter().flat_map(|finding| &finding.occurrences) {
    ///     let commit = place.provenance.as_ref().and_then(|p| p.commit.as_ref());
    ///     println!("{} {}", place.path, commit.map_or("", |commit| &commit.id));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no repository, or an option makes no sense. Objects that are damaged are
    /// in the report's coverage; that some are missing, as in a shallow or a partial clone,
    /// is no fault.
    pub fn scan_history(
        &self,
        path: &Path,
        options: &HistoryOptions,
        monitor: &Monitor,
    ) -> Result<Report, ScanError> {
        let started = Instant::now();
        let unread = |why: RepositoryError| {
            let kind = if why.is_missing() {
                ScanErrorKind::NoRepository
            } else {
                ScanErrorKind::UnreadableRepository
            };
            ScanError::new(kind, format!("cannot scan history: {why}"))
        };
        let repository = Repository::discover(path).map_err(unread)?;
        let exclude = sluicegate_source::Exclude::new(Path::new("/"), &self.options().exclude)
            .map_err(|why| ScanError::new(ScanErrorKind::BadGlob, why))?;
        let selection = Selection::of(&repository, options)?;
        let scan = |prefix: String, repository: &Repository, selection: &Selection| {
            let store = repository.store();
            let scan = HistoryScan {
                scanner: self,
                store: &store,
                monitor,
                exclude: &exclude,
                prefix,
            };
            scan.run(repository, options, selection)
        };
        let gathered = self.install(|| {
            let mut gathered = scan(String::new(), &repository, &selection);
            let modules = options.submodules.then(|| repository.submodules());
            for module in modules.into_iter().flatten() {
                let path = module.path;
                match module.repository {
                    Some(Ok(inner)) => {
                        gathered.merge(scan(format!("{path}/"), &inner, &selection.inside()));
                    }
                    Some(Err(why)) => {
                        let detail = why.to_string();
                        gathered.skip(path, SkipReason::Unreadable, detail);
                    }
                    None => {
                        let detail = "the submodule was never cloned; `git submodule update \
                                      --init` does";
                        gathered.skip(path, SkipReason::Missing, detail.to_owned());
                    }
                }
            }
            gathered
        })?;
        Ok(collect::report(
            gathered,
            self.rules(),
            self.fingerprints(),
            monitor.is_cancelled(),
            started.elapsed(),
        ))
    }
}

/// One scan of one repository.
struct HistoryScan<'s> {
    scanner: &'s Scanner,
    store: &'s Store,
    monitor: &'s Monitor,
    exclude: &'s sluicegate_source::Exclude,
    /// What stands before every path: that of the submodule.
    prefix: String,
}

impl HistoryScan<'_> {
    fn run(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
        selection: &Selection,
    ) -> Gathered {
        let mut gathered = Gathered::default();
        self.tell(self.store.problems(), &mut gathered);
        let max_size = self.scanner.options().max_file_size.unwrap_or(u64::MAX);
        let kinds = [Kind::Blob, Kind::Commit, Kind::Tag];
        self.monitor.expect(self.store.count(&kinds));
        let readers = self.store.walk(&kinds, max_size, || {
            Reader::new(self.scanner, options, self.monitor)
        });
        let mut readings: Vec<Readings> = readers.into_iter().map(Reader::finish).collect();
        let mut commits = Vec::new();
        let mut tags = Vec::new();
        let mut history = HistoryCoverage::default();
        for reading in &mut readings {
            for skipped in reading.skipped.drain(..) {
                self.skip(skipped, &mut gathered);
            }
            gathered.files += reading.files;
            gathered.bytes += reading.bytes;
            history.searched += reading.searched;
            commits.append(&mut reading.commits);
            tags.append(&mut reading.tags);
        }
        history.commits = commits.len() as u64;
        gathered.history = Some(history);
        if self.monitor.is_cancelled() {
            return gathered;
        }
        for skipped in missing::find(repository, self.store, &commits, self.monitor) {
            self.skip(skipped, &mut gathered);
        }
        if readings.iter().any(|r| !r.suspects.is_empty()) {
            let tips = repository.tips();
            self.tell(&tips.problems, &mut gathered);
            let commits = Commits::new(commits, &tags, &tips);
            self.attribute(&readings, &commits, selection, &mut gathered);
        }
        gathered
    }

    fn attribute(
        &self,
        readings: &[Readings],
        commits: &Commits,
        selection: &Selection,
        gathered: &mut Gathered,
    ) {
        let selected = Selected::of(selection, commits);
        let folders = self.folders(readings);
        let (paths, placed) = commits.place(&folders, &selected);
        if paths.is_full() {
            let skipped = Skipped {
                path: Arc::from("(folders)"),
                reason: SkipReason::TooManyMatches,
                detail: "so many paths that not all were followed".to_owned(),
            };
            self.skip(skipped, gathered);
        }
        let mut groups = Groups::new(self, commits, &folders, &paths, &selected);
        for reading in readings {
            for suspect in &reading.suspects {
                let placements = placed.get(&key(suspect.id.as_bytes()));
                groups.add(
                    &reading.leads,
                    suspect,
                    placements.map_or(&[], Vec::as_slice),
                );
            }
        }
        groups.report(gathered);
    }

    fn folders(&self, readings: &[Readings]) -> Folders {
        let blobs = || {
            let suspects = readings.iter().flat_map(|r| &r.suspects);
            suspects.filter(|suspect: &&Suspect| suspect.kind == Kind::Blob)
        };
        let wanted: HashSet<Key, BuildKeyHasher> =
            blobs().map(|suspect| key(suspect.id.as_bytes())).collect();
        let ids = blobs().map(|suspect| suspect.id.as_bytes().to_vec());
        Folders::read(self.store, &wanted, ids, &|| self.monitor.is_cancelled())
    }

    fn tell(&self, problems: &[Problem], gathered: &mut Gathered) {
        for problem in problems {
            let skipped = Skipped {
                path: Arc::from(problem.what.as_str()),
                reason: SkipReason::Unreadable,
                detail: problem.reason.clone(),
            };
            self.skip(skipped, gathered);
        }
    }

    fn skip(&self, mut skipped: Skipped, gathered: &mut Gathered) {
        if !self.prefix.is_empty() {
            skipped.path = Arc::from(format!("{}{}", self.prefix, skipped.path));
        }
        gathered.skipped.push(skipped);
    }
}
