//! `sluice log`

use std::path::Path;

use sluicegate::gate::{Case, Event, LogFile};

use super::{failure, log_file};
use crate::args::{LogArgs, LogCommand};
use crate::command::Run;
use crate::failure::{Failure, Failures};
use crate::status::Status;
use crate::table::plural;

pub(crate) fn run(command: &LogCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        LogCommand::Show(args) => {
            let file = file(&args.log, run)?;
            let Some(log) = file.read(None).map_err(failure)? else {
                return Err(missing(&file).into());
            };
            let mut out = String::new();
            for record in &log.records {
                let what = match &record.event {
                    Event::Decision(d) => {
                        let subject = match d.subject.as_str() {
                            "" => "no commit",
                            subject => subject,
                        };
                        format!(
                            "{} at {}: {} in the way, {} to remedy; {subject} by {}",
                            d.decision,
                            d.stage,
                            d.block,
                            d.remediate,
                            d.actor.trim_end_matches(':')
                        )
                    }
                    Event::WaiverAdd {
                        id,
                        approved_by,
                        expires,
                    } => {
                        format!("waiver {id} by {approved_by} lets something pass until {expires}")
                    }
                    Event::WaiverExpire { id } => format!("waiver {id} has ended"),
                    Event::Approval {
                        subject,
                        stage,
                        principal,
                        ..
                    } => format!("{principal} has approved {subject} at {stage}"),
                    Event::PolicyChange { from, to } => {
                        format!("policy {to} takes the place of {from}")
                    }
                    Event::BreakGlass {
                        stage,
                        approved_by,
                        not_after,
                        findings,
                        ..
                    } => format!(
                        "GLASS BROKEN at {stage} by {} until {not_after}: {findings} in the way \
                         went on",
                        approved_by.join(", ")
                    ),
                    Event::Checkpoint { note } => note.clone(),
                    _ => "something that this version does not know".to_owned(),
                };
                let line = format!("{}  {}  {what}", record.seq, record.ts);
                out.push_str(&crate::printer::harmless(&line));
                out.push('\n');
            }
            run.printer
                .result(|stdout| stdout.write_all(out.as_bytes()))?;
            Ok(Status::Clean)
        }
        LogCommand::Verify(args) => {
            let file = file(&args.log, run)?;
            match file.read(args.head.as_ref()) {
                Ok(Some(log)) => {
                    if log.torn {
                        run.printer
                            .note("the last line was begun and not ended; it is no record");
                    }
                    let count = plural(log.records.len(), "record");
                    let line = format!("{count} hold together\nhead {}\n", log.head);
                    run.printer
                        .result(|stdout| stdout.write_all(line.as_bytes()))?;
                    Ok(Status::Clean)
                }
                // A log that is gone is the best-hidden edit of all.
                Ok(None) if args.head.is_some() => {
                    run.printer.failure(&missing(&file));
                    Ok(Status::Block)
                }
                Ok(None) => Err(missing(&file).into()),
                Err(error) => {
                    run.printer.failure(&Failure::failed(error.to_string()));
                    Ok(Status::Block)
                }
            }
        }
    }
}

fn missing(file: &LogFile) -> Failure {
    Failure::usage(format!("there is no log `{}`", file.path().display()))
        .hint("`sluice gate` begins one; --log names another file")
}

fn file(args: &LogArgs, run: Run<'_>) -> Result<LogFile, Failures> {
    let here = Path::new(".");
    let usual = match args.log {
        Some(_) => None,
        None => Case::log_of(here, &run.env.git_near(here)).map_err(failure)?,
    };
    log_file(args, usual).ok_or_else(|| {
        Failure::usage("there is no repository here, so nobody knows which log is meant")
            .hint("name it with --log FILE")
            .into()
    })
}
