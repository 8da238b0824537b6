//! The flags of `sluice scan`, in groups that other commands share.

use std::path::PathBuf;

use clap::{ArgMatches, Args};
use sluicegate::config::{Config, FileSize, Origin, Setting};
use sluicegate::gate::Time;
use sluicegate::{Confidence, Kinds, MarkerKind, Options};

use super::change::ChangeArgs;
use super::history::HistoryArgs;
use crate::plan::clock;

use super::value::{self, Format, KindWord, OutputWord};

/// What follows the flags in the help of `sluice scan`.
pub(crate) const SCAN_AFTER_HELP: &str = "\
Exit codes:
  0  no findings
  1  findings
  2  wrong usage: a flag, a path that does not exist, a configuration or a rule file
  3  an error, or incomplete: something could not be read, output could not be written,
     or the scan was interrupted; also when there are findings, so that an incomplete
     answer never looks like a complete one

Examples:
  sluice scan
  sluice scan src .env --min-confidence hint
  sluice scan --staged
  sluice scan --range origin/main...HEAD
  sluice scan --format sarif --output sluice.sarif --format text
  sluice scan --output findings.json
  sluice scan --history --since 90d";

/// `sluice scan`
#[derive(Debug, Args)]
#[command(after_help = SCAN_AFTER_HELP)]
pub(crate) struct ScanArgs {
    /// Files and folders to scan; `-` is standard input. With --history, a repository.
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = false)]
    pub(crate) paths: Vec<PathBuf>,

    /// Format of a report: text unless --output tells another.
    ///
    /// Can be given several times, each with an --output of its own; one report may go
    /// to standard output.
    #[arg(long, value_enum, help_heading = "Output", value_name = "FORMAT")]
    pub(crate) format: Vec<Format>,

    /// File for the report of the --format before it; `-` is standard output.
    ///
    /// Without a --format the format is taken from the name: .txt, .json, .jsonl or
    /// .sarif. The file is replaced once the report is whole.
    #[arg(long, short, help_heading = "Output", value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// Print secrets as they are. Reports then are secrets themselves.
    #[arg(long, help_heading = "Output")]
    pub(crate) show_secrets: bool,

    /// Print findings and errors only: no summary, no progress.
    #[arg(long, short, help_heading = "Output", conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Show no progress. It is shown only on a terminal, and only if a scan takes long.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,

    /// Say which configuration, rules and threads are used.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// The formats and outputs in the order in which they were typed.
    #[arg(skip)]
    pub(crate) output_words: Vec<OutputWord>,
}

impl ScanArgs {
    /// The formats and outputs in the order in which they were typed.
    pub(super) fn output_words(matches: &ArgMatches) -> Vec<OutputWord> {
        let formats = matches
            .get_many::<Format>("format")
            .into_iter()
            .flatten()
            .map(|format| OutputWord::Format(*format));
        let outputs = matches
            .get_many::<PathBuf>("output")
            .into_iter()
            .flatten()
            .map(|path| OutputWord::Output(path.clone()));
        let places = |id| matches.indices_of(id).into_iter().flatten();
        let mut words: Vec<(usize, OutputWord)> = places("format")
            .zip(formats)
            .chain(places("output").zip(outputs))
            .collect();
        words.sort_by_key(|(place, _)| *place);
        words.into_iter().map(|(_, word)| word).collect()
    }
}

/// What is scanned and what counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is scanned and what counts")]
pub(crate) struct Tuning {
    /// Least confidence of findings that count [default: probable].
    #[arg(long, value_name = "LEVEL", value_parser = value::confidence())]
    pub(crate) min_confidence: Option<Confidence>,

    /// Leave larger files out, such as 500K, 10M or 1G; `none` for no limit [default: 1G].
    ///
    /// A file left out makes the scan incomplete.
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_file_size: Option<FileSize>,

    /// How many archives, packages and images in each other are opened; 0 opens none
    /// [default: 8].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) archive_depth: Option<usize>,

    /// Leave paths out that match, as in .gitignore (can be given several times).
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,

