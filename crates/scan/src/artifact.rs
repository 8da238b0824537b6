//! Archives, packages and images: what is inside is scanned as if it lay in a folder.
//!
//! One thread opens, the others scan what comes out, as long as not too much of it waits;
//! then the one that opens scans as well. What is small is opened and scanned by whoever
//! meets it.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use sluicegate_core::text;
use sluicegate_core::{ImageLayer, SkipReason, Skipped};
use sluicegate_source::Pieces;
use sluicegate_source::artifact::{self, INSIDE, Image, Limits, Visitor};

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
const MOST_NOTED: usize = 32 << 20;

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
        monitor: &Monitor,
    ) -> Result<Gathered, ScanError> {
        let room = Room::default();
        let shared = room.shared(self, monitor);
        self.install(|| rayon::scope(|scope| shared.open(path, input, Some(scope))))?;
        Ok(room.gathered(path))
    }

    /// The same on the thread that asks and no other: for what is small, where the others
    /// have work of their own.
    pub(crate) fn open_here(&self, path: &str, file: File, monitor: &Monitor) -> Gathered {
        let room = Room::default();
        room.shared(self, monitor)
            .open(path, Input::File(file), None);
        room.gathered(path)
    }
}

/// What the threads that scan one artifact write to.
#[derive(Default)]
struct Room<'s> {
    gathered: Mutex<Gathered>,
    skips: Mutex<Skips>,
    waiting: AtomicUsize,
    idle: Mutex<Vec<Worker<'s>>>,
}

impl<'s> Room<'s> {
    fn shared<'l>(&'l self, scanner: &'s Scanner, monitor: &'l Monitor) -> Shared<'l, 's> {
        Shared {
            scanner,
            monitor,
            gathered: &self.gathered,
            skips: &self.skips,
            waiting: &self.waiting,
            idle: &self.idle,
        }
    }

    /// What was found in the artifact at that path.
    fn gathered(self, path: &str) -> Gathered {
        let mut gathered = self
            .gathered
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let skips = self.skips.into_inner();
        let skips = skips.unwrap_or_else(PoisonError::into_inner);
        gathered.skipped = skips.finish(path);
        gathered
    }
}

/// What the threads that scan one artifact share.
#[derive(Clone, Copy)]
struct Shared<'l, 's> {
    scanner: &'s Scanner,
    monitor: &'l Monitor,
    gathered: &'l Mutex<Gathered>,
    skips: &'l Mutex<Skips>,
    /// Bytes that came out and are not scanned yet.
    waiting: &'l AtomicUsize,
    /// Workers that nobody uses.
    idle: &'l Mutex<Vec<Worker<'s>>>,
}

