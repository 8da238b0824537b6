//! Every built-in rule proves itself, through the real engine.

use std::collections::HashSet;

use sluicegate_rules::{Rules, check};

fn rules() -> Rules {
    Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid")
}

#[test]
fn every_example_comes_out_as_its_rule_says() {
    let (ran, failures) = check(&rules(), |_| true);
    let lines: Vec<String> = failures
        .iter()
        .map(|f| format!("{}: {}", f.rule, f.message))
        .collect();
    assert!(failures.is_empty(), "{}", lines.join("\n"));
    assert!(ran > 3000, "only {ran} examples ran");
}

#[test]
fn every_rule_says_what_a_report_needs() {
    let rules = rules();
    let mut titles = HashSet::new();
    for id in rules.set().ids() {
        let info = rules.info(id);
        let context = &info.id;
        assert!(
            info.id.starts_with(&info.provider),
            "{context}: not named after its provider"
        );
        titles.insert(info.title.clone());
        assert!(
            info.title.len() <= 80 && !info.title.ends_with('.'),
            "{context}: {}",
            info.title
        );
        assert!(info.description.ends_with('.'), "{context}: no sentence");
        assert!(
            !info.remediation.revoke.is_empty(),
            "{context}: how is it revoked?"
        );
        assert!(
            !info.remediation.rotate.is_empty(),
            "{context}: how is it replaced?"
        );
        assert!(!info.references.is_empty(), "{context}: no reference");
        assert!(
            !info.basis.is_empty(),
            "{context}: where is the format known from?"
        );
        let taxon =
            |t: &String| t.starts_with("CWE-") || t.starts_with("NHI") || t.starts_with("ASI");
        assert!(
            !info.taxa.is_empty() && info.taxa.iter().all(taxon),
            "{context}: {:?}",
            info.taxa
        );
    }
    // A provider's rules may share a title where one credential has several forms.
    assert!(titles.len() >= 700, "{} titles", titles.len());
}

#[test]
fn a_users_rule_takes_the_place_of_a_built_in_one() {
    let text = r#"
        [provider]
        id = "jwt"
        name = "Ours"
        [[rule]]
        id = "jwt"
        title = "Our token"
        description = "Ours."
        regex = 'ours_[0-9]{4}'
        anchors = ["ours_"]
        confidence = "hint"
        severity = "low"
        lifetime = "L1"
        remediation = { revoke = "a", rotate = "b" }
    "#;
    let builder = Rules::builder()
        .file("own.toml", text)
        .expect("a valid file");
    let own = builder.build(&[]).expect("valid");
    let id = own.set().find("jwt").expect("it is there");
    assert!(own.is_loaded(id));
    assert_eq!(own.info(id).title, "Our token");
    assert_eq!(own.set().len(), rules().set().len());
    assert_ne!(own.digest(), rules().digest());
}

#[test]
fn mistakes_name_the_line_and_the_way_out() {
    let rule = |extra: &str| {
        format!(
            "[provider]\nid = \"x\"\nname = \"X\"\n[[rule]]\nid = \"x-a\"\ntitle = \"t\"\n\
             description = \"d\"\nconfidence = \"hint\"\nseverity = \"low\"\nlifetime = \"L1\"\n\
             remediation = {{ revoke = \"a\", rotate = \"b\" }}\n{extra}\n"
        )
    };
    for (extra, expected) in [
        (
            "regexp = 'a'",
            "x.toml:12: unknown key `regexp`; did you mean `regex`?",
        ),
        (
            "regex = 'abcd('\nanchors = ['abcd']",
            "x.toml:4: rule `x-a`: the pattern is not valid",
        ),
        ("regex = 'abcd+'\nanchors = ['abcd']", "no upper bound"),
        ("regex = 'abcd?'\nanchors = ['abcd']", "none of the anchors"),
        ("regex = 'abcd'", "no anchor"),
        ("value = 'a'\nregex = 'b'", "give one of `regex`"),
        ("confidence = \"sure\"", "x.toml:12"),
    ] {
        let error = Rules::builder()
            .file("x.toml", &rule(extra))
            .err()
            .expect(extra);
        let text = error.to_string();
        assert!(text.contains(expected), "{extra}: {text}");
    }
    let error = Rules::builder()
        .only(["jvt".to_owned()])
        .build(&[])
        .err()
        .expect("no such rule");
    assert!(
        error.to_string().contains("did you mean `jwt`?"),
        "{}",
        error
    );
}
