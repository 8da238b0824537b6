//! More shapes: how objects and references can be kept, and what can be wrong with them.

use std::fs;
use std::path::PathBuf;

use sluicegate_core::Exposure;
use sluicegate_scan::{HistoryOptions, Monitor, ScanErrorKind};

use crate::support::{
    Repo, clean, commit_of, exposure, filler, line, missing, of, one, scan, scanner,
    scanner_to_depth,
};

fn packs(repo: &Repo, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repo.path().join(".git/objects/pack")).expect("packs");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let is_it = |path: &PathBuf| path.extension().is_some_and(|e| e == extension);
    paths.filter(is_it).collect()
}

#[test]
fn many_packs_under_one_index_hold_what_they_hold() {
    let repo = Repo::new(&[]);
    for number in 1..=6 {
        repo.commit(&format!("f{number}.conf"), &line(number), "more");
        repo.git(&["repack", "-dq"]);
    }
    // The same objects once more, all in one pack.
    repo.git(&["repack", "-aq"]);
    repo.git(&["multi-pack-index", "write", "--bitmap"]);
    assert!(packs(&repo, "pack").len() >= 6);
    let report = scan(&repo.path());
    clean(&report);
    for number in 1..=6 {
        assert_eq!(exposure(&report, number), Exposure::Head);
        let counted = one(&report, number)
            .provenance
            .map(|p| (p.blobs, p.commits));
        assert_eq!(counted, Some((1, 1)), "what two packs hold is counted once");
    }
    let commits = report.coverage.history.map(|history| history.commits);
    assert_eq!(commits, Some(6));
    assert_eq!(report.coverage.files, 12, "six files and six messages");
}

#[test]
fn an_object_that_another_is_read_for_is_still_an_object() {
    let repo = Repo::new(&[]);
    let first = repo.commit("a.conf", &line(1), "as it was");
    let second = repo.commit("a.conf", &line(2), "as it is");
    repo.git(&["replace", &first, &second]);
    let report = scan(&repo.path());
    clean(&report);
    assert_eq!(commit_of(&one(&report, 1)), first);
    assert_eq!(commit_of(&one(&report, 2)), second);
    assert_eq!(exposure(&report, 1), Exposure::Reachable);
}

#[test]
fn a_branch_without_a_commit_leads_nowhere() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "first");
    repo.git(&["checkout", "-q", "--orphan", "unborn"]);
    let report = scan(&repo.path());
    clean(&report);
    assert_eq!(exposure(&report, 1), Exposure::Reachable);
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    fs::remove_dir_all(repo.path().join(".git/logs")).expect("a reflog");
    let report = scan(&repo.path());
    clean(&report);
    assert_eq!(exposure(&report, 1), Exposure::Dangling);
}

#[test]
fn each_work_tree_has_a_head_and_a_stash_is_of_all() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &filler(3), "start");
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = repo.dir.path().join("linked");
    fs::write(linked.join("b.conf"), line(1)).expect("room");
    repo.git_in(&linked, &["add", "-A"]);
    repo.git_in(&linked, &["commit", "-qm", "only here"]);
    let from_main = scan(&repo.path());
    clean(&from_main);
    assert_eq!(exposure(&from_main, 1), Exposure::Reachable);
    let from_linked = scan(&linked);
    clean(&from_linked);
    assert_eq!(exposure(&from_linked, 1), Exposure::Head);
}

#[test]
fn references_in_a_format_that_is_not_read_are_told() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "first");
    // As git lays it out; not every git that runs this test can make one.
    fs::create_dir(repo.path().join(".git/reftable")).expect("a folder");
    let report = scan(&repo.path());
    assert_eq!(of(&report, 1).len(), 1, "objects are read all the same");
    assert!(report.coverage.is_incomplete());
    let detail = &report.coverage.skipped[0].detail;
    assert!(
        detail.contains("reftable") && detail.contains("git refs migrate"),
        "{detail}"
    );
    let mut options = HistoryOptions::default();
    options.branch = Some("nope".to_owned());
    let error = scanner(1)
        .scan_history(&repo.path(), &options, &Monitor::default())
        .expect_err("no such branch");
    assert_eq!(error.kind(), ScanErrorKind::UnknownBranch);
    assert!(error.to_string().contains("reftable"), "{error}");
}

