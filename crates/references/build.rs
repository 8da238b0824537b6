//! Turns the files in `patterns/` into a table, so that nothing is parsed at run time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/format.rs"]
#[expect(dead_code, reason = "the examples are for the tests")]
mod format;

use format::{PatternEntry, PatternFile};

/// Labels that a gate reads: what the finding is, and what the credential is good for.
const LABELS: &[&str] = &[
    "bake-path",
    "credential-mint",
    "federation-misconfig",
    "oversharing",
    "deploy",
    "publish",
];

/// Where a static cloud credential is one that deploys.
const PIPELINES: &[&str] = &["github-actions", "gitlab", "other-ci", "terraform"];

/// The labels of a pattern that does not give any.
fn usual_labels(profile: &str, family: &str) -> Vec<String> {
    let label = match profile {
        "P1" if PIPELINES.contains(&family) => "deploy",
        "P3" => "bake-path",
        "P4" => "credential-mint",
        "P5" => "oversharing",
        "P9" => "federation-misconfig",
        _ => return Vec::new(),
    };
    vec![label.to_owned()]
}

/// What each profile stands for in the taxonomies.
const PROFILES: &[(&str, &[&str])] = &[
    (
        "P1",
        &[
            "NHI7:2025",
            "NHI4:2025",
            "CWE-522",
            "CWE-262",
            "PR.AA-01",
            "PR.AA-03",
            "PR.AA-05",
            "T1552.001",
            "T1078.004",
            "ASI03",
        ],
    ),
    (
        "P2",
        &[
            "NHI7:2025",
            "NHI3:2025",
            "CWE-522",
            "CWE-262",
            "PR.AA-01",
            "PR.AA-05",
            "GV.SC-07",
            "T1528",
            "T1195.002",
            "T1677",
            "ASI04",
        ],
    ),
    (
        "P3",
        &[
            "NHI2:2025",
            "NHI7:2025",
            "CWE-538",
            "CWE-526",
            "CWE-214",
            "CWE-532",
            "PR.DS-01",
            "PR.PS-06",
            "T1552.001",
        ],
    ),
    (
        "P4",
        &[
            "NHI7:2025",
            "NHI2:2025",
            "CWE-312",
            "CWE-522",
            "CWE-263",
            "PR.AA-01",
            "PR.DS-01",
            "T1098.001",
            "T1552.001",
        ],
    ),
    (
        "P5",
        &[
            "NHI5:2025",
            "NHI9:2025",
            "NHI8:2025",
            "CWE-250",
            "CWE-668",
            "PR.AA-05",
            "T1552",
            "T1078",
        ],
    ),
    (
        "P6",
        &[
            "NHI7:2025",
            "NHI2:2025",
            "CWE-321",
            "CWE-324",
            "CWE-522",
            "PR.AA-01",
            "PR.DS-01",
            "T1552.004",
            "T1098.004",
        ],
    ),
    (
        "P7",
        &[
            "NHI7:2025",
            "NHI4:2025",
            "NHI9:2025",
            "CWE-522",
            "CWE-260",
            "CWE-262",
            "PR.AA-03",
            "PR.AA-05",
            "T1552.001",
            "T1078",
        ],
    ),
    (
        "P8",
        &[
            "NHI10:2025",
            "NHI2:2025",
            "NHI7:2025",
            "CWE-526",
            "CWE-522",
            "PR.AA-01",
            "PR.AA-05",
            "ASI03",
            "ASI02",
            "AML.T0055",
            "AML.T0083",
            "AML.T0098",
            "T1552.001",
        ],
    ),
    (
        "P9",
        &[
            "NHI6:2025",
            "NHI4:2025",
            "NHI5:2025",
            "CWE-863",
            "CWE-1220",
            "PR.AA-04",
            "PR.AA-05",
            "T1078.004",
            "T1550.001",
        ],
    ),
    (
        "P10",
        &[
            "NHI7:2025",
            "CWE-613",
            "CWE-324",
            "CWE-263",
            "PR.AA-03",
            "PR.AA-04",
            "T1550.001",
            "T1528",
        ],
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=patterns");
    println!("cargo::rerun-if-changed=src/format.rs");
    let mut files: Vec<PathBuf> = fs::read_dir("patterns")
        .expect("the folder of patterns is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    let mut table = String::new();
    let mut consts = String::new();
    let mut number = 0;
    for file in &files {
        for pattern in read(file).pattern {
            write_pattern(&mut table, &pattern, file);
            let name = pattern.code.replace('-', "_");
            let _ = writeln!(
                consts,
                "    pub(crate) const {name}: super::PatternId = super::PatternId({number});"
            );
            number += 1;
        }
    }
    let text = format!(
        "pub(crate) static TABLE: [Pattern; {number}] = [\n{table}];\n\n\
         /// The patterns by their codes.\npub(crate) mod id {{\n{consts}}}\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("patterns.rs");
    fs::write(out, text).expect("the folder of the build can be written to");
}

fn read(path: &Path) -> PatternFile {
    let text = fs::read_to_string(path).expect("the file can be read");
    match toml::from_str(&text) {
        Ok(file) => file,
        Err(why) => panic!("{}: {why}", path.display()),
    }
}

fn write_pattern(out: &mut String, pattern: &PatternEntry, file: &Path) {
    let wrong = |what: &str| -> ! { panic!("{}: {}: {what}", file.display(), pattern.code) };
    let lifetime = match pattern.lifetime.as_str() {
        word @ ("L0" | "L1" | "L2" | "L3" | "L4" | "L5" | "LU") => word,
        _ => wrong("no such lifetime"),
    };
    let severity = match pattern.severity.as_str() {
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        "critical" => "Critical",
        _ => wrong("no such severity"),
    };
    let Some((_, taxa)) = PROFILES.iter().find(|(name, _)| *name == pattern.profile) else {
        wrong("no such profile");
    };
    if pattern.stages.len() != 3 || !pattern.stages.bytes().all(|b| b"ARB".contains(&b)) {
        wrong("`stages` is three letters out of A, R and B");
    }
    let PatternEntry {
        code,
        id,
        title,
        provider,
        stages,
        alternative,
        why,
        instead,
        url,
        ..
    } = pattern;
    let family = file
        .file_stem()
        .map(|s| s.to_string_lossy())
        .unwrap_or_default();
    let (why, instead) = (why.trim(), instead.trim());
    let labels = pattern.labels.clone();
    let labels = labels.unwrap_or_else(|| usual_labels(&pattern.profile, &family));
    if labels.iter().any(|label| !LABELS.contains(&label.as_str())) {
        wrong("no such label");
    }
    let _ = writeln!(
        out,
        "    Pattern {{ code: {code:?}, id: {id:?}, family: {family:?}, title: {title:?}, \
         provider: {provider:?}, lifetime: Lifetime::{lifetime}, severity: Severity::{severity}, \
         taxa: &{taxa:?}, labels: &{labels:?}, stages: {stages:?}, alternative: {alternative}, why: {why:?}, \
         instead: {instead:?}, url: {url:?} }},"
    );
}
