//! The gate with everything around it that touches the world: what a change is judged by
//! is read from its base, who made it from its commits, and decisions are kept in a log.
//!
//! - [`Case::open`] makes out what is judged and by what.
//! - [`Case::decide`] asks the gate.
//! - [`LogFile`] keeps what was decided.
//!
//! The decision itself is [`decide`], a function without a world.

mod case;
mod content;
mod error;
mod fixes;
mod log_file;
mod markers;
mod opening;
mod repo;
mod rulings;

pub use case::{Case, Judge, What};
pub use error::GateError;
pub use log_file::LogFile;
pub use rulings::Rulings;
pub use sluicegate_gate::Row as PolicyRow;
pub use sluicegate_gate::{
    APPROVAL_NAMESPACE, APPROVAL_SCHEMA, ATTRIBUTES, Actor, ActorKind, Approval, ApprovalFile,
    Autonomy, BREAK_GLASS_SCHEMA, Baseline, CODES, Carried, Code, Condition, Conditions, Context,
    DEFAULT_POLICY, Decision, Duty, Emergency, Envelope, Event, Evidence, Expected, Finding,
    FindingKind, Foreign, Head, Input, Issuer, Judged, Location, Log, LogError, Opinion, Origin,
    Policy, PolicyErrors, Reason, Roles, STARTING_POLICY, Scanned, Scope, Selector, Signature,
    Signers, Stage, Subject, Time, UnknownWord, Verdict, WAIVER_SCHEMA, Waiver, WaiverReason,
    canonical, carry_over, decide, file_digest, foreign, input_document, kind_of, read_log,
    read_report, sha256, ssh_key, statement, takes, tamper, verify_vsa, vsa, without_values,
};
