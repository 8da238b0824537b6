//! Waivers that may not be given, and are not.

use sluicegate::gate::ssh_key::{HashAlg, LineEnding};
use sluicegate::gate::{Selector, Signature, Waiver};

use super::{Desk, private};

pub(super) const DAVE: &[&str] = &["--requested-by", "dave@example.com"];

fn file_of(id: &str) -> String {
    format!(".sluice/waivers/{id}.json")
}

pub(super) fn waiver(desk: &Desk, id: &str) -> Waiver {
    Waiver::parse(&desk.read(&file_of(id))).expect("it is one")
}

/// Signs the waiver for any purpose, and writes it.
fn sign_for(desk: &Desk, mut waiver: Waiver, who: &str, purpose: &str) {
    let signature = private(who).sign(purpose, HashAlg::Sha512, &waiver.signed_bytes());
    let sshsig = signature
        .and_then(|s| s.to_pem(LineEnding::LF))
        .expect("it can be signed");
    let principal = format!("{who}@example.com");
    waiver.signatures = vec![Signature { principal, sshsig }];
    let text = serde_json::to_string(&waiver).expect("plain JSON");
    desk.file(&file_of(&waiver.id), &text);
}

#[test]
fn somebody_else_may_approve_and_the_waiver_ends() {
    let desk = Desk::new();
    let id = desk.waive(DAVE);
    desk.commit("ann@example.com", "Ask");
    desk.decides(&[], "block", "WAIVER-UNSIGNED");
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Bob agrees");
    desk.decides(&[], "allow", "WAIVED");
    desk.decides(&[], "allow", "WAIVER-SOON");
    desk.decides(&["--clock", &super::in_days(8)], "block", "WAIVER-EXPIRED");
    desk.run(&["waiver", "verify"])
        .ends(0)
        .says(&["approved by bob@example.com"]);
    // Once what it is for is gone, whoever judges everything says so.
    desk.file("job.py", "key = read()\n");
    desk.commit("ann@example.com", "Gone");
    desk.decides(&["--stage", "merge", "."], "allow", "WAIVER-UNUSED");
}

#[test]
fn nobody_approves_what_they_had_a_part_in() {
    // Who commits, what else is said, who signs as whom, and what comes of it.
    type Case = (
        &'static str,
        &'static [&'static str],
        (&'static str, &'static str),
        &'static str,
    );
    let cases: [Case; 9] = [
        (
            "ann@example.com",
            &[],
            ("ann", "ann@example.com"),
            "WAIVER-SELF",
        ),
        (
            "ann@home.example",
            &[],
            ("ann", "ann@example.com"),
            "WAIVER-SELF",
        ),
        (
            "ann@example.com",
            &[],
            ("ann", "ann@home.example"),
            "WAIVER-SELF",
        ),
        (
            "ann@throwaway.example",
            &[],
            ("ann", "ann@example.com"),
            "WAIVER-APPROVERS",
        ),
        (
            "ann@example.com",
            &["--pusher", "Bob <bob@example.com>"],
            ("bob", "bob@example.com"),
            "WAIVER-SELF",
        ),
        (
            "ann@example.com",
            &["--opener", "bob@example.com"],
            ("bob", "bob@example.com"),
            "WAIVER-SELF",
        ),
        (
            "ann@example.com",
            &["--actor", "agent:x", "--operator", "bob@example.com"],
            ("bob", "bob@example.com"),
            "WAIVER-SELF",
        ),
        (
            "ann@example.com",
            &[],
            ("agent", "agent@example.com"),
            "WAIVER-UNKNOWN-SIGNER",
        ),
        (
            "ann@example.com",
            &[],
            ("bob", "carol@example.com"),
            "WAIVER-UNKNOWN-SIGNER",
        ),
    ];
    for (author, flags, (who, principal), want) in cases {
        let desk = Desk::new();
        let id = desk.waive(DAVE);
        desk.sign(&id, who, principal);
        desk.git(&["reset", "-q", "--soft", "main"]);
        desk.commit(author, "A job and its waiver");
        desk.decides(flags, "block", want);
    }
    // A co-author, and whoever has asked for it.
    for (message, requested_by) in [
        (
            "Ask\n\nCo-authored-by: B <bob@example.com>",
            "dave@example.com",
        ),
        ("Ask", "Bob <bob@example.com>"),
    ] {
        let desk = Desk::new();
        let id = desk.waive(&["--requested-by", requested_by]);
        desk.sign(&id, "bob", "bob@example.com");
        desk.commit("ann@example.com", message);
        desk.decides(&[], "block", "WAIVER-SELF");
    }
    // An address that the map of the base ties to the approver.
    let desk = Desk::with(|desk| {
        desk.file(".mailmap", "Bob <bob@example.com> <bobby@old.example>\n");
    });
    let id = desk.waive(DAVE);
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("bobby@old.example", "Ask");
    desk.decides(&[], "block", "WAIVER-SELF");
}

