//! Where a repository keeps its things (`gitrepository-layout(5)`), and which of its
//! objects have names.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use gix_index::hash::{Kind as HashKind, ObjectId};

use crate::objects::Objects;
use crate::store::{Problem, Store};
use crate::surroundings::Surroundings;

/// A repository: bare, with a working tree, or one of several working trees.
///
/// ```no_run
/// # fn main() -> Result<(), sluicegate_git::RepositoryError> {
/// let repository = sluicegate_git::Repository::discover("some/folder".as_ref())?;
/// println!("{} objects", repository.store().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Repository {
    git_dir: PathBuf,
    /// The same, but for a linked working tree.
    common_dir: PathBuf,
    /// The folder at the top of the working tree, if there is one.
    worktree: Option<PathBuf>,
    /// Where git keeps other things than usual.
    surroundings: Surroundings,
    hash: HashKind,
}

/// There is no repository, or none that can be read.
#[derive(Debug)]
pub struct RepositoryError {
    path: PathBuf,
    reason: String,
    is_missing: bool,
}

impl RepositoryError {
    /// The path that was asked for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is no repository; otherwise there is one that cannot be read.
    pub fn is_missing(&self) -> bool {
        self.is_missing
    }
}

impl fmt::Display for RepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.is_missing {
            write!(f, "`{path}` is not in a git repository: {}", self.reason)
        } else {
            write!(
                f,
                "cannot read the git repository `{path}`: {}",
                self.reason
            )
        }
    }
}

impl std::error::Error for RepositoryError {}

