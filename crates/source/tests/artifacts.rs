//! Every format gives back what was put in, and what is broken or made to deceive is named.

mod pack;
mod shown;

use std::io::Write;

use pack::{ar, bzip2, cpio, gzip, lz4, rpm, seven, tar, xz, zip, zstd};
use shown::{from_file, from_stream};
use sluicegate_core::SkipReason;
use sluicegate_source::artifact::Limits;

const TEXT: &[u8] = b"line one\nline two\n";

#[test]
fn what_was_put_into_a_container_comes_out() {
    let entries = [("app/config.env", TEXT), ("app/empty", b"")];
    let small = [("config.env", TEXT)];
    let tarred = tar(&entries);
    for (name, bytes, expected) in [
        ("tar", tarred.clone(), "a!app/config.env"),
        ("gzip", gzip(&tarred), "a!app/config.env"),
        ("bzip2", bzip2(&tarred), "a!app/config.env"),
        ("xz", xz(&tarred), "a!app/config.env"),
        ("lz4", lz4(&tarred), "a!app/config.env"),
        ("zstd", zstd(&tarred), "a!app/config.env"),
        ("zlib", pack::zlib(&tarred), "a!app/config.env"),
        ("zip", zip(&entries), "a!app/config.env"),
        ("7z", seven(&entries), "a!app/config.env"),
        ("ar", ar(&small), "a!config.env"),
        ("cpio", cpio(&entries), "a!app/config.env"),
        ("rpm", rpm(&entries), "a!payload!app/config.env"),
        ("one compressed file", gzip(TEXT), "a"),
        (
            "a tar in a zip",
            zip(&[("x.tgz", &gzip(&tarred))]),
            "a!x.tgz!app/config.env",
        ),
        (
            "a zip in a tar",
            tar(&[("x.jar", &zip(&small))]),
            "a!x.jar!config.env",
        ),
    ] {
        for shown in [from_stream(&bytes, Limits::default()), from_file(&bytes)] {
            let part = shown.parts.iter().find(|(path, _)| path == expected);
            let (_, content) = part.unwrap_or_else(|| panic!("{name}: {:?}", shown.skipped));
            assert_eq!(content, TEXT, "{name}");
            assert_eq!(shown.skipped, [], "{name}");
        }
    }
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_shown() {
    let noise: Vec<u8> = (0..50_000_u32)
        .flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_le_bytes())
        .collect();
    let entries: [(&str, &[u8]); 2] = [("first", TEXT), ("second", &noise)];
    for (name, bytes) in [
        ("tar", tar(&entries)),
        ("gzip", gzip(&tar(&entries))),
        ("xz", xz(&tar(&entries))),
        ("zip", zip(&entries)),
        ("cpio", cpio(&entries)),
        ("ar", ar(&entries)),
    ] {
        let shown = from_stream(&bytes[..bytes.len() * 2 / 3], Limits::default());
        let first = ("a!first".to_owned(), TEXT.to_vec());
        assert!(shown.parts.contains(&first), "{name}: {:?}", shown.skipped);
        let named = |reason| shown.skipped.iter().any(|(_, r)| *r == reason);
        assert!(named(SkipReason::Damaged), "{name}: {:?}", shown.skipped);
    }
    let mut wrong = zip(&entries);
    let middle = wrong.len() / 2;
    wrong[middle] ^= 0xFF;
    let shown = from_stream(&wrong, Limits::default());
    assert_eq!(
        shown.skipped,
        [("a!second".to_owned(), SkipReason::Damaged)],
        "a changed byte does not go unnoticed"
    );
}

