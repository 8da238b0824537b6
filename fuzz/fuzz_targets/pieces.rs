//! A stream in pieces is the stream, whatever a reader gives at a time; and a large file
//! scanned in pieces gives the report that the same bytes give in one.

#![no_main]

use std::io::{self, Read, Write as _};
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sluicegate_core::{Confidence, Report};
use sluicegate_rules::{Rules, expand};
use sluicegate_scan::{Monitor, Options, Scanner, Target};
use sluicegate_source::{PIECE, Pieces};

/// Rules of a short reach, so that pieces overlap little, and of every kind that looks
/// around: boundaries, parts, values with a name, and several lines.
const RULES: &str = r#"
[provider]
id = "fuzz"
name = "Fuzz"

[[rule]]
id = "fuzz-token"
title = "Token"
description = "For tests."
regex = 'fuzz_[0-9a-f]{8,12}'
anchors = ["fuzz_"]
confidence = "probable"
severity = "high"
lifetime = "L4"
remediation = { revoke = "None.", rotate = "None." }

[[rule.with]]
rule = "fuzz-pair"
within = 60
confidence = "definite"

[[rule]]
id = "fuzz-pair"
title = "Pair"
description = "For tests."
regex = '(?s)begin[^e]{1,40}end[0-9]{0,3}'
anchors = ["begin"]
boundary = "none"
placeholders = false
confidence = "hint"
severity = "low"
lifetime = "L4"
remediation = { revoke = "None.", rotate = "None." }

[[rule]]
id = "fuzz-value"
title = "Value"
description = "For tests."
context = ["fuzzkey"]
value = '[0-9a-z]{10}'
confidence = "definite"
severity = "high"
lifetime = "L4"
remediation = { revoke = "None.", rotate = "None." }
"#;

/// What is planted.
const PLANTS: &[&str] = &[
    "fuzz_@{hex 8}",
    "fuzz_@{hex 12}",
    "fuzz_@{hex 10} begin x y z end12",
    "begin\n\n\nend7",
    "fuzzkey = '@{lowernum 10}'",
    "fuzzkey = '@{lowernum 10}' # sluice:allow",
    // The blank is written so that this is no marker to who scans this file.
    "#\x20sluice:allow(fuzz-token) because\nx = fuzz_@{hex 12}",
    "\n",
    "\n\n\n\n",
    "\u{20ac}\u{1f600}\u{e4}",
    "# sluice:allow",
];

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let mut options = Options::default();
    options.threads = 1;
    options.min_confidence = Confidence::Hint;
    let rules = Rules::builder()
        .builtin(false)
        .file("fuzz.toml", RULES)
        .and_then(|builder| builder.build(&Scanner::watch_words(&options.markers)))
        .expect("the rules above are valid");
    Scanner::new(Arc::new(rules), options)
});

/// What stands between the plants: lines, or one line longer than a piece.
static CALM: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [&b"some calm line\n"[..], b"never an end "]
        .map(|unit| unit.repeat((PIECE * 2 + usize::from(u16::MAX)) / unit.len() + 1))
});

