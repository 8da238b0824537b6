//! Makes containers, each by another hand than the one that opens it where there is one.

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
