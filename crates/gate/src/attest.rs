//! Decisions that can be shown to others: in-toto statements, their projection as a
//! verification summary (VSA), and the envelope they are signed in (DSSE).

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signature::{Signer as _, Verifier as _};
use ssh_key::{Algorithm, HashAlg, PrivateKey, PublicKey, Signature};

use crate::canonical::{canonical, sha256};
use crate::decision::Decision;
use crate::log::Head;
use crate::words::{Stage, Verdict};

/// What a payload is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The predicate of a decision.
pub const DECISION_PREDICATE: &str = "https://sluicegate.dev/attestation/gate-decision/v1";

/// The predicate of a verification summary.
pub const VSA_PREDICATE: &str = "https://slsa.dev/verification_summary/v1";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The level that says that a stage was passed.
fn stage_level(stage: Stage) -> String {
    format!("ORG_SOURCE_GATE_{}_PASSED", stage.as_str().to_uppercase())
}

/// What stands in a statement beside the decision.
#[derive(Clone, Debug, Default)]
pub struct Issuer {
    /// Who decides, as a URI; of each stage another.
    pub id: String,
    /// Where the policy can be had, as a URI.
    pub policy_uri: String,
    /// The end of the log with this decision.
    pub head: Option<Head>,
    /// Whether a summary may say that a stage was passed where something is owed.
    pub remediate_passes: bool,
}

/// An error of an envelope or a statement, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestError(pub String);

impl std::fmt::Display for AttestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AttestError {}

fn fail<T>(message: impl Into<String>) -> Result<T, AttestError> {
    Err(AttestError(message.into()))
}

/// The subject of the decision.
///
/// # Errors
///
/// If nothing is known that has a digest.
fn subjects(decision: &Decision) -> Result<Value, AttestError> {
    let subject = &decision.subject;
    let mut out = Vec::new();
    if !subject.commit.is_empty() {
        let mut entry = json!({ "digest": { "gitCommit": subject.commit } });
        if !subject.repo.is_empty() {
            entry["uri"] = subject.repo.clone().into();
        }
        if !subject.reference.is_empty() {
            entry["annotations"] = json!({ "sourceRefs": [subject.reference] });
        }
        out.push(entry);
    }
    if let Some((algorithm, digest)) = subject.artifact.split_once(':') {
        out.push(json!({ "digest": { algorithm: digest } }));
    }
    if out.is_empty() {
        return fail("the decision is about nothing that has a digest: judge a commit or a file");
    }
    Ok(Value::Array(out))
}

/// The statement that holds the decision.
///
/// # Errors
///
/// If the decision is about nothing that has a digest.
pub fn statement(decision: &Decision, issuer: &Issuer) -> Result<String, AttestError> {
    let mut predicate = serde_json::to_value(decision).expect("a decision is plain JSON");
    predicate["issuer"] = issuer.id.clone().into();
    if let Some(head) = &issuer.head {
        predicate["log"] = json!({ "seq": head.seq, "hash": head.hash });
    }
    Ok(canonical(&json!({
        "_type": STATEMENT,
        "subject": subjects(decision)?,
        "predicateType": DECISION_PREDICATE,
        "predicate": predicate,
    })))
}

