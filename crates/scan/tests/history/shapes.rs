//! Repositories of every shape.

use std::collections::BTreeSet;
use std::process::Command;

use sluicegate_core::{Exposure, Report};
use sluicegate_scan::{HistoryOptions, Monitor, ScanErrorKind};

use crate::support::{
    Repo, clean, commit_of, exposure, filler, line, missing, of, one, scan, scanner,
};

#[test]
fn the_first_commit_at_each_path_is_named_and_the_rest_is_counted() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &filler(40), "nothing");
    let first = repo.commit(
        "a.conf",
        &format!("{}{}", filler(40), line(1)),
        "bring it\n\nbody",
    );
    repo.commit(
        "a.conf",
        &format!("x = 1\n{}{}", filler(40), line(1)),
        "move it",
    );
    let copied = repo.commit("sub/b.conf", &line(1), "copy it");
    repo.commit("a.conf", &filler(41), "remove it");
    for pack in [false, true] {
        if pack {
            repo.git(&["repack", "-adfq", "--depth=50"]);
        }
        let report = scan(&repo.path());
        clean(&report);
        let places = of(&report, 1);
        assert_eq!(places.len(), 2);
        let place = &places[0];
        assert_eq!(
            (&*place.path, place.start.line, place.start.column),
            ("a.conf", 41, 18)
        );
        let provenance = place.provenance.as_ref().expect("it comes from history");
        let commit = provenance.commit.as_ref().expect("it was committed");
        assert_eq!(commit.id, first);
        assert_eq!(commit.author, "A U Thor <a@example.invalid>");
        assert_eq!(commit.summary, "bring it");
        assert_eq!(
            commit.date,
            repo.git(&["log", "-1", "--format=%aI", &first])
        );
        assert_eq!(provenance.exposure, Exposure::Reachable);
        assert_eq!((provenance.blobs, provenance.commits), (2, 2));
        assert_eq!(
            (&*places[1].path, commit_of(&places[1])),
            ("sub/b.conf", copied.clone())
        );
        let exposure = places[1].provenance.as_ref().map(|p| p.exposure);
        assert_eq!(exposure, Some(Exposure::Head));
    }
}

#[test]
fn every_place_that_git_keeps_objects_in_is_read() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "on main");
    repo.git(&["repack", "-adq"]);
    repo.commit("a.conf", &line(2), "in a second pack");
    repo.git(&["repack", "-dq"]);
    repo.git(&["checkout", "-qb", "side"]);
    repo.commit("side.conf", &line(3), "on a branch");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.conf", &line(4));
    repo.git(&["stash", "-q"]);
    repo.commit("lost.conf", &line(5), "soon lost");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write("blob", &line(6));
    let blob = repo.git(&["hash-object", "-w", "blob"]);
    std::fs::remove_file(repo.path().join("blob")).expect("it was written");
    repo.git(&["notes", "add", "-m", &line(7)]);
    repo.git(&["tag", "-a", "v1", "-m", &format!("release\n\n{}", line(8))]);
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        &format!("say\n\n{}", line(9)),
    ]);
    let dropped = repo.commit("gone.conf", &line(10), "without a trace");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["update-ref", "-d", "ORIG_HEAD"]);
    let log = repo.path().join(".git/logs/HEAD");
    let kept = std::fs::read_to_string(&log)
        .expect("a reflog")
        .replace(&dropped, &"0".repeat(40));
    std::fs::write(&log, kept).expect("room");
    let log = repo.path().join(".git/logs/refs/heads/main");
    let kept = std::fs::read_to_string(&log)
        .expect("a reflog")
        .replace(&dropped, &"0".repeat(40));
    std::fs::write(&log, kept).expect("room");

    let report = scan(&repo.path());
    clean(&report);
    for (number, expected, path) in [
        (1, Exposure::Reachable, "a.conf"),
        (2, Exposure::Head, "a.conf"),
        (3, Exposure::Reachable, "side.conf"),
        (4, Exposure::Stash, "a.conf"),
        (5, Exposure::Reflog, "lost.conf"),
        (6, Exposure::Dangling, "(blob in no commit)"),
        (8, Exposure::Reachable, "(tag message)"),
        (9, Exposure::Reachable, "(commit message)"),
        (10, Exposure::Dangling, "gone.conf"),
    ] {
        assert_eq!(exposure(&report, number), expected, "value {number}");
        assert_eq!(&*one(&report, number).path, path, "value {number}");
    }
    assert_eq!(exposure(&report, 7), Exposure::Reachable, "a note");
    let loose = one(&report, 6).provenance.expect("it comes from history");
    assert_eq!((&*loose.object, loose.commit), (blob.as_str(), None));
    let one_thread = scanner(1)
        .scan_history(
            &repo.path(),
            &HistoryOptions::default(),
            &Monitor::default(),
        )
        .expect("a repository");
    let shown = |report: &Report| format!("{:?}{:?}", report.findings, report.coverage);
    assert_eq!(shown(&one_thread), shown(&report), "any number of threads");
}

