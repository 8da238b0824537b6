//! Files of gitleaks and betterleaks: what stands in them, and what it means.

use std::collections::HashMap;

use sluicegate_core::{Allow, Confidence, Part, Pattern};

use super::draft::{Draft, Ids, bytes_of_lines};
use super::filter;
use super::go::{self, Unit, Wanted};
use super::tree::{Node, Wrong};
use super::{ImportFormat, Imported, Reader};
use crate::diagnostic::Diagnostic;

mod allow;
mod raw;

use raw::{File, Raw};

/// A rule for files has no pattern of a value: it is reported at the first text in the file.
pub(super) const FIRST_TEXT: &str = r"\A\s{0,64}(?<secret>[^\s][^\r\n]{0,199})";

/// What is said of such a rule.
pub(super) const FIRST_TEXT_REMARK: &str = "the rule is for files by their path: they are reported at their first text, so that empty and binary files are not";

pub(super) fn read(name: &str, tree: &Node, read: Reader<'_>) -> Result<Imported, Diagnostic> {
    let format = format(tree);
    let wrong = |wrong: Wrong| Diagnostic::new(name, Some(wrong.line), wrong.message);
    let mut file = raw::read(tree).map_err(wrong)?;
    let mut remarks = Vec::new();
    raw::extend(name, &mut file, read, &mut remarks)?;
    let mut imported = Imported {
        name: name.to_owned(),
        format,
        rules: Vec::new(),
        notes: Vec::new(),
        remarks,
        extends_default: file.use_default,
        everywhere: Vec::new(),
        elsewhere: Vec::new(),
        disabled: std::mem::take(&mut file.disabled),
    };
    global_lists(&mut file, &mut imported);
    rules(file, &mut imported);
    Ok(imported)
}

/// betterleaks has keys that gitleaks ignores.
fn format(tree: &Node) -> ImportFormat {
    const KEYS: &[&str] = &[
        "filter",
        "prefilter",
        "validate",
        "components",
        "valueGroup",
        "specificity",
        "tokenEfficiency",
        "betterleaksMinVersion",
    ];
    let rules = tree.get("rules").map_or(&[][..], Node::items);
    let has = |node: &Node| KEYS.iter().any(|key| node.get(key).is_some());
    if has(tree) || rules.iter().any(has) {
        ImportFormat::Betterleaks
    } else {
        ImportFormat::Gitleaks
    }
}

/// What the file lets pass whatever the rule is.
fn global_lists(file: &mut File, imported: &mut Imported) {
    for list in std::mem::take(&mut file.allow) {
        match list.translate() {
            Ok((allow, remarks)) => {
                imported.remarks.extend(remarks);
                let Some(allow) = allow else { continue };
                if list.targets.is_empty() {
                    imported.everywhere.push(allow);
                    continue;
                }
                for target in &list.targets {
                    match file.rules.iter_mut().find(|rule| rule.id == *target) {
                        Some(rule) => rule.extra_allow.push(allow.clone()),
                        None => imported
                            .elsewhere
                            .push((target.clone(), vec![allow.clone()])),
                    }
                }
            }
            Err(why) => imported.remarks.push(format!(
                "line {}: a list of what passes is left out: {why}",
                list.line
            )),
        }
    }
    for text in [file.prefilter.take(), file.filter.take()]
        .into_iter()
        .flatten()
    {
        let read = filter::read(&text);
        imported.everywhere.extend(read.allow);
        imported.remarks.extend(read.remarks);
        if read.entropy.is_some() || read.entropy_above.is_some() {
            let why = "the entropy that the filter of the whole file asks for is not asked for";
            imported.remarks.push(why.to_owned());
        }
    }
}

