//! `sluice rules list`, `show` and `check`.

use crate::support::{Sandbox, TOKEN_RULE, acme_rules, acme_rules_with, acme_token, token_line};

#[test]
fn rules_are_listed_for_people_programs_and_documents() {
    let sandbox = Sandbox::new();
    let text = sandbox
        .run(&["rules", "list"])
        .ends(0)
        .says(&[TOKEN_RULE, " providers\n"]);
    let json = sandbox
        .run(&["rules", "list", "--format", "json"])
        .ends(0)
        .json();
    let rules = json["rules"].as_array().expect("a list");
    let last = text.stdout.lines().last().unwrap_or_default();
    // Large numbers are grouped.
    let plain = last.replace(',', "");
    let count = format!("{} rules of ", rules.len());
    assert!(plain.starts_with(&count), "{last}");
    for rule in rules {
        let id = rule["rule"]["id"].as_str().expect("each has an id");
        assert!(text.stdout.contains(id), "{id}");
        for key in ["title", "severity", "lifetime", "remediation"] {
            assert!(!rule["rule"][key].is_null(), "{id} has no {key}");
        }
    }
    let markdown = sandbox
        .run(&["rules", "list", "--format", "markdown"])
        .ends(0);
    let rows = markdown
        .stdout
        .lines()
        .filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), rules.len());
}

#[test]
fn columns_line_up() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["rules", "list", "--provider", "github"])
        .ends(0);
    let mut lines = ran.stdout.lines();
    let head = lines.next().expect("a head");
    let at = head.find("PROVIDER").expect("the column is there");
    let mut count = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        assert!(line[at..].starts_with("github "), "{line}");
        count += 1;
    }
    assert!(count > 3, "{ran:#?}");
    let all = [
        "rules",
        "list",
        "--provider",
        "github",
        "--provider",
        "stripe",
    ];
    sandbox
        .run(&all)
        .ends(0)
        .says(&["stripe-live-secret-key", TOKEN_RULE, " of 2 providers"]);
}

#[test]
fn a_rule_is_shown_with_all_that_it_says() {
    let sandbox = Sandbox::new();
    let parts = [
        "severity",
        "critical",
        "ghp_",
        "checksum",
        "Revoke: ",
        "References",
        "built in",
    ];
    sandbox
        .run(&["rules", "show", TOKEN_RULE])
        .ends(0)
        .says(&parts);
    let ran = sandbox
        .run(&["rules", "show", TOKEN_RULE, "--format", "json"])
        .ends(0);
    assert_eq!(ran.json()["rule"]["id"], TOKEN_RULE);
    sandbox.file("acme.toml", &acme_rules());
    let own = ["rules", "show", "acme-token", "--rules", "acme.toml"];
    sandbox
        .run(&own)
        .ends(0)
        .says(&["Acme token", "a rule file", "acme_[0-9a-f]{32}"]);
}

#[test]
fn examples_are_run_through_the_real_engine() {
    let sandbox = Sandbox::new();
    sandbox.file("good.toml", &acme_rules());
    let check =
        |file: &str| sandbox.run(&["rules", "check", "--no-builtin-rules", "--rules", file]);
    let ran = check("good.toml").ends(0);
    assert_eq!(ran.stdout, "1 rule, 4 examples: all as stated\n");
    let wrong = "positive = ['k: acme_@{hex 32}', 'k: acne_@{hex 32}']";
    sandbox.file("wrong.toml", &acme_rules_with(wrong));
    let parts = [
        "acme-token: ",
        "gives no finding",
        "1 rule, 4 examples: 1 not as stated",
    ];
    check("wrong.toml").ends(1).says(&parts);
    sandbox.file(
        "few.toml",
        &acme_rules_with("positive = ['k: acme_@{hex 32}']"),
    );
    check("few.toml").ends(1).says(&["acme-token: 1 positive"]);
    let broken = acme_rules().replace("regex = 'acme_[0-9a-f]{32}'", "regex = 'acme_[0-9a-f]+'");
    sandbox.file("broken.toml", &broken);
    check("broken.toml").ends(2).complains(&[
        "broken.toml:",
        "acme-token",
        "upper bound",
        "hint: ",
    ]);
}

#[test]
fn all_errors_of_all_files_are_said_at_once() {
    let sandbox = Sandbox::new();
    sandbox.file("r/a.toml", "[provider]\n");
    sandbox.file("r/b.toml", "[[rule]\n");
    sandbox.file("r/c.toml", &acme_rules());
    sandbox.file("r/not-a-rule.txt", "what");
    let ran = sandbox.run(&["rules", "check", "--rules", "r"]).ends(2);
    let ran = ran.complains(&["r/a.toml", "r/b.toml:1"]);
    assert!(
        !ran.stderr.contains("c.toml") && !ran.stderr.contains(".txt"),
        "{ran:#?}"
    );
}

#[test]
fn own_rules_are_added_and_may_replace_built_in_ones() {
    let sandbox = Sandbox::with_token();
    sandbox.file("acme.toml", &acme_rules());
    sandbox.file("app.txt", &format!("k = {}\n", acme_token()));
    let ids = |args: &[&str]| {
        let ran = sandbox.run(&[&["scan", "app.py", "app.txt", "--format", "json"], args].concat());
        let list = ran.json()["findings"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut ids: Vec<_> = list.iter().map(|f| f["rule"]["id"].to_string()).collect();
        ids.sort();
        ids.iter()
            .map(|id| id.contains("acme-token"))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--rules", "acme.toml"]), [true, false]);
    assert_eq!(ids(&["--rules", "acme.toml", "--no-builtin-rules"]), [true]);
    assert_eq!(
        ids(&["--rules", "acme.toml", "--rule", "acme-token"]),
        [true]
    );
    assert_eq!(
        ids(&["--rules", "acme.toml", "--exclude-rule", "acme-token"]),
        [false]
    );
    let replaced = acme_rules().replace("acme-token", TOKEN_RULE);
    sandbox.file("replaced.toml", &replaced);
    sandbox.file("only.py", &token_line());
    let args = [
        "scan",
        "only.py",
        "--rules",
        "replaced.toml",
        "--rule",
        TOKEN_RULE,
    ];
    sandbox.run(&args).ends(0);
}
