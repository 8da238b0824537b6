//! Which kind of container some bytes are, told by the bytes and not by a name.

use memchr::memmem;

/// A container that can be opened, or one that is known to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// gzip (RFC 1952).
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
    /// The frame format of LZ4.
    Lz4,
    /// tar, of any dialect with a magic number: ustar, GNU, pax.
    Tar,
    /// zip, and what is made of it: jar, whl, apk, nupkg, docx.
    Zip,
    /// 7z.
    SevenZip,
    /// The archives of `ar`, Debian packages among them.
    Ar,
    /// cpio, `newc` or `odc`.
    Cpio,
    /// RPM packages.
    Rpm,
    /// A database of SQLite 3.
    Sqlite,
    /// PDF.
    Pdf,
    /// A source map of revision 3, with the sources inside.
    SourceMap,
    /// RAR, which only its maker's library reads.
    Rar,
}

/// How many bytes at the start of a file tell its kind.
pub const HEAD: usize = 1024;

/// The kind of container that starts with `head`, the first [`HEAD`] bytes of it or all
/// there are. `None` for everything that is searched as it is.
///
/// ```
/// use sluicegate_source::artifact::{Format, format};
///
/// assert_eq!(format(b"PK\x03\x04\x14\x00"), Some(Format::Zip));
/// assert_eq!(format(b"plain text"), None);
/// ```
pub fn format(head: &[u8]) -> Option<Format> {
    let known = match *head.first()? {
        0x1F if head.starts_with(b"\x1F\x8B\x08") => Format::Gzip,
        b'B' if is_bzip2(head) => Format::Bzip2,
        0xFD if head.starts_with(b"\xFD7zXZ\0") => Format::Xz,
        0x28 if head.starts_with(b"\x28\xB5\x2F\xFD") => Format::Zstd,
        0x04 if head.starts_with(b"\x04\x22\x4D\x18") => Format::Lz4,
        b'P' if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") => Format::Zip,
        b'7' if head.starts_with(b"7z\xBC\xAF\x27\x1C") => Format::SevenZip,
        b'!' if head.starts_with(b"!<arch>\n") => Format::Ar,
        b'0' if is_cpio(head) => Format::Cpio,
        0xED if head.starts_with(b"\xED\xAB\xEE\xDB") => Format::Rpm,
        b'S' if head.starts_with(b"SQLite format 3\0") => Format::Sqlite,
        b'%' if head.starts_with(b"%PDF-") => Format::Pdf,
        b'R' if head.starts_with(b"Rar!\x1A\x07") => Format::Rar,
        b'{' if is_source_map(head) => Format::SourceMap,
        _ => return is_tar(head).then_some(Format::Tar),
    };
    Some(known)
}

fn is_tar(head: &[u8]) -> bool {
    // POSIX.1-1988 and GNU differ in what follows the name of the format.
    head.get(257..262) == Some(b"ustar")
}

fn is_bzip2(head: &[u8]) -> bool {
    let level = head.get(3).is_some_and(u8::is_ascii_digit);
    // The first block, or the end of an empty stream.
    let block = matches!(
        head.get(4..10),
        Some(b"1AY&SY" | b"\x17\x72\x45\x38\x50\x90")
    );
    head.starts_with(b"BZh") && level && block
}

fn is_cpio(head: &[u8]) -> bool {
    match head.get(..6) {
        Some(b"070701" | b"070702") => head
            .get(6..110)
            .is_some_and(|fields| fields.iter().all(u8::is_ascii_hexdigit)),
        Some(b"070707") => head
            .get(6..76)
            .is_some_and(|fields| fields.iter().all(|b| (b'0'..=b'7').contains(b))),
        _ => false,
    }
}

fn is_source_map(head: &[u8]) -> bool {
    let start = &head[..head.len().min(64)];
    memmem::find(start, b"\"version\"").is_some()
        && memmem::find(head, b"\"sources").is_some_and(|at| at < HEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let mut tar = vec![0; 512];
        tar[..5].copy_from_slice(b"a.txt");
        tar[257..262].copy_from_slice(b"ustar");
        let newc = [b"070701".to_vec(), vec![b'0'; 104]].concat();
        let table: &[(&[u8], Option<Format>)] = &[
            (&tar, Some(Format::Tar)),
            (&newc, Some(Format::Cpio)),
            (&newc[..100], None),
            (b"BZh91AY&SY", Some(Format::Bzip2)),
            (b"BZh9 is not a stream", None),
            (b"!<arch>\ndebian-binary", Some(Format::Ar)),
            (b"{\"version\":3,\"sources\":[]", Some(Format::SourceMap)),
            (b"{\"version\":3,\"name\":\"x\"}", None),
            (b"PK is short for a lot", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(format(bytes), *expected, "{bytes:?}");
        }
    }
}
