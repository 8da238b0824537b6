//! What the gate asks of a repository.

use std::path::Path;

use sluicegate_gate::CommitFacts;
use sluicegate_gate::tamper::{CONFIG, FOLDER, Files, MAILMAP, OWNERS, is_protected};
use sluicegate_git::change::file_at;
use sluicegate_git::{Change, Kind, ObjectId, Objects, Repository, Surroundings, object};

use super::error::GateError;

/// The largest file that the gate is judged by, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// What to do about a name that stands for no commit.
const NAMES: &str = "name a branch, a tag or an id that is here; `git fetch` gets what is not";

/// Folders in the folder of the gate are followed so far.
const MAX_DEPTH: usize = 8;

/// Commits of a change whose authors are looked at.
const MAX_COMMITS: usize = 10_000;

pub(super) struct Repo {
    repository: Repository,
    objects: Objects,
}

/// A commit, as the gate needs it.
#[derive(Clone, Debug)]
pub(super) struct Tip {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
}

impl Repo {
    /// The repository that the path lies in, if it lies in one.
    pub(super) fn open(path: &Path, git: &Surroundings) -> Result<Option<Self>, GateError> {
        match Repository::discover_within(path, git) {
            Ok(repository) => {
                let objects = repository.objects();
                Ok(Some(Self {
                    repository,
                    objects,
                }))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(GateError::failed(error.to_string())),
        }
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The folder of the work tree, if there is one.
    pub(super) fn worktree(&self) -> Option<&Path> {
        self.repository.worktree()
    }

    /// The folder of git's own files.
    pub(super) fn common_dir(&self) -> &Path {
        self.repository.common_dir()
    }

    /// The commit that the name stands for.
    pub(super) fn tip(&self, name: &str) -> Result<Tip, GateError> {
        let id = self
            .repository
            .resolve(&self.objects, &format!("{name}^0"))
            .map_err(|error| GateError::usage(error.to_string()).with_hint(NAMES))?;
        let bytes = self.read(&id)?;
        let tree = object::commit(&bytes)
            .map(|commit| commit.tree)
            .ok_or_else(|| GateError::failed(format!("commit {id} is damaged")))?;
        Ok(Tip { id, tree })
    }

    pub(super) fn read(&self, id: &ObjectId) -> Result<Vec<u8>, GateError> {
        match self.objects.read(id, MAX_FILE) {
            Ok(Some((_, bytes))) => Ok(bytes),
            Ok(None) => Err(GateError::failed(format!(
                "object {id} is not in this repository; a shallow or partial clone may lack it"
            ))),
            Err(why) => Err(GateError::failed(format!(
                "object {id} cannot be read: {why}"
            ))),
        }
    }

    pub(super) fn file(&self, tree: ObjectId, path: &str) -> Result<Option<Vec<u8>>, GateError> {
        file_at(&self.objects, tree, path.as_bytes())
            .map(|id| self.read(&id))
            .transpose()
    }

    /// The files that the gate is judged by, as they stand in that folder.
    pub(super) fn gate_files(&self, tree: ObjectId) -> Result<Files, GateError> {
        let mut files = Files::new();
        for path in [CONFIG, MAILMAP].iter().chain(OWNERS) {
            if let Some(bytes) = self.file(tree, path)? {
                files.insert((*path).to_owned(), bytes);
            }
        }
        self.below(tree, "", &mut files, 0)?;
        Ok(files)
    }

    /// All files in the folder of the gate.
    fn below(
        &self,
        tree: ObjectId,
        prefix: &str,
        files: &mut Files,
        depth: usize,
    ) -> Result<(), GateError> {
        let bytes = self.read(&tree)?;
        for entry in object::tree(&bytes, self.objects.hash_len()) {
            let name = String::from_utf8_lossy(entry.name);
            if depth == 0 && name != FOLDER || entry.is_submodule {
                continue;
            }
            let Ok(id) = ObjectId::try_from(entry.id) else {
                continue;
            };
            let path = format!("{prefix}{name}");
            if !entry.is_tree {
                files.insert(path, self.read(&id)?);
            } else if depth < MAX_DEPTH {
                self.below(id, &format!("{path}/"), files, depth + 1)?;
            } else {
                return Err(GateError::failed(format!(
                    "`{path}` lies too deep to be read"
                )));
            }
        }
        Ok(())
    }

    /// The next commit.
    pub(super) fn staged(&self) -> Result<Change, GateError> {
        let staged = self.repository.staged(&self.objects, &|| false);
        staged.map_err(|error| GateError::failed(error.to_string()))
    }

    /// The commits of a range.
    pub(super) fn range(&self, range: &str) -> Result<Change, GateError> {
        let change = self.repository.range(&self.objects, range, &|| false);
        change.map_err(|error| match error.is_unreadable() {
            true => GateError::failed(error.to_string()),
            false => GateError::usage(error.to_string()).with_hint(NAMES),
        })
    }

    /// The protected files after a change to the index.
    pub(super) fn after_staged(&self, before: &Files, change: &Change) -> Result<Files, GateError> {
        let mut after = before.clone();
        let path_of = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        for version in &change.replaced {
            let path = path_of(&version.path);
            if is_protected(&path) {
                after.remove(&path);
            }
        }
        for version in &change.brought {
            let path = path_of(&version.path);
            if is_protected(&path) {
                after.insert(path, self.read(&version.id)?);
            }
        }
        Ok(after)
    }

    /// What commits say about people.
    pub(super) fn facts(&self, commits: &[ObjectId]) -> Result<Vec<CommitFacts>, GateError> {
        let all = commits.iter().rev().take(MAX_COMMITS);
        all.map(|id| self.read(id).map(|bytes| facts(&bytes)))
            .collect()
    }

    /// Where the repository comes from, as a URI without names and passwords.
    pub(super) fn uri(&self) -> String {
        let text = std::fs::read_to_string(self.common_dir().join("config")).unwrap_or_default();
        let mut in_origin = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_origin = line == "[remote \"origin\"]";
            } else if let (true, Some((key, value))) = (in_origin, line.split_once('='))
                && key.trim() == "url"
            {
                return public_uri(value.trim());
            }
        }
        String::new()
    }

