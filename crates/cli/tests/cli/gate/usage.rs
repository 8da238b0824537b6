//! What a person gets who has set nothing up, or something wrong.

use super::Desk;
use crate::support::{Sandbox, token};

#[test]
fn without_any_setup_each_stage_has_a_verdict_a_reason_and_a_next_step() {
    let sandbox = Sandbox::with_repository();
    let stages = ["commit", "merge", "release", "deploy"];
    for stage in stages {
        let ran = sandbox.run(&["gate", "--stage", stage]).ends(0);
        ran.says(&[&format!("allow at {stage}: nothing stands in the way")]);
    }
    sandbox.file("app.py", &format!("key = '{}'\n", token()));
    sandbox.git(&["add", "-A"]);
    for stage in stages {
        let args = ["gate", "--stage", stage];
        let ran = sandbox.run_with_env(&[("COLUMNS", "80")], &args).ends(20);
        let ran = ran.says(&[
            "block  app.py:1  GitHub personal access token",
            "why   a credential stands in the open [SEC-NEW]",
            "next  revoke it",
            "how   Delete the token",
            &format!("block at {stage}: 1 finding in the way"),
            "sluice policy explain SEC-NEW",
            "sluice waive ",
        ]);
        let mut lines = ran.stdout.lines();
        assert!(lines.all(|l| l.chars().count() <= 80), "{}", ran.stdout);
    }
}

#[test]
fn wrong_flags_end_with_2_and_say_how_else() {
    let desk = Desk::new();
    for (args, parts) in [
        (
            &["gate", "--stage", "prod"][..],
            &["prod", "commit, merge, release, deploy"][..],
        ),
        (&["gate", "nowhere"], &["`nowhere`", "hint: "]),
        (&["gate", "--base", "nowhere"], &["nowhere"]),
        (&["gate", "--range", "main..nowhere"], &["nowhere"]),
        (&["gate", "--format", "xml"], &["xml", "junit"]),
        (
            &["gate", "--format", "json", "--format", "sarif"],
            &["standard output", "hint: "],
        ),
        (
            &["gate", "--output", "a", "--output", "b"],
            &["more --output than --format"],
        ),
        (
            &["gate", "--policy", "nowhere.toml"],
            &["nowhere.toml", "hint: "],
        ),
        (
            &["gate", "--findings", "app.py"],
            &["no report of a scan", "sluice scan --format json"],
        ),
        (&["gate", "--actor", "robot"], &["robot", "human"]),
        (
            &["gate", "--clock", "tomorrow"],
            &["tomorrow", "2026-03-01"],
        ),
        (&["gate", "--staged", "--range", "a..b"], &["--range"]),
        (&["gate", "--remediate-as", "5"], &["0, 10, 20"]),
        (
            &["waive", "abc"],
            &["no fingerprint and no waiver", "hint: "],
        ),
        (&["waive", &"0".repeat(32)], &["needs --why", "hint: "]),
        (&["policy", "explain", "NOPE"], &["NOPE", "policy explain"]),
        (&["policy", "check"], &[".sluice/policy.toml"]),
        (
            &["log", "verify", "--log", "nowhere"],
            &["no log", "sluice gate"],
        ),
        (
            &["log", "verify", "--head", "x"],
            &["a number, a colon and a hash"],
        ),
    ] {
        let ran = desk.run(args).ends(2);
        assert_eq!(ran.stdout, "", "{args:?}");
        ran.complains(parts);
    }
}

