//! `sluice hook`

use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluicegate::{Change, Monitor, Report, Scanner, Update};

use super::scan::incomplete;
use super::{Run, compile};
use crate::args::{HookCommand, HookInstallArgs, HookName, HookPlaceArgs, HookRunArgs};
use crate::env::PreCommit;
use crate::failure::{Failure, Failures, reason};
use crate::hook::manager::Manager;
use crate::hook::place::{self, Installed, Removed, State};
use crate::hook::repository::Repository;
use crate::hook::script::Origin;
use crate::hook::{deadline, said};
use crate::layers::Flags;
use crate::status::Status;

/// A push is answered within this, unless --deadline says otherwise. Servers give all their
/// hooks together five seconds.
const RECEIVE_WITHIN: Duration = Duration::from_secs(4);

/// Longer input than this is no list of references.
const LONGEST_INPUT: u64 = 64 << 20;

pub(super) fn run(command: HookCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        HookCommand::Install(args) => install(&args, run),
        HookCommand::Uninstall(args) => uninstall(&args, run),
        HookCommand::Status(args) => status(&args, run),
        HookCommand::Run(args) => run_hook(&args, run),
    }
}

/// The hooks that are of use in such a repository.
fn usual(repository: &Repository) -> Vec<HookName> {
    match repository.top {
        Some(_) => vec![HookName::Commit, HookName::Push],
        None => vec![HookName::Receive],
    }
}

fn install(args: &HookInstallArgs, run: Run<'_>) -> Result<Status, Failures> {
    let repository = Repository::ask(&args.path)?;
    let manager = Manager::of(&repository);
    if let Some((manager, file)) = manager.filter(|_| !args.anyway) {
        return Err(manager.refusal(file).into());
    }
    if repository.is_shared && !args.anyway {
        let shown = repository.hooks.display();
        let message = format!("core.hooksPath names `{shown}`, which other repositories share");
        return Err(Failure::usage(message)
            .hint("--anyway installs there, for all of them; or set core.hooksPath here only")
            .into());
    }
    // What others will check out must not hold a path of this machine.
    let program = match repository.hooks_are_tracked() {
        true => None,
        false => std::env::current_exe().ok(),
    };
    let program = program.as_deref().and_then(Path::to_str);
    let hooks = match &args.hooks[..] {
        [] => usual(&repository),
        chosen => chosen.to_vec(),
    };
    let mut out = String::new();
    for hook in hooks {
        let done = match place::install(&repository.hooks, hook, program)? {
            Installed::New => "installed".to_owned(),
            Installed::Renewed => "renewed".to_owned(),
            Installed::Already => "is installed already".to_owned(),
            Installed::Moved(next) => format!(
                "installed; the hook that was there is `{}` now, and is called first",
                next.display()
            ),
        };
        out.push_str(&format!("{}: {done}\n", hook.as_str()));
    }
    out.push_str(&format!("in {}\n", repository.hooks.display()));
    run.printer.result(|to| to.write_all(out.as_bytes()))?;
    Ok(Status::Clean)
}

fn uninstall(args: &HookPlaceArgs, run: Run<'_>) -> Result<Status, Failures> {
    let repository = Repository::ask(&args.path)?;
    let mut out = String::new();
    for hook in HookName::ALL {
        let done = match place::uninstall(&repository.hooks, hook)? {
            Removed::NotThere => continue,
            Removed::Gone => "removed",
            Removed::PutBack => "removed; what was there before is back",
        };
        out.push_str(&format!("{}: {done}\n", hook.as_str()));
    }
    if out.is_empty() {
        out.push_str("no hook of sluice is installed here\n");
    }
    run.printer.result(|to| to.write_all(out.as_bytes()))?;
    Ok(Status::Clean)
}

fn status(args: &HookPlaceArgs, run: Run<'_>) -> Result<Status, Failures> {
    let repository = Repository::ask(&args.path)?;
    let mut out = format!("hooks in {}\n", repository.hooks.display());
    let mut status = Status::Clean;
    let usual = usual(&repository);
    for hook in HookName::ALL {
        let state = place::state(&repository.hooks, hook)?;
        let words = match state {
            State::None if usual.contains(&hook) => "not installed",
            State::None => continue,
            State::Is(Origin::Ours { has_moved: true }) => {
                "installed; calls the hook that was there before first"
            }
            State::Is(Origin::Ours { has_moved: false }) => "installed",
            State::Is(Origin::Changed) => "installed, and changed by somebody since",
            State::Is(Origin::Foreign) => "another hook; `sluice hook install` keeps it",
        };
        let is_ours = matches!(state, State::Is(Origin::Ours { .. }));
        if usual.contains(&hook) && !is_ours {
            status = Status::Findings;
        }
        out.push_str(&format!("{}: {words}\n", hook.as_str()));
    }
    if let Some((_, file)) = Manager::of(&repository) {
        out.push_str(&format!(
            "another program manages hooks here (`{file}`): `sluice hook install` says what to do\n"
        ));
    }
    run.printer.result(|to| to.write_all(out.as_bytes()))?;
    Ok(status)
}

