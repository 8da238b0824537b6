//! Decisions in the formats of others: held against the official schema where it may be
//! kept here, and against what a format asks, field by field, where it may not.

#[path = "decision/sample.rs"]
mod sample;

use std::collections::BTreeSet;

use roxmltree::{Document, Node};
use serde_json::{Value, json};
use sluicegate_gate::Verdict;
use sluicegate_report::DecisionFormat;

use sample::{all, awkward, empty, rendered};

fn parsed(decision: &sluicegate_gate::Decision, format: DecisionFormat) -> Value {
    serde_json::from_str(&rendered(decision, format)).expect("it is JSON")
}

fn errors(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn sarif_fits_the_official_schema() {
    let schema = include_str!("schema/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).expect("it is JSON");
    // As in `sarif.rs`: what its errata repair.
    for owner in ["run", "toolComponent"] {
        let language = format!("/definitions/{owner}/properties/language/pattern");
        let pattern = schema.pointer_mut(&language).expect("it is there");
        *pattern = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$".into();
    }
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&schema).expect("it is a schema");
    for decision in all() {
        let log = parsed(&decision, DecisionFormat::Sarif);
        assert_eq!(errors(&validator, &log), Vec::<String>::new());
        let results = log["runs"][0]["results"].as_array().expect("a list");
        // Either all results say what is suppressed or none does (3.27.23).
        assert!(results.iter().all(|r| r["suppressions"].is_array()));
    }
}

#[test]
fn plans_fit_the_schema_that_is_written_from_their_types() {
    let schema = serde_json::from_str(&sluicegate_report::plan_schema()).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let mut count = 0;
    for decision in all() {
        let plans = parsed(&decision, DecisionFormat::Plan);
        assert_eq!(errors(&validator, &plans), Vec::<String>::new());
        count += plans["plans"].as_array().expect("a list").len();
    }
    assert!(count > 5, "{count} plans");
    let broken = json!({ "schema": "x", "decision_digest": "y", "plans": [{ "id": 1 }] });
    assert!(!validator.is_valid(&broken));
}

#[test]
fn changes_in_sarif_are_whole_lines_of_the_file_as_it_was() {
    let log = parsed(&awkward(), DecisionFormat::Sarif);
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let fixed: Vec<&Value> = results.iter().filter(|r| !r["fixes"].is_null()).collect();
    assert_eq!(fixed.len(), 1, "only what can be changed has a change");
    let change = &fixed[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a%20b/%5Bci%5D%25.yml");
    let replacements = change["replacements"].as_array().expect("a list").iter();
    let lines = replacements.map(|r| {
        let region = &r["deletedRegion"];
        assert_eq!(
            (&region["startColumn"], &region["endColumn"]),
            (&json!(1), &json!(1))
        );
        (region["startLine"].clone(), region["endLine"].clone())
    });
    let want = [(2, 2), (7, 9), (12, 13)].map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(lines.collect::<Vec<_>>(), want);
}

#[test]
fn sarif_says_what_is_suppressed_old_and_unread() {
    let log = parsed(&awkward(), DecisionFormat::Sarif);
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("a list");
    let of = |rule: &str| {
        let found = results.iter().find(|r| r["ruleId"] == rule);
        found.unwrap_or_else(|| panic!("no {rule}"))
    };
    for (rule, level, state) in [
        ("new-token", "error", "new"),
        ("old-token", "warning", "unchanged"),
        ("gone-token", "note", "absent"),
        ("waived-token", "note", "new"),
        ("marked-token", "note", "new"),
        ("tamper-policy", "error", "new"),
    ] {
        let result = of(rule);
        let seen = (&result["level"], &result["baselineState"]);
        assert_eq!(seen, (&json!(level), &json!(state)), "{rule}");
    }
    assert_eq!(of("marked-token")["suppressions"][0]["kind"], "inSource");
    let waived = &of("waived-token")["suppressions"][0];
    assert_eq!(
        (&waived["kind"], &waived["status"]),
        (&json!("external"), &json!("accepted"))
    );
    assert_eq!(waived["properties"]["waiverId"], "w1");
    assert_eq!(of("new-token")["suppressions"], json!([]));
    let unread = &run["invocations"][0];
    assert_eq!(unread["executionSuccessful"], false);
    let named = &unread["toolExecutionNotifications"][0]["locations"][0];
    assert_eq!(
        named["physicalLocation"]["artifactLocation"]["uri"],
        "a%20b/unread.bin"
    );
    assert_eq!(
        run["versionControlProvenance"][0]["revisionId"],
        "c".repeat(40)
    );
}

/// What version 15.2.1 of GitLab's format asks of the fields that are written, in our words:
/// the schema itself is not ours to hand on. `additionalProperties` is stricter than theirs,
/// so that a field that nobody has compared is found here.
fn gitlab_schema() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let line = json!({ "type": "integer", "minimum": 1 });
    let time =
        json!({ "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$" });
    let tool = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "name", "version", "vendor"],
        "properties": {
            "id": text, "name": text, "version": text,
            "vendor": {
                "type": "object", "additionalProperties": false, "required": ["name"],
                "properties": { "name": text },
            },
        },
    });
    let identifier = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["type", "name", "value"],
        "properties": {
            "type": text, "name": text, "value": text,
            "url": { "type": "string", "pattern": "^(https?|ftp)://.+" },
        },
    });
    let item = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["signatures"],
        "properties": {
            "file": text, "start_line": line, "end_line": line,
            "signatures": {
                "type": "array", "minItems": 1,
                "items": {
                    "type": "object", "additionalProperties": false,
                    "required": ["algorithm", "value"],
                    "properties": { "algorithm": text, "value": text },
                },
            },
        },
    });
    let vulnerability = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "identifiers", "location"],
        "properties": {
            "id": text,
            "name": { "type": "string", "maxLength": 255 },
            "description": { "type": "string", "maxLength": 1_048_576 },
            "severity": { "enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"] },
            "solution": { "type": "string", "maxLength": 7_000 },
            "identifiers": { "type": "array", "minItems": 1, "items": identifier },
            "location": {
                "type": "object", "additionalProperties": false, "required": ["commit"],
                "properties": {
                    "file": text, "start_line": line, "end_line": line,
                    "commit": {
                        "type": "object", "additionalProperties": false, "required": ["sha"],
                        "properties": { "sha": text },
                    },
                },
            },
            "tracking": {
                "type": "object", "additionalProperties": false, "required": ["type", "items"],
                "properties": {
                    "type": { "const": "source" },
                    "items": { "type": "array", "items": item },
                },
            },
        },
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["scan", "version", "vulnerabilities"],
        "properties": {
            "version": { "type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
            "scan": {
                "type": "object",
                "additionalProperties": false,
                "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
                "properties": {
                    "analyzer": tool, "scanner": tool, "start_time": time, "end_time": time,
                    "status": { "enum": ["success", "failure"] },
                    "type": { "const": "secret_detection" },
                    "messages": {
                        "type": "array",
                        "items": {
                            "type": "object", "additionalProperties": false,
                            "required": ["level", "value"],
                            "properties": {
                                "level": { "enum": ["info", "warn", "fatal"] },
                                "value": text,
                            },
                        },
                    },
                },
            },
            "vulnerabilities": { "type": "array", "items": vulnerability },
        },
    })
}

