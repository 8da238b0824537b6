//! Policy files: TOML to a checked policy.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use sluicegate_core::without_values;
use toml::Spanned;

use super::{
    Budget, Due, Floor, Policy, PolicyError, PolicyErrors, Row, Shift, Verdicts, WaiverLimits,
};
use crate::condition::{Condition, ConditionError};
use crate::words::{Column, Duty, Stage, Verdict};

/// The version of the format.
const SCHEMA: &str = "sluicegate.policy/1";

/// More than this is no policy but an attack on whoever reads it, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// More floors than this would make the gate slow.
const MAX_FLOORS: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<String>,
    name: Spanned<String>,
    #[serde(default)]
    version: String,
    stages: Option<Stages>,
    due: Option<PartOf<u16>>,
    budget: Option<PartOf<u16>>,
    waivers: Option<PartOf<u16>>,
    approvals: Option<Approvals>,
    previous: Option<Previous>,
    environments: Option<Environments>,
    #[serde(default)]
    floor: Vec<Spanned<RawRow>>,
    #[serde(default)]
    row: Vec<Spanned<RawRow>>,
    #[serde(default)]
    shift: Vec<Spanned<RawShift>>,
    #[serde(default)]
    cap: Vec<Spanned<RawRow>>,
}

/// Numbers by name.
type PartOf<T> = std::collections::BTreeMap<String, Spanned<T>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stages {
    commit: Option<Spanned<Column>>,
    merge: Option<Spanned<Column>>,
    release: Option<Spanned<Column>>,
    deploy: Option<Spanned<Column>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Previous {
    commit: Option<Spanned<Stage>>,
    merge: Option<Spanned<Stage>>,
    release: Option<Spanned<Stage>>,
    deploy: Option<Spanned<Stage>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approvals {
    device: Column,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environments {
    reviewed: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    code: Spanned<String>,
    when: Spanned<String>,
    verdict: Spanned<String>,
    says: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    duties: Vec<Duty>,
    waivable: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShift {
    code: Spanned<String>,
    when: Spanned<String>,
    step: Spanned<i8>,
    #[serde(default)]
    columns: Option<Vec<Column>>,
    says: String,
}

/// Collects what is wrong with a text.
struct Wrong<'t> {
    text: &'t str,
    found: Vec<PolicyError>,
}

impl<'t> Wrong<'t> {
    fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        let start = self
            .text
            .floor_char_boundary(span.start.min(self.text.len()));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let end = self
            .text
            .floor_char_boundary(span.end.clamp(start, line_end));
        self.found.push(PolicyError {
            line: self.text[..start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            text: without_values(&self.text[line_start..line_end]),
            width: self.text[start..end].chars().count(),
            message: without_values(&message.into()),
        });
    }

    fn result(mut self) -> Result<(), PolicyErrors> {
        self.found.sort_by_key(|error| (error.line, error.column));
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(PolicyErrors(self.found))
        }
    }

    fn read(&mut self) -> Option<File> {
        if self.text.len() > MAX_SIZE {
            self.add(0..0, format!("a policy may have {MAX_SIZE} bytes"));
            return None;
        }
        match toml::from_str(self.text) {
            Ok(file) => Some(file),
            Err(error) => {
                self.add(error.span().unwrap_or(0..0), error.message().trim());
                None
            }
        }
    }

    /// Where something in a condition stands in the file. If the text has escapes, bytes
    /// of the value are not bytes of the file, and the whole value is meant.
    fn within(&self, whole: &Range<usize>, value: &str, part: &Range<usize>) -> Range<usize> {
        let raw = &self.text[whole.clone()];
        match raw.find(value) {
            Some(at) => whole.start + at + part.start..whole.start + at + part.end,
            None => whole.clone(),
        }
    }

    fn condition(&mut self, when: &Spanned<String>) -> Option<Condition> {
        match Condition::parse(when.get_ref()) {
            Ok(condition) => Some(condition),
            Err(ConditionError { span, message }) => {
                let place = self.within(&when.span(), when.get_ref(), &span);
                self.add(place, message);
                None
            }
        }
    }

    fn verdicts(&mut self, text: &Spanned<String>) -> Option<Verdicts> {
        let read: Option<Vec<Verdict>> = text.get_ref().split('/').map(verdict).collect();
        let verdicts: Option<Verdicts> = read.and_then(|v| v.try_into().ok());
        match verdicts {
            Some(verdicts) if verdicts.is_sorted() => return Some(verdicts),
            Some(_) => self.add(
                text.span(),
                "a later stage may not be milder than an earlier one: A before R before B",
            ),
            None => self.add(
                text.span(),
                "a verdict is three letters such as \"A/R/B\": for drafts, for what others \
                 build on, for what users get; A allows, R asks for a remedy, B blocks",
            ),
        }
        None
    }

    fn code(&mut self, code: &Spanned<String>, known: &mut BTreeSet<String>) {
        let text = code.get_ref();
        let is_sign = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || !text.chars().all(is_sign) {
            self.add(
                code.span(),
                "a code has capital letters, digits and `-`, at most 40",
            );
        } else if !known.insert(text.clone()) {
            self.add(
                code.span(),
                format!("`{text}` is the code of something else"),
            );
        }
    }

    fn row(&mut self, raw: &RawRow, known: &mut BTreeSet<String>) -> Option<Row> {
        self.code(&raw.code, known);
        let when = self.condition(&raw.when);
        let verdict = self.verdicts(&raw.verdict);
        Some(Row {
            code: raw.code.get_ref().as_str().into(),
            when: when?,
            verdict: verdict?,
            says: raw.says.as_str().into(),
            next: raw.next.as_str().into(),
            duties: raw.duties.clone(),
        })
    }

    fn floor(&mut self, raw: &RawRow, known: &mut BTreeSet<String>) -> Option<Floor> {
        let waivable = raw.waivable.as_ref().is_none_or(|w| *w.get_ref());
        self.row(raw, known).map(|row| Floor { row, waivable })
    }
}

fn verdict(letter: &str) -> Option<Verdict> {
    match letter.trim() {
        "A" => Some(Verdict::Allow),
        "R" => Some(Verdict::Remediate),
        "B" => Some(Verdict::Block),
        _ => None,
    }
}

/// Reads the built-in policy.
pub(super) fn builtin(text: &str) -> Result<Policy, PolicyErrors> {
    let mut wrong = Wrong {
        text,
        found: Vec::new(),
    };
    let Some(file) = wrong.read() else {
        return Err(PolicyErrors(wrong.found));
    };
    let mut known = BTreeSet::new();
    let mut policy = Policy {
        name: file.name.into_inner(),
        version: file.version,
        digest: String::new(),
        floors: Vec::new(),
        rows: Vec::new(),
        shifts: Vec::new(),
        caps: Vec::new(),
        columns: [Column::Dev, Column::Staging, Column::Prod, Column::Prod],
        due: Due {
            critical: u16::MAX,
            high: u16::MAX,
            medium: u16::MAX,
            low: u16::MAX,
        },
        budget: Budget {
            open: u16::MAX,
            days: u16::MAX,
        },
        waivers: WaiverLimits {
            dev: u16::MAX,
            staging: u16::MAX,
            prod: u16::MAX,
            warn: 0,
            renewals: u16::MAX,
        },
        devices: None,
        previous: [None; 4],
        reviewed: BTreeSet::new(),
    };
    for raw in &file.floor {
        policy.floors.extend(wrong.floor(raw.get_ref(), &mut known));
    }
    for raw in &file.row {
        policy.rows.extend(wrong.row(raw.get_ref(), &mut known));
    }
    for raw in &file.cap {
        policy.caps.extend(wrong.row(raw.get_ref(), &mut known));
    }
    for raw in &file.shift {
        let raw = raw.get_ref();
        wrong.code(&raw.code, &mut known);
        if !matches!(raw.step.get_ref(), -1 | 1) {
            wrong.add(raw.step.span(), "a step is 1 or -1");
        }
        if let Some(when) = wrong.condition(&raw.when) {
            policy.shifts.push(Shift {
                code: raw.code.get_ref().as_str().into(),
                when,
                step: *raw.step.get_ref(),
                columns: raw.columns.clone().unwrap_or_else(|| Column::ALL.to_vec()),
                says: raw.says.as_str().into(),
            });
        }
    }
    numbers(
        &mut policy,
        &mut wrong,
        [file.due, file.budget, file.waivers],
    );
    wrong.result().map(|()| policy)
}

/// Adds what a file asks beside the built-in policy.
pub(super) fn add(policy: &mut Policy, text: &str) -> Result<(), PolicyErrors> {
    let mut wrong = Wrong {
        text,
        found: Vec::new(),
    };
    let Some(file) = wrong.read() else {
        return Err(PolicyErrors(wrong.found));
    };
    if file.schema.get_ref() != SCHEMA {
        wrong.add(
            file.schema.span(),
            format!("this program reads \"{SCHEMA}\""),
        );
    }
    if file.name.get_ref().trim().is_empty() {
        wrong.add(file.name.span(), "a policy has a name");
    }
    let not_ours = file.row.iter().chain(&file.cap).map(Spanned::span);
    let not_ours: Vec<_> = not_ours
        .chain(file.shift.iter().map(Spanned::span))
        .collect();
    for span in not_ours {
        wrong.add(
            span,
            "rows, shifts and caps are built in; a policy adds [[floor]]s to them",
        );
    }
    if file.floor.len() > MAX_FLOORS {
        wrong.add(
            file.floor[MAX_FLOORS].span(),
            format!("a policy may have {MAX_FLOORS} floors"),
        );
    }
    policy.name = file.name.into_inner();
    policy.version = file.version;
    let mut known = policy.known_codes();
    for raw in &file.floor {
        policy.floors.extend(wrong.floor(raw.get_ref(), &mut known));
    }
    if let Some(stages) = file.stages {
        let given = [stages.commit, stages.merge, stages.release, stages.deploy];
        columns(policy, &mut wrong, given);
    }
    // The built-in policy asks for none, so whatever is asked is stricter.
    policy.devices = file.approvals.map(|approvals| approvals.device);
    if let Some(Previous {
        commit,
        merge,
        release,
        deploy,
    }) = file.previous
    {
        previous(policy, &mut wrong, [commit, merge, release, deploy]);
    }
    for name in file.environments.into_iter().flat_map(|e| e.reviewed) {
        // An expression is known when the job runs, and not before.
        if name.get_ref().trim().is_empty() || name.get_ref().contains(['*', '$']) {
            wrong.add(
                name.span(),
                "an environment is named as it is, without `*` and `$`",
            );
        }
        policy.reviewed.insert(name.into_inner());
    }
    numbers(policy, &mut wrong, [file.due, file.budget, file.waivers]);
    wrong.result()
}

fn previous(policy: &mut Policy, wrong: &mut Wrong<'_>, given: [Option<Spanned<Stage>>; 4]) {
    for (stage, given) in Stage::ALL.iter().zip(given) {
        let Some(given) = given else { continue };
        if given.get_ref() >= stage {
            let message = format!("{} does not come before {stage}", given.get_ref());
            wrong.add(given.span(), message);
        }
        if policy.previous[*stage as usize] > Some(*given.get_ref()) {
            let message = "a later stage may not ask for less than an earlier one";
            wrong.add(given.span(), message);
        }
        let later = policy.previous.iter_mut().skip(*stage as usize);
        later.for_each(|known| *known = Some(*given.get_ref()));
    }
}

fn columns(policy: &mut Policy, wrong: &mut Wrong<'_>, given: [Option<Spanned<Column>>; 4]) {
    for (stage, given) in Stage::ALL.iter().zip(given) {
        let Some(given) = given else { continue };
        let (column, builtin) = (*given.get_ref(), policy.column(*stage));
        if column < builtin {
            let message = format!("a policy can only be stricter: {stage} is {builtin} already");
            wrong.add(given.span(), message);
        }
        policy.columns[*stage as usize] = column;
        let after = policy.columns.iter_mut().skip(*stage as usize);
        // A later stage is never milder than an earlier one.
        after.for_each(|later| *later = column.max(*later));
    }
}

/// Takes over numbers, each of which may only become smaller.
fn numbers(policy: &mut Policy, wrong: &mut Wrong<'_>, parts: [Option<PartOf<u16>>; 3]) {
    let Policy {
        due,
        budget,
        waivers,
        ..
    } = policy;
    let known: [&mut [(&str, &mut u16)]; 3] = [
        &mut [
            ("critical", &mut due.critical),
            ("high", &mut due.high),
            ("medium", &mut due.medium),
            ("low", &mut due.low),
        ],
        &mut [("open", &mut budget.open), ("days", &mut budget.days)],
        &mut [
            ("dev", &mut waivers.dev),
            ("staging", &mut waivers.staging),
            ("prod", &mut waivers.prod),
            ("renewals", &mut waivers.renewals),
            ("warn", &mut waivers.warn),
        ],
    ];
    for (part, known) in parts.into_iter().zip(known) {
        for (name, given) in part.into_iter().flatten() {
            let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            let Some((_, into)) = known.iter_mut().find(|(word, _)| *word == name) else {
                let message = format!("there is no `{name}` here: there are {}", words.join(", "));
                wrong.add(given.span(), message);
                continue;
            };
            let number = *given.get_ref();
            if number > **into && name != "warn" {
                let message = format!("a policy can only be stricter: `{name}` is {into} already");
                wrong.add(given.span(), message);
                continue;
            }
            **into = number;
        }
    }
}

#[cfg(test)]
mod tests;
