//! Whatever stands in a file that the gate reads: an answer or an error, never a panic.

use proptest::prelude::*;
use sluicegate_gate::*;

/// A file of each kind, from which others are made by cutting and splicing.
fn samples() -> Vec<String> {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIjMqVr0nmxdzRLmqfMnLvUWLnMWmxMfdJtGmRBM0Ds1";
    let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
    let decision = decide(&[], &context, &Policy::builtin(), &[]);
    let head = Head::genesis("r");
    [
        format!(
            "ann@example.com,!b* namespaces=\"gate-approval@v1\",valid-before=20300101Z {key} a\n"
        ),
        format!("# gone\n{key}\n"),
        "SSHKRL\n\0".to_owned(),
        "security: ann@example.com bob@example.com\n".to_owned(),
        "Ann <ann@example.com> <a@b>\n".to_owned(),
        "*.rs @a/b ann@example.com\n/x/ @c\n".to_owned(),
        format!("{}\n", "0f".repeat(16)),
        "{\"schema\":\"sluicegate.waiver/1\",\"id\":\"x\",\"selector\":{\"fingerprint\":\"0f\"}}"
            .to_owned(),
        STARTING_POLICY.replace("# ", ""),
        DEFAULT_POLICY.to_owned(),
        "finding.paths.exists(p, p.startsWith(\"a\")) && !(finding.kind in [\"x\"])".to_owned(),
        head.next(Time::from_seconds(0), Event::of(&decision)).1 + "\n",
        "{\"version\":\"1\",\"tool\":{\"rules_digest\":\"\"},\"findings\":[],\"coverage\":{}}"
            .to_owned(),
        "[{\"namespace\":\"main\",\"successes\":1,\"failures\":[{\"msg\":\"x\"}]}]".to_owned(),
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"AA==\"}]}"
            .to_owned(),
        "2026-03-01T12:00:00Z".to_owned(),
    ]
    .to_vec()
}

/// Gives the text to everything that reads a file.
fn read_all(text: &str) {
    let mut signers = Signers::parse(text);
    let _ = signers.revoke(text.as_bytes());
    let clock = Time::from_seconds(1_800_000_000);
    assert!(signers.verify(text, text, b"x", clock).is_err());
    let _ = signers.aliases(text);
    let _ = Roles::parse(text).map(|roles| roles.has("security", text));
    let _ = Mailmap::parse(text);
    let _ = Owners::parse(text).of(text);
    if let Ok(baseline) = Baseline::parse(text) {
        assert_eq!(Baseline::parse(&baseline.to_text()), Ok(baseline));
    }
    let _ = foreign(text);
    if let Ok(waiver) = Waiver::parse(text) {
        let written = serde_json::to_string(&waiver).expect("it is plain data");
        assert_eq!(Waiver::parse(&written), Ok(waiver));
    }
    match Policy::with(text) {
        Err(errors) => {
            let lines = 1..=text.split('\n').count();
            assert!(errors.0.iter().all(|e| lines.contains(&e.line)), "{errors}");
            assert!(!errors.to_string().is_empty());
        }
        Ok(policy) => assert_ne!(policy.digest, Policy::builtin().digest),
    }
    let _ = Condition::parse(text);
    let _ = read_log(text, text, None);
    if let Ok(log) = read_log(text, "r", None) {
        let again = read_log(&text[..log.length], "r", Some(&log.head));
        assert_eq!(again.map(|log| log.torn), Ok(false));
        assert_eq!(log.torn, log.length < text.len());
    }
    let _ = read_report(text);
    let _ = opinions(text);
    let subject = Subject {
        commit: "c".repeat(40),
        ..Subject::default()
    };
    assert!(!matches!(
        earlier(text, &signers, &subject),
        Some(Earlier::Passed(_))
    ));
    let _ = text.parse::<Time>();
    let _ = text.parse::<Head>();
    let _ = without_values(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn what_was_a_file_is_read(
        which in 0..16_usize, cut in any::<prop::sample::Index>(), middle in ".{0,12}",
        other in 0..16_usize, from in any::<prop::sample::Index>(),
    ) {
        let all = samples();
        let (first, second) = (&all[which], &all[other]);
        let at = |text: &str, index: prop::sample::Index| {
            text.floor_char_boundary(index.index(text.len() + 1))
        };
        let (left, right) = (&first[..at(first, cut)], &second[at(second, from)..]);
        read_all(&[left, &middle, right].concat());
    }
}