#[test]
fn reports_for_gitlab_are_what_its_format_asks() {
    let validator = jsonschema::validator_for(&gitlab_schema()).expect("it is a schema");
    for decision in all() {
        let report = parsed(&decision, DecisionFormat::Gitlab);
        assert_eq!(errors(&validator, &report), Vec::<String>::new());
        let found = report["vulnerabilities"].as_array().expect("a list");
        let ids: BTreeSet<&str> = found.iter().filter_map(|v| v["id"].as_str()).collect();
        assert_eq!(ids.len(), found.len(), "ids tell findings apart");
        for vulnerability in found {
            let primary = &vulnerability["identifiers"][0]["type"];
            assert_eq!(primary, "sluicegate_rule_id");
        }
    }
    let report = parsed(&awkward(), DecisionFormat::Gitlab);
    assert_eq!(report["scan"]["status"], "failure");
    let mut bad = report;
    bad["vulnerabilities"][0]["severity"] = "Terrible".into();
    assert!(!validator.is_valid(&bad), "the schema is looked at");
}

#[test]
fn code_quality_is_what_its_format_asks() {
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": { "type": "string", "minLength": 1 },
                "check_name": { "type": "string", "minLength": 1 },
                "fingerprint": { "type": "string", "minLength": 1 },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object", "additionalProperties": false,
                    "required": ["path", "lines"],
                    "properties": {
                        // Relative, and without a dot in front, or GitLab drops it.
                        "path": { "type": "string", "pattern": "^(?!\\./|/)." },
                        "lines": {
                            "type": "object", "additionalProperties": false,
                            "required": ["begin"],
                            "properties": { "begin": { "type": "integer", "minimum": 1 } },
                        },
                    },
                },
            },
        },
    });
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    for decision in all() {
        let report = parsed(&decision, DecisionFormat::CodeQuality);
        assert_eq!(errors(&validator, &report), Vec::<String>::new());
        let all = report.as_array().expect("a list");
        let prints: BTreeSet<String> = all.iter().map(|e| e["fingerprint"].to_string()).collect();
        assert_eq!(prints.len(), all.len(), "fingerprints are unique");
    }
}

