//! Where a value was copied from, if that is cheaply known.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use memchr::memmem::Finder;
use sluicegate_core::Secret;
use sluicegate_git::change::files;
use sluicegate_git::{ObjectId, Version};

use super::{ChangeScan, New, value};
use crate::blob::{By, Hit, Worker};

/// So many untouched files are searched for introduced values, and so many bytes of them:
/// whoever waits for a hook does not wait for this.
const FILES: usize = 400;
const BUDGET: usize = 4 << 20;

/// Larger files are not searched.
const LARGE: u64 = 1 << 20;

/// What values came from; those that are not known yet have nothing.
type Origins = HashMap<Secret, Option<Arc<str>>>;

/// The files that hold introduced values, as blobs.
pub(super) fn holders(new: &[New], version: impl Fn(usize) -> ObjectId) -> HashSet<ObjectId> {
    new.iter().map(|new| version(new.item)).collect()
}

/// The hits that are values: that others refer to the same credential is no copy.
fn secrets(hits: &[Hit]) -> impl Iterator<Item = &Hit> {
    hits.iter().filter(|hit| matches!(hit.rule, By::Rule(_)))
}

impl ChangeScan<'_> {
    /// Notes for each hit an untouched file that holds the value as well. A file that is one
    /// of `holders` was copied as a whole; of the others those are searched that are most
    /// like the files which have the values now, as far as that takes no time to speak of.
    pub(super) fn find_origins(
        &self,
        change: &sluicegate_git::Change,
        holders: &HashSet<ObjectId>,
        hits: &mut [Hit],
    ) {
        let stop = || self.monitor.is_cancelled();
        let mut origins: Origins = secrets(hits).map(|hit| (value(hit), None)).collect();
        // The same value may be written in several ways.
        let finders: Vec<(Secret, Finder<'_>)> = secrets(hits)
            .map(|hit| (value(hit), Finder::new(hit.secret.expose_secret_bytes())))
            .collect();
        let touched: HashSet<_> = change.replaced.iter().map(|old| old.id).collect();
        let likes = Likes::of(hits);
        let mut worker = Worker::new(self.scanner.rules(), &self.options);
        let (mut count, mut left) = (FILES, BUDGET);
        for base in &change.bases {
            let mut untouched = files(self.objects, *base, &stop);
            untouched.retain(|file| !touched.contains(&file.id));
            untouched.sort_by_key(|file| (!holders.contains(&file.id), likes.distance(file)));
            for file in untouched {
                let is_known = origins.values().all(Option::is_some);
                if count == 0 || left == 0 || stop() || is_known {
                    break;
                }
                count -= 1;
                let Ok(Some((_, bytes))) = self.objects.read(&file.id, LARGE) else {
                    continue;
                };
                left = left.saturating_sub(bytes.len());
                self.search(&mut worker, &file, &bytes, &finders, &mut origins);
            }
        }
        drop(finders);
        for hit in hits
            .iter_mut()
            .filter(|hit| matches!(hit.rule, By::Rule(_)))
        {
            hit.copied_from = origins.get(&value(hit)).cloned().flatten();
        }
    }

    fn search(
        &self,
        worker: &mut Worker<'_>,
        file: &Version,
        bytes: &[u8],
        finders: &[(Secret, Finder<'_>)],
        origins: &mut Origins,
    ) {
        let is_open = |value: &Secret| origins.get(value).is_some_and(Option::is_none);
        let has_one = finders
            .iter()
            .any(|(value, finder)| is_open(value) && finder.find(bytes).is_some());
        if !has_one {
            return;
        }
        let path: Arc<str> = Arc::from(String::from_utf8_lossy(&file.path));
        for found in self.scan(worker, &path, bytes).unwrap_or_default().0 {
            if let Some(origin @ None) = origins.get_mut(&value(&found)) {
                *origin = Some(Arc::clone(&path));
            }
        }
    }
}

/// What the files are called that hold introduced values.
struct Likes {
    names: HashSet<String>,
    kinds: HashSet<String>,
}

impl Likes {
    fn of(hits: &[Hit]) -> Self {
        let path = |hit: &Hit| Path::new(&*hit.path).to_owned();
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        let names = hits
            .iter()
            .filter_map(|hit| Some(text(path(hit).file_name()?)));
        let kinds = hits
            .iter()
            .filter_map(|hit| Some(text(path(hit).extension()?)));
        Self {
            names: names.collect(),
            kinds: kinds.collect(),
        }
    }

    /// The less the more alike.
    fn distance(&self, file: &Version) -> u8 {
        let path = String::from_utf8_lossy(&file.path);
        let path = Path::new(&*path);
        let is_one = |part: Option<&std::ffi::OsStr>, of: &HashSet<String>| {
            part.is_some_and(|part| of.contains(&*part.to_string_lossy()))
        };
        match (
            is_one(path.file_name(), &self.names),
            is_one(path.extension(), &self.kinds),
        ) {
            (true, _) => 0,
            (_, true) => 1,
            _ => 2,
        }
    }
}