#[derive(Arbitrary, Debug)]
struct Case {
    encoding: Encoding,
    /// Whether what stands between the plants has line ends.
    lines: bool,
    /// How many bytes the last piece has.
    tail: u16,
    two_pieces: bool,
    /// Whether a file is scanned too, which takes long: one in four times.
    file: u8,
    overlap: u16,
    /// How much the reader gives at a time, in turn, in blocks.
    reads: Vec<u8>,
    plants: Vec<Plant>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Encoding {
    Text,
    Utf16 { mark: bool, big_endian: bool },
}

#[derive(Arbitrary, Debug)]
struct Plant {
    /// Near the end of the first piece, or of the second.
    second: bool,
    /// From there.
    offset: i16,
    what: u8,
}

fuzz_target!(|case: Case| {
    let bytes = content(&case);
    check_stream(&case, &bytes);
    if case.file % 4 == 0 {
        check_file(&bytes);
    }
});

/// Calm text, with the plants around the places where pieces meet.
fn content(case: &Case) -> Vec<u8> {
    let length = PIECE * if case.two_pieces { 2 } else { 1 } + usize::from(case.tail);
    let units = match case.encoding {
        Encoding::Text => length,
        Encoding::Utf16 { .. } => length / 2,
    };
    let mut text = CALM[usize::from(!case.lines)][..units].to_vec();
    for (number, plant) in case.plants.iter().enumerate() {
        let border = units * if plant.second { 2 } else { 1 } / if case.two_pieces { 2 } else { 1 };
        let at = border.saturating_add_signed(isize::from(plant.offset) / 8);
        let template = PLANTS[usize::from(plant.what) % PLANTS.len()];
        let what = expand(template, &number.to_string())
            .expect("a good template")
            .text;
        if let Some(room) = text.get_mut(at..at + what.len()) {
            room.copy_from_slice(what.as_bytes());
        }
    }
    match case.encoding {
        Encoding::Text => text,
        Encoding::Utf16 { mark, big_endian } => {
            let text = String::from_utf8_lossy(&text);
            let text = mark.then_some('\u{FEFF}').into_iter().chain(text.chars());
            let mut units = [0; 2];
            let mut bytes = Vec::with_capacity(length + 2);
            for character in text {
                for unit in character.encode_utf16(&mut units) {
                    let pair = if big_endian {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    };
                    bytes.extend_from_slice(&pair);
                }
            }
            bytes
        }
    }
}

/// What a read gives at least, in bytes: no power of two, and not so small that reading
/// takes most of the time.
const BLOCK: usize = 65_537;

struct Slow<'a> {
    rest: &'a [u8],
    reads: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = match self.reads.next() {
            None => usize::MAX,
            Some(0) => return Err(io::ErrorKind::Interrupted.into()),
            Some(&blocks) => usize::from(blocks) * BLOCK,
        };
        let count = most.min(buf.len());
        (&self.rest[..count.min(self.rest.len())])
            .read(buf)
            .inspect(|n| self.rest = &self.rest[*n..])
    }
}

fn check_stream(case: &Case, bytes: &[u8]) {
    let overlap = usize::from(case.overlap);
    // Nothing but interruptions would never end.
    let reads = if case.reads.iter().all(|&n| n == 0) {
        &[][..]
    } else {
        &case.reads
    };
    let mut pieces = Pieces::new(
        Slow {
            rest: bytes,
            reads: reads.iter().cycle(),
        },
        overlap,
    );
    let mut next = 0;
    while let Some((piece, buf)) = pieces.next_piece().expect("memory can be read") {
        let start = usize::try_from(piece.offset).expect("it fits into memory");
        assert_eq!(start + piece.own_start, next, "pieces follow each other");
        assert!(piece.own_start < piece.own_end && piece.own_end - piece.own_start <= PIECE);
        let end = start + buf.len();
        assert!(
            bytes.get(start..end) == Some(buf),
            "the bytes are those of the stream"
        );
        let own_end = start + piece.own_end;
        assert_eq!(
            start,
            next.saturating_sub(overlap),
            "as much context as there is before"
        );
        assert_eq!(
            end,
            bytes.len().min(own_end + overlap),
            "as much context as there is behind"
        );
        next = own_end;
    }
    assert_eq!(next, bytes.len(), "all of it was read");
}

fn check_file(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a file");
    file.write_all(bytes).expect("there is room for the bytes");
    let name = sluicegate_source::shown(file.path());
    let pieces = scan(Target::Path(file.path().to_owned()));
    let whole = scan(Target::Bytes {
        name,
        bytes: bytes.to_owned(),
    });
    assert_eq!(told(&pieces), told(&whole), "left is what the pieces give");
}

fn scan(target: Target) -> Report {
    SCANNER
        .scan(&[target], &Monitor::default())
        .expect("there is a target")
}

/// All that a report says, but for the time.
fn told(report: &Report) -> String {
    let Report {
        findings,
        below_confidence,
        unused_suppressions,
        coverage,
        ..
    } = report;
    format!("{findings:#?} {below_confidence} {unused_suppressions:#?} {coverage:#?}")
}
