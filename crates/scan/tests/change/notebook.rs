//! Notebooks are read by cell, as in a folder.

use crate::support::{Repo, introduced, line, only, pairs};

fn notebook(cells: &[&str]) -> String {
    let cell = |text: &&str| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        serde_json::json!({ "cell_type": "code", "metadata": {}, "outputs": [], "source": lines })
    };
    let cells: Vec<_> = cells.iter().map(cell).collect();
    let all = serde_json::json!({ "cells": cells, "metadata": {}, "nbformat": 4 });
    serde_json::to_string_pretty(&all).expect("json")
}

#[test]
fn a_value_is_shown_in_its_cell() {
    let repo = Repo::new();
    let base = repo.save("a.ipynb", &notebook(&["x = 1\n"]));
    let bad = format!("y = 2\n{}", line(1));
    repo.write("a.ipynb", &notebook(&["x = 1\n", &bad]));
    repo.git(&["add", "."]);
    let staged = repo.staged();
    assert_eq!(introduced(&staged), pairs(&[(1, "a.ipynb!cell 2.py")]));
    assert_eq!(only(&staged).start.line, 2);
    repo.commit("second");
    // The cell moves, and the value is still the doing of the second commit, and one.
    repo.save("a.ipynb", &notebook(&["x = 1\n", "z = 3\n", &bad]));
    let range = repo.range(&format!("{base}..HEAD"));
    assert_eq!(introduced(&range), pairs(&[(1, "a.ipynb!cell 3.py")]));
    let provenance = only(&range).provenance.clone().expect("a commit");
    assert_eq!(provenance.commit.expect("it is known").summary, "second");
    assert_eq!(provenance.blobs, 2);
}

#[test]
fn a_value_that_changes_its_cell_is_not_introduced() {
    let repo = Repo::new();
    let value = line(1);
    repo.save("a.ipynb", &notebook(&["x = 1\n", &value]));
    repo.write("a.ipynb", &notebook(&[&value, "x = 1\n"]));
    repo.git(&["add", "."]);
    assert_eq!(introduced(&repo.staged()), []);
    // Out of the notebook and into a script is a move as well.
    repo.git(&["rm", "-qf", "a.ipynb"]);
    repo.write("a.py", &value);
    repo.git(&["add", "."]);
    assert_eq!(introduced(&repo.staged()), []);
}
