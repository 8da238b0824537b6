//! The record of decisions: lines of JSON, each of which holds the hash of the one before.
//!
//! A chain shows edits, removals and swaps. It cannot show that its end was cut off or
//! that all of it was written anew; for that its head, a number and a hash, has to be
//! known from somewhere else: decisions and attestations carry it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sluicegate_core::without_values;

use crate::canonical::{canonical, sha256};
use crate::decision::Decision;
use crate::time::Time;
use crate::words::{Duty, Verdict};

/// What is hashed before each record, so that a hash means nothing else.
const DOMAIN: &str = "gate-log/v1\0";

/// What every line begins with in its canonical form.
const BEGINNING: &str = "{\"event\":{";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of the format.
    pub v: u8,
    /// Its number, counted from 1; the order of events, whatever the clocks say.
    pub seq: u64,
    /// When it was written.
    pub ts: Time,
    /// What happened.
    pub event: Event,
    /// The hash of the line before; of the first one, that of the name of the log.
    pub prev: String,
    /// The hash of this line without this field.
    pub hash: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
#[non_exhaustive]
pub enum Event {
    /// The gate has decided.
    Decision(Box<Decided>),
    /// A waiver lets something pass for the first time.
    WaiverAdd {
        /// Its name.
        id: String,
        /// Who has approved it.
        approved_by: String,
        /// When it ends.
        expires: String,
    },
    /// A waiver has ended, and what it was for is still there.
    WaiverExpire {
        /// Its name.
        id: String,
    },
    /// Somebody has approved what a change does to the gate.
    Approval {
        /// The commit.
        subject: String,
        /// The stage.
        stage: String,
        /// Who.
        principal: String,
        /// The SHA-256 of the signature.
        signature_digest: String,
    },
    /// Another policy holds than for the decision before.
    PolicyChange {
        /// The digest of the one before.
        from: String,
        /// Its digest.
        to: String,
    },
    /// What blocked went on because two people had agreed upon an emergency.
    BreakGlass {
        /// The commit.
        subject: String,
        /// The stage.
        stage: String,
        /// Who has agreed.
        approved_by: Vec<String>,
        /// When the emergency ends.
        not_after: Time,
        /// How many findings would have blocked.
        findings: usize,
    },
    /// The log was cut into files: the new one goes on where the old one ended.
    Checkpoint {
        /// What it is about.
        note: String,
    },
}

/// A decision, as the log keeps it: no titles, no excerpts, no values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The stage.
    pub stage: String,
    /// The answer.
    pub decision: Verdict,
    /// The SHA-256 of the decision in its canonical form.
    pub digest: String,
    /// The commit, or what else was judged.
    pub subject: String,
    /// Who made the change.
    pub actor: String,
    /// The policy.
    pub policy_digest: String,
    /// The program.
    pub tool_version: String,
    /// How many findings block.
    pub block: usize,
    /// How many are to be remedied.
    pub remediate: usize,
    /// What is owed since this decision or an earlier one.
    pub owed: Vec<LoggedDebt>,
}

/// Something that somebody owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedDebt {
    /// The fingerprint of the finding.
    pub finding: String,
    /// What.
    pub duty: Duty,
    /// Since when.
    pub opened: Time,
    /// By when.
    pub due: Time,
}

impl Event {
    /// The emergency in which the decision was made, if it let something go on.
    pub fn break_glass(decision: &Decision) -> Option<Self> {
        let emergency = decision.break_glass.as_ref()?;
        let by = emergency.approvals.iter().map(|a| a.principal.clone());
        let held = decision.findings.iter().filter(|f| {
            f.reasons
                .iter()
                .any(|reason| &*reason.code == "BREAK-GLASS")
        });
        Some(Self::BreakGlass {
            subject: decision.subject.commit.clone(),
            stage: decision.stage.to_string(),
            approved_by: by.collect(),
            not_after: emergency.not_after,
            findings: held.count(),
        })
    }

