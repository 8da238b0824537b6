//! What ten times as many rules cost: 150 against 1,500, on text in which none matches,
//! in turn, so that a busy machine slows both. Prints ratios and judges nothing: a
//! timing that fails a build on a busy machine is ignored on a quiet one.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use sluicegate_benches::corpus::{self, Corpus};
use sluicegate_benches::{count, synthetic};
use sluicegate_core::RuleSet;

const SIZE: usize = 4 << 20;
const ROUNDS: usize = 21;

/// The most that 1,500 rules may take, in times of what 150 take.
const AIM: f64 = 1.15;

fn main() -> io::Result<()> {
    let sets = [150, 1500].map(|n| synthetic::rules(n).expect("the rules are valid"));
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| text | 150 rules, MB/s | 1,500 rules, MB/s | ratio |\n|---|---|---|---|"
    )?;
    let (mut few, mut many) = (0.0, 0.0);
    for corpus in corpus::quiet(SIZE) {
        let [a, b] = medians(&sets, &corpus);
        let rate = |seconds: f64| corpus.bytes.len() as f64 / seconds / 1e6;
        let name = corpus.name;
        writeln!(
            out,
            "| {name} | {:.0} | {:.0} | {:.3} |",
            rate(a),
            rate(b),
            b / a
        )?;
        (few, many) = (few + a, many + b);
    }
    let ratio = many / few;
    writeln!(out, "| all | | | {ratio:.3} |")?;
    let verdict = if ratio <= AIM { "within" } else { "over" };
    writeln!(out, "\n{verdict} the aim of {AIM}")
}

fn medians(sets: &[RuleSet; 2], corpus: &Corpus) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let mut scratches = [sets[0].scratch(), sets[1].scratch()];
    for round in 0..=ROUNDS {
        for number in 0..2 {
            let (rules, scratch) = (&sets[number], &mut scratches[number]);
            let started = Instant::now();
            let found = count(rules, scratch, corpus.path, black_box(&corpus.bytes));
            let took = started.elapsed();
            assert_eq!(found, 0, "{}", corpus.name);
            // The first round warms up.
            if round > 0 {
                times[number].push(took);
            }
        }
    }
    times.map(|mut all: Vec<Duration>| {
        all.sort();
        all[all.len() / 2].as_secs_f64()
    })
}
