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
