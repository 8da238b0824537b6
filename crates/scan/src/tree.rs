//! A folder: every file below it, on all threads.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use sluicegate_core::text;
use sluicegate_core::{SkipReason, Skipped};
use sluicegate_git::Tracked;
use sluicegate_source::artifact::{self, Purse};
use sluicegate_source::{
    Entry, Exclude, LargeFile, Read, Visit, WalkOptions, read_small, shown, walk,
};

use crate::artifact::{Common, Input};
use crate::blob::{Found, MAX_MATCHES, Place, Worker};
use crate::collect::{Gathered, Local};
use crate::error::{ScanError, ScanErrorKind};
use crate::large;
use crate::options::Monitor;
use crate::reference;
use crate::scanner::Scanner;

/// Containers of at most so many bytes are opened by the thread that meets them: to share
/// one takes longer than to read it.
const SMALL_CONTAINER: usize = 256 << 10;

/// What the threads of one walk share.
pub(crate) struct Tree<'s> {
    pub(crate) scanner: &'s Scanner,
    pub(crate) monitor: &'s Monitor,
    pub(crate) gathered: &'s Mutex<Gathered>,
    /// Large files are left for later, when all threads can share one.
    pub(crate) large: Mutex<Vec<PathBuf>>,
    /// So are containers, but for small ones.
    pub(crate) containers: Mutex<Vec<PathBuf>>,
    /// What those share who open containers.
    pub(crate) purse: Arc<Purse>,
    pub(crate) waiting: AtomicUsize,
}

