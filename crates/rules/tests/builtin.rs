//! Every built-in rule proves itself, through the real engine.

use std::collections::HashSet;

use sluicegate_core::{Blob, Confidence, Match, Sink};
use sluicegate_rules::{Rules, check, expand};

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

/// The surest match of the rule in the text.
fn confidence(rules: &Rules, rule: &str, text: &str) -> Option<Confidence> {
    struct Surest<'r>(&'r Rules, &'r str, Option<Confidence>);
    impl Sink for Surest<'_> {
        fn found(&mut self, _: &Blob<'_>, found: &Match) {
            if self.0.info(found.rule).id == self.1 {
                self.2 = self.2.max(Some(found.confidence));
            }
        }
    }
    let mut surest = Surest(rules, rule, None);
    let blob = Blob::new(text.as_bytes()).at("deploy/production.env");
    let set = rules.set();
    set.scan_with(&mut set.scratch(), &blob, &mut surest);
    surest.2
}

#[test]
fn every_composite_rule_is_surer_beside_its_part() {
    let rules = rules();
    let mut seen = 0;
    for id in rules.set().ids() {
        let rule = &rules.info(id).id;
        let first = |id| {
            let template = &rules.examples(id).positive[0];
            expand(template, rule).expect("the template is valid").text
        };
        for part in &rules.set().spec(id).parts {
            let other = rules.set().ids().find(|o| rules.info(*o).id == part.rule);
            let other = other.expect("the part is a rule");
            let (secret, name) = (first(id), first(other));
            // As files have them: the id before the secret, and behind it, a line apart.
            for text in [
                format!("{name}\n{secret}\n"),
                format!("{secret}\nREGION=eu-1\n{name}\n"),
            ] {
                assert_eq!(confidence(&rules, rule, &text), part.confidence, "{text}");
            }
            let far = format!("{name}{}{secret}\n", "\n# far away".repeat(400));
            assert!(confidence(&rules, rule, &far) < part.confidence, "{rule}");
            seen += 1;
        }
    }
    assert!(seen >= 15, "only {seen} parts");
}
