//! SARIF against the official schema, and against what services ask beyond it.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use sluicegate_core::{Confidence, Report, Severity};
use sluicegate_report::{Context, sarif};
use support::{at, finding, history, rule, sample, suppress};

fn log(report: &Report, ctx: &Context<'_>) -> Value {
    let mut out = Vec::new();
    sarif(report, ctx, &mut out).expect("a vector takes all");
    serde_json::from_slice(&out).expect("it is JSON")
}

fn run(report: &Report) -> Value {
    log(report, &Context::new("0.1.0"))["runs"][0].clone()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    let list = value.pointer(pointer).and_then(Value::as_array);
    list.map(Vec::as_slice)
        .unwrap_or_else(|| panic!("{pointer} is no list"))
}

/// A report in which everything is awkward.
fn awkward() -> Report {
    let mut info = (*rule("x", "T {0} [a](1)", Severity::Low, Confidence::Hint)).clone();
    info.taxa = ["CWE-798", "CWE-798", "CWE-99999", "T1552"]
        .map(str::to_owned)
        .to_vec();
    info.remediation.url = "not a link".to_owned();
    info.references.clear();
    info.tags = (0..40).map(|n| format!("t{n}")).collect();
    let mut one = finding(9, std::sync::Arc::new(info), &support::password(), 0);
    at(&mut one, "a b/[id]#1%.txt", 1, "@");
    at(&mut one, "/abs/olute", 1, "x @");
    at(&mut one, "-", 1, "x @");
    at(&mut one, "-", 2, "x @");
    suppress(&mut one, Some("because"));
    let mut report = sample();
    report.findings.push(one);
    report.coverage.cancelled = true;
    report
}