fn rules(file: File, imported: &mut Imported) {
    let mut ids = Ids::default();
    let names: HashMap<String, String> = file
        .rules
        .iter()
        .map(|rule| (rule.id.clone(), ids.take(&rule.id)))
        .collect();
    let mut drafts = Vec::new();
    for raw in file.rules {
        let is_own = raw.regex.is_some() || raw.path.is_some();
        if !is_own && imported.extends_default {
            overrides(raw, imported);
            continue;
        }
        let id = names.get(&raw.id).cloned().unwrap_or_default();
        let draft = Draft::new(imported.format, &raw.id, id, raw.line);
        match convert(&raw, draft, &names) {
            Ok(draft) => drafts.push(draft),
            Err(refused) => {
                let (draft, why) = *refused;
                imported.notes.push(draft.refused(why));
            }
        }
    }
    let kept: Vec<String> = drafts.iter().map(|draft| draft.spec.id.clone()).collect();
    for mut draft in drafts {
        draft.spec.allow.extend_from_slice(&imported.everywhere);
        let missing: Vec<String> = draft
            .spec
            .parts
            .iter()
            .filter(|part| !kept.contains(&part.rule))
            .map(|part| part.rule.clone())
            .collect();
        if let Some(id) = missing.first() {
            let why = format!("it requires the rule `{id}`, which is refused");
            imported.notes.push(draft.refused(why));
            continue;
        }
        let (rule, note) = draft.finish();
        imported.rules.extend(rule);
        imported.notes.push(note);
    }
    drop_orphans(imported);
    imported.notes.sort_by_key(|note| note.line);
}

/// A part may have been refused after its rule was read.
fn drop_orphans(imported: &mut Imported) {
    loop {
        let ids: Vec<String> = imported
            .rules
            .iter()
            .map(|rule| rule.lowered.spec().id.clone())
            .collect();
        let orphan = imported.rules.iter().position(|rule| {
            let mut parts = rule.lowered.spec().parts.iter();
            parts.any(|part| !ids.contains(&part.rule))
        });
        let Some(number) = orphan else { return };
        let rule = imported.rules.remove(number);
        let id = &rule.lowered.spec().id;
        if let Some(note) = imported.notes.iter_mut().find(|note| note.id == *id) {
            note.fate = super::Fate::Refused;
            note.remarks = vec!["it requires a rule that is refused".to_owned()];
        }
    }
}

/// A rule without a pattern changes one that the scanner brings along: what it lets pass can
/// be taken over for a rule of ours, the rest cannot.
fn overrides(raw: Raw, imported: &mut Imported) {
    let mut lists = raw.extra_allow;
    for list in &raw.allow {
        match list.translate() {
            Ok((allow, remarks)) => {
                lists.extend(allow);
                imported.remarks.extend(remarks);
            }
            Err(why) => imported.remarks.push(format!("line {}: {why}", list.line)),
        }
    }
    let changed = raw.entropy.is_some_and(|entropy| entropy != 0.0)
        || raw.secret_group.is_some_and(|group| group != 0)
        || !raw.keywords.is_empty();
    if changed {
        imported.remarks.push(format!(
            "line {}: `{}` is a rule that {} brings along; its entropy, group and keywords cannot be changed here",
            raw.line, raw.id, imported.format
        ));
    }
    imported.elsewhere.push((raw.id, lists));
}

type Refused = Box<(Draft, String)>;

fn convert(raw: &Raw, mut draft: Draft, names: &HashMap<String, String>) -> Result<Draft, Refused> {
    macro_rules! or_refuse {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(why) => return Err(Box::new((draft, why))),
            }
        };
    }
    draft.info.description = raw.description.clone();
    draft.info.tags = raw.tags.clone();
    draft.keywords = raw.keywords.clone();
    draft.spec.hidden = raw.skip_report;
    if let Some(confidence) = raw.confidence {
        draft.set_confidence(confidence);
    }
    draft.spec.specificity = specificity(raw);
    if let Some(path) = &raw.path {
        let path = or_refuse!(
            go::translate(path, Wanted::Whole, Unit::Char)
                .map_err(|why| format!("the pattern of its path: {why}"))
        );
        draft.remarks.extend(path.notes);
        draft.spec.path_regexes = vec![path.regex];
    }
    or_refuse!(pattern(raw, &mut draft));
    if let Some(entropy) = raw.entropy.filter(|entropy| *entropy != 0.0) {
        draft.spec.entropy_above = Some(entropy as f32);
    }
    for list in &raw.allow {
        let (allow, remarks) = or_refuse!(list.translate());
        draft.spec.allow.extend(allow);
        draft.remarks.extend(remarks);
    }
    draft.spec.allow.extend_from_slice(&raw.extra_allow);
    if let Some(text) = &raw.filter {
        let read = filter::read(text);
        draft.spec.allow.extend(read.allow);
        draft.remarks.extend(read.remarks);
        draft.spec.entropy = read.entropy;
        draft.spec.entropy_above = read.entropy_above.or(draft.spec.entropy_above);
    }
    if raw.token_efficiency {
        let why = "whether a value looks like words to a tokenizer is not asked";
        draft.remarks.push(why.to_owned());
    }
    for needed in &raw.required {
        let Some(id) = names.get(&needed.id) else {
            let why = format!(
                "it requires the rule `{}`, which the file does not have",
                needed.id
            );
            return Err(Box::new((draft, why)));
        };
        draft.spec.parts.push(Part {
            rule: id.clone(),
            within: needed.within,
            required: needed.required,
            confidence: None,
        });
        draft.remarks.push(format!(
            "`{}` must stand within {} bytes, where the file says {}",
            needed.id, needed.within, needed.words
        ));
    }
    draft.left_out.extend(raw.left_out.iter().cloned());
    Ok(draft)
}

