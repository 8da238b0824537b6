//! Canaries: values that stand in every place that the program reads, as they are and
//! encoded, and that must not be in anything it writes.

use std::fs;
use std::path::Path;

use sluicegate::report::DecisionFormat;

use super::{Desk, in_days, other_token};
use crate::support::{Ran, token};

/// Every form in which a value could get out.
fn forms(value: &str) -> Vec<String> {
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let percent: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
    // At each of three offsets base64 has other digits; the ends mix with what is beside.
    let base64 = (0..3).map(|skip| base64(&value.as_bytes()[skip..]));
    let inner = base64.map(|text| text[..text.len() / 4 * 4 - 4].to_owned());
    let mut forms: Vec<String> = inner.collect();
    forms.extend([
        value.to_owned(),
        value[4..].to_owned(),
        hex.to_uppercase(),
        hex,
    ]);
    forms.extend([percent.to_lowercase(), percent]);
    forms.push(value.chars().rev().collect());
    // A part that is long enough to be of use to somebody.
    forms.push(value[8..28].to_owned());
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let three = |chunk: &[u8]| {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |place: u32| char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]);
        let length = u32::try_from(chunk.len()).expect("three at most");
        (0..4)
            .map(|place| if place <= length { digit(place) } else { '=' })
            .collect::<String>()
    };
    bytes.chunks(3).map(three).collect()
}

#[track_caller]
fn silent(what: &str, text: &str, forms: &[String]) {
    for form in forms {
        assert!(
            !text.contains(form.as_str()),
            "{what} holds {form:?}:\n{text}"
        );
    }
}

#[track_caller]
fn silent_ran(what: &str, ran: &Ran, forms: &[String]) {
    silent(what, &ran.stdout, forms);
    silent(what, &ran.stderr, forms);
    assert!(!ran.stderr.contains("panicked"), "{what}: {ran:#?}");
}

/// All files below a folder but those that were written with the values in them.
fn files(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// All formats of decisions, and the input of policies.
fn formats() -> impl Iterator<Item = &'static str> {
    let machines = DecisionFormat::ALL.iter().map(|format| format.as_str());
    ["text", "input"].into_iter().chain(machines)
}

/// A repository in which the value stands as it is, in base64, in hexadecimal digits and
/// with percent signs, in a commit's message, and beside a marker.
fn planted(value: &str) -> Desk {
    let desk = Desk::new();
    let encoded = base64(format!("key: {value}\n").as_bytes());
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let percent: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
    desk.file("plain.py", &format!("key = '{value}'\n"));
    desk.file("base64.yml", &format!("data: {encoded}\n"));
    desk.file("hex.txt", &format!("blob = \"{hex}\"\n"));
    desk.file(
        "url.txt",
        &format!("https://example.com/?key={percent}&x=1\n"),
    );
    desk.file("both.py", &format!("a = '{value}'; b = '{}'\n", token()));
    desk.file(
        "marked.py",
        // The blank is written so that this is no marker to who scans this file.
        &format!("key = '{value}'  #\x20sluice:allow not {value} again\n"),
    );
    desk.file(
        ".github/workflows/leak.yml",
        &format!(
            "name: {value}\non: [push, {value}]\njobs:\n  use-{value}:\n    environment: {value}\n    \
             steps:\n      - name: Use {value}\n        uses: helpers/x@{value}\n        with:\n          \
             api_key: ${{{{ secrets.OPENAI_API_KEY }}}}\n"
        ),
    );
    desk.commit("ann@example.com", &format!("Use {value}\n\nKey: {value}"));
    desk
}

