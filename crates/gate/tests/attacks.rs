//! Attempts to approve what may not be approved.

use sluicegate_gate::ssh_key::private::Ed25519Keypair;
use sluicegate_gate::ssh_key::{HashAlg, LineEnding, PrivateKey};
use sluicegate_gate::*;

const NOW: i64 = 1_800_000_000;

fn now() -> Time {
    Time::from_seconds(NOW)
}

fn key(seed: u8) -> PrivateKey {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    PrivateKey::new(pair.into(), "").expect("a key")
}

fn public(seed: u8) -> String {
    key(seed)
        .public_key()
        .to_openssh()
        .expect("it can be written")
}

/// Ann has key 1 under two addresses, Bob key 2, Carol key 3, an agent key 4.
fn signers() -> String {
    format!(
        "dave@example.com {}\nann@example.com,ann@home.example {}\nbob@example.com namespaces=\"gate-approval@v1\" {}\n\
         carol@example.com {}\nagent@example.com {}\n*@contractor.example {}\n",
        public(6),
        public(1),
        public(2),
        public(3),
        public(4),
        public(5),
    )
}

fn authority(text: &str) -> Authority {
    let mailmap = Mailmap::parse("Bob <bob@example.com> <bobby@old.example>\n");
    Authority {
        signers: Signers::parse(text),
        mailmap,
        roles: Roles::default(),
    }
}

fn waiver() -> Waiver {
    Waiver {
        schema: WAIVER_SCHEMA.to_owned(),
        id: "w1".to_owned(),
        selector: Selector {
            fingerprint: "0f".repeat(16),
            ..Selector::default()
        },
        stages: vec![Stage::Commit, Stage::Merge],
        max_effect: Verdict::Allow,
        reason: WaiverReason::Migration,
        justification: "moves next week".to_owned(),
        ticket: String::new(),
        requested_by: "dave@example.com".to_owned(),
        owner: "dave@example.com".to_owned(),
        created: now().plus_days(-1),
        expires: now().plus_days(7),
        not_before: None,
        conditions: Conditions::default(),
        renewals: 0,
        compensating: Vec::new(),
        signatures: Vec::new(),
    }
}

fn signed_as(mut waiver: Waiver, seed: u8, principal: &str, namespace: &str) -> Waiver {
    let signature = key(seed)
        .sign(namespace, HashAlg::Sha512, &waiver.signed_bytes())
        .and_then(|signature| signature.to_pem(LineEnding::LF))
        .expect("it can be signed");
    let principal = principal.to_owned();
    waiver.signatures.push(Signature {
        principal,
        sshsig: signature,
    });
    waiver
}

fn signed(waiver: Waiver, seed: u8, principal: &str) -> Waiver {
    signed_as(waiver, seed, principal, APPROVAL_NAMESPACE)
}

fn context(author: &str) -> Context {
    let mut context = Context::new(Stage::Merge, now());
    context.scope = Scope::Change;
    context.change.authors.insert(author.to_owned());
    context
}

/// Why it does not hold, or `holds`.
fn outcome(authority: &Authority, waiver: Waiver, context: &Context) -> String {
    let examined = authority.examine(vec![waiver], context, &Policy::builtin());
    match &examined[0].standing {
        Ok(_) => "holds".to_owned(),
        Err(reason) => reason.code.to_string(),
    }
}

