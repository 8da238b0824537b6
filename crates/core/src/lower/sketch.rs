//! A pattern drawn with fewer states, to ask before the pattern itself is compiled or run.
//!
//! `https?://[^\s:/]{1,80}:[^\s/]{2,120}@` has a state for every repetition that it counts,
//! and what the engine sets up for each search grows with them; but nearly all that it
//! says about a text is said by `https?://[^\s:/]+:[^\s/]+@`. Whatever matches the pattern
//! matches its sketch.

use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use super::SHORT;

/// Patterns of fewer states are as good as their sketch.
const LARGE: usize = 150;

/// Repetitions of more states than this are not counted.
const COUNTED: usize = 16;

/// What answers whether a pattern could match.
#[derive(Debug)]
pub(crate) struct Sketch(meta::Regex);

impl Sketch {
    /// The sketch of a pattern for matches of at most `max_length` bytes, if the pattern is
    /// large and its sketch is not.
    pub(crate) fn of(hir: &Hir, max_length: usize) -> Option<Self> {
        let whole = states(hir);
        if whole < LARGE {
            return None;
        }
        let sketch = relaxed(hir);
        if states(&sketch) > whole / 2 {
            return None;
        }
        meta::Regex::builder()
            .configure(
                meta::Config::new()
                    .utf8_empty(false)
                    .auto_prefilter(false)
                    .hybrid(max_length > SHORT)
                    .hybrid_cache_capacity(256 << 10)
                    .onepass(false),
            )
            .build_from_hir(&sketch)
            .ok()
            .map(Self)
    }

    /// Whether a match could lie in this part of the text, and start where it starts if it is
    /// anchored.
    pub(crate) fn may_match(
        &self,
        hay: &[u8],
        part: std::ops::Range<usize>,
        anchored: Anchored,
    ) -> bool {
        // Not `is_match`, which never backtracks in a long text, however short the part.
        let input = Input::new(hay).range(part).anchored(anchored);
        self.0.search_half(&input).is_some()
    }
}

/// About how many states a pattern takes.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min + 1);
            states(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(0, usize::saturating_add)
        }
    }
}

/// The pattern without its long counts.
fn relaxed(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Look(look) => Hir::look(*look),
        HirKind::Class(class) => Hir::class(class.clone()),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(relaxed(&repetition.sub));
            let (min, max) = if states(hir) > COUNTED {
                (repetition.min.min(1), None)
            } else {
                (repetition.min, repetition.max)
            };
            Hir::repetition(Repetition {
                min,
                max,
                greedy: repetition.greedy,
                sub,
            })
        }
        HirKind::Capture(Capture { sub, .. }) => relaxed(sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(relaxed).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(relaxed).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_patterns_have_a_sketch_that_lets_more_through() {
        let pattern = r"(?-u)https?://[^\s:/]{1,80}:([^\s/]{2,120})@[a-z.]{4}\b";
        let hir = super::super::parse(pattern).expect("it is a pattern");
        let sketch = Sketch::of(&hir, 300).expect("it is large");
        for (text, may) in [
            (&b"https://me:it@host "[..], true),
            (b"http://me:i@host/", true),
            (b"http://me/it@host/", false),
            (b"http://me:it@hosts", false),
        ] {
            let whole = 0..text.len();
            assert_eq!(sketch.may_match(text, whole, Anchored::No), may, "{text:?}");
        }
        assert!(!sketch.may_match(b"at https://me:it@host", 0..21, Anchored::Yes));
        let small = super::super::parse("gh[ps]_[A-Za-z0-9]{36}").expect("it is a pattern");
        assert!(Sketch::of(&small, 40).is_none());
    }
}
