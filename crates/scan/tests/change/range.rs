//! Ranges of commits.

use std::path::PathBuf;

use sluicegate_core::Exposure;
use sluicegate_scan::{Change, Monitor, ScanErrorKind, Surroundings};

use crate::support::{Repo, filler, introduced, line, listed, only, pairs, scanner};

#[test]
fn a_value_is_the_doing_of_the_commit_that_brought_it() {
    let repo = Repo::new();
    repo.save("a.py", &line(1));
    let base = repo.save("b.py", &filler(3));
    repo.save("a.py", &format!("{}{}", filler(3), line(1)));
    let bad = repo.save("b.py", &format!("{}{}", filler(3), line(2)));
    repo.save("b.py", &format!("{}{}", filler(9), line(2)));
    let report = repo.range(&format!("{base}..HEAD"));
    assert_eq!(introduced(&report), pairs(&[(2, "b.py")]));
    let place = only(&report);
    let provenance = place.provenance.as_ref().expect("a commit brought it");
    let commit = provenance.commit.as_ref().expect("a commit");
    assert_eq!(
        (commit.id.as_str(), commit.summary.as_str()),
        (bad.as_str(), "b.py")
    );
    assert_eq!(provenance.exposure, Exposure::Head);
    assert_eq!((provenance.blobs, provenance.commits), (2, 2));
    assert_eq!(place.start.line, 10, "where it is at the end");
    assert_eq!(*provenance.object, *repo.git(&["rev-parse", "HEAD:b.py"]));
}

#[test]
fn what_was_added_and_removed_again_stays_in_the_history() {
    let repo = Repo::new();
    let base = repo.save("a.py", &filler(3));
    let bad = repo.save("a.py", &line(1));
    repo.save("a.py", &filler(3));
    let report = repo.range(&format!("{base}..HEAD"));
    assert_eq!(introduced(&report), pairs(&[(1, "a.py")]));
    let provenance = only(&report).provenance.clone().expect("a commit");
    assert_eq!(provenance.exposure, Exposure::Reachable);
    assert_eq!(provenance.commit.expect("it is known").id, bad);
}

#[test]
fn moves_over_several_commits_are_not_introduced() {
    let repo = Repo::new();
    repo.write("a.py", &line(1));
    repo.write("b.py", &format!("{}{}", line(2), filler(5)));
    repo.write("c.py", &line(3));
    repo.commit("start");
    let base = repo.git(&["rev-parse", "HEAD"]);
    // Copied first and deleted later.
    repo.save("z/a.py", &line(1));
    repo.git(&["rm", "-q", "a.py"]);
    repo.commit("delete");
    // Away and back.
    repo.save("b.py", &filler(5));
    repo.save("b.py", &format!("{}{}", filler(5), line(2)));
    // To and fro by name.
    repo.git(&["mv", "c.py", "d.py"]);
    repo.commit("d");
    repo.git(&["mv", "d.py", "e.py"]);
    repo.commit("e");
    assert_eq!(introduced(&repo.range(&format!("{base}..HEAD"))), []);
    assert_eq!(introduced(&repo.range(&format!("{base}...HEAD"))), []);
}

#[test]
fn a_revert_brings_back_what_was_known_and_nothing_new() {
    let repo = Repo::new();
    repo.save("a.py", &line(1));
    let gone = repo.save("a.py", &filler(2));
    repo.git(&["revert", "--no-edit", "HEAD"]);
    // Against a base without it, it is introduced, though the history has it.
    assert_eq!(
        introduced(&repo.range(&format!("{gone}..HEAD"))),
        pairs(&[(1, "a.py")])
    );
    assert_eq!(introduced(&repo.range(&format!("{gone}~1..HEAD"))), []);
}

#[test]
fn merges_are_blamed_for_what_they_bring_themselves() {
    let repo = Repo::new();
    repo.write("main.py", &filler(5));
    repo.write("topic.py", &filler(6));
    let base = repo.commit("start");
    repo.git(&["checkout", "-qb", "topic"]);
    repo.save("topic.py", &format!("{}{}", filler(6), line(1)));
    repo.git(&["checkout", "-q", "main"]);
    let main = repo.save("main.py", &format!("{}{}", filler(5), line(2)));
    repo.git(&["checkout", "-q", "topic"]);
    repo.git(&["merge", "-q", "--no-commit", "main"]);
    // An evil merge: it has what neither side has.
    repo.write("evil.py", &line(3));
    let merge = repo.commit("merge");
    let report = repo.range("main..topic");
    assert_eq!(
        introduced(&report),
        pairs(&[(1, "topic.py"), (3, "evil.py")])
    );
    let evil = report.findings.iter().flat_map(|f| &f.occurrences);
    let mut evil = evil.filter(|place| &*place.path == "evil.py");
    let provenance = evil.next().expect("it is there").provenance.clone();
    assert_eq!(
        provenance.expect("a commit").commit.expect("a commit").id,
        merge
    );
    assert_eq!(introduced(&repo.range("main...topic")), introduced(&report));
    let all = introduced(&repo.range(&format!("{base}..topic")));
    assert_eq!(
        all,
        pairs(&[(1, "topic.py"), (2, "main.py"), (3, "evil.py")])
    );
    assert_eq!(introduced(&repo.range(&format!("topic..{main}"))), []);
}

