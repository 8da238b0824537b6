//! Runs what docs/gate-walkthrough.md says, in a real repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use sluicegate::gate::Time;
use sluicegate::gate::ssh_key::private::Ed25519Keypair;
use sluicegate::gate::ssh_key::{LineEnding, PrivateKey};

use crate::support::{Sandbox, token, token_of};

/// A key that is the same in every run; it is for nothing but tests.
pub(crate) fn key(folder: &Path, name: &str, seed: u8) {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    let key = PrivateKey::new(pair.into(), format!("{name}@example.com")).expect("a key");
    let pem = key.to_openssh(LineEnding::LF).expect("it can be written");
    fs::write(folder.join(format!("{name}.key")), pem.as_bytes()).expect("the folder is there");
    let public = key.public_key().to_openssh().expect("it can be written");
    fs::write(folder.join(format!("{name}.key.pub")), public).expect("the folder is there");
}

/// A command, the lines its answer has to have, and its exit code.
struct Step {
    command: String,
    answer: Vec<String>,
    code: i32,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("the block ends");
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                let command = command.to_owned();
                steps.push(Step {
                    command,
                    answer: Vec::new(),
                    code: 0,
                });
                continue;
            }
            let step = steps.last_mut().expect("a command goes first");
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some(code) => step.code = code.parse().expect("a code"),
                None => step.answer.push(line.to_owned()),
            }
        }
    }
    steps
}

#[test]
fn the_page_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/gate-walkthrough.md")).expect("the page");
    let steps = steps(&page);
    assert!(steps.len() > 40, "only {} steps were found", steps.len());

    let sandbox = Sandbox::new();
    let repository = sandbox.path().join("repository");
    fs::create_dir(&repository).expect("a folder");
    key(sandbox.path(), "ann", 1);
    key(sandbox.path(), "bob", 2);
    let binary = crate::support::binary();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is later");
    let now = Time::from_seconds(i64::try_from(now.as_secs()).expect("not so late"));

    // One shell for all of it: variables live on. Each step says where it ends.
    let mut script = String::from("set -u\nexec 2>&1\n");
    for (number, step) in steps.iter().enumerate() {
        script.push_str(&format!("{}\necho \"=={number} $?\"\n", step.command));
    }
    let path = std::env::var("PATH").expect("there is a path");
    let folder = binary.parent().expect("it lies in a folder");
    let output = Command::new("bash")
        .arg("-c")
        .arg(&script)
        .current_dir(&repository)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("HOME", sandbox.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("COLUMNS", "200")
        .env("TOKEN", token())
        .env("OTHER_TOKEN", token_of(7))
        .env("MARKER", "sluice:allow")
        .env("NEXT_WEEK", now.plus_days(7).date())
        .env("NEXT_MONTH", now.plus_days(30).date())
        .output()
        .expect("bash runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut rest = text.as_str();
    for (number, step) in steps.iter().enumerate() {
        let sign = format!("=={number} ");
        let (answer, after) = rest
            .split_once(&sign)
            .unwrap_or_else(|| panic!("no answer to {}:\n{rest}", step.command));
        let (code, after) = after.split_once('\n').expect("a line");
        rest = after;
        let shown = format!("$ {}\n{answer}[{code}]", step.command);
        assert_eq!(code, step.code.to_string(), "{shown}");
        let mut lines = answer.lines();
        for wanted in &step.answer {
            let fits = |line: &str| match wanted.strip_suffix('…') {
                Some(start) => line.starts_with(start),
                None => line == wanted,
            };
            assert!(lines.any(fits), "{wanted:?} is not in\n{shown}");
        }
    }
    assert!(
        !text.contains(&token()) && !text.contains(&token_of(7)),
        "a secret was printed"
    );
}
