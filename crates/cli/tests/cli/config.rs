//! `.sluice.toml` and `sluice config show`.

use crate::support::{Sandbox, acme_rules, acme_token, token_line};

#[test]
fn it_is_found_above_the_target_up_to_the_root_of_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.file("outer/.sluice.toml", "[scan]\nthreads = 7\n");
    sandbox.file("outer/repo/sub/deep/app.py", "x = 1\n");
    let origin = |target: &str| {
        let ran = sandbox
            .run(&["config", "show", "--format", "json", target])
            .ends(0);
        ran.json()["settings"]["scan.threads"].clone()
    };
    let outer = serde_json::json!({
        "value": 7, "origin": { "file": "outer/.sluice.toml", "line": 2 }
    });
    let none = serde_json::json!({ "value": 0, "origin": "default" });
    for target in ["outer", "outer/repo/sub", "outer/repo/sub/deep/app.py"] {
        assert_eq!(origin(target), outer, "{target}");
    }
    assert_eq!(origin("."), none, "only above, not below");
    std::fs::create_dir(sandbox.path().join("outer/repo/.git")).expect("a folder");
    assert_eq!(
        origin("outer/repo/sub"),
        none,
        "the repository ends the search"
    );
    sandbox.file("outer/repo/.sluice.toml", "\n\n[scan]\nthreads = 8\n");
    assert_eq!(origin("outer/repo/sub")["origin"]["line"], 4);
    assert_eq!(origin("outer/repo")["value"], 8);
}