#[test]
fn an_octopus_merge_is_a_merge() {
    let repo = Repo::new();
    repo.save("a.py", &filler(1));
    for n in 1..4 {
        repo.git(&["checkout", "-qb", &format!("arm{n}"), "main"]);
        repo.save(&format!("arm{n}.py"), &line(n));
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "arm1", "arm2", "arm3"]);
    assert_eq!(
        repo.git(&["rev-list", "--parents", "-1", "HEAD"])
            .split(' ')
            .count(),
        5
    );
    let arms = pairs(&[(1, "arm1.py"), (2, "arm2.py"), (3, "arm3.py")]);
    assert_eq!(introduced(&repo.range("HEAD^1..HEAD")), arms);
    let rest = pairs(&[(2, "arm2.py"), (3, "arm3.py")]);
    assert_eq!(introduced(&repo.range("arm1..HEAD")), rest);
}

#[test]
fn sides_that_went_apart_are_seen_from_where_the_range_says() {
    let repo = Repo::new();
    repo.write("both.py", &filler(3));
    repo.write("old.py", &line(5));
    let fork = repo.commit("start");
    repo.git(&["checkout", "-qb", "topic"]);
    repo.save("both.py", &line(1));
    repo.git(&["checkout", "-q", "main"]);
    repo.save("both.py", &format!("{}{}", line(1), line(2)));
    repo.git(&["rm", "-q", "old.py"]);
    repo.commit("cleaned");
    // main has the value at that path as well: seen from main it is not new.
    assert_eq!(introduced(&repo.range("main..topic")), []);
    assert_eq!(
        introduced(&repo.range("main...topic")),
        pairs(&[(1, "both.py")])
    );
    assert_eq!(
        introduced(&repo.range(&format!("{fork}..topic"))),
        pairs(&[(1, "both.py")])
    );
}

#[test]
fn crosswise_merges_have_several_places_where_they_began() {
    let repo = Repo::new();
    repo.save("a.py", &filler(1));
    repo.git(&["checkout", "-qb", "topic"]);
    repo.save("t.py", &line(1));
    repo.git(&["checkout", "-q", "main"]);
    repo.save("m.py", &line(2));
    repo.git(&["branch", "before"]);
    repo.git(&["merge", "-q", "topic"]);
    repo.git(&["checkout", "-q", "topic"]);
    repo.git(&["merge", "-q", "before"]);
    repo.git(&["mv", "t.py", "t2.py"]);
    repo.git(&["mv", "m.py", "m2.py"]);
    repo.commit("moved");
    assert_eq!(
        repo.git(&["merge-base", "--all", "main", "topic"])
            .lines()
            .count(),
        2
    );
    assert_eq!(introduced(&repo.range("main...topic")), []);
    repo.save("n.py", &line(3));
    assert_eq!(
        introduced(&repo.range("main...topic")),
        pairs(&[(3, "n.py")])
    );
}

#[test]
fn messages_are_read_and_roots_are_new() {
    let repo = Repo::new();
    repo.write("a.py", &line(1));
    repo.commit(&format!("with {}", line(2)));
    let zeros = "0".repeat(40);
    let all = pairs(&[(1, "a.py"), (2, "(commit message)")]);
    assert_eq!(introduced(&repo.range(&format!("{zeros}..HEAD"))), all);
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.save("b.py", &line(3));
    let other = pairs(&[(1, "a.py"), (3, "b.py")]);
    let report = repo.range("main..other");
    assert_eq!(listed(&report), other[1..], "a.py is what main has");
}

