//! `sluice approve`

use sluicegate::gate::{
    APPROVAL_SCHEMA, ApprovalFile, BREAK_GLASS_SCHEMA, Case, What, without_values,
};

use super::{clock, failure, read_text, sign, write_text};
use crate::args::ApproveArgs;
use crate::command::Run;
use crate::failure::{Failure, Failures};
use crate::status::Status;
use crate::table::plural;

/// For so many days an approval holds unless something else is said.
const DAYS: i64 = 7;

/// For so many hours an emergency does.
const HOURS: i64 = 4;

pub(crate) fn run(args: &ApproveArgs, run: Run<'_>) -> Result<Status, Failures> {
    let git = run.env.git_near(&args.folder);
    let what = What::Range(args.range.clone());
    let case = Case::open(
        &args.folder,
        &git,
        args.stage,
        &what,
        args.base.as_deref(),
        None,
    )
    .map_err(failure)?;
    let created = clock(args.clock);
    let (schema, end) = if args.break_glass {
        (BREAK_GLASS_SCHEMA, created.plus_hours(HOURS))
    } else {
        (APPROVAL_SCHEMA, created.plus_days(DAYS))
    };
    let fresh = ApprovalFile {
        schema: schema.to_owned(),
        repo: case.subject.repo.clone(),
        base: case.subject.base.clone(),
        commit: case.subject.commit.clone(),
        stage: args.stage,
        policy_digest: case.rulings.policy.digest.clone(),
        justification: args.why.clone(),
        requested_by: args.requested_by.clone(),
        created,
        not_after: args.expires.unwrap_or(end),
        signatures: Vec::new(),
    };
    if fresh.not_after > fresh.latest_end() || fresh.not_after <= created {
        let message = format!("it cannot hold until {}", fresh.not_after);
        let hint = format!("the latest end is {}", fresh.latest_end());
        return Err(Failure::usage(message).hint(hint).into());
    }
    let mut approval = fresh.clone();
    if args.output.exists() {
        let text = read_text(&args.output)?;
        let known: ApprovalFile = serde_json::from_str(&text).map_err(|error| {
            let why = without_values(&error.to_string());
            Failure::usage(format!("`{}` is no approval: {why}", args.output.display()))
        })?;
        // The signatures that are there are over when it was written and when it ends.
        let same = ApprovalFile {
            justification: known.justification.clone(),
            requested_by: known.requested_by.clone(),
            created: known.created,
            not_after: known.not_after,
            signatures: known.signatures.clone(),
            ..fresh.clone()
        };
        if known != same {
            let message = format!("`{}` approves something else", args.output.display());
            return Err(Failure::usage(message).hint("name another file").into());
        }
        approval = known;
    }
    let key = args.sign.key.as_ref().ok_or_else(|| {
        Failure::usage("an approval is a signature").hint("name a key with --sign KEY")
    })?;
    let signature = sign::sign(&args.sign, key, &approval.signed_bytes())?;
    approval
        .signatures
        .retain(|known| known.principal != signature.principal);
    approval.signatures.push(signature);
    let text = serde_json::to_string_pretty(&approval)
        .map_err(|error| Failure::failed(format!("the approval cannot be written: {error}")))?;
    write_text(&args.output, &format!("{text}\n"))?;
    let people = plural(approval.signatures.len(), "person").replace("persons", "people");
    let (commit, stage, end) = (&approval.commit, approval.stage, approval.not_after);
    run.printer
        .note(&match (args.break_glass, approval.signatures.len()) {
            (false, _) => format!("commit {commit} approved at {stage} by {people}, until {end}"),
            (true, 0 | 1) => format!("signed by {people}; an emergency needs a second one"),
            (true, _) => format!("commit {commit} may go on at {stage} until {end}, say {people}"),
        });
    Ok(Status::Clean)
}
