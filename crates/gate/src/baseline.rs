//! Known debt: fingerprints, one a line, sorted, and nothing else, so that two branches
//! that add to it merge without a conflict.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::finding::Finding;

/// Fingerprints of findings that are known and not yet remedied.
///
/// ```
/// use sluicegate_gate::Baseline;
///
/// let text = "00000000000000000000000000000001\n";
/// let baseline = Baseline::parse(text)?;
/// assert_eq!(baseline.to_text(), text);
/// assert!(Baseline::parse("src/app.py:3\n").is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(pub BTreeSet<String>);

impl Baseline {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If a line is neither a fingerprint nor empty nor a remark (`#`).
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all = BTreeSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !is_fingerprint(line) {
                return Err(format!(
                    "line {number} is no fingerprint: 32 hexadecimal digits in lower case; \
                     baselines of other scanners are read by `sluice baseline create --from`"
                ));
            }
            all.insert(line.to_owned());
        }
        Ok(Self(all))
    }

    /// The file.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|print| format!("{print}\n")).collect()
    }
}

fn is_fingerprint(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// An entry of another scanner's baseline: a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// The path.
    pub path: String,
    /// The line, counted from 1; 0 if it is not known.
    pub line: usize,
    /// The rule, in that scanner's words.
    pub rule: String,
    /// The commit, if it is about one.
    pub commit: String,
}

/// What of another scanner's baseline has a finding of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// What could be carried over.
    pub baseline: Baseline,
    /// How many entries that is.
    pub entries: usize,
    /// What could not, and why.
    pub left: Vec<(Foreign, &'static str)>,
}

/// Reads another scanner's baseline: a JSON report of gitleaks or betterleaks, a baseline
/// of detect-secrets, or a `.gitleaksignore`.
///
/// # Errors
///
/// If it is none of these.
pub fn foreign(text: &str) -> Result<Vec<Foreign>, String> {
    let start = text.trim_start();
    if start.starts_with('[') {
        gitleaks(text)
    } else if start.starts_with('{') {
        detect_secrets(text)
    } else {
        gitleaksignore(text)
    }
}

fn gitleaks(text: &str) -> Result<Vec<Foreign>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entry {
        #[serde(rename = "RuleID")]
        rule: String,
        file: String,
        start_line: usize,
        #[serde(default)]
        commit: String,
    }
    let all: Vec<Entry> = serde_json::from_str(text)
        .map_err(|error| format!("it is no report of gitleaks: {error}"))?;
    let entry = |e: Entry| Foreign {
        path: e.file,
        line: e.start_line,
        rule: e.rule,
        commit: e.commit,
    };
    Ok(all.into_iter().map(entry).collect())
}

fn detect_secrets(text: &str) -> Result<Vec<Foreign>, String> {
    #[derive(Deserialize)]
    struct File {
        results: BTreeMap<String, Vec<Entry>>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(rename = "type")]
        rule: String,
        #[serde(default)]
        line_number: usize,
    }
    let file: File = serde_json::from_str(text)
        .map_err(|error| format!("it is no baseline of detect-secrets: {error}"))?;
    let entries = file.results.into_iter().flat_map(|(path, all)| {
        all.into_iter().map(move |e| Foreign {
            path: path.replace('\\', "/"),
            line: e.line_number,
            rule: e.rule,
            commit: String::new(),
        })
    });
    Ok(entries.collect())
}

/// `file:rule:line`, or `commit:file:rule:line`.
fn gitleaksignore(text: &str) -> Result<Vec<Foreign>, String> {
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || format!("line {number} is no fingerprint of gitleaks: file:rule:line");
        let (rest, last) = line.rsplit_once(':').ok_or_else(wrong)?;
        let (rest, rule) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let is_commit = |c: &str| c.len() == 40 && c.bytes().all(|b| b.is_ascii_hexdigit());
        let (commit, path) = match rest.split_once(':') {
            Some((commit, path)) if is_commit(commit) => (commit, path),
            _ => ("", rest),
        };
        out.push(Foreign {
            path: path.to_owned(),
            line: last.parse().map_err(|_| wrong())?,
            rule: rule.to_owned(),
            commit: commit.to_owned(),
        });
    }
    Ok(out)
}

/// Finds our findings at the places of the entries. An entry about a commit is about a
/// line of that time, and none of today is guessed from it.
pub fn carry_over(entries: &[Foreign], findings: &[Finding]) -> Carried {
    let mut at: BTreeMap<&str, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for finding in findings {
        for place in &finding.locations {
            let lines = (
                place.line,
                place.end_line.max(place.line),
                &*finding.fingerprint,
            );
            at.entry(&place.path).or_default().push(lines);
        }
    }
    let mut out = Carried::default();
    for entry in entries {
        let path = entry.path.trim_start_matches("./");
        let here = at.get(path).map_or(&[][..], Vec::as_slice);
        let hits: Vec<&str> = here
            .iter()
            .filter(|(from, to, _)| (*from..=*to).contains(&entry.line))
            .map(|(_, _, print)| *print)
            .collect();
        if !entry.commit.is_empty() {
            out.left.push((
                entry.clone(),
                "it names a line of an old commit, which may be another today",
            ));
        } else if !hits.is_empty() {
            out.entries += 1;
            out.baseline
                .0
                .extend(hits.into_iter().map(ToOwned::to_owned));
        } else if here.is_empty() {
            out.left
                .push((entry.clone(), "nothing is found in that file"));
        } else {
            out.left
                .push((entry.clone(), "nothing is found on that line"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;
    use crate::words::FindingKind;

    #[test]
    fn baselines_of_others_are_carried_over_by_place_and_the_rest_is_told() {
        let mut finding = Finding::new("0".repeat(32), "r", FindingKind::SecretValue);
        finding.place(vec![Location::of("src/a.py", 3), Location::of("b.txt", 1)]);
        let old = "c".repeat(40);
        for (text, carried, left) in [
            (r#"[{"RuleID":"x","File":"src/a.py","StartLine":3,"Secret":"REDACTED","Commit":""}]"#.to_owned(), 1, 0),
            (r#"{"version":"1.5.0","results":{"src/a.py":[{"type":"Secret Keyword","hashed_secret":"ab","line_number":3}],"c":[{"type":"x","line_number":1}]}}"#.to_owned(), 1, 1),
            (format!("# x\nsrc/a.py:x:3\n./b.txt:x:1 # y\nb.txt:x:2\n{old}:src/a.py:x:3\n"), 2, 2),
        ] {
            let entries = foreign(&text).expect("it is known");
            let out = carry_over(&entries, std::slice::from_ref(&finding));
            assert_eq!((out.entries, out.left.len()), (carried, left), "{text}");
            assert_eq!(out.baseline.0.len(), 1);
        }
        for text in ["[1]", "{}", "x", "a:b:c"] {
            assert!(foreign(text).is_err(), "{text}");
        }
    }
}
