//! What was agreed upon for one thing is worth nothing for another.

use super::{Desk, in_days};

/// A change to the policy, which somebody has to approve.
fn edited() -> Desk {
    let desk = Desk::with(|desk| {
        desk.run(&["policy", "init"]).ends(0);
    });
    desk.git(&["checkout", "-q", "main"]);
    desk.git(&["checkout", "-qb", "policy"]);
    let policy = desk.read(".sluice/policy.toml");
    desk.file(".sluice/policy.toml", &format!("{policy}# more\n"));
    desk.commit("ann@example.com", "Edit the policy");
    desk
}

fn approve(desk: &Desk, who: &str, more: &[&str]) {
    let key = format!("../{who}.key");
    let principal = format!("{who}@example.com");
    let args = [
        "approve",
        "--range",
        "main...HEAD",
        "--why",
        "agreed",
        "--requested-by",
        "dave@example.com",
        "--sign",
        &key,
        "--as",
        &principal,
        "-o",
        "../approval.json",
    ];
    desk.run(&[&args[..], more].concat()).ends(0);
}

const EVIDENCE: &[&str] = &["--range", "main...HEAD", "--evidence", "../approval.json"];

#[test]
fn an_approval_is_for_this_commit() {
    let desk = edited();
    desk.decides(&["--range", "main...HEAD"], "block", "TAMPER-GATE");
    approve(&desk, "bob", &[]);
    desk.decides(EVIDENCE, "allow", "APPROVED");
    desk.file("more.py", "print('more')\n");
    desk.commit("ann@example.com", "One more thing");
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
    // The same tree as another commit is another commit.
    desk.git(&["reset", "-q", "--hard", "HEAD~1"]);
    desk.decides(EVIDENCE, "allow", "APPROVED");
    desk.git(&[
        "commit",
        "-q",
        "--amend",
        "--allow-empty",
        "-m",
        "Other words",
    ]);
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
}

#[test]
fn an_approval_is_for_this_stage_policy_repository_and_time() {
    let desk = edited();
    approve(&desk, "bob", &[]);
    desk.decides(
        &[EVIDENCE, &["--stage", "release"]].concat(),
        "block",
        "APPROVAL-OTHER",
    );
    desk.decides(
        &[EVIDENCE, &["--clock", &in_days(8)]].concat(),
        "block",
        "APPROVAL-OTHER",
    );
    let text = desk.sandbox.read("approval.json");
    // Bytes that were edited are not those that were signed.
    let digest = text
        .split("\"policy_digest\": \"")
        .nth(1)
        .expect("it is there");
    let altered = text.replace(&digest[..64], &"0".repeat(64));
    desk.sandbox.file("approval.json", &altered);
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
    let stage = text.replace("\"merge\"", "\"release\"");
    desk.sandbox.file("approval.json", &stage);
    let release = [EVIDENCE, &["--stage", "release"]].concat();
    desk.decides(&release, "block", "WAIVER-SIGNATURE");
    desk.sandbox.file("approval.json", &text);
    // Another repository with the same commits.
    desk.git(&["remote", "add", "origin", "https://example.com/other.git"]);
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
    desk.git(&["remote", "remove", "origin"]);
    desk.decides(EVIDENCE, "allow", "APPROVED");
    // The policy of the base has changed since.
    desk.git(&["checkout", "-q", "main"]);
    let policy = desk.read(".sluice/policy.toml");
    desk.file(".sluice/policy.toml", &format!("# new\n{policy}"));
    desk.commit("bob@example.com", "Another policy");
    desk.git(&["checkout", "-q", "policy"]);
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
}

#[test]
fn an_approval_by_the_author_is_none() {
    let desk = edited();
    approve(&desk, "ann", &[]);
    desk.decides(EVIDENCE, "block", "WAIVER-SELF");
}

