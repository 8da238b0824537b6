//! What can be typed. Parsing looks at nothing but the words: whether a path exists
//! and where output goes is found out by what resolves them.

mod change;
mod gate;
mod history;
mod hook;
mod references;
mod rulings;
mod scan;
mod since;
mod value;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use sluicegate::config::Color;

#[cfg(test)]
pub(crate) use gate::GATE_AFTER_HELP;
pub(crate) use gate::{
    AttestArgs, GateArgs, GateCommand, GateFormat, LogArgs, LogCommand, PredicateWord, VerifyArgs,
};
pub(crate) use hook::{HookCommand, HookInstallArgs, HookName, HookPlaceArgs, HookRunArgs};
pub(crate) use references::{
    ReferencesCommand, ReferencesListArgs, ReferencesPatternsArgs, RemediateArgs,
};
pub(crate) use rulings::{
    ApproveArgs, BaselineArgs, BaselineCommand, PolicyCommand, PolicyTestArgs, SignArgs, WaiveArgs,
    WaiverArgs, WaiverCommand,
};
#[cfg(test)]
pub(crate) use scan::SCAN_AFTER_HELP;
pub(crate) use scan::{ConfigArgs, RuleArgs, ScanArgs, Tuning};
pub(crate) use value::{Format, KindWord, OutputWord, Place};

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    about = "Find hard-coded secrets in files and folders",
    long_about = "Find hard-coded secrets in files and folders.\n\n\
        Nothing leaves the machine: no network, no telemetry. Secrets are redacted \
        everywhere unless --show-secrets is given.",
    after_help = "Start with `sluice scan` in a folder; `sluice help COMMAND` says more.",
    max_term_width = 100,
    arg_required_else_help = true,
    propagate_version = true
)]
pub(crate) struct RawArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When text is coloured.
    ///
    /// Without it NO_COLOR, CLICOLOR_FORCE and TERM are looked at, then the
    /// configuration, then whether the text goes to a terminal.
    #[arg(long, global = true, value_name = "WHEN", value_parser = value::color())]
    pub(crate) color: Option<Color>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find secrets in files, folders or standard input.
    Scan(Box<ScanArgs>),
    /// Decide about a change or an artifact: allow, remediate or block.
    Gate(Box<GateArgs>),
    /// Write, check, explain and test policies of the gate.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Keep known debt apart from what is new.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Ask for an exception, or approve one.
    Waive(Box<WaiveArgs>),
    /// Look at exceptions.
    #[command(subcommand)]
    Waiver(WaiverCommand),
    /// Approve what a change does to the gate.
    Approve(Box<ApproveArgs>),
    /// Look at the log of decisions.
    #[command(subcommand)]
    Log(LogCommand),
    /// Sign a decision for others.
    Attest(Box<AttestArgs>),
    /// Check commits and pushes by hooks of git.
    #[command(subcommand)]
    Hook(HookCommand),
    /// Look at the rules and test them.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Look at what the files depend on without holding it.
    #[command(subcommand)]
    References(ReferencesCommand),
    /// Say which references to stored credentials a change of the file turns off.
    ///
    /// Nothing is applied: with --diff the changes are printed as a patch, and a person
    /// decides. Each was tried: the changed file is still read, and holds the reference no
    /// more.
    #[command(
        after_help = "Examples:\n  sluice remediate\n  sluice remediate .github --diff > fix.patch && git apply fix.patch\n\n\
        Exits with 0 whether there is something to change or not, 3 if something could not be read."
    )]
    Remediate(RemediateArgs),
    /// Say why something on a line is reported or not.
    Explain(Box<ExplainArgs>),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print completions for a shell.
    #[command(
        after_help = "Example:\n  sluice completions bash > ~/.local/share/bash-completion/completions/sluice"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page.
    #[command(after_help = "Examples:\n  sluice man | man -l -\n  sluice man scan > sluice-scan.1")]
    Man(ManArgs),
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules that a scan here would use.
    List(RulesListArgs),
    /// Say everything about one rule.
    Show(RulesShowArgs),
    /// Run every rule's own examples through the real engine.
    ///
    /// Exits with 0 if all come out as stated, 1 if some do not, 2 if a rule file is
    /// not valid.
    Check(RulesCheckArgs),
    /// Write the rules of another scanner in our format.
    ///
    /// Takes rule files of gitleaks and betterleaks (TOML), Nosey Parker and Kingfisher
    /// (YAML). Says on standard error what became of each rule that does not mean the same
    /// here. Exits with 0 if all came through, 1 if some are refused, 2 if a file is not
    /// valid.
    #[command(
        after_help = "Example:\n  sluice rules import .gitleaks.toml --output rules/imported.toml\n\n\
        Such files can be used as they are, too: sluice scan --rules .gitleaks.toml"
    )]
    Import(RulesImportArgs),
    /// Scan and say what each rule costs, the dearest first.
    ///
    /// A rule with many anchors and few findings looks for a word that stands everywhere.
    #[command(after_help = "Example:\n  sluice rules stats . --rules my-rules.toml --limit 20")]
    Stats(RulesStatsArgs),
}

