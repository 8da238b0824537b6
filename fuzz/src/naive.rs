//! Small rules made of a class, a literal and a class, and a search for them that tries
//! every place by hand: no anchors index, no windows, no regular expressions.

use arbitrary::{Arbitrary, Unstructured};
use sluicegate_core::{Boundary, Confidence, Match, Part, Pattern, RuleId, RuleSpec, Span};

/// The bytes that literals are made of; few, so that they meet often.
const LITERAL: &[u8] = b"abA_.";

/// Classes around a literal. Each has a byte that no literal has: otherwise the engine
/// may rightly take a class for a part of the literal, and start elsewhere.
const CLASSES: [(&str, &[u8]); 4] = [
    ("[ab7]", b"ab7"),
    ("[0-9]", b"0123456789"),
    (
        "[a-zA-Z0-9]",
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ),
    (r"[._\n7]", b"._\n7"),
];

/// The texts that haystacks are made of.
const TOKENS: [&[u8]; 16] = [
    b"a",
    b"b",
    b"A",
    b"B",
    b"_",
    b".",
    b"7",
    b"0",
    b"\n",
    b"ab",
    b"aba",
    b"ab_",
    b"A_a",
    b"zzz",
    b"\xff",
    b"                ",
];

/// Rules, and a text to look for them in.
#[derive(Debug)]
pub struct Case {
    /// The rules.
    pub shapes: Vec<Shape>,
    /// The text.
    pub hay: Vec<u8>,
}

/// One rule.
#[derive(Debug)]
pub struct Shape {
    before: Run,
    literals: Vec<Vec<u8>>,
    ignore_case: bool,
    after: Run,
    group: Group,
    confidence: Confidence,
    part: Option<(usize, usize, bool, Option<Confidence>)>,
}

/// So many bytes of a class.
#[derive(Clone, Copy, Debug)]
struct Run {
    class: usize,
    min: usize,
    max: usize,
}

/// What the secret is.
#[derive(Clone, Copy, Debug, Arbitrary)]
enum Group {
    Whole,
    After,
    LiteralAndAfter,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let count = u.int_in_range(1..=4)?;
        let shapes = (0..count)
            .map(|_| Shape::new(u, count))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tokens: Vec<Vec<u8>> = TOKENS.iter().map(|token| token.to_vec()).collect();
        tokens.extend(shapes.iter().flat_map(Shape::samples));
        let mut hay = Vec::new();
        while !u.is_empty() {
            hay.extend_from_slice(u.choose(&tokens)?);
        }
        Ok(Self { shapes, hay })
    }
}

impl Run {
    fn new(u: &mut Unstructured<'_>, least: usize) -> arbitrary::Result<Self> {
        let min = u.int_in_range(least..=least + 3)?;
        Ok(Self {
            class: u.int_in_range(0..=CLASSES.len() - 1)?,
            min,
            max: min + u.int_in_range(0..=5)?,
        })
    }

    fn regex(self) -> String {
        format!("{}{{{},{}}}", CLASSES[self.class].0, self.min, self.max)
    }

    fn has(self, byte: u8) -> bool {
        CLASSES[self.class].1.contains(&byte)
    }

    /// So many bytes of the class.
    fn sample(self, length: usize) -> Vec<u8> {
        CLASSES[self.class]
            .1
            .iter()
            .copied()
            .cycle()
            .take(length)
            .collect()
    }

    /// How many bytes of the class stand at `at`, up to the most it takes.
    fn length(self, hay: &[u8], at: usize) -> usize {
        hay[at..]
            .iter()
            .take(self.max)
            .take_while(|&&b| self.has(b))
            .count()
    }
}

impl Shape {
    fn new(u: &mut Unstructured<'_>, rules: usize) -> arbitrary::Result<Self> {
        let mut literals: Vec<Vec<u8>> = Vec::new();
        for _ in 0..u.int_in_range(1..=3)? {
            let length = u.int_in_range(3..=6)?;
            let bytes = (0..length).map(|_| u.choose(LITERAL).copied());
            literals.push(bytes.collect::<Result<_, _>>()?);
        }
        literals.dedup();
        let confidence = *u.choose(Confidence::ALL)?;
        let part = if u.ratio(1, 4)? {
            let other = u.int_in_range(0..=rules - 1)?;
            let raised = if u.arbitrary()? {
                Some(*u.choose(Confidence::ALL)?)
            } else {
                None
            };
            Some((other, u.int_in_range(0..=40)?, u.arbitrary()?, raised))
        } else {
            None
        };
        Ok(Self {
            before: Run::new(u, 0)?,
            literals,
            ignore_case: u.arbitrary()?,
            after: Run::new(u, 0)?,
            group: u.arbitrary()?,
            confidence,
            part,
        })
    }

    /// Texts that match or nearly do.
    fn samples(&self) -> Vec<Vec<u8>> {
        let before = self.before.sample(self.before.min);
        let after = self.after.sample(self.after.min);
        let long = self.after.sample(self.after.max + 1);
        let texts = |literal: &Vec<u8>| {
            let half = [literal.as_slice(), &after].concat();
            [
                literal.clone(),
                [before.as_slice(), &half].concat(),
                [literal.as_slice(), &long].concat(),
                half,
            ]
        };
        self.literals.iter().flat_map(texts).collect()
    }

