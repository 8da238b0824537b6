//! Envelopes and verification summaries, as their specifications have them.

use serde_json::{Value, json};
use sluicegate_gate::ssh_key::private::Ed25519Keypair;
use sluicegate_gate::ssh_key::{PrivateKey, PublicKey};
use sluicegate_gate::*;

fn key(seed: u8) -> PrivateKey {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    PrivateKey::new(pair.into(), "").expect("a key")
}

fn public(seed: u8) -> PublicKey {
    key(seed).public_key().clone()
}

fn decision(findings: &[Finding]) -> Decision {
    let mut context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
    context.subject.commit = "c".repeat(40);
    context.subject.repo = "git+https://example.com/r".to_owned();
    decide(findings, &context, &Policy::builtin(), &[])
}

fn issuer() -> Issuer {
    Issuer {
        id: "https://gate.example/merge".to_owned(),
        ..Issuer::default()
    }
}

fn expected() -> Expected {
    Expected {
        subject: vec![format!("gitCommit:{}", "c".repeat(40))],
        verifiers: vec!["https://gate.example/merge".to_owned()],
        resource: "git+https://example.com/r".to_owned(),
        stage: Some(Stage::Merge),
        levels: Vec::new(),
    }
}

fn sealed(payload: &str) -> Envelope {
    Envelope::sign(payload, &key(1)).expect("an Ed25519 key")
}

fn text(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).expect("plain JSON")
}

