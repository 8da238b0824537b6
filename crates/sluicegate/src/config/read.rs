//! Reads small files that people write, without trusting them to be small.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// More than any rule file or configuration has, in bytes. A repository may bring its
/// own configuration, and that may name `/dev/zero`.
const LIMIT: u64 = 16 << 20;

/// The bytes of the file.
///
/// # Errors
///
/// What is wrong, as a clause that follows the name of the file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("is larger than {} MiB", LIMIT >> 20));
    }
    Ok(bytes)
}

/// The text of the file.
///
/// # Errors
///
/// As [`bytes`], and if it is not UTF-8.
pub(super) fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        format!("is not UTF-8 (byte {good})")
    })
}

/// The endings of rule files: ours and those of other scanners.
const ENDINGS: &[&str] = &["toml", "yml", "yaml"];

/// The rule files at `path`: itself, or all TOML and YAML files in the folder, by name.
///
/// # Errors
///
/// What is wrong, as a clause that follows the name of the path.
pub(super) fn rule_files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error| format!("cannot be listed: {}", reason(&error));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let known = |ext: &std::ffi::OsStr| ENDINGS.iter().any(|known| ext == *known);
        if file.extension().is_some_and(known) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err("holds no `*.toml` or `*.yml` file".into());
    }
    Ok(files)
}

/// What the system said, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