/// Objects that have names, by how well known the name is.
#[derive(Clone, Debug, Default)]
pub struct Tips {
    /// What is checked out.
    pub head: Option<ObjectId>,
    /// Branches, tags, notes and all other references but the stash.
    pub refs: Vec<ObjectId>,
    /// The stash and what was dropped from its top.
    pub stash: Vec<ObjectId>,
    /// Where references stood before.
    pub reflog: Vec<ObjectId>,
    /// Those of `refs` that are to be read in the place of others (`git-replace(1)`).
    pub replacements: Vec<ObjectId>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Repository {
    /// The repository that `path` lies in.
    ///
    /// # Errors
    ///
    /// If there is none, or its kind is not known.
    pub fn discover(path: &Path) -> Result<Self, RepositoryError> {
        let fail = |reason: String, is_missing| RepositoryError {
            path: path.to_owned(),
            reason,
            is_missing,
        };
        let absolute = path
            .canonicalize()
            .map_err(|why| fail(why.to_string(), true))?;
        let (git_dir, worktree) = absolute
            .ancestors()
            .find_map(|dir| match dir.join(".git") {
                dot_git if dot_git.exists() => Some((crate::git_dir(&dot_git), Some(dir))),
                _ if is_git_dir(dir) => Some((Ok(dir.to_owned()), None)),
                _ => None,
            })
            .ok_or_else(|| fail("neither it nor a folder above it is one".to_owned(), true))?;
        let git_dir = git_dir.map_err(|why| fail(why.to_string(), false))?;
        let worktree = worktree.map(Path::to_owned);
        Self::open(path, git_dir, worktree, Surroundings::default())
    }

    /// The repository that git was working on when it started this program, and if it did
    /// not, the one that `path` lies in.
    ///
    /// # Errors
    ///
    /// If there is none, or its kind is not known.
    pub fn discover_within(
        path: &Path,
        surroundings: &Surroundings,
    ) -> Result<Self, RepositoryError> {
        let (git_dir, worktree) = match &surroundings.git_dir {
            // Where its working tree is does not matter to who reads no files.
            Some(git_dir) => (git_dir.clone(), None),
            None => {
                let found = Self::discover(path)?;
                (found.git_dir, found.worktree)
            }
        };
        Self::open(path, git_dir, worktree, surroundings.clone())
    }

    fn open(
        path: &Path,
        git_dir: PathBuf,
        worktree: Option<PathBuf>,
        surroundings: Surroundings,
    ) -> Result<Self, RepositoryError> {
        let fail = |reason: String| RepositoryError {
            path: path.to_owned(),
            reason,
            is_missing: false,
        };
        let common_dir = match &surroundings.common_dir {
            Some(common_dir) => common_dir.clone(),
            None => common_dir(&git_dir),
        };
        if !common_dir.join("objects").is_dir() {
            return Err(fail("it has no folder `objects`".to_owned()));
        }
        let hash = hash_kind(&common_dir)
            .map_err(|other| fail(format!("its object format `{other}` is not known")))?;
        Ok(Self {
            git_dir,
            common_dir,
            worktree,
            surroundings,
            hash,
        })
    }

    /// Its folder of git's own files; each working tree has its own.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Its folder of git's own files; shared, if there are several working trees.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The folder at the top of its working tree; `None` if it is bare.
    pub fn worktree(&self) -> Option<&Path> {
        self.worktree.as_deref()
    }

    /// Whether its references are in a format that is not read.
    pub fn has_unread_refs(&self) -> bool {
        self.common_dir.join("reftable").is_dir()
    }

    /// Opens its object database.
    pub fn store(&self) -> Store {
        Store::open(self.object_folders(), self.hash)
    }

    /// Opens its objects, to be read one at a time.
    pub fn objects(&self) -> Objects {
        Objects::open(self.object_folders(), self.hash)
    }

    fn object_folders(&self) -> Vec<PathBuf> {
        let usual = || self.common_dir.join("objects");
        let mut folders = vec![self.surroundings.objects.clone().unwrap_or_else(usual)];
        folders.extend(self.surroundings.alternates.iter().cloned());
        folders
    }

    /// Whether new objects lie apart until a push is taken.
    pub(crate) fn has_quarantine(&self) -> bool {
        self.surroundings.objects.is_some()
    }

    /// The index of the working tree; the file need not exist.
    pub fn index_path(&self) -> PathBuf {
        let usual = || self.git_dir.join("index");
        self.surroundings.index.clone().unwrap_or_else(usual)
    }

    pub(crate) fn hash(&self) -> HashKind {
        self.hash
    }

    /// The objects that have names now.
    pub fn tips(&self) -> Tips {
        let mut tips = Tips::default();
        let refs = self.references(&mut tips.problems);
        for dir in self.dirs() {
            for path in files_below(&dir.join("logs")) {
                let is_stash = path.ends_with("refs/stash");
                let bytes = fs::read(&path).unwrap_or_default();
                let into = if is_stash {
                    &mut tips.stash
                } else {
                    &mut tips.reflog
                };
                for line in bytes.split(|&b| b == b'\n') {
                    let ids = line.split(|&b| b == b' ').take(2);
                    into.extend(ids.filter_map(|hex| ObjectId::from_hex(hex).ok()));
                }
            }
            for name in ["ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"] {
                let text = fs::read_to_string(dir.join(name)).unwrap_or_default();
                let first = |line: &str| self.parse(line.split_whitespace().next()?);
                tips.reflog.extend(text.lines().filter_map(first));
            }
        }
        if self.has_unread_refs() {
            tips.problems.push(Problem {
                what: self.common_dir.join("reftable").display().to_string(),
                reason: "references in the reftable format are not read, so nothing counts as \
                         reachable; `git refs migrate --ref-format=files` writes them as files"
                    .to_owned(),
            });
        }
        tips.head = self.head_of(&self.git_dir, &refs);
        for dir in self.dirs() {
            tips.refs.extend(self.head_of(&dir, &refs));
        }
        for (name, id) in refs {
            if name == "refs/stash" {
                tips.stash.push(id);
            } else {
                if name.starts_with("refs/replace/") {
                    tips.replacements.push(id);
                }
                tips.refs.push(id);
            }
        }
        tips
    }

    /// The object that a name leads to, as `gitrevisions(7)` looks names up: a reference by
    /// its whole name or the end of it, or a whole object id.
    pub fn find_ref(&self, name: &str) -> Option<ObjectId> {
        if let Some(id) = self.parse(name) {
            return Some(id);
        }
        let refs = self.references(&mut Vec::new());
        if name == "HEAD" || name == "@" {
            return self.head_of(&self.git_dir, &refs);
        }
        // A loose reference comes behind the packed one of its name and counts.
        let find = |whole: String| refs.iter().rev().find(|(known, _)| *known == whole);
        ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .into_iter()
            .find_map(|folder| find(format!("{folder}{name}")))
            .map(|(_, id)| *id)
            .or_else(|| {
                let text =
                    fs::read_to_string(self.common_dir.join(format!("refs/remotes/{name}/HEAD")));
                let text = text.ok()?;
                let target = text.trim().strip_prefix("ref: ")?.to_owned();
                find(target).map(|(_, id)| *id)
            })
    }

    /// The commits behind which a shallow clone has no history; none in a whole one.
    pub fn shallow(&self) -> Vec<ObjectId> {
        let text = fs::read_to_string(self.common_dir.join("shallow")).unwrap_or_default();
        text.lines().filter_map(|line| self.parse(line)).collect()
    }

    /// All references with their names, packed ones first.
    pub(crate) fn references(&self, problems: &mut Vec<Problem>) -> Vec<(String, ObjectId)> {
        let mut refs = Vec::new();
        self.packed_refs(&mut refs, problems);
        for dir in self.dirs() {
            for path in files_below(&dir.join("refs")) {
                let Ok(name) = path.strip_prefix(&dir) else {
                    continue;
                };
                let name = name.to_string_lossy().replace('\\', "/");
                match fs::read_to_string(&path).map(|text| self.parse(text.trim())) {
                    Ok(Some(id)) => refs.push((name, id)),
                    // A reference to another reference, which is listed itself.
                    Ok(None) => {}
                    Err(why) => problems.push(Problem {
                        what: path.display().to_string(),
                        reason: why.to_string(),
                    }),
                }
            }
        }
        refs
    }

    /// The folders that hold references: the common one and those of working trees.
    fn dirs(&self) -> Vec<PathBuf> {
        let mut dirs = vec![self.common_dir.clone()];
        let worktrees = fs::read_dir(self.common_dir.join("worktrees"));
        dirs.extend(
            worktrees
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path()),
        );
        dirs
    }

