//! Hooks, as real git calls them.

mod commit;
mod install;
mod push;
mod receive;

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Ran, Sandbox, token_line};

/// A way to find programs: the shell's and git's own.
fn path() -> String {
    std::env::var("PATH").expect("tests are started with one")
}

impl Sandbox {
    /// Runs the program where git can be found.
    fn hook(&self, args: &[&str]) -> Ran {
        let path = path();
        let env = [
            ("PATH", path.as_str()),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ];
        self.run_with_env(&env, &[&["hook"], args].concat())
    }

    /// Stages all that is there and tries to commit it.
    fn commit(&self, args: &[&str]) -> Ran {
        self.git(&["add", "-A"]);
        self.try_git(".", &[], &[&["commit", "-qm", "x"], args].concat())
    }

    fn secret(&self, name: &str) {
        self.file(name, &format!("import os\n{}\n", token_line()));
    }

    /// A file that can be run.
    fn script(&self, name: &str, text: &str) {
        let path = self.file(name, &format!("#!/bin/sh\n{text}\n"));
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, all).expect("it is ours");
    }
}

impl Ran {
    /// Checks what it writes to standard error.
    #[track_caller]
    fn tells(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
        assert!(
            !self.stderr.contains(&token_line()),
            "a secret in {self:#?}"
        );
        self
    }
}
