//! Archives, packages and images: what is inside is scanned as if it lay in a folder.
//!
//! Some threads open, an artifact or a layer each, and the others scan what comes out, as long
//! as not too much of it waits; then those that open scan as well. What is small is opened by
//! whoever meets it, and scanned there unless it turns out to be large.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use sluicegate_core::text;
use sluicegate_core::{SkipReason, Skipped};
use sluicegate_source::Pieces;
use sluicegate_source::artifact::{self, Image, Inners, Limits, Purse, Visitor};

use crate::beside::Line;
use crate::blob::{Found, MAX_MATCHES, Place, Worker};
use crate::collect::Gathered;
use crate::error::ScanError;
use crate::large::{self, Stream, Turn};
use crate::options::Monitor;
use crate::reference;
use crate::scanner::Scanner;
use crate::skips::Skips;

/// So many bytes of small parts are handed to another thread together.
const BATCH: usize = 256 << 10;

/// More than so many bytes do not wait to be scanned.
const WAITING: usize = 24 << 20;

/// So many bytes of deletions are remembered, of all layers together; what they are for is
/// one word in a report.
pub(crate) const MOST_NOTED: usize = 32 << 20;

/// What those share who open artifacts in one scan.
#[derive(Clone, Copy)]
pub(crate) struct Common<'l> {
    pub(crate) monitor: &'l Monitor,
    pub(crate) purse: &'l Arc<Purse>,
    /// How many bytes came out of all of them that are not scanned yet.
    pub(crate) waiting: &'l AtomicUsize,
}

/// What is opened.
pub(crate) enum Input<'i> {
    File(File),
    Stream(&'i mut (dyn io::Read + Send)),
}

impl Scanner {
    /// How far artifacts are opened.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.depth = self.options().archive_depth;
        limits.largest = self.options().max_file_size.unwrap_or(u64::MAX);
        limits
    }

    /// Opens an artifact and scans what is in it.
    pub(crate) fn open(
        &self,
        path: &str,
        input: Input<'_>,
        common: Common<'_>,
    ) -> Result<Gathered, ScanError> {
        let room = Room::default();
        let shared = room.shared(self, common);
        self.install(|| rayon::scope(|scope| shared.open(path, input, Some(scope))))?;
        Ok(room.gathered(path))
    }

    /// The same on the thread that asks: for what is small, where the others have work of
    /// their own. They help with what is large when it comes out.
    pub(crate) fn open_here(&self, path: &str, file: File, common: Common<'_>) -> Gathered {
        let room = Room::default();
        room.shared(self, common)
            .open(path, Input::File(file), None);
        room.gathered(path)
    }
}

/// What the threads that scan one artifact write to.
#[derive(Default)]
pub(crate) struct Room<'s> {
    gathered: Mutex<Gathered>,
    skips: Mutex<Skips>,
    idle: Mutex<Vec<Worker<'s>>>,
}

impl<'s> Room<'s> {
    pub(crate) fn shared<'l>(&'l self, scanner: &'s Scanner, common: Common<'l>) -> Shared<'l, 's> {
        Shared {
            scanner,
            monitor: common.monitor,
            purse: common.purse,
            waiting: common.waiting,
            gathered: &self.gathered,
            skips: &self.skips,
            idle: &self.idle,
        }
    }

    /// What was found in the artifact at `path`.
    pub(crate) fn gathered(self, path: &str) -> Gathered {
        let skips = self.skips.into_inner();
        let gathered = self.gathered.into_inner();
        let mut gathered = gathered.unwrap_or_else(PoisonError::into_inner);
        gathered.skipped = skips.unwrap_or_else(PoisonError::into_inner).finish(path);
        gathered
    }
}

/// What the threads that scan one artifact share.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'l, 's> {
    pub(crate) scanner: &'s Scanner,
    pub(crate) monitor: &'l Monitor,
    pub(crate) purse: &'l Arc<Purse>,
    pub(crate) gathered: &'l Mutex<Gathered>,
    pub(crate) skips: &'l Mutex<Skips>,
    /// Bytes that came out and are not scanned yet.
    pub(crate) waiting: &'l AtomicUsize,
    /// Workers that nobody uses.
    pub(crate) idle: &'l Mutex<Vec<Worker<'s>>>,
}