    /// Whether the object is a file.
    pub(super) fn is_blob(&self, id: &ObjectId) -> bool {
        matches!(self.objects.read(id, MAX_FILE), Ok(Some((Kind::Blob, _))))
    }
}

fn facts(bytes: &[u8]) -> CommitFacts {
    let text = String::from_utf8_lossy(bytes);
    let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
    let person = |word: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(word))
            .unwrap_or_default();
        // Behind the address stand the time and its zone.
        line.rsplit_once('>')
            .map_or(String::new(), |(who, _)| format!("{who}>"))
    };
    CommitFacts {
        author: person("author "),
        committer: person("committer "),
        message: message.to_owned(),
    }
}

/// The address of a remote as a URI; what may be a password is left out.
fn public_uri(url: &str) -> String {
    let bare = url.trim_end_matches('/').trim_end_matches(".git");
    if let Some((scheme, rest)) = bare.split_once("://") {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        return match scheme {
            "http" | "https" | "ssh" | "git" => format!("git+{scheme}://{host}/{path}"),
            _ => String::new(),
        };
    }
    match bare.split_once(':') {
        Some((host, path)) if !host.contains('/') => {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("git+ssh://{host}/{path}")
        }
        // A folder of this machine says nothing to others.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_remotes_hold_no_passwords() {
        let url = ["https://user:", "hunter2", "@example.com/a/b.git"].concat();
        for (url, want) in [
            (url.as_str(), "git+https://example.com/a/b"),
            ("git@example.com:a/b.git", "git+ssh://example.com/a/b"),
            ("ssh://git@example.com/a/b", "git+ssh://example.com/a/b"),
            ("/srv/git/a.git", ""),
            ("file:///srv/git/a", ""),
        ] {
            assert_eq!(public_uri(url), want);
        }
    }

    #[test]
    fn people_are_read_from_commits() {
        let facts = facts(
            b"tree 0\nauthor A <a@example.com> 1 +0000\ncommitter B <b@example.com> 2 +0000\n\nx\n\ny: z\n",
        );
        assert_eq!(facts.author, "A <a@example.com>");
        assert_eq!(facts.committer, "B <b@example.com>");
        assert_eq!(facts.message, "x\n\ny: z\n");
    }
}
