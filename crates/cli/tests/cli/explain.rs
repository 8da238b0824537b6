//! `sluice explain`: why something is reported or not.

use crate::support::{Sandbox, TOKEN_RULE, token_line, wrong_token};

#[test]
fn every_outcome_has_its_reason() {
    let sandbox = Sandbox::with_token();
    let marker = ["sluice", "allow"].join(":");
    let placeholder = ["ghp", "_", &"x".repeat(36)].concat();
    let text = format!(
        "{}\nvalue = \"{}\"\nvalue = \"{placeholder}\"\n{}  # {marker}\nghp_ alone\nnothing\n",
        token_line(),
        wrong_token(),
        token_line(),
    );
    sandbox.file("a.py", &text);
    for (line, parts) in [
        (
            1,
            &[
                TOKEN_RULE,
                "columns 10 to 49",
                "reported, definite",
                "reported: by",
            ][..],
        ),
        (
            2,
            &[
                TOKEN_RULE,
                "filter `checksum`",
                "the checksum is wrong",
                "not reported: ",
            ],
        ),
        (3, &[TOKEN_RULE, "rejected by the filter", "not reported: "]),
        (
            4,
            &[
                TOKEN_RULE,
                "suppressed by `sluice:",
                "on line 4",
                "not reported: ",
            ],
        ),
        (
            5,
            &[TOKEN_RULE, "column 1", "not reported: no pattern matches"],
        ),
        (6, &["not reported: no rule came near"]),
    ] {
        let ran = sandbox.run(&["explain", &format!("a.py:{line}")]).ends(0);
        let ran = ran.says(parts);
        assert!(
            ran.stdout.starts_with(&format!("a.py:{line}\n")),
            "{ran:#?}"
        );
        assert!(
            !ran.stdout.contains(&wrong_token()[8..]),
            "it shows the value: {ran:#?}"
        );
    }
}

#[test]
fn rules_for_other_files_do_not_give_the_answer() {
    let sandbox = Sandbox::new();
    sandbox.file("a.py", "password = \"changeme\"\n");
    let ran = sandbox.run(&["explain", "a.py:1"]).ends(0);
    let ran = ran.says(&["filter `path`", "filter `placeholder`"]);
    let last = ran.stdout.lines().last().unwrap_or_default();
    assert!(last.contains("filter `placeholder`"), "{last}");
}

#[test]
fn the_least_confidence_has_a_say() {
    let sandbox = Sandbox::new();
    // The shape of a password in prose is worth a look and no more; whatever the rules
    // make of it, the two levels must not contradict each other.
    sandbox.file("a.py", &format!("{}\n", token_line()));
    let low = sandbox
        .run(&["explain", "a.py:1", "--min-confidence", "hint"])
        .ends(0);
    low.says(&["reported: by"]);
    let none = sandbox.run(&["explain", "a.py:1", "--rule", "jwt"]).ends(0);
    none.says(&["not reported: no rule came near"]);
}

#[test]
fn a_column_narrows_the_answer() {
    let sandbox = Sandbox::with_token();
    sandbox
        .run(&["explain", "app.py:2:10"])
        .ends(0)
        .says(&["reported: by"]);
    sandbox
        .run(&["explain", "app.py:2:49"])
        .ends(0)
        .says(&["reported: by"]);
    sandbox
        .run(&["explain", "app.py:2:50"])
        .ends(0)
        .says(&["no rule came near"]);
    sandbox
        .run(&["explain", "app.py:2:1"])
        .ends(0)
        .says(&["no rule came near"]);
}

#[test]
fn standard_input_can_be_explained() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run_with_input(&token_line(), &["explain", "-:1"])
        .ends(0);
    ran.says(&["-:1\n", "reported: by"]);
}
