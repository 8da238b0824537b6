//! The same secrets in every format: all are found, under the right path and on the right
//! line. And what is compressed, encrypted or random gives nothing.

#[path = "../../source/tests/pack/mod.rs"]
mod pack;

use std::sync::Arc;

use pack::{ar, bzip2, cpio, gzip, lz4, rpm, seven, tar, xz, zip, zlib, zstd};
use sluicegate_core::{Confidence, Report};
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

/// A token of GitHub with a right checksum; nothing in the source looks like one.
fn token() -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = 7_u32;
    let body: String = (0..30)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(DIGITS[(state >> 16) as usize % 62])
        })
        .collect();
    let mut check = crc32fast::hash(body.as_bytes());
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[check as usize % 62];
        check /= 62;
    }
    ["ghp", "_", &body, &String::from_utf8_lossy(&digits)].concat()
}

/// Three secrets of three sorts, on lines 2, 4 and 6.
fn planted() -> String {
    let uri = [
        "postgres",
        "://app:",
        "wX9-kQ2zLp7v",
        "@db.corp.example/main",
    ]
    .concat();
    format!(
        "# settings\nsmtp_password = \"{}\"\n\nvalue = \"{}\"\n\nurl = \"{uri}\"\n",
        ["Kq1", "!vR7xT"].concat(),
        token()
    )
}

fn scan_with(name: &str, bytes: Vec<u8>, least: Confidence) -> Report {
    let mut options = Options::default();
    options.threads = 2;
    options.min_confidence = least;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    let target = Target::Bytes {
        name: name.to_owned(),
        bytes,
    };
    Scanner::new(Arc::new(rules), options)
        .scan(&[target], &Monitor::default())
        .expect("it is there")
}

fn scan(name: &str, bytes: Vec<u8>) -> Report {
    scan_with(name, bytes, Confidence::Probable)
}

fn places(report: &Report) -> Vec<String> {
    let occurrences = report.findings.iter().flat_map(|f| &f.occurrences);
    let mut places: Vec<String> = occurrences
        .map(|o| format!("{}:{}", o.path, o.start.line))
        .collect();
    places.sort();
    places.dedup();
    places
}

#[track_caller]
fn assert_found(name: &str, bytes: Vec<u8>, path: &str, lines: [usize; 3]) {
    let report = scan(name, bytes);
    let expected = lines.map(|line| format!("{path}:{line}"));
    assert_eq!(
        places(&report),
        expected,
        "{name}: {:?}",
        report.coverage.skipped
    );
    assert_eq!(report.findings.len(), 3, "{name}");
    assert!(
        !report.coverage.is_incomplete(),
        "{name}: {:?}",
        report.coverage.skipped
    );
}

#[test]
fn every_container_gives_the_same() {
    let text = planted();
    let text = text.as_bytes();
    let entries: [(&str, &[u8]); 2] = [("app/config.env", text), ("app/empty", b"")];
    let tarred = tar(&entries);
    let deb = ar(&[
        ("debian-binary", b"2.0\n"),
        (
            "control.tar.gz",
            &gzip(&tar(&[("./control", b"Package: x\n")])),
        ),
        ("data.tar.xz", &xz(&tar(&[("./app/config.env", text)]))),
    ]);
    let inner = "!app/config.env";
    for (name, bytes, rest) in [
        ("a.tar", tarred.clone(), inner),
        ("a.tgz", gzip(&tarred), inner),
        ("a.tar.zz", zlib(&tarred), inner),
        ("a.tar.bz2", bzip2(&tarred), inner),
        ("a.tar.xz", xz(&tarred), inner),
        ("a.tar.zst", zstd(&tarred), inner),
        ("a.tar.lz4", lz4(&tarred), inner),
        ("a.zip", zip(&entries), inner),
        ("a.7z", seven(&entries), inner),
        ("a.cpio", cpio(&entries), inner),
        ("a.cpio.gz", gzip(&cpio(&entries)), inner),
        ("a.a", ar(&[("config.env", text)]), "!config.env"),
        ("a.deb", deb, "!data.tar.xz!app/config.env"),
        ("a.rpm", rpm(&entries), "!payload!app/config.env"),
        ("a.gz", gzip(text), ""),
        (
            "a.jar",
            zip(&[("lib/b.war", &zip(&[("c.tgz", &gzip(&tarred))]))]),
            "!lib/b.war!c.tgz!app/config.env",
        ),
    ] {
        assert_found(name, bytes, &format!("{name}{rest}"), [2, 4, 6]);
    }
}

#[test]
fn what_is_no_archive_gives_the_same() {
    let text = planted();
    let lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    let notebook = serde_json::json!({"cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# a\n"]},
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": lines}
    ], "metadata": {}, "nbformat": 4});
    let printed = serde_json::json!({"cells": [
        {"cell_type": "code", "metadata": {}, "source": "x", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": lines}]}
    ], "metadata": {}, "nbformat": 4});
    let map = serde_json::json!({"version": 3, "sources": ["src/a.ts"], "sourcesContent": [text]});
    let paragraphs: String = text
        .lines()
        .map(|line| line.replace('"', "&quot;"))
        .map(|line| {
            let (first, second) = line.split_at(line.len() / 2);
            // Cut where no entity is.
            match first.contains('&') || second.contains(';') {
                true => format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>"),
                false => format!("<w:p><w:t>{first}</w:t><w:t>{second}</w:t></w:p>"),
            }
        })
        .collect();
    let document = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/x\">{paragraphs}</w:document>"
    );
    let docx = zip(&[("word/document.xml", document.as_bytes())]);
    let pretty = |value: &serde_json::Value| {
        serde_json::to_string_pretty(value)
            .expect("memory")
            .into_bytes()
    };
    for (name, bytes, path) in [
        ("a.ipynb", pretty(&notebook), "a.ipynb!cell 2.py"),
        ("b.ipynb", pretty(&printed), "b.ipynb!cell 1 output.txt"),
        ("a.js.map", pretty(&map), "a.js.map!src/a.ts"),
        ("a.docx", docx, "a.docx!word/document.xml"),
    ] {
        assert_found(name, bytes, path, [2, 4, 6]);
    }
}

