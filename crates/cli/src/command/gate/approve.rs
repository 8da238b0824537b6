//! `sluice approve`

use sluicegate::gate::{APPROVAL_SCHEMA, ApprovalFile, Case, What};

use super::{clock, failure, read_text, sign, write_text};
use crate::args::ApproveArgs;
use crate::command::Run;
use crate::failure::{Failure, Failures};
use crate::status::Status;
use crate::table::plural;

/// For so many days an approval holds unless something else is said.
const DAYS: i64 = 7;

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
    let fresh = ApprovalFile {
        schema: APPROVAL_SCHEMA.to_owned(),
        repo: case.subject.repo.clone(),
        base: case.subject.base.clone(),
        commit: case.subject.commit.clone(),
        stage: args.stage,
        policy_digest: case.rulings.policy.digest.clone(),
        justification: args.why.clone(),
        requested_by: args.requested_by.clone(),
        not_after: args
            .expires
            .unwrap_or_else(|| clock(args.clock).plus_days(DAYS)),
        signatures: Vec::new(),
    };
    let mut approval = fresh.clone();
    if args.output.exists() {
        let text = read_text(&args.output)?;
        let known: ApprovalFile = serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!(
                "`{}` is no approval: {error}",
                args.output.display()
            ))
        })?;
        let is_same = known.commit == fresh.commit && known.policy_digest == fresh.policy_digest;
        if !is_same || known.stage != fresh.stage {
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
    run.printer.note(&format!(
        "commit {} approved at {} by {}",
        approval.commit,
        approval.stage,
        plural(approval.signatures.len(), "person").replace("persons", "people")
    ));
    Ok(Status::Clean)
}