#[test]
fn limits_end_what_is_made_to_be_endless() {
    let mut limits = Limits::default();
    limits.free_output = 1 << 20;
    let zeros = vec![0; 32 << 20];
    let reasons = |bytes: &[u8]| -> Vec<SkipReason> {
        let shown = from_stream(bytes, limits);
        shown
            .skipped
            .into_iter()
            .map(|(_, reason)| reason)
            .collect()
    };
    let expands = [SkipReason::ExpandsTooMuch];
    assert_eq!(reasons(&gzip(&zeros)), expands);
    let inner = zip(&[("z", &zeros)]);
    assert_eq!(reasons(&inner), expands);
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &inner[..])).collect();
    assert_eq!(reasons(&zip(&many)), expands);
    let mut deep = TEXT.to_vec();
    for _ in 0..12 {
        deep = tar(&[("x", &deep)]);
    }
    assert_eq!(reasons(&deep), [SkipReason::TooDeep]);

    limits.entries = 100;
    let tiny: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    let shown = from_stream(&tar(&tiny), limits);
    assert_eq!(shown.parts.len(), 100);
    assert_eq!(
        shown.skipped,
        [("a".to_owned(), SkipReason::TooManyEntries)]
    );

    limits.largest = 3 << 20;
    limits.free_output = 1 << 30;
    let large = vec![b'x'; 4 << 20];
    let shown = from_stream(&tar(&[("large", &large), ("small", TEXT)]), limits);
    assert_eq!(
        shown.skipped,
        [("a!large".to_owned(), SkipReason::TooLarge)]
    );
    assert_eq!(shown.parts, [("a!small".to_owned(), TEXT.to_vec())]);
}

#[test]
fn a_zip_that_names_one_entry_many_times_is_no_way_around_the_limit() {
    let zeros = vec![0; 16 << 20];
    let one = zip(&[("z", &zeros)]);
    let place = |sign: &[u8]| memchr::memmem::find(&one, sign).expect("it is there");
    let (directory, end) = (place(b"PK\x01\x02"), place(b"PK\x05\x06"));
    let mut many = one[..directory].to_vec();
    many.extend(one[directory..end].repeat(500));
    let mut record = one[end..].to_vec();
    record[8..10].copy_from_slice(&500_u16.to_le_bytes());
    record[10..12].copy_from_slice(&500_u16.to_le_bytes());
    let size = u32::try_from((end - directory) * 500).expect("small");
    record[12..16].copy_from_slice(&size.to_le_bytes());
    many.extend(record);
    let mut limits = Limits::default();
    limits.free_output = 64 << 20;
    let shown = from_stream(&many, limits);
    assert_eq!(
        shown.skipped,
        [("a".to_owned(), SkipReason::ExpandsTooMuch)]
    );
}

#[test]
fn names_are_only_labels() {
    let names = ["../../etc/passwd", "/abs", "same", "also"];
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, TEXT)).collect();
    let shown = from_file(&zip(&entries));
    let paths: Vec<&str> = shown.parts.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["a!../../etc/passwd", "a!/abs", "a!same", "a!also"]);
}

#[test]
fn rows_of_a_database_come_with_the_names_of_their_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let script = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        c.execute('create table users (id integer primary key, \"name\" text, token text)')\n\
        rows = [('n%d' % n, 't%d' % n) for n in range(3000)] + [('long', 'x' * 20000 + 'END')]\n\
        c.executemany('insert into users (name, token) values (?, ?)', rows)\n\
        c.commit()\n";
    let made = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .status()
        .expect("python3 runs");
    assert!(made.success());
    let whole = std::fs::read(&path).expect("a file");
    let shown = from_file(&whole);
    let table = shown.parts.iter().find(|(path, _)| path == "a!users");
    let users = String::from_utf8_lossy(&table.expect("a table").1).into_owned();
    assert!(users.contains("name=n0\ntoken=t0\n\nname=n1\ntoken=t1\n"));
    assert!(users.contains("name=n2999\ntoken=t2999\n"));
    assert!(users.contains("xxxEND\n"), "in pages that continue it");
    assert_eq!(shown.skipped, []);
    // Half of it is still a database, wherever its pages point to.
    assert!(!from_file(&whole[..whole.len() / 2]).parts.is_empty());
}

