//! Ctrl-C.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command};

use crate::support::{Sandbox, token_line};

fn interrupt(child: &Child) {
    let line = format!("kill -INT {}", child.id());
    let sent = Command::new("sh").args(["-c", &line]).status();
    assert!(sent.expect("sh runs").success());
}

/// A scan that waits for its input, and the first line it says after Ctrl-C.
fn interrupted(sandbox: &Sandbox) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = sandbox.spawn(&["scan", "-v", "app.py", "-"]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    // What is used is said before the handler is set, so wait for the scan itself: it
    // has read the whole of a first input that is larger than a pipe.
    while !line.contains("thread") {
        line.clear();
        assert!(
            stderr.read_line(&mut line).expect("text") > 0,
            "it ended early"
        );
    }
    let stdin = child.stdin.as_mut().expect("it is piped");
    stdin.write_all(&vec![b'\n'; 1 << 20]).expect("it is read");
    interrupt(&child);
    line.clear();
    stderr.read_line(&mut line).expect("text");
    assert!(line.contains("stopping"), "{line:?}");
    (child, stderr)
}

#[test]
fn the_first_one_ends_the_scan_early_and_reports_what_there_is() {
    let sandbox = Sandbox::with_token();
    let (mut child, mut stderr) = interrupted(&sandbox);
    let mut stdin = child.stdin.take().expect("it is piped");
    // The scan is not interested any more, and may have closed its end.
    let _ = stdin.write_all(token_line().as_bytes());
    drop(stdin);
    let mut said = String::new();
    stderr.read_to_string(&mut said).expect("text");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("error: the scan is incomplete: it was interrupted"),
        "{said}"
    );
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("app.py:2"), "{stdout}");
}

#[test]
fn the_second_one_stops_at_once() {
    let sandbox = Sandbox::with_token();
    let (mut child, _stderr) = interrupted(&sandbox);
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

/// A repository of so many bytes that a scan of its history takes a while.
fn long_history(sandbox: &Sandbox) {
    sandbox.git(&["init", "-q", "-b", "main", "repo"]);
    let mut input = String::from(
        "commit refs/heads/main\ncommitter A <a@example.invalid> 1700000000 +0000\ndata 1\nx\n",
    );
    for number in 0..400u32 {
        let line = |at: u32| format!("password_{} = call({})\n", at * number, at ^ number);
        let text: String = (0..2000).map(line).collect();
        input += &format!(
            "M 100644 inline f{number}.py\ndata {}\n{text}\n",
            text.len()
        );
    }
    let input = sandbox.file("input", &input);
    let made = Command::new("git")
        .args(["-C", "repo", "fast-import", "--quiet"])
        .current_dir(sandbox.path())
        .stdin(std::fs::File::open(input).expect("it is there"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
}

#[test]
fn a_history_that_is_interrupted_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    long_history(&sandbox);
    let mut child = sandbox.spawn(&["scan", "-v", "--history", "repo"]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    while !said.contains("thread") {
        assert!(stderr.read_line(&mut said).expect("text") > 0, "{said}");
    }
    // The handler is set with the threads; all that follows takes seconds.
    std::thread::sleep(std::time::Duration::from_millis(100));
    interrupt(&child);
    stderr.read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(3), "{said}");
    assert!(said.contains("it was interrupted"), "{said}");
    let kept = sandbox.path().join("repo/.git/sluicegate");
    assert!(!kept.exists(), "what is half known is not kept");
}
