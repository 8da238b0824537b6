//! All that a repository's object database holds, and which commit brought each secret in.
//!
//! 1. Every blob and every message is read once, in the order of storage; of a blob that
//!    is stored as a difference to another only what is new is read (`probe`). The paths of
//!    a blob are not known then, and some rules ask for one. So this reading leaves open
//!    what depends on the path: it gives, for each anchor, what it is in files of each
//!    kind. That holds for all blobs that carry the same bytes on, and a blob without any
//!    such lead has no finding at any path.
//!    Rules that look only at files of certain names are left out.
//! 2. All folders are read (`folders`). Blobs that have such a name there are read once
//!    more with all rules; they are few. One sweep over the commits finds the paths of all
//!    blobs with leads and who brought them (`attribute`).
//! 3. The leads of a blob are settled for each of its paths, which needs no bytes. Blobs
//!    with the same value at the same path are one occurrence: the first; the others are
//!    counted. Only these first ones are read again, whole and by the ordinary scan, for
//!    lines, columns and markers (`occurrence`).
//!
//! Messages of commits and tags are text at a path of their own, and so are blobs that no
//! folder holds.

mod attribute;
mod cache;
#[cfg(test)]
mod equality;
mod folders;
mod key;
mod memo;
mod missing;
mod occurrence;
mod probe;
mod read;
mod select;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use sluicegate_core::{HistoryCoverage, Report, Scope, SkipReason, Skipped};
use sluicegate_git::{Kind, ObjectId, Part, Problem, Repository, RepositoryError, Source, Store};

use crate::collect::{self, Gathered};
use crate::error::{ScanError, ScanErrorKind};
use crate::options::Monitor;
use crate::scanner::Scanner;
use attribute::Commits;
use cache::{Cache, PackRecord, Row, StateRecord};
use folders::Folders;
use key::{BuildKeyHasher, Key, key};
use occurrence::Groups;
use read::{CommitNode, Reader, Readings, Suspect};
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
    /// Whether to keep what is found out in the folder `sluicegate` of the repository's git
    /// folder, and to use what is there. It holds ids and places, and no values.
    pub cache: bool,
    /// The folder for that where the git folder cannot be written; each repository gets
    /// its own in it.
    pub cache_fallback: Option<PathBuf>,
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

/// All that the first reading gave, of whatever was read now or before.
struct Known {
    threads: Vec<Readings>,
    commits: Vec<CommitNode>,
    tags: Vec<(ObjectId, ObjectId)>,
}