impl<'l, 's> Shared<'l, 's> {
    /// Opens an artifact; without a scope, all on this thread.
    fn open<'scope>(self, path: &str, input: Input<'_>, scope: Option<&Scope<'scope>>)
    where
        'l: 'scope,
        's: 'scope,
    {
        let mut parts = Parts {
            shared: self,
            scope,
            batch: Vec::new(),
            batched: 0,
            noted: 0,
        };
        let limits = self.scanner.limits();
        let opened = catch_unwind(AssertUnwindSafe(|| match input {
            Input::File(file) => artifact::open_file(path, file, limits, &mut parts),
            Input::Stream(reader) => artifact::open_stream(path, reader, limits, &mut parts),
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

    fn skip(&self, path: &str, reason: SkipReason, detail: String) {
        let mut skips = self.skips.lock().unwrap_or_else(PoisonError::into_inner);
        skips.add(Skipped {
            path: Arc::from(path),
            reason,
            detail,
        });
    }
}

/// Takes what comes out of an artifact.
struct Parts<'r, 'l, 's, 'scope> {
    shared: Shared<'l, 's>,
    /// Where other threads may take a part.
    scope: Option<&'r Scope<'scope>>,
    batch: Vec<(String, Vec<u8>)>,
    batched: usize,
    /// How many bytes of deletions are remembered.
    noted: usize,
}

impl<'r, 'l: 'scope, 's: 'scope, 'scope> Parts<'r, 'l, 's, 'scope> {
    /// Where so many bytes can be handed over, if not too many wait.
    fn scope_for(&self, bytes: usize) -> Option<&'r Scope<'scope>> {
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        self.scope.filter(|_| waiting + bytes <= WAITING)
    }

    fn hand_over(&mut self) {
        let parts = std::mem::take(&mut self.batch);
        let bytes = std::mem::take(&mut self.batched);
        let shared = self.shared;
        let Some(scope) = self.scope_for(bytes) else {
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
            let Some(scope) = self.scope_for(buf.len()) else {
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

    fn skipped(&mut self, path: &str, reason: SkipReason, detail: String) {
        self.shared.skip(path, reason, detail);
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
        self.noted += container.len() + path.len() + 64;
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

/// Gives layers of images the names that people know them by, and says what made them.
pub(crate) fn name_layers<'s>(gathered: &mut Gathered, worker: impl Fn() -> Worker<'s>) {
    if gathered.images.is_empty() {
        return;
    }
    let mut worker = worker();
    let images = std::mem::take(&mut gathered.images);
    let mut deletions: HashMap<String, Vec<String>> = HashMap::new();
    for (container, path) in gathered.deletions.drain(..) {
        deletions.entry(container).or_default().push(path);
    }
    let mut layers = HashMap::new();
    for image in &images {
        for (number, layer) in image.layers.iter().enumerate() {
            layers.insert(layer.path.as_str(), (image, number));
        }
    }
    let places = Places { layers, deletions };
    for hit in &mut gathered.hits {
        if let Some((path, image, number, inner)) = places.find(&hit.path) {
            let layer = &image.layers[number];
            hit.layer = Some(Arc::new(ImageLayer {
                number: number + 1,
                digest: layer.digest.clone(),
                created_by: layer
                    .created_by
                    .as_deref()
                    .map(|text| redacted(text, &mut worker)),
                deleted_by: places.deleted_by(image, number, inner).map(|n| n + 1),
            }));
            hit.path = path;
        }
    }
    for path in gathered
        .skipped
        .iter_mut()
        .map(|skipped| &mut skipped.path)
        .chain(gathered.unused.iter_mut().map(|unused| &mut unused.path))
    {
        if let Some((named, ..)) = places.find(path) {
            *path = named;
        }
    }
}

/// Where layers are.
struct Places<'i> {
    layers: HashMap<&'i str, (&'i Image, usize)>,
    deletions: HashMap<String, Vec<String>>,
}

impl<'i> Places<'i> {
    /// The path by the layer's name, the image, the layer's number, and the path inside.
    fn find<'p>(&self, path: &'p str) -> Option<(Arc<str>, &'i Image, usize, &'p str)> {
        if let Some(&(image, number)) = self.layers.get(path) {
            return Some((Arc::from(layer_name(image, number)), image, number, ""));
        }
        let ends = path.match_indices(INSIDE).map(|(at, _)| at);
        let (at, &(image, number)) = ends
            .rev()
            .find_map(|at| Some((at, self.layers.get(&path[..at])?)))?;
        let inner = &path[at + INSIDE.len_utf8()..];
        let named = format!("{}{INSIDE}{inner}", layer_name(image, number));
        Some((Arc::from(named), image, number, inner))
    }

    /// The first layer above that deletes the file.
    fn deleted_by(&self, image: &Image, number: usize, inner: &str) -> Option<usize> {
        let file = inner.split(INSIDE).next().unwrap_or(inner);
        let above = image.layers.iter().enumerate().skip(number + 1);
        above
            .filter(|(_, layer)| {
                self.deletions.get(&layer.path).is_some_and(|paths| {
                    paths.iter().any(|deleted| {
                        file.strip_prefix(deleted.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    })
                })
            })
            .map(|(above, _)| above)
            .next()
    }
}

/// The path of a layer, by its number.
fn layer_name(image: &Image, number: usize) -> String {
    let digest = match &image.layers[number].digest {
        Some(digest) => format!(" ({})", digest.get(..19).unwrap_or(digest)),
        None => String::new(),
    };
    format!("{}{INSIDE}layer {}{digest}", image.path, number + 1)
}

/// The longest instruction that is shown, in characters.
const INSTRUCTION: usize = 160;

/// The instruction without the values that may be secret: arguments of the build, and
/// whatever any rule takes for one.
fn redacted(instruction: &str, worker: &mut Worker<'_>) -> String {
    let text = instruction.trim();
    // `RUN |2 NAME=value OTHER=value /bin/sh -c ...`: the arguments of the build.
    let mut out = String::new();
    let mut arguments = 0;
    for word in text.split_inclusive(' ') {
        if let Some(count) = word
            .trim()
            .strip_prefix('|')
            .and_then(|n| n.parse::<usize>().ok())
        {
            arguments = count;
        } else if arguments > 0 {
            arguments -= 1;
            if let Some((name, _)) = word.split_once('=') {
                out.push_str(name);
                out.push_str("=* ");
                continue;
            }
        }
        out.push_str(word);
    }
    for span in worker.secrets(out.as_bytes()).into_iter().rev() {
        if out.is_char_boundary(span.start) && out.is_char_boundary(span.end) {
            out.replace_range(span.start..span.end, "*");
        } else {
            return String::new();
        }
    }
    if out.chars().count() > INSTRUCTION {
        out = out.chars().take(INSTRUCTION).chain(['…']).collect();
    }
    out
}
