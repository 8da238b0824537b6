//! Rules of other scanners, and what rules cost.

use crate::support::{Sandbox, token_line};

/// A rule of gitleaks that means the same here, one that nearly does, one that cannot.
const GITLEAKS: &str = r"
[[rules]]
id = 'acme'
regex = '''acme_[0-9a-f]{16}'''
keywords = ['acme_']

[[rules]]
id = 'long'
regex = '''long_[0-9a-f]+;'''

[[rules]]
id = 'back'
regex = '''(a)b\1'''
";

fn acme() -> String {
    ["acme", "_", "0123456789abcdef"].concat()
}

#[test]
fn imported_rules_are_written_in_our_format_and_accounted_for() {
    let sandbox = Sandbox::new();
    sandbox.file("theirs.toml", GITLEAKS);
    sandbox.file("a.txt", &format!("k = {}\n", acme()));
    let ran = sandbox.run(&["rules", "import", "theirs.toml"]).ends(1);
    assert!(ran.stdout.contains("id = \"acme\""), "{ran:#?}");
    for part in [
        "theirs.toml (gitleaks): 3 rules: 1 translated, 1 approximated, 1 refused",
        "  long: approximated: a match could be of any length",
        "  back: refused: a back-reference",
    ] {
        assert!(ran.stderr.contains(part), "no {part:?} in {ran:#?}");
    }
    let args = ["rules", "import", "theirs.toml", "--output", "ours.toml"];
    sandbox.run(&args).ends(1);
    assert_eq!(sandbox.read("ours.toml"), ran.stdout);
    for rules in ["theirs.toml", "ours.toml"] {
        let args = ["scan", "a.txt", "--no-builtin-rules", "--rules", rules];
        sandbox.run(&args).ends(1).says(&["acme"]);
    }
    let args = ["scan", "a.txt", "--rules", "theirs.toml", "--quiet"];
    assert_eq!(sandbox.run(&args).ends(1).stderr, "");
}

#[test]
fn what_is_no_rule_file_is_not_imported() {
    let sandbox = Sandbox::new();
    sandbox.file("a.toml", "[provider]\nid = 'a'\n");
    sandbox.file("b.yml", "rules: [\n");
    for (file, word) in [
        ("a.toml", "gitleaks"),
        ("b.yml", "b.yml:"),
        ("c.toml", "cannot be read"),
    ] {
        sandbox
            .run(&["rules", "import", file])
            .ends(2)
            .complains(&[word, "hint: "]);
    }
}

#[test]
fn a_folder_of_yaml_files_is_one_set_of_rules() {
    let sandbox = Sandbox::new();
    let rule = |word: &str| {
        format!("rules:\n- name: A\n  id: np.same.1\n  pattern: '({word}_[0-9]{{6}})'\n")
    };
    sandbox.file("r/a.yml", &rule("one"));
    sandbox.file("r/b.yaml", &rule("two"));
    sandbox.file("a.txt", "one_123456 two_123456\n");
    let args = ["scan", "a.txt", "--rules", "r", "--no-builtin-rules"];
    let json = sandbox.run(&[&args[..], &["--format", "json"]].concat());
    let findings = json.ends(1).json()["findings"].as_array().map(Vec::len);
    assert_eq!(findings, Some(2));
    let written = sandbox.run(&["rules", "import", "r"]).ends(0);
    assert!(written.stdout.contains("\"np-same-1-2\""), "{written:#?}");
}

#[test]
fn the_configuration_of_gitleaks_counts_where_there_is_none_of_ours() {
    let sandbox = Sandbox::with_token();
    sandbox.file(".gitleaks.toml", GITLEAKS);
    sandbox.file("fixtures/a.py", &token_line());
    sandbox.file("b.txt", &acme());
    let found = |args: &[&str]| {
        let ran = sandbox.run(&[&["scan", ".", "--format", "json"], args].concat());
        let json = ran.json();
        let places: Vec<String> = json["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|f| f["occurrences"].as_array().cloned().unwrap_or_default())
            .map(|o| o["path"].as_str().unwrap_or_default().to_owned())
            .collect();
        (places.len(), ran.stderr)
    };
    let (count, said) = found(&[]);
    assert_eq!(count, 3, "{said}");
    assert!(
        said.contains(".gitleaks.toml (gitleaks): 3 rules"),
        "{said}"
    );
    assert!(
        said.contains("the built-in rules are used as well"),
        "{said}"
    );
    let lists = "[allowlist]\npaths = ['^fixtures/', '(^|/)\\.gitleaks\\.toml$']\n";
    sandbox.file(".gitleaks.toml", &format!("{lists}{GITLEAKS}"));
    assert_eq!(found(&[]).0, 2);
    let (count, said) = found(&["--no-config"]);
    assert_eq!((count, said.as_str()), (2, ""));
    sandbox.file(".sluice.toml", "[scan]\nthreads = 1\n");
    let (count, said) = found(&[]);
    assert_eq!((count, said.as_str()), (2, ""));
    sandbox
        .run(&["config", "show"])
        .ends(0)
        .says(&["# configuration file: .sluice.toml"]);
    std::fs::remove_file(sandbox.path().join(".sluice.toml")).expect("it is there");
    sandbox
        .run(&["config", "show"])
        .ends(0)
        .says(&["# rules and lists of another scanner: .gitleaks.toml"]);
    sandbox.file(".gitleaks.toml", "[[rules]]\nid = ''\n");
    sandbox
        .run(&["scan", "."])
        .ends(2)
        .complains(&[".gitleaks.toml:1: `id` is missing or empty"]);
}

#[test]
fn stats_say_what_each_rule_cost_and_found() {
    let sandbox = Sandbox::new();
    sandbox.file("r.toml", GITLEAKS);
    sandbox.file("t/a.txt", &format!("{}\n{}\nacme_x\n", acme(), acme()));
    sandbox.file("t/b.txt", &acme());
    let args = [
        "rules",
        "stats",
        "t",
        "--rules",
        "r.toml",
        "--no-builtin-rules",
    ];
    let json = sandbox
        .run(&[&args[..], &["--format", "json"]].concat())
        .ends(0)
        .json();
    assert_eq!(json["files"], 2);
    let rules = json["rules"].as_array().expect("a list");
    assert_eq!(rules.len(), 1, "{rules:#?}");
    assert_eq!(rules[0]["rule"], "acme");
    assert_eq!(rules[0]["anchors"], 4);
    // What follows the third anchor is known to be wrong without the pattern.
    assert_eq!(rules[0]["runs"], 3);
    assert_eq!(rules[0]["findings"], 1);
    assert_eq!(rules[0]["occurrences"], 3);
    assert!(rules[0]["nanoseconds"].as_u64() > Some(0));
    let text = sandbox.run(&args).ends(0);
    assert!(text.stdout.contains("RULE  ANCHORS  RUNS"), "{text:#?}");
    assert!(
        text.stdout
            .contains("1 of 2 rules met an anchor in 2 files"),
        "{text:#?}"
    );
    sandbox.run(&["rules", "stats", "nowhere"]).ends(2);
}
