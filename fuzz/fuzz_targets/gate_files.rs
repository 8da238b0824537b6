//! Any text as each of the files that the gate is judged by or keeps: an answer or an error,
//! never a panic; and what was taken says the same when it is written down and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_gate::{
    APPROVAL_NAMESPACE, Baseline, Condition, Envelope, Head, Log, Mailmap, Owners, Policy, Roles,
    SignatureError, Signers, Time, Waiver, foreign, opinions, read_log, read_report,
};

fuzz_target!(|text: &str| {
    policy(text);
    let _ = Condition::parse(text);
    baseline(text);
    waiver(text);
    signers(text);
    log(text);
    let _ = Roles::parse(text).map(|roles| roles.has("security", text));
    let _ = Mailmap::parse(text).proper(text);
    let _ = Owners::parse(text).of(text);
    let _ = read_report(text);
    let _ = opinions(text);
    let _ = serde_json::from_str::<Envelope>(text);
});

/// An error is in a line that the file has; a policy that is taken only adds to ours.
fn policy(text: &str) {
    let ours = Policy::builtin();
    match Policy::with(text) {
        Err(errors) => {
            assert!(!errors.0.is_empty());
            let lines = text.split('\n').count();
            for error in &errors.0 {
                assert!(1 <= error.line && error.line <= lines, "{errors}");
                assert!(!error.message.is_empty());
            }
        }
        Ok(policy) => {
            assert!(policy.floors.len() >= ours.floors.len());
            let milder = |policy: &Policy| [&policy.rows, &policy.caps].map(Vec::len);
            assert_eq!(milder(&policy), milder(&ours));
            assert!(policy.columns >= ours.columns);
            assert_ne!(policy.digest, ours.digest);
        }
    }
}

/// What was read is the same in our own form; what others wrote makes one of ours.
fn baseline(text: &str) {
    if let Ok(baseline) = Baseline::parse(text) {
        let again = Baseline::parse(&baseline.to_text()).expect("it is ours");
        assert_eq!(again, baseline);
    }
    let _ = foreign(text);
}

/// A waiver means the same after it was written down, and so do its signatures.
fn waiver(text: &str) {
    if let Ok(waiver) = Waiver::parse(text) {
        let written = serde_json::to_string(&waiver).expect("it is plain data");
        let again = Waiver::parse(&written).expect("it is ours");
        assert_eq!(again, waiver);
        assert_eq!(again.signed_bytes(), waiver.signed_bytes());
    }
}

/// Nobody has signed anything here, so no file lets anybody in.
fn signers(text: &str) {
    let mut signers = Signers::parse(text);
    let lines = text.lines().count().max(1);
    assert!(
        signers
            .problems
            .iter()
            .all(|(line, _)| (1..=lines).contains(line))
    );
    let clock = Time::from_seconds(1_800_000_000);
    for (principal, signature) in [(text, text), (APPROVAL_NAMESPACE, text)] {
        let told = signers.verify(principal, signature, text.as_bytes(), clock);
        assert!(matches!(
            told,
            Err(SignatureError::Bad | SignatureError::UnknownSigner)
        ));
    }
    let _ = signers.revoke(text.as_bytes());
    let _ = signers.aliases(text);
}

/// A log that holds together does so again, up to its own end, and not beyond it.
fn log(text: &str) {
    let _ = text.parse::<Head>();
    let Ok(Log {
        head, length, torn, ..
    }) = read_log(text, "fuzz", None)
    else {
        return;
    };
    assert_eq!(torn, length < text.len());
    let again = read_log(&text[..length], "fuzz", Some(&head)).expect("the same lines");
    assert_eq!((again.head.clone(), again.torn), (head, false));
    let later = Head {
        seq: again.head.seq + 1,
        ..again.head
    };
    assert!(read_log(text, "fuzz", Some(&later)).is_err());
}