#[test]
fn who_may_not_approve_does_not() {
    let ours = authority(&signers());
    let usual = context("Dave <dave@example.com>");
    let by_bob = || signed(waiver(), 2, "bob@example.com");
    assert_eq!(outcome(&ours, by_bob(), &usual), "holds");
    assert_eq!(outcome(&ours, waiver(), &usual), "WAIVER-UNSIGNED");

    // The author, by the same address, by another one of the same key, by the mailmap.
    let by_ann = || signed(waiver(), 1, "ann@example.com");
    for author in ["Ann <ann@example.com>", "Ann <ANN@home.example>"] {
        assert_eq!(
            outcome(&ours, by_ann(), &context(author)),
            "WAIVER-SELF",
            "{author}"
        );
    }
    let second = signed(waiver(), 1, "ann@home.example");
    assert_eq!(
        outcome(&ours, second, &context("Ann <ann@example.com>")),
        "WAIVER-SELF"
    );
    assert_eq!(
        outcome(&ours, by_bob(), &context("B <bobby@old.example>")),
        "WAIVER-SELF"
    );
    // A pattern is everybody it fits.
    let hidden = signed(waiver(), 5, "new@contractor.example");
    assert_eq!(
        outcome(&ours, hidden, &context("X <old@contractor.example>")),
        "WAIVER-SELF"
    );

    // Everybody else who had a part.
    type Part = fn(&mut Context);
    let parts: [Part; 6] = [
        |c| {
            c.change
                .committers
                .insert("Bob <bob@example.com>".to_owned());
        },
        |c| {
            c.change
                .coauthors
                .insert("Bob <bob@example.com>".to_owned());
        },
        |c| c.change.pusher = "bob@example.com".to_owned(),
        |c| c.change.opener = "Bob@Example.com".to_owned(),
        |c| c.actor.operator = "bob@example.com".to_owned(),
        |c| c.actor.id = "bob@example.com".to_owned(),
    ];
    for (number, part) in parts.into_iter().enumerate() {
        let mut context = usual.clone();
        part(&mut context);
        assert_eq!(
            outcome(&ours, by_bob(), &context),
            "WAIVER-SELF",
            "part {number}"
        );
    }
    let asked = Waiver {
        requested_by: "bob@example.com".to_owned(),
        ..waiver()
    };
    assert_eq!(
        outcome(&ours, signed(asked, 2, "bob@example.com"), &usual),
        "WAIVER-SELF"
    );

    let agent = signed(waiver(), 4, "agent@example.com");
    assert_eq!(outcome(&ours, agent, &usual), "WAIVER-UNKNOWN-SIGNER");
    let stranger = signed(waiver(), 9, "bob@example.com");
    assert_eq!(outcome(&ours, stranger, &usual), "WAIVER-UNKNOWN-SIGNER");
    let borrowed = signed(waiver(), 3, "bob@example.com");
    assert_eq!(outcome(&ours, borrowed, &usual), "WAIVER-UNKNOWN-SIGNER");

    // One bad signature among good ones spoils them: somebody has tampered.
    let mixed = signed(by_bob(), 9, "carol@example.com");
    assert_eq!(outcome(&ours, mixed, &usual), "WAIVER-UNKNOWN-SIGNER");
}

#[test]
fn signatures_are_for_these_bytes_this_purpose_and_this_time() {
    let usual = context("Dave <dave@example.com>");
    let ours = authority(&signers());
    let for_git = signed_as(waiver(), 2, "bob@example.com", "git");
    assert_eq!(outcome(&ours, for_git, &usual), "WAIVER-SIGNATURE");
    let by_bob = signed(waiver(), 2, "bob@example.com");
    let mut other = by_bob.clone();
    other.selector.fingerprint = "1f".repeat(16);
    assert_eq!(outcome(&ours, other, &usual), "WAIVER-SIGNATURE");
    let longer = Waiver {
        expires: now().plus_days(8),
        ..by_bob.clone()
    };
    assert_eq!(outcome(&ours, longer, &usual), "WAIVER-SIGNATURE");
    let stages = Waiver {
        stages: Stage::ALL.to_vec(),
        ..by_bob.clone()
    };
    assert_eq!(outcome(&ours, stages, &usual), "WAIVER-SIGNATURE");

    for (option, want) in [
        ("valid-before=\"20260101\"", "WAIVER-UNKNOWN-SIGNER"),
        ("valid-after=\"20300101\"", "WAIVER-UNKNOWN-SIGNER"),
        ("namespaces=\"git,file\"", "WAIVER-UNKNOWN-SIGNER"),
        (
            "valid-after=\"20200101\",valid-before=\"20300101\"",
            "holds",
        ),
    ] {
        let dave = format!("dave@example.com {}\n", public(6));
        let text = format!("{dave}bob@example.com {option} {}\n", public(2));
        assert_eq!(
            outcome(&authority(&text), by_bob.clone(), &usual),
            want,
            "{option}"
        );
    }
    assert_eq!(
        outcome(&authority(""), by_bob.clone(), &usual),
        "WAIVER-UNKNOWN-SIGNER"
    );

    let mut late = usual.clone();
    late.clock = now().plus_days(7);
    assert_eq!(outcome(&ours, by_bob.clone(), &late), "WAIVER-EXPIRED");
    late.clock = now().plus_days(-2);
    assert_eq!(outcome(&ours, by_bob, &late), "WAIVER-EARLY");
    let years = Waiver {
        expires: now().plus_days(400),
        ..waiver()
    };
    assert_eq!(
        outcome(&ours, signed(years, 2, "bob@example.com"), &usual),
        "WAIVER-LONG"
    );
    let again = Waiver {
        renewals: 3,
        ..waiver()
    };
    assert_eq!(
        outcome(&ours, signed(again, 2, "bob@example.com"), &usual),
        "WAIVER-RENEWALS"
    );
}

