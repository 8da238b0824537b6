//! Which values stood in what a change replaces.

use std::collections::HashSet;
use std::sync::Arc;

use memchr::memmem::Finder;
use sluicegate_core::{Secret, Skipped};
use sluicegate_git::change::file_at;
use sluicegate_git::{ObjectId, Version};

use super::{ChangeScan, value};
use crate::blob::Worker;
use crate::collect::Gathered;
use crate::error::ScanError;

impl ChangeScan<'_> {
    /// Those of `values` that stood in a version that the change replaces: at the path it
    /// had, or as a file at one of `paths`, where the value stands now. What a rule makes of
    /// a value can depend on the path, and a file that was moved brings nothing new.
    pub(super) fn known(
        &self,
        change: &sluicegate_git::Change,
        values: &HashSet<Secret>,
        paths: &HashSet<Arc<str>>,
        gathered: &mut Gathered,
    ) -> Result<HashSet<Secret>, ScanError> {
        let finders: Vec<(&Secret, Finder<'_>)> = values
            .iter()
            .map(|value| (value, Finder::new(value.expose_secret_bytes())))
            .collect();
        let mut known = HashSet::new();
        let mut seen: HashSet<ObjectId> = HashSet::new();
        let mut look = |versions: &[Version], known: &mut HashSet<Secret>| {
            let olds: Vec<&Version> = versions.iter().filter(|old| seen.insert(old.id)).collect();
            let read = self.each(&olds, |worker, old| self.old(worker, old, &finders, paths))?;
            for (found, skipped) in read {
                known.extend(found.into_iter().filter(|found| values.contains(found)));
                gathered.skipped.extend(skipped);
            }
            Ok(())
        };
        look(&change.replaced, &mut known)?;
        look(&self.at_start(change, paths), &mut known)?;
        if known.len() < values.len() {
            let stop = || self.monitor.is_cancelled();
            let over_all = change.replaced_over_all(self.objects, &stop);
            look(&over_all, &mut known)?;
        }
        Ok(known)
    }

    /// What stands at the start of the change at the paths where it has values.
    fn at_start(&self, change: &sluicegate_git::Change, paths: &HashSet<Arc<str>>) -> Vec<Version> {
        let at = |base, path: &Arc<str>| {
            let path = path.as_bytes().to_vec();
            let id = file_at(self.objects, base, &path)?;
            Some(Version {
                path,
                id,
                commit: None,
            })
        };
        let mut paths: Vec<_> = paths.iter().collect();
        paths.sort_unstable();
        let bases = change.bases.iter();
        bases
            .flat_map(|base| paths.iter().filter_map(|path| at(*base, path)))
            .collect()
    }

    fn old(
        &self,
        worker: &mut Worker<'_>,
        old: &Version,
        finders: &[(&Secret, Finder<'_>)],
        paths: &HashSet<Arc<str>>,
    ) -> (HashSet<Secret>, Vec<Skipped>) {
        let (mut found, mut skipped) = (HashSet::new(), Vec::new());
        let own: Arc<str> = Arc::from(String::from_utf8_lossy(&old.path));
        let unread = |(reason, detail)| Skipped {
            parts: 1,
            path: Arc::clone(&own),
            reason,
            detail,
        };
        let bytes = match self.text_of(&old.id) {
            Ok(bytes) => bytes,
            Err(why) => return (found, vec![unread(why)]),
        };
        match self.scan(worker, &own, &bytes) {
            Ok((hits, _)) => found.extend(hits.iter().map(value)),
            Err(why) => skipped.push(unread(why)),
        }
        // Scanned again only if it has a value that was not found in it.
        let has_more = finders
            .iter()
            .any(|(value, finder)| !found.contains(*value) && finder.find(&bytes).is_some());
        if has_more {
            for path in paths.iter().filter(|path| **path != own) {
                if let Ok((hits, _)) = self.scan(worker, path, &bytes) {
                    found.extend(hits.iter().map(value));
                }
            }
        }
        (found, skipped)
    }
}