impl HistoryScan<'_> {
    fn run(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
        selection: &Selection,
    ) -> Gathered {
        let tips = repository.tips();
        let cache = Cache::of(self, repository, options);
        let key = cache
            .as_ref()
            .map(|cache| cache.state_key(repository, &tips, &selection.key()));
        if let (Some(cache), Some(key)) = (&cache, &key)
            && let Some(record) = cache.load_state(key)
        {
            if let Some(gathered) = self.replay(&record) {
                return gathered;
            }
            cache.distrust_state(key);
        }
        let mut gathered = Gathered::default();
        self.tell(self.store.problems(), &mut gathered);
        self.tell(&tips.problems, &mut gathered);
        let known = self.read(options, cache.as_ref(), &mut gathered);
        if self.monitor.is_cancelled() {
            return gathered;
        }
        let mut threads = known.threads;
        let (mut folders, commits) = rayon::join(
            || self.folders(options, &mut threads, &mut gathered),
            || Commits::new(known.commits, &known.tags, &tips),
        );
        let missing = folders.take_missing();
        let is_suspect = threads.iter().any(|r| r.suspects().next().is_some());
        let (missing, rows) = rayon::join(
            || missing::find(repository, self.store, commits.all(), missing),
            || match is_suspect {
                true => self.attribute(&threads, &folders, &commits, selection, &mut gathered),
                false => Vec::new(),
            },
        );
        for skipped in missing {
            self.skip(skipped, &mut gathered);
        }
        // What went wrong in the scanner may go right the next time.
        let is_sound = |s: &Skipped| s.reason != SkipReason::Internal;
        if let (Some(cache), Some(key)) = (&cache, &key)
            && !self.monitor.is_cancelled()
            && gathered.skipped.iter().all(is_sound)
        {
            let record = StateRecord {
                files: gathered.files,
                bytes: gathered.bytes,
                below_confidence: gathered.below_confidence,
                history: gathered.history.unwrap_or_default(),
                skipped: gathered.skipped.clone(),
                rows,
            };
            cache.save_state(key, &record);
        }
        gathered
    }

    /// Reads all objects, or what is not known of them.
    fn read(
        &self,
        options: &HistoryOptions,
        cache: Option<&Cache<'_>>,
        gathered: &mut Gathered,
    ) -> Known {
        let kinds = [Kind::Blob, Kind::Commit, Kind::Tag];
        let mut parts = self.store.parts();
        let mut records: Vec<PackRecord> = Vec::new();
        let mut sources = Vec::new();
        for part in &mut parts {
            if let Source::Pack(pack) = part.source
                && let Some(record) = cache.and_then(|cache| cache.load_pack(pack))
            {
                part.only = Some(record.suspects.clone());
                sources.push(part.source);
                records.push(record);
            }
        }
        let known_files: u64 = records.iter().map(|record| record.files).sum();
        let total = self.store.count(&parts, &kinds);
        self.monitor.expect(total);
        let max_size = self.scanner.options().max_file_size.unwrap_or(u64::MAX);
        let readers = self.store.walk_parts(&parts, &kinds, max_size, || {
            Reader::new(self.scanner, options, self.monitor, Scope::Common, &sources)
        });
        let mut threads: Vec<Readings> = readers.into_iter().map(Reader::finish).collect();
        let mut history = HistoryCoverage {
            searched: threads.iter().map(|thread| thread.searched).sum(),
            cached: known_files,
            ..HistoryCoverage::default()
        };
        for part in &parts {
            let (record, is_new) = match sources.iter().position(|s| *s == part.source) {
                Some(at) => (std::mem::take(&mut records[at]), false),
                None => (self.gather(part.source, &mut threads), true),
            };
            let is_sound = |s: &Skipped| s.reason != SkipReason::Internal;
            if let (Source::Pack(pack), Some(cache), true) = (part.source, cache, is_new)
                && !self.monitor.is_cancelled()
                && record.skipped.iter().all(is_sound)
            {
                cache.save_pack(pack, &record);
            }
            records.push(record);
        }
        let mut commits = Vec::new();
        let mut tags = Vec::new();
        for record in records {
            for skipped in record.skipped {
                self.skip(skipped, gathered);
            }
            gathered.files += record.files;
            gathered.bytes += record.bytes;
            commits.extend(record.commits);
            tags.extend(record.tags);
        }
        // What cannot be read any more of what was known.
        for thread in &mut threads {
            for (_, part) in &mut thread.parts {
                for skipped in part.skipped.drain(..) {
                    self.skip(skipped, gathered);
                }
            }
        }
        history.commits = commits.len() as u64;
        gathered.history = Some(history);
        Known {
            threads,
            commits,
            tags,
        }
    }

    /// Puts together what all threads read in one place, but for leads.
    fn gather(&self, source: Source, threads: &mut [Readings]) -> PackRecord {
        let mut record = PackRecord::default();
        if let Source::Pack(pack) = source {
            let damage = self.store.damage(pack);
            record.skipped.extend(damage.iter().map(of_problem));
        }
        let parts = threads.iter_mut().flat_map(|thread| &mut thread.parts);
        for (_, part) in parts.filter(|(known, _)| *known == source) {
            record.files += part.files;
            record.bytes += part.bytes;
            record.suspects.extend(part.suspects.iter().map(|s| s.id));
            record.commits.append(&mut part.commits);
            record.tags.append(&mut part.tags);
            record.skipped.append(&mut part.skipped);
        }
        record.suspects.sort_unstable();
        record.commits.sort_unstable_by_key(|commit| commit.id);
        record.tags.sort_unstable();
        record
    }

    fn attribute(
        &self,
        threads: &[Readings],
        folders: &Folders,
        commits: &Commits,
        selection: &Selection,
        gathered: &mut Gathered,
    ) -> Vec<Row> {
        let selected = Selected::of(selection, commits);
        let (paths, placed) = commits.place(folders, &selected);
        if paths.is_full() {
            let skipped = Skipped {
                parts: 1,
                path: Arc::from("(folders)"),
                reason: SkipReason::TooManyMatches,
                detail: "so many paths that not all were followed".to_owned(),
            };
            self.skip(skipped, gathered);
        }
        let mut groups = Groups::new(self, commits, folders, &paths, &selected);
        for thread in threads {
            for suspect in thread.suspects() {
                let placements = placed.get(&key(suspect.id.as_bytes()));
                let placements = placements.map_or(&[][..], Vec::as_slice);
                groups.add(&thread.leads, suspect, placements);
            }
        }
        groups.report(gathered)
    }

    /// Reads all folders, and once more, with all rules, the blobs that have a name there
    /// that some of them ask for; adds what those may hold.
    fn folders(
        &self,
        options: &HistoryOptions,
        threads: &mut Vec<Readings>,
        gathered: &mut Gathered,
    ) -> Folders {
        let names = self.scanner.rules().set().names();
        let mut wanted = wanted(threads);
        let stopped = || self.monitor.is_cancelled();
        let mut folders = Folders::read(self.store, &wanted, &names, &stopped);
        let named: Vec<ObjectId> = folders.take_named();
        if !named.is_empty() && !self.monitor.is_cancelled() {
            let parts = self.store.parts().into_iter().map(|part| Part {
                only: Some(named.clone()),
                ..part
            });
            let parts: Vec<Part> = parts.collect();
            let sources: Vec<Source> = parts.iter().map(|part| part.source).collect();
            let max_size = self.scanner.options().max_file_size.unwrap_or(u64::MAX);
            let readers = self.store.walk_parts(&parts, &[Kind::Blob], max_size, || {
                Reader::new(self.scanner, options, self.monitor, Scope::All, &sources)
            });
            let again: HashSet<ObjectId> = named.into_iter().collect();
            let parts = threads.iter_mut().flat_map(|thread| &mut thread.parts);
            for (_, part) in parts {
                part.suspects.retain(|suspect| !again.contains(&suspect.id));
            }
            for reader in readers {
                let mut own = reader.finish();
                // That something cannot be read has been told.
                let parts = own.parts.iter_mut();
                let told = parts.flat_map(|(_, part)| part.skipped.drain(..));
                for skipped in told.filter(|s| s.reason == SkipReason::Internal) {
                    self.skip(skipped, gathered);
                }
                threads.push(own);
            }
            wanted = self::wanted(threads);
        }
        folders.mark(&wanted);
        folders
    }

    fn tell(&self, problems: &[Problem], gathered: &mut Gathered) {
        for problem in problems {
            self.skip(of_problem(problem), gathered);
        }
    }

    fn skip(&self, mut skipped: Skipped, gathered: &mut Gathered) {
        if !self.prefix.is_empty() {
            skipped.path = Arc::from(format!("{}{}", self.prefix, skipped.path));
        }
        gathered.skipped.push(skipped);
    }
}

/// The blobs that may hold something.
fn wanted(threads: &[Readings]) -> HashSet<Key, BuildKeyHasher> {
    let suspects = threads.iter().flat_map(Readings::suspects);
    let blobs = suspects.filter(|suspect: &&Suspect| suspect.kind == Kind::Blob);
    blobs.map(|suspect| key(suspect.id.as_bytes())).collect()
}

fn of_problem(problem: &Problem) -> Skipped {
    Skipped {
        parts: 1,
        path: Arc::from(problem.what.as_str()),
        reason: SkipReason::Unreadable,
        detail: problem.reason.clone(),
    }
}
