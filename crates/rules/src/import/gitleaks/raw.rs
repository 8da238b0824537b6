//! The file as it is written, and what it takes from the file that it extends.

use sluicegate_core::Confidence;

use super::allow::List;
use super::{Lists, Needed, confidence};
use crate::diagnostic::Diagnostic;
use crate::import::Reader;
use crate::import::tree::{self, Node, Wrong};

/// gitleaks follows so many files that extend each other.
const MAX_HOPS: usize = 2;

pub(super) struct File {
    pub(super) rules: Vec<Raw>,
    pub(super) allow: Vec<List>,
    pub(super) prefilter: Option<String>,
    pub(super) filter: Option<String>,
    pub(super) use_default: bool,
    pub(super) path: Option<String>,
    pub(super) disabled: Vec<String>,
}

/// A rule as it is written.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) description: String,
    pub(super) path: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) secret_group: Option<usize>,
    pub(super) entropy: Option<f64>,
    pub(super) keywords: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) skip_report: bool,
    pub(super) required: Vec<Needed>,
    pub(super) allow: Vec<List>,
    /// What lists of the whole file say about it.
    pub(super) extra_allow: Lists,
    pub(super) filter: Option<String>,
    pub(super) token_efficiency: bool,
    pub(super) specificity: Option<usize>,
    pub(super) confidence: Option<Confidence>,
    pub(super) left_out: Vec<String>,
}

/// Reads the tables of one file.
pub(super) fn read(tree: &Node) -> Result<File, Wrong> {
    let nothing = Node {
        value: tree::Value::Map(Vec::new()),
        line: 1,
    };
    let extend = tree.get("extend").unwrap_or(&nothing);
    let use_default = extend.flag("useDefault")?.unwrap_or(false);
    let path = extend.text("path")?.filter(|path| !path.is_empty());
    if use_default && path.is_some() {
        return Err(Wrong {
            line: extend.line,
            message: "`useDefault` and `path` of `extend` are not for the same file".to_owned(),
        });
    }
    let mut rules: Vec<Raw> = Vec::new();
    for node in tree.get("rules").map_or(&[][..], Node::items) {
        let rule = rule(node)?;
        if rules.iter().any(|other| other.id == rule.id) {
            return Err(Wrong {
                line: node.line,
                message: format!("another rule has the id `{}`", rule.id),
            });
        }
        rules.push(rule);
    }
    Ok(File {
        rules,
        allow: lists(tree)?,
        prefilter: tree
            .text("prefilter")?
            .filter(|text| !text.trim().is_empty()),
        filter: tree.text("filter")?.filter(|text| !text.trim().is_empty()),
        use_default,
        path,
        disabled: extend.texts("disabledRules")?,
    })
}

/// The lists of a rule or a file, in the old and in the new way of writing them.
fn lists(node: &Node) -> Result<Vec<List>, Wrong> {
    let (old, new) = (node.get("allowlist"), node.get("allowlists"));
    if let (Some(old), Some(_)) = (old, new) {
        return Err(Wrong {
            line: old.line,
            message: "`allowlist` and `allowlists` are not for the same table".to_owned(),
        });
    }
    let items = new.map_or(&[][..], Node::items);
    old.into_iter().chain(items).map(List::read).collect()
}

/// A text that must be there.
pub(super) fn needed_text(node: &Node, key: &str) -> Result<String, Wrong> {
    node.text(key)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Wrong {
            line: node.line,
            message: format!("`{key}` is missing or empty"),
        })
}

