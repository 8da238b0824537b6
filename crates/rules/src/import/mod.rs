//! Rule files of other scanners, as rules of ours.
//!
//! - gitleaks and betterleaks: TOML with `[[rules]]`; the patterns are Go's.
//! - Nosey Parker, Titus and Kingfisher: YAML with `rules:`.
//!
//! What such a file says is kept as far as the engine can say it. Each rule ends in one of
//! three ways: it means the same here, it means something near that is named, or it is left
//! out and the reason is named. Nothing is dropped in silence.

mod anchor;
mod draft;
mod filter;
mod gitleaks;
mod go;
mod group;
mod kingfisher;
pub(crate) mod known;
mod tree;
mod write;

use std::collections::HashMap;
use std::fmt;

use sluicegate_core::Allow;

use crate::diagnostic::Diagnostic;
use crate::format::Loaded;
use tree::Node;

/// What wrote a rule file for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// gitleaks, TOML.
    Gitleaks,
    /// betterleaks, TOML with filters.
    Betterleaks,
    /// Nosey Parker or Titus, YAML.
    NoseyParker,
    /// Kingfisher, YAML.
    Kingfisher,
}

impl ImportFormat {
    /// The name of the scanner.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Betterleaks => "betterleaks",
            Self::NoseyParker => "Nosey Parker",
            Self::Kingfisher => "Kingfisher",
        }
    }
}

impl fmt::Display for ImportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a rule came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It finds here what it found there.
    Translated,
    /// It finds nearly that; the remarks say where it differs.
    Approximated,
    /// It is left out; the remarks say why.
    Refused,
}

impl Fate {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Translated => "translated",
            Self::Approximated => "approximated",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportNote {
    /// The rule, as its file calls it.
    pub rule: String,
    /// Its id here; another one where it was not lower-case letters, digits and hyphens.
    pub id: String,
    /// Where it stands in its file, counted from 1.
    pub line: usize,
    /// How it came through.
    pub fate: Fate,
    /// Why it is approximated or refused.
    pub remarks: Vec<String>,
    /// What was left out and does not change what is found, such as live validation.
    pub left_out: Vec<String>,
}

/// Rules of a foreign file.
///
/// ```
/// use sluicegate_rules::{Fate, import};
///
/// let text = "[[rules]]\nid = 'acme'\nregex = 'acme_[0-9a-f]{16}'\nkeywords = ['acme_']\n";
/// let imported = import("acme.toml", text, &|path| Err(format!("`{path}` is not here")))
///     .expect("it is a file of gitleaks")?;
/// assert_eq!(imported.notes()[0].fate, Fate::Translated);
/// assert!(imported.to_toml().contains("[[rule]]"));
/// # Ok::<(), sluicegate_rules::Diagnostic>(())
/// ```
#[derive(Clone)]
pub struct Imported {
    pub(crate) name: String,
    pub(crate) format: ImportFormat,
    pub(crate) rules: Vec<Loaded>,
    pub(crate) notes: Vec<ImportNote>,
    pub(crate) remarks: Vec<String>,
    /// Whether the file adds to the rules that its scanner brings along.
    pub(crate) extends_default: bool,
    /// What it lets pass whatever the rule.
    pub(crate) everywhere: Vec<Allow>,
    /// What it lets pass of rules that it does not define itself.
    pub(crate) elsewhere: Vec<(String, Vec<Allow>)>,
    /// Rules that it takes away and does not define.
    pub(crate) disabled: Vec<String>,
}

impl Imported {
    /// The file, as it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What wrote it.
    pub fn format(&self) -> ImportFormat {
        self.format
    }

    /// What became of each rule, in the order of the file.
    pub fn notes(&self) -> &[ImportNote] {
        &self.notes
    }

    /// What is to be said about the file as a whole.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether the file adds to the rules that its scanner brings along, and does not
    /// replace them.
    pub fn extends_default(&self) -> bool {
        self.extends_default
    }

    /// How many rules ended so.
    pub fn count(&self, fate: Fate) -> usize {
        self.notes.iter().filter(|note| note.fate == fate).count()
    }

    /// Gives other ids to rules whose ids `is_taken` says are taken: another file may have
    /// used them.
    #[must_use]
    pub fn avoiding(mut self, is_taken: impl Fn(&str) -> bool) -> Self {
        let own = |id: &str| self.rules.iter().any(|rule| rule.lowered.spec().id == id);
        let mut names: HashMap<String, String> = HashMap::new();
        for rule in &self.rules {
            let id = &rule.lowered.spec().id;
            if is_taken(id) {
                let free = (2..)
                    .map(|number| format!("{id}-{number}"))
                    .find(|name| !is_taken(name) && !own(name))
                    .unwrap_or_else(|| id.clone());
                names.insert(id.clone(), free);
            }
        }
        if names.is_empty() {
            return self;
        }
        let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
        for rule in &mut self.rules {
            rule.lowered = rule.lowered.clone().renamed(name);
            rule.info.id = name(&rule.info.id);
        }
        for note in &mut self.notes {
            note.id = name(&note.id);
        }
        self
    }

    /// The rules in our own format, with what became of each as comments.
    pub fn to_toml(&self) -> String {
        write::files(&[self])
    }

    /// The rules of several files, as one in our own format.
    pub fn all_to_toml<'f>(files: impl IntoIterator<Item = &'f Self>) -> String {
        let mut taken: Vec<String> = Vec::new();
        let mut distinct = Vec::new();
        for file in files {
            let file = file
                .clone()
                .avoiding(|id| taken.iter().any(|known| known == id));
            let ids = file.rules.iter().map(|rule| rule.info.id.clone());
            taken.extend(ids);
            distinct.push(file);
        }
        write::files(&distinct.iter().collect::<Vec<_>>())
    }
}

/// Reads the file at a path that a rule file names; an error says why it cannot.
pub type Reader<'r> = &'r dyn Fn(&str) -> Result<String, String>;

/// The rules in `text` if it is a file of another scanner, `None` if it is none that is
/// known; `name` is what errors call it, and its ending tells YAML from TOML.
///
/// # Errors
///
/// If the file is not valid for the scanner that it was written for.
pub fn import(name: &str, text: &str, read: Reader<'_>) -> Option<Result<Imported, Diagnostic>> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".yml") || lower.ends_with(".yaml") {
        return Some(tree::yaml(name, text).and_then(|tree| kingfisher::read(name, &tree)));
    }
    // A file that is no TOML at all is for our own reader to complain about.
    let tree = tree::toml(name, text).ok()?;
    is_gitleaks(&tree).then(|| gitleaks::read(name, &tree, read))
}

fn is_gitleaks(tree: &Node) -> bool {
    const KEYS: &[&str] = &[
        "rules",
        "extend",
        "allowlist",
        "allowlists",
        "filter",
        "prefilter",
    ];
    let ours = |key: &str| ["rule", "provider"].contains(&key);
    let theirs = |key: &str| KEYS.iter().any(|known| known.eq_ignore_ascii_case(key));
    !tree.keys().any(ours) && tree.keys().any(theirs)
}