#[test]
fn what_is_replaced_is_read_and_so_is_what_replaces_it() {
    let repo = Repo::new(&[]);
    let first = repo.commit("a.conf", &line(1), "first");
    let second = repo.commit("a.conf", &line(2), "second");
    let third = repo.commit("b.conf", &line(3), "third");
    repo.write("c.conf", &line(4));
    let other = repo.git(&["hash-object", "-w", "c.conf"]);
    repo.git(&["replace", &format!("{first}:a.conf"), &other]);
    // The same commit, at the same time, without what came before it.
    repo.git(&["replace", "--graft", &second]);
    repo.git(&["replace", "--graft", &third]);
    let report = scan(&repo.path());
    clean(&report);
    for (number, commit) in [(1, &first), (2, &second), (3, &third)] {
        assert_eq!(&commit_of(&one(&report, number)), commit);
    }
    assert_eq!(exposure(&report, 3), Exposure::Head);
    assert_eq!(commit_of(&one(&report, 4)), "");
    assert_eq!(exposure(&report, 4), Exposure::Reachable);
}

#[test]
fn a_lost_object_is_named() {
    let repo = Repo::new(&[]);
    let first = repo.commit("a.conf", &line(1), "first");
    repo.commit("b.conf", &line(2), "second");
    let path = repo.path().join(".git/objects");
    fs::remove_file(path.join(&first[..2]).join(&first[2..])).expect("a loose object");
    let report = scan(&repo.path());
    missing(&report, "a commit that others follow is missing");
    assert!(report.coverage.skipped[0].path.contains(&first));
    assert_eq!(
        of(&report, 1).len(),
        1,
        "the second commit has that file, too"
    );
}

#[test]
fn what_an_interrupted_fetch_left_is_no_fault() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "first");
    repo.git(&["repack", "-adq"]);
    let folder = repo.path().join(".git/objects/pack");
    fs::write(folder.join("tmp_pack_Ab12"), b"PACK\0\0\0\x02").expect("room");
    fs::write(folder.join("tmp_idx_Ab12"), b"").expect("room");
    fs::create_dir_all(repo.path().join(".git/objects/17")).expect("a folder");
    fs::write(repo.path().join(".git/objects/17/tmp_obj_Ab12"), b"").expect("room");
    let report = scan(&repo.path());
    clean(&report);
    assert_eq!(of(&report, 1).len(), 1);
    // A pack that lost its index is not known to git either; one that lost its data is.
    for pack in packs(&repo, "pack") {
        fs::remove_file(pack).expect("our own file");
    }
    let report = scan(&repo.path());
    assert!(report.coverage.is_incomplete());
}

#[test]
fn an_index_of_several_hashes_and_bare_copies_agree() {
    for format in ["sha1", "sha256"] {
        let repo = Repo::new(&[&format!("--object-format={format}")]);
        let brought = repo.commit("a.conf", &format!("{}{}", filler(50), line(1)), "bring");
        for number in 1..6 {
            repo.commit(
                "a.conf",
                &format!("{}{}", filler(50 + number), line(1)),
                "move",
            );
        }
        let source = repo.path().display().to_string();
        repo.git_in(
            repo.dir.path(),
            &["clone", "-q", "--mirror", &source, "bare"],
        );
        let bare = repo.dir.path().join("bare");
        repo.git_in(&bare, &["repack", "-adfq", "--depth=10"]);
        let report = scan(&bare);
        clean(&report);
        assert_eq!(commit_of(&one(&report, 1)), brought, "{format}");
        let inside = scan(&bare.join("objects"));
        assert_eq!(inside.findings.len(), 1, "{format}");
    }
}

