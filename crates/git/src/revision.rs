//! Which object a name stands for (`gitrevisions(7)`): ids and their beginnings,
//! references, `~` and `^`.

use std::fmt;
use std::fs;

use gix_index::hash::ObjectId;

use crate::object::{self, Kind};
use crate::objects::Objects;
use crate::repository::Repository;

/// A name that stands for no object, or for several.
#[derive(Debug)]
pub struct RevisionError {
    name: String,
    reason: String,
}

impl RevisionError {
    pub(crate) fn new(name: &str, reason: impl Into<String>) -> Self {
        let (name, reason) = (name.to_owned(), reason.into());
        Self { name, reason }
    }
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision `{}`: {}", self.name, self.reason)
    }
}

impl std::error::Error for RevisionError {}

/// References are followed through so many others.
const MAX_LINKS: usize = 8;

impl Repository {
    /// The object that `name` stands for, as `git rev-parse` understands it, except for
    /// what needs reflogs (`@{1}`), configuration (`@{upstream}`) or a search (`:/text`).
    ///
    /// # Errors
    ///
    /// If there is no such object.
    pub fn resolve(&self, objects: &Objects, name: &str) -> Result<ObjectId, RevisionError> {
        let end = name.find(['~', '^']).unwrap_or(name.len());
        let (start, mut steps) = name.split_at(end);
        let mut id = self
            .start(objects, start)
            .map_err(|why| RevisionError::new(name, why))?;
        while !steps.is_empty() {
            let (next, rest) = self
                .step(objects, id, steps)
                .map_err(|why| RevisionError::new(name, why))?;
            (id, steps) = (next, rest);
        }
        Ok(id)
    }

    /// What is checked out; `None` if nothing was committed yet.
    pub fn head(&self) -> Option<ObjectId> {
        self.reference("HEAD")
    }

    /// The commits that are being merged into what is checked out.
    pub fn merging(&self) -> Vec<ObjectId> {
        let text = fs::read_to_string(self.git_dir().join("MERGE_HEAD")).unwrap_or_default();
        let id = |line: &str| self.parse(line.trim());
        text.lines().filter_map(id).collect()
    }

    fn start(&self, objects: &Objects, name: &str) -> Result<ObjectId, String> {
        if name.contains("@{") || name.contains(':') {
            return Err(
                "names of this kind are not understood; give the id that `git \
                 rev-parse` prints for it"
                    .to_owned(),
            );
        }
        let name = match name {
            "" | "@" => "HEAD",
            name => name,
        };
        if let Some(id) = self.parse(&name.to_ascii_lowercase()) {
            return Ok(id);
        }
        let forms = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let mut names = forms.map(|before| format!("{before}{name}")).to_vec();
        names.push(format!("refs/remotes/{name}/HEAD"));
        if let Some(id) = names.iter().find_map(|name| self.reference(name)) {
            return Ok(id);
        }
        let unknown = || {
            if self.has_unread_refs() {
                "references in the reftable format are not read; give an id".to_owned()
            } else {
                "there is no such reference and no such object".to_owned()
            }
        };
        if name == "HEAD" {
            return Err("nothing was committed yet".to_owned());
        }
        let is_hex = name.len() >= 4 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hex {
            return Err(unknown());
        }
        let ids = objects.starting_with(&name.to_ascii_lowercase());
        let commits: Vec<_> = ids.iter().filter(|id| peel(objects, id).is_ok()).collect();
        match (&ids[..], &commits[..]) {
            ([], _) => Err(unknown()),
            ([id], _) => Ok(*id),
            (_, [id]) => Ok(**id),
            _ => Err(format!("{} objects start like this", ids.len())),
        }
    }

    /// The object that the reference of this full name leads to.
    fn reference(&self, name: &str) -> Option<ObjectId> {
        let mut name = name.to_owned();
        for _ in 0..MAX_LINKS {
            if name.split('/').any(|part| part == "..") {
                return None;
            }
            let dirs = [self.git_dir(), self.common_dir()];
            let text = dirs
                .iter()
                .find_map(|dir| fs::read_to_string(dir.join(&name)).ok());
            let Some(text) = text else {
                return self.packed_reference(&name);
            };
            match text.trim().strip_prefix("ref:") {
                Some(target) => name = target.trim().to_owned(),
                None => return self.parse(text.split_whitespace().next()?),
            }
        }
        None
    }

    fn packed_reference(&self, name: &str) -> Option<ObjectId> {
        let bytes = fs::read(self.common_dir().join("packed-refs")).ok()?;
        let line = |line: &[u8]| {
            let (hex, known) = std::str::from_utf8(line).ok()?.split_once(' ')?;
            (known == name).then(|| self.parse(hex)).flatten()
        };
        bytes.split(|&b| b == b'\n').find_map(line)
    }

    /// Does the first of the steps; gives the others back.
    fn step<'n>(
        &self,
        objects: &Objects,
        id: ObjectId,
        steps: &'n str,
    ) -> Result<(ObjectId, &'n str), String> {
        let (sign, rest) = steps.split_at(1);
        if let Some(kind) = rest.strip_prefix('{') {
            let (kind, rest) = kind.split_once('}').ok_or("a bracket is not closed")?;
            let commit = peel(objects, &id)?;
            return match kind {
                "" | "commit" => Ok((commit, rest)),
                "tree" => Ok((parsed(objects, &commit)?.0, rest)),
                other => Err(format!("`^{{{other}}}` is not understood")),
            };
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at(digits);
        let number: usize = match number {
            "" => 1,
            number => number.parse().map_err(|_| "no commit is so far away")?,
        };
        let mut commit = peel(objects, &id)?;
        let (times, parent) = match sign {
            "~" => (number, 0),
            _ if number == 0 => (0, 0),
            _ => (1, number - 1),
        };
        for _ in 0..times {
            if self.shallow().contains(&commit) {
                return Err(
                    "it lies beyond the end of this shallow clone; get more with \
                     `git fetch --deepen=N` or `--unshallow`"
                        .to_owned(),
                );
            }
            let parents = parsed(objects, &commit)?.1;
            commit = *parents.get(parent).ok_or("there is no such parent")?;
        }
        Ok((commit, rest))
    }
}

/// The commit that this is, or that a tag is on.
pub(crate) fn peel(objects: &Objects, id: &ObjectId) -> Result<ObjectId, String> {
    let mut id = *id;
    for _ in 0..MAX_LINKS {
        match objects.read(&id, u64::MAX) {
            Ok(Some((Kind::Commit, _))) => return Ok(id),
            Ok(Some((Kind::Tag, bytes))) => {
                id = object::tag_target(&bytes).ok_or("the tag is damaged")?;
            }
            Ok(Some(_)) => return Err("it is no commit".to_owned()),
            Ok(None) => return Err(format!("object {id} is not in this repository")),
            Err(why) => return Err(format!("object {id} cannot be read: {why}")),
        }
    }
    Err("the tag is on a tag on a tag, and so on".to_owned())
}

/// The folder and the parents of a commit.
fn parsed(objects: &Objects, id: &ObjectId) -> Result<(ObjectId, Vec<ObjectId>), String> {
    match objects.read(id, u64::MAX) {
        Ok(Some((Kind::Commit, bytes))) => {
            let commit = object::commit(&bytes).ok_or("the commit is damaged")?;
            Ok((commit.tree, commit.parents))
        }
        Ok(_) => Err(format!("commit {id} is not in this repository")),
        Err(why) => Err(format!("commit {id} cannot be read: {why}")),
    }
}