/// The verification summary of the decision: two values instead of three.
///
/// # Errors
///
/// If the decision is about nothing that has a digest, or nobody is named as its issuer.
pub fn vsa(decision: &Decision, issuer: &Issuer) -> Result<String, AttestError> {
    if issuer.id.is_empty() {
        return fail("a summary names its issuer: give a URI");
    }
    let passed = match decision.decision {
        Verdict::Allow => true,
        Verdict::Remediate => issuer.remediate_passes,
        Verdict::Block => false,
    };
    let result = if passed { "PASSED" } else { "FAILED" };
    let mut levels = vec!["FAILED".to_owned()];
    if passed {
        levels = vec![stage_level(decision.stage)];
        if !decision.waivers_applied.is_empty() {
            levels.push("ORG_SOURCE_WAIVERS_ACTIVE".to_owned());
        }
    }
    let policy_uri = match issuer.policy_uri.as_str() {
        "" => "https://sluicegate.dev/policy/built-in",
        uri => uri,
    };
    let subject = &decision.subject;
    let resource = if subject.repo.is_empty() {
        &subject.artifact
    } else {
        &subject.repo
    };
    let mut inputs = vec![json!({
        "uri": "urn:sluicegate:decision",
        "digest": { "sha256": decision.digest() },
    })];
    for input in &decision.evidence.inputs {
        inputs.push(json!({ "uri": input.name, "digest": { "sha256": input.digest } }));
    }
    if let Some(head) = &issuer.head {
        inputs.push(json!({ "uri": "urn:sluicegate:log", "digest": { "sha256": head.hash } }));
    }
    Ok(canonical(&json!({
        "_type": STATEMENT,
        "subject": subjects(decision)?,
        "predicateType": VSA_PREDICATE,
        "predicate": {
            "verifier": {
                "id": issuer.id,
                "version": {
                    "sluicegate": decision.tool.version,
                    "rules": decision.tool.rules_digest,
                },
            },
            "timeVerified": decision.clock,
            "resourceUri": resource,
            "policy": { "uri": policy_uri, "digest": { "sha256": decision.policy.digest } },
            "inputAttestations": inputs,
            "verificationResult": result,
            "verifiedLevels": levels,
        },
    })))
}

/// A signed payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The payload in base64.
    pub payload: String,
    /// What it is.
    pub payload_type: String,
    /// Who has signed it.
    pub signatures: Vec<EnvelopeSignature>,
}

/// A signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// Which key, as a hint: it is not signed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
    /// The signature in base64.
    pub sig: String,
}

/// The bytes that are signed (DSSE, "PAE").
pub fn pre_authentication(kind: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {kind} {} ", kind.len(), body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

impl Envelope {
    /// Signs a payload with an Ed25519 key.
    ///
    /// # Errors
    ///
    /// If the key is of another kind, or locked.
    pub fn sign(payload: &str, key: &PrivateKey) -> Result<Self, AttestError> {
        if key.algorithm() != Algorithm::Ed25519 {
            return fail("attestations are signed with Ed25519 keys");
        }
        let message = pre_authentication(PAYLOAD_TYPE, payload.as_bytes());
        let signature = key
            .try_sign(&message)
            .map_err(|error| AttestError(format!("cannot sign with this key: {error}")))?;
        Ok(Self {
            payload: Base64::encode_string(payload.as_bytes()),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![EnvelopeSignature {
                keyid: key.fingerprint(HashAlg::Sha256).to_string(),
                sig: Base64::encode_string(signature.as_bytes()),
            }],
        })
    }

    /// What the payload says, whoever wrote it: to tell what kind of document this is.
    pub(crate) fn unverified_payload(&self) -> Option<Value> {
        serde_json::from_slice(&decode(&self.payload)?).ok()
    }

    /// The payload, if enough of the keys have signed it: these very bytes and no others.
    ///
    /// # Errors
    ///
    /// If fewer have.
    pub fn verify(&self, keys: &[PublicKey], threshold: usize) -> Result<Vec<u8>, AttestError> {
        let body = decode(&self.payload)
            .ok_or_else(|| AttestError("the payload is no base64".to_owned()))?;
        let message = pre_authentication(&self.payload_type, &body);
        let signed = keys.iter().enumerate().filter(|(number, key)| {
            let is_first = keys[..*number]
                .iter()
                .all(|k| k.key_data() != key.key_data());
            is_first && self.signatures.iter().any(|s| is_by(s, key, &message))
        });
        let count = signed.count();
        if threshold == 0 || count < threshold {
            return fail(format!(
                "signed by {count} of the keys, and {} is needed",
                threshold.max(1)
            ));
        }
        if self.payload_type != PAYLOAD_TYPE {
            return fail("the payload is not of the type of in-toto statements");
        }
        Ok(body)
    }
}

/// Base64 in either alphabet, with or without padding: an envelope may have any.
fn decode(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    if text.len() - body.len() > 2 {
        return None;
    }
    let standard = body.replace('-', "+").replace('_', "/");
    Base64Unpadded::decode_vec(&standard).ok()
}

fn is_by(signature: &EnvelopeSignature, key: &PublicKey, message: &[u8]) -> bool {
    // The name of the key is not signed: it only spares work, and a wrong one is no proof
    // against the signature.
    let bytes = decode(&signature.sig);
    let parsed = bytes.and_then(|bytes| Signature::new(Algorithm::Ed25519, bytes).ok());
    key.algorithm() == Algorithm::Ed25519
        && parsed.is_some_and(|signature| key.key_data().verify(message, &signature).is_ok())
}

/// What a consumer expects of a verification summary.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The digests of the subject, as `algorithm:digest`; any of them may fit.
    pub subject: Vec<String>,
    /// The verifiers that are trusted with these keys.
    pub verifiers: Vec<String>,
    /// The resource; empty if any will do.
    pub resource: String,
    /// The stage that must have been passed.
    pub stage: Option<Stage>,
    /// Other levels that must be there.
    pub levels: Vec<String>,
}

