//! `.sluice.toml`: what may stand in it, and what is said about what may not.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use sluicegate_core::Confidence;
use sluicegate_rules::{Diagnostic, locate, nearest, toml_error};
use sluicegate_scan::MarkerKind;
use toml::Spanned;

use super::{Color, Config, FileSize, MAX_THREADS, Origin, Setting, read};

/// The file as it is written; one struct for each table.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    scan: Scan,
    rules: Rules,
    suppressions: Suppressions,
    output: Output,
    fingerprint: Fingerprint,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Scan {
    threads: Option<Spanned<usize>>,
    max_file_size: Option<Spanned<toml::Value>>,
    archive_depth: Option<Spanned<usize>>,
    min_confidence: Option<Spanned<String>>,
    exclude: Vec<Spanned<String>>,
    respect_ignore_files: Option<Spanned<bool>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Rules {
    paths: Vec<Spanned<String>>,
    builtin: Option<Spanned<bool>>,
    only: Vec<Spanned<String>>,
    exclude: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Suppressions {
    markers: Option<Spanned<Vec<Spanned<String>>>>,
    disable: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Output {
    color: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Fingerprint {
    key_file: Option<Spanned<String>>,
}

impl Config {
    /// The layer that the file at `path` makes.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or as [`Config::parse`].
    pub fn load(path: &Path) -> Result<Self, Diagnostic> {
        let name = path.to_string_lossy();
        let text = if path.is_file() || !path.exists() {
            read::text(path)
        } else {
            // A pipe in a repository must not make the scan wait for ever.
            Err("is not a regular file".into())
        };
        let text = text.map_err(|why| Diagnostic::new(&name, None, why))?;
        Self::parse(&name, &text, path.parent().unwrap_or(Path::new("")))
    }

    /// The layer that `text` makes. `name` is what errors and origins call it; paths in
    /// it are taken from `folder`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, with its line: no TOML, an unknown key or
    /// a value that the key cannot have.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(name, text, &error))?;
        let at = Place { name, text };
        let markers = match file.suppressions.markers {
            Some(list) => {
                let line = list.span().start;
                let kinds: Result<Vec<_>, _> = list
                    .into_inner()
                    .into_iter()
                    .map(|word| at.word(word, MARKERS).map(|marker| marker.value))
                    .collect();
                Some(Setting::new(kinds?, at.origin(line)))
            }
            None => None,
        };
        let words = |list: Vec<Spanned<String>>| -> Vec<_> {
            list.into_iter().map(|word| at.setting(word)).collect()
        };
        let path = |text: Spanned<String>| at.setting(text).map(|text| folder.join(text));
        Ok(Self {
            threads: file.scan.threads.map(|n| at.threads(n)).transpose()?,
            max_file_size: file.scan.max_file_size.map(|v| at.size(v)).transpose()?,
            archive_depth: file.scan.archive_depth.map(|n| at.setting(n)),
            min_confidence: file
                .scan
                .min_confidence
                .map(|word| at.word(word, CONFIDENCES))
                .transpose()?,
            exclude: words(file.scan.exclude),
            respect_ignore_files: file.scan.respect_ignore_files.map(|yes| at.setting(yes)),
            rule_paths: file.rules.paths.into_iter().map(path).collect(),
            builtin_rules: file.rules.builtin.map(|yes| at.setting(yes)),
            only_rules: words(file.rules.only),
            exclude_rules: words(file.rules.exclude),
            markers,
            disabled_markers: file
                .suppressions
                .disable
                .into_iter()
                .map(|word| at.word(word, MARKERS))
                .collect::<Result<_, _>>()?,
            color: file
                .output
                .color
                .map(|word| at.word(word, COLORS))
                .transpose()?,
            key_file: file.fingerprint.key_file.map(path),
        })
    }
}

/// Words that a key can have.
type Known = fn() -> Vec<&'static str>;

const CONFIDENCES: Known = || Confidence::ALL.iter().map(|c| c.as_str()).collect();
const MARKERS: Known = || MarkerKind::ALL.iter().map(|m| m.name()).collect();
const COLORS: Known = || Color::ALL.iter().map(|c| c.as_str()).collect();

/// Turns offsets into origins and complaints.
#[derive(Clone, Copy)]
struct Place<'t> {
    name: &'t str,
    text: &'t str,
}

impl Place<'_> {
    fn origin(self, offset: usize) -> Origin {
        Origin::File {
            name: self.name.to_owned(),
            line: locate(self.text, offset),
        }
    }

    fn setting<T>(self, value: Spanned<T>) -> Setting<T> {
        let origin = self.origin(value.span().start);
        Setting::new(value.into_inner(), origin)
    }

    fn wrong(self, offset: usize, message: String) -> Diagnostic {
        Diagnostic::new(self.name, Some(locate(self.text, offset)), message)
    }

    fn word<T: FromStr>(
        self,
        word: Spanned<String>,
        known: Known,
    ) -> Result<Setting<T>, Diagnostic> {
        match word.get_ref().parse() {
            Ok(value) => Ok(Setting::new(value, self.origin(word.span().start))),
            Err(_) => {
                let given = word.get_ref();
                let known = known();
                let hint = nearest(given, known.iter().copied())
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                let message = format!("`{given}` is none of {}{hint}", known.join(", "));
                Err(self.wrong(word.span().start, message))
            }
        }
    }

    fn threads(self, count: Spanned<usize>) -> Result<Setting<usize>, Diagnostic> {
        if *count.get_ref() > MAX_THREADS {
            let message = format!("{} threads: at most {MAX_THREADS}", count.get_ref());
            return Err(self.wrong(count.span().start, message));
        }
        Ok(self.setting(count))
    }

    /// A size is a number of bytes or a text with a unit.
    fn size(self, value: Spanned<toml::Value>) -> Result<Setting<FileSize>, Diagnostic> {
        let size = match value.get_ref() {
            toml::Value::Integer(count) => u64::try_from(*count)
                .map(FileSize::bytes)
                .map_err(|_| format!("{count} is no size: it is below zero")),
            toml::Value::String(text) => text.parse(),
            _ => Err("a size is a number of bytes, or a text such as \"10M\"".into()),
        };
        let offset = value.span().start;
        size.map(|size| Setting::new(size, self.origin(offset)))
            .map_err(|message| self.wrong(offset, message))
    }
}

impl<T> Setting<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting::new(change(self.value), self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        match Config::parse(".sluice.toml", text, Path::new("")) {
            Ok(config) => panic!("accepted {text:?} as {config:?}"),
            Err(diagnostic) => diagnostic.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_way_out() {
        for (text, parts) in [
            ("[scn]\n", &[":1:", "unknown key", "`scan`"][..]),
            (
                "[scan]\n\nthread = 2\n",
                &[":3:", "`thread`", "did you mean `threads`"],
            ),
            ("[rules]\nexlude = []\n", &[":2:", "did you mean `exclude`"]),
            ("[scan]\nthreads = -1\n", &[":2:", "-1"]),
            ("[scan]\nthreads = 99999\n", &[":2:", "at most 1024"]),
            (
                "[scan]\nmax-file-size = '10X'\n",
                &[":2:", "`10X` is no size"],
            ),
            ("[scan]\nmax-file-size = -5\n", &[":2:", "below zero"]),
            (
                "[scan]\nmax-file-size = true\n",
                &[":2:", "a number of bytes"],
            ),
            (
                "[scan]\nmin-confidence = 'definit'\n",
                &[":2:", "hint, probable, definite", "did you mean `definite`"],
            ),
            (
                "[suppressions]\ndisable = [\n  'gitleaks',\n  'truflehog',\n]\n",
                &[":4:", "did you mean `trufflehog`"],
            ),
            (
                "[output]\ncolor = 'sometimes'\n",
                &[":2:", "auto, always, never"],
            ),
            ("[scan\n", &[":1:"]),
            (
                "[scan]\nshow-secrets = true\n",
                &[":2:", "unknown key `show-secrets`"],
            ),
        ] {
            let message = wrong(text);
            for part in parts {
                assert!(
                    message.contains(part),
                    "{text:?}: {message:?} lacks {part:?}"
                );
            }
        }
    }

    #[test]
    fn every_key_is_read_with_its_line() {
        let text = "\
[scan]
threads = 3
max-file-size = '10M'
min-confidence = 'hint'
exclude = ['a/**',
  'b/**']
respect-ignore-files = false
[rules]
paths = ['own.toml']
builtin = false
only = ['x']
exclude = ['y']
[suppressions]
markers = ['sluice', 'gitleaks']
disable = ['gitleaks']
[output]
color = 'never'
[fingerprint]
key-file = 'key'
";
        let config = Config::parse("f", text, Path::new("/etc")).expect("it is valid");
        let line = |origin: &Origin| match origin {
            Origin::File { line, .. } => *line,
            other => panic!("{other:?}"),
        };
        let lines = [
            config.threads.as_ref().map(|s| line(&s.origin)),
            config.max_file_size.as_ref().map(|s| line(&s.origin)),
            config.min_confidence.as_ref().map(|s| line(&s.origin)),
            config.exclude.first().map(|s| line(&s.origin)),
            config.exclude.last().map(|s| line(&s.origin)),
            config
                .respect_ignore_files
                .as_ref()
                .map(|s| line(&s.origin)),
            config.rule_paths.first().map(|s| line(&s.origin)),
            config.builtin_rules.as_ref().map(|s| line(&s.origin)),
            config.only_rules.first().map(|s| line(&s.origin)),
            config.exclude_rules.first().map(|s| line(&s.origin)),
            config.markers.as_ref().map(|s| line(&s.origin)),
            config.disabled_markers.first().map(|s| line(&s.origin)),
            config.color.as_ref().map(|s| line(&s.origin)),
            config.key_file.as_ref().map(|s| line(&s.origin)),
        ];
        let want = [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 19];
        assert_eq!(lines, want.map(Some));
        assert_eq!(config.rule_paths[0].value, Path::new("/etc/own.toml"));
        let settings = config.or_default();
        let options = settings.options();
        assert!(options.is_err(), "the key file is not there");
    }
}