#[test]
fn an_emergency_takes_two_and_rings() {
    let desk = Desk::new();
    desk.decides(&[], "block", "SEC-NEW");
    approve(&desk, "bob", &["--break-glass"]);
    desk.decides(EVIDENCE, "block", "APPROVAL-APPROVERS");
    approve(&desk, "carol", &["--break-glass"]);
    desk.gate(EVIDENCE)
        .ends(10)
        .says(&["BREAK-GLASS", "bob@example.com and carol@example.com"]);
    desk.run(&["log", "show"])
        .ends(0)
        .says(&["GLASS BROKEN at merge by bob@example.com"]);
    desk.run(&["log", "verify"]).ends(0).says(&["2 records"]);
    desk.decides(
        &[EVIDENCE, &["--clock", &in_days(2)]].concat(),
        "block",
        "APPROVAL-OTHER",
    );
    desk.commit("ann@example.com", "One more thing");
    desk.decides(EVIDENCE, "block", "APPROVAL-OTHER");
    // It cannot be asked for in advance, or for longer.
    let long = [
        "approve",
        "--range",
        "main...HEAD",
        "--why",
        "x",
        "--requested-by",
        "dave@example.com",
        "--sign",
        "../bob.key",
        "-o",
        "../long.json",
        "--break-glass",
        "--expires",
        &in_days(2),
    ];
    desk.run(&long)
        .ends(2)
        .complains(&["cannot hold until", "the latest end"]);
}

#[test]
fn a_summary_is_for_what_it_names() {
    let desk = Desk::new();
    desk.git(&["checkout", "-q", "main"]);
    desk.gate(&[
        "--stage",
        "merge",
        ".",
        "--format",
        "json",
        "-o",
        "../d.json",
    ])
    .ends(0);
    let commit = format!("gitCommit:{}", desk.git(&["rev-parse", "HEAD"]));
    let issuer = "https://gate.example/merge";
    let attest = [
        "attest",
        "../d.json",
        "--key",
        "../bob.key",
        "--issuer",
        issuer,
    ];
    desk.run(&[&attest[..], &["-o", "../vsa.json"]].concat())
        .ends(0);
    let usual = [
        commit.as_str(),
        "merge",
        "../bob.key.pub",
        issuer,
        "../vsa.json",
    ];
    let verify = |[subject, stage, key, issuer, file]: [&str; 5]| {
        let args = [
            "gate",
            "verify",
            file,
            "--subject",
            subject,
            "--stage",
            stage,
        ];
        desk.run(&[&args[..], &["--key", key, "--issuer", issuer]].concat())
    };
    verify(usual).ends(0).says(&["passed at merge"]);
    let other = format!("gitCommit:{}", "0".repeat(40));
    let envelope = desk.sandbox.read("vsa.json");
    let mut edited: serde_json::Value = serde_json::from_str(&envelope).expect("JSON");
    edited["signatures"][0]["sig"] = "AAAA".into();
    desk.sandbox.file("edited.json", &edited.to_string());
    desk.sandbox.file("junk.json", "{}");
    for (number, value, check) in [
        (0, other.as_str(), "2, subject"),
        (1, "release", "7, levels"),
        (2, "../ann.key.pub", "1, signature"),
        (3, "https://gate.example/release", "4, verifier"),
        (4, "../edited.json", "1, signature"),
        (4, "../junk.json", "no envelope"),
    ] {
        let mut args = usual;
        args[number] = value;
        verify(args).ends(20).complains(&[check]);
    }
    // What blocks does not become a summary that passes.
    desk.git(&["checkout", "-q", "topic"]);
    desk.gate(&["--format", "json", "-o", "../blocked.json"])
        .ends(20);
    let commit = format!("gitCommit:{}", desk.git(&["rev-parse", "HEAD"]));
    let attest = [
        "attest",
        "../blocked.json",
        "--key",
        "../bob.key",
        "--issuer",
        issuer,
    ];
    desk.run(&[&attest[..], &["-o", "../vsa.json"]].concat())
        .ends(0);
    verify([&commit, "merge", "../bob.key.pub", issuer, "../vsa.json"])
        .ends(20)
        .complains(&["6, result"]);
}

