//! What is known from earlier scans.
//!
//! Packs never change, so what was read in one holds for good: which of its objects may
//! hold something, and its commits. The next scan reads those few objects again, with what
//! they are made of, and none of the others (`pack`). If nothing at all has changed, the
//! places of what was found are known, and only the objects there are read (`state`).
//!
//! The files hold ids, paths, numbers and times. They hold no value and nothing made of
//! one: values are read from the repository again. They lie in the folder `sluicegate` of
//! the repository's git folder, or in one that the caller names if that cannot be written.

mod codec;
mod folder;
mod pack;
mod state;

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use sluicegate_git::{Repository, Store, Tips};

use super::{HistoryOptions, HistoryScan};
use folder::{FileKey, Folder};
pub(super) use pack::PackRecord;
pub(super) use state::{Row, StateRecord, WantedHits};

/// Goes up with every change of what the files hold or of how their contents are made; the
/// matching engine has a name of its own, [`sluicegate_core::ENGINE`].
const FORMAT: u32 = 2;

/// The cache of one repository.
pub(super) struct Cache<'s> {
    scan: &'s HistoryScan<'s>,
    folder: Folder,
}

impl<'s> Cache<'s> {
    /// The cache, if one is asked for. Nothing is written before something is known.
    pub(super) fn of(
        scan: &'s HistoryScan<'s>,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Option<Self> {
        if !options.cache || options.paranoid {
            return None;
        }
        let common = repository.common_dir();
        let mut candidates = vec![common.join("sluicegate")];
        if let Some(fallback) = &options.cache_fallback {
            let name = Sha256::digest(common.as_os_str().as_encoded_bytes());
            let name: String = name[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            candidates.push(PathBuf::from(fallback).join(name));
        }
        let folder = Folder::new(candidates);
        Some(Self { scan, folder })
    }

    pub(super) fn load_pack(&self, pack: usize) -> Option<PackRecord> {
        let key = self.pack_key(pack);
        let bytes = self.folder.load("pack", &key, self.scan.monitor)?;
        let record = PackRecord::decode(&bytes);
        if record.is_none() {
            self.folder.distrust("pack", &key, self.scan.monitor);
        }
        record
    }

    pub(super) fn save_pack(&self, pack: usize, record: &PackRecord) {
        let key = self.pack_key(pack);
        self.folder
            .save("pack", &key, &record.encode(), self.scan.monitor);
    }

    pub(super) fn load_state(&self, key: &StateKey) -> Option<StateRecord> {
        let bytes = self.folder.load("state", &key.0, self.scan.monitor)?;
        let record = StateRecord::decode(&bytes);
        if record.is_none() {
            self.distrust_state(key);
        }
        record
    }

    pub(super) fn distrust_state(&self, key: &StateKey) {
        self.folder.distrust("state", &key.0, self.scan.monitor);
    }

    pub(super) fn save_state(&self, key: &StateKey, record: &StateRecord) {
        self.folder
            .save("state", &key.0, &record.encode(), self.scan.monitor);
    }

    /// What reading a pack depends on.
    fn pack_key(&self, pack: usize) -> FileKey {
        let store = self.scan.store;
        let mut mix = self.mix();
        mix.add(store.pack_checksum(pack).as_bytes());
        let repeats = store.repeats(pack).unwrap_or_default();
        let repeats: Vec<u8> = repeats.iter().map(|repeat| u8::from(*repeat)).collect();
        mix.add(&repeats);
        mix.key()
    }

    /// What the answer depends on.
    pub(super) fn state_key(
        &self,
        repository: &Repository,
        tips: &Tips,
        selection: &[u8],
    ) -> StateKey {
        let store: &Store = self.scan.store;
        let options = self.scan.scanner.options();
        let mut mix = self.mix();
        mix.add(self.scan.prefix.as_bytes());
        mix.add(selection);
        mix.add(options.min_confidence.as_str().as_bytes());
        // Notebooks are shown by cell where containers are opened.
        mix.add(&[u8::from(options.archive_depth > 0)]);
        for marker in &options.markers {
            mix.add(marker.text().as_bytes());
        }
        for glob in &options.exclude {
            mix.add(glob.as_bytes());
        }
        for pack in 0..store.pack_count() {
            mix.add(store.pack_checksum(pack).as_bytes());
        }
        mix.add(&[u8::from(store.is_partial())]);
        let shallow = repository.shallow();
        let head: Vec<_> = tips.head.into_iter().collect();
        for ids in [
            store.loose(),
            &shallow,
            &head,
            &tips.refs,
            &tips.stash,
            &tips.reflog,
        ] {
            mix.add(&(ids.len() as u64).to_le_bytes());
            for id in ids {
                mix.add(id.as_bytes());
            }
        }
        for problem in store.problems().iter().chain(&tips.problems) {
            mix.add(problem.what.as_bytes());
            mix.add(problem.reason.as_bytes());
        }
        StateKey(mix.key())
    }

    /// Begins a key with what everything depends on: this program, its engine and rules,
    /// how the files are written, and how large an object may be.
    fn mix(&self) -> Mix {
        let mut mix = Mix(Sha256::new());
        mix.add(env!("CARGO_PKG_VERSION").as_bytes());
        mix.add(self.scan.scanner.rules().digest().as_bytes());
        mix.add(sluicegate_core::ENGINE.as_bytes());
        mix.add(&FORMAT.to_le_bytes());
        let size = self.scan.scanner.options().max_file_size;
        mix.add(&size.unwrap_or(u64::MAX).to_le_bytes());
        mix
    }
}

/// Identifies all that an answer depends on.
pub(super) struct StateKey(FileKey);

/// Mixes parts into a key, so that no two lists of parts give the same.
struct Mix(Sha256);

impl Mix {
    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn key(self) -> FileKey {
        self.0.finalize().into()
    }
}