    /// What the log keeps of a decision.
    pub fn of(decision: &Decision) -> Self {
        let subject = &decision.subject;
        let debt = |o: &crate::decision::Obligation| LoggedDebt {
            finding: o.finding.to_string(),
            duty: o.duty,
            opened: o.opened,
            due: o.due,
        };
        Self::Decision(Box::new(Decided {
            stage: decision.stage.to_string(),
            decision: decision.decision,
            digest: decision.digest(),
            subject: if subject.commit.is_empty() {
                &subject.artifact
            } else {
                &subject.commit
            }
            .clone(),
            actor: format!("{}:{}", decision.actor.kind, decision.actor.id),
            policy_digest: decision.policy.digest.clone(),
            tool_version: decision.tool.version.clone(),
            block: decision.summary.of(Verdict::Block),
            remediate: decision.summary.of(Verdict::Remediate),
            owed: decision.obligations.iter().map(debt).collect(),
        }))
    }
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last line; 0 for an empty log.
    pub seq: u64,
    /// Its hash; for an empty log that of the name.
    pub hash: String,
}

impl Head {
    /// The beginning of the log of that name.
    pub fn genesis(name: &str) -> Self {
        Self {
            seq: 0,
            hash: sha256(format!("{DOMAIN}genesis\0{name}").as_bytes()),
        }
    }

    /// The next line, without its line break.
    pub fn next(&self, ts: Time, event: Event) -> (Record, String) {
        let mut record = Record {
            v: 1,
            seq: self.seq + 1,
            ts,
            event,
            prev: self.hash.clone(),
            hash: String::new(),
        };
        record.hash = record.own_hash();
        let line = canonical(&record);
        (record, line)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl std::str::FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a head is a number, a colon and a hash".to_owned();
        let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
        let seq = seq.parse().map_err(|_| wrong())?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hash {
            Ok(Self {
                seq,
                hash: hash.to_owned(),
            })
        } else {
            Err(wrong())
        }
    }
}

impl Record {
    fn own_hash(&self) -> String {
        let bare = Self {
            hash: String::new(),
            ..self.clone()
        };
        sha256(format!("{DOMAIN}{}", canonical(&bare)).as_bytes())
    }
}

/// A log that was read and holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its lines.
    pub records: Vec<Record>,
    /// Its end.
    pub head: Head,
    /// Whether a last line was begun and not ended: somebody stopped while writing. It is
    /// no record, and nothing before it is touched by that.
    pub torn: bool,
    /// How many bytes of the text are whole lines.
    pub length: usize,
}

/// Where a log does not hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogError {
    /// The first number that is wrong.
    pub seq: u64,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}: {}", self.seq, self.message)
    }
}

impl std::error::Error for LogError {}

/// Reads a log and checks that every line follows from the one before. With a head that
/// is known from somewhere else it also shows whether the end was cut off or all of it was
/// written anew.
///
/// # Errors
///
/// The first line that is wrong.
pub fn read_log(text: &str, name: &str, known: Option<&Head>) -> Result<Log, LogError> {
    let length = text.rfind('\n').map_or(0, |at| at + 1);
    let mut head = Head::genesis(name);
    let mut records: Vec<Record> = Vec::new();
    let mut met = known.is_none_or(|known| *known == head);
    for line in text[..length].lines() {
        let seq = head.seq + 1;
        let wrong = |message: &str| LogError {
            seq,
            message: message.to_owned(),
        };
        let record: Record = serde_json::from_str(line)
            .map_err(|error| wrong(&without_values(&format!("it cannot be read: {error}"))))?;
        if record.seq != seq {
            return Err(wrong(&format!("number {} stands in its place", record.seq)));
        }
        if record.prev != head.hash {
            return Err(wrong("it does not follow from the one before"));
        }
        // The bytes are what counts: another spelling of the same is another line.
        if record.own_hash() != record.hash || canonical(&record) != line {
            return Err(wrong("it was changed"));
        }
        head = Head {
            seq,
            hash: record.hash.clone(),
        };
        met |= known == Some(&head);
        records.push(record);
    }
    if let Some(known) = known.filter(|_| !met) {
        let message = if known.seq > head.seq {
            format!(
                "the log ends with {}, and {} was known",
                head.seq, known.seq
            )
        } else {
            "it is not the one that was known: the log was written anew".to_owned()
        };
        return Err(LogError {
            seq: known.seq.min(head.seq + 1),
            message,
        });
    }
    let torn = &text[length..];
    // Another file that somebody named is no log that was begun: it would be cut off.
    if !torn.starts_with(BEGINNING) && !BEGINNING.starts_with(torn) {
        return Err(LogError {
            seq: head.seq + 1,
            message: "it is no record, and none that was begun".to_owned(),
        });
    }
    Ok(Log {
        records,
        head,
        torn: !torn.is_empty(),
        length,
    })
}

