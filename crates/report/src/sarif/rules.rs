//! The rules that found something, as SARIF describes rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use sluicegate_core::{Confidence, Lifetime, Report, RuleInfo, Severity};

use super::log::Text;
use super::taxa::{self, Reference};
use super::uri::is_web_link;

/// Services take no more labels of a rule than this.
const TAGS: usize = 20;

/// The rules with findings, sorted by id.
pub(super) struct Rules<'r> {
    by_id: BTreeMap<&'r str, &'r RuleInfo>,
}

impl<'r> Rules<'r> {
    pub(super) fn of(report: &'r Report) -> Self {
        let rules = report.findings.iter().map(|finding| &*finding.rule);
        Self {
            by_id: rules.map(|rule| (rule.id.as_str(), rule)).collect(),
        }
    }

    /// Where each rule stands in the list.
    pub(super) fn indexes(&self) -> BTreeMap<&'r str, usize> {
        self.by_id
            .keys()
            .enumerate()
            .map(|(at, id)| (*id, at))
            .collect()
    }

    pub(super) fn descriptors(&self) -> Vec<Descriptor<'r>> {
        self.by_id
            .values()
            .map(|rule| Descriptor::of(rule))
            .collect()
    }

    /// The entries of taxonomies that the rules name.
    pub(super) fn taxa(&self) -> BTreeSet<&'r str> {
        let rules = self.by_id.values();
        rules
            .flat_map(|rule| rule.taxa.iter().map(String::as_str))
            .collect()
    }
}

/// `reportingDescriptor`, as a rule
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    id: &'a str,
    name: String,
    short_description: Text<'a>,
    full_description: Text<'a>,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<Relationship<'a>>,
    properties: Properties<'a>,
}

/// `multiformatMessageString`
#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

/// `reportingConfiguration`
#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// `reportingDescriptorRelationship`
#[derive(Serialize)]
struct Relationship<'a> {
    target: Target<'a>,
    kinds: [&'static str; 1],
}

/// `reportingDescriptorReference`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    id: &'a str,
    tool_component: Reference,
}

/// The property bag of a rule; the first three are what code scanning services read.
#[derive(Serialize)]
struct Properties<'a> {
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    precision: &'static str,
    tags: Vec<String>,
    provider: &'a str,
    confidence: Confidence,
    severity: Severity,
    lifetime: Lifetime,
}

impl<'a> Descriptor<'a> {
    fn of(rule: &'a RuleInfo) -> Self {
        let links = std::iter::once(&rule.remediation.url).chain(&rule.references);
        // Users may name one twice; the format wants a set.
        let taxa: BTreeSet<&String> = rule.taxa.iter().collect();
        let related = taxa.into_iter().filter_map(|id| {
            let index = taxa::owner(id)?;
            Some(Relationship {
                target: Target {
                    id,
                    tool_component: taxa::reference(index),
                },
                kinds: ["superset"],
            })
        });
        Self {
            id: &rule.id,
            name: pascal_case(&rule.id),
            short_description: Text::new(&rule.title),
            full_description: Text::new(&rule.description),
            help: help(rule),
            help_uri: links.map(String::as_str).find(|link| is_web_link(link)),
            default_configuration: Configuration {
                level: level(rule.severity, rule.confidence),
            },
            relationships: related.collect(),
            properties: Properties {
                security_severity: security_severity(rule.severity),
                precision: precision(rule.confidence),
                tags: tags(rule),
                provider: &rule.provider_name,
                confidence: rule.confidence,
                severity: rule.severity,
                lifetime: rule.lifetime,
            },
        }
    }
}

/// What a viewer shows a result as. A hint is worth a look, however bad it would be.
pub(super) fn level(severity: Severity, confidence: Confidence) -> &'static str {
    match (severity, confidence) {
        (_, Confidence::Hint) => "note",
        (Severity::Critical | Severity::High, _) => "error",
        (Severity::Medium, _) => "warning",
        (Severity::Low, _) => "note",
    }
}

/// A score that services turn into the word back: above 9 critical, from 7 high, from 4
/// medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Definite => "very-high",
        Confidence::Probable => "high",
        Confidence::Hint => "low",
    }
}

/// `github-app-token` as `GithubAppToken`.
fn pascal_case(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    for word in id.split(|c: char| !c.is_alphanumeric()) {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// Labels, without doubles; weaknesses in the form that services link.
fn tags(rule: &RuleInfo) -> Vec<String> {
    let is_reference = rule.tags.iter().any(|tag| tag == "reference");
    let kind = if is_reference { "reference" } else { "secret" };
    let fixed = ["security", kind, rule.provider.as_str()].map(str::to_owned);
    let taxa = rule.taxa.iter().map(|id| match id.strip_prefix("CWE-") {
        Some(number) => format!("external/cwe/cwe-{number}"),
        None => id.clone(),
    });
    let mut tags: Vec<String> = Vec::new();
    for tag in fixed
        .into_iter()
        .chain(taxa)
        .chain(rule.tags.iter().cloned())
    {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.truncate(TAGS);
    tags
}

fn help(rule: &RuleInfo) -> Help {
    let advice = &rule.remediation;
    let mut text = format!("Revoke: {}\n\nRotate: {}\n", advice.revoke, advice.rotate);
    let mut markdown = format!(
        "**Revoke.** {}\n\n**Rotate.** {}\n",
        escape_markdown(&advice.revoke),
        escape_markdown(&advice.rotate)
    );
    let links = std::iter::once(&advice.url).chain(&rule.references);
    let mut seen = BTreeSet::new();
    for link in links.filter(|link| is_web_link(link)) {
        if seen.insert(link) {
            let before = if seen.len() == 1 { "\n" } else { "" };
            writeln!(text, "{before}{link}").expect("writing to a string does not fail");
            writeln!(markdown, "{before}- <{link}>").expect("writing to a string does not fail");
        }
    }
    Help { text, markdown }
}

/// Rules come from users too: what they say is text, not markup.
fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_word() {
        assert_eq!(pascal_case("github-app-token"), "GithubAppToken");
        assert_eq!(pascal_case("x"), "X");
    }

    #[test]
    fn markup_in_advice_stays_text() {
        assert_eq!(
            escape_markdown("run [x](y) & <b>"),
            "run \\[x\\](y) \\& \\<b\\>"
        );
    }
}
