//! The engine alone: the anchor pass beside `aho-corasick` with the same anchors, text
//! in which nothing matches, and text that keeps the filters busy.

use std::time::Duration;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use criterion::{Criterion, Throughput};
use sluicegate_benches::{corpus, count};
use sluicegate_core::{Blob, Match, RuleSet, Sink, Span, WatchId};
use sluicegate_rules::Rules;

const SIZE: usize = 2 << 20;

/// Counts where anchors stand.
struct Anchors(usize);

impl Sink for Anchors {
    fn found(&mut self, _: &Blob<'_>, _: &Match) {}

    fn watched(&mut self, _: &Blob<'_>, _: WatchId, _: Span) {
        self.0 += 1;
    }
}

fn rules() -> Rules {
    Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid")
}

/// Every anchor of the built-in rules once, in lower case.
fn words(rules: &Rules) -> Vec<String> {
    let mut words: Vec<String> = rules
        .set()
        .ids()
        .flat_map(|id| {
            let lowered = rules.set().spec(id).lower().expect("it is in a rule set");
            let text = |(anchor, _)| String::from_utf8_lossy(anchor).to_ascii_lowercase();
            lowered.anchors().map(text).collect::<Vec<_>>()
        })
        .collect();
    words.sort();
    words.dedup();
    words
}

/// Where the anchors of all rules stand, in any case, and nothing more: what a
/// multi-pattern automaton does.
fn anchors(c: &mut Criterion) {
    let rules = rules();
    let words = words(&rules);
    let watched: Vec<&str> = words.iter().map(String::as_str).collect();
    let ours = RuleSet::from_lowered(Vec::new(), &watched).expect("there are not too many");
    let automaton = |kind| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(kind))
            .build(&words)
            .expect("there are not too many")
    };
    let theirs = [
        ("aho-corasick, DFA", automaton(AhoCorasickKind::DFA)),
        (
            "aho-corasick, NFA",
            automaton(AhoCorasickKind::ContiguousNFA),
        ),
    ];
    for corpus in corpus::quiet(SIZE) {
        let hay = &corpus.bytes;
        let count = |scratch: &mut _| {
            let mut anchors = Anchors(0);
            ours.scan_with(scratch, &Blob::new(hay), &mut anchors);
            anchors.0
        };
        let expected = count(&mut ours.scratch());
        let mut group = c.benchmark_group(format!("anchors/{}", corpus.name));
        group.throughput(Throughput::Bytes(hay.len() as u64));
        group.bench_function("sluicegate", |b| {
            let mut scratch = ours.scratch();
            b.iter(|| assert_eq!(count(&mut scratch), expected));
        });
        for (name, automaton) in &theirs {
            group.bench_function(*name, |b| {
                b.iter(|| assert_eq!(automaton.find_overlapping_iter(hay).count(), expected));
            });
        }
        group.finish();
    }
}

/// All rules on text in which none matches, with what a few credentials add, and on text
/// in which nearly every line comes near.
fn matching(c: &mut Criterion) {
    let rules = rules();
    let tempers = [
        ("quiet", corpus::quiet(SIZE)),
        ("planted", corpus::planted(SIZE)),
        ("windows and filters", vec![corpus::near_misses(SIZE)]),
    ];
    for (temper, corpora) in tempers {
        let mut group = c.benchmark_group(temper);
        for corpus in corpora {
            group.throughput(Throughput::Bytes(corpus.bytes.len() as u64));
            group.bench_function(corpus.name, |b| {
                let mut scratch = rules.set().scratch();
                b.iter(|| {
                    let found = count(rules.set(), &mut scratch, corpus.path, &corpus.bytes);
                    assert_eq!(found, corpus.expected);
                });
            });
        }
        group.finish();
    }
}

/// By hand: criterion's macros make a function that cannot be documented.
fn main() {
    let mut c = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    anchors(&mut c);
    matching(&mut c);
    c.final_summary();
}
