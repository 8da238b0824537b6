//! A folder of its own for each test, the program, and credentials that exist only
//! while a test runs.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder of its own for one test; the program runs in it.
pub(crate) struct Sandbox(TempDir);

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// One with a file `app.py` that holds a token on its second line.
    pub(crate) fn with_token() -> Self {
        let sandbox = Self::new();
        sandbox.file("app.py", &format!("import os\n{}\n", token_line()));
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        let folder = path.parent().expect("it lies in the sandbox");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file was written")
    }

    /// The names of what lies in the sandbox.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the folder is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("it can be listed").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs git in the sandbox, or in a folder of it, with no settings but those of the
    /// repository; gives what it prints.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let ran = self.try_git(".", &[], args);
        assert_eq!(ran.code, Some(0), "git {args:?}: {ran:#?}");
        ran.stdout.trim().to_owned()
    }

    pub(crate) fn try_git(&self, folder: &str, env: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=A", "-c", "user.email=a@example.invalid"])
            .args([
                "-c",
                "init.defaultBranch=main",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(args)
            .current_dir(self.path().join(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(env.iter().copied())
            .stdin(Stdio::null());
        finish(&mut command)
    }

    /// One with a repository in it that has a commit of a file `old.txt`.
    pub(crate) fn with_repository() -> Self {
        let sandbox = Self::new();
        sandbox.git(&["init", "-q"]);
        sandbox.file("old.txt", "nothing\n");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "start"]);
        sandbox
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).env_clear().current_dir(self.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args).stdin(Stdio::null()))
    }

    pub(crate) fn run_in(&self, folder: &str, args: &[&str]) -> Ran {
        let folder = self.path().join(folder);
        finish(self.command(args).current_dir(folder).stdin(Stdio::null()))
    }

    pub(crate) fn run_with_env(&self, env: &[(&str, &str)], args: &[&str]) -> Ran {
        let env = env.iter().copied();
        finish(self.command(args).envs(env).stdin(Stdio::null()))
    }

    pub(crate) fn run_with_input(&self, input: &str, args: &[&str]) -> Ran {
        let mut child = self.spawn(args);
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("it is read");
        drop(stdin);
        ran(child)
    }

    /// Starts the program with all three streams piped.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }
}

impl Ran {
    /// Checks the exit code and gives itself back, for what else there is to check.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stdout.contains(part), "no {part:?} in {self:#?}");
        }
        self
    }

    /// Checks that it complains, and how.
    #[track_caller]
    pub(crate) fn complains(self, parts: &[&str]) -> Self {
        assert!(self.stderr.starts_with("error: "), "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("standard output is JSON")
    }
}

/// Waits for the program.
pub(crate) fn ran(child: Child) -> Ran {
    let output = child.wait_with_output().expect("the program ends");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn finish(command: &mut Command) -> Ran {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    ran(child)
}

pub(crate) fn binary() -> PathBuf {
    let other = std::env::var_os("SLUICE_TEST_BIN").map(PathBuf::from);
    other.unwrap_or_else(|| env!("CARGO_BIN_EXE_sluice").into())
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token of the rule [`TOKEN_RULE`] with a right checksum; always the same. Nothing in
/// the source looks like one.
pub(crate) fn token() -> String {
    token_of(20_250_101)
}

/// The same from another beginning.
pub(crate) fn token_of(seed: u32) -> String {
    let mut state = seed;
    let body: String = (0..30)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(DIGITS[(state >> 16) as usize % DIGITS.len()])
        })
        .collect();
    let mut check = crc32(body.as_bytes());
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[check as usize % DIGITS.len()];
        check /= 62;
    }
    let digits = String::from_utf8_lossy(&digits);
    ["ghp", "_", &body, &digits].concat()
}

/// The rule that finds [`token`].
pub(crate) const TOKEN_RULE: &str = "github-personal-access-token";

/// A token of the right shape and with a wrong checksum.
pub(crate) fn wrong_token() -> String {
    let mut token = token();
    let last = if token.ends_with('0') { '1' } else { '0' };
    token.pop();
    token.push(last);
    token
}

/// A line with a token.
pub(crate) fn token_line() -> String {
    format!("value = \"{}\"", token())
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}

/// A rule file with one rule, `acme-token`.
pub(crate) fn acme_rules() -> String {
    acme_rules_with("positive = ['k: acme_@{hex 32}', 'k=acme_@{hex 32}']")
}

/// The same with other positive examples.
pub(crate) fn acme_rules_with(positive: &str) -> String {
    let text = "\
[provider]
id = \"acme\"
name = \"Acme\"

[[rule]]
id = \"acme-token\"
title = \"Acme token\"
description = \"Acts as its owner.\"
regex = 'acme_[0-9a-f]{32}'
anchors = [\"acme_\"]
confidence = \"definite\"
severity = \"high\"
lifetime = \"L4\"
remediation = { revoke = \"Delete it.\", rotate = \"Make another.\", url = \"https://acme.example/tokens\" }
references = [\"https://acme.example/docs\"]
basis = \"made up\"

[rule.examples]
POSITIVE
negative = ['acme_@{hex 12}', 'acme_@{hex 31}']
";
    text.replace("POSITIVE", positive)
}

/// A token of the rule in [`acme_rules`].
pub(crate) fn acme_token() -> String {
    ["acme", "_", "93b0c4e277f1a9d05c2e8846b7d3f01a"].concat()
}