#[test]
fn a_flag_counts_more_than_the_file_and_lists_are_joined() {
    let sandbox = Sandbox::new();
    let text = "[scan]\nmin-confidence = 'hint'\nexclude = ['a/']\n[rules]\nonly = ['jwt']\n";
    sandbox.file(".sluice.toml", text);
    let args = "config show --min-confidence definite --exclude b/ --rule github-oauth-token";
    let args: Vec<_> = args.split(' ').collect();
    let ran = sandbox.run(&args).ends(0);
    let line = |start: &str| {
        let found = ran
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(start));
        let line = found.unwrap_or_else(|| panic!("no {start:?} in {ran:#?}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        line("min-confidence"),
        "min-confidence = \"definite\" # --min-confidence"
    );
    assert_eq!(line("\"a/\""), "\"a/\", # .sluice.toml:3");
    assert_eq!(line("\"b/\""), "\"b/\", # --exclude");
    assert_eq!(line("\"github-oauth"), "\"github-oauth-token\", # --rule");
    assert!(
        !ran.stdout.contains("\"jwt\""),
        "--rule replaces the list: {ran:#?}"
    );
    assert_eq!(line("threads"), "threads = 0 # default");
    assert_eq!(
        line("# configuration"),
        "# configuration file: .sluice.toml"
    );
}

#[test]
fn what_it_prints_can_be_used_as_a_configuration() {
    let sandbox = Sandbox::new();
    sandbox.file("own.toml", &acme_rules());
    let args = "config show --threads 3 --max-file-size none --exclude a\"b\\c --no-ignore \
        --rules own.toml --rule acme-token --exclude-rule jwt --ignore-marker ggshield \
        --color never";
    let first = sandbox
        .run(&args.split_whitespace().collect::<Vec<_>>())
        .ends(0);
    sandbox.file("again.toml", &first.stdout);
    let second = sandbox
        .run(&["config", "show", "--config", "again.toml"])
        .ends(0);
    let values = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| {
                line.split("  #")
                    .next()
                    .unwrap_or(line)
                    .trim_end()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(values(&first.stdout), values(&second.stdout));
    assert!(second.stdout.contains("# again.toml:"), "{second:#?}");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    let sandbox = Sandbox::with_token();
    sandbox.file(".sluice.toml", "# ours\n[scan]\nmax-filesize = '1M'\n");
    for args in [
        &["scan"][..],
        &["config", "show"],
        &["rules", "list"],
        &["explain", "app.py:1"],
    ] {
        let ran = sandbox.run(args).ends(2);
        let parts = [
            ".sluice.toml:3: ",
            "`max-filesize`",
            "did you mean `max-file-size`",
            "hint: ",
        ];
        ran.complains(&parts);
    }
    sandbox.run(&["scan", "--no-config"]).ends(1);
}

#[test]
fn rule_files_are_taken_from_the_folder_of_the_configuration() {
    let sandbox = Sandbox::new();
    sandbox.file("conf/rules/acme.toml", &acme_rules());
    sandbox.file(
        "conf/.sluice.toml",
        "[rules]\npaths = ['rules']\nbuiltin = false\n",
    );
    let text = format!("k = {}\n{}\n", acme_token(), token_line());
    sandbox.file("conf/sub/a.txt", &text);
    let ran = sandbox
        .run_in("conf/sub", &["scan", "--format", "json"])
        .ends(1);
    let findings = &ran.json()["findings"];
    assert_eq!(findings.as_array().map(Vec::len), Some(1), "{findings:#}");
    assert!(ran.stdout.contains("acme-token"), "{ran:#?}");
}

#[test]
fn what_a_configuration_asks_for_in_vain_is_said_where_it_asks() {
    let sandbox = Sandbox::with_token();
    for (text, parts) in [
        (
            "[rules]\npaths = [\n  'gone.toml',\n]\n",
            [".sluice.toml:3: ", "gone.toml"],
        ),
        (
            "[rules]\n\nonly = ['jwtt']\n",
            [".sluice.toml:3: ", "did you mean `jwt`"],
        ),
        (
            "[rules]\nexclude = ['jwtt']\n",
            [".sluice.toml:2: ", "did you mean `jwt`"],
        ),
        (
            "[fingerprint]\nkey-file = 'gone'\n",
            [".sluice.toml:2: ", "gone"],
        ),
        (
            "[fingerprint]\nkey-file = 'app.py'\nkey = 1\n",
            [".sluice.toml:3: ", "`key`"],
        ),
    ] {
        sandbox.file(".sluice.toml", text);
        sandbox.run(&["scan"]).ends(2).complains(&parts);
    }
}

#[test]
fn a_key_file_changes_fingerprints() {
    let sandbox = Sandbox::with_token();
    let fingerprint = || {
        let ran = sandbox.run(&["scan", "app.py", "--format", "json"]).ends(1);
        ran.json()["findings"][0]["fingerprint"]
            .as_str()
            .map(str::to_owned)
    };
    let without = fingerprint();
    assert!(without.is_some());
    sandbox.file(".sluice.toml", "[fingerprint]\nkey-file = 'key'\n");
    sandbox.file("key", "0123456789abcdef one\n");
    let one = fingerprint();
    sandbox.file("key", "0123456789abcdef two\n");
    let two = fingerprint();
    assert!(without != one && one != two && two != without);
    sandbox.file("key", "0123456789abcdef one");
    assert_eq!(
        fingerprint(),
        one,
        "the line break at the end is no part of the key"
    );
    sandbox.file("key", "short\n");
    sandbox
        .run(&["scan"])
        .ends(2)
        .complains(&["key", "too short", "16 bytes"]);
}

#[cfg(unix)]
#[test]
fn a_configuration_cannot_make_the_scan_wait_or_fill_the_memory() {
    let sandbox = Sandbox::with_token();
    let config = sandbox.path().join(".sluice.toml");
    for target in ["/dev/zero", "/nowhere/at/all"] {
        std::os::unix::fs::symlink(target, &config).expect("a link");
        sandbox.run(&["scan"]).ends(2).complains(&[".sluice.toml"]);
        std::fs::remove_file(&config).expect("it is ours");
    }
    for text in [
        "[rules]\npaths = ['/dev/zero']\n",
        "[fingerprint]\nkey-file = '/dev/zero'\n",
    ] {
        sandbox.file(".sluice.toml", text);
        sandbox
            .run(&["scan"])
            .ends(2)
            .complains(&[".sluice.toml:2: ", "/dev/zero", "16 MiB"]);
    }
}

#[test]
fn the_settings_of_a_scan_are_honoured() {
    let sandbox = Sandbox::with_token();
    sandbox.file("sub/b.py", &token_line());
    let findings = |text: &str, args: &[&str]| {
        sandbox.file(".sluice.toml", text);
        let ran = sandbox.run(&[&["scan", "--format", "json"], args].concat());
        let json = ran.json();
        let places = json["findings"].as_array().map(|list| {
            let occurrences = list
                .iter()
                .map(|f| f["occurrences"].as_array().map_or(0, Vec::len));
            occurrences.sum::<usize>()
        });
        (places, ran.code)
    };
    assert_eq!(findings("", &[]), (Some(2), Some(1)));
    assert_eq!(
        findings("[scan]\nexclude = ['sub/']\n", &[]),
        (Some(1), Some(1))
    );
    let both = findings("[scan]\nexclude = ['sub/']\n", &["--exclude", "app.py"]);
    assert_eq!(both, (Some(0), Some(0)));
    assert_eq!(
        findings("[rules]\nonly = ['jwt']\n", &[]),
        (Some(0), Some(0))
    );
    let exclude = "[rules]\nexclude = ['github-personal-access-token']\n";
    assert_eq!(
        findings(exclude, &["--rule", "github-oauth-token"]).1,
        Some(0)
    );
    assert_eq!(findings("[scan]\nmax-file-size = 10\n", &[]).1, Some(3));
    assert_eq!(
        findings("[scan]\nmax-file-size = 10\n", &["--max-file-size", "0"]).1,
        Some(1)
    );
}
