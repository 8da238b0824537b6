//! The files of the cache: found, checked and replaced as a whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::options::Monitor;

/// The first bytes of every file, with the version of the format.
const MAGIC: &[u8] = b"sluicegate cache 1\n";

const DIGEST: usize = 32;

/// So many files of each kind are kept.
const KEPT: usize = 64;

/// A file that is still being written after this time was left behind by a run that was
/// killed.
const STALE: Duration = Duration::from_secs(3600);

/// Identifies what a file says something about.
pub(super) type FileKey = [u8; DIGEST];

/// Folders that may hold the cache, the best first.
#[derive(Debug)]
pub(super) struct Folder {
    candidates: Vec<PathBuf>,
}

impl Folder {
    pub(super) fn new(candidates: Vec<PathBuf>) -> Self {
        Self { candidates }
    }

    /// What a file holds, if it is there and whole.
    pub(super) fn load(&self, kind: &str, key: &FileKey, monitor: &Monitor) -> Option<Vec<u8>> {
        let name = file_name(kind, key);
        let read = |folder: &PathBuf| {
            let path = folder.join(&name);
            fs::read(&path).ok().map(|bytes| (path, bytes))
        };
        let (path, mut bytes) = self.candidates.iter().find_map(read)?;
        let head = MAGIC.len() + DIGEST;
        let is_whole = bytes.len() >= head + DIGEST && {
            let (body, digest) = bytes.split_at(bytes.len() - DIGEST);
            body.starts_with(MAGIC)
                && body[MAGIC.len()..head] == *key
                && Sha256::digest(body).as_slice() == digest
        };
        if !is_whole {
            damaged(&path, monitor);
            return None;
        }
        bytes.truncate(bytes.len() - DIGEST);
        bytes.drain(..head);
        Some(bytes)
    }

    /// Says that what a file holds makes no sense.
    pub(super) fn distrust(&self, kind: &str, key: &FileKey, monitor: &Monitor) {
        damaged(Path::new(&file_name(kind, key)), monitor);
    }

    /// Puts a file in place at once: a run at the same time sees all of it or none.
    pub(super) fn save(&self, kind: &str, key: &FileKey, payload: &[u8], monitor: &Monitor) {
        let name = file_name(kind, key);
        let mut bytes = Vec::with_capacity(MAGIC.len() + payload.len() + 2 * DIGEST);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(payload);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        let mut why = None;
        for folder in &self.candidates {
            match replace(folder, &name, &bytes) {
                Ok(()) => {
                    tidy(folder, kind);
                    return;
                }
                Err(error) => {
                    why.get_or_insert((folder, error));
                }
            }
        }
        if let Some((folder, error)) = why {
            monitor.warn(format!(
                "cannot keep what was found out in `{}`: {}; the next scan reads all again",
                folder.display(),
                sluicegate_source::reason(&error)
            ));
        }
    }
}

fn damaged(path: &Path, monitor: &Monitor) {
    monitor.warn(format!(
        "`{}` of the cache is damaged; all is read again and it is replaced",
        path.display()
    ));
}

fn file_name(kind: &str, key: &FileKey) -> String {
    let hex: String = key[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{hex}")
}

fn replace(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let mut builder = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(folder)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("tmp-{}-{number}-{name}", std::process::id()));
    let written = options
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&temporary, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes what was left behind, and the oldest files of a kind when there are many.
fn tidy(folder: &Path, kind: &str) {
    let now = SystemTime::now();
    let mut own = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(time) = entry.metadata().and_then(|metadata| metadata.modified()) else {
            continue;
        };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("tmp-") {
            if now.duration_since(time).is_ok_and(|age| age > STALE) {
                let _ = fs::remove_file(entry.path());
            }
        } else if name.starts_with(kind) {
            own.push((time, entry.path()));
        }
    }
    own.sort_unstable();
    let surplus = own.len().saturating_sub(KEPT);
    for (_, path) in own.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
}