#[test]
fn test_reports_count_what_they_hold() {
    for decision in all() {
        let text = rendered(&decision, DecisionFormat::Junit);
        let document = Document::parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
        let suite = document
            .root_element()
            .first_element_child()
            .expect("a suite");
        let cases: Vec<Node<'_, '_>> = suite.children().filter(Node::is_element).collect();
        assert!(cases.iter().all(|case| case.has_tag_name("testcase")));
        let count = |name: &str| {
            let with = |case: &&Node<'_, '_>| case.children().any(|c| c.has_tag_name(name));
            cases.iter().filter(with).count().to_string()
        };
        let said = |name: &str| suite.attribute(name).expect("it is there").to_owned();
        assert_eq!(said("tests"), cases.len().to_string());
        for (attribute, element) in [
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            assert_eq!(said(attribute), count(element), "{attribute} in\n{text}");
        }
        let is_red = count("failure") != "0" || count("error") != "0";
        assert_eq!(is_red, decision.decision == Verdict::Block, "{text}");
    }
}

#[test]
fn workflow_commands_stay_one_line_each_and_give_no_orders() {
    for decision in all() {
        let text = rendered(&decision, DecisionFormat::Github);
        for line in text.lines() {
            let is_ours = ["::error", "::warning", "::notice"]
                .iter()
                .any(|start| line.starts_with(start));
            assert!(is_ours || !line.contains("::"), "{line:?}");
            assert!(!line.contains('\r'));
        }
        let levels = |level: &str| text.lines().filter(|l| l.starts_with(level)).count();
        assert!(levels("::error") <= 12 && levels("::warning") <= 12);
        let outputs = rendered(&decision, DecisionFormat::GithubOutput);
        assert_eq!(
            outputs.lines().count(),
            5,
            "one line for each output\n{outputs}"
        );
        assert!(outputs.starts_with(&format!("decision={}\n", decision.decision)));
    }
}

#[test]
fn summaries_draw_nothing_that_a_name_asks_for() {
    let text = rendered(&awkward(), DecisionFormat::Markdown);
    for part in ["<img", "](http", "\n# ", "<script"] {
        assert!(!text.contains(part), "{part} in\n{text}");
    }
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with(" |"));
    for row in rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 7, "{row}");
    }
    assert!(rendered(&empty(), DecisionFormat::Markdown).contains("nothing stands in the way"));
}