fn pattern(raw: &Raw, draft: &mut Draft) -> Result<(), String> {
    let Some(regex) = &raw.regex else {
        if raw.path.is_none() {
            return Err("it has neither a pattern nor a path".to_owned());
        }
        draft.spec.pattern = Pattern::Regex(FIRST_TEXT.to_owned());
        draft.spec.unanchored = true;
        draft.remarks.push(FIRST_TEXT_REMARK.to_owned());
        return Ok(());
    };
    let wanted = match raw.secret_group.unwrap_or(0) {
        0 => Wanted::First,
        group => Wanted::Group(group),
    };
    let translated = go::translate(regex, wanted, Unit::Char)?;
    if let Wanted::Group(group) = wanted
        && group > translated.groups
    {
        let groups = translated.groups;
        return Err(format!(
            "its group {group} is to hold the secret, and there are {groups}"
        ));
    }
    draft.remarks.extend(translated.notes);
    let narrow = go::translate(regex, wanted, Unit::Byte)?.regex;
    draft.narrow = (narrow != translated.regex).then_some(narrow);
    draft.spec.pattern = Pattern::Regex(translated.regex);
    Ok(())
}

/// gitleaks lets rules give way that have `generic` in their id, betterleaks those of a lower
/// number, 100 where none is given.
fn specificity(raw: &Raw) -> Option<u8> {
    let given = raw.specificity.map(|given| match given {
        100 => 6,
        0..100 => 1 + (given / 20) as u8,
        _ => 7 + ((given - 100) / 100).min(2) as u8,
    });
    let generic = raw.id.to_ascii_lowercase().contains("generic").then_some(2);
    given.or(generic)
}

/// A word for how sure a rule is.
pub(super) fn confidence(word: &str) -> Option<Confidence> {
    match word.to_ascii_lowercase().as_str() {
        "low" => Some(Confidence::Hint),
        "medium" => Some(Confidence::Probable),
        "high" => Some(Confidence::Definite),
        _ => None,
    }
}

/// Another rule that must be near.
#[derive(Clone, Debug)]
pub(super) struct Needed {
    pub(super) id: String,
    pub(super) within: usize,
    pub(super) required: bool,
    /// How the file says it.
    pub(super) words: String,
}

impl Needed {
    /// `[[rules.required]]` of gitleaks.
    fn required(node: &Node) -> Result<Self, Wrong> {
        let lines = node.count("withinLines")?;
        let columns = node.count("withinColumns")?;
        let mut words: Vec<String> = Vec::new();
        words.extend(lines.map(|n| format!("{n} lines")));
        words.extend(columns.map(|n| format!("{n} columns")));
        if words.is_empty() {
            words.push("anywhere in the text".to_owned());
        }
        Ok(Self {
            id: raw::needed_text(node, "id")?,
            within: lines.map_or(sluicegate_core::MAX_PART_DISTANCE, bytes_of_lines),
            required: true,
            words: words.join(" and "),
        })
    }

    /// `components` of betterleaks 2.
    fn component(node: &Node) -> Result<Self, Wrong> {
        let within = node.text("within")?.unwrap_or_default();
        let lines = within.split(',').find_map(|part| {
            let part = part.trim().trim_start_matches(['+', '-']);
            part.strip_suffix(['L', 'l'])?.parse().ok()
        });
        Ok(Self {
            id: raw::needed_text(node, "id")?,
            within: lines.map_or(sluicegate_core::MAX_PART_DISTANCE, bytes_of_lines),
            required: !node.flag("optional")?.unwrap_or(false),
            words: match within.as_str() {
                "" => "anywhere in the text".to_owned(),
                words => format!("`{words}`"),
            },
        })
    }
}

/// The lists of a file, ready for the engine.
type Lists = Vec<Allow>;