#[test]
fn risks_for_users_and_changes_of_nobody_need_two() {
    let ours = authority(&signers());
    let risk = Waiver {
        reason: WaiverReason::AcceptedRisk,
        stages: vec![Stage::Release],
        ..waiver()
    };
    let mut release = Context::new(Stage::Release, now());
    release.scope = Scope::Whole;
    let one = signed(risk.clone(), 2, "bob@example.com");
    assert_eq!(outcome(&ours, one.clone(), &release), "WAIVER-APPROVERS");
    assert_eq!(
        outcome(&ours, signed(one.clone(), 3, "carol@example.com"), &release),
        "holds"
    );
    // Twice the same key is one person, under whichever names.
    let twice = signed(signed(risk, 1, "ann@example.com"), 1, "ann@home.example");
    assert_eq!(outcome(&ours, twice, &release), "WAIVER-APPROVERS");
    let mut nobody = context("x");
    nobody.change.authors.clear();
    let one = signed(waiver(), 2, "bob@example.com");
    assert_eq!(outcome(&ours, one.clone(), &nobody), "WAIVER-APPROVERS");
    let both = signed(one.clone(), 3, "carol@example.com");
    assert_eq!(outcome(&ours, both.clone(), &nobody), "holds");
    // An address of the day may be that of the one who approves.
    let stranger = context("X <x@throwaway.example>");
    assert_eq!(outcome(&ours, one, &stranger), "WAIVER-APPROVERS");
    assert_eq!(outcome(&ours, both, &stranger), "holds");
}

#[test]
fn accepting_a_risk_for_users_takes_somebody_from_security() {
    let mut ours = authority(&signers());
    let risk = Waiver {
        reason: WaiverReason::AcceptedRisk,
        stages: vec![Stage::Release],
        ..waiver()
    };
    let release = Context::new(Stage::Release, now());
    let both = signed(signed(risk, 2, "bob@example.com"), 3, "carol@example.com");
    for (roles, want) in [
        ("", "holds"),
        ("release: ann@example.com\n", "holds"),
        ("security: ann@example.com\n", "WAIVER-ROLE"),
        (
            "security: ann@example.com Carol@Example.com # both\n",
            "holds",
        ),
        ("security:\n", "WAIVER-ROLE"),
    ] {
        ours.roles = Roles::parse(roles).expect("it is sound");
        assert_eq!(outcome(&ours, both.clone(), &release), want, "{roles:?}");
    }
}