#[test]
fn the_text_of_a_pdf_is_shown() {
    let stream = b"BT /F1 12 Tf (one \\(two\\)) Tj 0 -14 Td [(th) 3 (ree)] TJ T* <666F7572> Tj ET";
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(stream).expect("memory");
    let bytes = [
        b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n".to_vec(),
        encoder.finish().expect("memory"),
        b"\nendstream\nendobj\n%%EOF".to_vec(),
    ]
    .concat();
    let shown = from_file(&bytes);
    let text = String::from_utf8_lossy(&shown.parts[0].1).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words, ["one", "(two)", "three", "four"]);
    let locked = [b"%PDF-1.7\n<< /Encrypt 3 0 R >>".as_slice(), &bytes].concat();
    assert_eq!(from_file(&locked).skipped[0].1, SkipReason::Encrypted);
}

#[test]
fn sources_in_a_map_are_shown_by_name() {
    let map = br#"{"version":3,"sources":["src/a.js",null],"sourcesContent":["one\ntwo",null]}"#;
    let shown = from_file(map);
    let expected = ("a!src/a.js".to_owned(), b"one\ntwo".to_vec());
    assert_eq!(shown.parts, [expected]);
}

#[test]
fn an_image_knows_its_layers_and_what_they_delete() {
    let lower = tar(&[("app/config.env", TEXT)]);
    let upper = tar(&[("app/.wh.config.env", b""), ("etc/.wh..wh..opq", b"")]);
    let name = |sign: &str| format!("blobs/sha256/{}", sign.repeat(64));
    let config = br#"{"architecture":"x","rootfs":{"diff_ids":["sha256:1","sha256:2"]},
        "config":{"Env":["NAME=value"]},
        "history":[{"created_by":"FROM","empty_layer":true},
                   {"created_by":"COPY"},{"created_by":"RUN"}]}"#;
    let manifest = format!(
        r#"[{{"Config":"{}","Layers":["{}","{}"]}}]"#,
        name("c"),
        name("1"),
        name("2")
    );
    // The manifest comes last, as `docker save` has it.
    let image = tar(&[
        (&name("1"), &lower),
        (&name("2"), &gzip(&upper)),
        (&name("c"), config),
        ("manifest.json", manifest.as_bytes()),
    ]);
    let shown = from_stream(&image, Limits::default());
    let [image] = shown.images.as_slice() else {
        panic!("{:?}", shown.images);
    };
    let layers: Vec<_> = image
        .layers
        .iter()
        .map(|layer| (layer.path.clone(), layer.created_by.as_deref()))
        .collect();
    let place = |sign: &str| format!("a!{}", name(sign));
    assert_eq!(
        layers,
        [(place("1"), Some("COPY")), (place("2"), Some("RUN"))]
    );
    let deletes = |path: &str| shown.deleted.contains(&(place("2"), path.to_owned()));
    assert!(deletes("app/config.env") && deletes("etc"));
    let config = shown
        .parts
        .iter()
        .find(|(path, _)| path.starts_with("a!config"));
    let text = String::from_utf8_lossy(&config.expect("a configuration").1).into_owned();
    assert!(text.lines().any(|line| line == "NAME=value"), "{text}");
}