/// Checks a change. On a laptop a check that fails lets it pass, with a warning; on a
/// server it does not.
fn run_hook(args: &HookRunArgs, run: Run<'_>) -> Result<Status, Failures> {
    let is_server = args.hook == HookName::Receive;
    let outcome = catch_unwind(AssertUnwindSafe(|| check(args, run)));
    let outcome = outcome.unwrap_or_else(|_| {
        let message = "the check failed for a reason of its own";
        Err(Failure::failed(message)
            .hint("this is a fault of sluice: please report it")
            .into())
    });
    let thing = said::thing(args.hook);
    let failures = match outcome {
        Ok(report) => {
            let mut failures = incomplete(&report);
            if report.coverage.cancelled {
                // It comes last, and nobody but the clock has interrupted it.
                failures.pop();
                failures.push(late(args));
            }
            let has_findings = report.active().next().is_some();
            if has_findings {
                run.printer.message(&said::findings(&report, args.hook));
                web(run, &said::one_line(&report));
            }
            if failures.is_empty() {
                return Ok(match has_findings {
                    true => Status::Findings,
                    false => Status::Clean,
                });
            }
            failures
                .iter()
                .for_each(|failure| run.printer.failure(failure));
            match (has_findings, is_server) {
                (true, false) => return Ok(Status::Findings),
                _ => Status::Failed,
            }
        }
        Err(failures) => {
            failures
                .iter()
                .for_each(|failure| run.printer.failure(failure));
            failures.status()
        }
    };
    // What the user wrote wrongly the user can mend; there is no reason to look away.
    if is_server || failures == Status::Usage {
        let text = format!("this {thing} could not be checked, and is refused");
        run.printer.message(&format!("sluice: {text}\n"));
        if is_server {
            web(run, &text);
        }
        return Ok(failures);
    }
    run.printer.message(&format!(
        "sluice: warning: this {thing} was not checked to the end; it goes on all the same\n"
    ));
    Ok(Status::Clean)
}

/// The time was over.
fn late(args: &HookRunArgs) -> Failure {
    let seconds = args.deadline.unwrap_or(RECEIVE_WITHIN).as_secs_f64();
    let message = format!("the check was not done within {seconds} seconds");
    Failure::failed(message)
        .hint("push fewer commits at once; where the hook is installed, --deadline gives more time")
}

/// In a browser GitLab shows only a line that starts like this.
fn web(run: Run<'_>, text: &str) {
    if run.env.is_gitlab_web {
        run.printer
            .message(&format!("GL-HOOK-ERR: sluice: {text}\n"));
    }
}

fn check(args: &HookRunArgs, run: Run<'_>) -> Result<Report, Failures> {
    let started = Instant::now();
    let monitor = Arc::new(Monitor::default());
    let is_server = args.hook == HookName::Receive;
    let limit = match args.deadline {
        Some(limit) => Some(limit).filter(|limit| !limit.is_zero()),
        None => is_server.then_some(RECEIVE_WITHIN),
    };
    if let Some(limit) = limit {
        let thing = said::thing(args.hook);
        let (end, status) = match is_server {
            true => ("is refused", Status::Failed),
            false => ("goes on all the same", Status::Clean),
        };
        let words = format!(
            "sluice: this {thing} could not be checked within {} seconds, and {end}\n",
            limit.as_secs_f64()
        );
        deadline::keep(started, limit, &monitor, run.printer, status, words);
    }
    let change = change(args, run)?;
    let flags = Flags {
        tuning: Some(&args.tuning),
        rules: Some(&args.rules),
        color: run.color,
    };
    let here = Path::new(".");
    let layers = flags.over_config(&args.config, here)?;
    let rules = compile(&layers.settings)?;
    let options = layers.settings.options();
    let mut options = options.map_err(|error| Failures::config(&error))?;
    args.tuning.choose(&mut options);
    let scanner = Scanner::new(Arc::new(rules), options);
    let report = scanner.scan_change(here, &run.env.git, &change, &monitor);
    // The process ends soon; see `sluice scan`.
    std::mem::forget(scanner);
    Ok(report?)
}

/// What the hook is to check.
fn change(args: &HookRunArgs, run: Run<'_>) -> Result<Change, Failures> {
    let range = |from: &str, to: &str| Change::Range(format!("{from}..{to}"));
    match (args.hook, &run.env.pre_commit) {
        // `pre-commit run --from-ref A --to-ref B`, and its pushes.
        (HookName::Commit | HookName::Push, Some(PreCommit::Between { from, to })) => {
            Ok(range(from, to))
        }
        (HookName::Commit, _) | (HookName::Push, Some(PreCommit::Nothing)) => Ok(Change::Staged),
        (HookName::Push, Some(PreCommit::All)) => Ok(range(&"0".repeat(40), "HEAD")),
        (HookName::Push, None) => {
            let updates = updates(args.hook, Update::pushed)?;
            // Without a name git gives the URL twice.
            let named = |args: &[String]| matches!(args, [name, url, ..] if name != url);
            let remote = args.args.first().filter(|_| named(&args.args)).cloned();
            Ok(Change::Pushed { remote, updates })
        }
        (HookName::Receive, _) => Ok(Change::Received(updates(args.hook, Update::received)?)),
    }
}

/// Reads what git says on standard input: every line, for each is a reference.
fn updates<E: std::fmt::Display>(
    hook: HookName,
    line: impl Fn(&str) -> Result<Update, E>,
) -> Result<Vec<Update>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin()
        .lock()
        .take(LONGEST_INPUT + 1)
        .read_to_end(&mut bytes);
    let name = hook.as_str();
    let why = match read {
        Err(why) => reason(&why),
        Ok(_) if bytes.len() as u64 > LONGEST_INPUT => "it is too long".to_owned(),
        Ok(_) => {
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().filter(|text| !text.is_empty());
            let updates: Result<Vec<_>, E> = lines.map(line).collect();
            match updates {
                Ok(updates) => return Ok(updates),
                Err(why) => why.to_string(),
            }
        }
    };
    Err(
        Failure::failed(format!("cannot read what git says to {name}: {why}"))
            .hint("`git help githooks` has the format of its lines"),
    )
}