#[test]
fn what_is_broken_is_never_an_allow() {
    // A policy whose third line is wrong: where, what, and how else.
    let policy = "schema = 'sluicegate.policy/1'\nname = 'x'\n[[floor]]\ncode = 'X-1'\n\
                  when = 'finding.knd == \"secret_value\"'\nverdict = 'B/B/B'\nsays = 'x'\n";
    let broken = Desk::with(|desk| desk.file(".sluice/policy.toml", policy));
    for stage in ["commit", "merge", "release", "deploy"] {
        let ran = broken.gate(&["--stage", stage]).ends(2);
        ran.complains(&[
            "line 5, column 9",
            "did you mean `finding.kind`?",
            "^^^^^^^^^^^",
        ]);
    }
    broken
        .run(&["policy", "check"])
        .ends(2)
        .complains(&["line 5, column 9"]);
    let baseline = Desk::with(|desk| desk.file(".sluice/baseline", "junk\n"));
    baseline
        .gate(&[])
        .ends(2)
        .complains(&["line 1 is no fingerprint"]);
    // A repository that has lost an object of the change.
    let torn = Desk::new();
    let blob = torn.git(&["rev-parse", "topic:job.py"]);
    let object = format!("repo/.git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(torn.sandbox.path().join(object)).expect("it is loose");
    for stage in ["merge", "release", "deploy"] {
        let ran = torn.gate(&["--stage", stage, "--range", "main...topic"]);
        assert!(matches!(ran.code, Some(3 | 10 | 20)), "{stage}: {ran:#?}");
    }
}

#[test]
fn rego_policies_join_through_a_file() {
    let desk = Desk::new();
    let ran = desk.gate(&["--format", "input", "--no-log"]).ends(20);
    let input = ran.json();
    assert_eq!(input["schema"], "sluicegate.input/1");
    assert_eq!(input["findings"][0]["kind"], "secret_value");
    assert_eq!(input["findings"][0]["locations"][0]["path"], "job.py");
    desk.git(&["checkout", "-q", "main"]);
    for (results, code) in [
        (
            "[{\"filename\": \"i\", \"namespace\": \"main\", \"successes\": 1}]",
            0,
        ),
        (
            "[{\"filename\": \"i\", \"namespace\": \"main\", \"successes\": 0, \
              \"warnings\": [{\"msg\": \"look at this\"}]}]",
            10,
        ),
        (
            "[{\"filename\": \"i\", \"namespace\": \"main\", \"successes\": 0, \
              \"failures\": [{\"msg\": \"not like this\"}]}]",
            20,
        ),
    ] {
        desk.sandbox.file("rego.json", results);
        let ran = desk.gate(&["--evidence", "../rego.json", "."]).ends(code);
        if code > 0 {
            ran.says(&["REGO", "message "]);
        }
    }
}

#[test]
fn what_kind_of_reference_it_is_reaches_the_policy() {
    let desk = Desk::new();
    desk.git(&["reset", "-q", "--hard", "main"]);
    desk.file(
        "infra/main.tf",
        "resource \"aws_iam_access_key\" \"ci\" {\n  user = aws_iam_user.ci.name\n}\n",
    );
    desk.file(
        "Dockerfile",
        "FROM alpine\nARG NPM_TOKEN\nRUN echo \"//registry.npmjs.org/:_authToken=$NPM_TOKEN\" > .npmrc\n",
    );
    desk.file(
        ".github/workflows/deploy.yml",
        "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      \
         - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          \
         aws-region: eu-central-1\n          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}\n          \
         aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
    );
    desk.commit("ann@example.com", "Deploy");
    let codes = desk.codes(&[]);
    for code in ["MINT", "BAKE", "REF-PATTERN"] {
        assert!(codes.iter().any(|c| c == code), "no {code} in {codes:?}");
    }
    assert!(!codes.iter().any(|c| c == "AGENT-AUTHORITY"), "{codes:?}");
    desk.decides(&["--actor", "agent"], "block", "AGENT-AUTHORITY");
}

/// A tape archive of files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut head = [0_u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..107].copy_from_slice(b"0000644");
        head[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        head[148..156].copy_from_slice(b"        ");
        head[156] = b'0';
        head[257..263].copy_from_slice(b"ustar\0");
        head[263..265].copy_from_slice(b"00");
        let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
        head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(bytes);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

#[test]
fn what_a_layer_deletes_is_in_the_image_and_what_cannot_be_read_blocks() {
    let sandbox = Sandbox::new();
    let lower = tar(&[("app/.env", format!("TOKEN={}\n", token()).as_bytes())]);
    let upper = tar(&[("app/.wh..env", b"")]);
    let manifest =
        br#"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["1/layer.tar","2/layer.tar"]}]"#;
    let image = |lower: &[u8]| {
        tar(&[
            ("1/layer.tar", lower),
            ("2/layer.tar", &upper),
            (
                "config.json",
                b"{\"history\":[],\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
            ),
            ("manifest.json", manifest),
        ])
    };
    std::fs::write(sandbox.path().join("image.tar"), image(&lower)).expect("it is written");
    let ran = sandbox.run(&[
        "gate",
        "--stage",
        "release",
        "image.tar",
        "--format",
        "json",
    ]);
    let decision = ran.ends(20).json();
    let codes: Vec<&str> = decision["findings"][0]["reasons"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|reason| reason["code"].as_str())
        .collect();
    assert_eq!(codes[0], "SEC-NEW", "{decision}");
    assert!(codes.contains(&"IMAGE-DELETED"), "{codes:?}");
    // A layer that is cut off: nobody knows what is in the rest of it.
    let clean = tar(&[("app/a.txt", &[b'x'; 5_000])]);
    std::fs::write(sandbox.path().join("image.tar"), image(&clean)).expect("it is written");
    sandbox
        .run(&["gate", "--stage", "release", "image.tar"])
        .ends(0);
    std::fs::write(sandbox.path().join("image.tar"), image(&clean[..2_000]))
        .expect("it is written");
    for (stage, code) in [
        ("commit", 0),
        ("merge", 10),
        ("release", 20),
        ("deploy", 20),
    ] {
        let ran = sandbox
            .run(&["gate", "--stage", stage, "image.tar"])
            .ends(code);
        if code > 0 {
            ran.says(&["GAP-EVIDENCE", "not looked at"]);
        }
    }
}

#[test]
fn what_is_owed_has_an_owner_and_a_date_and_escalates_after_it() {
    let desk = Desk::with(|desk| {
        desk.file(
            "CODEOWNERS",
            "* @acme/all\n/tests/ @acme/qa\n/.sluice/ @acme/security\n",
        );
    });
    desk.git(&["reset", "-q", "--hard", "main"]);
    desk.file("tests/data.py", &format!("key = '{}'\n", token()));
    desk.commit("ann@example.com", "A fixture");
    let at = |clock: &str| {
        let args = [
            "--clock",
            clock,
            "--format",
            "json",
            "--log",
            "../log.jsonl",
        ];
        desk.gate(&args).json()
    };
    let first = at("2026-12-01");
    assert_eq!(first["decision"], "remediate");
    let owed = &first["obligations"][0];
    assert_eq!(
        (&owed["owner"], &owed["type"]),
        (&"@acme/qa".into(), &"remove".into())
    );
    let due = owed["due"].as_str().expect("a date").to_owned();
    // Asking again does not give more time.
    let again = at("2026-12-02");
    assert_eq!(again["obligations"][0]["due"], due.as_str());
    let late = at("2027-06-01");
    assert_eq!(late["decision"], "block");
    assert_eq!(late["findings"][0]["reasons"][0]["code"], "OVERDUE");
    assert_eq!(late["obligations"][0]["escalates_to"], "@acme/security");
    // Without the log nobody knows.
    let args = ["--clock", "2027-06-01", "--no-log"];
    desk.gate(&args)
        .ends(10)
        .says(&["owed  remove by ", "owner: @acme/qa"]);
}

/// The script of `action.yml`, as a runner would run it.
#[cfg(unix)]
#[test]
fn the_action_runs() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let action = std::fs::read_to_string(root.join("action.yml")).expect("it is there");
    let (_, script) = action.split_once("run: |\n").expect("it has a script");
    let desk = Desk::new();
    let above = desk.sandbox.path();
    let binary = crate::support::binary();
    let folder = binary.parent().expect("it lies in a folder");
    let path = std::env::var("PATH").expect("there is a path");
    let run = |stage: &str, base: &str, remediate_as: &str| {
        let output = std::process::Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(above.join("repo"))
            .env_clear()
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("STAGE", stage)
            .env("BASE", base)
            .env("SARIF", above.join("gate.sarif"))
            .env("REMEDIATE_AS", remediate_as)
            .env("OPENER", "ann")
            .env("PUSHER", "ann")
            .env("GITHUB_STEP_SUMMARY", above.join("summary.md"))
            .env("GITHUB_OUTPUT", above.join("outputs"))
            .output()
            .expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let (code, text) = run("merge", "main", "0");
    assert_eq!(code, Some(20), "{text}");
    assert!(text.starts_with("::error file=job.py,line=1,"), "{text}");
    let outputs = desk.sandbox.read("outputs");
    assert!(
        outputs.starts_with("decision=block\nblock-count=1\nremediate-count=0\n"),
        "{outputs}"
    );
    for named in outputs.lines().filter_map(|line| line.split_once('=')) {
        let declared = ["decision", "block-count", "remediate-count"].contains(&named.0);
        assert!(
            !declared || action.contains(&format!("outputs.{} ", named.0)),
            "{named:?}"
        );
    }
    assert!(desk.sandbox.read("summary.md").contains("block at merge"));
    let sarif: serde_json::Value =
        serde_json::from_str(&desk.sandbox.read("gate.sarif")).expect("it is JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "error");
    desk.git(&["reset", "-q", "--hard", "main"]);
    assert_eq!(run("merge", "", "0").0, Some(0));
}

#[test]
fn what_judges_is_not_taken_from_what_is_judged() {
    // As a runner checks out a change: one commit, and no branch to compare with.
    let desk = Desk::new();
    let id = desk.waive(&["--requested-by", "dave@example.com"]);
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Bob agrees");
    desk.git(&["checkout", "-q", "main"]);
    let clone = desk.sandbox.path().join("clone");
    let from = format!("file://{}", desk.sandbox.path().join("repo").display());
    let to = clone.to_str().expect("it is text");
    let args = [
        "clone", "-q", "--depth", "1", "--branch", "topic", &from, to,
    ];
    desk.git(&args);
    let ran = desk.sandbox.run_in("clone", &["gate", "--no-log"]).ends(10);
    ran.says(&[".sluice/allowed_signers", "missing-base", "[GAP-EVIDENCE]"]);
    let args = [
        "fetch",
        "-q",
        "--depth",
        "1",
        "origin",
        "main:refs/remotes/origin/main",
    ];
    desk.sandbox.try_git("clone", &[], &args);
    let ran = desk.sandbox.run_in("clone", &["gate", "--no-log"]);
    assert!(!ran.stdout.contains("missing-base"), "{ran:#?}");
    // A folder that brings who may approve what is in it.
    std::fs::remove_dir_all(clone.join(".git")).expect("it is there");
    for (stage, code) in [
        ("commit", 0),
        ("merge", 10),
        ("release", 20),
        ("deploy", 20),
    ] {
        let args = ["gate", "--stage", stage, "--no-log", "."];
        let ran = desk.sandbox.run_in("clone", &args);
        // Elsewhere than at commit and merge the waiver holds for nothing.
        assert_eq!(ran.code, Some(code), "{stage}: {ran:#?}");
        if code == 10 {
            ran.says(&["missing-base"]);
        }
    }
}
