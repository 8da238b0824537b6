//! What a user chooses: the file `.sluice.toml`, what is laid over it, and what comes
//! of both.
//!
//! - [`Config`] is one layer: every knob is unset until somebody sets it. It is read
//!   from a file by [`Config::load`] or filled from flags.
//! - [`Settings`] is what is in force; each value knows its [`Origin`].
//!
//! Whoever starts a scan decides which layers there are; nothing here looks at flags or
//! at the environment.

mod file;
mod list;
mod read;
mod settings;
mod size;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sluicegate_core::Confidence;
use sluicegate_scan::MarkerKind;

pub use list::{Entry, Shown, Value};
pub use settings::{Settings, import_rules};
pub use size::FileSize;

/// The name of the file.
pub const FILE_NAME: &str = ".sluice.toml";

/// The names of configurations of other scanners, the first that is there counts.
pub const FOREIGN_NAMES: &[&str] = &[".betterleaks.toml", ".gitleaks.toml"];

/// The most threads that can be asked for.
pub const MAX_THREADS: usize = 1024;

/// One layer of choices; later layers are laid over earlier ones.
///
/// ```
/// use sluicegate::config::{Config, Origin, Setting};
///
/// let text = "[scan]\nthreads = 2\nexclude = ['vendor/**']\n";
/// let file = Config::parse(".sluice.toml", text, "".as_ref())?;
/// let mut flags = Config::default();
/// flags.threads = Some(Setting::new(4, Origin::Given("--threads")));
///
/// let settings = flags.over(file).or_default();
/// assert_eq!(settings.threads.value, 4);
/// assert_eq!(settings.exclude[0].origin.to_string(), ".sluice.toml:3");
/// assert_eq!(settings.min_confidence.origin, Origin::Default);
/// # Ok::<(), sluicegate::Diagnostic>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// `scan.threads`: how many threads; 0 for one per processor.
    pub threads: Option<Setting<usize>>,
    /// `scan.max-file-size`: larger files are left out and counted.
    pub max_file_size: Option<Setting<FileSize>>,
    /// `scan.archive-depth`: how many archives in each other are opened; 0 opens none.
    pub archive_depth: Option<Setting<usize>>,
    /// `scan.min-confidence`: less sure findings are only counted.
    pub min_confidence: Option<Setting<Confidence>>,
    /// `scan.exclude`: globs of paths that are left out. Layers add to it.
    pub exclude: Vec<Setting<String>>,
    /// `scan.respect-ignore-files`: whether files that git ignores and does not track
    /// are left out.
    pub respect_ignore_files: Option<Setting<bool>>,
    /// `rules.paths`: rule files and folders of them. Layers add to it.
    pub rule_paths: Vec<Setting<PathBuf>>,
    /// `rules.builtin`: whether the built-in rules are used.
    pub builtin_rules: Option<Setting<bool>>,
    /// `rules.only`: the only rules to use, all if empty. The upper layer that names
    /// any replaces the lower one.
    pub only_rules: Vec<Setting<String>>,
    /// `rules.exclude`: rules that are not used. Layers add to it.
    pub exclude_rules: Vec<Setting<String>>,
    /// `suppressions.markers`: the markers that are honoured.
    pub markers: Option<Setting<Vec<MarkerKind>>>,
    /// `suppressions.disable`: markers that are not. Layers add to it.
    pub disabled_markers: Vec<Setting<MarkerKind>>,
    /// `output.color`: whether text is coloured.
    pub color: Option<Setting<Color>>,
    /// `fingerprint.key-file`: the file that holds the key of fingerprints.
    pub key_file: Option<Setting<PathBuf>>,
}

impl Config {
    /// This layer where it says something, `below` where it does not. Lists are joined,
    /// the lower one first; `rules.only` is replaced.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            threads: self.threads.or(below.threads),
            max_file_size: self.max_file_size.or(below.max_file_size),
            archive_depth: self.archive_depth.or(below.archive_depth),
            min_confidence: self.min_confidence.or(below.min_confidence),
            exclude: [below.exclude, self.exclude].concat(),
            respect_ignore_files: self.respect_ignore_files.or(below.respect_ignore_files),
            rule_paths: [below.rule_paths, self.rule_paths].concat(),
            builtin_rules: self.builtin_rules.or(below.builtin_rules),
            only_rules: if self.only_rules.is_empty() {
                below.only_rules
            } else {
                self.only_rules
            },
            exclude_rules: [below.exclude_rules, self.exclude_rules].concat(),
            markers: self.markers.or(below.markers),
            disabled_markers: [below.disabled_markers, self.disabled_markers].concat(),
            color: self.color.or(below.color),
            key_file: self.key_file.or(below.key_file),
        }
    }

    /// The configuration file for a scan of `target`: the first one in its folder or in
    /// a folder above. The search ends at the root of the repository that the target
    /// is in, or at the root of the file system where there is none.
    pub fn find(target: &Path) -> Option<PathBuf> {
        upwards(target, &[FILE_NAME])
    }

    /// The configuration of gitleaks or betterleaks for a scan of `target`, looked for as
    /// [`find`](Self::find) does. It counts where there is no file of ours.
    pub fn find_foreign(target: &Path) -> Option<PathBuf> {
        upwards(target, FOREIGN_NAMES)
    }
}

/// The first file of one of these names in the folder of `target` or above.
fn upwards(target: &Path, names: &[&str]) -> Option<PathBuf> {
    // What does not exist has no folder; the scan itself will say so.
    let start = std::fs::canonicalize(target).ok()?;
    for folder in start.ancestors().skip(usize::from(!start.is_dir())) {
        let mut files = names.iter().map(|name| folder.join(name));
        // A link that leads nowhere counts: it was meant to be read.
        if let Some(file) = files.find(|file| file.symlink_metadata().is_ok()) {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// Joins the two.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody chose it.
    Default,
    /// A configuration file.
    File {
        /// The file, as it was named.
        name: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// The caller, with a flag or an argument of this name.
    Given(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Given(name) => f.write_str(name),
        }
    }
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Where it goes to a terminal that can show it.
    #[default]
    Auto,
    /// Wherever it goes.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Auto, Self::Always, Self::Never];

    /// The word for it in files and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|c| c.as_str());
        Self::ALL
            .iter()
            .copied()
            .find(|color| color.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "`{text}` is none of {}",
                    known().collect::<Vec<_>>().join(", ")
                )
            })
    }
}