#[test]
fn no_format_log_cache_or_attestation_holds_a_value() {
    let value = other_token();
    let desk = planted(&value);
    let mut forms = forms(&value);
    forms.extend(self::forms(&token()));
    for stage in ["commit", "merge", "release", "deploy"] {
        for format in formats() {
            let ran = desk.gate(&["--stage", stage, "--format", format, ".", "--quiet"]);
            let what = format!("{format} at {stage}");
            assert!(matches!(ran.code, Some(10 | 20)), "{what}: {ran:#?}");
            silent_ran(&what, &ran, &forms);
        }
        silent_ran("text", &desk.gate(&["--stage", stage, "."]), &forms);
    }
    let range = ["--range", "main...topic"];
    silent_ran("a range", &desk.gate(&range), &forms);
    let history = [
        "scan",
        "--history",
        "--format",
        "json",
        "-o",
        "../history.json",
    ];
    let home = desk.sandbox.path().join("home");
    let home = home.to_str().expect("it is text").to_owned();
    let folder = desk.sandbox.path().join("repo");
    let mut scan = desk.sandbox.command(&history);
    scan.current_dir(folder)
        .env("HOME", home)
        .output()
        .expect("it starts");
    silent_ran(
        "of history",
        &desk.gate(&["--findings", "../history.json"]),
        &forms,
    );
    let decided = [&range[..], &["--format", "json", "-o", "../d.json"]].concat();
    desk.gate(&decided).ends(20);
    for predicate in ["vsa", "decision"] {
        let file = format!("../{predicate}.json");
        let args = [
            "attest",
            "../d.json",
            "--key",
            "../bob.key",
            "--issuer",
            "https://gate.example/merge",
            "--predicate",
            predicate,
            "-o",
            &file,
        ];
        desk.run(&args).ends(0);
    }
    for format in ["text", "json", "jsonl", "sarif"] {
        for kind in ["all", "reference"] {
            let ran = desk.run(&["scan", ".", "--format", format, "--kind", kind]);
            silent_ran(&format!("a scan of {kind} as {format}"), &ran, &forms);
        }
    }
    for format in ["text", "json", "markdown"] {
        let ran = desk.run(&["references", "list", "--format", format]);
        silent_ran(&format!("references as {format}"), &ran.ends(0), &forms);
    }
    desk.run(&["baseline", "create"]).ends(0);
    silent_ran(
        "the baseline",
        &desk.run(&["baseline", "show"]).ends(0),
        &forms,
    );
    silent_ran("the log", &desk.run(&["log", "show"]).ends(0), &forms);
    // Whatever was written: log, cache, baseline, decision, attestations.
    let mut all = Vec::new();
    files(desk.sandbox.path(), &mut all);
    let planted = [
        "plain.py",
        "base64.yml",
        "hex.txt",
        "url.txt",
        "both.py",
        "marked.py",
        "job.py",
        "leak.yml",
    ];
    let is_own = |path: &&std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = path.to_string_lossy();
        // What git itself keeps of the commit that has the value in its message.
        let of_git = text.contains("/.git/") && !text.contains("sluice");
        !planted.contains(&&*name) && !of_git
    };
    let mut looked_at = 0;
    for path in all.iter().filter(is_own) {
        let text = String::from_utf8_lossy(&fs::read(path).expect("it is there")).into_owned();
        let text = if path.ends_with("vsa.json") || path.ends_with("decision.json") {
            // What is in an envelope is base64 itself.
            let envelope: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let payload = envelope["payload"].as_str().expect("a text");
            format!("{text}{}", decoded(payload))
        } else {
            text
        };
        silent(&path.display().to_string(), &text, &forms);
        looked_at += 1;
    }
    assert!(looked_at > 10, "only {looked_at} files");
    let kept = |part: &str| all.iter().any(|path| path.to_string_lossy().contains(part));
    assert!(
        kept("gate-log.jsonl") && kept("sluice/") && kept("baseline"),
        "{all:?}"
    );
}

pub(super) fn decoded(text: &str) -> String {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => u32::from(b - b'A'),
        b'a'..=b'z' => u32::from(b - b'a') + 26,
        b'0'..=b'9' => u32::from(b - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let bytes: Vec<u8> = text
        .trim_end_matches('=')
        .as_bytes()
        .chunks(4)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0, |bits, b| bits << 6 | digit(*b));
            let bits = bits << (6 * (4 - chunk.len()));
            bits.to_be_bytes()[1..chunk.len()].to_vec()
        })
        .collect();
    String::from_utf8(bytes).expect("the payload is text")
}

