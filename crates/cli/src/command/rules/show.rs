//! Everything about one rule.

use anstyle::Style;
use serde_json::json;
use sluicegate::{Lifetime, Pattern, RuleId, RuleSpec, Rules};

use crate::printer::harmless;
use crate::table::{BOLD, Cell, DIM, Styles, plural, severity_style, table, wrapped};

/// For programs.
pub(super) fn document(rules: &Rules, id: RuleId) -> serde_json::Value {
    let examples = rules.examples(id);
    json!({
        "rule": **rules.info(id),
        "matching": rules.set().spec(id),
        "built_in": !rules.is_loaded(id),
        "examples": {
            "positive": examples.positive.len(),
            "negative": examples.negative.len(),
        },
    })
}

/// For people.
pub(super) fn text(rules: &Rules, id: RuleId, styles: Styles, width: usize) -> String {
    let info = rules.info(id);
    let spec = rules.set().spec(id);
    let examples = rules.examples(id);
    let title = styles.paint(BOLD, &harmless(&info.id));
    let mut out = format!("{title}  {}\n\n", harmless(&info.title));
    out.push_str(&wrapped(&harmless(&info.description), "  ", width));
    out.push('\n');

    let origin = if rules.is_loaded(id) {
        "a rule file"
    } else {
        "built in"
    };
    let lifetime = format!("{}, {}", info.lifetime, lifetime_words(info.lifetime));
    let counts = format!(
        "{} positive, {} negative",
        examples.positive.len(),
        examples.negative.len()
    );
    let mut rows = vec![
        row(
            "provider",
            &format!("{} ({})", info.provider_name, info.provider),
        ),
        row("confidence", info.confidence.as_str()),
        severity_row(info.severity),
        row("lifetime", &lifetime),
        row("taxa", &info.taxa.join(", ")),
        row("tags", &info.tags.join(", ")),
        row("from", origin),
        row("examples", &counts),
        row("basis", &info.basis),
    ];
    rows.retain(|cells| cells.last().is_some_and(|(text, _)| !text.is_empty()));
    out.push_str(&table(&rows, styles));

    section(&mut out, "What is matched", styles);
    out.push_str(&table(&matching(spec), styles));

    section(&mut out, "What to do", styles);
    for (verb, text) in [
        ("Revoke", &info.remediation.revoke),
        ("Rotate", &info.remediation.rotate),
    ] {
        out.push_str(&wrapped(
            &format!("{verb}: {}", harmless(text)),
            "  ",
            width,
        ));
    }
    if !info.remediation.url.is_empty() {
        out.push_str(&format!("  {}\n", harmless(&info.remediation.url)));
    }
    if !info.references.is_empty() {
        section(&mut out, "References", styles);
        for reference in &info.references {
            out.push_str(&format!("  {}\n", harmless(reference)));
        }
    }
    out
}

fn section(out: &mut String, title: &str, styles: Styles) {
    out.push_str(&format!("\n{}\n", styles.paint(BOLD, title)));
}

fn row(name: &str, value: &str) -> Vec<Cell> {
    vec![(format!("  {name}"), DIM), (harmless(value), Style::new())]
}

fn severity_row(severity: sluicegate::Severity) -> Vec<Cell> {
    vec![
        ("  severity".to_owned(), DIM),
        (severity.to_string(), severity_style(severity)),
    ]
}

/// The pattern and the filters, in the order in which they run.
fn matching(spec: &RuleSpec) -> Vec<Vec<Cell>> {
    let mut rows = match &spec.pattern {
        Pattern::Regex(regex) => vec![
            row("regex", regex.trim()),
            row("anchors", &quoted(&spec.anchors)),
        ],
        Pattern::Context {
            names,
            words,
            value,
        } => {
            let value = value.as_deref().unwrap_or("whatever looks random");
            let mut rows = vec![row("value", value.trim())];
            if !names.is_empty() {
                rows.push(row("near one of", &quoted(names)));
            }
            if !words.is_empty() {
                rows.push(row("near one of these with `key`", &quoted(words)));
            }
            rows
        }
        Pattern::Assignment => vec![row("detector", "values assigned to telling names")],
    };
    rows.push(row("boundary", &word(&spec.boundary)));
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            rows.push(row(name, &value));
        }
    };
    add("paths", Some(spec.paths.join(" ")));
    add(
        "length",
        spec.length
            .map(|(least, most)| format!("{least} to {most} bytes")),
    );
    add("alphabet", spec.alphabet.map(|alphabet| word(&alphabet)));
    let classes: Vec<_> = spec.require.iter().map(word).collect();
    add("require", Some(classes.join(", ")));
    add("checksum", spec.checksum.map(|checksum| word(&checksum)));
    add(
        "placeholders",
        (!spec.placeholders).then(|| "are not rejected".to_owned()),
    );
    add("stop words", Some(spec.stopwords.join(", ")));
    add(
        "entropy",
        spec.entropy
            .map(|bits| format!("at least {bits} bits per byte")),
    );
    for part in &spec.parts {
        let need = if part.required {
            "required"
        } else {
            "joined if there"
        };
        let distance = plural(part.within, "byte");
        let raised = part
            .confidence
            .map_or(String::new(), |confidence| format!(", then {confidence}"));
        add(
            "with",
            Some(format!("{} within {distance}, {need}{raised}", part.rule)),
        );
    }
    rows
}

/// The word that rule files have for the value.
fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn quoted(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(" ")
}

fn lifetime_words(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::L0 => "minted per job, at most an hour",
        Lifetime::L1 => "issued on demand, at most a day",
        Lifetime::L2 => "static, expires within 90 days",
        Lifetime::L3 => "static, expires later than 90 days",
        Lifetime::L4 => "static, no expiry or none that is known",
        Lifetime::L5 => "a root of trust: can mint others",
        Lifetime::LU => "hidden by an indirection",
    }
}
