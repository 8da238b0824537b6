//! References to stored credentials, through the program.

use std::path::Path;

use serde_json::Value;

use crate::support::{Sandbox, token_line};

/// A text of the catalogue: the pattern's code, the path, the text, the name that is found.
struct Example {
    code: String,
    path: String,
    text: String,
    name: String,
}

/// The texts under `key` of every pattern.
fn examples(key: &str) -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../references/patterns");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let file: toml::Table = toml::from_str(&text).expect("it is valid");
        for pattern in file["pattern"].as_array().expect("a list") {
            let of = |table: &toml::Value, key: &str| {
                let text = table.get(key).and_then(toml::Value::as_str);
                text.unwrap_or_default().to_owned()
            };
            let texts = pattern.get(key).and_then(toml::Value::as_array);
            for example in texts.into_iter().flatten() {
                all.push(Example {
                    code: of(pattern, "code"),
                    path: of(example, "path"),
                    text: of(example, "text"),
                    name: of(example, "name"),
                });
            }
        }
    }
    assert!(all.len() > 120, "only {} texts", all.len());
    all
}

/// Lays the texts into folders of their own and scans them: of each folder the codes and
/// names that are found.
fn found(texts: &[Example], least: &str) -> Vec<Vec<(String, String)>> {
    let sandbox = Sandbox::new();
    for (number, example) in texts.iter().enumerate() {
        sandbox.file(&format!("case{number}/{}", example.path), &example.text);
    }
    let ran = sandbox.run(&[
        "scan",
        "--kind",
        "reference",
        "--min-confidence",
        least,
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let mut found = vec![Vec::new(); texts.len()];
    for finding in report["findings"].as_array().expect("a list") {
        assert_eq!(finding["kind"], "reference");
        let tags = finding["rule"]["tags"].as_array().expect("a list");
        let code = tags[1].as_str().expect("the second label is the code");
        let name = finding["reference"]["name"].as_str().expect("a name");
        assert_eq!(finding["value"]["redacted"], name, "names are shown");
        for occurrence in finding["occurrences"].as_array().expect("a list") {
            let path = occurrence["path"].as_str().expect("a path");
            let case = path.trim_start_matches("./").trim_start_matches("case");
            let number: usize = case
                .split('/')
                .next()
                .unwrap_or_default()
                .parse()
                .expect("a number");
            found[number].push((code.to_owned(), name.to_owned()));
        }
    }
    found
}

#[test]
fn every_pattern_is_found_in_its_examples() {
    let texts = examples("found");
    let found = found(&texts, "hint");
    for (example, found) in texts.iter().zip(found) {
        let wanted = (example.code.clone(), example.name.clone());
        assert!(
            found.contains(&wanted),
            "{wanted:?} is not in {found:?}\n{}",
            example.text
        );
    }
}

#[test]
fn look_alikes_stay_silent() {
    let texts = examples("silent");
    let found = found(&texts, "probable");
    for (example, found) in texts.iter().zip(found) {
        let loud = found.iter().any(|(code, _)| *code == example.code);
        assert!(!loud, "{} in\n{}", example.code, example.text);
    }
}

const WORKFLOW: &str = "on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      \
    - name: Publish\n        run: npm publish\n        env:\n          \
    NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}\n";

#[test]
fn a_reference_says_what_is_used_where_and_what_to_write_instead() {
    let sandbox = Sandbox::new();
    sandbox.file(".github/workflows/ship.yml", WORKFLOW);
    let ran = sandbox.run(&["scan"]).ends(1);
    ran.says(&[
        "Stored npm token to publish with",
        "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
        "env `NODE_AUTH_TOKEN` of step `Publish` in job `ship`",
        "why",
        "instead",
        "id-token: write",
    ]);
    sandbox.run(&["scan", "--kind", "secret"]).ends(0);
    sandbox
        .run(&["scan", "--exclude-rule", "ref-github-npm-publish"])
        .ends(0);
}

#[test]
fn values_beside_names_are_never_shown() {
    let sandbox = Sandbox::new();
    sandbox.file(
        ".mcp.json",
        &format!(
            "{{\"mcpServers\": {{\"a\": {{\"env\": {{\"API_TOKEN\": \"x\"}}}}}}}}\n// {}",
            token_line()
        ),
    );
    let secret = "hunter2-and-more";
    sandbox.file(
        ".npmrc",
        &format!("//npm.example.com/:_authToken={secret}\n"),
    );
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = sandbox
            .run(&["scan", "--kind", "reference", "--format", format])
            .ends(1);
        assert!(!ran.stdout.contains(secret), "{format}: {}", ran.stdout);
        assert!(
            !ran.stdout.contains(&token_line()[10..30]),
            "{format}: {}",
            ran.stdout
        );
    }
}

#[test]
fn markers_let_references_pass() {
    let sandbox = Sandbox::new();
    let marker = ["sluice", "allow(ref-github-npm-publish) until March"].join(":");
    let marked = WORKFLOW.replace(
        "secrets.NPM_TOKEN }}",
        &format!("secrets.NPM_TOKEN }} # {marker}"),
    );
    sandbox.file(".github/workflows/ship.yml", &marked);
    sandbox
        .run(&["scan"])
        .ends(0)
        .says(&["Suppressed", "until March"]);
}

#[test]
fn the_inventory_groups_uses_by_credential() {
    let sandbox = Sandbox::new();
    sandbox.file(".github/workflows/a.yml", WORKFLOW);
    sandbox.file(".github/workflows/b.yml", WORKFLOW);
    sandbox.file("Dockerfile", "FROM node\nARG GH_PAT\n");
    let ran = sandbox
        .run(&["references", "list", "--format", "json"])
        .ends(0);
    let list: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let credentials = list["credentials"].as_array().expect("a list");
    let npm = credentials
        .iter()
        .find(|c| c["name"] == "NPM_TOKEN" && c["provider"] == "npm")
        .expect("there");
    assert_eq!(npm["uses"].as_array().map(Vec::len), Some(2));
    assert!(credentials.iter().any(|c| c["name"] == "GH_PAT"));
    sandbox
        .run(&["references", "list"])
        .ends(0)
        .says(&["NPM_TOKEN", "a.yml:9", "b.yml:9"]);
    sandbox
        .run(&["references", "list", "--format", "markdown"])
        .ends(0)
        .says(&["| NPM_TOKEN | npm |"]);
    sandbox
        .run(&["references", "patterns"])
        .ends(0)
        .says(&["GHA-01", "OID-06"]);
}

#[test]
fn explain_knows_references() {
    let sandbox = Sandbox::new();
    sandbox.file(".github/workflows/ship.yml", WORKFLOW);
    let place = ".github/workflows/ship.yml:9";
    sandbox
        .run(&["explain", place])
        .ends(0)
        .says(&["ref-github-npm-publish", "reported, definite"]);
}

#[test]
fn a_file_that_cannot_be_parsed_is_named() {
    let sandbox = Sandbox::new();
    let broken = "jobs:\n  a: [\n  b: }\n";
    sandbox.file(".github/workflows/ship.yml", broken);
    sandbox.run(&["scan"]).ends(3).says(&["malformed"]);
    sandbox.run(&["scan", "--kind", "secret"]).ends(0);
    let sandbox = Sandbox::new();
    sandbox.file("tests/.github/workflows/ship.yml", broken);
    sandbox.file("deploy/values.yaml", "a: {{ b }\n");
    sandbox.run(&["scan"]).says(&["not-understood"]);
}

#[test]
fn a_change_that_brings_a_reference_is_told_of() {
    let sandbox = Sandbox::with_repository();
    sandbox.file(".github/workflows/ship.yml", WORKFLOW);
    sandbox.git(&["add", "-A"]);
    sandbox
        .run(&["scan", "--staged"])
        .ends(1)
        .says(&["NPM_TOKEN"]);
    sandbox.git(&["commit", "-qm", "ship"]);
    sandbox.file(
        ".github/workflows/ship.yml",
        &format!("# moved\n{WORKFLOW}"),
    );
    sandbox.git(&["add", "-A"]);
    sandbox.run(&["scan", "--staged"]).ends(0);
}

const BROKEN: &str = "jobs:\n  a: [\n  b: }\n";

#[test]
fn a_change_that_brings_what_cannot_be_parsed_is_incomplete() {
    let sandbox = Sandbox::with_repository();
    sandbox.file(".github/workflows/ship.yml", BROKEN);
    sandbox.git(&["add", "-A"]);
    let staged = sandbox.run(&["scan", "--staged"]).ends(3);
    staged.says(&["malformed", "ship.yml"]);
    let gate = sandbox.run(&["gate", "--stage", "commit", "--format", "json"]);
    assert!(gate.stdout.contains("malformed"), "{}", gate.stdout);
    sandbox.git(&["commit", "-qm", "broken"]);
    sandbox
        .run(&["scan", "--range", "HEAD~1..HEAD"])
        .ends(3)
        .says(&["malformed", "ship.yml"]);
    // What is put right within the change stands in nobody's way.
    sandbox.file(".github/workflows/ship.yml", "on: push\njobs: {}\n");
    sandbox.git(&["commit", "-qam", "mended"]);
    sandbox.run(&["scan", "--range", "HEAD~2..HEAD"]).ends(0);
}

#[test]
fn files_that_are_too_large_to_be_parsed_are_named() {
    let sandbox = Sandbox::new();
    let mut large = "# a long comment about nothing at all\n".repeat(60_000);
    large.push_str("resource \"aws_iam_access_key\" \"k\" {}\n");
    sandbox.file("main.tf", &large);
    sandbox
        .run(&["scan"])
        .ends(3)
        .says(&["main.tf", "larger than 2 MiB"]);
    sandbox.run(&["scan", "--kind", "secret"]).ends(0);
    let sandbox = Sandbox::new();
    sandbox.file("photo.txt", &large);
    sandbox.run(&["scan"]).ends(0);
}

/// Base64url without padding.
fn base64url(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits =
            part.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - part.len()));
        for place in 0..=part.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            out.push(char::from(DIGITS[digit as usize]));
        }
    }
    out
}

