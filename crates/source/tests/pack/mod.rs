//! Makes containers, each by another hand than the one that opens it where there is one.

#![allow(dead_code, unused_imports, reason = "each test file uses some of it")]

use std::io::{Cursor, Write};

pub(crate) type Entries<'e> = &'e [(&'e str, &'e [u8])];

pub(crate) fn tar(entries: Entries<'_>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, *data)
            .expect("memory");
    }
    builder.into_inner().expect("memory")
}

pub(crate) fn zip(entries: Entries<'_>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, data) in entries {
        writer.start_file(*name, options).expect("memory");
        writer.write_all(data).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn bzip2(data: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn xz(data: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("memory");
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn lz4(data: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// Two frames, and one to be skipped between them.
pub(crate) fn zstd(data: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let (first, second) = data.split_at(data.len() / 2);
    [
        ruzstd::encoding::compress_to_vec(first, level),
        vec![0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3],
        ruzstd::encoding::compress_to_vec(second, level),
    ]
    .concat()
}

pub(crate) fn seven(entries: Entries<'_>) -> Vec<u8> {
    let mut writer = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).expect("memory");
    for (name, data) in entries {
        let entry = sevenz_rust2::ArchiveEntry::new_file(name);
        writer
            .push_archive_entry(entry, Some(*data))
            .expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

pub(crate) fn ar(entries: Entries<'_>) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, data) in entries {
        let (name, size) = (format!("{name}/"), data.len());
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(data);
        if size % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

pub(crate) fn cpio(entries: Entries<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in entries.iter().chain(&[("TRAILER!!!", &b""[..])]) {
        let (size, name_size) = (data.len(), name.len() + 1);
        let fields = [1, 0o100_644, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0];
        out.extend_from_slice(b"070701");
        out.extend(fields.iter().flat_map(|f| format!("{f:08X}").into_bytes()));
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

pub(crate) fn rpm(entries: Entries<'_>) -> Vec<u8> {
    let header = |store: &[u8]| {
        let mut out = vec![0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0];
        out.extend_from_slice(&1_u32.to_be_bytes());
        let size = u32::try_from(store.len()).expect("small");
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(store);
        out
    };
    let mut out = vec![0xED, 0xAB, 0xEE, 0xDB];
    out.resize(96, 0);
    out.extend(header(b"odd"));
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend(header(b"postinstall\0script\0"));
    out.extend(gzip(&cpio(entries)));
    out
}

pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// Puts the checksum of a tar's header right.
pub(crate) fn sum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header[..512].iter().map(|&b| u32::from(b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A file of `size` bytes with `data` at its end and a hole before, in the ways that tar has
/// for it. Without an end mark, so that more can follow.
pub(crate) fn sparse(name: &str, data: &[u8], size: u64) -> Vec<(&'static str, Vec<u8>)> {
    let header = |name: &str, kind: u8, size: usize| {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar  \0");
        block
    };
    let padded = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let start = size - data.len() as u64;
    let mut old = header(name, b'S', data.len());
    // Too large for octal digits.
    let binary = |value: u64| [&[0x80, 0, 0, 0][..], &value.to_be_bytes()].concat();
    old[386..398].copy_from_slice(&binary(start));
    old[398..409].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    old[483..495].copy_from_slice(&binary(size));
    sum(&mut old);
    // With the map going on in another block.
    let mut long = old.clone();
    long[482] = 1;
    sum(&mut long);
    let record = |text: &str| {
        let with = |length: usize| format!("{length} {text}\n");
        let guess = with(text.len() + 4).len();
        with(if with(guess).len() == guess {
            guess
        } else {
            guess - 1
        })
    };
    let records = [
        record("GNU.sparse.major=1"),
        record("GNU.sparse.minor=0"),
        record(&format!("GNU.sparse.name={name}")),
        record(&format!("GNU.sparse.realsize={size}")),
    ]
    .concat();
    let mut said = header("PaxHeaders/x", b'x', records.len());
    sum(&mut said);
    let map = padded(format!("1\n{start}\n{}\n", data.len()).as_bytes());
    let mut new = header("GNUSparseFile.0/x", b'0', map.len() + data.len());
    sum(&mut new);
    vec![
        ("GNU, old", [old, padded(data)].concat()),
        (
            "GNU, old, with a long map",
            [long, vec![0; 512], padded(data)].concat(),
        ),
        (
            "GNU, new",
            [said, padded(records.as_bytes()), new, map, padded(data)].concat(),
        ),
    ]
}

/// The same bytes with one name replaced by another of the same length, everywhere.
pub(crate) fn twice(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = memchr::memmem::find(&bytes, from) {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    bytes
}

/// A zip of one entry that is not compressed.
pub(crate) fn stored(name: &str, data: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file(name, options).expect("memory");
    writer.write_all(data).expect("memory");
    writer.finish().expect("memory").into_inner()
}
