//! What is introduced, against an oracle that knows nothing of trees and commits: it scans
//! both sides whole and compares the values.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sluicegate_core::Report;
use sluicegate_scan::{Monitor, Target};

use crate::support::{Repo, filler, line, listed, scanner};

/// The numbers of the values in each file, in order.
type State = BTreeMap<&'static str, Vec<usize>>;

const PATHS: [&str; 6] = ["a.py", "b.py", "d/a.py", "d/e/a.py", "d/e/b.py", "d.py"];

fn state() -> impl Strategy<Value = State> {
    let values = prop::collection::vec(0usize..6, 0..3);
    prop::collection::btree_map(prop::sample::select(PATHS.to_vec()), values, 0..5)
}

fn text(values: &[usize]) -> String {
    let lines: String = values.iter().map(|&value| line(value)).collect();
    format!("{}{lines}", filler(values.len()))
}

/// Makes the working tree hold this and nothing else, and stages it.
fn stage(repo: &Repo, state: &State) {
    for entry in std::fs::read_dir(repo.path()).expect("a folder") {
        let path = entry.expect("it can be listed").path();
        if path.ends_with(".git") {
            continue;
        }
        let gone = match path.is_dir() {
            true => std::fs::remove_dir_all(path),
            false => std::fs::remove_file(path),
        };
        gone.expect("it is ours");
    }
    for (path, values) in state {
        repo.write(path, &text(values));
    }
    repo.git(&["add", "-A"]);
}

/// The values in these texts, by a scan of each.
fn values(texts: &BTreeSet<String>) -> BTreeSet<usize> {
    let target = |(number, text): (usize, &String)| Target::Bytes {
        name: format!("x{number}.py"),
        bytes: text.clone().into_bytes(),
    };
    let targets: Vec<_> = texts.iter().enumerate().map(target).collect();
    let report = scanner(1).scan(&targets, &Monitor::default());
    numbers(&report.expect("bytes can be scanned"))
}

fn numbers(report: &Report) -> BTreeSet<usize> {
    listed(report)
        .into_iter()
        .map(|(number, _)| number)
        .collect()
}

/// What the states after the first introduce: all that they have where they differ from it,
/// without all that it has there.
fn expected(states: &[State]) -> BTreeSet<usize> {
    let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
    let (first, later) = states.split_first().expect("there is a first");
    for state in later {
        for path in PATHS {
            let (was, is) = (first.get(path), state.get(path));
            if was.map(|values| text(values)) != is.map(|values| text(values)) {
                old.extend(was.map(|values| text(values)));
                new.extend(is.map(|values| text(values)));
            }
        }
    }
    let old = values(&old);
    values(&new).difference(&old).copied().collect()
}

proptest! {
    // Each case starts git some thirty times.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn introduced_is_what_comparing_whole_scans_says(
        states in prop::collection::vec(state(), 2..5),
        pack in any::<bool>(),
    ) {
        let repo = Repo::new();
        for (number, state) in states.iter().enumerate() {
            stage(&repo, state);
            let staged = numbers(&repo.staged());
            let before = number.checked_sub(1).map(|before| states[before].clone());
            let pair = [before.unwrap_or_default(), state.clone()];
            prop_assert_eq!(staged, expected(&pair), "staged: {:?}", pair);
            repo.commit("next");
            if pack {
                repo.git(&["repack", "-qad"]);
            }
        }
        let range = format!("HEAD~{}..HEAD", states.len() - 1);
        prop_assert_eq!(numbers(&repo.range(&range)), expected(&states));
    }
}
