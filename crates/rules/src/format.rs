//! The rule file format: TOML to a checked rule. `rules/README.md` describes it.
//!
//! The build script includes this file, so it uses nothing of this crate but
//! [`super::examples`] and [`super::diagnostic`].

use serde::Deserialize;
use sluicegate_core::{
    Allow, AllowTarget, Alphabet, AtLeast, Boundary, CharClass, Characters, Checksum, Confidence,
    Lifetime, LoweredRule, Part, Pattern, Remediation, RuleInfo, RuleSpec, Severity,
};
use toml::Spanned;

use super::diagnostic::{Diagnostic, locate, toml_error};
use super::examples::Examples;

/// A rule ready for the engine, what to say about it, and its tests.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) lowered: LoweredRule,
    pub(crate) info: RuleInfo,
    pub(crate) examples: Examples,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    provider: Provider,
    #[serde(default)]
    rule: Vec<Spanned<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Provider {
    id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Rule {
    id: String,
    title: String,
    description: String,
    regex: Option<String>,
    #[serde(default)]
    anchors: Vec<String>,
    value: Option<String>,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    context_words: Vec<String>,
    detector: Option<Detector>,
    max_length: Option<usize>,
    #[serde(default = "word")]
    boundary: Boundary,
    #[serde(default)]
    paths: Vec<String>,
    length: Option<(usize, usize)>,
    alphabet: Option<Alphabet>,
    #[serde(default)]
    require: Vec<CharClass>,
    checksum: Option<Checksum>,
    #[serde(default = "yes")]
    placeholders: bool,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    match_stopwords: Vec<String>,
    entropy: Option<f32>,
    entropy_above: Option<f32>,
    #[serde(default)]
    at_least: Vec<Count>,
    #[serde(default)]
    path_regex: Vec<String>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    allow: Vec<AllowTable>,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    unanchored: bool,
    #[serde(default)]
    with: Vec<With>,
    confidence: Confidence,
    specificity: Option<u8>,
    severity: Severity,
    lifetime: Lifetime,
    taxa: Option<Vec<String>>,
    #[serde(default)]
    tags: Vec<String>,
    remediation: RemediationTable,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    examples: Examples,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Detector {
    Assignment,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct With {
    rule: String,
    within: usize,
    #[serde(default)]
    required: bool,
    confidence: Option<Confidence>,
}

/// So many characters of a class, or of those given.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Count {
    class: Option<CharClass>,
    characters: Option<String>,
    count: usize,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct AllowTable {
    all: bool,
    unless: bool,
    paths: Vec<String>,
    regexes: Vec<String>,
    target: AllowTarget,
    stopwords: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RemediationTable {
    revoke: String,
    rotate: String,
    #[serde(default)]
    url: String,
}

fn word() -> Boundary {
    Boundary::Word
}

fn yes() -> bool {
    true
}

/// Reads the rules of one file; `name` is what errors call it.
///
/// # Errors
///
/// Everything that is wrong with the file, each with its line.
pub(crate) fn parse(name: &str, text: &str) -> Result<Vec<Loaded>, Vec<Diagnostic>> {
    let file: File = toml::from_str(text).map_err(|error| vec![toml_error(name, text, &error)])?;
    let mut rules = Vec::with_capacity(file.rule.len());
    let mut wrong = Vec::new();
    for rule in file.rule {
        let line = locate(text, rule.span().start);
        match convert(rule.into_inner(), &file.provider) {
            Ok(rule) => rules.push(rule),
            Err(message) => wrong.push(Diagnostic::new(name, Some(line), message)),
        }
    }
    if rules.is_empty() && wrong.is_empty() {
        wrong.push(Diagnostic::new(
            name,
            None,
            "the file has no [[rule]]".to_owned(),
        ));
    }
    if wrong.is_empty() {
        Ok(rules)
    } else {
        Err(wrong)
    }
}

fn convert(rule: Rule, provider: &Provider) -> Result<Loaded, String> {
    let kebab = |id: &str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !kebab(&rule.id) || !kebab(&provider.id) {
        return Err(format!(
            "rule `{}`: ids are lower-case letters, digits and hyphens",
            rule.id
        ));
    }
    let has_context = !rule.context.is_empty() || !rule.context_words.is_empty();
    let pattern = match (rule.regex, has_context, rule.detector) {
        (Some(regex), false, None) if rule.value.is_none() => Pattern::Regex(regex),
        (None, true, None) => Pattern::Context {
            names: rule.context,
            words: rule.context_words,
            value: rule.value,
        },
        (None, false, Some(Detector::Assignment)) if rule.value.is_none() => Pattern::Assignment,
        _ => {
            return Err(format!(
                "rule `{}`: give one of `regex`, `context` with or without `value`, or `detector`",
                rule.id
            ));
        }
    };
    let at_least = rule
        .at_least
        .into_iter()
        .map(|count| counted(count, &rule.id))
        .collect::<Result<_, _>>()?;
    let lowered = RuleSpec {
        pattern,
        anchors: rule.anchors,
        max_length: rule.max_length,
        boundary: rule.boundary,
        paths: rule.paths,
        length: rule.length,
        alphabet: rule.alphabet,
        require: rule.require,
        checksum: rule.checksum,
        placeholders: rule.placeholders,
        stopwords: rule.stopwords,
        match_stopwords: rule.match_stopwords,
        entropy: rule.entropy,
        entropy_above: rule.entropy_above,
        at_least,
        path_regexes: rule.path_regex,
        near: rule.near,
        allow: rule.allow.into_iter().map(allowed).collect(),
        hidden: rule.hidden,
        unanchored: rule.unanchored,
        parts: rule
            .with
            .into_iter()
            .map(|w| Part {
                rule: w.rule,
                within: w.within,
                required: w.required,
                confidence: w.confidence,
            })
            .collect(),
        confidence: rule.confidence,
        specificity: rule.specificity,
        ..RuleSpec::new(&rule.id, Pattern::Assignment)
    }
    .lower()
    .map_err(|error| error.to_string())?;
    let info = RuleInfo {
        id: rule.id,
        provider: provider.id.clone(),
        provider_name: provider.name.clone(),
        title: rule.title,
        description: rule.description,
        confidence: rule.confidence,
        severity: rule.severity,
        lifetime: rule.lifetime,
        taxa: rule.taxa.unwrap_or_else(|| default_taxa(rule.lifetime)),
        tags: rule.tags,
        remediation: Remediation {
            revoke: rule.remediation.revoke,
            rotate: rule.remediation.rotate,
            url: rule.remediation.url,
        },
        references: rule.references,
        basis: rule.basis,
    };
    Ok(Loaded {
        lowered,
        info,
        examples: rule.examples,
    })
}

fn counted(given: Count, id: &str) -> Result<AtLeast, String> {
    let of = match (given.class, given.characters) {
        (Some(class), None) => Characters::Class(class),
        (None, Some(text)) => Characters::These(text),
        _ => {
            return Err(format!(
                "rule `{id}`: `at-least` takes one of `class` and `characters`"
            ));
        }
    };
    let count = given.count;
    Ok(AtLeast { of, count })
}

fn allowed(table: AllowTable) -> Allow {
    Allow {
        all: table.all,
        unless: table.unless,
        paths: table.paths,
        regexes: table.regexes,
        target: table.target,
        stopwords: table.stopwords,
    }
}

/// A hard-coded credential that leaked, and one that lives too long.
pub(crate) fn default_taxa(lifetime: Lifetime) -> Vec<String> {
    let mut taxa = vec!["CWE-798".to_owned(), "NHI2:2025".to_owned()];
    if matches!(lifetime, Lifetime::L3 | Lifetime::L4 | Lifetime::L5) {
        taxa.push("NHI7:2025".to_owned());
    }
    taxa
}