/// A program with some strings among bytes of no meaning.
fn program(magic: &[u8], strings: &[&str], wide: bool) -> Vec<u8> {
    let mut out = magic.to_vec();
    out.extend(noise(4096, 3));
    for text in strings {
        out.push(0);
        match wide {
            true => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            false => out.extend(text.as_bytes()),
        }
        out.extend([0, 0]);
        out.extend(noise(1000, 5));
    }
    out
}

fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let word = |_| {
        // Xorshift (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(word).collect();
    bytes.truncate(length);
    bytes
}

#[test]
fn programs_are_read_as_strings() {
    let uri = [
        "postgres",
        "://app:",
        "wX9-kQ2zLp7v",
        "@db.corp.example/main",
    ]
    .concat();
    let strings = [token(), uri];
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    for (name, magic) in [
        ("elf", &b"\x7fELF\x02\x01\x01\0"[..]),
        ("pe.exe", b"MZ\x90\0\x03\0\0\0"),
        ("mach-o", b"\xCF\xFA\xED\xFE\x07\0\0\x01"),
        ("fat", b"\xCA\xFE\xBA\xBE\0\0\0\x02"),
    ] {
        for wide in [false, true] {
            let report = scan(name, program(magic, &strings, wide));
            assert_eq!(report.findings.len(), 2, "{name}, wide: {wide}");
        }
    }
    // In a class file a length stands before each text: 40 is a bracket, and so on.
    let mut class = b"\xCA\xFE\xBA\xBE\0\0\0\x34\0\x03".to_vec();
    for text in &strings {
        class.push(1);
        class.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
        class.extend(text.as_bytes());
    }
    let jar = zip(&[("com/example/Main.class", &class)]);
    let report = scan("app.jar", jar);
    let expected = [1, 2].map(|line| format!("app.jar!com/example/Main.class:{line}"));
    assert_eq!(places(&report), expected);
}

#[test]
fn bundles_of_scripts_and_dumps_are_read_whatever_their_size() {
    let filler = "function a(b,c){return b.d(c)+1};var e=[1,2,3].map(function(f){return f*2});";
    let mut bundle = filler.repeat(40_000);
    let place = bundle.len() / 2 / filler.len() * filler.len();
    bundle.insert_str(place, &format!("var g={{value:\"{}\"}};", token()));
    let report = scan("app.min.js", bundle.into_bytes());
    assert_eq!(places(&report), ["app.min.js:1"]);
    let column = report.findings[0].occurrences[0].start.column;
    assert_eq!(column, place + "var g={value:\"".len() + 1);

    let mut dump = noise(3 << 20, 9);
    dump.extend(b"\0\0HEADER Authorization: token ");
    dump.extend(token().as_bytes());
    dump.extend(b"\0\0");
    dump.extend(noise(3 << 20, 11));
    assert_eq!(scan("core.1234", dump).findings.len(), 1);

    let mut log: String = (0..60_000)
        .map(|n| format!("2024-05-01T10:00:00Z INFO request {n} took {} ms\n", n % 97))
        .collect();
    log.push_str(&format!("using token {}\n", token()));
    assert_eq!(
        places(&scan("app.log", log.into_bytes())),
        ["app.log:60001"]
    );
}

#[test]
fn what_is_compressed_or_encrypted_gives_nothing() {
    // Random bytes hold what short patterns look like; nothing may come of it.
    for (name, start) in [
        ("noise", &b"\x80\x81"[..]),
        ("picture.png", b"\x89PNG\r\n\x1a\n"),
        ("picture.jpg", b"\xFF\xD8\xFF\xE0"),
        ("x.enc", b"Salted__"),
        ("x.age", b"age-encryption.org/v1\n"),
        ("x.gpg", b"\x85\x01\x0c\x03"),
    ] {
        let bytes = [start, &noise(6 << 20, 77)].concat();
        let report = scan_with(name, bytes, Confidence::Hint);
        assert_eq!(report.findings.len(), 0, "{name}: {:?}", places(&report));
    }
    // A token that stands in the bytes of a locked member is no finding, nor one in the
    // bytes of a stream that only looks at them after they are unpacked.
    let secret = format!("value = \"{}\"\n", token());
    let stored = |flags: u8| {
        let mut bytes = pack::stored("a.txt", secret.as_bytes());
        let directory = memchr::memmem::rfind(&bytes, b"PK\x01\x02").expect("it is there");
        bytes[6] |= flags;
        bytes[directory + 8] |= flags;
        bytes
    };
    assert_eq!(scan("a.zip", stored(0)).findings.len(), 1);
    let locked = scan_with("a.zip", stored(1), Confidence::Hint);
    assert_eq!(locked.findings.len(), 0);
    assert!(locked.coverage.is_incomplete());
    let salted = [&b"Salted__"[..], secret.as_bytes()].concat();
    assert_eq!(
        scan_with("a.enc", salted, Confidence::Hint).findings.len(),
        0
    );
}
