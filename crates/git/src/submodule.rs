//! The repositories inside a repository (`gitsubmodules(7)`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Tracked;
use crate::repository::{Repository, RepositoryError};

/// Modules of modules are followed so far.
const MAX_DEPTH: usize = 16;

/// A repository that another one has inside.
#[derive(Debug)]
pub struct Submodule {
    /// Where it stands in the working tree; its name, if it stands nowhere any more.
    pub path: String,
    /// The repository; `None` if it was never cloned.
    pub repository: Option<Result<Repository, RepositoryError>>,
}

impl Repository {
    /// The submodules that are in the index, those in them, and those that were cloned and
    /// are not in the index any more. Sorted by path.
    pub fn submodules(&self) -> Vec<Submodule> {
        let mut all = BTreeMap::new();
        self.add_submodules("", 0, &mut all);
        let all = all.into_iter();
        all.map(|(path, repository)| Submodule { path, repository })
            .collect()
    }

    fn add_submodules(
        &self,
        prefix: &str,
        depth: usize,
        all: &mut BTreeMap<String, Option<Result<Self, RepositoryError>>>,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut known: Vec<PathBuf> = Vec::new();
        let mut add = |path: String, found: Option<Result<Self, RepositoryError>>| {
            if let Some(Ok(repository)) = &found {
                known.push(repository.common_dir().to_owned());
                repository.add_submodules(&format!("{path}/"), depth + 1, all);
            }
            all.insert(path, found);
        };
        if let Some(root) = self.worktree()
            && let Ok(Some(tracked)) = Tracked::discover(root)
        {
            for path in tracked.submodules() {
                let folder = root.join(path);
                let found = folder
                    .join(".git")
                    .exists()
                    .then(|| Self::discover(&folder));
                let path = path.to_string_lossy().replace('\\', "/");
                add(format!("{prefix}{path}"), found);
            }
        }
        let modules = self.common_dir().join("modules");
        let mut more = Vec::new();
        for folder in git_dirs_below(&modules) {
            let found = Self::discover(&folder);
            let is_new = |repository: &Self| {
                let dir = repository.common_dir().canonicalize();
                !known
                    .iter()
                    .any(|k| k.canonicalize().ok() == dir.as_ref().ok().cloned())
            };
            if found.as_ref().is_ok_and(is_new) {
                let name = folder.strip_prefix(&modules).unwrap_or(&folder);
                let name = name.to_string_lossy().replace('\\', "/");
                more.push((format!("{prefix}{name}"), found));
            }
        }
        for (path, found) in more {
            // One that was cloned and is not checked out stands at its path in the index.
            if !matches!(all.get(&path), Some(Some(_))) {
                if let Ok(repository) = &found {
                    repository.add_submodules(&format!("{path}/"), depth + 1, all);
                }
                all.insert(path, Some(found));
            }
        }
    }
}

/// The git folders below `folder`, not those in others; names of modules may have slashes.
fn git_dirs_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![folder.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if path.join("HEAD").exists() && path.join("objects").is_dir() {
                found.push(path);
            } else {
                next.push(path);
            }
        }
    }
    found.sort();
    found
}