/// Checks a verification summary in the order that the SLSA specification gives.
///
/// # Errors
///
/// The first check that fails, by its number and in words.
pub fn verify_vsa(
    envelope: &str,
    keys: &[PublicKey],
    expected: &Expected,
) -> Result<Value, AttestError> {
    let envelope: Envelope = serde_json::from_str(envelope)
        .map_err(|error| AttestError(format!("it is no envelope: {error}")))?;
    let body = envelope
        .verify(keys, 1)
        .map_err(|e| AttestError(format!("1, signature: {e}")))?;
    let statement: Value = serde_json::from_slice(&body)
        .map_err(|error| AttestError(format!("1, signature: the payload is no JSON: {error}")))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if text(&statement["_type"]) != STATEMENT {
        return fail("1, signature: the payload is no in-toto statement");
    }
    let subjects = statement["subject"].as_array().cloned().unwrap_or_default();
    let has = |wanted: &str| {
        wanted.split_once(':').is_some_and(|(algorithm, digest)| {
            !digest.is_empty() && subjects.iter().any(|s| s["digest"][algorithm] == *digest)
        })
    };
    if !expected.subject.iter().any(|wanted| has(wanted)) {
        return fail("2, subject: the summary is about something else");
    }
    if text(&statement["predicateType"]) != VSA_PREDICATE {
        return fail(format!(
            "3, predicate: it is a {}",
            text(&statement["predicateType"])
        ));
    }
    let predicate = &statement["predicate"];
    let verifier = text(&predicate["verifier"]["id"]);
    if verifier.is_empty() || !expected.verifiers.contains(&verifier) {
        return fail(format!(
            "4, verifier: `{verifier}` is not trusted with this key"
        ));
    }
    let resource = text(&predicate["resourceUri"]);
    if !expected.resource.is_empty() && resource != expected.resource {
        return fail(format!("5, resource: it is about `{resource}`"));
    }
    if text(&predicate["verificationResult"]) != "PASSED" {
        return fail("6, result: it did not pass");
    }
    let levels: Vec<String> = predicate["verifiedLevels"]
        .as_array()
        .map(|all| all.iter().map(text).collect())
        .unwrap_or_default();
    let stage = expected.stage.map(stage_level);
    for wanted in expected.levels.iter().chain(&stage) {
        if !levels.contains(wanted) {
            return fail(format!(
                "7, levels: `{wanted}` is not among {}",
                levels.join(", ")
            ));
        }
    }
    Ok(statement)
}

/// The SHA-256 of bytes, as a digest of a subject.
pub fn file_digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_both_alphabets_and_in_one_form() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
            let bare = text.trim_end_matches('=');
            assert_eq!(decode(bare).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode("-_-_"), decode("+/+/"));
        for wrong in ["Z", "Zh==", "Z===", "Zm 8", "Zm8=x"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
