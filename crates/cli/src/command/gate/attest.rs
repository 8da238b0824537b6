//! `sluice attest` and `sluice gate verify`

use sluicegate::gate::ssh_key::{PrivateKey, PublicKey};
use sluicegate::gate::{
    Decision, Envelope, Expected, Issuer, statement, verify_vsa, vsa, without_values,
};

use super::{read_text, write_text};
use crate::args::{AttestArgs, PredicateWord, VerifyArgs};
use crate::command::Run;
use crate::failure::{Failure, Failures};
use crate::status::Status;

pub(crate) fn run(args: &AttestArgs, run: Run<'_>) -> Result<Status, Failures> {
    let text = read_text(&args.decision)?;
    let decision: Decision = serde_json::from_str(&text).map_err(|error| {
        let why = without_values(&error.to_string());
        Failure::usage(format!(
            "`{}` is no decision: {why}",
            args.decision.display()
        ))
        .hint("give what `sluice gate --format json` writes")
    })?;
    let shown = args.key.display();
    let key = PrivateKey::from_openssh(read_text(&args.key)?.as_bytes()).map_err(|error| {
        Failure::usage(format!("`{shown}` is no private key: {error}"))
            .hint("make one with `ssh-keygen -t ed25519`")
    })?;
    let issuer = Issuer {
        id: args.issuer.clone(),
        policy_uri: args.policy_uri.clone(),
        head: args.head.clone(),
        remediate_passes: args.remediate_passes,
    };
    let payload = match args.predicate {
        PredicateWord::Vsa => vsa(&decision, &issuer),
        PredicateWord::Decision => statement(&decision, &issuer),
    };
    let envelope = payload
        .and_then(|payload| Envelope::sign(&payload, &key))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let text = serde_json::to_string(&envelope)
        .map_err(|error| Failure::failed(format!("the envelope cannot be written: {error}")))?;
    match &args.output {
        Some(file) => write_text(file, &format!("{text}\n"))?,
        None => run.printer.result(|out| writeln!(out, "{text}"))?,
    }
    Ok(Status::Clean)
}

pub(super) fn verify(args: &VerifyArgs, run: Run<'_>) -> Result<Status, Failures> {
    let mut keys = Vec::new();
    for file in &args.key {
        let text = read_text(file)?;
        let key = PublicKey::from_openssh(text.trim()).map_err(|error| {
            Failure::usage(format!("`{}` is no public key: {error}", file.display()))
                .hint("the file that ssh-keygen names .pub is one")
        })?;
        keys.push(key);
    }
    let expected = Expected {
        subject: args.subject.clone(),
        verifiers: args.issuer.clone(),
        resource: args.resource.clone().unwrap_or_default(),
        stage: Some(args.stage),
        levels: args.level.clone(),
    };
    match verify_vsa(&read_text(&args.file)?, &keys, &expected) {
        Ok(statement) => {
            let verifier = statement["predicate"]["verifier"]["id"]
                .as_str()
                .unwrap_or_default();
            let line = format!("passed at {}, says {verifier}", args.stage);
            let line = crate::printer::harmless(&line);
            run.printer.result(|out| writeln!(out, "{line}"))?;
            Ok(Status::Clean)
        }
        Err(error) => {
            let why = without_values(&error.to_string());
            let message = format!("the summary does not hold: check {why}");
            run.printer.failure(&Failure::failed(message));
            Ok(Status::Block)
        }
    }
}
