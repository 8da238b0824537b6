//! What git keeps is shown by the names of its files, wherever the objects lie.

mod pack;
mod shown;

use std::path::Path;
use std::process::Command;

use pack::{gzip, tar, zip};
use shown::{Shown, from_file, from_stream};
use sluicegate_core::SkipReason;
use sluicegate_source::artifact::Limits;

/// Runs git with no settings but these; gives what it prints.
fn git(folder: &Path, args: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.invalid"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
        .env("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z")
        .output()
        .expect("git runs");
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {error}");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// A text long enough that its next version is stored as a change of it.
fn text(version: usize) -> Vec<u8> {
    let mut lines: Vec<String> = (0..400)
        .map(|n| format!("line {n}: {}", n * 7919))
        .collect();
    lines[version * 50] = format!("changed in version {version}");
    lines.join("\n").into_bytes()
}

/// A repository with three commits, and the short ids of those.
fn repository(format: &str) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    git(
        path,
        &["init", "-q", &format!("--object-format={format}"), "."],
    );
    let mut commits = Vec::new();
    for version in 0..3 {
        std::fs::create_dir_all(path.join("src/deep")).expect("room");
        std::fs::write(path.join("src/deep/a.txt"), text(version)).expect("room");
        std::fs::write(path.join(format!("only{version}")), b"once\n").expect("room");
        git(path, &["add", "."]);
        git(path, &["commit", "-q", "-m", &format!("message {version}")]);
        commits.push(git(path, &["rev-parse", "HEAD"])[..12].to_owned());
    }
    git(path, &["tag", "-a", "-m", "tagged", "v1"]);
    (folder, commits)
}

#[track_caller]
fn assert_all(shown: &Shown, path: &str, commits: &[String]) {
    assert_eq!(shown.skipped, [], "{:?}", shown.details);
    let of = |wanted: &str| {
        let part = shown.parts.iter().find(|(path, _)| path == wanted);
        let paths: Vec<&String> = shown.parts.iter().map(|(path, _)| path).collect();
        part.map_or_else(
            || panic!("{wanted} in {paths:?}"),
            |(_, bytes)| bytes.clone(),
        )
    };
    for (version, commit) in commits.iter().enumerate() {
        let bytes = of(&format!("{path}!commit {commit}!src/deep/a.txt"));
        assert_eq!(bytes, text(version), "version {version}");
        let message = of(&format!("{path}!commit {commit}"));
        assert_eq!(message, format!("message {version}\n").into_bytes());
    }
    // The same text under three names is one version.
    let once = shown.parts.iter().filter(|(_, bytes)| bytes == b"once\n");
    assert_eq!(once.count(), 1);
    assert!(shown.parts.iter().any(|(_, bytes)| bytes == b"tagged\n"));
}

/// The files of a folder, for an archive.
fn files(folder: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), prefix.to_owned())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            match entry.path() {
                path if path.is_dir() => open.push((path, name)),
                path => found.push((name, std::fs::read(path).expect("a file"))),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_bundle_and_a_pack_show_the_versions_of_files() {
    for format in ["sha1", "sha256"] {
        let (folder, commits) = repository(format);
        let path = folder.path();
        git(path, &["bundle", "create", "-q", "x.bundle", "--all"]);
        let bundle = std::fs::read(path.join("x.bundle")).expect("it was made");
        assert_all(&from_file(&bundle), "a", &commits);
        assert_all(&from_stream(&bundle, Limits::default()), "a", &commits);
        git(path, &["repack", "-q", "-a", "-d", "-f"]);
        let packs = files(&path.join(".git/objects/pack"), "pack");
        let (_, pack) = packs
            .iter()
            .find(|(n, _)| n.ends_with(".pack"))
            .expect("a pack");
        assert!(
            pack.len() < text(0).len() * 3,
            "versions are changes of each other"
        );
        assert_all(&from_file(pack), "a", &commits);
        assert_all(&from_stream(&gzip(pack), Limits::default()), "a", &commits);
    }
}

#[test]
fn a_folder_of_git_in_an_archive_is_a_repository() {
    for format in ["sha1", "sha256"] {
        let (folder, commits) = repository(format);
        let path = folder.path();
        // All objects in files of their own, then some in a pack, then all.
        for step in 0..3 {
            match step {
                0 => {}
                1 => drop(git(path, &["repack", "-q", "-d"])),
                _ => drop(git(path, &["gc", "-q", "--aggressive", "--prune=now"])),
            }
            let files = files(&path.join(".git"), "app/.git");
            let entries: Vec<(&str, &[u8])> = files
                .iter()
                .map(|(n, b)| (n.as_str(), b.as_slice()))
                .collect();
            for archive in [tar(&entries), gzip(&tar(&entries)), zip(&entries)] {
                let shown = from_stream(&archive, Limits::default());
                assert_all(&shown, "a!app/.git", &commits);
            }
        }
    }
}

#[test]
fn what_a_bundle_builds_on_is_missed() {
    let (folder, commits) = repository("sha1");
    let path = folder.path();
    git(
        path,
        &["bundle", "create", "-q", "x.bundle", "main~1..main"],
    );
    let bundle = std::fs::read(path.join("x.bundle")).expect("it was made");
    let shown = from_file(&bundle);
    assert_eq!(shown.skipped, [("a".to_owned(), SkipReason::Missing)]);
    let message = format!("a!commit {}", commits[2]);
    assert!(shown.parts.iter().any(|(path, _)| *path == message));
}

#[test]
fn what_is_damaged_or_too_large_is_named() {
    let (folder, _) = repository("sha1");
    let path = folder.path();
    git(path, &["repack", "-q", "-a", "-d", "-f"]);
    let packs = files(&path.join(".git/objects/pack"), "pack");
    let (_, pack) = packs
        .iter()
        .find(|(n, _)| n.ends_with(".pack"))
        .expect("a pack");
    for length in (13..pack.len() - 20).step_by(97) {
        let shown = from_file(&pack[..length]);
        let [(_, SkipReason::Damaged)] = shown.skipped.as_slice() else {
            panic!("{length}: {:?} {:?}", shown.skipped, shown.details);
        };
    }
    for at in (12..pack.len() - 20).step_by(31) {
        let mut changed = pack.clone();
        changed[at] ^= 0x55;
        let shown = from_file(&changed);
        assert!(
            !shown.skipped.is_empty(),
            "a changed byte at {at} goes unnoticed"
        );
    }
    // A count that is not there.
    let mut many = pack.clone();
    many[8..12].fill(0xFF);
    assert_eq!(
        from_file(&many).skipped,
        [("a".to_owned(), SkipReason::Damaged)]
    );
    // Too large for the memory: what is whole in it is shown.
    let mut limits = Limits::default();
    limits.memory = 1 << 20;
    let shown = from_stream(&tar(&[("x.pack", pack.as_slice())]), limits);
    assert_eq!(
        shown.skipped,
        [("a!x.pack".to_owned(), SkipReason::TooMuchMemory)]
    );
    assert!(shown.parts.iter().any(|(_, bytes)| bytes == b"once\n"));
}
