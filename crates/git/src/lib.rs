//! What git knows: which files are tracked, and what the object database holds.
//!
//! - [`Tracked`] lists the files of a working tree's index. Ignore files are for what is
//!   not tracked; a file that git tracks is scanned whatever they say.
//! - [`Repository`] finds a repository and the names in it; its [`Store`] holds the objects,
//!   which [`Store::walk`] shows to a [`Visitor`], each once, with what it was made of.
//! - [`Change`] is what a range of commits, the index or a push brings and replaces; it is
//!   read through [`Objects`], one object at a time.
//! - [`object`] reads commits, trees and tags.
//!
//! It knows git's formats and nothing about secrets. It never writes.

#![forbid(unsafe_code)]

mod alternates;
pub mod change;
mod loose;
pub mod object;
mod objects;
mod pack;
mod repository;
mod revision;
mod share;
mod store;
mod submodule;
mod surroundings;
mod walk;

pub use change::{Change, ChangeError, Version};
pub use gix_index::hash::{ObjectId, oid};
pub use object::Kind;
pub use objects::Objects;
pub use pack::delta;
pub use repository::{Repository, RepositoryError, Tips};
pub use revision::RevisionError;
pub use store::{Problem, Store};
pub use submodule::Submodule;
pub use surroundings::Surroundings;
pub use walk::{Failure, Made, Object, Part, Source, Visitor};

use std::fmt;
use std::path::{Path, PathBuf};

/// The files that a working tree's index lists.
///
/// ```no_run
/// # fn main() -> Result<(), sluicegate_git::Error> {
/// if let Some(tracked) = sluicegate_git::Tracked::discover("some/folder".as_ref())? {
///     for path in tracked.paths() {
///         println!("{}", tracked.root().join(path).display());
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Tracked {
    root: PathBuf,
    index: gix_index::File,
}

/// The index of a working tree could not be read.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    reason: String,
}

impl Error {
    /// The file that could not be read.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot read the git index `{}`: {}",
            self.path.display(),
            self.reason
        )
    }
}

impl std::error::Error for Error {}

impl Tracked {
    /// The tracked files of the working tree that `folder` lies in, or `None` if it lies
    /// in none, or in one where nothing was ever added.
    ///
    /// # Errors
    ///
    /// If there is a working tree and its index cannot be read.
    pub fn discover(folder: &Path) -> Result<Option<Self>, Error> {
        let absolute = std::path::absolute(folder).map_err(|why| Error {
            path: folder.to_owned(),
            reason: why.to_string(),
        })?;
        let Some(root) = absolute.ancestors().find(|dir| dir.join(".git").exists()) else {
            return Ok(None);
        };
        let git_dir = git_dir(&root.join(".git"))?;
        let path = git_dir.join("index");
        if !path.exists() {
            return Ok(None);
        }
        let hash = repository::hash_kind(&repository::common_dir(&git_dir)).map_err(|other| {
            let reason = format!("object format `{other}` is not known");
            Error {
                path: path.clone(),
                reason,
            }
        })?;
        let index = open_index(&path, hash)?;
        Ok(Some(Self {
            root: root.to_owned(),
            index,
        }))
    }

    /// The folder at the top of the working tree, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The paths of all tracked files, relative to the root, in the order of the index.
    /// Links and submodules are left out.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let file = |entry: &&gix_index::Entry| {
            entry.mode.contains(gix_index::entry::Mode::FILE)
                && !entry.mode.contains(gix_index::entry::Mode::SYMLINK)
                && !entry.flags.contains(gix_index::entry::Flags::SKIP_WORKTREE)
        };
        let state: &gix_index::State = &self.index;
        state
            .entries()
            .iter()
            .filter(file)
            .filter_map(|entry| to_path(entry.path(state)))
    }

    /// The paths of all submodules, relative to the root, in the order of the index.
    pub fn submodules(&self) -> impl Iterator<Item = &Path> {
        let state: &gix_index::State = &self.index;
        state
            .entries()
            .iter()
            .filter(|entry| entry.mode == gix_index::entry::Mode::COMMIT)
            .filter_map(|entry| to_path(entry.path(state)))
    }
}

fn open_index(path: &Path, hash: gix_index::hash::Kind) -> Result<gix_index::File, Error> {
    // The checksum guards against bit rot; a damaged index shows in its structure, and this
    // is paid on every scan.
    let skip_hash = true;
    gix_index::File::at(path, hash, skip_hash, gix_index::decode::Options::default()).map_err(
        |why| Error {
            path: path.to_owned(),
            reason: why.to_string(),
        },
    )
}

/// What `.git` stands for: itself, or the folder that a file of that name points to
/// (`gitrepository-layout(5)`).
fn git_dir(dot_git: &Path) -> Result<PathBuf, Error> {
    if dot_git.is_dir() {
        return Ok(dot_git.to_owned());
    }
    let fail = |reason: String| Error {
        path: dot_git.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(dot_git).map_err(|why| fail(why.to_string()))?;
    let target = text
        .strip_prefix("gitdir:")
        .map(str::trim)
        .ok_or_else(|| fail("it is neither a folder nor a `gitdir:` file".to_owned()))?;
    Ok(dot_git.parent().unwrap_or(dot_git).join(target))
}

#[cfg(unix)]
fn to_path(bytes: &[u8]) -> Option<&Path> {
    use std::os::unix::ffi::OsStrExt;
    Some(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn to_path(bytes: &[u8]) -> Option<&Path> {
    std::str::from_utf8(bytes).ok().map(Path::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(dir: &Path, args: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(args)
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git runs");
        assert!(status.status.success(), "git {args:?}: {status:?}");
    }

    fn listed(folder: &Path) -> Vec<PathBuf> {
        let tracked = Tracked::discover(folder)
            .expect("a good index")
            .expect("a work tree");
        tracked.paths().map(Path::to_owned).collect()
    }

    #[test]
    fn tracked_files_are_listed_from_any_folder_and_any_work_tree() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("repo");
        std::fs::create_dir_all(root.join("sub")).expect("a folder");
        assert!(
            Tracked::discover(&root)
                .expect("no index is no error")
                .is_none()
        );
        git(&root, &["init", "-q"]);
        assert!(
            Tracked::discover(&root)
                .expect("no index is no error")
                .is_none()
        );
        std::fs::write(root.join("a.txt"), "a").expect("a file");
        std::fs::write(root.join("sub/b.txt"), "b").expect("a file");
        std::fs::write(root.join("untracked"), "c").expect("a file");
        git(&root, &["add", "a.txt", "sub/b.txt"]);
        let both = [PathBuf::from("a.txt"), PathBuf::from("sub/b.txt")];
        assert_eq!(listed(&root), both);
        assert_eq!(listed(&root.join("sub")), both);
        git(&root, &["commit", "-qm", "x"]);
        git(&root, &["worktree", "add", "-q", "../other"]);
        assert_eq!(listed(&dir.path().join("other")), both);
    }

    #[test]
    fn a_damaged_index_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join(".git")).expect("a folder");
        std::fs::write(dir.path().join(".git/index"), "not an index").expect("a file");
        let error = Tracked::discover(dir.path()).err().expect("an error");
        assert!(error.to_string().contains(".git/index"), "{error}");
    }
}
