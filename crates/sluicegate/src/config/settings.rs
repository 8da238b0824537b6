//! What is in force, and what a scan needs of it.

use std::path::{Path, PathBuf};

use sluicegate_core::Confidence;
use sluicegate_references::Pattern;
use sluicegate_rules::{Diagnostic, Imported, Rules, RulesBuilder, Scope, import};
use sluicegate_scan::{MarkerKind, Options, Scanner};

use super::{Color, Config, FileSize, Origin, Setting, read};

/// The least length of a fingerprint key in bytes; a shorter one can be guessed.
const MIN_KEY: usize = 16;

/// What is in force after all layers were laid over the defaults. The fields are those
/// of [`Config`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each field is described once, in Config")]
pub struct Settings {
    pub threads: Setting<usize>,
    pub max_file_size: Setting<FileSize>,
    pub archive_depth: Setting<usize>,
    pub min_confidence: Setting<Confidence>,
    pub exclude: Vec<Setting<String>>,
    pub respect_ignore_files: Setting<bool>,
    pub rule_paths: Vec<Setting<PathBuf>>,
    pub builtin_rules: Setting<bool>,
    pub only_rules: Vec<Setting<String>>,
    pub exclude_rules: Vec<Setting<String>>,
    pub markers: Setting<Vec<MarkerKind>>,
    pub disabled_markers: Vec<Setting<MarkerKind>>,
    pub color: Setting<Color>,
    pub key_file: Option<Setting<PathBuf>>,
    /// The configuration of another scanner whose rules and lists count, if there is one;
    /// see [`Config::find_foreign`].
    pub foreign: Option<PathBuf>,
}

impl Config {
    /// This layer, with the defaults for everything that it leaves open.
    pub fn or_default(self) -> Settings {
        fn or<T>(given: Option<Setting<T>>, default: T) -> Setting<T> {
            given.unwrap_or(Setting::new(default, Origin::Default))
        }
        let default = Options::default();
        let size = default
            .max_file_size
            .map_or(FileSize::UNLIMITED, FileSize::bytes);
        Settings {
            threads: or(self.threads, default.threads),
            max_file_size: or(self.max_file_size, size),
            archive_depth: or(self.archive_depth, default.archive_depth),
            min_confidence: or(self.min_confidence, default.min_confidence),
            exclude: self.exclude,
            respect_ignore_files: or(self.respect_ignore_files, default.respect_ignore_files),
            rule_paths: self.rule_paths,
            builtin_rules: or(self.builtin_rules, true),
            only_rules: self.only_rules,
            exclude_rules: self.exclude_rules,
            markers: or(self.markers, default.markers),
            disabled_markers: self.disabled_markers,
            color: or(self.color, Color::Auto),
            key_file: self.key_file,
            foreign: None,
        }
    }
}

impl Settings {
    /// The options of the scan. Reads the key file, if one is named.
    ///
    /// # Errors
    ///
    /// If the key file cannot be read or is too short.
    pub fn options(&self) -> Result<Options, Diagnostic> {
        let mut options = Options::default();
        options.threads = self.threads.value;
        options.max_file_size = self.max_file_size.value.limit();
        options.archive_depth = self.archive_depth.value;
        options.min_confidence = self.min_confidence.value;
        options.markers = self.honoured_markers();
        options.exclude = values(&self.exclude);
        options.respect_ignore_files = self.respect_ignore_files.value;
        options.exclude_patterns = self.excluded_patterns();
        // Whoever chooses rules wants those, and no references.
        options.kinds.references = self.only_rules.is_empty();
        options.fingerprint_key = self.key_file.as_ref().map(key).transpose()?;
        Ok(options)
    }

    /// The markers that are honoured: those that are listed and not switched off.
    pub fn honoured_markers(&self) -> Vec<MarkerKind> {
        let off = |kind: &MarkerKind| self.disabled_markers.iter().any(|m| m.value == *kind);
        let mut kinds = self.markers.value.clone();
        kinds.retain(|kind| !off(kind));
        kinds
    }

