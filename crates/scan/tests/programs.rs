//! Texts in programs stand side by side, with nothing between them.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use sluicegate_core::Report;
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// So many of the digits, always the same.
fn random(digits: &[u8], count: usize, seed: u32) -> String {
    let mut state = seed;
    let mut digit = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(digits[(state >> 16) as usize % digits.len()])
    };
    (0..count).map(|_| digit()).collect()
}

/// Tokens of one length: one has a checksum, the others look like what they are.
fn tokens() -> Vec<String> {
    let body = random(ALNUM, 30, 7);
    let mut check = crc32fast::hash(body.as_bytes());
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALNUM[check as usize % 62];
        check /= 62;
    }
    let digits = String::from_utf8_lossy(&digits).into_owned();
    vec![
        ["gh", "p_", &body, &digits].concat(),
        ["glp", "at-", &random(ALNUM, 20, 3)].concat(),
        ["do", "p_v1_", &random(b"0123456789abcdef", 64, 5)].concat(),
        [
            "AK",
            "IA",
            &random(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 9),
        ]
        .concat(),
    ]
}

const WORDS: [&str; 4] = [
    "configuration",
    "invalidRequestHeader",
    "handler",
    "connectionRefused",
];

fn scan(bytes: Vec<u8>) -> Report {
    let mut options = Options::default();
    options.threads = 1;
    let rules = Rules::builder().build(&Scanner::watch_words(&options.markers));
    let rules = rules.expect("the built-in rules are valid");
    let target = Target::Bytes {
        name: "program".to_owned(),
        bytes,
    };
    Scanner::new(Arc::new(rules), options)
        .scan(&[target], &Monitor::default())
        .expect("bytes are there")
}

fn values(report: &Report) -> Vec<String> {
    let value = |f: &sluicegate_core::Finding| f.secret.expose_secret_bytes().to_vec();
    let values = report.findings.iter().map(value);
    let mut values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(&value).into_owned())
        .collect();
    values.sort();
    values
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all
}

/// Go's linker sorts texts by length and puts them side by side; `go.string.*` in `.rodata`.
fn as_go_links_them(texts: &[String]) -> Vec<u8> {
    let mut texts = texts.to_vec();
    texts.sort_by_key(|text| (text.len(), text.clone()));
    let head = b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3E\0";
    [head, &[0; 44][..], texts.concat().as_bytes(), &[0; 16]].concat()
}

#[test]
fn tokens_between_the_texts_of_a_go_program_are_found() {
    let mut texts = tokens();
    texts.extend(WORDS.map(str::to_owned));
    // Texts of the runtime, of about the length of tokens, so that each stands between two.
    for text in [
        "integer divide by zero",
        "invalid memory address",
        "reflect: Field index out of bounds",
        "tls: server selected unsupported group",
        "x509: certificate signed by unknown authority (possibly because of",
    ] {
        texts.push(text.to_owned());
    }
    assert_eq!(values(&scan(as_go_links_them(&texts))), sorted(tokens()));
}

#[test]
fn what_only_looks_like_one_in_names_and_noise_is_not_found() {
    let noise = random(ALNUM, 4000, 11);
    let token = &tokens()[1];
    let bytes = [
        b"\x7FELF\0",
        noise.as_bytes(),
        token.as_bytes(),
        noise.as_bytes(),
    ]
    .concat();
    assert_eq!(values(&scan(bytes)), Vec::<String>::new());
    // And in texts letters beside a token go on to mean that it is a piece of something.
    let text = format!("configuration{token}authorization\n");
    assert_eq!(values(&scan(text.into_bytes())), Vec::<String>::new());
}

#[test]
fn tokens_between_the_texts_of_a_real_rust_program_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arms = String::new();
    for (token, word) in tokens().iter().zip(WORDS) {
        arms += &format!(
            "Some({}) => \"{word}\", Some({}) => \"{token}\",",
            arms.len(),
            arms.len() + 1
        );
    }
    let source = format!(
        "fn main() {{ let n = std::env::args().next().map(|a| a.len());\n\
         print!(\"{{}}\", match n {{ {arms} _ => \"endOfLiterals\" }}); }}"
    );
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("main.rs"), source).expect("room");
    build(&path("main.rs"), &path("main"));
    let program = std::fs::read(path("main")).expect("it was built");
    let is_alone = |token: &String| {
        let at = memchr::memmem::find(&program, token.as_bytes()).expect("it is in the program");
        !program[at - 1].is_ascii_alphanumeric()
            && !program[at + token.len()].is_ascii_alphanumeric()
    };
    let packed = tokens().iter().filter(|token| !is_alone(token)).count();
    assert!(packed >= 2, "they stand side by side: {packed}");
    assert_eq!(values(&scan(program)), sorted(tokens()));
}

/// With the compiler that built this test.
fn build(source: &Path, program: &Path) {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler)
        .args(["--edition", "2024", "-Copt-level=2", "-o"])
        .args([program, source])
        .output()
        .expect("a compiler");
    assert!(output.status.success(), "{output:?}");
}