#[test]
fn what_only_a_merge_brought_is_found_in_it() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &filler(3), "start");
    repo.git(&["checkout", "-qb", "side"]);
    repo.commit("b.conf", &filler(4), "side");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("c.conf", &filler(5), "main");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let merge = repo.commit("a.conf", &line(1), "merge");
    let report = scan(&repo.path());
    assert_eq!(commit_of(&one(&report, 1)), merge);
}

#[test]
fn clones_of_every_kind_are_read() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "first");
    repo.commit("a.conf", &line(2), "second");
    let dir = repo.dir.path();
    let source = repo.path().display().to_string();
    let clone = |args: &[&str], name: &str| {
        repo.git_in(dir, &[&["clone", "-q"], args, &[&source, name]].concat());
        scan(&dir.join(name))
    };
    let both = |report: &Report| {
        clean(report);
        assert_eq!((of(report, 1).len(), of(report, 2).len()), (1, 1));
    };
    both(&clone(&["--bare"], "bare"));
    both(&clone(&["--shared"], "borrowing"));
    let file = format!("file://{source}");
    repo.git_in(dir, &["clone", "-q", "--depth=1", &file, "shallow"]);
    let shallow = scan(&dir.join("shallow"));
    missing(&shallow, "the clone is shallow: what came before 1 ");
    assert_eq!((of(&shallow, 1).len(), of(&shallow, 2).len()), (0, 1));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.git_in(
        dir,
        &[
            "clone",
            "-q",
            "--bare",
            "--filter=blob:none",
            &file,
            "partial",
        ],
    );
    let partial = scan(&dir.join("partial"));
    missing(&partial, "the clone is partial: at least 2 files");
    assert!(partial.findings.is_empty());
    repo.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    std::fs::create_dir(dir.join("linked/sub")).expect("a folder");
    both(&scan(&dir.join("linked/sub")));
}

#[test]
fn ids_of_sha256_are_read() {
    let repo = Repo::new(&["--object-format=sha256"]);
    repo.commit("a.conf", &filler(30), "nothing");
    let first = repo.commit("a.conf", &format!("{}{}", filler(30), line(1)), "bring it");
    for pack in [false, true] {
        if pack {
            repo.git(&["repack", "-adfq"]);
        }
        let report = scan(&repo.path());
        clean(&report);
        assert_eq!(commit_of(&one(&report, 1)), first);
    }
}

#[test]
fn deltas_on_named_bases_are_read() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &filler(200), "nothing");
    let base = repo.git(&["rev-parse", "HEAD"]);
    repo.commit(
        "a.conf",
        &format!("{}{}{}", filler(200), line(1), filler(9)),
        "bring it",
    );
    // A thin pack names the base by its id; `--fix-thin` puts that behind it.
    let thin = repo.dir.path().join("thin.pack");
    let script = format!(
        "printf 'main\\n^{base}\\n' | git pack-objects --revs --thin --stdout -q > '{}'",
        thin.display()
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(repo.path())
        .output();
    assert!(output.is_ok_and(|o| o.status.success()));
    let other = Repo::new(&[]);
    other.git(&["fetch", "-q", &repo.path().display().to_string(), &base]);
    let script = format!("git index-pack --fix-thin --stdin < '{}'", thin.display());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(other.path())
        .output();
    assert!(output.is_ok_and(|o| o.status.success()));
    let report = scan(&other.path());
    clean(&report);
    assert_eq!(exposure(&report, 1), Exposure::Dangling);
}

