//! `sluice waive` and `sluice waiver`

use std::fs;
use std::path::{Path, PathBuf};

use sluicegate::gate::{
    Conditions, Context, Rulings, Selector, Stage, Verdict, WAIVER_SCHEMA, Waiver, sha256, tamper,
};
use sluicegate::{ReferencePattern, nearest};

use super::{clock, failure, read_bytes, read_text, sign, write_text};
use crate::args::{ConfigArgs, WaiveArgs, WaiverArgs, WaiverCommand};
use crate::command::{Run, compile};
use crate::failure::{Failure, Failures, reason};
use crate::layers::Flags;
use crate::status::Status;
use crate::table::plural;

pub(crate) fn run(args: &WaiveArgs, run: Run<'_>) -> Result<Status, Failures> {
    let (file, mut waiver) = match existing(args)? {
        Some(known) => known,
        None if args.renew => {
            let message = format!("there is no waiver `{}` to renew", args.what);
            let hint = "`sluice waiver list` lists them";
            return Err(Failure::usage(message).hint(hint).into());
        }
        None => new(args, run)?,
    };
    if let (true, Some(expires)) = (args.renew, args.expires) {
        waiver.renewals = waiver.renewals.saturating_add(1);
        waiver.created = clock(args.clock);
        waiver.not_before = args.not_before;
        waiver.expires = expires;
        waiver.signatures.clear();
    }
    if let Some(key) = &args.sign.key {
        let signature = sign::sign(&args.sign, key, &waiver.signed_bytes())?;
        waiver
            .signatures
            .retain(|known| known.principal != signature.principal);
        waiver.signatures.push(signature);
    }
    let text = serde_json::to_string_pretty(&waiver)
        .map_err(|error| Failure::failed(format!("the waiver cannot be written: {error}")))?;
    Waiver::parse(&text).map_err(|why| {
        Failure::usage(format!("this would be no waiver: {why}"))
            .hint("`sluice waive --help` says what belongs to one")
    })?;
    write_text(&file, &format!("{text}\n"))?;
    let state = match waiver.signatures.len() {
        0 => "nobody has approved it yet: `sluice waive ID --sign KEY` does".to_owned(),
        count => format!("{} on it", plural(count, "approval")),
    };
    run.printer.note(&format!(
        "waiver {} is in {}; {state}",
        waiver.id,
        file.display()
    ));
    Ok(Status::Clean)
}

fn file_of(args: &WaiveArgs, id: &str) -> PathBuf {
    args.folder.join(format!("{id}.json"))
}

/// The waiver of that name, if it is one.
fn existing(args: &WaiveArgs) -> Result<Option<(PathBuf, Waiver)>, Failures> {
    let is_name = args
        .what
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let file = file_of(args, &args.what);
    if !is_name || !file.exists() {
        return Ok(None);
    }
    let waiver = Waiver::parse(&read_text(&file)?)
        .map_err(|why| Failure::usage(format!("`{}` is no waiver: {why}", file.display())))?;
    Ok(Some((file, waiver)))
}

fn new(args: &WaiveArgs, run: Run<'_>) -> Result<(PathBuf, Waiver), Failures> {
    let selector = selector(args, run)?;
    let (Some(justification), Some(expires), Some(requested_by)) =
        (args.why.clone(), args.expires, args.requested_by.clone())
    else {
        let missing = [
            (args.why.is_none(), "--why TEXT"),
            (args.expires.is_none(), "--expires DATE"),
            (args.requested_by.is_none(), "--requested-by ADDRESS"),
        ];
        let missing = missing.iter().filter(|(is_missing, _)| *is_missing);
        let missing: Vec<&str> = missing.map(|(_, flag)| *flag).collect();
        let message = format!("a waiver needs {}", missing.join(", "));
        return Err(Failure::usage(message)
            .hint("`sluice waive --help` has an example")
            .into());
    };
    let created = clock(args.clock);
    let seed = format!("{}\0{created}\0{requested_by}\0{justification}", args.what);
    let id = sha256(seed.as_bytes())[..12].to_owned();
    let stages = match args.stage.as_slice() {
        [] => vec![Stage::Commit, Stage::Merge],
        stages => stages.to_vec(),
    };
    if args.max_effect == Verdict::Block {
        return Err(Failure::usage("a waiver that leaves block waives nothing").into());
    }
    let waiver = Waiver {
        schema: WAIVER_SCHEMA.to_owned(),
        id: id.clone(),
        selector,
        stages,
        max_effect: args.max_effect,
        reason: args.reason.into(),
        justification,
        ticket: args.ticket.clone().unwrap_or_default(),
        owner: args.owner.clone().unwrap_or_else(|| requested_by.clone()),
        requested_by,
        created,
        not_before: args.not_before,
        expires,
        conditions: Conditions {
            blob_oid: args.blob.clone().unwrap_or_default(),
            action_sha: args.action_sha.clone().unwrap_or_default(),
        },
        renewals: 0,
        compensating: Vec::new(),
        signatures: Vec::new(),
    };
    Ok((file_of(args, &id), waiver))
}

