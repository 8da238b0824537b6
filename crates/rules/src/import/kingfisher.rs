//! Files of Nosey Parker, Titus and Kingfisher.
//!
//! Their patterns are what Vectorscan and Rust's `regex` both take, over bytes and without
//! Unicode: nearly what is matched here.

use std::collections::HashMap;

use sluicegate_core::{AtLeast, CharClass, Characters, Part, Pattern};

use super::draft::{Draft, Ids, bytes_of_lines};
use super::gitleaks::{FIRST_TEXT, FIRST_TEXT_REMARK, confidence};
use super::group::{self, Choice};
use super::tree::{Node, Value, Wrong};
use super::{ImportFormat, Imported, filter};
use crate::diagnostic::Diagnostic;

/// Keys that rules of Kingfisher have and those of Nosey Parker do not.
const KINGFISHER: &[&str] = &[
    "min_entropy",
    "confidence",
    "visible",
    "validation",
    "depends_on_rule",
    "prevalidated",
    "keywords",
    "tls_mode",
    "revocation",
    "betterleaks_filter",
];

pub(super) fn read(name: &str, tree: &Node) -> Result<Imported, Diagnostic> {
    let list = match &tree.value {
        Value::List(_) => Some(tree),
        _ => tree.get("rules"),
    };
    let rules = list
        .map_or(&[][..], Node::items)
        .iter()
        .filter(|node| matches!(node.value, Value::Map(_)))
        .collect::<Vec<_>>();
    if rules.is_empty() {
        let why = "there are no `rules` in it, as files of Nosey Parker and Kingfisher have them";
        return Err(Diagnostic::new(name, None, why.to_owned()));
    }
    let has = |node: &&Node| KINGFISHER.iter().any(|key| node.get(key).is_some());
    let format = if rules.iter().any(has) {
        ImportFormat::Kingfisher
    } else {
        ImportFormat::NoseyParker
    };
    let mut imported = Imported {
        name: name.to_owned(),
        format,
        rules: Vec::new(),
        notes: Vec::new(),
        remarks: Vec::new(),
        extends_default: false,
        everywhere: Vec::new(),
        elsewhere: Vec::new(),
        disabled: Vec::new(),
    };
    if let Some(prefilter) = tree.get("betterleaks_prefilter").and_then(Node::scalar) {
        let read = filter::read(prefilter);
        imported.everywhere = read.allow;
        imported.remarks = read.remarks;
    }
    let wrong = |wrong: Wrong| Diagnostic::new(name, Some(wrong.line), wrong.message);
    convert_all(&rules, &mut imported).map_err(wrong)?;
    Ok(imported)
}

fn convert_all(rules: &[&Node], imported: &mut Imported) -> Result<(), Wrong> {
    let mut ids = Ids::default();
    let mut names = HashMap::new();
    let mut named = Vec::new();
    for node in rules {
        let name = needed(node, "id")?;
        let id = ids.take(&name);
        names.insert(name.clone(), id.clone());
        named.push((*node, name, id));
    }
    let mut drafts = Vec::new();
    for (node, name, id) in named {
        let mut draft = Draft::new(imported.format, &name, id, node.line);
        match convert(node, &mut draft, &names, imported.format)? {
            Ok(()) => drafts.push(draft),
            Err(why) => imported.notes.push(draft.refused(why)),
        }
    }
    for mut draft in drafts {
        draft.spec.allow.extend_from_slice(&imported.everywhere);
        let (rule, note) = draft.finish();
        imported.rules.extend(rule);
        imported.notes.push(note);
    }
    // What a rule only takes values from need not be there.
    let kept: Vec<String> = imported
        .rules
        .iter()
        .map(|rule| rule.lowered.spec().id.clone())
        .collect();
    for rule in &mut imported.rules {
        let lowered = rule.lowered.clone();
        rule.lowered = lowered.without_parts(|part| !kept.contains(part));
    }
    imported.notes.sort_by_key(|note| note.line);
    Ok(())
}

fn needed(node: &Node, key: &str) -> Result<String, Wrong> {
    node.text(key)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Wrong {
            line: node.line,
            message: format!("`{key}` is missing or empty"),
        })
}