#[test]
fn damage_is_told_and_the_rest_is_read() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "good");
    repo.commit("b.conf", &line(2), "damaged");
    let blob = repo.git(&["rev-parse", "HEAD:b.conf"]);
    let path = repo
        .path()
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(&path).expect("a loose object");
    std::fs::write(&path, b"not an object").expect("room");
    std::fs::write(repo.path().join(".git/objects/pack/pack-x.idx"), b"no").expect("room");
    let report = scan(&repo.path());
    assert_eq!(of(&report, 1).len(), 1);
    assert!(report.coverage.is_incomplete());
    let named: Vec<&str> = report.coverage.skipped.iter().map(|s| &*s.path).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named.iter().any(|path| path.contains(&blob)), "{named:?}");
    assert!(
        named.iter().any(|path| path.ends_with("pack-x.idx")),
        "{named:?}"
    );
}

#[test]
fn a_damaged_pack_is_told_object_by_object() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &line(1), "good");
    for number in 0..20 {
        repo.commit("b.txt", &filler(300 + number), "more");
    }
    repo.git(&["repack", "-adfq"]);
    let packs = repo.path().join(".git/objects/pack");
    let entries = std::fs::read_dir(packs).expect("packs");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let pack = paths
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "pack"));
    let pack = pack.expect("a pack");
    let good = std::fs::read(&pack).expect("a pack");
    let mut permissions = std::fs::metadata(&pack).expect("a pack").permissions();
    #[expect(
        clippy::permissions_set_readonly_false,
        reason = "the file is thrown away"
    )]
    permissions.set_readonly(false);
    std::fs::set_permissions(&pack, permissions).expect("our own file");
    let mut told = 0;
    for at in (12..good.len() - 20).step_by(good.len() / 60) {
        let mut bad = good.clone();
        for byte in &mut bad[at..(at + 8).min(good.len() - 20)] {
            *byte ^= 0x5A;
        }
        std::fs::write(&pack, bad).expect("room");
        told += usize::from(scan(&repo.path()).coverage.is_incomplete());
    }
    assert!(told > 30, "damage was noticed {told} times");
}

#[test]
fn what_is_no_repository_is_an_error_and_an_empty_one_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    for path in [dir.path().to_owned(), dir.path().join("missing")] {
        let error = scanner(1)
            .scan_history(&path, &HistoryOptions::default(), &Monitor::default())
            .expect_err("no repository");
        assert_eq!(error.kind(), ScanErrorKind::NoRepository);
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
    let report = scan(&Repo::new(&[]).path());
    clean(&report);
    assert_eq!(report.coverage.files, 0);
}

#[test]
fn git_names_the_same_commits_and_paths() {
    let repo = Repo::new(&[]);
    let mut state = 7u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    for number in 0..60 {
        if number % 12 == 5 {
            repo.git(&["checkout", "-qB", "side"]);
        }
        if number % 12 == 9 {
            repo.git(&["checkout", "-q", "main"]);
            repo.git(&["merge", "-q", "-X", "ours", "-m", "merge", "side"]);
        }
        let path = ["a.conf", "d/b.conf", "d/e/c.conf"][random(3) as usize];
        let old = std::fs::read_to_string(repo.path().join(path)).unwrap_or_default();
        let mut lines: Vec<String> = old.lines().map(|l| format!("{l}\n")).collect();
        let at = random(lines.len() as u32 + 1) as usize;
        lines.insert(at, line(random(12) as usize));
        lines.insert(0, filler(random(4) as usize));
        if lines.len() > 9 {
            lines.remove(random(9) as usize);
        }
        repo.commit(path, &lines.concat(), &format!("change {number}"));
    }
    repo.git(&["repack", "-adfq", "--depth=50"]);
    let report = scan(&repo.path());
    clean(&report);
    let mut compared = BTreeSet::new();
    for occurrence in report.findings.iter().flat_map(|f| &f.occurrences) {
        let object = occurrence.provenance.as_ref().map(|p| p.object.to_string());
        let object = format!("--find-object={}", object.expect("it comes from history"));
        let path: &str = &occurrence.path;
        let args = [
            "log",
            "--all",
            "-m",
            "--reverse",
            "--topo-order",
            "--format=%H",
            &object,
        ];
        let log = repo.git(&[&args[..], &["--", path]].concat());
        let first = log.lines().next().expect("git knows it").to_owned();
        assert_eq!(commit_of(occurrence), first, "{path}");
        compared.insert(first);
    }
    assert!(
        compared.len() > 10,
        "only {} commits were compared",
        compared.len()
    );
}