    /// The rules, compiled for a scan with these settings. Reads the rule files.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the files, or a rule that is chosen and not there.
    pub fn rules(&self) -> Result<Rules, Vec<Diagnostic>> {
        let mut builder = Rules::builder().builtin(self.builtin_rules.value);
        let mut wrong = Vec::new();
        for setting in &self.rule_paths {
            match add_rules(std::mem::replace(&mut builder, Rules::builder()), setting) {
                Ok(more) => builder = more,
                // The remaining files are still looked at: all errors at once.
                Err(errors) => wrong.extend(errors),
            }
        }
        if let Some(path) = &self.foreign {
            match foreign(path) {
                // It says what is no finding here, whoever looks.
                Ok(Some(imported)) => builder = builder.add(imported, Scope::AllRules),
                Ok(None) => {}
                Err(error) => wrong.push(error),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        builder
            .only(values(&self.only_rules))
            .exclude(
                values(&self.exclude_rules)
                    .into_iter()
                    .filter(|id| !is_pattern(id)),
            )
            .build(&Scanner::watch_words(&self.honoured_markers()))
            .map_err(|errors| errors.into_iter().map(|e| self.placed(e)).collect())
    }

    /// The patterns of references among the rules that are not used.
    fn excluded_patterns(&self) -> Vec<String> {
        let mut ids = values(&self.exclude_rules);
        ids.retain(|id| is_pattern(id));
        ids
    }

    /// A complaint about a rule that a file chose, moved to where that file says so.
    fn placed(&self, error: Diagnostic) -> Diagnostic {
        let quoted = |id: &str| error.message().contains(&format!("no rule `{id}`"));
        let chosen = self.only_rules.iter().chain(&self.exclude_rules);
        for setting in chosen {
            if let Origin::File { name, line } = &setting.origin
                && quoted(&setting.value)
            {
                return Diagnostic::new(name, Some(*line), error.message().to_owned());
            }
        }
        error
    }
}

/// Whether the id is that of a reference pattern, which no rule file has.
fn is_pattern(id: &str) -> bool {
    Pattern::all().iter().any(|pattern| pattern.id() == id)
}

fn values(settings: &[Setting<String>]) -> Vec<String> {
    settings.iter().map(|s| s.value.clone()).collect()
}

/// Adds the file, or all files in the folder.
fn add_rules(
    mut builder: RulesBuilder,
    setting: &Setting<PathBuf>,
) -> Result<RulesBuilder, Vec<Diagnostic>> {
    let path = &setting.value;
    let files = read::rule_files(path).map_err(|why| vec![named(setting, &why)])?;
    let mut wrong = Vec::new();
    for file in files {
        let name = file.to_string_lossy();
        let added = match read::text(&file) {
            Ok(text) => {
                let given = std::mem::replace(&mut builder, Rules::builder());
                given
                    .file_with(&name, &text, &|other| beside(&file, other))
                    .map_err(|errors| errors.into_iter().collect::<Vec<_>>())
            }
            Err(why) if file == *path => Err(vec![named(setting, &why)]),
            Err(why) => Err(vec![Diagnostic::new(&name, None, why)]),
        };
        match added {
            Ok(more) => builder = more,
            Err(errors) => wrong.extend(errors),
        }
    }
    if wrong.is_empty() {
        Ok(builder)
    } else {
        Err(wrong)
    }
}

/// The rules of other scanners in the file at `path`, or in all files of the folder.
///
/// # Errors
///
/// If a file cannot be read, is not valid, or is of no scanner that is known.
pub fn import_rules(path: &Path) -> Result<Vec<Imported>, Vec<Diagnostic>> {
    let shown = path.to_string_lossy();
    let files = read::rule_files(path).map_err(|why| vec![Diagnostic::new(&shown, None, why)])?;
    let (mut imported, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match foreign(&file) {
            Ok(Some(one)) => imported.push(one),
            Ok(None) => {
                let why = "is no rule file of gitleaks, betterleaks, Nosey Parker or Kingfisher";
                wrong.push(Diagnostic::new(
                    &file.to_string_lossy(),
                    None,
                    why.to_owned(),
                ));
            }
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() {
        Ok(imported)
    } else {
        Err(wrong)
    }
}

/// The rules in the file of another scanner; `None` if it is none.
fn foreign(path: &Path) -> Result<Option<Imported>, Diagnostic> {
    let name = path.to_string_lossy();
    let text = read::text(path).map_err(|why| Diagnostic::new(&name, None, why))?;
    import(&name, &text, &|other| beside(path, other)).transpose()
}

/// The text of a file that the file at `path` extends. gitleaks takes its path from the
/// folder that it runs in; beside the file is what most people mean.
fn beside(path: &Path, other: &str) -> Result<String, String> {
    let near = path.parent().map(|folder| folder.join(other));
    let file = near.filter(|file| file.is_file()).unwrap_or(other.into());
    if file.exists() && !file.is_file() {
        return Err("is not a regular file".to_owned());
    }
    read::text(&file)
}

/// What is wrong with a path, said where the path was chosen.
fn named(setting: &Setting<PathBuf>, why: &str) -> Diagnostic {
    let path = setting.value.to_string_lossy();
    match &setting.origin {
        Origin::File { name, line } => {
            Diagnostic::new(name, Some(*line), format!("`{path}` {why}"))
        }
        Origin::Default | Origin::Given(_) => Diagnostic::new(&path, None, why.to_owned()),
    }
}

/// The key in the file, without the line break that editors put at its end.
fn key(file: &Setting<PathBuf>) -> Result<Vec<u8>, Diagnostic> {
    let mut key = read::bytes(&file.value).map_err(|why| named(file, &why))?;
    while key.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        key.pop();
    }
    if key.len() < MIN_KEY {
        let why = format!("is too short for a fingerprint key: at least {MIN_KEY} bytes");
        return Err(named(file, &why));
    }
    Ok(key)
}