#[test]
fn logs_fit_the_official_schema() {
    let schema = include_str!("schema/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).expect("it is JSON");
    // As first published, the schema has a broken pattern and asks nothing of regions;
    // its errata 01 repair both.
    for owner in ["run", "toolComponent"] {
        let language = format!("/definitions/{owner}/properties/language/pattern");
        let pattern = schema.pointer_mut(&language).expect("it is there");
        *pattern = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$".into();
    }
    schema["definitions"]["region"]["anyOf"] = serde_json::json!([
        { "required": ["startLine"] },
        { "required": ["charOffset"] },
        { "required": ["byteOffset"] },
    ]);
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema).expect("it is a schema");
    let mut open = Context::new("0.1.0");
    open.show_secrets = true;
    open.category = Some("nightly");
    for ctx in [Context::new("0.1.0"), open] {
        for report in [sample(), awkward(), history(), Report::default()] {
            let log = log(&report, &ctx);
            let errors: Vec<String> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
    let mut bad = log(&sample(), &open);
    bad["runs"][0]["results"][0]["level"] = "terrible".into();
    assert!(!validator.is_valid(&bad), "the schema is looked at");
}

#[test]
fn rules_say_what_services_ask_for() {
    for report in [sample(), awkward()] {
        let run = run(&report);
        let rules = list(&run, "/tool/driver/rules");
        assert!(!rules.is_empty());
        for rule in rules {
            for text in [
                "/shortDescription/text",
                "/fullDescription/text",
                "/help/text",
            ] {
                let text = rule
                    .pointer(text)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                assert!(!text.is_empty() && text.len() <= 1024, "{rule}");
            }
            let score = rule
                .pointer("/properties/security-severity")
                .and_then(Value::as_str);
            let score: f32 = score
                .and_then(|s| s.parse().ok())
                .expect("it is a number in a string");
            assert!(score > 0.0 && score <= 10.0, "{rule}");
            assert!(list(rule, "/properties/tags").len() <= 20, "{rule}");
            let precision = &rule["properties"]["precision"];
            assert!(
                ["very-high", "high", "medium", "low"].contains(&precision.as_str().unwrap_or(""))
            );
        }
        for result in list(&run, "/results") {
            let index = result["ruleIndex"].as_u64().expect("it is a number");
            assert_eq!(rules[index as usize]["id"], result["ruleId"]);
        }
    }
}

#[test]
fn there_is_a_result_for_each_occurrence_and_all_can_be_told_apart() {
    let report = awkward();
    let run = run(&report);
    let results = list(&run, "/results");
    let occurrences: usize = report.findings.iter().map(|f| f.occurrences.len()).sum();
    assert_eq!(results.len(), occurrences);
    let text = |value: &Value| value.as_str().expect("it is a string").to_owned();
    let fields = |name: &str, prints: &str| -> BTreeSet<String> {
        let get = |result: &Value| {
            if name.is_empty() {
                text(&result["partialFingerprints"][prints])
            } else {
                text(&result[name])
            }
        };
        results.iter().map(get).collect()
    };
    assert_eq!(fields("", "primaryLocationLineHash").len(), occurrences);
    assert_eq!(
        fields("", "sluicegate/secret/v1").len(),
        report.findings.len()
    );
    assert_eq!(fields("correlationGuid", "").len(), report.findings.len());
}

#[test]
fn line_hashes_stay_when_lines_move_and_when_a_place_is_suppressed() {
    let hashes = |report: &Report| -> Vec<Value> {
        let run = run(report);
        let results = list(&run, "/results").iter();
        results
            .map(|r| r["partialFingerprints"]["primaryLocationLineHash"].clone())
            .collect()
    };
    let mut moved = awkward();
    for occurrence in moved.findings.iter_mut().flat_map(|f| &mut f.occurrences) {
        occurrence.start.line += 17;
        occurrence.end.line += 17;
        occurrence.suppression = None;
    }
    assert_eq!(hashes(&awkward()), hashes(&moved));
}

#[test]
fn every_result_says_whether_it_is_suppressed() {
    let run = run(&sample());
    let numbers: Vec<usize> = list(&run, "/results")
        .iter()
        .map(|result| list(result, "/suppressions").len())
        .collect();
    assert_eq!(numbers, [0, 0, 0, 0, 0, 0, 0, 1]);
    let suppression = &list(&run, "/results")[7]["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["justification"], "test fixture, never deployed");
}

#[test]
fn taxa_have_names_and_references_to_them_resolve() {
    let run = run(&awkward());
    let taxonomies = list(&run, "/taxonomies");
    for rule in list(&run, "/tool/driver/rules") {
        for relationship in rule["relationships"].as_array().into_iter().flatten() {
            let target = &relationship["target"];
            let index = target["toolComponent"]["index"]
                .as_u64()
                .expect("it is a number");
            let taxonomy = &taxonomies[index as usize];
            assert_eq!(taxonomy["name"], target["toolComponent"]["name"]);
            assert!(
                list(taxonomy, "/taxa")
                    .iter()
                    .any(|taxon| taxon["id"] == target["id"])
            );
        }
    }
    let taxa: Vec<&Value> = taxonomies.iter().flat_map(|t| list(t, "/taxa")).collect();
    let ids: Vec<&str> = taxa
        .iter()
        .filter_map(|taxon| taxon["id"].as_str())
        .collect();
    assert_eq!(ids, ["CWE-798", "CWE-99999", "NHI2:2025", "NHI7:2025"]);
    assert_eq!(taxa[0]["name"], "Use of Hard-coded Credentials");
    assert_eq!(taxa[2]["name"], "Secret Leakage");
    assert_eq!(
        list(&run, "/tool/driver/supportedTaxonomies").len(),
        taxonomies.len()
    );
}

#[test]
fn redaction_is_declared_exactly_where_it_happens() {
    let closed = Context::new("0.1.0");
    let mut open = closed;
    open.show_secrets = true;
    let tokens = |report: &Report, ctx| log(report, ctx)["runs"][0].get("redactionTokens").cloned();
    assert_eq!(tokens(&sample(), &closed), Some(Value::from(vec!["*"])));
    assert_eq!(tokens(&Report::default(), &closed), None);
    assert_eq!(tokens(&sample(), &open), None);
}

#[test]
fn what_was_not_read_is_told_and_fails_the_run() {
    let run = run(&awkward());
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notes = list(invocation, "/toolExecutionNotifications");
    let ids: Vec<&str> = notes
        .iter()
        .filter_map(|n| n["descriptor"]["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "cancelled",
            "special",
            "unreadable",
            "unreadable",
            "unused-suppression"
        ]
    );
    let described = list(&run, "/tool/driver/notifications");
    assert!(
        ids.iter()
            .all(|id| described.iter().any(|note| note["id"] == **id))
    );
    let clean = log(&Report::default(), &Context::new("1"));
    assert_eq!(
        clean["runs"][0]["invocations"][0]["executionSuccessful"],
        true
    );
}

#[test]
fn places_are_references_and_regions_with_open_ends() {
    let run = run(&awkward());
    let place =
        |number: usize| list(&run, "/results")[number]["locations"][0]["physicalLocation"].clone();
    assert_eq!(place(0)["artifactLocation"]["uri"], "config/deploy.env");
    assert_eq!(place(0)["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let region = place(0)["region"].clone();
    let at = ["startLine", "startColumn", "endLine", "endColumn"].map(|name| region[name].clone());
    assert_eq!(at, [12, 21, 12, 61].map(Value::from));
    assert_eq!(
        place(8)["artifactLocation"]["uri"],
        "a%20b/%5Bid%5D%231%25.txt"
    );
    assert_eq!(place(9)["artifactLocation"]["uri"], "file:///abs/olute");
    assert_eq!(place(9)["artifactLocation"].get("uriBaseId"), None);
}

#[test]
fn messages_hold_no_placeholders_or_links_by_accident() {
    let run = run(&awkward());
    let message = &list(&run, "/results")[8]["message"]["text"];
    let message = message.as_str().expect("it is a string");
    assert!(
        message.starts_with("T {{0}} \\[a\\](1): *******-***"),
        "{message}"
    );
}
