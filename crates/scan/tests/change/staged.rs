//! The index.

use crate::support::{Repo, filler, introduced, line, only, pairs, value};

#[test]
fn what_is_staged_is_introduced_and_what_is_not_staged_is_not() {
    let repo = Repo::new();
    repo.save("old.py", &line(1));
    assert_eq!(introduced(&repo.staged()), []);
    repo.write("old.py", &format!("{}{}", line(1), line(2)));
    repo.git(&["add", "old.py"]);
    repo.write("old.py", &format!("{}{}{}", line(1), line(2), line(3)));
    repo.write("untracked.py", &line(4));
    let report = repo.staged();
    assert_eq!(introduced(&report), pairs(&[(2, "old.py")]));
    let place = only(&report);
    assert_eq!((place.start.line, place.provenance.is_none()), (2, true));
    assert_eq!(report.coverage.files, 1);
}

#[test]
fn an_unborn_head_has_nothing_so_all_is_introduced() {
    let repo = Repo::new();
    assert_eq!(introduced(&repo.staged()), []);
    repo.write("a/b.py", &line(1));
    repo.git(&["add", "."]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(1, "a/b.py")]));
}

#[test]
fn what_is_moved_indented_or_renamed_is_not_introduced() {
    let repo = Repo::new();
    let key = |indent: &str| {
        let dashes = "-".repeat(5);
        let body = "MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5oBz8vP9iYQ2QoAoGCCqGSM49";
        let lines = [
            format!("{dashes}BEGIN EC PRIVATE KEY{dashes}"),
            body.to_owned(),
            format!("AwEHoUQDQgAE{}", &body[8..50]),
            format!("{dashes}END EC PRIVATE KEY{dashes}"),
        ];
        lines.map(|line| format!("{indent}{line}\n")).concat()
    };
    repo.write("app.py", &format!("{}{}", line(1), filler(50)));
    repo.write("key.yml", &format!("key: |\n{}", key("  ")));
    repo.write("src/a.py", &line(2));
    repo.write("src/b.py", &line(3));
    repo.commit("start");
    repo.write(
        "app.py",
        &format!("{}\nif True:\n    {}", filler(50), line(1)),
    );
    repo.write("key.yml", &format!("top:\n  key: |\n{}", key("    ")));
    repo.git(&["mv", "src/a.py", "settings.py"]);
    // Renamed and changed; deleted, and its value in a file that is new.
    repo.git(&["rm", "-q", "src/b.py"]);
    repo.write("conf/new.py", &format!("{}{}", filler(9), line(3)));
    repo.git(&["add", "-A"]);
    assert_eq!(introduced(&repo.staged()), []);
    repo.write(
        "conf/new.py",
        &format!("{}{}{}", filler(9), line(3), line(4)),
    );
    repo.git(&["add", "-A"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(4, "conf/new.py")]));
}

#[test]
fn what_a_rule_makes_of_the_old_path_does_not_matter() {
    let repo = Repo::new();
    let weak = |name: &str| repo.write(name, &line(1));
    weak("tests/fixtures/sample.py");
    repo.commit("start");
    repo.git(&["mv", "tests/fixtures/sample.py", "prod.py"]);
    assert_eq!(introduced(&repo.staged()), []);
}

#[test]
fn a_copy_of_an_untouched_file_is_introduced_and_says_where_it_comes_from() {
    let repo = Repo::new();
    repo.write("deep/old.py", &line(1));
    repo.write("other.py", &format!("{}{}", filler(20), line(2)));
    repo.commit("start");
    repo.write("copy.py", &line(1));
    repo.write("part.py", &line(2));
    repo.write("new.py", &line(3));
    repo.git(&["add", "-A"]);
    let report = repo.staged();
    let expected = [(1, "copy.py"), (2, "part.py"), (3, "new.py")];
    assert_eq!(introduced(&report), pairs(&expected));
    let mut origins: Vec<_> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.occurrences)
        .map(|place| (place.path.to_string(), place.copied_from.as_deref()))
        .collect();
    origins.sort();
    let origin = |path: &str, from| (path.to_owned(), from);
    assert_eq!(
        origins,
        [
            origin("copy.py", Some("deep/old.py")),
            origin("new.py", None),
            origin("part.py", Some("other.py")),
        ]
    );
}

#[test]
fn every_way_to_store_the_index_is_read() {
    for options in [
        &[][..],
        &["index.version=4"],
        &["core.splitIndex=true"],
        &["index.threads=1", "core.untrackedCache=true"],
    ] {
        let repo = Repo::new();
        for option in options {
            let (name, value) = option.split_once('=').expect("an option");
            repo.git(&["config", name, value]);
        }
        for n in 0..30 {
            repo.write(&format!("d{}/e{}/f{n}.py", n % 3, n % 5), &filler(n));
        }
        repo.save("d1/old.py", &line(1));
        repo.write("d1/e1/new.py", &line(2));
        repo.git(&["add", "-A"]);
        repo.git(&["rm", "-q", "--cached", "d1/old.py"]);
        assert_eq!(
            introduced(&repo.staged()),
            pairs(&[(2, "d1/e1/new.py")]),
            "{options:?}"
        );
        let read = repo.staged().coverage.files;
        assert_eq!(read, 1, "{options:?}: only what is new is read");
    }
}

