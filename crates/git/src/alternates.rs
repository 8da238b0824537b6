//! The folders that a repository's objects lie in.

use std::path::{Path, PathBuf};

use crate::store::Problem;

/// Borrowing from repositories that borrow is followed so far, in folders.
const MAX_ALTERNATES: usize = 64;

/// Adds the folders that these borrow from: `info/alternates` names one in each line
/// (`gitrepository-layout(5)`).
pub(crate) fn follow(folders: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
    let mut at = 0;
    while at < folders.len() && at < MAX_ALTERNATES {
        let folder = folders[at].clone();
        at += 1;
        let Ok(text) = std::fs::read_to_string(folder.join("info/alternates")) else {
            continue;
        };
        for line in text
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
        {
            let other = folder.join(line);
            let known = |f: &PathBuf| same_folder(f, &other);
            if !other.is_dir() {
                problems.push(Problem {
                    what: other.display().to_string(),
                    reason: "the folder that objects are borrowed from is missing".to_owned(),
                });
            } else if !folders.iter().any(known) {
                folders.push(other);
            }
        }
    }
}

/// The indexes of the packs in these folders, sorted within each.
pub(crate) fn pack_indexes(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut indexes = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder.join("pack")) else {
            continue;
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut own: Vec<_> = paths
            .filter(|p| p.extension().is_some_and(|e| e == "idx"))
            .collect();
        own.sort();
        indexes.append(&mut own);
    }
    indexes
}

fn same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