/// Fills the draft in; the inner error is why the rule is refused.
fn convert(
    node: &Node,
    draft: &mut Draft,
    names: &HashMap<String, String>,
    format: ImportFormat,
) -> Result<Result<(), String>, Wrong> {
    if let Some(title) = node.text("name")? {
        draft.info.title = title;
    }
    draft.info.description = node.text("description")?.unwrap_or_default();
    draft.info.references = node.texts("references")?;
    draft.info.tags = [node.texts("categories")?, node.texts("tags")?].concat();
    draft.keywords = node.texts("keywords")?;
    if let Some(word) = node.text("confidence")? {
        match confidence(&word) {
            Some(confidence) => draft.set_confidence(confidence),
            None => {
                let why = format!("its confidence `{word}` is none of low, medium, high");
                draft.remarks.push(why);
            }
        }
    }
    draft.spec.hidden = !node.flag("visible")?.unwrap_or(true);
    let entropy = node.number("min_entropy")?;
    draft.spec.entropy_above = match format {
        // Where none is given, a value that repeats one character is still dropped.
        ImportFormat::Kingfisher => Some(entropy.unwrap_or(0.0) as f32),
        _ => entropy.filter(|bits| *bits > 0.0).map(|bits| bits as f32),
    };
    requirements(node, draft)?;
    if let Some(text) = node.text("betterleaks_filter")? {
        let read = filter::read(&text);
        draft.spec.allow.extend(read.allow);
        draft.spec.entropy = read.entropy;
        draft.spec.entropy_above = read.entropy_above.or(draft.spec.entropy_above);
        draft.remarks.extend(read.remarks);
    }
    examples(node, draft)?;
    parts(node, draft, names)?;
    for (key, what) in [
        ("validation", "live validation"),
        ("revocation", "revocation"),
        ("prevalidated", "`prevalidated`"),
        ("tls_mode", "`tls_mode`"),
        ("fallbacks", "`fallbacks`"),
    ] {
        if node.get(key).is_some() {
            draft.left_out.push(what.to_owned());
        }
    }
    if let Some(path) = node.text("path")? {
        match group::name(&path, Choice::Number(0)) {
            Ok((path, _)) => draft.spec.path_regexes = vec![path],
            Err(why) => return Ok(Err(format!("the pattern of its path: {why}"))),
        }
    }
    if node.flag("betterleaks_path_only")?.unwrap_or(false) {
        draft.spec.pattern = Pattern::Regex(FIRST_TEXT.to_owned());
        draft.spec.unanchored = true;
        draft.remarks.push(FIRST_TEXT_REMARK.to_owned());
        return Ok(Ok(()));
    }
    let pattern = needed(node, "pattern")?;
    let choice = match node.count("betterleaks_secret_group")? {
        Some(0) => Choice::FirstFilled,
        Some(number) => Choice::Number(number),
        None if format == ImportFormat::Kingfisher => Choice::TokenOrFirst,
        None => Choice::Last,
    };
    Ok(
        group::name(&without_comments(&pattern), choice).map(|(regex, groups)| {
            draft.spec.pattern = Pattern::Regex(regex);
            if groups > 1 && choice == Choice::Last {
                draft.remarks.push(format!(
                    "it has {groups} groups, all of which are its value: here the last one is"
                ));
            }
        }),
    )
}

/// `pattern_requirements`
fn requirements(node: &Node, draft: &mut Draft) -> Result<(), Wrong> {
    let Some(table) = node.get("pattern_requirements") else {
        return Ok(());
    };
    let special = table
        .text("special_chars")?
        .map_or(Characters::Class(CharClass::Symbol), Characters::These);
    for (key, of) in [
        ("min_digits", Characters::Class(CharClass::Digit)),
        ("min_uppercase", Characters::Class(CharClass::Upper)),
        ("min_lowercase", Characters::Class(CharClass::Lower)),
        ("min_special_chars", special),
    ] {
        if let Some(count) = table.count(key)?.filter(|count| *count > 0) {
            draft.spec.at_least.push(AtLeast { of, count });
        }
    }
    draft.spec.stopwords = table.texts("ignore_if_contains")?;
    if table.get("checksum").is_some() {
        let why = "its checksum is not checked: it is written as a template";
        draft.remarks.push(why.to_owned());
    }
    Ok(())
}

fn examples(node: &Node, draft: &mut Draft) -> Result<(), Wrong> {
    let is_plain = |text: &String| !text.contains("@{");
    for (key, list) in [
        ("examples", &mut draft.examples.positive),
        ("negative_examples", &mut draft.examples.negative),
    ] {
        let all = node.texts(key)?;
        let count = all.len();
        list.extend(all.into_iter().filter(is_plain));
        if list.len() < count {
            draft.left_out.push(format!("some of its `{key}`"));
        }
    }
    Ok(())
}

/// Rules that it takes values from. They are not needed for a finding.
fn parts(node: &Node, draft: &mut Draft, names: &HashMap<String, String>) -> Result<(), Wrong> {
    for item in node.get("depends_on_rule").map_or(&[][..], Node::items) {
        let Some(name) = item.text("rule_id")? else {
            continue;
        };
        let Some(id) = names.get(&name) else {
            draft
                .left_out
                .push(format!("its part `{name}`, which another file has"));
            continue;
        };
        let within = item.text("within")?.unwrap_or_default();
        let lines = within.trim_end_matches(['L', 'l']).parse().ok();
        draft.spec.parts.push(Part {
            rule: id.clone(),
            within: lines.map_or(sluicegate_core::MAX_PART_DISTANCE, bytes_of_lines),
            required: false,
            confidence: None,
        });
    }
    Ok(())
}

/// The pattern without what those scanners take for comments: `(?#…)`, and a blank, `#` and
/// words at the end of a line, in every kind of pattern.
fn without_comments(pattern: &str) -> String {
    let mut text = pattern.to_owned();
    while let Some(start) = text.find("(?#") {
        let end = text[start..]
            .find(')')
            .map_or(text.len(), |at| start + at + 1);
        text.replace_range(start..end, "");
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let end = (c.is_ascii_whitespace() && after.starts_with('#'))
            .then(|| comment_end(&after[1..]))
            .flatten();
        match end {
            Some(end) => rest = &after[1 + end..],
            None => {
                out.push(c);
                rest = after;
            }
        }
    }
    out
}

/// Where a row of blanks and letters ends that reaches to the end of a line.
fn comment_end(text: &str) -> Option<usize> {
    let row = text
        .find(|c: char| !(c.is_ascii_alphabetic() || c.is_whitespace()))
        .unwrap_or(text.len());
    if row == text.len() {
        return Some(row);
    }
    if text[row..].starts_with('\n') {
        return Some(row);
    }
    text[..row].rfind('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_taken_out() {
        for (pattern, want) in [
            ("a(?# x )b", "ab"),
            ("a # the rest\n1", "a\n1"),
            // What follows goes with it if it is all letters: that is how they do it.
            ("a # the rest\nb", "a"),
            ("a # the rest", "a"),
            ("a #1\nb", "a #1\nb"),
            ("[ #]\nb", "[ #]\nb"),
            ("(?x) a\n # one\n # two\n (b)", "(?x) a\n (b)"),
        ] {
            let got = without_comments(pattern);
            let lines = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(lines(&got), lines(want), "{pattern}");
        }
    }
}
