//! What a stage may ask of the one before: a signed summary that says of the very same
//! commit or artifact that it has passed there.

use crate::attest::{Envelope, Expected, VSA_PREDICATE, verify_vsa};
use crate::context::Subject;
use crate::signers::Signers;
use crate::words::Stage;

/// What a summary says of an earlier stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The subject has passed there.
    Passed(Stage),
    /// It has not passed somewhere.
    Failed,
    /// The summary is by nobody who is trusted, or about something else.
    Other,
}

/// Reads a document as a summary of an earlier stage, with those whose summaries count: the
/// file of verifiers has a line for each, the URI of the issuer and its key. `None` if it is
/// no signed summary.
pub fn earlier(document: &str, verifiers: &Signers, subject: &Subject) -> Option<Earlier> {
    let envelope: Envelope = serde_json::from_str(document).ok()?;
    let claimed = envelope.unverified_payload()?;
    if claimed["predicateType"] != VSA_PREDICATE {
        return None;
    }
    let about = match (subject.commit.as_str(), subject.artifact.as_str()) {
        ("", "") => return Some(Earlier::Other),
        ("", artifact) => artifact.to_owned(),
        (commit, _) => format!("gitCommit:{commit}"),
    };
    for (issuers, key) in verifiers.keys() {
        for stage in Stage::ALL {
            let expected = Expected {
                subject: vec![about.clone()],
                verifiers: issuers.to_vec(),
                resource: subject.repo.clone(),
                stage: Some(*stage),
                levels: Vec::new(),
            };
            match verify_vsa(document, std::slice::from_ref(key), &expected) {
                Ok(_) => return Some(Earlier::Passed(*stage)),
                // All that goes before the result holds.
                Err(error) if error.0.starts_with("6, ") => return Some(Earlier::Failed),
                Err(_) => {}
            }
        }
    }
    Some(Earlier::Other)
}