#[test]
fn what_is_signed_is_what_the_specification_says() {
    assert_eq!(
        pre_authentication("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}

#[test]
fn a_summary_says_what_was_decided() {
    let payload = vsa(&decision(&[]), &issuer()).expect("a subject and an issuer");
    let statement =
        verify_vsa(&text(&sealed(&payload)), &[public(1)], &expected()).expect("it holds");
    assert_eq!(statement["predicate"]["verificationResult"], "PASSED");
    assert_eq!(
        statement["predicate"]["verifiedLevels"],
        json!(["ORG_SOURCE_GATE_MERGE_PASSED"])
    );
    let secret = Finding::new("ab", "acme-token", FindingKind::SecretValue);
    let payload = vsa(&decision(&[secret]), &issuer()).expect("a subject and an issuer");
    let error =
        verify_vsa(&text(&sealed(&payload)), &[public(1)], &expected()).expect_err("blocked");
    assert!(error.to_string().starts_with("6, result"), "{error}");
    // A remediate passes only where somebody says so.
    let mut hint = Finding::new("ab", "acme-token", FindingKind::SecretValue);
    hint.confidence = sluicegate_core::Confidence::Hint;
    for (remediate_passes, want) in [(false, "FAILED"), (true, "PASSED")] {
        let issuer = Issuer {
            remediate_passes,
            ..issuer()
        };
        let payload = vsa(&decision(&[hint.clone()]), &issuer).expect("a subject and an issuer");
        let statement: Value = serde_json::from_str(&payload).expect("plain JSON");
        assert_eq!(statement["predicate"]["verificationResult"], want);
    }
    let nothing = decide(
        &[],
        &Context::new(Stage::Merge, Time::from_seconds(0)),
        &Policy::builtin(),
        &[],
    );
    assert!(
        vsa(&nothing, &issuer()).is_err(),
        "nothing with a digest was judged"
    );
    let whole: Value = serde_json::from_str(&statement_of(&decision(&[]))).expect("plain JSON");
    assert_eq!(whole["predicateType"], DECISION_PREDICATE);
    assert_eq!(whole["predicate"]["decision"], "allow");
}

fn statement_of(decision: &Decision) -> String {
    statement(decision, &issuer()).expect("a subject")
}

#[test]
fn checks_fail_in_the_order_of_the_specification() {
    let payload = vsa(&decision(&[]), &issuer()).expect("a subject and an issuer");
    let good: Value = serde_json::from_str(&payload).expect("plain JSON");
    let with = |pointer: &str, value: Value| {
        let mut statement = good.clone();
        *statement.pointer_mut(pointer).expect("it is there") = value;
        text(&sealed(&statement.to_string()))
    };
    let mut unknown = good.clone();
    unknown["extra"] = json!({ "a": 1 });
    unknown["predicate"]["extra"] = json!(true);
    let unknown = text(&sealed(&unknown.to_string()));
    assert!(
        verify_vsa(&unknown, &[public(1)], &expected()).is_ok(),
        "unknown fields are ignored"
    );
    let cases = [
        (
            with("/_type", json!("https://in-toto.io/Statement/v0.1")),
            "1,",
        ),
        (
            with("/subject/0/digest/gitCommit", json!("d".repeat(40))),
            "2,",
        ),
        (with("/subject", json!([])), "2,"),
        (with("/predicateType", json!(DECISION_PREDICATE)), "3,"),
        (
            with(
                "/predicate/verifier/id",
                json!("https://gate.example/commit"),
            ),
            "4,",
        ),
        (
            with(
                "/predicate/resourceUri",
                json!("git+https://example.com/other"),
            ),
            "5,",
        ),
        // Levels that look as if it had passed do not help.
        (with("/predicate/verificationResult", json!("FAILED")), "6,"),
        (with("/predicate/verificationResult", json!("passed")), "6,"),
        (with("/predicate/verifiedLevels", json!(["FAILED"])), "7,"),
        (
            with(
                "/predicate/verifiedLevels",
                json!("ORG_SOURCE_GATE_MERGE_PASSED"),
            ),
            "7,",
        ),
    ];
    for (envelope, number) in cases {
        let error = verify_vsa(&envelope, &[public(1)], &expected()).expect_err(number);
        assert!(error.to_string().starts_with(number), "{number} {error}");
    }
    for stage in [Stage::Commit, Stage::Release, Stage::Deploy] {
        let expected = Expected {
            stage: Some(stage),
            ..expected()
        };
        let error =
            verify_vsa(&text(&sealed(&payload)), &[public(1)], &expected).expect_err("another");
        assert!(error.to_string().starts_with("7,"), "{error}");
    }
    // Who expects nothing in particular gets nothing.
    let careless = Expected {
        subject: Vec::new(),
        ..expected()
    };
    assert!(verify_vsa(&text(&sealed(&payload)), &[public(1)], &careless).is_err());
}

#[test]
fn envelopes_are_opened_by_the_right_keys_only() {
    let payload = vsa(&decision(&[]), &issuer()).expect("a subject and an issuer");
    let good = sealed(&payload);
    assert!(good.verify(&[public(2), public(1)], 1).is_ok());
    assert!(good.verify(&[public(2)], 1).is_err());
    assert!(good.verify(&[], 0).is_err());
    // The name of a key is a hint and no proof, in either direction.
    let mut renamed = good.clone();
    renamed.signatures[0].keyid = "SHA256:somebody-else".to_owned();
    assert!(renamed.verify(&[public(1)], 1).is_ok());
    // Two signatures of one key are one.
    let mut twice = good.clone();
    twice.signatures.push(good.signatures[0].clone());
    assert!(twice.verify(&[public(1), public(1)], 2).is_err());
    let mut both = good.clone();
    both.signatures
        .extend(Envelope::sign(&payload, &key(2)).expect("a key").signatures);
    assert!(both.verify(&[public(1), public(2)], 2).is_ok());
    // The other alphabet of base64 means the same bytes.
    let mut url_safe = good.clone();
    url_safe.payload = url_safe.payload.replace('+', "-").replace('/', "_");
    url_safe.signatures[0].sig = url_safe.signatures[0]
        .sig
        .replace('+', "-")
        .replace('/', "_");
    assert!(url_safe.verify(&[public(1)], 1).is_ok());
    // Another type, another payload, a broken signature.
    let other_type = Envelope {
        payload_type: "text/plain".to_owned(),
        ..good.clone()
    };
    assert!(other_type.verify(&[public(1)], 1).is_err());
    let blocked = sealed(
        &vsa(
            &decision(&[Finding::new("a", "b", FindingKind::SecretValue)]),
            &issuer(),
        )
        .expect("a subject"),
    );
    let swapped = Envelope {
        signatures: good.signatures.clone(),
        ..blocked
    };
    assert!(swapped.verify(&[public(1)], 1).is_err());
    for sig in ["", "AAAA", "not base64"] {
        let mut broken = good.clone();
        broken.signatures[0].sig = sig.to_owned();
        assert!(broken.verify(&[public(1)], 1).is_err(), "{sig}");
    }
}

/// A summary of the shape that the specification shows, written by somebody else: with a
/// name, a fraction of a second, levels of SLSA and fields that we do not write.
#[test]
fn summaries_of_others_are_checked_by_their_levels() {
    let digest = "5678".repeat(16);
    let summary = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "name": "out/example-1.2.3.tar.gz",
            "digest": { "sha256": digest, "sha512": "ab".repeat(64) },
        }],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {
                "id": "https://example.com/publication_verifier",
                "version": { "slsa-verifier-linux-amd64": "v2.3.0" },
            },
            "timeVerified": "1985-04-12T23:20:50.52Z",
            "resourceUri": "https://example.com/example-1.2.3.tar.gz",
            "policy": {
                "uri": "https://example.com/example_tarball.policy",
                "digest": { "sha256": "1234".repeat(16) },
            },
            "inputAttestations": [{
                "uri": "https://example.com/provenances/example-1.2.3.tar.gz.intoto.jsonl",
                "digest": { "sha256": "abcd".repeat(16) },
            }],
            "verificationResult": "PASSED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
            "dependencyLevels": { "SLSA_BUILD_LEVEL_3": 5, "SLSA_BUILD_LEVEL_0": 1 },
            "slsaVersion": "1.0",
        },
    });
    let envelope = text(&sealed(&summary.to_string()));
    let wanted = Expected {
        subject: vec![format!("sha256:{digest}")],
        verifiers: vec!["https://example.com/publication_verifier".to_owned()],
        resource: "https://example.com/example-1.2.3.tar.gz".to_owned(),
        stage: None,
        levels: vec!["SLSA_BUILD_LEVEL_3".to_owned()],
    };
    verify_vsa(&envelope, &[public(1)], &wanted).unwrap_or_else(|why| panic!("{why}"));
    // A digest under another algorithm, a shorter one, a level above, a stage of ours.
    let with = |change: &dyn Fn(&mut Expected)| {
        let mut other = wanted.clone();
        change(&mut other);
        let checked = verify_vsa(&envelope, &[public(1)], &other);
        checked.expect_err("it does not hold").to_string()[..2].to_owned()
    };
    assert_eq!(
        with(&|e| e.subject = vec![format!("sha512:{digest}")]),
        "2,"
    );
    assert_eq!(
        with(&|e| e.subject = vec![format!("sha256:{}", &digest[..8])]),
        "2,"
    );
    assert_eq!(with(&|e| e.verifiers.clear()), "4,");
    assert_eq!(
        with(&|e| e.levels.push("SLSA_BUILD_LEVEL_4".to_owned())),
        "7,"
    );
    assert_eq!(with(&|e| e.stage = Some(Stage::Merge)), "7,");
}

