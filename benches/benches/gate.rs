//! How long a decision takes: 10,000 findings, the built-in policy and 50 floors beside it.

use criterion::Criterion;
use sluicegate_core::{Confidence, Lifetime};
use sluicegate_gate::{
    Context, Finding, FindingKind, Location, Origin, Policy, Stage, Time, Verdict, decide,
};

const FOLDERS: &[&str] = &[
    "src",
    "tests",
    "docs",
    ".github/workflows",
    "infra",
    "billing/api",
];

fn findings(count: usize) -> Vec<Finding> {
    (0..count)
        .map(|n| {
            let kind = FindingKind::ALL[n % 6];
            let mut finding = Finding::new(format!("{n:032x}"), format!("rule-{}", n % 300), kind);
            finding.provider = format!("provider-{}", n % 100);
            finding.confidence = Confidence::ALL[n / 2 % 3];
            finding.lifetime = Lifetime::ALL[n / 3 % 7];
            finding.origin = Origin::ALL[n / 5 % 3];
            finding.tags = vec!["cloud".to_owned(), "ci".to_owned()];
            let folder = FOLDERS[n % FOLDERS.len()];
            let place = |line| Location::of(format!("{folder}/part{}/file{n}.py", n % 50), line);
            finding.place(vec![place(n % 400 + 1), place(n % 300 + 1)]);
            finding
        })
        .collect()
}

/// Fifty floors of the kinds that people write.
fn policy() -> Policy {
    let mut text = "schema = \"sluicegate.policy/1\"\nname = \"bench\"\n".to_owned();
    for n in 0..50 {
        let when = match n % 5 {
            0 => format!("finding.provider == \"provider-{n}\" && finding.confidence != \"hint\""),
            1 => format!(
                "finding.paths.exists(p, p.startsWith(\"billing/\") && p.contains(\"part{n}\"))"
            ),
            2 => format!(
                "finding.rule in [\"rule-{n}\", \"rule-{}\"] && actor.kind == \"agent\"",
                n + 1
            ),
            3 => format!("finding.path.matches(\"^infra/part{n}/.*\\\\.py$\")"),
            _ => "finding.lifetime in [\"L4\", \"L5\"] && \"deploy\" in finding.tags".to_owned(),
        };
        text.push_str(&format!(
            "[[floor]]\ncode = \"B-{n}\"\nwhen = '''{when}'''\nverdict = \"A/R/B\"\nsays = \"bench\"\n"
        ));
    }
    Policy::with(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn bench(c: &mut Criterion) {
    let (findings, policy) = (findings(10_000), policy());
    let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
    let decision = decide(&findings, &context, &policy, &[]);
    assert_eq!(decision.decision, Verdict::Block);
    assert_eq!(decision.findings.len(), 10_000);
    c.bench_function("decide/10000 findings, 50 floors", |b| {
        b.iter(|| decide(&findings, &context, &policy, &[]));
    });
    c.bench_function("decide/1 finding", |b| {
        b.iter(|| decide(&findings[..1], &context, &policy, &[]));
    });
    c.bench_function("canonical JSON of 10000 findings", |b| {
        b.iter(|| decision.to_canonical_json())
    });
    c.bench_function("policy/built in", |b| b.iter(Policy::builtin));
}

/// By hand: criterion's macros make a function that cannot be documented.
fn main() {
    let mut c = Criterion::default().sample_size(20).configure_from_args();
    bench(&mut c);
    c.final_summary();
}