#[test]
fn what_is_in_a_notebook_is_shown_by_its_cells() {
    let notebook = |number: usize, more: &str| {
        let cell = |text: String| {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            serde_json::json!({ "cell_type": "code", "metadata": {}, "source": lines })
        };
        let cells = [
            cell(filler(40) + more),
            cell(format!("x = 1\n{}", line(number))),
        ];
        let all = serde_json::json!({ "cells": cells, "metadata": {}, "nbformat": 4 });
        serde_json::to_string_pretty(&all).expect("json")
    };
    let repo = Repo::new(&[]);
    repo.commit("a.ipynb", &notebook(1, ""), "first");
    let second = repo.commit("a.ipynb", &notebook(2, "y = 2\n"), "second");
    repo.git(&["repack", "-adq"]);
    let mut options = HistoryOptions::default();
    options.cache = true;
    // Read, and then looked up.
    for _ in 0..2 {
        let report = scanner(2).scan_history(&repo.path(), &options, &Monitor::default());
        let report = report.expect("a repository");
        clean(&report);
        for number in [1, 2] {
            let place = one(&report, number);
            assert_eq!(&*place.path, "a.ipynb!cell 2.py");
            assert_eq!(place.start.line, 2);
        }
        assert_eq!(commit_of(&one(&report, 2)), second);
        assert_eq!(exposure(&report, 1), Exposure::Reachable);
    }
    clean(&scan(&repo.path()));
    // What was kept with cells is no answer without, nor the other way round.
    for (depth, path) in [(0, "a.ipynb"), (8, "a.ipynb!cell 2.py")] {
        let scanner = scanner_to_depth(2, depth);
        let report = scanner.scan_history(&repo.path(), &options, &Monitor::default());
        let report = report.expect("a repository");
        assert_eq!(&*one(&report, 1).path, path);
    }
    // Only the last answer is kept: this one comes from it.
    let report = scanner_to_depth(2, 0).scan_history(&repo.path(), &options, &Monitor::default());
    assert_eq!(&*one(&report.expect("a repository"), 1).path, "a.ipynb");
}

#[test]
fn what_is_compressed_is_not_searched_as_it_is() {
    let repo = Repo::new(&[]);
    let chunk = |kind: &[u8; 4], text: &str| {
        let length = u32::try_from(text.len()).expect("short").to_be_bytes();
        [&length[..], kind, text.as_bytes(), b"crc!"].concat()
    };
    let picture = |pixels: &str, text: &str| {
        let parts = [chunk(b"IDAT", pixels), chunk(b"tEXt", text)].concat();
        [b"\x89PNG\r\n\x1a\n", &parts[..], &chunk(b"IEND", "")].concat()
    };
    for (pixels, text) in [(1, 2), (3, 4)] {
        let bytes = picture(&line(pixels), &line(text));
        fs::write(repo.path().join("a.png"), bytes).expect("a picture");
        let packed = [b"\x1F\x8B\x08\0\0", line(5).as_bytes()].concat();
        fs::write(repo.path().join("a.gz"), packed).expect("a file");
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-qm", "a picture"]);
    }
    let loose = scan(&repo.path());
    repo.git(&["repack", "-adfq"]);
    for report in [loose, scan(&repo.path())] {
        clean(&report);
        let found = [1, 2, 3, 4, 5].map(|number| of(&report, number).len());
        assert_eq!(found, [0, 1, 0, 1, 0]);
    }
}

#[test]
fn a_tree_of_deltas_that_threads_share_is_read_as_by_one() {
    let repo = Repo::new(&[]);
    for number in 0..90 {
        // One file of which all others are versions.
        let text = format!("{}{}{}", filler(60 + number), line(number % 7), filler(90));
        repo.write("a.conf", &text);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "-qm", "more"]);
    }
    repo.git(&["repack", "-adfq", "--depth=8", "--window=20"]);
    let shown = |threads: usize, paranoid: bool| {
        let mut options = HistoryOptions::default();
        options.paranoid = paranoid;
        let report = scanner(threads)
            .scan_history(&repo.path(), &options, &Monitor::default())
            .expect("a repository");
        clean(&report);
        assert_eq!(report.findings.len(), 7);
        format!("{:?}{:?}", report.findings, report.coverage)
    };
    let alone = shown(1, false);
    for threads in [2, 3, 8] {
        assert_eq!(shown(threads, threads == 8), alone, "{threads} threads");
    }
}