#[test]
fn a_sparse_index_is_compared_as_far_as_it_is_there() {
    let repo = Repo::new();
    repo.write("in/a.py", &line(1));
    repo.write("out/b.py", &line(2));
    repo.write("out/deep/c.py", &line(3));
    repo.commit("start");
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    assert!(!repo.path().join("out").exists());
    assert_eq!(introduced(&repo.staged()), []);
    repo.write("in/d.py", &line(4));
    repo.git(&["add", "in"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(4, "in/d.py")]));
    // A folder that another commit has otherwise.
    repo.git(&["commit", "-qm", "x"]);
    let id = repo.git(&["rev-parse", "HEAD:out/b.py"]);
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("100644,{id},out/e.py"),
    ]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(2, "out/e.py")]));
}

#[test]
fn a_conflict_shows_both_sides_and_a_merge_is_not_blamed_for_what_it_merges() {
    let repo = Repo::new();
    repo.write("a.py", &filler(5));
    repo.commit("start");
    repo.git(&["checkout", "-qb", "topic"]);
    repo.write("a.py", &format!("{}{}", line(1), filler(5)));
    repo.write("side.py", &line(2));
    repo.commit("topic");
    repo.git(&["checkout", "-q", "main"]);
    repo.save("a.py", &format!("x = 1\n{}", filler(5)));
    let merge = std::process::Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.invalid"])
        .args(["merge", "-q", "topic"])
        .current_dir(repo.path())
        .output()
        .expect("git runs");
    assert!(!merge.status.success(), "it ends in a conflict");
    assert_eq!(
        introduced(&repo.staged()),
        [],
        "both sides are commits already"
    );
    repo.write("a.py", &format!("x = 1\n{}{}", line(1), filler(5)));
    repo.git(&["add", "a.py"]);
    assert_eq!(introduced(&repo.staged()), []);
    repo.write(
        "a.py",
        &format!("x = 1\n{}{}{}", line(1), line(3), filler(5)),
    );
    repo.git(&["add", "a.py"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(3, "a.py")]));
}

#[test]
fn entries_that_are_no_plain_files_are_understood() {
    let repo = Repo::new();
    repo.write("run.sh", &line(1));
    repo.write("dir/file.py", &line(2));
    repo.commit("start");
    let head = repo.git(&["rev-parse", "HEAD"]);
    // A bit, a link, a commit of another repository, a promise, a folder that becomes a file.
    repo.git(&["update-index", "--chmod=+x", "run.sh"]);
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},sub"),
    ]);
    repo.write("promised.py", &line(4));
    repo.git(&["add", "-N", "promised.py"]);
    repo.git(&["rm", "-rq", "--cached", "dir"]);
    std::fs::remove_dir_all(repo.path().join("dir")).expect("it is there");
    repo.write("dir", &format!("{}{}", line(2), line(5)));
    repo.git(&["add", "dir"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(5, "dir")]));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(
            format!("smtp_password={}", value(6)),
            repo.path().join("ln"),
        )
        .expect("a link");
        repo.git(&["add", "ln"]);
        assert_eq!(introduced(&repo.staged()), pairs(&[(5, "dir"), (6, "ln")]));
    }
}

#[test]
fn other_formats_and_working_trees_are_the_same() {
    let repo = Repo::with(&["--object-format=sha256"]);
    repo.save("a.py", &line(1));
    repo.write("b.py", &line(2));
    repo.git(&["add", "-A"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(2, "b.py")]));
    let repo = Repo::new();
    repo.save("a.py", &line(1));
    let other = repo.dir().join("other");
    repo.git(&["worktree", "add", "-q", "../other"]);
    std::fs::write(other.join("b.py"), line(2)).expect("room");
    repo.git_in(&other, &["add", "-A"]);
    assert_eq!(introduced(&repo.staged()), []);
    let report = crate::support::scanner(1)
        .scan_change(
            &other,
            &sluicegate_scan::Surroundings::default(),
            &sluicegate_scan::Change::Staged,
            &sluicegate_scan::Monitor::default(),
        )
        .expect("a working tree");
    assert_eq!(introduced(&report), pairs(&[(2, "b.py")]));
}

#[test]
fn packed_objects_are_found_and_a_missing_one_is_said() {
    let repo = Repo::new();
    repo.save("a.py", &format!("{}{}", filler(200), line(1)));
    repo.write("a.py", &format!("{}{}{}", filler(200), line(1), line(2)));
    repo.git(&["add", "-A"]);
    repo.git(&["repack", "-qad"]);
    assert_eq!(introduced(&repo.staged()), pairs(&[(2, "a.py")]));
    repo.write("a.py", &line(3));
    repo.git(&["add", "-A"]);
    let blob = repo.git(&["rev-parse", ":a.py"]);
    let loose = repo
        .path()
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(loose).expect("it is loose");
    let report = repo.staged();
    assert!(report.coverage.is_incomplete());
    assert_eq!(&*report.coverage.skipped[0].path, "a.py");
}

#[test]
fn markers_count_where_they_stand() {
    let repo = Repo::new();
    repo.save("a.py", "x = 1\n");
    // The blank is written so that this is no marker to who scans this file.
    let marked = line(1).replace('\n', "  #\x20sluice:allow of no use to anybody\n");
    repo.write("a.py", &marked);
    repo.git(&["add", "-A"]);
    let report = repo.staged();
    assert_eq!(introduced(&report), pairs(&[(1, "a.py")]));
    assert_eq!(report.active().count(), 0);
}