#[test]
fn a_shallow_clone_says_what_it_could_not_see() {
    let repo = Repo::new();
    repo.save("a.py", &line(1));
    repo.save("b.py", &line(2));
    let last = repo.save("c.py", &line(3));
    let url = format!("file://{}", repo.path().display());
    let clone = |depth: &str| -> PathBuf {
        let to = repo.dir().join(format!("depth{depth}"));
        let name = to.to_str().expect("a plain name").to_owned();
        repo.git_in(repo.dir(), &["clone", "-q", "--depth", depth, &url, &name]);
        to
    };
    let scan = |path: &std::path::Path, range: &str| {
        let change = Change::Range(range.to_owned());
        scanner(1).scan_change(path, &Surroundings::default(), &change, &Monitor::default())
    };
    let two = clone("2");
    assert_eq!(
        introduced(&scan(&two, "HEAD~1..HEAD").expect("both are there")),
        pairs(&[(3, "c.py")])
    );
    let error = scan(&two, "HEAD~2..HEAD").expect_err("it is not there");
    assert_eq!(error.kind(), ScanErrorKind::BadChange);
    assert!(error.to_string().contains("shallow"), "{error}");
    // A base that is there and does not lead to where the clone ends.
    let root = repo.git(&["rev-parse", "HEAD~2"]);
    repo.git(&["tag", "root", &root]);
    repo.git_in(
        &two,
        &["fetch", "-q", "--depth", "1", "origin", "tag", "root"],
    );
    let report = scan(&two, "root..HEAD").expect("both are there");
    assert!(report.coverage.is_incomplete());
    assert!(
        report.coverage.skipped[0].detail.contains("shallow"),
        "{:?}",
        report.coverage
    );
    assert_eq!(listed(&report), pairs(&[(2, "b.py"), (3, "c.py")]));
    let one = clone("1");
    let error = scan(&one, &format!("{last}~1..HEAD")).expect_err("it is not there");
    assert!(error.to_string().contains("--unshallow"), "{error}");
}

#[test]
fn revisions_are_those_of_git() {
    let repo = Repo::new();
    for n in 0..4 {
        repo.save("a.py", &filler(n));
    }
    repo.git(&["tag", "-a", "v1", "-m", "v1", "HEAD~2"]);
    repo.git(&["checkout", "-qb", "x/topic", "HEAD~1"]);
    repo.save("t.py", "x\n");
    repo.git(&["merge", "-q", "main"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    repo.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["branch", "later", "main"]);
    let short = repo.git(&["rev-parse", "--short", "main~1"]);
    let repository = sluicegate_git::Repository::discover(&repo.path()).expect("it is one");
    let objects = repository.objects();
    for name in [
        "HEAD",
        "@",
        "main",
        "heads/main",
        "refs/heads/main",
        "x/topic",
        "v1",
        "v1^{}",
        "v1^{commit}",
        "HEAD^2",
        "HEAD^1~1",
        "HEAD^^",
        "HEAD~0",
        "HEAD^0",
        "@~1",
        "origin",
        "origin/main",
        "later",
        "HEAD^{tree}",
        "v1~1",
        &short,
        &format!("{short}~1"),
        &format!("{}^0", short.to_uppercase()),
    ] {
        let ours = repository.resolve(&objects, name).expect(name).to_string();
        assert_eq!(ours, repo.git(&["rev-parse", name]), "{name}");
    }
    for name in [
        "nothing",
        "HEAD~99",
        "HEAD^3",
        "ffff",
        "HEAD@{1}",
        "main:a.py",
        "HEAD^{x",
        "../HEAD",
    ] {
        assert!(repository.resolve(&objects, name).is_err(), "{name}");
    }
}

#[test]
fn what_is_no_range_is_an_error_that_says_what_one_is() {
    let repo = Repo::new();
    let error = repo
        .try_scan(&Change::Range("..".to_owned()))
        .expect_err("nothing is there");
    assert!(
        error.to_string().contains("nothing was committed yet"),
        "{error}"
    );
    repo.save("a.py", "x\n");
    for range in [
        "",
        "HEAD",
        "HEAD..HEAD..HEAD",
        "a....b",
        "no..HEAD",
        "HEAD..no",
        "HEAD^{tree}..HEAD",
    ] {
        let error = repo
            .try_scan(&Change::Range(range.to_owned()))
            .expect_err(range);
        assert_eq!(error.kind(), ScanErrorKind::BadChange, "{range}");
    }
    assert_eq!(introduced(&repo.range("..")), []);
    assert_eq!(introduced(&repo.range("HEAD...")), []);
}

#[test]
fn the_number_of_threads_and_packing_change_nothing() {
    let repo = Repo::new();
    let base = repo.save("a.py", &filler(5));
    for n in 0..40 {
        repo.save(
            &format!("d{}/f{n}.py", n % 7),
            &format!("{}{}", filler(n), line(n % 9)),
        );
    }
    let change = Change::Range(format!("{base}..HEAD"));
    let scan = |threads| {
        let git = Surroundings::default();
        let report = scanner(threads).scan_change(&repo.path(), &git, &change, &Monitor::default());
        let report = report.expect("a range");
        format!("{:?}", report.findings)
    };
    let loose = scan(1);
    assert_eq!(scan(2), loose);
    repo.git(&["repack", "-qad", "--depth=50"]);
    assert_eq!(scan(1), loose);
    assert_eq!(scan(2), loose);
}

#[test]
fn values_at_one_place_of_several_messages_are_all_reported() {
    let repo = Repo::new();
    let base = repo.save("a.py", "x = 1\n");
    for n in 1..4 {
        repo.commit(&line(n));
    }
    let message = |n| (n, "(commit message)");
    let expected = [message(1), message(2), message(3)];
    assert_eq!(
        introduced(&repo.range(&format!("{base}..HEAD"))),
        pairs(&expected)
    );
}