impl Tree<'_> {
    /// Scans the folder.
    pub(crate) fn folder(&self, root: &Path) -> Result<(), ScanError> {
        let options = self.scanner.options();
        let exclude = Exclude::new(root, &options.exclude)
            .map_err(|why| ScanError::new(ScanErrorKind::BadGlob, why))?;
        let (tracked, respect) = match Tracked::discover(root) {
            _ if !options.respect_ignore_files => (None, false),
            Ok(tracked) => (tracked, true),
            Err(error) => {
                // Without the index nobody knows what is tracked, so nothing is ignored.
                self.skip(error.path(), SkipReason::Unreadable, error.to_string());
                (None, false)
            }
        };
        let walk_options = WalkOptions {
            threads: self.scanner.threads(),
            respect_ignore_files: respect,
            exclude: exclude.clone(),
        };
        let hasher = RandomState::new();
        let visited = tracked.as_ref().map(|_| Mutex::new(HashSet::new()));
        walk(root, &walk_options, || {
            let mut files = Files::new(self);
            let mut seen = Seen {
                shared: visited.as_ref(),
                own: Vec::new(),
            };
            let hasher = &hasher;
            move |entry: Entry<'_>| {
                if self.monitor.is_cancelled() {
                    return Visit::Stop;
                }
                match entry {
                    Entry::File(path) => {
                        if seen.shared.is_some() {
                            seen.own.push(hasher.hash_one(path));
                        }
                        files.scan(path);
                    }
                    Entry::Skipped(path, reason, detail) => files.skip(&path, reason, detail),
                }
                Visit::Continue
            }
        });
        self.layout(root);
        if let (Some(tracked), Some(visited)) = (tracked, visited) {
            let visited = visited.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.tracked_but_ignored(root, &tracked, &exclude, &hasher, &visited);
        }
        Ok(())
    }

    /// If the folder is an image, its layers are containers like others, but have names.
    fn layout(&self, root: &Path) {
        if self.scanner.options().archive_depth == 0 {
            return;
        }
        let Some(layout) = artifact::layout(root, &shown(root)) else {
            return;
        };
        let mut files = Files::new(self);
        for detail in layout.missing {
            let own = &mut files.local.own;
            own.skip(shown(root), SkipReason::Damaged, detail);
        }
        for (name, text) in layout.configurations {
            let mut found = Found::default();
            let place = Place::whole(text.len());
            let encoding = text::Encoding::Text;
            files
                .worker
                .scan(&name, &text, encoding, &place, &mut found);
            files.local.own.add(found);
        }
        files.local.own.images.extend(layout.image);
    }

    /// A file that git tracks is scanned whatever the ignore files say.
    fn tracked_but_ignored(
        &self,
        root: &Path,
        tracked: &Tracked,
        exclude: &Exclude,
        hasher: &RandomState,
        visited: &HashSet<u64>,
    ) {
        let Ok(absolute) = std::path::absolute(root) else {
            return;
        };
        let Ok(inner) = absolute.strip_prefix(tracked.root()) else {
            return;
        };
        let mut files = Files::new(self);
        for path in tracked.paths() {
            let Ok(below) = path.strip_prefix(inner) else {
                continue;
            };
            let path = root.join(below);
            if visited.contains(&hasher.hash_one(&*path)) || self.monitor.is_cancelled() {
                continue;
            }
            // Deleted in the work tree, or excluded by the user: not there to be read.
            if path.symlink_metadata().is_ok_and(|m| m.is_file()) && !exclude.has_file(&path) {
                files.scan(&path);
            }
        }
    }

    /// Scans the large files, each on all threads.
    pub(crate) fn large_files(&self) {
        let mut paths =
            std::mem::take(&mut *self.large.lock().unwrap_or_else(PoisonError::into_inner));
        paths.sort_unstable();
        for path in paths {
            if self.monitor.is_cancelled() {
                return;
            }
            let mut files = Files::new(self);
            files.scan_large(&path);
        }
    }

    /// Opens the containers, some side by side.
    pub(crate) fn containers(&self) -> Result<(), ScanError> {
        let mut paths = std::mem::take(
            &mut *self
                .containers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if paths.is_empty() {
            return Ok(());
        }
        paths.sort_unstable();
        // The last is taken first.
        paths.reverse();
        let paths = Mutex::new(paths);
        self.scanner
            .install(|| rayon::scope(|scope| self.open_all(&paths, scope)))
    }

    /// Opens one after the other, and asks others to do the same if there may be more.
    fn open_all<'l>(&'l self, paths: &'l Mutex<Vec<PathBuf>>, scope: &Scope<'l>) {
        loop {
            let (path, left) = {
                let mut paths = paths.lock().unwrap_or_else(PoisonError::into_inner);
                (paths.pop(), paths.len())
            };
            let Some(path) = path.filter(|_| !self.monitor.is_cancelled()) else {
                return;
            };
            if left > 0 && self.purse.join() {
                scope.spawn(|scope| {
                    self.open_all(paths, scope);
                    self.purse.leave();
                });
            }
            self.open_one(&path);
        }
    }

    pub(crate) fn common(&self) -> Common<'_> {
        Common {
            monitor: self.monitor,
            purse: &self.purse,
            waiting: &self.waiting,
        }
    }

    fn open_one(&self, path: &Path) {
        let opened = match File::open(path) {
            Ok(file) => {
                let input = Input::File(file);
                self.scanner.open(&shown(path), input, self.common())
            }
            Err(why) => return Files::new(self).failed(path, &why),
        };
        match opened {
            Ok(opened) => self
                .gathered
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .merge(opened),
            Err(why) => self.skip(path, SkipReason::Internal, why.to_string()),
        }
    }

    fn skip(&self, path: &Path, reason: SkipReason, detail: String) {
        Files::new(self).skip(path, reason, detail);
    }
}

/// The paths that one thread has visited, as hashes; handed over when it ends.
struct Seen<'s> {
    shared: Option<&'s Mutex<HashSet<u64>>>,
    own: Vec<u64>,
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared {
            shared
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(self.own.drain(..));
        }
    }
}

/// Scans files on one thread.
pub(crate) struct Files<'s> {
    tree: &'s Tree<'s>,
    worker: Worker<'s>,
    buf: Vec<u8>,
    local: Local<'s>,
}

impl<'s> Files<'s> {
    pub(crate) fn new(tree: &'s Tree<'s>) -> Self {
        Self {
            tree,
            worker: tree.scanner.worker(),
            buf: Vec::new(),
            local: Local::new(tree.gathered),
        }
    }