#[test]
fn an_emergency_takes_two_lasts_hours_and_leaves_what_works_blocked() {
    let ours = authority(&signers());
    let policy = Policy::builtin();
    let mut context = context("Dave <dave@example.com>");
    context.subject.commit = "c1".to_owned();
    context.subject.base = "b1".to_owned();
    let request = |hours: i64, by: &[(u8, &str)]| {
        let mut file = ApprovalFile {
            schema: BREAK_GLASS_SCHEMA.to_owned(),
            repo: String::new(),
            base: "b1".to_owned(),
            commit: "c1".to_owned(),
            stage: Stage::Merge,
            policy_digest: policy.digest.clone(),
            justification: "the shop is down".to_owned(),
            requested_by: "dave@example.com".to_owned(),
            created: now().plus_hours(-1),
            not_after: now().plus_hours(hours),
            signatures: Vec::new(),
        };
        for (seed, principal) in by {
            let sshsig = key(*seed)
                .sign(APPROVAL_NAMESPACE, HashAlg::Sha512, &file.signed_bytes())
                .and_then(|signature| signature.to_pem(LineEnding::LF))
                .expect("it can be signed");
            let principal = (*principal).to_owned();
            file.signatures.push(Signature { principal, sshsig });
        }
        file
    };
    let bob_and_carol = [(2, "bob@example.com"), (3, "carol@example.com")];
    let twice_ann = [(1, "ann@example.com"), (1, "ann@home.example")];
    for (what, file, holds) in [
        ("two people", request(3, &bob_and_carol), true),
        ("one person", request(3, &bob_and_carol[..1]), false),
        ("one person with two names", request(3, &twice_ann), false),
        ("for a day", request(24, &bob_and_carol), false),
        ("over", request(0, &bob_and_carol), false),
        (
            "the author",
            request(3, &[bob_and_carol[0], (6, "dave@example.com")]),
            false,
        ),
    ] {
        let (emergency, refused) = ours.emergency(std::slice::from_ref(&file), &context, &policy);
        assert_eq!(emergency.is_some(), holds, "{what}: {refused:?}");
        let (approvals, _) = ours.approvals(&[file], &context, &policy);
        assert!(
            approvals.is_empty(),
            "{what}: it is no approval of tampering"
        );
    }
    let (emergency, _) = ours.emergency(&[request(3, &bob_and_carol)], &context, &policy);
    context.emergency = emergency;
    let secret = Finding::new("ab", "acme-token", FindingKind::SecretValue);
    let decision = decide(std::slice::from_ref(&secret), &context, &policy, &[]);
    assert_eq!(decision.decision, Verdict::Remediate);
    assert_eq!(&*decision.findings[0].reasons[0].code, "BREAK-GLASS");
    assert!(
        decision
            .obligations
            .iter()
            .all(|o| o.due == now().plus_days(1))
    );
    assert!(
        Event::break_glass(&decision).is_some(),
        "it rings in the log"
    );
    let live = Finding {
        verified: Verification::Live,
        ..secret
    };
    let decision = decide(&[live], &context, &policy, &[]);
    assert_eq!(decision.decision, Verdict::Block);
}

#[test]
fn files_that_say_two_things_are_no_waivers() {
    let text = serde_json::to_string(&waiver()).expect("plain JSON");
    assert!(Waiver::parse(&text).is_ok());
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    for (what, text) in [
        (
            "a key twice",
            swap("\"id\":\"w1\"", "\"id\":\"w1\",\"id\":\"w2\""),
        ),
        (
            "a key nobody knows",
            swap("\"id\":\"w1\"", "\"id\":\"w1\",\"all\":true"),
        ),
        ("another version", swap("waiver/1", "waiver/2")),
        ("no end", swap("\"expires\":\"2027-01-22T08:00:00Z\",", "")),
        ("a link's target", "../../elsewhere.json".to_owned()),
        ("no stage", swap("[\"commit\",\"merge\"]", "[]")),
        ("no reason", swap("moves next week", " ")),
        (
            "block",
            swap("\"max_effect\":\"allow\"", "\"max_effect\":\"block\""),
        ),
        (
            "a glob over rules",
            swap(
                "\"fingerprint\":",
                "\"rule\":\"*\",\"path\":\"a.py\",\"credential_name\":",
            ),
        ),
        (
            "a rule without a path",
            swap("\"fingerprint\":", "\"rule\":"),
        ),
        (
            "everything",
            swap(&format!("\"fingerprint\":\"{}\"", "0f".repeat(16)), ""),
        ),
    ] {
        assert!(Waiver::parse(&text).is_err(), "{what}: {text}");
    }
}

