//! Counts which four bytes stand most often in source code, for the anchor pass.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// So many grams are written down. With 4,000, a tree that was not counted had a tenth
/// more places to look at.
const KEPT: usize = 6000;

/// Larger files are left out, and what has a NUL in its first bytes.
const LARGEST: u64 = 1 << 20;
const HEAD: usize = 1024;

/// How many grams are in a line of the file.
const IN_LINE: usize = 16;

type Counts = HashMap<[u8; 4], u64>;

/// Writes the file of common grams, counted in these folders; each folder counts the same,
/// whatever its size.
pub(crate) fn write(root: &Path, folders: &[&str]) -> Result<String, Vec<String>> {
    if folders.is_empty() {
        return Err(vec![
            "name the folders whose files are to be counted".to_owned(),
        ]);
    }
    let mut shares: HashMap<[u8; 4], f64> = HashMap::new();
    for folder in folders {
        let mut counts = Counts::new();
        let failed = |why| vec![format!("cannot count {folder}: {why}")];
        count(Path::new(folder), &mut counts).map_err(failed)?;
        let total: u64 = counts.values().sum();
        for (gram, count) in counts {
            *shares.entry(gram).or_default() += count as f64 / total as f64;
        }
    }
    let mut grams: Vec<_> = shares.into_iter().collect();
    grams.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    grams.truncate(KEPT);
    let rarest = grams.last().map_or(1.0, |gram| gram.1);
    grams.sort_by_key(|gram| gram.0);
    let mut text = String::new();
    for (number, (gram, share)) in grams.iter().enumerate() {
        text.extend(gram.iter().map(|&byte| shown(byte)));
        let thirds = (3.0 * (share / rarest).log2()).min(35.0) as u32;
        text.extend(char::from_digit(thirds, 36));
        if number % IN_LINE == IN_LINE - 1 {
            text.push('\n');
        }
    }
    let path = root.join("crates/core/src/grams.txt");
    fs::write(&path, text)
        .map_err(|why| vec![format!("cannot write {}: {why}", path.display())])?;
    Ok(format!("wrote {} grams to {}", grams.len(), path.display()))
}

/// The sign that stands for a folded byte in the file: that of `_` cannot be printed.
fn shown(byte: u8) -> char {
    if byte == 0x7F { '_' } else { char::from(byte) }
}

fn count(folder: &Path, counts: &mut Counts) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if entry.file_name() != ".git" {
                count(&entry.path(), counts)?;
            }
            continue;
        }
        if !kind.is_file() || entry.metadata()?.len() > LARGEST {
            continue;
        }
        let bytes = fs::read(entry.path())?;
        if bytes[..bytes.len().min(HEAD)].contains(&0) {
            continue;
        }
        for gram in bytes.windows(4) {
            let gram = [
                gram[0] | 0x20,
                gram[1] | 0x20,
                gram[2] | 0x20,
                gram[3] | 0x20,
            ];
            if gram.is_ascii() {
                *counts.entry(gram).or_default() += 1;
            }
        }
    }
    Ok(())
}
