//! Where a value was copied from, if that is cheaply known.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem::Finder;
use sluicegate_core::Secret;
use sluicegate_git::change::files;

use super::{ChangeScan, value};
use crate::blob::{By, Hit, Worker};

/// So many bytes of untouched files are searched for introduced values.
const BUDGET: usize = 16 << 20;

/// Larger files are not searched.
const LARGE: u64 = 1 << 20;

/// The hits that are values: that others refer to the same credential is no copy.
fn secrets(hits: &[Hit]) -> impl Iterator<Item = &Hit> {
    hits.iter().filter(|hit| matches!(hit.rule, By::Rule(_)))
}

impl ChangeScan<'_> {
    /// Notes for each hit an untouched file that holds the value as well. To search them
    /// all could take as long as a scan of everything, so it ends after a while.
    pub(super) fn find_origins(&self, change: &sluicegate_git::Change, hits: &mut [Hit]) {
        let stop = || self.monitor.is_cancelled();
        let mut values: HashMap<Secret, Option<Arc<str>>> =
            secrets(hits).map(|hit| (value(hit), None)).collect();
        // The same value may be written in several ways; the first is looked for.
        let finders: Vec<(Secret, Finder<'_>)> = secrets(hits)
            .map(|hit| (value(hit), Finder::new(hit.secret.expose_secret_bytes())))
            .collect();
        let mut worker = Worker::new(self.scanner.rules(), &self.options);
        let mut left = BUDGET;
        let touched: std::collections::HashSet<_> =
            change.replaced.iter().map(|old| old.id).collect();
        for base in &change.bases {
            for file in files(self.objects, *base, &stop) {
                if left == 0 || stop() || values.values().all(Option::is_some) {
                    break;
                }
                if touched.contains(&file.id) {
                    continue;
                }
                let Ok(Some((_, bytes))) = self.objects.read(&file.id, LARGE) else {
                    continue;
                };
                left = left.saturating_sub(bytes.len());
                let is_open = |value: &Secret| values.get(value).is_some_and(Option::is_none);
                let has_one = finders
                    .iter()
                    .any(|(value, finder)| is_open(value) && finder.find(&bytes).is_some());
                if !has_one {
                    continue;
                }
                let path: Arc<str> = Arc::from(String::from_utf8_lossy(&file.path));
                for found in self.scan(&mut worker, &path, &bytes).unwrap_or_default() {
                    if let Some(origin @ None) = values.get_mut(&value(&found)) {
                        *origin = Some(Arc::clone(&path));
                    }
                }
            }
        }
        drop(finders);
        for hit in hits
            .iter_mut()
            .filter(|hit| matches!(hit.rule, By::Rule(_)))
        {
            hit.copied_from = values.get(&value(hit)).cloned().flatten();
        }
    }
}