#[test]
fn selectors_fit_what_they_name_and_nothing_like_it() {
    let mut finding = Finding::new("ab", "acme-token", FindingKind::SecretValue);
    finding.place(vec![Location::of("src/café.py", 1)]);
    let fits = |rule: &str, path: &str| {
        let selector = Selector {
            rule: rule.to_owned(),
            path: path.to_owned(),
            ..Selector::default()
        };
        selector.fits(&finding)
    };
    assert!(fits("acme-token", "src/café.py"));
    for (rule, path) in [
        // The same letters, composed otherwise.
        ("acme-token", "src/cafe\u{301}.py"),
        ("acme-token", "src/*"),
        ("acme-token", "src/x/../café.py"),
        ("acme-token", "./src/café.py"),
        ("acme", "src/café.py"),
        ("", "src/café.py"),
        ("acme-token", ""),
    ] {
        assert!(!fits(rule, path), "{rule} {path}");
    }
    finding.locations.push(Location::of("src/other.py", 1));
    let selector = Selector {
        rule: "acme-token".to_owned(),
        path: "src/café.py".to_owned(),
        ..Selector::default()
    };
    assert!(
        !selector.fits(&finding),
        "it stands in a file that nobody approved"
    );
}

#[test]
fn an_approval_is_for_one_commit_one_stage_one_policy_one_repository() {
    let ours = authority(&signers());
    let policy = Policy::builtin();
    let mut context = context("Dave <dave@example.com>");
    context.subject.commit = "c1".to_owned();
    context.subject.base = "b1".to_owned();
    context.subject.repo = "git+https://example.com/r".to_owned();
    let file = |change: &dyn Fn(&mut ApprovalFile)| {
        let mut file = ApprovalFile {
            schema: APPROVAL_SCHEMA.to_owned(),
            repo: context.subject.repo.clone(),
            base: "b1".to_owned(),
            commit: "c1".to_owned(),
            stage: Stage::Merge,
            policy_digest: policy.digest.clone(),
            justification: "agreed".to_owned(),
            requested_by: "dave@example.com".to_owned(),
            created: now().plus_days(-1),
            not_after: now().plus_days(7),
            signatures: Vec::new(),
        };
        change(&mut file);
        let signature = key(2)
            .sign(APPROVAL_NAMESPACE, HashAlg::Sha512, &file.signed_bytes())
            .and_then(|signature| signature.to_pem(LineEnding::LF))
            .expect("it can be signed");
        let principal = "bob@example.com".to_owned();
        file.signatures.push(Signature {
            principal,
            sshsig: signature,
        });
        file
    };
    let good = file(&|_| ());
    let (approvals, refused) = ours.approvals(std::slice::from_ref(&good), &context, &policy);
    assert_eq!((approvals.len(), refused.len()), (1, 0), "{refused:?}");
    type Change = fn(&mut ApprovalFile);
    let changes: [Change; 9] = [
        |f| f.commit = "c2".to_owned(),
        |f| f.base = "b2".to_owned(),
        |f| f.repo = "git+https://example.com/other".to_owned(),
        |f| f.stage = Stage::Release,
        |f| f.policy_digest = "0".repeat(64),
        |f| f.not_after = now(),
        |f| f.not_after = now().plus_days(365),
        |f| f.created = now().plus_days(1),
        |f| f.schema = BREAK_GLASS_SCHEMA.to_owned(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        // Signed so, and changed after it was signed.
        let (approvals, _) = ours.approvals(&[file(&change)], &context, &policy);
        assert!(approvals.is_empty(), "change {number}");
        let mut replayed = good.clone();
        change(&mut replayed);
        let mut elsewhere = context.clone();
        elsewhere.subject.commit.clone_from(&replayed.commit);
        elsewhere.subject.base.clone_from(&replayed.base);
        elsewhere.subject.repo.clone_from(&replayed.repo);
        elsewhere.stage = replayed.stage;
        let (approvals, _) = ours.approvals(&[replayed], &elsewhere, &policy);
        assert!(approvals.is_empty(), "replay {number}");
    }
    // What was approved is let through, and what is no tampering is not.
    context.approved = approvals;
    let tamper = Finding::tamper("policy", ".sluice/policy.toml", 0, "edits", "x");
    let secret = Finding::new("ab", "acme-token", FindingKind::SecretValue);
    let decision = decide(&[tamper, secret], &context, &policy, &[]);
    let of = |kind| {
        decision
            .findings
            .iter()
            .find(|f| f.kind == kind)
            .expect("it is there")
    };
    assert_eq!(of(FindingKind::GateTamper).decision, Verdict::Allow);
    assert_eq!(of(FindingKind::SecretValue).decision, Verdict::Block);
}

/// Signed by a key in a device, as it says itself, which was touched or not.
fn signed_in_device(mut waiver: Waiver, seed: u8, flags: u8, principal: &str) -> Waiver {
    use sluicegate_gate::ssh_key::{self, Algorithm, SshSig, public};

    let message = waiver.signed_bytes();
    let blob = SshSig::signed_data(APPROVAL_NAMESPACE, HashAlg::Sha512, &message);
    // A device signs for an application, with what it knows of the moment before the message.
    let state = [flags, 0, 0, 0, 9];
    let hash = |bytes: &[u8]| {
        let digits = sha256(bytes);
        let pairs = digits.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs
            .map(|pair| byte(pair).expect("two digits"))
            .collect::<Vec<u8>>()
    };
    let bytes = [
        hash(b"ssh:"),
        state.to_vec(),
        hash(&blob.expect("it can be hashed")),
    ];
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    let inner: ssh_key::Signature = signature::Signer::sign(&pair, &bytes.concat());
    let bytes = [inner.as_bytes(), &state].concat();
    let device = public::SkEd25519::new(pair.public, "ssh:".to_owned());
    let signature = ssh_key::Signature::new(Algorithm::SkEd25519, bytes);
    let signature = signature.expect("64 bytes, flags and a counter");
    let sshsig = SshSig::new(
        device.into(),
        APPROVAL_NAMESPACE,
        HashAlg::Sha512,
        signature,
    )
    .and_then(|signature| signature.to_pem(LineEnding::LF))
    .expect("it can be written");
    let principal = principal.to_owned();
    waiver.signatures.push(Signature { principal, sshsig });
    waiver
}

#[test]
fn where_the_policy_asks_for_devices_no_key_in_a_file_approves() {
    use sluicegate_gate::ssh_key::{PublicKey, public};

    let pair = Ed25519Keypair::from_seed(&[7; 32]);
    let device = public::SkEd25519::new(pair.public, "ssh:".to_owned());
    let device = PublicKey::from(public::KeyData::from(device));
    let device = device.to_openssh().expect("it can be written");
    let ours = authority(&format!("{}erin@example.com {device}\n", signers()));
    let policy = |more: &str| {
        let text = format!("schema = 'sluicegate.policy/1'\nname = 'x'\n{more}");
        Policy::with(&text).expect("it is a policy")
    };
    let asked = "[approvals]\ndevice = 'prod'\n";
    let in_file = |waiver| signed(waiver, 2, "bob@example.com");
    let touched = |waiver| signed_in_device(waiver, 7, 1, "erin@example.com");
    let untouched = |waiver| signed_in_device(waiver, 7, 0, "erin@example.com");
    let usual = || Waiver {
        stages: vec![Stage::Merge, Stage::Release],
        ..waiver()
    };
    for (what, more, stage, waiver, want) in [
        (
            "a file, nobody asks",
            "",
            Stage::Release,
            in_file(usual()),
            "holds",
        ),
        (
            "a file, too early",
            asked,
            Stage::Merge,
            in_file(usual()),
            "holds",
        ),
        (
            "a file",
            asked,
            Stage::Release,
            in_file(usual()),
            "WAIVER-DEVICE",
        ),
        ("a device", asked, Stage::Release, touched(usual()), "holds"),
        (
            "untouched",
            asked,
            Stage::Release,
            untouched(usual()),
            "WAIVER-SIGNATURE",
        ),
        (
            "from staging on",
            "[approvals]\ndevice = 'staging'\n",
            Stage::Merge,
            in_file(usual()),
            "WAIVER-DEVICE",
        ),
    ] {
        let mut context = context("Dave <dave@example.com>");
        context.stage = stage;
        let examined = ours.examine(vec![waiver], &context, &policy(more));
        let told = match &examined[0].standing {
            Ok(_) => "holds",
            Err(reason) => &*reason.code,
        };
        assert_eq!(told, want, "{what}");
    }
    let wrong = "schema = 'sluicegate.policy/1'\nname = 'x'\n[approvals]\ndevice = 'never'\n";
    assert!(Policy::with(wrong).is_err());
}