#[test]
fn a_stage_can_ask_for_the_one_before_and_a_later_one_for_no_less() {
    const HEAD: &str = "schema = 'sluicegate.policy/1'\nname = 'x'\n[previous]\n";
    for asked in [
        "merge = 'commit'",
        "release = 'merge'",
        "release = 'commit'\ndeploy = 'release'",
    ] {
        let policy = Policy::with(&format!("{HEAD}{asked}\n")).expect("it is sound");
        for number in 0..32_u8 {
            let mut context = Context::new(Stage::Commit, Time::from_seconds(1_800_000_000));
            let passed = (0..4).filter(|n| number >> n & 1 == 1);
            context.passed = passed.map(|n| Stage::ALL[n]).collect();
            context.has_failed = number >= 16;
            let verdicts = Stage::ALL.iter().map(|stage| {
                context.stage = *stage;
                decide(&[], &context, &policy, &[]).decision
            });
            let verdicts: Vec<Verdict> = verdicts.collect();
            assert!(
                verdicts.is_sorted(),
                "{asked} with {number:b}: {verdicts:?}"
            );
            let before_all = number == 0;
            let is_blocked = verdicts[Stage::Deploy as usize] == Verdict::Block;
            assert!(is_blocked || !before_all, "{asked} with nothing shown");
        }
    }
}

#[test]
fn a_summary_counts_by_its_issuer_key_and_subject() {
    let line = |issuer: &str, seed: u8| {
        let key = public(seed).to_openssh().expect("a key");
        Signers::parse(&format!("{issuer} {key}\n"))
    };
    let subject = decision(&[]).subject;
    let payload = vsa(&decision(&[]), &issuer()).expect("a subject and an issuer");
    let summary = text(&sealed(&payload));
    let trusted = line("https://gate.example/merge", 1);
    let mut revoked = trusted.clone();
    let key = public(1).to_openssh().expect("a key");
    revoked.revoke(key.as_bytes()).expect("a key");
    let other = Subject {
        commit: "d".repeat(40),
        ..subject.clone()
    };
    let nothing = Subject::default();
    for (verifiers, about, want) in [
        (&trusted, &subject, Earlier::Passed(Stage::Merge)),
        (&trusted, &other, Earlier::Other),
        (&trusted, &nothing, Earlier::Other),
        (&revoked, &subject, Earlier::Other),
        (
            &line("https://gate.example/other", 1),
            &subject,
            Earlier::Other,
        ),
        (
            &line("https://gate.example/merge", 2),
            &subject,
            Earlier::Other,
        ),
        (&Signers::default(), &subject, Earlier::Other),
    ] {
        assert_eq!(earlier(&summary, verifiers, about), Some(want));
    }
    // Other documents are no summaries.
    let statement = statement(&decision(&[]), &issuer()).expect("a subject");
    for document in [text(&sealed(&statement)), "{}".to_owned(), String::new()] {
        assert_eq!(earlier(&document, &trusted, &subject), None);
    }
}