/// What it is for: a fingerprint, or a rule in a file.
fn selector(args: &WaiveArgs, run: Run<'_>) -> Result<Selector, Failures> {
    if let Some(path) = &args.path {
        known_rule(&args.what, run)?;
        return Ok(Selector {
            rule: args.what.clone(),
            path: path.clone(),
            credential_name: args.credential.clone().unwrap_or_default(),
            ..Selector::default()
        });
    }
    let is_print = args.what.len() == 32
        && args
            .what
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_print {
        let message = format!("`{}` is no fingerprint and no waiver", args.what);
        let hint = "`sluice gate` prints fingerprints behind `id`";
        return Err(Failure::usage(message).hint(hint).into());
    }
    Ok(Selector {
        fingerprint: args.what.clone(),
        ..Selector::default()
    })
}

/// Says that findings can have that rule: a waiver for a name that nothing has would be signed
/// and never count.
fn known_rule(name: &str, run: Run<'_>) -> Result<(), Failures> {
    let flags = Flags {
        tuning: None,
        rules: None,
        color: run.color,
    };
    let chosen = ConfigArgs {
        file: None,
        no_config: false,
    };
    let layers = flags.over_config(&chosen, Path::new("."))?;
    let rules = compile(&layers.settings)?;
    let set = rules.set();
    let mut known: Vec<&str> = set.ids().map(|id| set.spec(id).id.as_str()).collect();
    for pattern in ReferencePattern::all() {
        known.push(pattern.id());
    }
    // The gate makes names for what changes do to it and for what was not looked at.
    let is_gates = name.starts_with("tamper-") || name.starts_with("gap-");
    if is_gates || known.contains(&name) {
        return Ok(());
    }
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`sluice rules list` and `sluice references list` print the ids; rules of your \
                 own are known by `.sluice.toml`"
            .to_owned(),
    };
    Err(Failure::usage(format!("there is no rule `{name}`"))
        .hint(hint)
        .into())
}

pub(crate) fn waivers(command: &WaiverCommand, run: Run<'_>) -> Result<Status, Failures> {
    let (args, verifies, prunes) = match command {
        WaiverCommand::List(args) => (args, false, false),
        WaiverCommand::Verify(args) => (args, true, false),
        WaiverCommand::Prune(args) => (args, false, true),
    };
    let (files, rulings) = rulings(args)?;
    let mut context = Context::new(args.stage, clock(args.clock));
    context.owners = rulings.owners.clone();
    let examined = rulings
        .authority
        .examine(rulings.waivers.clone(), &context, &rulings.policy);
    let mut out = String::new();
    let mut status = Status::Clean;
    for (path, why) in &rulings.malformed {
        out.push_str(&format!("{path}  is no waiver: {why}\n"));
        status = status.max(if verifies {
            Status::Findings
        } else {
            Status::Clean
        });
    }
    for examined in &examined {
        let waiver = &examined.waiver;
        let state = match &examined.standing {
            Ok(approvers) => format!("holds, approved by {}", approvers.join(", ")),
            Err(reason) => format!("does not hold: {} [{}]", reason.says, reason.code),
        };
        if verifies && examined.standing.is_err() {
            status = Status::Findings;
        }
        let what = format!("{}{}", waiver.selector.fingerprint, waiver.selector.rule);
        let line = format!(
            "{}  {what}  until {}  {state}",
            waiver.id,
            waiver.expires.date()
        );
        out.push_str(&crate::printer::harmless(&line));
        out.push('\n');
        let ended = waiver.expires <= context.clock;
        if prunes && ended {
            for file in files
                .iter()
                .filter(|(_, id)| *id == waiver.id)
                .map(|(file, _)| file)
            {
                fs::remove_file(file).map_err(|error| {
                    Failure::failed(format!(
                        "cannot remove `{}`: {}",
                        file.display(),
                        reason(&error)
                    ))
                })?;
                out.push_str(&format!("  removed {}\n", file.display()));
            }
        }
    }
    if out.is_empty() {
        let folder = args.folder.join(tamper::WAIVERS);
        run.printer
            .note(&format!("there are no waivers in `{}`", folder.display()));
    }
    run.printer
        .result(|stdout| stdout.write_all(out.as_bytes()))?;
    Ok(status)
}

/// What stands in the folder now: to look at waivers before they are in a base.
fn rulings(args: &WaiverArgs) -> Result<(Vec<(PathBuf, String)>, Rulings), Failures> {
    let mut files = tamper::Files::new();
    for name in [
        tamper::POLICY,
        tamper::SIGNERS,
        tamper::REVOKED,
        tamper::ROLES,
        tamper::MAILMAP,
    ] {
        let path = args.folder.join(name);
        if path.exists() {
            files.insert(name.to_owned(), read_bytes(&path)?);
        }
    }
    let mut known = Vec::new();
    for path in waiver_files(&args.folder.join(tamper::WAIVERS)) {
        let bytes = read_bytes(&path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if let Ok(waiver) = Waiver::parse(&String::from_utf8_lossy(&bytes)) {
            known.push((path.clone(), waiver.id));
        }
        files.insert(format!("{}{name}", tamper::WAIVERS), bytes);
    }
    let rulings = Rulings::of(&files, None, "in the folder").map_err(failure)?;
    Ok((known, rulings))
}

fn waiver_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    files
}
