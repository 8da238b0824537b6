//! Findings in, a decision out: allow, remediate, block.
//!
//! [`decide`] is a function of its arguments. It opens no file and no socket, has no
//! clock and no environment; whoever calls it brings the findings, the [`Context`] with
//! the time, the [`Policy`] and the waivers that hold. The same arguments give the same
//! bytes.
//!
//! - [`Finding`] is what is judged; it never holds a value.
//! - [`Policy`] is what is asked, [`DEFAULT_POLICY`] where nobody asks for more.
//! - [`Condition`] is the part of CEL that policies are written in.
//! - [`Decision`] is the answer, with reasons by stable code, duties and what to do next.
//! - [`Plans`] says step by step how to do what is owed.
//!
//! ```
//! use sluicegate_gate::{Context, Finding, FindingKind, Policy, Stage, Time, Verdict, decide};
//!
//! let finding = Finding::new("0f1e", "acme-token", FindingKind::SecretValue);
//! let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
//! let decision = decide(&[finding], &context, &Policy::builtin(), &[]);
//! assert_eq!(decision.decision, Verdict::Block);
//! assert_eq!(&*decision.findings[0].reasons[0].code, "SEC-NEW");
//! ```

#![forbid(unsafe_code)]

mod actor;
mod attest;
mod baseline;
mod canonical;
mod condition;
mod context;
mod decide;
mod decision;
mod document;
mod examine;
mod finding;
mod fix;
mod log;
mod news;
mod owners;
mod place;
mod plan;
mod policy;
mod previous;
mod reason;
mod rego;
mod roles;
mod signers;
pub mod tamper;
mod time;
mod uses;
mod waiver;
mod words;

pub use actor::{CommitFacts, Mailmap, kind_of, who_made};
pub use attest::{
    AttestError, DECISION_PREDICATE, Envelope, EnvelopeSignature, Expected, Issuer, PAYLOAD_TYPE,
    VSA_PREDICATE, file_digest, pre_authentication, statement, verify_vsa, vsa,
};
pub use baseline::{Baseline, Carried, Foreign, carry_over, foreign};
pub use canonical::{canonical, sha256};
pub use condition::{ATTRIBUTES, Attribute, Condition, ConditionError, Type};
pub use context::{Actor, Change, Context, Evidence, Gap, Input, Owed, Subject};
pub use decide::decide;
pub use decision::{
    Approval, Decision, Emergency, Judged, Notice, Obligation, Opinion, PolicyId, Seen, Summary,
    Tool,
};
pub use document::{Scanned, input_document, read_report};
pub use examine::{APPROVAL_SCHEMA, ApprovalFile, Authority, BREAK_GLASS_SCHEMA};
pub use finding::{Advice, Finding, Location};
pub use fix::{FileChange, Fix, Replacement};
pub use log::{Decided, Event, Head, Log, LogError, LoggedDebt, Record, read_log};
pub use owners::Owners;
pub use plan::{Closing, CommandHint, PLAN_SCHEMA, Patch, Plan, Plans, Step, StepEvidence, Undo};
pub use policy::{
    Budget, DEFAULT_POLICY, Due, Floor, Policy, PolicyError, PolicyErrors, Row, STARTING_POLICY,
    Shift, Verdicts, WaiverLimits,
};
pub use previous::{Earlier, earlier};
pub use reason::{CODES, Code, Reason};
pub use rego::opinions;
pub use roles::Roles;
pub use signers::{APPROVAL_NAMESPACE, SignatureError, Signers, takes};
pub use sluicegate_core::without_values;
pub use ssh_key;
pub use time::{Time, TimeError};
pub use waiver::{Conditions, Examined, Selector, Signature, WAIVER_SCHEMA, Waiver, WaiverReason};
pub use words::{
    ActorKind, Autonomy, Column, Duty, Exposure, FindingKind, Origin, PathClass, Privilege, Scope,
    Stage, UnknownWord, Verdict, Verification,
};
