//! Notebooks (the Jupyter notebook format 4): each cell a text, and what it printed
//! another, both without the quotes and commas between their lines.

use std::io::{self, Read};

use serde_json::Value;

use super::format::{Format, HEAD, format};
use super::{Kept, Opener, inside};

/// Larger ones are searched as they are: read as JSON they take several times the room.
const LARGEST: usize = 16 << 20;

pub(super) fn open(opener: &mut Opener<'_>, path: &str, reader: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(opener.meter);
    if !kept.fill_up_to(reader, LARGEST)? {
        let mut whole = kept.bytes.as_slice().chain(reader);
        opener.leaf(path, &mut whole, None);
        return Ok(());
    }
    let Some(texts) = texts(&kept.bytes) else {
        opener.leaf(path, &mut kept.bytes.as_slice(), None);
        return Ok(());
    };
    for (name, text) in texts {
        opener.meter.entry()?;
        let shown = inside(path, name.as_bytes());
        opener.leaf(&shown, &mut text.as_bytes(), None);
    }
    Ok(())
}

/// The texts in a notebook, each with its path, where it is one file and no container is
/// opened: versions of files that git keeps. `None` if this is no notebook, or one that is
/// searched as it is.
///
/// ```
/// use sluicegate_source::artifact::cells;
///
/// let file = br#"{"cells": [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}]}"#;
/// let texts = cells("x.ipynb", file).expect("a notebook");
/// assert_eq!(texts[0], ("x.ipynb!cell 1.py".to_owned(), "a = 1\nb = 2".to_owned()));
/// assert!(cells("x.json", b"{}").is_none());
/// ```
pub fn cells(path: &str, bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let is_one = format(&bytes[..bytes.len().min(HEAD)]) == Some(Format::Notebook);
    let texts = Some(bytes).filter(|_| is_one && bytes.len() <= LARGEST);
    let texts = texts.and_then(self::texts)?;
    let named = |(name, text): (String, String)| (inside(path, name.as_bytes()), text);
    Some(texts.into_iter().map(named).collect())
}

/// The texts in a notebook, with their names in it.
fn texts(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let mut notebook: Value = serde_json::from_slice(bytes).ok()?;
    let ending = ending(&notebook).to_owned();
    let cells = notebook.get_mut("cells").and_then(Value::as_array_mut)?;
    let mut texts = Vec::new();
    // There may be millions of empty cells.
    let mut add = |name: std::fmt::Arguments<'_>, text: String| {
        if !text.is_empty() {
            texts.push((name.to_string(), text));
        }
    };
    for (number, cell) in cells.iter_mut().enumerate() {
        let number = number + 1;
        let ending = match cell.get("cell_type").and_then(Value::as_str) {
            Some("markdown") => ".md",
            Some("code") => &ending,
            _ => ".txt",
        };
        let source = cell.get_mut("source").map(Value::take);
        let outputs = cell.get_mut("outputs").map(Value::take);
        let source = joined(&source.unwrap_or_default());
        add(format_args!("cell {number}{ending}"), source);
        let mut printed = String::new();
        for output in outputs.iter().filter_map(Value::as_array).flatten() {
            print(output, &mut printed);
        }
        add(format_args!("cell {number} output.txt"), printed);
    }
    // Settings and attachments, and whatever else nobody expects.
    let rest = serde_json::to_string_pretty(&notebook).unwrap_or_default();
    texts.push(("notebook.json".to_owned(), rest));
    Some(texts)
}

/// How files of the notebook's language end; Python's, if it does not say.
fn ending(notebook: &Value) -> &str {
    let language = notebook.pointer("/metadata/language_info/file_extension");
    let is_ending = |text: &&str| {
        let rest = text.strip_prefix('.').unwrap_or_default();
        (1..=8).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    language
        .and_then(Value::as_str)
        .filter(is_ending)
        .unwrap_or(".py")
}

/// A text that may be written as a list of its lines.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// Adds what an output shows. Pictures are left out: they are compressed.
fn print(output: &Value, out: &mut String) {
    let mut line = |text: &str| {
        out.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            out.push('\n');
        }
    };
    for key in ["text", "evalue", "traceback"] {
        let Some(value) = output.get(key) else {
            continue;
        };
        match (key, value) {
            // Each of its strings is lines of its own, coloured for terminals.
            ("traceback", Value::Array(all)) => {
                for text in all.iter().filter_map(Value::as_str) {
                    line(&uncoloured(text));
                }
            }
            _ => line(&joined(value)),
        }
    }
    let data = output.get("data").and_then(Value::as_object);
    for (kind, value) in data.into_iter().flatten() {
        match value {
            _ if kind.starts_with("image/") && kind != "image/svg+xml" => {}
            Value::String(_) | Value::Array(_) => line(&joined(value)),
            other => line(&other.to_string()),
        }
    }
}

/// The text without the sequences that colour it.
fn uncoloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest
            .strip_prefix(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest);
    }
    out + rest
}