/// Asks the gate at a stage, and has the decision signed; gives the file.
fn attested(desk: &Desk, stage: &str, who: &str, more: &[&str]) -> String {
    let gate = [
        "gate",
        "--stage",
        stage,
        "--format",
        "json",
        "--no-log",
        "-o",
        "../d.json",
    ];
    desk.run(&[&gate[..], more].concat());
    let file = format!("../{stage}-{who}.vsa.json");
    let key = format!("../{who}.key");
    let issuer = format!("https://gate.example/{stage}");
    let args = [
        "attest",
        "../d.json",
        "--key",
        &key,
        "--issuer",
        &issuer,
        "-o",
        &file,
    ];
    desk.run(&args).ends(0);
    file
}

#[test]
fn a_release_asks_for_the_summary_of_the_merge() {
    let policy = "schema = 'sluicegate.policy/1'\nname = 'acme'\n[previous]\nrelease = 'merge'\n";
    let desk = Desk::with(|desk| {
        desk.file(".sluice/policy.toml", policy);
        let bob = desk.sandbox.read("bob.key.pub");
        desk.file(
            ".sluice/verifiers",
            &format!("https://gate.example/merge {bob}\n"),
        );
    });
    desk.git(&["reset", "-q", "--hard", "main"]);
    let codes = |evidence: &[&str]| {
        let args = [&["--stage", "release", "."], evidence].concat();
        let decision = desk.decision(&args);
        let verdict = decision["decision"].as_str().expect("a text").to_owned();
        let own = decision["reasons"].as_array().expect("a list").clone();
        let told = decision["notices"].as_array().expect("a list");
        let told = told.iter().map(|n| n["reason"].clone());
        let all: Vec<String> = own
            .into_iter()
            .chain(told)
            .map(|r| r["code"].to_string())
            .collect();
        (verdict, all.join(" "))
    };
    let is = |evidence: &[&str], verdict: &str, code: &str| {
        let (got, all) = codes(evidence);
        assert!(
            got == verdict && all.contains(code),
            "{evidence:?}: {got} {all}"
        );
    };
    is(&[], "block", "PREVIOUS-MISSING");
    // Of this commit, by somebody who is trusted with it.
    let good = attested(&desk, "merge", "bob", &["."]);
    let (verdict, all) = codes(&["--evidence", &good]);
    assert_eq!((verdict.as_str(), all.as_str()), ("allow", ""));
    // By somebody else; of another stage; of another commit.
    let other = attested(&desk, "merge", "ann", &["."]);
    is(&["--evidence", &other], "block", "PREVIOUS-OTHER");
    let early = attested(&desk, "commit", "bob", &["."]);
    is(&["--evidence", &early], "block", "PREVIOUS-MISSING");
    let args = [
        "--stage",
        "release",
        "--format",
        "json",
        "-o",
        "../r.json",
        "--evidence",
        &good,
    ];
    desk.gate(&args).ends(0);
    let summary = [
        "attest",
        "../r.json",
        "--key",
        "../bob.key",
        "--issuer",
        "https://x.example",
    ];
    let envelope = desk.run(&summary).ends(0).json();
    let payload = super::canary::decoded(envelope["payload"].as_str().expect("a text"));
    assert!(
        payload.contains(&good[3..]),
        "the summary before is not named in {payload}"
    );
    desk.file("more.py", "print('more')\n");
    desk.commit("ann@example.com", "One more thing");
    is(&["--evidence", &good], "block", "PREVIOUS-OTHER");
    // One that says that it did not pass.
    desk.file("job.py", &format!("key = '{}'\n", crate::support::token()));
    desk.commit("ann@example.com", "A token");
    let failed = attested(&desk, "merge", "bob", &["."]);
    is(&["--evidence", &failed], "block", "PREVIOUS-FAILED");
}

#[test]
fn verifiers_are_read_or_there_is_no_decision() {
    let desk = Desk::with(|desk| desk.file(".sluice/verifiers", "https://gate.example/merge x\n"));
    desk.gate(&[])
        .ends(2)
        .complains(&["`.sluice/verifiers` in the base: line 1"]);
}