#[test]
fn no_error_holds_a_value_whatever_file_is_named() {
    let value = other_token();
    let forms = forms(&value);
    let desk = Desk::new();
    let f = |name: &str, text: String| {
        desk.sandbox.file(name, &text);
        format!("../{name}")
    };
    let env = f("x.env", format!("TOKEN={value}\n{value}\n"));
    let toml = f(
        "x.toml",
        format!("schema = \"{value}\"\nname = \"{value}\"\n{value} = 1\n"),
    );
    let when = f(
        "when.toml",
        format!(
            "schema = 'sluicegate.policy/1'\nname = 'x'\n[[floor]]\ncode = '{value}'\n\
             when = 'finding.kind == \"{value}\"'\nverdict = '{value}'\nsays = 'x'\n"
        ),
    );
    let json = f(
        "x.json",
        format!("{{\"version\": \"{value}\", \"{value}\": [\"{value}\"]}}"),
    );
    let report = f(
        "report.json",
        format!(
            "{{\"version\": \"1\", \"tool\": {{\"rules_digest\": 1}}, \"findings\": \"{value}\"}}"
        ),
    );
    let approval = f(
        "approval.json",
        format!("{{\"schema\": \"sluicegate.approval/1\", \"{value}\": \"{value}\"}}"),
    );
    let cases = f(
        "cases.toml",
        format!("[[case]]\nname = '{value}'\n{value} = 1\n"),
    );
    let verified = |file, key| {
        let stage = ["--stage", "merge", "--subject", "sha256:0"];
        let by = ["--key", key, "--issuer", "https://gate.example/merge"];
        [&["gate", "verify", file], &stage[..], &by].concat()
    };
    let attested = |file, key| {
        let by = ["--key", key, "--issuer", "https://gate.example/merge"];
        [&["attest", file], &by[..]].concat()
    };
    let calls: Vec<Vec<&str>> = vec![
        vec!["gate", "--policy", &env],
        vec!["gate", "--policy", &toml],
        vec!["gate", "--policy", &when],
        vec!["gate", "--findings", &env],
        vec!["gate", "--findings", &json],
        vec!["gate", "--findings", &report],
        vec!["gate", "--evidence", &approval],
        vec!["gate", "--config", &toml],
        vec!["gate", "--rules", &toml],
        vec!["gate", "--log", &env],
        vec!["gate", "--log", &json],
        vec!["policy", "check", &toml],
        vec!["policy", "check", &when],
        vec!["policy", "explain", "--policy", &env],
        vec!["policy", "test", &cases],
        vec!["policy", "test", &env],
        vec!["baseline", "show", "--baseline", &env],
        vec!["baseline", "update", "--baseline", &toml],
        vec!["baseline", "create", "--from", &env],
        vec!["baseline", "create", "--from", &json],
        vec!["log", "verify", "--log", &json],
        vec!["log", "show", "--log", &env],
        attested(&json, "../bob.key"),
        attested(&env, &env),
        verified(&json, "../bob.key.pub"),
        verified(&env, "../bob.key.pub"),
        verified(&json, &env),
    ];
    for call in calls {
        let ran = desk.run(&call);
        assert!(matches!(ran.code, Some(2 | 3 | 20)), "{call:?}: {ran:#?}");
        silent_ran(&format!("{call:?}"), &ran, &forms);
    }
    // What stands in the base, where nobody names it.
    for (name, text) in [
        (".sluice/policy.toml", format!("schema = '{value}'\n")),
        (".sluice/baseline", format!("{value}\n")),
        (".sluice/roles", format!("{value}\n")),
        (".sluice.toml", format!("{value} = 1\n")),
    ] {
        let desk = Desk::with(|desk| desk.file(name, &text));
        let ran = desk.gate(&[]);
        assert!(matches!(ran.code, Some(2 | 3)), "{name}: {ran:#?}");
        silent_ran(name, &ran, &forms);
    }
    let signers =
        format!("ann@example.com {value}=1 {value}\nx valid-before={value} ssh-ed25519 y\n");
    let desk = Desk::with(|desk| {
        desk.file(".sluice/allowed_signers", &signers);
        desk.file(
            ".sluice/waivers/x.json",
            &format!("{{\"{value}\": \"{value}\"}}"),
        );
    });
    for format in formats() {
        silent_ran(format, &desk.gate(&["--format", format]).ends(20), &forms);
    }
    silent_ran(
        "list",
        &desk.run(&["waiver", "list", "--clock", &in_days(0)]),
        &forms,
    );
}
