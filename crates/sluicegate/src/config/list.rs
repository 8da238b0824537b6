//! All settings by name, for people who ask what is in force.

use super::{Origin, Setting, Settings};

/// One key of the configuration and what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The table and the key, such as `scan.threads`.
    pub key: &'static str,
    /// What it is set to.
    pub shown: Shown,
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Unset,
    /// One value.
    One(Setting<Value>),
    /// A list, and where the list as a whole comes from.
    Many(Vec<Setting<Value>>, Origin),
}

/// A value as it is written in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(usize),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(String),
}

impl Settings {
    /// All keys with their values, in the order in which files have them; those of one
    /// table stand together.
    pub fn entries(&self) -> Vec<Entry> {
        let text = |value: &dyn ToString| Value::Text(value.to_string());
        let markers = &self.markers;
        let listed = markers
            .value
            .iter()
            .map(|kind| Setting::new(text(kind), markers.origin.clone()));
        let key_file = match &self.key_file {
            Some(file) => one(file, |path| text(&path.display())),
            None => Shown::Unset,
        };
        let table = [
            ("scan.threads", one(&self.threads, |n| Value::Number(*n))),
            ("scan.max-file-size", one(&self.max_file_size, |n| text(n))),
            (
                "scan.archive-depth",
                one(&self.archive_depth, |n| Value::Number(*n)),
            ),
            (
                "scan.min-confidence",
                one(&self.min_confidence, |c| text(c)),
            ),
            ("scan.exclude", many(&self.exclude, |glob| text(glob))),
            (
                "scan.respect-ignore-files",
                one(&self.respect_ignore_files, |yes| Value::Bool(*yes)),
            ),
            (
                "rules.paths",
                many(&self.rule_paths, |p| text(&p.display())),
            ),
            (
                "rules.builtin",
                one(&self.builtin_rules, |yes| Value::Bool(*yes)),
            ),
            ("rules.only", many(&self.only_rules, |id| text(id))),
            ("rules.exclude", many(&self.exclude_rules, |id| text(id))),
            (
                "suppressions.markers",
                Shown::Many(listed.collect(), markers.origin.clone()),
            ),
            (
                "suppressions.disable",
                many(&self.disabled_markers, |kind| text(kind)),
            ),
            ("output.color", one(&self.color, |c| text(&c.as_str()))),
            ("fingerprint.key-file", key_file),
        ];
        table.map(|(key, shown)| Entry { key, shown }).into()
    }
}

fn one<T>(setting: &Setting<T>, show: impl Fn(&T) -> Value) -> Shown {
    Shown::One(Setting::new(show(&setting.value), setting.origin.clone()))
}

fn many<T>(settings: &[Setting<T>], show: impl Fn(&T) -> Value) -> Shown {
    let shown = |s: &Setting<T>| Setting::new(show(&s.value), s.origin.clone());
    let origin = settings
        .last()
        .map_or(Origin::Default, |s| s.origin.clone());
    Shown::Many(settings.iter().map(shown).collect(), origin)
}
