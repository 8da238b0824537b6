//! What must not stand in the source of a crate.

use std::fs;
use std::path::{Path, PathBuf};

use super::Package;

/// Words, where they are forbidden, and why.
struct Ban {
    words: &'static [&'static str],
    /// Whether it holds for a part.
    holds: fn(&str) -> bool,
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        words: &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"],
        // The benches map a file, to compare with; `xtask` holds these very words.
        holds: |part| !matches!(part, "source" | "benches" | "xtask"),
        why: "only `source` may hold unsafe code",
    },
    Ban {
        words: &[
            "std::env",
            "env::var",
            "process::exit",
            "println!",
            "eprintln!",
            "print!(",
        ],
        holds: is_library,
        why: "below `cli` nothing reads the environment, prints or exits",
    },
    Ban {
        words: &["set_var(", "build_global(", "thread_local!", "static mut"],
        holds: is_library,
        why: "no library touches or holds what all of a process shares",
    },
    Ban {
        words: &["std::net", "TcpStream", "UdpSocket"],
        holds: |part| !matches!(part, "verify" | "xtask"),
        why: "only `verify` may open a socket",
    },
    Ban {
        words: &["std::fs", "std::path", "File::open"],
        holds: |part| matches!(part, "core" | "rules" | "report" | "gate"),
        why: "it is handed bytes and reads no files",
    },
    Ban {
        words: &["std::thread", "std::process", "Instant::now", "SystemTime"],
        holds: |part| matches!(part, "core" | "gate"),
        why: "it is a function of its arguments",
    },
];

fn is_library(part: &str) -> bool {
    !matches!(part, "cli" | "hook" | "py" | "benches" | "xtask")
}

/// The sign that a crate has no unsafe code of its own, nor may any module allow it.
const FORBID: &str = "#![forbid(unsafe_code)]";

/// Looks through the source of a crate, tests and comments left out.
pub(super) fn check(package: &Package) -> Result<Vec<String>, Vec<String>> {
    let folder = Path::new(&package.folder).join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files).map_err(|why| vec![format!("{}: {why}", package.name)])?;
    files.sort();
    let mut wrong = Vec::new();
    for path in files {
        let text = super::read(&path)?;
        let shown = path
            .strip_prefix(&package.folder)
            .unwrap_or(&path)
            .display();
        let place = format!("{}: {shown}", package.name);
        let is_root = path.parent() == Some(&folder)
            && path
                .file_name()
                .is_some_and(|name| name == "lib.rs" || name == "main.rs");
        if is_root && package.part != "source" && !text.contains(FORBID) {
            wrong.push(format!("{place}: `{FORBID}` is missing"));
        }
        wrong.extend(
            look(&package.part, &text)
                .into_iter()
                .map(|what| format!("{place}:{what}")),
        );
    }
    Ok(wrong)
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

fn look(part: &str, text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for ban in BANS.iter().filter(|ban| (ban.holds)(part)) {
            if let Some(word) = ban.words.iter().find(|word| line.contains(*word)) {
                wrong.push(format!("{number}: `{word}`: {}", ban.why));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_bans() {
        for (part, text, expected) in [
            ("core", "fn f() { std::env::var(\"X\"); }", 1),
            ("cli", "fn f() { std::env::var(\"X\"); }", 0),
            ("scan", "fn f() {\n    println!();\n}", 1),
            ("scan", "// println! is denied", 0),
            ("scan", "use std::fs;", 0),
            ("report", "use std::fs;", 1),
            ("source", "unsafe { x() }", 0),
            ("git", "unsafe { x() }", 1),
            (
                "rules",
                "ok();\n#[cfg(test)]\nmod tests { use std::fs; }",
                0,
            ),
        ] {
            assert_eq!(look(part, text).len(), expected, "{part}: {text}");
        }
    }
}