impl<'l, 's> Shared<'l, 's> {
    /// Opens an artifact; without a scope, all on this thread.
    fn open<'scope>(self, path: &str, input: Input<'_>, scope: Option<&Scope<'scope>>)
    where
        'l: 'scope,
        's: 'scope,
    {
        let mut parts = Parts::new(self, scope);
        let limits = self.scanner.limits();
        let opened = catch_unwind(AssertUnwindSafe(|| match input {
            Input::File(file) => {
                artifact::open_file_beside(path, file, limits, self.purse, &mut parts);
            }
            Input::Stream(reader) => {
                artifact::open_stream_beside(path, reader, limits, self.purse, &mut parts);
            }
        }));
        if opened.is_err() {
            parts.skipped(path, SkipReason::Internal, "please report this".to_owned());
        }
        parts.hand_over();
    }

    fn with_worker<T>(&self, task: impl FnOnce(&mut Worker<'s>) -> T) -> Option<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut worker = idle.unwrap_or_else(|| self.scanner.worker());
        // A worker that failed is not used again: what it wrote to may be half done.
        let outcome = catch_unwind(AssertUnwindSafe(|| task(&mut worker))).ok()?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(worker);
        Some(outcome)
    }

    fn scan(&self, parts: Vec<(String, Vec<u8>)>) {
        for (path, bytes) in parts {
            if self.monitor.is_cancelled() {
                return;
            }
            let mut found = Found::default();
            let scanned = self.with_worker(|worker| {
                let place = Place::current(bytes.len());
                worker.scan(&path, &bytes, text::encoding(&bytes), &place, &mut found);
            });
            self.monitor.add_bytes(bytes.len() as u64);
            if scanned.is_some() {
                self.took(&path, bytes.len() as u64, found);
            } else {
                self.skip(&path, SkipReason::Internal, "please report this".to_owned());
            }
        }
    }

    /// Scans a large part.
    fn pieces<'scope>(
        self,
        path: &str,
        reader: &mut dyn io::Read,
        scope: Option<&Scope<'scope>>,
    ) -> io::Result<()>
    where
        'l: 'scope,
        's: 'scope,
    {
        let shared = self;
        let overlap = large::overlap(shared.scanner.rules().set().reach());
        let mut pieces = Pieces::new(reader, overlap);
        let stream = Arc::new(Stream::new(path));
        let outcome = loop {
            if shared.monitor.is_cancelled() {
                break Ok(());
            }
            let (piece, buf) = match pieces.next_piece() {
                Ok(None) => break Ok(()),
                Err(why) => break Err(why),
                Ok(Some(read)) => read,
            };
            let turn = stream.turn(piece, buf);
            let Some(scope) = scope.filter(|_| shared.has_room_for(buf.len())) else {
                shared.piece(&stream, &turn, buf);
                continue;
            };
            let (stream, buf) = (Arc::clone(&stream), buf.to_vec());
            shared.waiting.fetch_add(buf.len(), Ordering::Relaxed);
            scope.spawn(move |_| {
                shared.piece(&stream, &turn, &buf);
                shared.waiting.fetch_sub(buf.len(), Ordering::Relaxed);
                shared.leave(stream);
            });
        };
        shared.leave(stream);
        outcome
    }

    /// Whether so many bytes may wait.
    fn has_room_for(&self, bytes: usize) -> bool {
        self.waiting.load(Ordering::Relaxed) + bytes <= WAITING
    }

    /// Scans a piece of a large part. One that a worker fails on is missing afterwards.
    fn piece(&self, stream: &Stream, turn: &Turn, buf: &[u8]) {
        let _ = self.with_worker(|worker| stream.scan(turn, buf, worker, self.monitor));
    }

