//! Imported rules in our own format.

use std::fmt::{Display, Write as _};

use sluicegate_core::{AllowTarget, Characters, Pattern, RuleSpec};

use super::{Fate, ImportNote, Imported};
use crate::format::Loaded;

/// The text of a rule file that holds the imported rules of all files.
pub(super) fn files(files: &[&Imported]) -> String {
    let mut out = String::new();
    for imported in files {
        let count = |fate| imported.count(fate);
        line(
            &mut out,
            format_args!(
                "# {}, a file of {}: {} translated, {} approximated, {} refused.",
                one_line(&imported.name),
                imported.format,
                count(Fate::Translated),
                count(Fate::Approximated),
                count(Fate::Refused)
            ),
        );
        for remark in &imported.remarks {
            line(&mut out, format_args!("# {}", one_line(remark)));
        }
        for note in imported.notes.iter().filter(|n| n.fate == Fate::Refused) {
            let rule = one_line(&note.rule);
            line(
                &mut out,
                format_args!("# refused: {rule}: {}", remarks(note)),
            );
        }
    }
    out.push_str("\n[provider]\nid = \"imported\"\nname = \"Imported rules\"\n");
    for imported in files {
        for loaded in &imported.rules {
            let id = &loaded.lowered.spec().id;
            let note = imported.notes.iter().find(|note| note.id == *id);
            rule(&mut out, loaded, note);
        }
    }
    out
}

fn line(out: &mut String, text: impl Display) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{text}");
}

fn remarks(note: &ImportNote) -> String {
    let all: Vec<_> = note.remarks.iter().map(|r| one_line(r)).collect();
    all.join("; ")
}

fn one_line(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(harmless).collect()
}

fn rule(out: &mut String, loaded: &Loaded, note: Option<&ImportNote>) {
    let (spec, info) = (loaded.lowered.spec(), &loaded.info);
    out.push('\n');
    if let Some(note) = note.filter(|note| note.fate == Fate::Approximated) {
        for remark in &note.remarks {
            line(out, format_args!("# approximated: {}", one_line(remark)));
        }
    }
    if let Some(note) = note.filter(|note| !note.left_out.is_empty()) {
        let what: Vec<_> = note.left_out.iter().map(|w| one_line(w)).collect();
        line(out, format_args!("# left out: {}", what.join(", ")));
    }
    out.push_str("[[rule]]\n");
    text(out, "id", &spec.id);
    text(out, "title", &info.title);
    text(out, "description", &info.description);
    matching(out, spec);
    text(out, "confidence", spec.confidence.as_str());
    if let Some(specificity) = spec.specificity {
        line(out, format_args!("specificity = {specificity}"));
    }
    text(out, "severity", &info.severity.to_string());
    text(out, "lifetime", info.lifetime.as_str());
    texts(out, "tags", &info.tags);
    line(
        out,
        format_args!(
            "remediation = {{ revoke = {}, rotate = {} }}",
            quoted(&info.remediation.revoke),
            quoted(&info.remediation.rotate)
        ),
    );
    texts(out, "references", &info.references);
    text(out, "basis", &info.basis);
    tables(out, spec);
    let examples = &loaded.examples;
    if !(examples.positive.is_empty() && examples.negative.is_empty()) {
        out.push_str("\n[rule.examples]\n");
        texts(out, "positive", &examples.positive);
        texts(out, "negative", &examples.negative);
    }
}

/// What is matched, and the filters that are not tables.
fn matching(out: &mut String, spec: &RuleSpec) {
    if let Pattern::Regex(regex) = &spec.pattern {
        text(out, "regex", regex);
    }
    texts(out, "anchors", &spec.anchors);
    if spec.unanchored {
        out.push_str("unanchored = true\n");
    }
    if let Some(most) = spec.max_length {
        line(out, format_args!("max-length = {most}"));
    }
    out.push_str("boundary = \"none\"\nplaceholders = false\n");
    texts(out, "path-regex", &spec.path_regexes);
    texts(out, "near", &spec.near);
    if !spec.at_least.is_empty() {
        let counts = spec.at_least.iter().map(|least| {
            let count = least.count;
            match &least.of {
                Characters::Class(class) => {
                    let name = format!("{class:?}").to_ascii_lowercase();
                    format!("{{ class = \"{name}\", count = {count} }}")
                }
                Characters::These(text) => {
                    format!("{{ characters = {}, count = {count} }}", quoted(text))
                }
            }
        });
        let counts: Vec<_> = counts.collect();
        line(out, format_args!("at-least = [{}]", counts.join(", ")));
    }
    texts(out, "stopwords", &spec.stopwords);
    for (key, bits) in [
        ("entropy", spec.entropy),
        ("entropy-above", spec.entropy_above),
    ] {
        if let Some(bits) = bits {
            line(out, format_args!("{key} = {bits:?}"));
        }
    }
    if spec.hidden {
        out.push_str("hidden = true\n");
    }
}

fn tables(out: &mut String, spec: &RuleSpec) {
    for part in &spec.parts {
        out.push_str("\n[[rule.with]]\n");
        text(out, "rule", &part.rule);
        line(out, format_args!("within = {}", part.within));
        line(out, format_args!("required = {}", part.required));
    }
    for allow in &spec.allow {
        out.push_str("\n[[rule.allow]]\n");
        if allow.all {
            out.push_str("all = true\n");
        }
        if allow.unless {
            out.push_str("unless = true\n");
        }
        texts(out, "paths", &allow.paths);
        texts(out, "regexes", &allow.regexes);
        match allow.target {
            AllowTarget::Secret => {}
            AllowTarget::Match => out.push_str("target = \"match\"\n"),
            AllowTarget::Line => out.push_str("target = \"line\"\n"),
        }
        texts(out, "stopwords", &allow.stopwords);
    }
}

fn text(out: &mut String, key: &str, value: &str) {
    line(out, format_args!("{key} = {}", quoted(value)));
}

/// A list, on one line if it is short; nothing for an empty one.
fn texts(out: &mut String, key: &str, values: &[String]) {
    let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    let short = quoted.iter().map(String::len).sum::<usize>() <= 70;
    match quoted.len() {
        0 => {}
        _ if short => line(out, format_args!("{key} = [{}]", quoted.join(", "))),
        _ => {
            line(out, format_args!("{key} = ["));
            for value in quoted {
                line(out, format_args!("  {value},"));
            }
            out.push_str("]\n");
        }
    }
}

/// The text as TOML: as it stands where that can be done, as patterns are hard enough to
/// read without escapes.
fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_control() || c == '\t';
    if text.chars().all(plain) && !text.contains('\'') && text.contains(['\\', '"']) {
        return format!("'{text}'");
    }
    let plain_lines = |c: char| plain(c) || c == '\n';
    if text.chars().all(plain_lines)
        && text.contains(['\\', '"', '\n'])
        && !text.contains("'''")
        && !text.ends_with('\'')
    {
        // A line break at the start would not count.
        let start = if text.contains('\n') { "\n" } else { "" };
        return format!("'''{start}{text}'''");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in [
            "",
            "plain",
            r"a\d+",
            "it's",
            r"it's \d",
            "a\nb\\",
            "\nstart",
            "'''",
            r"ends\'",
            "tab\there",
            "\u{1}",
            "a\rb",
            "\"",
            "é\u{85}\u{2028}",
            "''\\\n",
        ] {
            let file = format!("x = {}\n", quoted(text));
            let table: toml::Table = toml::from_str(&file).expect(&file);
            assert_eq!(table["x"].as_str(), Some(text), "{file}");
        }
    }
}
