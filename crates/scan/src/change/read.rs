//! What a change brings, read and scanned.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use sluicegate_core::text;
use sluicegate_core::{SkipReason, Skipped};
use sluicegate_git::change::file_at;
use sluicegate_git::{Failure, Kind, ObjectId, Version, object};
use sluicegate_references::Trouble;

use super::ChangeScan;
use crate::blob::{Found, Hit, MAX_MATCHES, Place, Worker};
use crate::collect::Gathered;
use crate::commit::{COMMIT_MESSAGE, TAG_MESSAGE};
use crate::error::ScanError;
use crate::reference;

/// So few objects are read on one thread: to start others would take longer.
const FEW: usize = 16;

/// A hit in something that the change brings.
pub(super) struct New {
    /// The number of what it was found in; see [`Blobs::version`].
    pub(super) item: usize,
    pub(super) hit: Hit,
}

/// All that a change brings: versions of files, and messages of commits and tags.
pub(super) struct Blobs<'c, 's> {
    scan: &'c ChangeScan<'s>,
    items: Vec<Version>,
    /// How many of them are files; the others are messages.
    files: usize,
    /// The numbers of the items of each object, in order.
    objects: Vec<(ObjectId, Vec<usize>)>,
    /// Where the change ends.
    heads: &'c [ObjectId],
}

impl<'c, 's> Blobs<'c, 's> {
    pub(super) fn new(scan: &'c ChangeScan<'s>, change: &'c sluicegate_git::Change) -> Self {
        let mut items = change.brought.clone();
        let files = items.len();
        let message = |path: &str, id: &ObjectId, commit| Version {
            path: path.as_bytes().to_vec(),
            id: *id,
            commit,
        };
        for (number, id) in (0u32..).zip(&change.commits) {
            items.push(message(COMMIT_MESSAGE, id, Some(number)));
        }
        let tags = change.tags.iter();
        items.extend(tags.map(|id| message(TAG_MESSAGE, id, None)));
        let mut objects: Vec<(ObjectId, Vec<usize>)> = Vec::new();
        let mut known: HashMap<ObjectId, usize> = HashMap::new();
        for (number, item) in items.iter().enumerate() {
            let at = *known.entry(item.id).or_insert_with(|| {
                objects.push((item.id, Vec::new()));
                objects.len() - 1
            });
            objects[at].1.push(number);
        }
        Self {
            scan,
            items,
            files,
            objects,
            heads: &change.heads,
        }
    }

    /// What a hit was found in.
    pub(super) fn version(&self, item: usize) -> &Version {
        &self.items[item]
    }

    /// Whether it is a message and no file.
    pub(super) fn is_message(&self, item: usize) -> bool {
        item >= self.files
    }

    /// Reads all of it; gives what is found, in order.
    pub(super) fn read(&self, gathered: &mut Gathered) -> Result<Vec<New>, ScanError> {
        let read = self.scan.each(&self.objects, |worker, (id, numbers)| {
            self.read_one(worker, id, numbers)
        })?;
        let mut new = Vec::new();
        for (hits, own) in read {
            new.extend(hits);
            gathered.merge(own);
        }
        new.sort_by_key(|new: &New| new.item);
        Ok(new)
    }

    /// Whether the version is there when the change is done.
    fn stands(&self, item: usize) -> bool {
        let Version { path, id, .. } = &self.items[item];
        let mut heads = self.heads.iter();
        self.heads.is_empty()
            || heads.any(|head| file_at(self.scan.objects, *head, path) == Some(*id))
    }

