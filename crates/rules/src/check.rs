//! Runs every rule's own examples through the real engine.

use sluicegate_core::{Blob, Checksum, Match, RuleId, Sink};

use crate::rules::Rules;
use crate::template::expand;

/// An example that did not come out as its rule says, or a rule without enough of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The id of the rule.
    pub rule: String,
    /// What went wrong; never holds an assembled value.
    pub message: String,
}

/// Positive and negative examples that every rule must have, at least.
const LEAST_EXAMPLES: usize = 2;

/// Runs all examples of the rules that `wanted` lets through; gives how many ran, and
/// what failed.
pub fn check(rules: &Rules, wanted: impl Fn(&str) -> bool) -> (usize, Vec<Failure>) {
    let mut scratch = rules.set().scratch();
    let mut failures = Vec::new();
    let mut ran = 0;
    for id in rules.set().ids() {
        let info = rules.info(id);
        if !wanted(&info.id) {
            continue;
        }
        let mut fail = |message: String| {
            failures.push(Failure {
                rule: info.id.clone(),
                message,
            })
        };
        let examples = rules.examples(id);
        let few = examples.positive.len().min(examples.negative.len()) < LEAST_EXAMPLES;
        // Other scanners ask their rules for fewer, or for none.
        if few && !rules.is_imported(id) {
            fail(format!(
                "{} positive and {} negative examples: at least {LEAST_EXAMPLES} of each are needed",
                examples.positive.len(),
                examples.negative.len()
            ));
        }
        let path = example_path(&rules.set().spec(id).paths);
        for (positive, templates) in [(true, &examples.positive), (false, &examples.negative)] {
            for (number, template) in templates.iter().enumerate() {
                ran += 1;
                let seed = format!("{} {positive} {number}", info.id);
                let example = match expand(template, &seed) {
                    Ok(example) => example,
                    Err(why) => {
                        fail(why);
                        continue;
                    }
                };
                let bytes = match rules.set().spec(id).checksum {
                    // Characters stand for bytes, as in the anchors of such rules.
                    Some(Checksum::KeyStore) => (example.text.chars())
                        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                        .collect(),
                    _ => example.text.into_bytes(),
                };
                let blob = Blob::new(&bytes);
                let blob = path.as_deref().map_or(blob, |path| blob.at(path));
                let mut seen = Seen {
                    rule: id,
                    found: Vec::new(),
                    why: None,
                };
                rules.set().scan_with(&mut scratch, &blob, &mut seen);
                let found = seen.found.first();
                match (positive, found) {
                    (true, None) => {
                        let why = seen
                            .why
                            .unwrap_or_else(|| "its pattern does not match".into());
                        fail(format!(
                            "positive example gives no finding ({why}): {template}"
                        ));
                    }
                    (true, Some(_)) => {
                        if let Some((start, end)) = example.marked
                            && !seen
                                .found
                                .iter()
                                .any(|m| (m.secret.start, m.secret.end) == (start, end))
                        {
                            let spans: Vec<_> = seen
                                .found
                                .iter()
                                .map(|m| (m.secret.start, m.secret.end))
                                .collect();
                            fail(format!(
                                "finds another secret than the marked one (bytes {start}..{end}, found {spans:?}): {template}"
                            ));
                        }
                    }
                    (false, Some(m)) => fail(format!(
                        "negative example gives a finding at bytes {}..{}: {template}",
                        m.secret.start, m.secret.end
                    )),
                    (false, None) => {}
                }
            }
        }
    }
    (ran, failures)
}

/// A path that the globs let through, made from the first of them.
fn example_path(globs: &[String]) -> Option<String> {
    globs.first().map(|glob| {
        let plain = glob
            .replace("**/", "")
            .replace("**", "x")
            .replace(['*', '?'], "x");
        match (plain.find('{'), plain.find('}')) {
            (Some(open), Some(close)) if open < close => {
                let first = plain[open + 1..close].split(',').next().unwrap_or_default();
                format!("{}{first}{}", &plain[..open], &plain[close + 1..])
            }
            _ => plain,
        }
    })
}

struct Seen {
    rule: RuleId,
    found: Vec<Match>,
    why: Option<String>,
}

impl Sink for Seen {
    const TRACE: bool = true;

    fn found(&mut self, _: &Blob<'_>, found: &Match) {
        if found.rule == self.rule {
            self.found.push(*found);
        }
    }

    fn rejected(&mut self, _: &Blob<'_>, candidate: &Match, why: &sluicegate_core::Rejection) {
        if candidate.rule != self.rule {
            return;
        }
        // All that a part of other rules can come to.
        if *why == sluicegate_core::Rejection::Hidden {
            self.found.push(*candidate);
        } else {
            self.why = Some(format!("{}: {why}", why.filter()));
        }
    }
}