#[test]
fn values_that_say_how_long_they_live_are_believed() {
    let jwt = |claims: &str| {
        let head = base64url(r#"{"alg":"HS256","typ":"JWT"}"#);
        let tail = "q3Zt8LkP0vX2mNc7RbY5wHs1JdF6uGaE9oTiKxCzQ4w";
        format!("{head}.{}.{tail}", base64url(claims))
    };
    let sas = |dates: &str| {
        let host = "https://acme.blob.core.windows.net/b";
        let sign = [
            "q3Zt8LkP0vX2mNc7RbY5",
            "%2F",
            "wHs1JdF6uGaE9oTiKxCzQ4",
            "%3D",
        ]
        .concat();
        format!("{host}?sv=2022-11-02&sr=c&sp=r{dates}&sig={sign}")
    };
    for (text, lifetime) in [
        (jwt(r#"{"sub":"u-81","role":"admin"}"#), "L4"),
        (
            jwt(r#"{"iat":1700000000,"exp":1700003600,"sub":"u"}"#),
            "L1",
        ),
        (
            jwt(r#"{"iat":1700000000,"exp":1900000000,"sub":"u"}"#),
            "L3",
        ),
        (
            sas("&st=2026-01-01T00:00:00Z&se=2026-01-20T00:00:00Z"),
            "L2",
        ),
        (
            sas("&st=2026-01-01T00:00:00Z&se=2036-01-01T00:00:00Z"),
            "L3",
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.file("token.txt", &format!("here: {text}\n"));
        let report = sandbox.run(&["scan", "--format", "json"]).ends(1).json();
        assert_eq!(report["findings"][0]["lifetime"], lifetime, "{text}");
    }
}
