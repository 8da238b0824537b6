//! The whole pipeline on bytes in memory: matching, markers, lines, excerpts,
//! fingerprints. One thread.

use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use sluicegate_benches::corpus;
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

const SIZE: usize = 2 << 20;

fn scanner() -> Scanner {
    let mut options = Options::default();
    options.threads = 1;
    let rules = Rules::builder()
        .build(&Scanner::watch_words(&options.markers))
        .expect("the built-in rules are valid");
    Scanner::new(Arc::new(rules), options)
}

fn pipeline(c: &mut Criterion) {
    let scanner = scanner();
    let mut group = c.benchmark_group("pipeline");
    for corpus in corpus::planted(SIZE)
        .into_iter()
        .chain([corpus::near_misses(SIZE)])
    {
        group.throughput(Throughput::Bytes(corpus.bytes.len() as u64));
        let name = corpus.path.to_owned();
        let targets = [Target::Bytes {
            name,
            bytes: corpus.bytes,
        }];
        group.bench_function(corpus.name, |b| {
            b.iter(|| {
                let report = scanner
                    .scan(&targets, &Monitor::default())
                    .expect("bytes are there");
                assert_eq!(report.findings.len(), corpus.expected);
            });
        });
    }
    group.finish();
}

/// What a scan of one line costs once the program runs.
fn one_line(c: &mut Criterion) {
    let scanner = scanner();
    let bytes = b"let answer = 42;\n".to_vec();
    let targets = [Target::Bytes {
        name: "src/main.rs".into(),
        bytes,
    }];
    c.bench_function("one line", |b| {
        b.iter(|| {
            let report = scanner
                .scan(&targets, &Monitor::default())
                .expect("bytes are there");
            assert_eq!(report.findings.len(), 0);
        });
    });
    c.bench_function("building the rule set", |b| b.iter(self::scanner));
}

/// By hand: criterion's macros make a function that cannot be documented.
fn main() {
    let mut c = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    pipeline(&mut c);
    one_line(&mut c);
    c.final_summary();
}