    /// Whoever is the last to leave a large part takes what was found in it: nobody waits
    /// for its last pieces, and the next part is opened meanwhile.
    fn leave(&self, stream: Arc<Stream>) {
        let Some(whole) = Arc::into_inner(stream).map(Stream::join) else {
            return;
        };
        let mut found = whole.found;
        found.trouble = reference::in_pieces(&whole.path, self.scanner.options());
        if whole.has_failed {
            let detail = "please report this".to_owned();
            self.skip(&whole.path, SkipReason::Internal, detail);
        }
        self.took(&whole.path, whole.bytes, found);
    }

    fn took(&self, path: &str, bytes: u64, found: Found) {
        if found.truncated {
            self.skip(
                path,
                SkipReason::TooManyMatches,
                format!("more than {MAX_MATCHES}"),
            );
        }
        if let Some(trouble) = &found.trouble {
            let reason = reference::skip_reason(trouble);
            self.skip(path, reason, trouble.detail.clone());
        }
        self.monitor.add_file(found.hits.len() as u64);
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.files += 1;
        gathered.bytes += bytes;
        gathered.add(found);
    }

    pub(crate) fn skip(&self, path: &str, reason: SkipReason, detail: String) {
        let mut skips = self.skips.lock().unwrap_or_else(PoisonError::into_inner);
        skips.add(Skipped {
            parts: 1,
            path: Arc::from(path),
            reason,
            detail,
        });
    }
}

/// Takes what comes out of an artifact.
pub(crate) struct Parts<'r, 'l, 's, 'scope> {
    shared: Shared<'l, 's>,
    /// Where other threads may take a part.
    scope: Option<&'r Scope<'scope>>,
    batch: Vec<(String, Vec<u8>)>,
    batched: usize,
    /// How many bytes of deletions are remembered.
    noted: usize,
}

impl<'r, 'l: 'scope, 's: 'scope, 'scope> Parts<'r, 'l, 's, 'scope> {
    pub(crate) fn new(shared: Shared<'l, 's>, scope: Option<&'r Scope<'scope>>) -> Self {
        Self {
            shared,
            scope,
            batch: Vec::new(),
            batched: 0,
            noted: 0,
        }
    }

    pub(crate) fn hand_over(&mut self) {
        let parts = std::mem::take(&mut self.batch);
        let bytes = std::mem::take(&mut self.batched);
        let shared = self.shared;
        let Some(scope) = self.scope.filter(|_| shared.has_room_for(bytes)) else {
            return shared.scan(parts);
        };
        shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        scope.spawn(move |_| {
            shared.scan(parts);
            shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
        });
    }
}

impl<'l: 'scope, 's: 'scope, 'scope> Visitor for Parts<'_, 'l, 's, 'scope> {
    fn whole(&mut self, path: &str, bytes: Vec<u8>) {
        // Every part costs some memory, also an empty one.
        self.batched += bytes.len() + path.len() + 64;
        self.batch.push((path.to_owned(), bytes));
        if self.batched >= BATCH {
            self.hand_over();
        }
    }

    fn stream(&mut self, path: &str, reader: &mut dyn io::Read) -> io::Result<()> {
        let shared = self.shared;
        match self.scope {
            Some(_) => shared.pieces(path, reader, self.scope),
            None => shared
                .scanner
                .with_help(|scope| shared.pieces(path, reader, scope)),
        }
    }

    fn skipped(&mut self, path: &str, reason: SkipReason, detail: String) {
        self.shared.skip(path, reason, detail);
    }

    fn inners(&mut self, inners: &Inners) {
        self.hand_over();
        match self.scope {
            Some(_) => Line::new(inners, self.shared, self.noted).open(),
            None => inners.open_in_turn(self),
        }
    }

    fn image(&mut self, image: Image) {
        let mut gathered = self
            .shared
            .gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        gathered.images.push(image);
    }

    fn deletes(&mut self, container: &str, path: String) {
        self.noted += noted(container, &path);
        if self.noted > MOST_NOTED {
            return;
        }
        let mut gathered = self
            .shared
            .gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        gathered.deletions.push((container.to_owned(), path));
    }

    fn is_cancelled(&self) -> bool {
        self.shared.monitor.is_cancelled()
    }
}

/// How many bytes it takes to remember that a container deletes this.
pub(crate) fn noted(container: &str, path: &str) -> usize {
    container.len() + path.len() + 64
}
