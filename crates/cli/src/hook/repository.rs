//! Where the hooks of a repository are. git itself is asked: its configuration has many
//! places, and hooks are of no use without it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, reason};

/// What there is to know before hooks are installed.
#[derive(Debug)]
pub(crate) struct Repository {
    /// The folder of hooks.
    pub(crate) hooks: PathBuf,
    /// The top of the working tree; `None` if it is bare.
    pub(crate) top: Option<PathBuf>,
    /// Whether `core.hooksPath` names the folder, and if other repositories use it too.
    pub(crate) is_shared: bool,
}

impl Repository {
    /// The repository that `path` lies in.
    ///
    /// # Errors
    ///
    /// If there is none, or no git.
    pub(crate) fn ask(path: &Path) -> Result<Self, Failure> {
        let no_repository = |why: String| {
            let shown = path.display();
            Failure::usage(format!("`{shown}` is not in a git repository: {why}"))
                .hint("run it in a repository, or name a folder of one")
        };
        let hooks = git(path, &["rev-parse", "--git-path", "hooks"])?.map_err(no_repository)?;
        let bare = git(path, &["rev-parse", "--is-bare-repository"])?;
        let top = match bare.as_deref() {
            Ok("true") => None,
            _ => git(path, &["rev-parse", "--show-toplevel"])?.ok(),
        };
        let scope = ["config", "--show-scope", "--get", "core.hooksPath"];
        let scope = git(path, &scope)?.unwrap_or_default();
        let is_shared = ["global", "system"]
            .iter()
            .any(|shared| scope.starts_with(shared));
        Ok(Self {
            // It is told as seen from the folder that git was started in.
            hooks: path.join(hooks),
            top: top.map(PathBuf::from),
            is_shared,
        })
    }

    /// Whether the folder of hooks is one of the working tree's, and so may be committed.
    pub(crate) fn hooks_are_tracked(&self) -> bool {
        let Some(top) = &self.top else {
            return false;
        };
        let full = |path: &Path| {
            path.canonicalize()
                .or_else(|_| std::path::absolute(path))
                .ok()
        };
        match (full(&self.hooks), full(top)) {
            (Some(hooks), Some(top)) => {
                hooks.starts_with(&top)
                    && !hooks.components().any(|part| part.as_os_str() == ".git")
            }
            _ => false,
        }
    }
}

/// What git prints on its first line, or what it complains of.
fn git(path: &Path, args: &[&str]) -> Result<Result<String, String>, Failure> {
    let output = Command::new("git")
        .arg("-C")
        .arg(path)
        .args(args)
        .output()
        .map_err(|why| {
            Failure::failed(format!("cannot run git: {}", reason(&why)))
                .hint("hooks are git's: install it, or put it into the PATH")
        })?;
    let first = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().next().unwrap_or_default().to_owned()
    };
    Ok(match output.status.success() {
        true => Ok(first(&output.stdout)),
        false => Err(first(&output.stderr)),
    })
}
