//! Values as they may be shown. No other module reaches the raw bytes.

use std::borrow::Cow;
use std::collections::HashMap;

use sluicegate_core::{Excerpt, Finding, Occurrence, Piece, Report, Secret};

use crate::Context;

/// As many digits of an object id are enough to find it.
const ID_DIGITS: usize = 12;

/// The start of an object id, for people.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(..ID_DIGITS).unwrap_or(id)
}

/// Shows values: redacted, or as they are if the context says so.
pub(crate) struct Values<'r> {
    show_secrets: bool,
    /// The values on lines where somebody gave a reason for a suppression.
    beside_reasons: HashMap<(&'r str, usize), Vec<&'r Finding>>,
    /// All values by their first bytes, if somebody's words about commits and jobs, or what
    /// credentials say about themselves, is shown.
    by_start: HashMap<[u8; START], Vec<&'r Finding>>,
}

/// Values are looked up by so many bytes; shorter ones are no secrets.
const START: usize = 4;

impl<'r> Values<'r> {
    /// Looks through the report once.
    pub(crate) fn of(report: &'r Report, ctx: &Context<'_>) -> Self {
        Self {
            show_secrets: ctx.show_secrets,
            beside_reasons: beside_reasons(report),
            by_start: by_start(report),
        }
    }

    /// Whether values are shown as they are.
    pub(crate) fn show_secrets(&self) -> bool {
        self.show_secrets
    }

    /// The value with its real shape; its first line.
    pub(crate) fn shown(&self, secret: &Secret, public_prefix: usize) -> String {
        if !self.show_secrets {
            return secret.redacted(public_prefix);
        }
        let raw = String::from_utf8_lossy(secret.expose_secret_bytes());
        raw.lines().next().unwrap_or_default().to_owned()
    }

    /// The whole value as it is, if it may be shown; bytes that are not UTF-8 are
    /// replaced.
    pub(crate) fn raw(&self, secret: &Secret) -> Option<String> {
        self.show_secrets
            .then(|| String::from_utf8_lossy(secret.expose_secret_bytes()).into_owned())
    }

    /// A piece of a line.
    pub(crate) fn piece(&self, piece: &Piece, finding: &Finding) -> String {
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Own(secret) => self.shown(secret, finding.public_prefix),
            Piece::Other(secret) => self.shown(secret, 0),
        }
    }

    /// The excerpt in one piece; `…` stands where the line goes on.
    pub(crate) fn line(&self, excerpt: &Excerpt, finding: &Finding) -> String {
        let mut out = String::new();
        if excerpt.cut_before {
            out.push('…');
        }
        for piece in &excerpt.pieces {
            out.push_str(&self.piece(piece, finding));
        }
        if excerpt.cut_after {
            out.push('…');
        }
        out
    }

    /// What somebody wrote about a commit, or as the name of a job. They may have repeated a value there, so known
    /// ones are redacted.
    pub(crate) fn words<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.show_secrets {
            return Cow::Borrowed(text);
        }
        let bytes = text.as_bytes();
        let (mut out, mut kept, mut at) = (String::new(), 0, 0);
        while let Some(start) = bytes.get(at..).and_then(|rest| rest.first_chunk::<START>()) {
            let stands = |f: &&&Finding| bytes[at..].starts_with(f.secret.expose_secret_bytes());
            let known = self.by_start.get(start).map_or(&[][..], Vec::as_slice);
            match known.iter().find(stands) {
                // A value that is part of a character's bytes cannot be cut out.
                Some(finding)
                    if text.is_char_boundary(at)
                        && text.is_char_boundary(at + finding.secret.len()) =>
                {
                    out.push_str(&text[kept..at]);
                    out.push_str(&finding.secret.redacted(finding.public_prefix));
                    at += finding.secret.len();
                    kept = at;
                }
                _ => at += 1,
            }
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[kept..]);
        Cow::Owned(out)
    }

    /// The reason that a suppression gives. It is what people wrote on a line with
    /// values, and they may have repeated one, so known values are redacted in it.
    pub(crate) fn reason(&self, occurrence: &Occurrence) -> Option<String> {
        let suppression = occurrence.suppression.as_ref()?;
        let mut reason = suppression.reason.clone()?;
        let place = (&*occurrence.path, suppression.line);
        let beside = self
            .beside_reasons
            .get(&place)
            .map_or(&[][..], Vec::as_slice);
        for finding in beside.iter().filter(|_| !self.show_secrets) {
            let raw = String::from_utf8_lossy(finding.secret.expose_secret_bytes());
            if !raw.is_empty() && reason.contains(raw.as_ref()) {
                let redacted = finding.secret.redacted(finding.public_prefix);
                reason = reason.replace(raw.as_ref(), &redacted);
            }
        }
        Some(reason)
    }
}

fn by_start(report: &Report) -> HashMap<[u8; START], Vec<&Finding>> {
    let mut all: HashMap<[u8; START], Vec<&Finding>> = HashMap::new();
    let has_words = |o: &Occurrence| {
        let by_people = o.layer.is_some() || o.usage.is_some();
        by_people || o.provenance.as_ref().is_some_and(|p| p.commit.is_some())
    };
    let mut occurrences = report.findings.iter().flat_map(|f| &f.occurrences);
    let says = report.findings.iter().any(|f| f.identity.is_some());
    if !says && !occurrences.any(has_words) {
        return all;
    }
    for finding in &report.findings {
        let start = finding.secret.expose_secret_bytes().first_chunk();
        all.entry(start.copied().unwrap_or_default())
            .or_default()
            .push(finding);
    }
    // A value that holds another one goes first, or a part of it would be left.
    for values in all.values_mut() {
        values.sort_by_key(|finding| std::cmp::Reverse(finding.secret.len()));
    }
    all
}

fn beside_reasons(report: &Report) -> HashMap<(&str, usize), Vec<&Finding>> {
    let mut beside = HashMap::new();
    let all = || {
        let findings = report.findings.iter();
        findings.flat_map(|finding| finding.occurrences.iter().map(move |o| (finding, o)))
    };
    for (finding, occurrence) in all() {
        if let Some(suppression) = occurrence
            .suppression
            .as_ref()
            .filter(|s| s.reason.is_some())
        {
            let place = (&*occurrence.path, suppression.line);
            let values: &mut Vec<&Finding> = beside.entry(place).or_default();
            values.push(finding);
        }
    }
    if beside.is_empty() {
        return beside;
    }
    for (finding, occurrence) in all() {
        for line in occurrence.start.line..=occurrence.end.line {
            if let Some(values) = beside.get_mut(&(&*occurrence.path, line)) {
                values.push(finding);
            }
        }
    }
    // A value that holds another one goes first, or a part of it would be left.
    for values in beside.values_mut() {
        values.sort_by_key(|finding| std::cmp::Reverse(finding.secret.len()));
        values.dedup_by_key(|finding| std::ptr::from_ref::<Finding>(finding));
    }
    beside
}