/// `sluice rules list`
#[derive(Debug, Args)]
pub(crate) struct RulesListArgs {
    /// How to write the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    /// Only rules of this provider, by id (can be given several times).
    #[arg(long, value_name = "ID")]
    pub(crate) provider: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice rules show`
#[derive(Debug, Args)]
pub(crate) struct RulesShowArgs {
    /// The id of the rule.
    pub(crate) id: String,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice rules check`
#[derive(Debug, Args)]
pub(crate) struct RulesCheckArgs {
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice rules import`
#[derive(Debug, Args)]
pub(crate) struct RulesImportArgs {
    /// The rule file, or a folder of them.
    #[arg(value_name = "FILE")]
    pub(crate) path: PathBuf,
    /// The file to write to; standard output without it.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Name every rule, those that mean the same too.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// `sluice rules stats`
#[derive(Debug, Args)]
pub(crate) struct RulesStatsArgs {
    /// The file or folder to scan.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
    /// How many rules to name at most; 0 for all that did anything.
    #[arg(long, value_name = "COUNT", default_value_t = 30)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table for people.
    Text,
    /// Everything that the rules say.
    Json,
    /// A table for documents.
    Markdown,
}

/// How one rule is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `sluice explain`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sluice explain src/settings.py:12\n  sluice explain src/settings.py:12:20   only what touches column 20\n\n\
    Exits with 0 whatever the answer is, 2 if there is no such file or line, 3 if it cannot be read."
)]
pub(crate) struct ExplainArgs {
    /// The file (`-` for standard input), the line, and the column if wanted.
    #[arg(value_name = "PATH:LINE[:COLUMN]", allow_hyphen_values = true)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what is in force, and where each value comes from.
    ///
    /// The output can be used as a `.sluice.toml`.
    Show(ConfigShowArgs),
}

/// `sluice config show`
#[derive(Debug, Args)]
pub(crate) struct ConfigShowArgs {
    /// The file or folder to show the configuration for.
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `sluice man`
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command that the page is about, such as `rules list`; none for the program.
    pub(crate) command: Vec<String>,
}

impl RawArgs {
    /// Reads the words of a command line, the program's name first.
    ///
    /// # Errors
    ///
    /// What clap has to say: an error, the help or the version.
    pub(crate) fn parse_words(
        words: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, clap::Error> {
        let mut matches = Self::command().try_get_matches_from(words)?;
        // Which --output belongs to which --format is told by their order, and that is
        // gone once the values are taken out.
        let order = matches
            .subcommand_matches("scan")
            .map(ScanArgs::output_words);
        let mut raw = Self::from_arg_matches_mut(&mut matches)?;
        if let (Command::Scan(scan), Some(order)) = (&mut raw.command, order) {
            scan.output_words = order;
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All commands and the commands below them.
    fn all(command: &clap::Command, into: &mut Vec<clap::Command>) {
        into.push(command.clone());
        for sub in command.get_subcommands() {
            all(sub, into);
        }
    }

    fn built() -> Vec<clap::Command> {
        let mut command = RawArgs::command();
        command.build();
        let mut commands = Vec::new();
        all(&command, &mut commands);
        commands
    }

    #[test]
    fn the_definition_is_sound() {
        RawArgs::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_argument_has_help() {
        for command in built() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let name = format!("{} {}", command.get_name(), arg.get_id());
                assert!(help.len() > 5, "{name} has no help");
            }
        }
    }

    /// A value that the argument takes.
    fn sample(arg: &clap::Arg) -> String {
        let known = arg.get_possible_values();
        if let Some(value) = known.first() {
            return value.get_name().to_owned();
        }
        match arg.get_id().as_str() {
            "threads" | "deadline" | "limit" => "2".into(),
            "max_file_size" => "10M".into(),
            "archive_depth" => "2".into(),
            "place" => "a.txt:3".into(),
            "since" => "90d".into(),
            "stage" => "merge".into(),
            "max_effect" => "allow".into(),
            "actor" => "agent:x".into(),
            "clock" | "expires" | "not_before" => "2026-03-01".into(),
            "head" => format!("1:{}", "0".repeat(64)),
            _ => "x".into(),
        }
    }

    #[test]
    fn every_flag_parses() {
        let mut seen = 0;
        for path in [
            &["scan"][..],
            &["gate"],
            &["gate", "verify"],
            &["policy", "init"],
            &["policy", "check"],
            &["policy", "explain"],
            &["policy", "test"],
            &["baseline", "create"],
            &["waive"],
            &["waiver", "list"],
            &["approve"],
            &["log", "show"],
            &["log", "verify"],
            &["attest"],
            &["hook", "install"],
            &["hook", "uninstall"],
            &["hook", "status"],
            &["hook", "run"],
            &["rules", "list"],
            &["rules", "show"],
            &["rules", "check"],
            &["rules", "import"],
            &["rules", "stats"],
            &["references", "list"],
            &["references", "patterns"],
            &["remediate"],
            &["explain"],
            &["config", "show"],
            &["completions"],
            &["man"],
        ] {
            let mut root = RawArgs::command();
            root.build();
            let command = path.iter().fold(&root, |command, name| {
                command.find_subcommand(name).expect("the command is there")
            });
            let required: Vec<String> = command
                .get_positionals()
                .filter(|arg| arg.is_required_set())
                .map(sample)
                .collect();
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let mut spellings = Vec::new();
                if let Some(long) = arg.get_long() {
                    spellings.push(format!("--{long}"));
                }
                if let Some(short) = arg.get_short() {
                    spellings.push(format!("-{short}"));
                }
                for spelling in spellings {
                    let mut words = vec!["sluice".to_owned()];
                    words.extend(path.iter().map(ToString::to_string));
                    words.push(spelling.clone());
                    if arg.get_action().takes_values() {
                        words.push(sample(arg));
                    }
                    words.extend(required.clone());
                    for other in command.get_arguments() {
                        if other.is_required_set() && !other.is_positional() && other != arg {
                            words.extend(other.get_long().map(|long| format!("--{long}")));
                            words.push(sample(other));
                        }
                    }
                    // What these are about is said by another flag.
                    let about: &[&str] = match (path, spelling.as_str()) {
                        (["waive"], "--credential") => &["--path", "x"],
                        (["waive"], "--renew") => &["--expires", "2026-03-01"],
                        _ => &[],
                    };
                    words.extend(about.iter().map(ToString::to_string));
                    let shows = ["help", "version"].contains(&arg.get_id().as_str());
                    let result = RawArgs::parse_words(words.iter().map(OsString::from));
                    assert_eq!(result.is_err(), shows, "{words:?}: {result:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 60, "only {seen} flags were tried");
    }
}