#[test]
fn a_notebook_is_its_cells_and_what_they_printed() {
    let notebook = serde_json::json!({
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "# one\ntwo"},
            {"cell_type": "code", "metadata": {"tags": ["x"]}, "source": ["a = (\n", "  1)\n"],
             "outputs": [
                {"output_type": "stream", "text": ["out\n", "more\n"]},
                {"output_type": "display_data",
                 "data": {"text/plain": "shown", "image/png": "iVBORw0KGgo="}},
                {"output_type": "error", "ename": "E", "evalue": "why",
                 "traceback": ["\u{1b}[0;31mred\u{1b}[0m"]}]}
        ],
        "metadata": {"language_info": {"file_extension": ".jl"}, "owner": "somebody"},
        "nbformat": 4
    });
    // As people's tools write it, and on one line.
    for text in [
        serde_json::to_string_pretty(&notebook),
        serde_json::to_string(&notebook),
    ] {
        let shown = from_file(text.expect("memory").as_bytes());
        let part = |path: &str| {
            let found = shown.parts.iter().find(|(shown, _)| shown == path);
            let (_, bytes) = found.unwrap_or_else(|| panic!("{path}: {:?}", shown.parts));
            String::from_utf8_lossy(bytes).into_owned()
        };
        assert_eq!(part("a!cell 1.md"), "# one\ntwo");
        assert_eq!(part("a!cell 2.jl"), "a = (\n  1)\n");
        assert_eq!(part("a!cell 2 output.txt"), "out\nmore\nshown\nwhy\nred\n");
        assert!(part("a!notebook.json").contains("\"owner\": \"somebody\""));
        assert_eq!(shown.skipped, []);
    }
    let broken = b"{\"cells\": [{\"cell_type\": \"code\", <<<<<<<";
    let shown = from_file(broken);
    assert_eq!(shown.parts, [("a".to_owned(), broken.to_vec())]);
}

#[test]
fn texts_of_a_class_file_stand_on_lines() {
    let mut class = vec![0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 0x41, 0, 6];
    // A class, a text of as many bytes as the letter A has for a number, and a long number.
    class.extend([7, 0, 2]);
    let text = "x".repeat(65);
    class.extend([1, 0, 65]);
    class.extend(text.as_bytes());
    class.extend([5, 0, 0, 0, 0, 0, 0, 0, 9]);
    class.extend([1, 0, 3]);
    class.extend(b"end");
    class.extend([0; 40]);
    let shown = from_file(&class);
    let expected = format!("{text}\nend\n").into_bytes();
    assert_eq!(shown.parts, [("a".to_owned(), expected)]);
    assert_eq!(shown.skipped, []);
    let shown = from_file(&class[..40]);
    assert_eq!(shown.skipped, [("a".to_owned(), SkipReason::Damaged)]);
}

#[test]
fn text_of_a_document_is_put_together() {
    let xml = b"<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/\
        wordprocessingml/2006/main\"><w:p><w:r><w:t>pass</w:t></w:r><w:r><w:t>word=x&amp;y</w:t>\
        </w:r></w:p><w:p><w:t>next</w:t></w:p></w:document>";
    let shown = from_file(&zip(&[("word/document.xml", xml), ("other.xml", xml)]));
    let text = b"password=x&y\nnext\n".to_vec();
    assert_eq!(shown.parts[0], ("a!word/document.xml".to_owned(), text));
    assert_eq!(shown.parts[1].1, xml, "other files are as they are");
    assert_eq!(shown.skipped, []);
}

#[test]
fn what_stands_behind_an_archive_is_shown() {
    let tarred = [tar(&[("x", TEXT)]), b"and more".repeat(100)].concat();
    let first = cpio(&[("early", TEXT)]);
    let initial = [first, vec![0; 300], gzip(&cpio(&[("late", TEXT)]))].concat();
    for (bytes, expected) in [
        (tarred, "a!(behind the end)"),
        (initial, "a!(behind the end)!late"),
    ] {
        let shown = from_stream(&bytes, Limits::default());
        let paths: Vec<&String> = shown.parts.iter().map(|(path, _)| path).collect();
        assert!(paths.iter().any(|path| *path == expected), "{paths:?}");
        assert_eq!(shown.skipped, []);
    }
}

#[test]
fn titles_and_links_of_a_pdf_are_shown() {
    let bytes = b"%PDF-1.4\n1 0 obj << /Title (a title) /A << /URI (https://a@b.example) >> >>\n\
        endobj\n2 0 obj << >>\nstream\nBT (text) Tj ET\nendstream\nendobj\n3 0 obj (end)";
    let shown = from_file(bytes);
    let text = String::from_utf8_lossy(&shown.parts[0].1).into_owned();
    let lines: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(lines, ["a", "title", "https://a@b.example", "text", "end"]);
}
