//! From what was typed to what is done.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sluicegate::config::Color;
use sluicegate::gate::Time;
use sluicegate::{Change, HistoryOptions, Target};

use crate::args::{KindWord, ScanArgs};

use crate::env::Env;
use crate::failure::{Failure, Failures};
use crate::layers::{Flags, Layers};
use crate::outputs::{Output, outputs};
use crate::render::Look;

/// A scan, with everything decided.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What is in force.
    pub(crate) layers: Layers,
    /// What is scanned.
    pub(crate) task: Task,
    /// The reports.
    pub(crate) outputs: Vec<Output>,
    /// How a report looks on standard output.
    pub(crate) look: Look,
    /// Whether text in files is coloured.
    pub(crate) color_files: bool,
    /// Whether to say what is used.
    pub(crate) verbose: bool,
    /// Whether progress is shown.
    pub(crate) progress: bool,
}

impl Plan {
    /// Decides everything about the scan: reads the configuration and looks at where
    /// the program runs.
    ///
    /// # Errors
    ///
    /// If the configuration is not valid or the outputs make no sense.
    pub(crate) fn resolve(
        args: &ScanArgs,
        color: Option<Color>,
        env: &Env,
    ) -> Result<Self, Failures> {
        let outputs = outputs(&args.output_words)?;
        let near = match args.paths.first() {
            Some(first) if !is_stdin(first) => first,
            _ => Path::new("."),
        };
        let flags = Flags {
            tuning: Some(&args.tuning),
            rules: Some(&args.rules),
            color,
        };
        let layers = flags.over_config(&args.config, near)?;
        let chosen = layers.settings.color.value;
        Ok(Self {
            task: task(args, env)?,
            outputs,
            look: Look {
                color: env.colors(color, chosen, env.stdout_terminal),
                unicode: env.stdout_terminal && env.unicode && !env.dumb,
                width: env.width(),
                quiet: args.quiet,
                show_secrets: args.show_secrets,
            },
            color_files: color == Some(Color::Always),
            verbose: args.verbose,
            progress: env.stderr_terminal && !args.quiet && !args.no_progress,
            layers,
        })
    }
}

/// What is scanned.
#[derive(Debug)]
pub(crate) enum Task {
    /// Files, folders or standard input.
    Targets(Vec<Target>),
    /// The history of a repository.
    History(PathBuf, HistoryOptions),
    /// What a change of a repository introduces.
    Change(PathBuf, Change),
}

fn task(args: &ScanArgs, env: &Env) -> Result<Task, Failure> {
    if !args.history.history {
        args.history.without_history()?;
        if let Some((repository, change)) = change(args)? {
            return Ok(Task::Change(repository, change));
        }
        return targets(&args.paths).map(Task::Targets);
    }
    if args.tuning.no_ignore {
        let message = "--no-ignore says nothing about history: ignore files are for files";
        return Err(Failure::usage(message).hint("leave it out; all objects are read"));
    }
    if args.tuning.kind == Some(KindWord::Reference) {
        let message = "--history looks for secrets only: an old reference gives nothing away";
        return Err(Failure::usage(message).hint("scan the files, or a change with --range"));
    }
    let repository = args.history.repository(&args.paths)?;
    let now = clock(args.tuning.clock).seconds();
    Ok(Task::History(
        repository.to_owned(),
        args.history.options(now, env.cache.clone()),
    ))
}

/// The time that was given, or now.
pub(crate) fn clock(given: Option<Time>) -> Time {
    given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.map_or(0, |now| now.as_secs());
        Time::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    })
}

/// The change that is to be scanned, if it is one, and the path of its repository.
///
/// # Errors
///
/// If more than a repository is named.
fn change(args: &ScanArgs) -> Result<Option<(PathBuf, Change)>, Failure> {
    let change = match &args.change.range {
        Some(range) => Change::Range(range.clone()),
        None if args.change.staged => Change::Staged,
        None => return Ok(None),
    };
    match &args.paths[..] {
        [path] if !is_stdin(path) => Ok(Some((path.clone(), change))),
        _ => {
            let message = "a change is scanned in one repository, and it is named by one path";
            Err(Failure::usage(message)
                .hint("leave the paths out, or name a folder of the repository"))
        }
    }
}

/// `-` stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The target that the path names. Whether it exists is for the scan to say.
///
/// # Errors
///
/// If it is a pipe, a socket or a device. In a folder those are left out; one that is
/// named must not end in "no findings".
pub(crate) fn target(path: &Path) -> Result<Target, Failure> {
    if is_stdin(path) || path == Path::new("/dev/stdin") {
        return Ok(Target::Stdin);
    }
    let special = path
        .metadata()
        .is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if special {
        let shown = path.display();
        return Err(
            Failure::usage(format!("`{shown}` is neither a file nor a folder")).hint(format!(
                "scan what comes out of it with `sluice scan - < {shown}`"
            )),
        );
    }
    Ok(Target::Path(path.to_owned()))
}

fn targets(paths: &[PathBuf]) -> Result<Vec<Target>, Failure> {
    let targets: Vec<_> = paths
        .iter()
        .map(|path| target(path))
        .collect::<Result<_, _>>()?;
    if targets.iter().filter(|t| **t == Target::Stdin).count() > 1 {
        let message = "standard input is named twice, and it can be read once";
        return Err(Failure::usage(message).hint("name `-` once; a file of that name is `./-`"));
    }
    Ok(targets)
}
