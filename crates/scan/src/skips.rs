//! What could not be read of one artifact: so much is named, and the rest is counted.
//!
//! An archive of a million broken members would otherwise make a report of a million lines.
//! Which ones are named must not depend on which thread was faster, so it is the first in
//! their order, whenever they came.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use sluicegate_core::{SkipReason, Skipped};

/// So many parts of one artifact are named.
const MOST_NAMED: usize = 1000;

/// Their names and details are no longer than so many bytes together.
const MOST_BYTES: usize = 1 << 20;

/// The parts of an artifact that could not be read.
#[derive(Default)]
pub(crate) struct Skips {
    named: BinaryHeap<Skipped>,
    bytes: usize,
    /// The first that is not named: whatever comes behind it is not named either.
    end: Option<Skipped>,
    more: BTreeMap<SkipReason, u64>,
}

impl Skips {
    pub(crate) fn add(&mut self, skipped: Skipped) {
        if self.end.as_ref().is_some_and(|end| skipped >= *end) {
            *self.more.entry(skipped.reason).or_default() += 1;
            return;
        }
        self.bytes += length(&skipped);
        self.named.push(skipped);
        while self.named.len() > MOST_NAMED || self.bytes > MOST_BYTES {
            self.drop_last();
        }
    }

    /// Adds what others have gathered; the same as if each had been added here.
    pub(crate) fn merge(&mut self, other: Self) {
        for (reason, count) in other.more {
            *self.more.entry(reason).or_default() += count;
        }
        for skipped in other.named {
            self.add(skipped);
        }
        let Some(end) = other.end else {
            return;
        };
        while self.named.peek().is_some_and(|last| *last >= end) {
            self.drop_last();
        }
        if self.end.as_ref().is_none_or(|own| end < *own) {
            self.end = Some(end);
        }
    }

    fn drop_last(&mut self) {
        if let Some(last) = self.named.pop() {
            self.bytes -= length(&last);
            *self.more.entry(last.reason).or_default() += 1;
            self.end = Some(last);
        }
    }

    /// The parts that are named, and one entry at the artifact's own path for each reason
    /// that others could not be read.
    pub(crate) fn finish(self, artifact: &str) -> Vec<Skipped> {
        let mut all = self.named.into_vec();
        all.extend(self.more.into_iter().map(|(reason, count)| {
            let parts = if count == 1 { "part" } else { "parts" };
            Skipped {
                parts: count,
                path: Arc::from(artifact),
                reason,
                detail: format!("{count} more {parts} of it, which are not named"),
            }
        }));
        all
    }
}

fn length(skipped: &Skipped) -> usize {
    skipped.path.len() + skipped.detail.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(number: usize, reason: SkipReason, length: usize) -> Skipped {
        Skipped {
            parts: 1,
            path: Arc::from(format!("a.zip!{number:06}{}", "x".repeat(length))),
            reason,
            detail: String::new(),
        }
    }

    fn finish(all: impl Iterator<Item = Skipped>) -> Vec<Skipped> {
        let mut skips = Skips::default();
        all.for_each(|skipped| skips.add(skipped));
        let mut out = skips.finish("a.zip");
        out.sort();
        out
    }

    #[test]
    fn few_are_all_named() {
        let all: Vec<Skipped> = (0..MOST_NAMED)
            .map(|n| skipped(n, SkipReason::Damaged, 0))
            .collect();
        assert_eq!(finish(all.iter().cloned()), all);
    }

    #[test]
    fn of_many_the_first_are_named_and_the_others_counted_in_whatever_order_they_come() {
        let reason = |n| match n % 5 {
            0 => SkipReason::Encrypted,
            _ => SkipReason::Damaged,
        };
        for length in [0, 5000] {
            let all = (0..5000).map(|n| skipped(n, reason(n), length));
            let forwards = finish(all.clone());
            assert_eq!(forwards, finish(all.clone().rev()));
            let (even, odd): (Vec<_>, Vec<_>) = all.enumerate().partition(|(n, _)| n % 2 == 0);
            let mixed = odd.into_iter().chain(even).map(|(_, skipped)| skipped);
            assert_eq!(forwards, finish(mixed));
            for parts in [2, 3, 7] {
                let mut merged = Skips::default();
                for part in 0..parts {
                    let mut own = Skips::default();
                    (0..5000)
                        .filter(|n| n % parts == part)
                        .for_each(|n| own.add(skipped(n, reason(n), length)));
                    merged.merge(own);
                }
                let mut merged = merged.finish("a.zip");
                merged.sort();
                assert_eq!(forwards, merged, "{parts} parts");
            }
            let (named, rest): (Vec<_>, Vec<_>) =
                forwards.iter().partition(|skipped| skipped.path.len() > 5);
            assert!(named.len() <= MOST_NAMED);
            assert!(named.iter().map(|s| super::length(s)).sum::<usize>() <= MOST_BYTES);
            let counted: u64 = forwards.iter().map(|skipped| skipped.parts).sum();
            assert_eq!(counted, 5000);
            assert_eq!(rest.len(), 2, "one for each reason");
        }
    }
}