    /// The rule as the engine takes it.
    pub fn spec(&self, number: usize) -> RuleSpec {
        let text = |literal: &Vec<u8>| String::from_utf8_lossy(literal).into_owned();
        let escaped: Vec<String> = self
            .literals
            .iter()
            .map(|l| text(l).replace('.', r"\."))
            .collect();
        let mode = if self.ignore_case { "i" } else { "" };
        let literal = format!("(?{mode}:{})", escaped.join("|"));
        let (before, after) = (self.before.regex(), self.after.regex());
        let regex = match self.group {
            Group::Whole => format!("{before}{literal}{after}"),
            Group::After => format!("{before}{literal}(?<secret>{after})"),
            Group::LiteralAndAfter => format!("{before}(?<secret>{literal}{after})"),
        };
        let mut spec = RuleSpec::new(&format!("rule-{number}"), Pattern::Regex(regex));
        spec.anchors = self.literals.iter().map(text).collect();
        spec.boundary = Boundary::None;
        spec.placeholders = false;
        spec.confidence = self.confidence;
        spec.parts
            .extend(self.part.map(|(other, within, required, confidence)| Part {
                rule: format!("rule-{other}"),
                within,
                required,
                confidence,
            }));
        spec
    }

    fn literal_at(&self, hay: &[u8], at: usize, literal: &[u8]) -> bool {
        hay.get(at..at + literal.len()).is_some_and(|text| {
            if self.ignore_case {
                text.eq_ignore_ascii_case(literal)
            } else {
                text == literal
            }
        })
    }

    /// The match that starts at `start`: all of it, and the secret. Every part takes as
    /// much as it can, the first one first; of the literals the first that fits.
    fn at(&self, hay: &[u8], start: usize) -> Option<(Span, Span)> {
        for before in (self.before.min..=self.before.length(hay, start)).rev() {
            let middle = start + before;
            for literal in &self.literals {
                let tail = middle + literal.len();
                if self.literal_at(hay, middle, literal)
                    && self.after.length(hay, tail) >= self.after.min
                {
                    let end = tail + self.after.length(hay, tail);
                    let secret = match self.group {
                        // A group that holds nothing is no secret.
                        Group::After if end > tail => tail,
                        Group::Whole | Group::After => start,
                        Group::LiteralAndAfter => middle,
                    };
                    return Some((Span::new(start, end), Span::new(secret, end)));
                }
            }
        }
        None
    }
}

/// What the engine must find, in its order. `ids` are the numbers of the rules.
pub fn search(case: &Case, ids: &[RuleId]) -> Vec<Match> {
    let mut candidates = Vec::new();
    for (shape, &rule) in case.shapes.iter().zip(ids) {
        for (span, secret) in matches(shape, &case.hay) {
            let confidence = shape.confidence;
            candidates.push(Match {
                rule,
                span,
                secret,
                confidence,
            });
        }
    }
    candidates.sort_by_key(|m| (m.secret.start, m.secret.end, m.rule, m.span.start));
    candidates.dedup_by_key(|m| (m.secret, m.rule));
    let joined: Vec<Match> = candidates
        .iter()
        .filter_map(|candidate| join(case, ids, &candidates, candidate))
        .collect();
    let rank = |m: &Match| {
        let confidence = case.shapes[m.rule.index()].confidence;
        let first = (std::cmp::Reverse(m.secret.start), std::cmp::Reverse(m.rule));
        (confidence, m.secret.len(), first)
    };
    joined
        .iter()
        .filter(|own| {
            !joined
                .iter()
                .any(|other| other.secret.overlaps(own.secret) && rank(other) > rank(own))
        })
        .copied()
        .collect()
}

/// For every place of a literal the first match that holds it.
fn matches(shape: &Shape, hay: &[u8]) -> Vec<(Span, Span)> {
    let mut all = Vec::new();
    for literal in &shape.literals {
        for anchor in (0..hay.len()).filter(|&at| shape.literal_at(hay, at, literal)) {
            let Some(last) = anchor.checked_sub(shape.before.min) else {
                continue;
            };
            let first = anchor.saturating_sub(shape.before.max);
            let end = anchor + literal.len();
            // A literal that nothing of the rule follows is not that of a match, though a
            // match may run over it.
            if shape.after.length(hay, end) < shape.after.min {
                continue;
            }
            all.extend(
                (first..=last)
                    .filter_map(|start| shape.at(hay, start))
                    .find(|(span, _)| span.end >= end),
            );
        }
    }
    all
}

fn join(case: &Case, ids: &[RuleId], all: &[Match], candidate: &Match) -> Option<Match> {
    let mut joined = *candidate;
    if let Some((other, within, required, confidence)) = case.shapes[candidate.rule.index()].part {
        let (a, b) = (candidate, ids[other]);
        let is_near = all.iter().any(|m| {
            let far =
                m.span.start.saturating_sub(a.span.end) + a.span.start.saturating_sub(m.span.end);
            m.rule == b && far <= within && m.secret != a.secret
        });
        if is_near {
            joined.confidence = confidence.unwrap_or(joined.confidence);
        } else if required {
            return None;
        }
    }
    Some(joined)
}