#[test]
fn a_key_that_the_change_brings_opens_nothing() {
    let desk = Desk::new();
    let signers = desk.read(".sluice/allowed_signers");
    let mallory = private("mallory").public_key().to_openssh().expect("a key");
    desk.file(
        ".sluice/allowed_signers",
        &format!("{signers}mallory@example.com {mallory}\n"),
    );
    let id = desk.waive(DAVE);
    sign_for(&desk, waiver(&desk, &id), "mallory", "gate-approval@v1");
    desk.commit("ann@example.com", "A new colleague");
    desk.decides(&[], "block", "WAIVER-UNKNOWN-SIGNER");
    desk.decides(&[], "block", "TAMPER-GATE");
}

#[test]
fn signatures_for_other_purposes_are_worth_nothing() {
    for (purpose, verdict, code) in [
        ("git", "block", "WAIVER-SIGNATURE"),
        ("file", "block", "WAIVER-SIGNATURE"),
        ("gate-approval@v1", "allow", "WAIVED"),
    ] {
        let desk = Desk::new();
        let id = desk.waive(DAVE);
        sign_for(&desk, waiver(&desk, &id), "bob", purpose);
        desk.commit("ann@example.com", "Ask");
        desk.decides(&[], verdict, code);
    }
}

#[test]
fn keys_count_while_they_hold() {
    for (options, verdict, code) in [
        (
            "valid-before=\"20200101\"",
            "block",
            "WAIVER-UNKNOWN-SIGNER",
        ),
        ("valid-after=\"20990101\"", "block", "WAIVER-UNKNOWN-SIGNER"),
        ("namespaces=\"git\"", "block", "WAIVER-UNKNOWN-SIGNER"),
        ("valid-after=\"20200101Z\"", "allow", "WAIVED"),
    ] {
        let desk = Desk::with(|desk| {
            let ann = desk.sandbox.read("ann.key.pub");
            let bob = desk.sandbox.read("bob.key.pub");
            desk.file(
                ".sluice/allowed_signers",
                &format!("ann@example.com {ann}\nbob@example.com {options} {bob}\n"),
            );
        });
        let id = desk.waive(DAVE);
        desk.sign(&id, "bob", "bob@example.com");
        desk.commit("ann@example.com", "Ask");
        desk.decides(&[], verdict, code);
    }
}