    fn packed_refs(&self, refs: &mut Vec<(String, ObjectId)>, problems: &mut Vec<Problem>) {
        let path = self.common_dir.join("packed-refs");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return,
            Err(why) => {
                problems.push(Problem {
                    what: path.display().to_string(),
                    reason: why.to_string(),
                });
                return;
            }
        };
        for line in String::from_utf8_lossy(&bytes).lines() {
            // Lines of comments and of what a tag is on hold no name.
            if let Some((hex, name)) = line.split_once(' ')
                && let Some(id) = self.parse(hex)
            {
                refs.push((name.to_owned(), id));
            }
        }
    }

    fn head_of(&self, dir: &Path, refs: &[(String, ObjectId)]) -> Option<ObjectId> {
        let text = fs::read_to_string(dir.join("HEAD")).ok()?;
        let Some(name) = text.trim().strip_prefix("ref: ") else {
            return self.parse(text.trim());
        };
        // A loose reference comes behind the packed one of its name and counts.
        refs.iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, id)| *id)
    }

    pub(crate) fn parse(&self, hex: &str) -> Option<ObjectId> {
        let fits = hex.len() == self.hash.len_in_hex();
        fits.then(|| ObjectId::from_hex(hex.as_bytes()).ok())
            .flatten()
    }
}

fn is_git_dir(dir: &Path) -> bool {
    dir.join("objects").is_dir() && dir.join("HEAD").exists()
}

/// The folder that a working tree shares with others, or its own.
pub(crate) fn common_dir(git_dir: &Path) -> PathBuf {
    match fs::read_to_string(git_dir.join("commondir")) {
        Ok(text) => git_dir.join(text.trim_end()),
        Err(_) => git_dir.to_owned(),
    }
}

/// How ids are made; the name of the way if it is not known.
pub(crate) fn hash_kind(common_dir: &Path) -> Result<HashKind, String> {
    match object_format(common_dir).as_deref() {
        None | Some("sha1") => Ok(HashKind::Sha1),
        Some("sha256") => Ok(HashKind::Sha256),
        Some(other) => Err(other.to_owned()),
    }
}

/// The value of `extensions.objectFormat` in the repository's own configuration.
fn object_format(common_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(common_dir.join("config"))
        .ok()?
        .to_ascii_lowercase();
    let mut in_section = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            in_section = line.starts_with("[extensions]");
        } else if in_section
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "objectformat"
        {
            return Some(value.trim().trim_matches('"').to_owned());
        }
    }
    None
}

/// The files in a folder and those below it, sorted; none if it cannot be read.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}