    /// Scan files that git ignores and does not track as well.
    #[arg(long)]
    pub(crate) no_ignore: bool,

    /// Do not honour this suppression marker (can be given several times).
    #[arg(long, value_name = "NAME", value_parser = value::marker())]
    pub(crate) ignore_marker: Vec<MarkerKind>,

    /// Honour no suppression markers at all.
    #[arg(long)]
    pub(crate) no_markers: bool,

    /// What to look for: values, references to stored credentials, or both [default: all].
    ///
    /// A reference is a place that holds no secret and still makes a build, a deploy or a
    /// running system depend on a stored credential that does not expire.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) kind: Option<KindWord>,

    /// How many threads; 0 for one per processor [default: 0].
    #[arg(long, value_name = "N", value_parser = value::threads())]
    pub(crate) threads: Option<usize>,

    /// Tell what is expired as if it were this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<Time>,
}

/// Which rules are used.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Add a rule file, or all *.toml files in a folder (can be given several times).
    ///
    /// A rule with the id of a built-in one takes its place.
    #[arg(long = "rules", value_name = "FILE|DIR")]
    pub(crate) rule_paths: Vec<PathBuf>,

    /// Leave the built-in rules out.
    #[arg(long)]
    pub(crate) no_builtin_rules: bool,

    /// Use only this rule (can be given several times).
    #[arg(long, value_name = "ID")]
    pub(crate) rule: Vec<String>,

    /// Leave this rule out (can be given several times).
    #[arg(long, value_name = "ID")]
    pub(crate) exclude_rule: Vec<String>,
}

/// Which configuration is used.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// Use this configuration file.
    ///
    /// Without it, .sluice.toml is looked for in the folder of the first path and those
    /// above, up to the root of the repository, or of the file system where there is none.
    #[arg(long = "config", value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) file: Option<PathBuf>,

    /// Use no configuration file.
    #[arg(long)]
    pub(crate) no_config: bool,
}

impl Tuning {
    /// Writes what has no place in the configuration into the options.
    pub(crate) fn choose(&self, options: &mut Options) {
        options.now = Some(clock(self.clock).seconds());
        let (secrets, references) = match self.kind {
            None => return,
            Some(KindWord::Secret) => (true, false),
            Some(KindWord::Reference) => (false, true),
            Some(KindWord::All) => (true, true),
        };
        options.kinds = Kinds {
            secrets,
            references,
        };
    }

    /// Writes what was typed into a layer of the configuration.
    pub(crate) fn fill(&self, layer: &mut Config) {
        layer.min_confidence = self.min_confidence.map(|c| given(c, "--min-confidence"));
        layer.max_file_size = self
            .max_file_size
            .map(|size| given(size, "--max-file-size"));
        layer.archive_depth = self.archive_depth.map(|n| given(n, "--archive-depth"));
        layer.exclude = each(&self.exclude, "--exclude");
        layer.respect_ignore_files = self.no_ignore.then(|| given(false, "--no-ignore"));
        layer.disabled_markers = each(&self.ignore_marker, "--ignore-marker");
        layer.markers = self.no_markers.then(|| given(Vec::new(), "--no-markers"));
        layer.threads = self.threads.map(|n| given(n, "--threads"));
    }
}

impl RuleArgs {
    /// Writes what was typed into a layer of the configuration.
    pub(crate) fn fill(&self, layer: &mut Config) {
        layer.rule_paths = each(&self.rule_paths, "--rules");
        layer.builtin_rules = self
            .no_builtin_rules
            .then(|| given(false, "--no-builtin-rules"));
        layer.only_rules = each(&self.rule, "--rule");
        layer.exclude_rules = each(&self.exclude_rule, "--exclude-rule");
    }
}

fn given<T>(value: T, flag: &'static str) -> Setting<T> {
    Setting::new(value, Origin::Given(flag))
}

fn each<T: Clone>(values: &[T], flag: &'static str) -> Vec<Setting<T>> {
    values
        .iter()
        .map(|value| given(value.clone(), flag))
        .collect()
}
