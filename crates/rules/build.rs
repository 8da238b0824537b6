//! Lowers the rule files, so that a run starts from checked rules instead of text.
//!
//! What matching needs and what reports say are kept apart: most runs find nothing
//! and never look at the second.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

#[path = "src/block.rs"]
#[expect(dead_code, reason = "shared with the crate, which reads the blocks")]
mod block;

#[path = "src/diagnostic.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "shared with the crate, which uses all of it"
)]
mod diagnostic;
#[path = "src/digest.rs"]
mod digest;
#[path = "src/examples.rs"]
#[expect(
    unreachable_pub,
    reason = "shared with the crate, where the type is public"
)]
mod examples;
#[path = "src/format.rs"]
mod format;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut matching = Vec::new();
    let mut advice = Vec::new();
    let mut tests = Vec::new();
    let mut wrong = Vec::new();
    for path in files {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match format::parse(&format!("rules/{name}"), &fs::read_to_string(&path)?) {
            Ok(rules) => {
                for rule in rules {
                    let spec = rule.lowered.spec();
                    if spec.unanchored {
                        wrong.push(format!("rule `{}`: a built-in rule has an anchor", spec.id));
                    }
                    matching.push(rule.lowered);
                    advice.push(rule.info);
                    tests.push(rule.examples);
                }
            }
            Err(errors) => wrong.extend(errors.iter().map(ToString::to_string)),
        }
    }
    // Ids and parts are proved here, once, by the code that would otherwise fail at run time.
    let matching = sluicegate_core::RuleSet::pack(&matching).unwrap_or_else(|error| {
        wrong.push(error.to_string());
        Vec::new()
    });
    if !wrong.is_empty() {
        return Err(format!("the built-in rules are not valid:\n{}", wrong.join("\n")).into());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("digest.txt"), digest::hex(&matching))?;
    fs::write(out.join("matching.bin"), matching)?;
    fs::write(out.join("examples.bin"), blocks(&tests)?)?;
    fs::write(out.join("advice.bin"), blocks(&advice)?)?;
    Ok(())
}

/// Each block compressed by itself, as a report asks for few.
fn blocks<T: Serialize>(items: &[T]) -> Result<Vec<u8>, Box<dyn Error>> {
    let blocks: Vec<Vec<u8>> = items
        .chunks(block::LENGTH)
        .map(|items| {
            let mut block = ZlibEncoder::new(Vec::new(), Compression::best());
            block.write_all(&postcard::to_stdvec(items)?)?;
            Ok(block.finish()?)
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    Ok(postcard::to_stdvec(&blocks)?)
}
