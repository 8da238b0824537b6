//! Our conditions against a complete implementation of CEL.

mod support;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use proptest::prelude::*;
use sluicegate_gate::*;
use support::{context, finding};

const EXPRESSIONS: &[&str] = &[
    "finding.kind == 'secret_value' && finding.verified != 'live'",
    "finding.lifetime in ['L4', \"L5\"] || finding.severity == 'low'",
    "!(finding.path_class in ['test', 'docs']) ? finding.autofix : !finding.has_alternative",
    "finding.paths.exists(p, p.startsWith('src/') || p.endsWith('.md'))",
    "finding.paths.all(p, p.contains('a')) && size(finding.paths) >= 1",
    "finding.tags.exists(t, finding.paths.exists(p, p.contains(t))) || 'ci' in finding.tags",
    "finding.path.matches('^(src|infra)/[a-z]+') || finding.provider.matches('hub$')",
    "finding.occurrences > 1 && finding.verified_days <= -1",
    "finding.verified_days in [0, 1, -1]",
    "size(finding.path) < 10 == finding.suppressed",
    "finding.path.size() == size('zz/ü.txt')",
    "actor.kind == 'human' || context.scope == 'change' && finding.origin == 'new' || false",
    "true && !!finding.reviewed_environment != finding.unpinned_action",
    "finding.credential_name == '' && finding.trigger != \"\" // a remark\n",
    "(finding.privilege == 'admin' ? 'a' : 'b') == 'a'",
    "[].exists(x, x == 'a') || size(['a', 'b']) == 2",
    "finding.subject in ['marker', 'pol\\x']",
];

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);

/// What CEL makes of it.
fn oracle(text: &str, finding: &Finding, context: &Context) -> Result<bool, String> {
    // Reading them takes longer than anything else here.
    static PROGRAMS: Mutex<BTreeMap<String, Arc<cel::Program>>> = Mutex::new(BTreeMap::new());
    let known = PROGRAMS
        .lock()
        .expect("nobody panicked with it")
        .get(text)
        .cloned();
    let program = match known {
        Some(program) => program,
        None => {
            let program = cel::Program::compile(text).map_err(|error| error.to_string())?;
            let mut programs = PROGRAMS.lock().expect("nobody panicked with it");
            programs
                .entry(text.to_owned())
                .or_insert(Arc::new(program))
                .clone()
        }
    };
    let mut scope = cel::Context::default();
    let mut groups: HashMap<&str, HashMap<String, cel::Value>> = HashMap::new();
    for attribute in ATTRIBUTES {
        let (group, name) = attribute
            .name
            .split_once('.')
            .expect("names have two parts");
        let value = cel::to_value(attribute.value(finding, context)).expect("plain values");
        groups
            .entry(group)
            .or_default()
            .insert(name.to_owned(), value);
    }
    for (name, group) in groups {
        scope.add_variable_from_value(name, group);
    }
    match program.execute(&scope) {
        Ok(cel::Value::Bool(value)) => Ok(value),
        other => Err(format!("{other:?}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions_mean_what_cel_says(finding in finding(), context in context()) {
        let mut compared = 0;
        for text in EXPRESSIONS {
            // One of them is wrong on purpose.
            let Ok(ours) = Condition::parse(text) else {
                prop_assert!(text.contains("\\x"), "{text}");
                continue;
            };
            compared += 1;
            prop_assert_eq!(Ok(ours.holds(&finding, &context)), oracle(text, &finding, &context), "{}", text);
        }
        prop_assert_eq!(compared, EXPRESSIONS.len() - 1);
    }

    #[test]
    fn the_built_in_policy_means_what_cel_says(finding in finding(), context in context()) {
        let policy = &*POLICY;
        let rows = policy.rows.iter().chain(&policy.caps).map(|row| &row.when);
        let all = rows.chain(policy.floors.iter().map(|f| &f.row.when));
        for when in all.chain(policy.shifts.iter().map(|s| &s.when)) {
            let text = when.text();
            // The scene knows the baseline; CEL is told by the value.
            prop_assert_eq!(Ok(when.holds(&finding, &context)), oracle(text, &finding, &context), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_fail(text in "\\PC{0,60}", words in proptest::collection::vec(
        proptest::sample::select(vec!["finding.kind", "==", "'x'", "(", ")", "[", "]", "in", "&&",
        "!", "?", ":", "exists", ".", ",", "-", "1", "true", "size", "\""]), 0..30)) {
        for text in [text, words.join(" ")] {
            if let Err(error) = Condition::parse(&text) {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
            }
        }
    }
}

#[test]
fn what_cannot_be_asked_is_an_error_with_a_place() {
    for (text, span, part) in [
        ("finding.knd == 'x'", 0..11, "did you mean `finding.kind`"),
        ("finding.kind == 'secret'", 16..24, "it is never `secret`"),
        (
            "finding.kind",
            0..12,
            "this is a text, and a bool is needed",
        ),
        (
            "finding.occurrences == '1'",
            0..26,
            "a number is compared with a text",
        ),
        ("finding.kind < 'x'", 0..18, "has no order"),
        ("stage == 'merge'", 0..5, "cannot ask for the stage"),
        ("true &&", 7..7, "something is missing"),
        ("(true", 5..5, "`)` is missing"),
        ("true true", 5..9, "ends before this"),
        ("finding.path.matches('(')", 21..24, "no regular expression"),
        ("finding.path.lower() == 'x'", 0..20, "there is no `lower`"),
        ("1.5 > 1", 0..3, "only whole numbers"),
        ("finding.path == 'x", 16..18, "has no end"),
        ("finding.path = 'x'", 13..14, "`=` has no meaning"),
        ("[finding.path] == []", 0..14, "a list holds texts"),
        ("finding.paths.exists(p, p)", 24..25, "a bool is needed"),
    ] {
        let error = Condition::parse(text).expect_err(text);
        assert!(error.message.contains(part), "{text}: {error}");
        assert_eq!(error.span, span, "{text}: {error}");
    }
    let deep = format!("{}true{}", "(".repeat(5000), ")".repeat(5000));
    assert!(Condition::parse(&deep).is_err());
    let finding = Finding::new("a", "b", FindingKind::BakePath);
    let context = Context::new(Stage::Merge, Time::from_seconds(0));
    for (text, want) in [
        (format!("{}true", "!".repeat(4001)), false),
        (format!("true{}", "&&true".repeat(680)), true),
        (format!("{}true", "true?true:".repeat(400)), true),
    ] {
        if let Ok(condition) = Condition::parse(&text) {
            assert_eq!(condition.holds(&finding, &context), want);
        }
    }
}
