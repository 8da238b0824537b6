//! Texts and rules that benchmarks run on, the same on every machine.
//!
//! - [`corpus`] makes texts of five kinds: with nothing to find, with planted
//!   credentials, and with little but near misses.
//! - [`synthetic`] makes any number of rules that look like those of real providers.
//!
//! Every text says how many matches there are in it. A benchmark that finds another
//! number fails: it would measure something else. Credentials are assembled when a text
//! is made, so that none stands in this repository.

#![forbid(unsafe_code)]

pub mod corpus;
mod random;
pub mod synthetic;
mod units;

use sluicegate_core::{Blob, Match, RuleSet, Scratch, Sink};

/// How many matches the rules find in `bytes`.
pub fn count(rules: &RuleSet, scratch: &mut Scratch, path: &str, bytes: &[u8]) -> usize {
    let mut sink = Counter(0);
    rules.scan_with(scratch, &Blob::new(bytes).at(path), &mut sink);
    sink.0
}

struct Counter(usize);

impl Sink for Counter {
    fn found(&mut self, _: &Blob<'_>, _: &Match) {
        self.0 += 1;
    }
}