impl Log {
    /// What is owed by the last decisions, each debt with its first date.
    pub fn owed(&self) -> Vec<crate::context::Owed> {
        let mut all: std::collections::BTreeMap<(String, Duty), crate::context::Owed> =
            std::collections::BTreeMap::new();
        for record in &self.records {
            let Event::Decision(decided) = &record.event else {
                continue;
            };
            for debt in &decided.owed {
                all.entry((debt.finding.clone(), debt.duty))
                    .or_insert_with(|| crate::context::Owed {
                        finding: debt.finding.clone(),
                        duty: debt.duty,
                        opened: debt.opened,
                        due: debt.due,
                    });
            }
        }
        all.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: u64) -> (String, Head) {
        let mut head = Head::genesis("r");
        let mut text = String::new();
        for number in 0..count {
            let note = format!("event {number}");
            let (record, line) = head.next(
                Time::from_seconds(1_800_000_000),
                Event::Checkpoint { note },
            );
            head = Head {
                seq: record.seq,
                hash: record.hash,
            };
            text.push_str(&line);
            text.push('\n');
        }
        (text, head)
    }

    #[test]
    fn edits_removals_swaps_and_cuts_are_found() {
        let (text, head) = log(5);
        let whole = read_log(&text, "r", Some(&head)).expect("it holds together");
        assert_eq!((whole.records.len(), whole.torn), (5, false));
        let lines: Vec<&str> = text.lines().collect();
        let join = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
        let swapped = join(&[lines[0], lines[2], lines[1], lines[3], lines[4]]);
        let removed = join(&[lines[0], lines[1], lines[3], lines[4]]);
        let blank = text.replacen("{\"event\"", "{ \"event\"", 1);
        for (what, text, seq) in [
            ("edited", text.replacen("event 2", "event 9", 1), 3),
            ("swapped", swapped, 2),
            ("removed", removed, 3),
            ("first removed", join(&lines[1..]), 1),
            ("spelled otherwise", blank, 1),
        ] {
            let error = read_log(&text, "r", None).expect_err(what);
            assert_eq!(error.seq, seq, "{what}: {error}");
        }
        // A cut and a log written anew hold together, and only a known head shows them.
        let cut = join(&lines[..3]);
        assert!(read_log(&cut, "r", None).is_ok());
        assert_eq!(read_log(&cut, "r", Some(&head)).expect_err("cut").seq, 4);
        let (other, _) = log(6);
        assert!(
            read_log(&other, "r", Some(&head)).is_ok(),
            "it has only grown"
        );
        let anew = read_log(&text, "other", None).expect_err("another name");
        assert_eq!(anew.seq, 1);
        let mut forged = Head::genesis("r");
        let mut text = String::new();
        for _ in 0..5 {
            let event = Event::Checkpoint {
                note: "forged".to_owned(),
            };
            let (record, line) = forged.next(Time::from_seconds(0), event);
            forged = Head {
                seq: record.seq,
                hash: record.hash,
            };
            text.push_str(&format!("{line}\n"));
        }
        assert!(read_log(&text, "r", None).is_ok());
        assert!(read_log(&text, "r", Some(&head)).is_err());
    }

    #[test]
    fn a_torn_last_line_is_told_and_does_no_harm() {
        let (text, head) = log(2);
        for torn in ["{", "{\"event\":{\"note\":\"ev"] {
            let torn = format!("{text}{torn}");
            let log = read_log(&torn, "r", Some(&head)).expect("the lines before hold together");
            assert!(log.torn);
            assert_eq!((log.records.len(), log.length), (2, text.len()));
        }
        // What somebody named by mistake is not cut off.
        for other in ["TOKEN=1", "{\"v\":1", "\u{feff}{"] {
            assert!(read_log(other, "r", None).is_err(), "{other}");
        }
    }
}
