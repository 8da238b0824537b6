//! Programs that manage the hooks of a repository: they write hooks anew whenever they
//! like, so ours are for them to call.

use std::path::Path;

use super::repository::Repository;
use crate::failure::Failure;

/// One that is in charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Husky,
    Lefthook,
    PreCommit,
}

const LEFTHOOK: [&str; 10] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.toml",
    "lefthook.json",
    "lefthook.jsonc",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".lefthook.json",
    ".lefthook.jsonc",
];

impl Manager {
    /// The one that is in charge of the repository, and the file that tells.
    pub(crate) fn of(repository: &Repository) -> Option<(Self, &'static str)> {
        let top = repository.top.as_deref()?;
        if top.join(".husky").is_dir() {
            return Some((Self::Husky, ".husky"));
        }
        let has = |name: &&&str| Path::is_file(&top.join(name));
        if let Some(name) = LEFTHOOK.iter().find(has) {
            return Some((Self::Lefthook, name));
        }
        let names = [".pre-commit-config.yaml", ".pre-commit-config.yml"];
        let name = names.into_iter().find(|name| has(&name))?;
        Some((Self::PreCommit, name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Husky => "husky",
            Self::Lefthook => "lefthook",
            Self::PreCommit => "pre-commit",
        }
    }

    /// What to do instead of installing.
    pub(crate) fn refusal(self, file: &str) -> Failure {
        let how = match self {
            Self::Husky => {
                "add a line to each of these files, and make them if they are not there:\n\
                 \x20 .husky/pre-commit:  sluice hook run pre-commit\n\
                 \x20 .husky/pre-push:    sluice hook run pre-push \"$@\""
            }
            Self::Lefthook => {
                "add to it:\n\
                 \x20 pre-commit:\n\
                 \x20   commands:\n\
                 \x20     sluice:\n\
                 \x20       run: sluice hook run pre-commit\n\
                 \x20 pre-push:\n\
                 \x20   commands:\n\
                 \x20     sluice:\n\
                 \x20       run: sluice hook run pre-push {0}\n\
                 \x20       use_stdin: true"
            }
            Self::PreCommit => {
                "add to its `repos`, and run `pre-commit install -t pre-commit -t pre-push`:\n\
                 \x20 - repo: local\n\
                 \x20   hooks:\n\
                 \x20     - id: sluice\n\
                 \x20       name: sluice\n\
                 \x20       entry: sluice hook run pre-commit\n\
                 \x20       language: system\n\
                 \x20       pass_filenames: false\n\
                 \x20       always_run: true\n\
                 \x20       stages: [pre-commit]\n\
                 \x20     - id: sluice-push\n\
                 \x20       name: sluice\n\
                 \x20       entry: sluice hook run pre-push\n\
                 \x20       language: system\n\
                 \x20       pass_filenames: false\n\
                 \x20       always_run: true\n\
                 \x20       stages: [pre-push]"
            }
        };
        let message = format!("the hooks here are managed by {} (`{file}`)", self.name());
        Failure::usage(message).hint(format!("{how}\n(or install with --anyway)"))
    }
}
