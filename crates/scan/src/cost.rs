//! What each rule costs: measured by the real engine, on request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluicegate_core::{Blob, Match, RuleId, Sink, Span, WatchId};

/// What one rule cost in a scan, over all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCost {
    /// The rule.
    pub rule: RuleId,
    /// How often one of its anchors stood somewhere.
    pub anchors: u64,
    /// How often its pattern or detector was run for one.
    pub runs: u64,
    /// How long it looked at what stands around its anchors.
    pub time: Duration,
}

/// The costs of all rules, while they are added up.
#[derive(Clone, Debug, Default)]
struct Costs(Vec<Cost>);

#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    anchors: u64,
    runs: u64,
    time: Duration,
}

impl Costs {
    fn of(&mut self, rule: RuleId) -> &mut Cost {
        if self.0.len() <= rule.index() {
            self.0.resize(rule.index() + 1, Cost::default());
        }
        &mut self.0[rule.index()]
    }
}

/// Where the threads of a scanner bring what they have measured.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Costs>);

impl Ledger {
    /// What the rules cost so far, in their order.
    pub(crate) fn costs(&self, rules: impl Iterator<Item = RuleId>) -> Vec<RuleCost> {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules
            .map(|rule| {
                let cost = *costs.of(rule);
                RuleCost {
                    rule,
                    anchors: cost.anchors,
                    runs: cost.runs,
                    time: cost.time,
                }
            })
            .collect()
    }
}

/// Measures on one thread; brings it to the ledger when it is dropped.
pub(crate) struct Meter<'l> {
    ledger: &'l Ledger,
    costs: Costs,
}

impl<'l> Meter<'l> {
    pub(crate) fn new(ledger: &'l Ledger) -> Self {
        Self {
            ledger,
            costs: Costs::default(),
        }
    }

    /// A sink that measures, and hands everything on to another.
    pub(crate) fn around<'m, S: Sink>(&'m mut self, sink: &'m mut S) -> Measured<'m, S> {
        Measured {
            costs: &mut self.costs,
            sink,
            begun: None,
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        let mut all = self.ledger.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.0.len() < self.costs.0.len() {
            all.0.resize(self.costs.0.len(), Cost::default());
        }
        for (sum, own) in all.0.iter_mut().zip(&self.costs.0) {
            sum.anchors += own.anchors;
            sum.runs += own.runs;
            sum.time += own.time;
        }
    }
}

pub(crate) struct Measured<'m, S> {
    costs: &'m mut Costs,
    sink: &'m mut S,
    begun: Option<Instant>,
}

impl<S: Sink> Sink for Measured<'_, S> {
    const PROFILE: bool = true;

    fn found(&mut self, blob: &Blob<'_>, found: &Match) {
        self.sink.found(blob, found);
    }

    fn watched(&mut self, blob: &Blob<'_>, watch: WatchId, span: Span) {
        self.sink.watched(blob, watch, span);
    }

    fn anchor(&mut self, rule: RuleId) {
        self.costs.of(rule).anchors += 1;
    }

    fn begin(&mut self, _: RuleId) {
        self.begun = Some(Instant::now());
    }

    fn end(&mut self, rule: RuleId, ran: bool) {
        let cost = self.costs.of(rule);
        cost.runs += u64::from(ran);
        cost.time += self.begun.take().map_or(Duration::ZERO, |at| at.elapsed());
    }
}
