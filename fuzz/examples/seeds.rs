//! Writes a first corpus for every target, and a dictionary of the anchors, from the
//! rule files. They are made and not stored: assembled examples look like secrets.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --example seeds -- fuzz/corpus rules`

use std::path::Path;
use std::{env, fs, io};

use sluicegate_fuzz::BUILTIN;
use sluicegate_rules::expand;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let (Some(corpus), Some(rules)) = (args.next(), args.next()) else {
        return Err(io::Error::other("usage: seeds CORPUS RULES"));
    };
    let (corpus, rules) = (Path::new(&corpus), Path::new(&rules));
    rule_files(corpus, rules)?;
    examples(corpus)?;
    config(corpus)?;
    utf16(corpus)?;
    noise(corpus)?;
    dictionary(corpus)
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), bytes)
}

/// Each rule file that is not long.
fn rule_files(corpus: &Path, rules: &Path) -> io::Result<()> {
    for entry in fs::read_dir(rules)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") && path.metadata()?.len() <= 4096 {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            put(&corpus.join("rule_file"), &name, &fs::read(&path)?)?;
        }
    }
    Ok(())
}

/// The examples of the rules: as templates, and assembled behind the flags of `engine`.
fn examples(corpus: &Path) -> io::Result<()> {
    for id in BUILTIN.set().ids() {
        let rule = &BUILTIN.info(id).id;
        let examples = BUILTIN.examples(id);
        for (number, template) in examples
            .positive
            .iter()
            .chain(&examples.negative)
            .enumerate()
        {
            let name = format!("{rule}-{number}");
            let text = expand(template, &name).map_err(io::Error::other)?.text;
            if number < 2 {
                put(&corpus.join("template"), &name, template.as_bytes())?;
            }
            if text.len() <= 4000 {
                // Some at a path, some without; some in a binary file.
                let flags = (u8::try_from(number % 32).unwrap_or(31) << 3) | 2;
                let named = [b"config/settings.py\n", text.as_bytes(), b"\n"].concat();
                if number < 2 {
                    put(&corpus.join("render"), &name, &named)?;
                }
                put(
                    &corpus.join("engine"),
                    &name,
                    &[&[flags], text.as_bytes()].concat(),
                )?;
            }
        }
    }
    Ok(())
}

fn config(corpus: &Path) -> io::Result<()> {
    let files = [
        "[scan]\nthreads = 2\nmax-file-size = '10M'\nmin-confidence = 'hint'\nexclude = ['a/**']\n",
        "[scan]\nrespect-ignore-files = false\n[output]\ncolor = 'never'\n",
        "[rules]\npaths = ['own.toml']\nbuiltin = false\nonly = ['x']\nexclude = ['y']\n",
        "[suppressions]\nmarkers = ['sluice', 'gitleaks']\ndisable = ['ggshield']\n",
        "[fingerprint]\nkey-file = 'key'\n",
    ];
    for (number, text) in files.iter().enumerate() {
        put(&corpus.join("config"), &number.to_string(), text.as_bytes())?;
    }
    Ok(())
}

fn utf16(corpus: &Path) -> io::Result<()> {
    for (name, text) in [
        ("marked", "\u{FEFF}a \u{fc}\u{1f600} key=z"),
        ("plain", "key = 'value'"),
    ] {
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        put(&corpus.join("utf16"), &format!("{name}-big"), &big)?;
        put(&corpus.join("utf16"), &format!("{name}-little"), &little)?;
    }
    Ok(())
}

/// Bytes without a meaning, for the targets that make their input of numbers; those
/// would take long to grow from nothing.
fn noise(corpus: &Path) -> io::Result<()> {
    let mut state = 0x5EED_u64;
    for number in 0..64 {
        let bytes: Vec<u8> = (0..60 + number * 3)
            .map(|_| {
                // Xorshift (Marsaglia, 2003).
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[2]
            })
            .collect();
        for target in ["pieces", "scan_vs_naive"] {
            put(&corpus.join(target), &format!("noise-{number}"), &bytes)?;
        }
    }
    Ok(())
}

/// The anchors, as libFuzzer reads them.
fn dictionary(corpus: &Path) -> io::Result<()> {
    let mut words: Vec<String> = Vec::new();
    for id in BUILTIN.set().ids() {
        let lowered = BUILTIN.set().spec(id).lower().map_err(io::Error::other)?;
        words.extend(lowered.anchors().map(|(anchor, _)| quoted(anchor)));
    }
    words.sort();
    words.dedup();
    put(corpus, "anchors.dict", words.concat().as_bytes())
}

fn quoted(word: &[u8]) -> String {
    let escaped: String = word.iter().map(|b| format!("\\x{b:02x}")).collect();
    format!("\"{escaped}\"\n")
}
