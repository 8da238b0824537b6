//! Documents that are made from the program, so that they cannot be wrong about it.

mod cli;
mod codes;
mod model;
mod references;
mod rules;

use std::fs;
use std::path::Path;

/// A document: its path in the workspace and what must stand in it.
struct Document {
    path: &'static str,
    text: String,
}

fn documents(root: &Path) -> Result<Vec<Document>, Vec<String>> {
    let document = |path, text| Document { path, text };
    let model = model::train(root).map_err(|why| vec![why])?;
    Ok(vec![
        document("crates/core/src/model/letters.txt", model.letters),
        document("crates/core/src/model/classes.txt", model.classes),
        document(
            "docs/model.md",
            format!("# The character model\n\n{NOTE}\n\n{}", model.page),
        ),
        document("docs/rules.md", rules::page()?),
        document("docs/references.md", references::page()),
        document("docs/reason-codes.md", codes::page()),
        document("docs/cli.md", cli::page(root).map_err(|why| vec![why])?),
        document(
            "docs/schema/report-v1.schema.json",
            sluicegate::report::json_schema(),
        ),
        document(
            "docs/schema/report-line-v1.schema.json",
            sluicegate::report::json_lines_schema(),
        ),
        document(
            "docs/schema/plan-v1.schema.json",
            sluicegate::report::plan_schema(),
        ),
    ])
}

/// Writes the documents that are out of date; says how many there are.
///
/// # Errors
///
/// If the program does not run, or a document cannot be written.
pub(crate) fn write(root: &Path) -> Result<String, Vec<String>> {
    let documents = documents(root)?;
    let mut written = 0;
    for document in documents.iter().filter(|document| is_stale(root, document)) {
        let path = root.join(document.path);
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, &document.text))
            .map_err(|why| vec![format!("cannot write {}: {why}", document.path)])?;
        written += 1;
    }
    Ok(format!(
        "{written} of {} documents written",
        documents.len()
    ))
}

/// Says that all documents are up to date.
///
/// # Errors
///
/// Which are not.
pub(crate) fn check(root: &Path) -> Result<String, Vec<String>> {
    let documents = documents(root)?;
    let stale: Vec<String> = documents
        .iter()
        .filter(|document| is_stale(root, document))
        .map(|document| {
            format!(
                "{} is out of date: run `cargo run -p xtask -- gen`",
                document.path
            )
        })
        .collect();
    if stale.is_empty() {
        Ok(format!("{} documents are up to date", documents.len()))
    } else {
        Err(stale)
    }
}

fn is_stale(root: &Path, document: &Document) -> bool {
    // A checkout may have other line ends; that does not make a document wrong.
    let there = fs::read_to_string(root.join(document.path)).unwrap_or_default();
    there.replace("\r\n", "\n") != document.text
}

const NOTE: &str =
    "<!-- Written by `cargo run -p xtask -- gen`: changes belong into what it reads. -->";