    fn read_one(
        &self,
        worker: &mut Worker<'_>,
        id: &ObjectId,
        numbers: &[usize],
    ) -> (Vec<New>, Gathered) {
        let (mut hits, mut gathered) = (Vec::new(), Gathered::default());
        let paths: Vec<_> = numbers
            .iter()
            .map(|&number| (number, self.scan.shown(&self.items[number].path)))
            .filter_map(|(number, path)| Some((number, path?)))
            .collect();
        let Some((_, first)) = paths.first() else {
            return (hits, gathered);
        };
        let bytes = match self.scan.text_of(id) {
            Ok(bytes) => bytes,
            Err((reason, detail)) => {
                gathered.skipped.push(Skipped {
                    parts: 1,
                    path: Arc::clone(first),
                    reason,
                    detail,
                });
                return (hits, gathered);
            }
        };
        gathered.files += 1;
        gathered.bytes += bytes.len() as u64;
        for (number, path) in paths {
            match self.scan.scan(worker, &path, &bytes) {
                Ok((found, trouble)) => {
                    hits.extend(found.into_iter().map(|hit| New { item: number, hit }));
                    // A version that was put right within the change stands in nobody's way.
                    let trouble = trouble.filter(|_| self.stands(number));
                    gathered.skipped.extend(trouble.map(|trouble| Skipped {
                        parts: 1,
                        path,
                        reason: reference::skip_reason(&trouble),
                        detail: trouble.detail,
                    }));
                }
                Err((reason, detail)) => gathered.skipped.push(Skipped {
                    parts: 1,
                    path,
                    reason,
                    detail,
                }),
            }
        }
        self.scan.monitor.add_bytes(bytes.len() as u64);
        self.scan.monitor.add_file(hits.len() as u64);
        (hits, gathered)
    }
}

/// Why something was not read.
pub(super) type Unread = (SkipReason, String);

impl<'s> ChangeScan<'s> {
    /// Does something for each, on all threads if it is worth it; gives what it gave, in
    /// order. Stops early if the scan is cancelled.
    pub(super) fn each<T: Sync, R: Send>(
        &self,
        all: &[T],
        task: impl Fn(&mut Worker<'_>, &T) -> R + Sync,
    ) -> Result<Vec<R>, ScanError> {
        let worker = || Worker::new(self.scanner.rules(), &self.options);
        let go_on = || !self.monitor.is_cancelled();
        if all.len() <= FEW || self.scanner.threads() == 1 {
            let mut worker = worker();
            let going = all.iter().take_while(|_| go_on());
            return Ok(going.map(|one| task(&mut worker, one)).collect());
        }
        self.scanner.install(|| {
            all.par_iter()
                .map_init(worker, |worker, one| go_on().then(|| task(worker, one)))
                .while_some()
                .collect()
        })
    }

    /// The path as it is shown, unless it is excluded.
    pub(super) fn shown(&self, path: &[u8]) -> Option<Arc<str>> {
        let shown = String::from_utf8_lossy(path);
        let is_excluded = self.exclude.has_file(&Path::new("/").join(&*shown));
        (!is_excluded).then(|| Arc::from(shown))
    }

    /// The contents of a file, or what a commit or a tag says.
    pub(super) fn text_of(&self, id: &ObjectId) -> Result<Vec<u8>, Unread> {
        let max_size = self.options.max_file_size.unwrap_or(u64::MAX);
        match self.objects.read(id, max_size) {
            Ok(Some((Kind::Commit | Kind::Tag, bytes))) => Ok(object::message(&bytes).to_vec()),
            Ok(Some((_, bytes))) => Ok(bytes),
            Ok(None) => Err((
                SkipReason::Unreadable,
                format!("object {id} is not in this repository; a partial clone lacks some"),
            )),
            Err(Failure::TooLarge(size)) => Err((SkipReason::TooLarge, format!("{size} bytes"))),
            Err(Failure::Damaged(why)) => {
                Err((SkipReason::Unreadable, format!("object {id}: {why}")))
            }
        }
    }

    /// Scans a file, whatever its confidence; gives why references could not be looked for,
    /// too.
    pub(super) fn scan(
        &self,
        worker: &mut Worker<'_>,
        path: &str,
        bytes: &[u8],
    ) -> Result<(Vec<Hit>, Option<Trouble>), Unread> {
        let mut found = Found::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut scan = |path: &str, bytes: &[u8]| {
                let place = Place::current(bytes.len());
                worker.scan(path, bytes, text::encoding(bytes), &place, &mut found);
            };
            match self.scanner.cells(path, bytes) {
                Some(texts) => texts.iter().for_each(|(p, text)| scan(p, text.as_bytes())),
                None => scan(path, bytes),
            }
        }));
        if outcome.is_err() {
            // What it had written to may be half done.
            worker.scratch = self.scanner.rules().set().scratch();
            worker.matches = crate::blob::Matches::default();
            return Err((SkipReason::Internal, "please report this".to_owned()));
        }
        if found.truncated {
            let detail = format!("more than {MAX_MATCHES}");
            return Err((SkipReason::TooManyMatches, detail));
        }
        Ok((found.hits, found.trouble))
    }
}
