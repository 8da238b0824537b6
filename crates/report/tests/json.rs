//! The JSON formats and their published schemas.

mod support;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sluicegate_core::Report;
use sluicegate_report::{Context, json, json_lines, json_lines_schema, json_schema};
use support::{history, sample};

fn document(report: &Report, ctx: &Context<'_>) -> String {
    let mut out = Vec::new();
    json(report, ctx, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn lines(report: &Report, ctx: &Context<'_>) -> String {
    let mut out = Vec::new();
    json_lines(report, ctx, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

fn problems(schema: &str, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&parse(schema)).expect("it is a schema");
    validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect()
}

/// A plain context and one that shows secrets.
fn contexts() -> [Context<'static>; 2] {
    let mut open = Context::new("0.1.0");
    open.show_secrets = true;
    [Context::new("0.1.0"), open]
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    for (name, want) in [
        ("report-v1.schema.json", json_schema()),
        ("report-line-v1.schema.json", json_lines_schema()),
    ] {
        let path = folder.join(name);
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == want,
            "docs/schema/{name} is out of date; see docs/schema/README.md for the command that writes it"
        );
    }
}

#[test]
fn rendered_documents_fit_their_schemas() {
    for ctx in contexts() {
        for report in [sample(), history(), Report::default()] {
            let text = document(&report, &ctx);
            assert_eq!(
                problems(&json_schema(), &parse(&text)),
                Vec::<String>::new()
            );
            for line in lines(&report, &ctx).lines() {
                assert_eq!(
                    problems(&json_lines_schema(), &parse(line)),
                    Vec::<String>::new()
                );
            }
        }
    }
}

#[test]
fn the_schema_refuses_what_does_not_fit() {
    let good = parse(&document(&sample(), &contexts()[0]));
    for (pointer, value) in [
        ("/version", Value::from("2")),
        ("/findings/0/severity", Value::from("terrible")),
        ("/findings/0/occurrences", Value::Array(Vec::new())),
        ("/coverage/files", Value::from(-1)),
        ("/tool", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect("the field is there") = value;
        assert!(!problems(&json_schema(), &bad).is_empty(), "{pointer}");
    }
}

#[test]
fn lines_hold_the_same_findings_as_the_document() {
    let ctx = Context::new("0.1.0");
    let document = parse(&document(&sample(), &ctx));
    let lines: Vec<Value> = lines(&sample(), &ctx).lines().map(parse).collect();
    let (last, findings) = lines.split_last().expect("there are lines");
    let all = document["findings"].as_array().expect("it is a list");
    assert_eq!(findings.len(), all.len());
    for (line, want) in findings.iter().zip(all) {
        assert_eq!(line["type"], "finding");
        let mut line = line.clone();
        line.as_object_mut()
            .expect("it is an object")
            .remove("type");
        assert_eq!(line, *want);
    }
    assert_eq!(last["type"], "summary");
    for part in [
        "version",
        "tool",
        "coverage",
        "summary",
        "suppressions_unused",
    ] {
        assert_eq!(last[part], document[part], "{part}");
    }
}

#[test]
fn times_leave_no_trace() {
    let ctx = Context::new("0.1.0");
    let mut later = sample();
    later.elapsed = Duration::from_secs(77);
    assert_eq!(document(&sample(), &ctx), document(&later, &ctx));
    assert_eq!(lines(&sample(), &ctx), lines(&later, &ctx));
}

#[test]
fn values_are_there_only_if_asked_for() {
    let [plain, open] = contexts().map(|ctx| parse(&document(&sample(), &ctx)));
    assert_eq!(plain.pointer("/findings/0/value/raw"), None);
    assert_eq!(open["findings"][0]["value"]["raw"], support::github_token());
    assert_eq!(open["findings"][2]["value"]["raw"], support::private_key());
    let excerpt = open["findings"][0]["occurrences"][2]["excerpt"].as_str();
    assert_eq!(
        excerpt,
        Some(&*format!("TOKEN={}", support::github_token()))
    );
}

#[test]
fn counts_agree_with_the_findings() {
    let document = parse(&document(&sample(), &Context::new("0.1.0")));
    let findings = document["findings"].as_array().expect("it is a list");
    let active = findings
        .iter()
        .filter(|finding| finding["suppressed"] == false)
        .count();
    let summary = &document["summary"];
    assert_eq!(summary["findings"], active);
    assert_eq!(summary["suppressed"], findings.len() - active);
    for (counts, field) in [("by_severity", "severity"), ("by_confidence", "confidence")] {
        for (word, number) in summary[counts].as_object().expect("it is an object") {
            let here = findings
                .iter()
                .filter(|f| f["suppressed"] == false && f[field] == **word);
            assert_eq!(*number, here.count(), "{word}");
        }
    }
}

#[test]
fn where_a_value_came_from_is_told_without_the_value() {
    let document = parse(&document(&history(), &Context::new("0.1.0")));
    let provenance = &document["findings"][0]["occurrences"][0]["provenance"];
    assert_eq!(provenance["exposure"], "head");
    let summary = provenance["commit"]["summary"].as_str();
    assert!(
        summary.is_some_and(|s| s.starts_with("deploy by hand: ghp_****")),
        "{summary:?}"
    );
    let summary =
        document["findings"][1]["occurrences"][0]["provenance"]["commit"]["summary"].as_str();
    let length = summary.map(|s| s.chars().count());
    assert_eq!(length, Some(201), "{summary:?}");
    assert_eq!(document["coverage"]["history"]["searched_bytes"], 4_120_000);
}