#[test]
fn a_waiver_says_one_thing_and_no_more() {
    let desk = Desk::new();
    let id = desk.waive(DAVE);
    desk.sign(&id, "bob", "bob@example.com");
    let good = desk.read(&file_of(&id));
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (what, text, code) in [
        (
            "other stages",
            edit("\"merge\"", "\"merge\", \"release\""),
            "WAIVER-SIGNATURE",
        ),
        (
            "another reason",
            edit("moves next week", "moves some day"),
            "WAIVER-SIGNATURE",
        ),
        (
            "stages twice",
            edit("\"stages\"", "\"stages\": [\"release\"], \"stages\""),
            "WAIVER-MALFORMED",
        ),
        (
            "an unknown key",
            edit("\"stages\"", "\"all\": true, \"stages\""),
            "WAIVER-MALFORMED",
        ),
        (
            "a glob over rules",
            edit(
                "\"fingerprint\"",
                "\"rule\": \"*\", \"path\": \"job.py\", \"credential_name\"",
            ),
            "WAIVER-MALFORMED",
        ),
    ] {
        desk.file(&file_of(&id), &text);
        desk.commit("ann@example.com", what);
        desk.decides(&[], "block", code);
    }
    // By rule and path: the very path, in the very letters, or nothing.
    let rule = desk.decision(&[])["findings"][0]["rule"]
        .as_str()
        .expect("a text")
        .to_owned();
    // A change that never had it under another name.
    desk.git(&["reset", "-q", "--soft", "main"]);
    desk.git(&["mv", "job.py", "café.py"]);
    for (path, verdict) in [
        ("café.py", "allow"),
        ("cafe\u{301}.py", "block"),
        ("./café.py", "block"),
        ("src/../café.py", "block"),
        ("*.py", "block"),
    ] {
        let mut waiver = Waiver::parse(&good).expect("it is one");
        waiver.selector = Selector {
            rule: rule.clone(),
            path: path.to_owned(),
            ..Selector::default()
        };
        sign_for(&desk, waiver, "bob", "gate-approval@v1");
        desk.commit("ann@example.com", path);
        assert_eq!(desk.codes(&[])[0], verdict, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_no_waiver() {
    let desk = Desk::new();
    let id = desk.waive(DAVE);
    desk.sign(&id, "bob", "bob@example.com");
    let text = desk.read(&file_of(&id));
    desk.file("elsewhere.json", &text);
    let waiver = desk.sandbox.path().join("repo").join(file_of(&id));
    std::fs::remove_file(&waiver).expect("it is there");
    std::os::unix::fs::symlink("../../elsewhere.json", &waiver).expect("a link");
    desk.commit("ann@example.com", "Ask");
    desk.decides(&[], "block", "WAIVER-MALFORMED");
    // Nor in a folder without a repository, where the file system would follow it.
    std::fs::remove_dir_all(desk.sandbox.path().join("repo/.git")).expect("it is there");
    assert_eq!(desk.codes(&["."])[0], "block");
}

#[test]
fn what_works_is_not_waived() {
    let desk = Desk::new();
    let id = desk.waive(DAVE);
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Ask");
    let mut report = desk
        .run(&["scan", "job.py", "--format", "json"])
        .ends(1)
        .json();
    desk.file("../scan.json", &report.to_string());
    desk.decides(&["--findings", "../scan.json"], "allow", "WAIVED");
    report["findings"][0]["verification"] =
        serde_json::json!({ "status": "live", "at": "2026-11-01T00:00:00Z" });
    desk.file("../scan.json", &report.to_string());
    desk.decides(&["--findings", "../scan.json"], "block", "WAIVER-DENIED");
    desk.decides(&["--findings", "../scan.json"], "block", "SEC-LIVE");
}

#[test]
fn a_revoked_key_approves_nothing() {
    let signed = |revoked: &str| {
        let desk = Desk::with(|desk| desk.file(".sluice/revoked_keys", revoked));
        let id = desk.waive(DAVE);
        desk.sign(&id, "bob", "bob@example.com");
        desk.commit("ann@example.com", "Ask");
        desk
    };
    let key = |who: &str| {
        let key = private(who).public_key().to_openssh().expect("a key");
        format!("# gone\n\n{key}\n")
    };
    signed(&key("carol")).decides(&[], "allow", "WAIVED");
    let desk = signed(&key("bob"));
    desk.decides(&[], "block", "WAIVER-REVOKED");
    desk.run(&["waiver", "list"])
        .ends(0)
        .says(&["a key that was revoked [WAIVER-REVOKED]"]);
    // Taking a key off the list is an edit of what judges; putting one on is not.
    desk.file(".sluice/revoked_keys", "");
    desk.commit("ann@example.com", "Bob is back");
    desk.decides(&[], "block", "TAMPER-GATE");
    desk.decides(&[], "block", "WAIVER-REVOKED");
    let more = format!("{}{}", key("bob"), key("carol"));
    desk.file(".sluice/revoked_keys", &more);
    desk.commit("ann@example.com", "Carol too");
    let codes = desk.codes(&[]);
    assert!(!codes.iter().any(|c| c.starts_with("TAMPER")), "{codes:?}");
    // What cannot be read is not taken for an empty list.
    for (text, why) in [
        ("SSHKRL\n\0", "binary key revocation list (KRL)"),
        (
            "bob@example.com ssh-ed25519 AAAA\n",
            "line 1 is no public key",
        ),
    ] {
        let desk = Desk::with(|desk| desk.file(".sluice/revoked_keys", text));
        desk.gate(&[])
            .ends(2)
            .complains(&["`.sluice/revoked_keys` in the base", why]);
    }
}

#[test]
fn a_waiver_for_a_rule_that_nothing_has_is_refused_with_the_nearest() {
    let desk = Desk::new();
    desk.file(".sluice.toml", "[rules]\npaths = ['acme.toml']\n");
    desk.file("acme.toml", &crate::support::acme_rules());
    let until = super::in_days(7);
    let waive = |rule: &str| {
        let args = [
            "waive",
            rule,
            "--path",
            "job.py",
            "--why",
            "moves next week",
            "--expires",
            &until,
        ];
        desk.run(&[&args[..], DAVE].concat())
    };
    for (rule, near) in [
        ("ref-github-npm-publsh", "ref-github-npm-publish"),
        (
            "github-personal-acces-token",
            "github-personal-access-token",
        ),
        ("acme-tokn", "acme-token"),
        ("nothing-like-that-at-all", "sluice rules list"),
    ] {
        waive(rule).ends(2).complains(&["there is no rule", near]);
    }
    let folder = desk.sandbox.path().join("repo/.sluice/waivers");
    assert!(!folder.exists(), "a refused waiver is not written");
    for rule in ["ref-github-npm-publish", "acme-token", "tamper-policy"] {
        waive(rule).ends(0);
    }
}