fn rule(node: &Node) -> Result<Raw, Wrong> {
    let items = |key: &str| node.get(key).map_or(&[][..], Node::items);
    let mut required: Vec<Needed> = items("required")
        .iter()
        .map(Needed::required)
        .collect::<Result<_, _>>()?;
    for item in items("components") {
        required.push(Needed::component(item)?);
    }
    let mut left_out = Vec::new();
    for (key, what) in [
        ("validate", "live validation"),
        ("analyze", "analysis of what the credential can do"),
        ("revoke", "revocation"),
    ] {
        if node.get(key).is_some() {
            left_out.push(what.to_owned());
        }
    }
    let filled = |key: &str| -> Result<Option<String>, Wrong> {
        Ok(node.text(key)?.filter(|text| !text.is_empty()))
    };
    Ok(Raw {
        id: needed_text(node, "id")?,
        line: node.line,
        description: node.text("description")?.unwrap_or_default(),
        path: filled("path")?,
        regex: filled("regex")?,
        secret_group: match node.count("secretGroup")? {
            None => node.count("valueGroup")?,
            group => group,
        },
        entropy: node.number("entropy")?,
        keywords: node.texts("keywords")?,
        tags: node.texts("tags")?,
        skip_report: node.flag("skipReport")?.unwrap_or(false),
        required,
        allow: lists(node)?,
        extra_allow: Vec::new(),
        filter: filled("filter")?,
        token_efficiency: node.flag("tokenEfficiency")?.unwrap_or(false),
        specificity: node.count("specificity")?,
        confidence: node.text("confidence")?.and_then(|word| confidence(&word)),
        left_out,
    })
}

/// Puts in what the file takes from the one that it extends.
///
/// # Errors
///
/// If that file cannot be read or is not valid.
pub(super) fn extend(
    name: &str,
    file: &mut File,
    read_file: Reader<'_>,
    remarks: &mut Vec<String>,
) -> Result<(), Diagnostic> {
    let mut hops = 0;
    while let Some(path) = file.path.take() {
        hops += 1;
        if hops > MAX_HOPS {
            remarks.push(format!(
                "`{path}` is not read: no more than {MAX_HOPS} files that extend each other are followed"
            ));
            break;
        }
        let text = read_file(&path).map_err(|why| {
            Diagnostic::new(name, None, format!("it extends `{path}`, which {why}"))
        })?;
        let tree = tree::toml(&path, &text)?;
        let base =
            read(&tree).map_err(|wrong| Diagnostic::new(&path, Some(wrong.line), wrong.message))?;
        remarks.push(format!("it extends `{path}`"));
        merge(file, base);
    }
    let disabled = std::mem::take(&mut file.disabled);
    for id in disabled {
        let before = file.rules.len();
        file.rules.retain(|rule| rule.id != id);
        if file.rules.len() == before {
            file.disabled.push(id);
        }
    }
    if !file.disabled.is_empty() && !file.use_default {
        let ids = file.disabled.join("`, `");
        remarks.push(format!("it disables `{ids}`, which nothing defines"));
        file.disabled.clear();
    }
    Ok(())
}

/// Lays a file over its base, as gitleaks does: lists are joined, the base's first; what else
/// a rule says counts if it is there and not zero; `required` and `skipReport` of a rule that
/// both have are those of the base.
fn merge(file: &mut File, base: File) {
    let own = std::mem::take(&mut file.rules);
    let mut merged = base.rules;
    for child in own {
        let Some(rule) = merged.iter_mut().find(|rule| rule.id == child.id) else {
            merged.push(child);
            continue;
        };
        rule.line = child.line;
        if !child.description.is_empty() {
            rule.description = child.description;
        }
        if child.entropy.is_some_and(|entropy| entropy != 0.0) {
            rule.entropy = child.entropy;
        }
        if child.secret_group.is_some_and(|group| group != 0) {
            rule.secret_group = child.secret_group;
        }
        rule.regex = child.regex.or(rule.regex.take());
        rule.path = child.path.or(rule.path.take());
        rule.filter = child.filter.or(rule.filter.take());
        rule.tags.extend(child.tags);
        rule.keywords.extend(child.keywords);
        rule.allow.extend(child.allow);
    }
    file.rules = merged;
    file.allow.extend(base.allow);
    file.prefilter = file.prefilter.take().or(base.prefilter);
    file.filter = file.filter.take().or(base.filter);
    file.use_default |= base.use_default;
    file.path = base.path;
    file.disabled.extend(base.disabled);
}