    /// Scans the file, or leaves it for later if it is large.
    pub(crate) fn scan(&mut self, path: &Path) {
        match read_small(path, &mut self.buf) {
            Ok(Read::Whole(length)) => {
                if self.tree.scanner.is_container(&self.buf[..length]) {
                    if length > SMALL_CONTAINER {
                        return self.put_off(&self.tree.containers, path);
                    }
                    return self.open(path);
                }
                let options = self.tree.scanner.options();
                if options
                    .max_file_size
                    .is_some_and(|most| length as u64 > most)
                {
                    return self.too_large(path, length as u64);
                }
                let shown = shown(path);
                let mut found = Found::default();
                let bytes = &self.buf[..length];
                let worker = &mut self.worker;
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    let encoding = text::encoding(bytes);
                    worker.scan(&shown, bytes, encoding, &Place::current(length), &mut found);
                }));
                if outcome.is_err() {
                    // What it had written to may be half done.
                    self.worker = self.tree.scanner.worker();
                    return self.skip(path, SkipReason::Internal, "please report this".to_owned());
                }
                self.done(path, length as u64, found);
                self.tree.monitor.add_bytes(length as u64);
            }
            Ok(Read::Large(file)) => {
                if self.is_large_container(&file) {
                    return self.put_off(&self.tree.containers, path);
                }
                let options = self.tree.scanner.options();
                if options.max_file_size.is_some_and(|most| file.size() > most) {
                    return self.too_large(path, file.size());
                }
                self.put_off(&self.tree.large, path);
            }
            Err(why) => self.failed(path, &why),
        }
    }

    /// Opens a small container.
    fn open(&mut self, path: &Path) {
        // Again, as what is in it is read from more than one place.
        match File::open(path) {
            Ok(file) => {
                let scanner = self.tree.scanner;
                let opened = scanner.open_here(&shown(path), file, self.tree.common());
                self.local.own.merge(opened);
            }
            Err(why) => self.failed(path, &why),
        }
    }

    /// Whether a large file, of which the start is in the buffer, is a container.
    fn is_large_container(&mut self, file: &LargeFile) -> bool {
        let scanner = self.tree.scanner;
        if scanner.is_container(&self.buf) || !artifact::may_carry_zip(&self.buf) {
            return scanner.is_container(&self.buf);
        }
        let last = file.pieces().saturating_sub(1);
        let mut tail = Vec::new();
        let read = file.read_piece(last, artifact::ZIP_TAIL, &mut tail);
        // What cannot be read is told when the file is.
        read.is_ok() && scanner.options().archive_depth > 0 && artifact::ends_as_zip(&tail)
    }

    fn put_off(&self, list: &Mutex<Vec<PathBuf>>, path: &Path) {
        list.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(path.to_owned());
    }

    fn scan_large(&mut self, path: &Path) {
        let scanner = self.tree.scanner;
        // Opened again: waiting with an open file each could use up all there are.
        let file = match read_small(path, &mut self.buf) {
            Ok(Read::Large(file)) => file,
            Ok(Read::Whole(_)) => return self.scan(path),
            Err(why) => return self.failed(path, &why),
        };
        let overlap = large::overlap(scanner.rules().set().reach());
        let shown = shown(path);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            scanner.install(|| {
                large::scan_file(
                    &shown,
                    &file,
                    || scanner.worker(),
                    overlap,
                    self.tree.monitor,
                )
            })
        }));
        match outcome {
            Ok(Ok(Ok(mut found))) => {
                found.trouble = reference::in_pieces(&shown, scanner.options());
                self.done(path, file.size(), found);
            }
            Ok(Ok(Err(why))) => self.failed(path, &why),
            Ok(Err(why)) => self.skip(path, SkipReason::Internal, why.to_string()),
            Err(_) => self.skip(path, SkipReason::Internal, "please report this".to_owned()),
        }
    }

    fn done(&mut self, path: &Path, bytes: u64, found: Found) {
        if found.truncated {
            let detail = format!("more than {MAX_MATCHES}");
            self.skip(path, SkipReason::TooManyMatches, detail);
        }
        if let Some(trouble) = &found.trouble {
            let reason = reference::skip_reason(trouble);
            self.skip(path, reason, trouble.detail.clone());
        }
        self.tree.monitor.add_file(found.hits.len() as u64);
        self.local.own.files += 1;
        self.local.own.bytes += bytes;
        self.local.own.add(found);
    }

    fn too_large(&mut self, path: &Path, size: u64) {
        self.skip(path, SkipReason::TooLarge, format!("{size} bytes"));
    }

    fn failed(&mut self, path: &Path, why: &io::Error) {
        let reason = match why.kind() {
            io::ErrorKind::NotFound => SkipReason::Vanished,
            io::ErrorKind::UnexpectedEof => SkipReason::Shrunk,
            _ => SkipReason::Unreadable,
        };
        self.skip(path, reason, sluicegate_source::reason(why));
    }

    pub(crate) fn skip(&mut self, path: &Path, reason: SkipReason, detail: String) {
        let path = Arc::from(shown(path));
        self.local.own.skipped.push(Skipped {
            parts: 1,
            path,
            reason,
            detail,
        });
    }
}
