//! Which kind of container some bytes are, told by the bytes and not by a name.

use memchr::memmem;

/// A container that can be opened, or one that is known to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950), which has no magic number: what comes out of it tells.
    Zlib,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// LZMA without a container, as `lzma` writes it.
    Lzma,
    /// Zstandard (RFC 8878).
    Zstd,
    /// The frame format of LZ4.
    Lz4,
    /// tar, of any dialect: Unix version 7, ustar, GNU, pax.
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
    /// A Jupyter notebook.
    Notebook,
    /// A class file of Java.
    Class,
    /// An object of git that is no part of a pack.
    Loose,
    /// A pack of git.
    Pack,
    /// A bundle of git.
    Bundle,
    /// Something compressed that is not read here, by its name.
    Closed(&'static str),
    /// Something encrypted, by its name.
    Locked(&'static str),
}

impl Format {
    /// Whether it is one that can be opened here.
    pub(super) fn can_be_opened(self) -> bool {
        !matches!(self, Self::Closed(_) | Self::Locked(_))
    }

    /// Whether its parts are looked for by their places, so that a stream of it has to be kept.
    pub(super) fn is_read_from_any_place(self) -> bool {
        matches!(
            self,
            Self::Zip | Self::SevenZip | Self::Sqlite | Self::Pack | Self::Bundle
        )
    }
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
        0x5D if is_lzma(head) => Format::Lzma,
        0xCA if is_class(head) => Format::Class,
        b'P' if head.starts_with(b"PACK\0\0\0") && matches!(head.get(7), Some(2 | 3)) => {
            Format::Pack
        }
        b'#' if head.starts_with(b"# v2 git bundle\n") => Format::Bundle,
        b'#' if head.starts_with(b"# v3 git bundle\n") => Format::Bundle,
        b'{' if is_source_map(head) => Format::SourceMap,
        b'{' if is_notebook(head) => Format::Notebook,
        0x78 if let Some(plain) = zlib(head) => match is_object(&plain) {
            true => Format::Loose,
            false => Format::Zlib,
        },
        _ if let Some(known) = closed(head) => known,
        _ => return is_tar(head).then_some(Format::Tar),
    };
    Some(known)
}

/// What is known to be closed, by its first bytes.
fn closed(head: &[u8]) -> Option<Format> {
    const ALL: &[(&[u8], Format)] = &[
        (b"Rar!\x1A\x07", Format::Closed("RAR")),
        (b"MSCF\0\0\0\0", Format::Closed("CAB")),
        (b"LZIP\x01", Format::Closed("lzip")),
        (b"\x89LZO\0\r\n\x1A\n", Format::Closed("lzop")),
        (b"\x1F\x9D\x90", Format::Closed("compress")),
        (b"hsqs", Format::Closed("SquashFS")),
        (b"Salted__", Format::Locked("OpenSSL")),
        (b"age-encryption.org/v1\n", Format::Locked("age")),
        (b"LUKS\xBA\xBE", Format::Locked("LUKS")),
    ];
    let known = ALL.iter().find(|(start, _)| head.starts_with(start));
    // Few bytes of a text may be the same by chance, and then no zero byte follows.
    known
        .filter(|(start, _)| start.len() > 5 || memchr::memchr(0, head).is_some())
        .map(|(_, format)| *format)
}

/// Properties that encoders use, a dictionary of a size that is a power of two or one and a
/// half of it, and a size that is unknown or can be.
fn is_lzma(head: &[u8]) -> bool {
    let Some(head) = head.first_chunk::<14>() else {
        return false;
    };
    let dictionary = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    let is_round = dictionary.count_ones() == 1
        || dictionary.count_ones() == 2 && (dictionary / 3).count_ones() == 1;
    let size = &head[5..13];
    let is_size = size.iter().all(|&b| b == 0xFF) || size[5..].iter().all(|&b| b == 0);
    head.starts_with(&[0x5D, 0, 0]) && dictionary >= 4096 && is_round && is_size && head[13] == 0
}

/// Fat programs of macOS start in the same way; they have a number of parts where classes
/// have a version, and no part is the 45th.
fn is_class(head: &[u8]) -> bool {
    head.starts_with(b"\xCA\xFE\xBA\xBE")
        && head
            .get(6..8)
            .is_some_and(|v| v[0] == 0 && (45..=100).contains(&v[1]))
}

/// What the head of a zlib stream unpacks to, if it is one.
fn zlib(head: &[u8]) -> Option<Vec<u8>> {
    let second = u16::from(*head.get(1)?);
    if !(0x7800 | second).is_multiple_of(31) || second & 0x20 != 0 {
        return None;
    }
    let mut plain = vec![0; 64];
    let mut inflate = flate2::Decompress::new(true);
    let status = inflate.decompress(head, &mut plain, flate2::FlushDecompress::None);
    let count = usize::try_from(inflate.total_out()).ok()?;
    plain.truncate(count);
    let has_ended = matches!(status, Ok(flate2::Status::StreamEnd));
    // A few letters may be a valid start; most of what follows them is not.
    (status.is_ok() && (count == 64 || has_ended && count > 0)).then_some(plain)
}

/// Whether this starts as objects of git do: `blob 12` and a zero byte.
fn is_object(plain: &[u8]) -> bool {
    let Some(end) = memchr::memchr(0, plain) else {
        return false;
    };
    let mut words = plain[..end].splitn(2, |&b| b == b' ');
    let is_kind = matches!(words.next(), Some(b"blob" | b"tree" | b"commit" | b"tag"));
    let is_size = |size: &[u8]| !size.is_empty() && size.iter().all(u8::is_ascii_digit);
    is_kind && words.next().is_some_and(is_size)
}

/// A list of cells at the start, or the number of the format.
fn is_notebook(head: &[u8]) -> bool {
    let start = &head[..head.len().min(64)];
    let says = |word: &[u8]| memmem::find(head, word).is_some();
    memmem::find(start, b"\"cells\"").is_some() && says(b"\"cell_type\"")
        || says(b"\"nbformat\"") && says(b"\"metadata\"")
}

fn is_tar(head: &[u8]) -> bool {
    // POSIX.1-1988 and GNU differ in what follows the name of the format; before them
    // only the checksum told.
    head.get(257..262) == Some(b"ustar") || super::tar::is_header(head)
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
    let says = |word: &[u8]| memmem::find(head, word).is_some();
    // Some writers sort the names, and then the places of sources may fill the start.
    memmem::find(start, b"\"version\"").is_some() && says(b"\"sources")
        || says(b"\"sourcesContent\"")
        || memmem::find(start, b"\"mappings\"").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        let mut tar = vec![0; 512];
        tar[..5].copy_from_slice(b"a.txt");
        tar[257..262].copy_from_slice(b"ustar");
        let mut v7 = vec![0; 512];
        v7[..5].copy_from_slice(b"a.txt");
        v7[124..135].copy_from_slice(b"00000000005");
        v7[148..156].fill(b' ');
        let sum: u32 = v7.iter().map(|&b| u32::from(b)).sum();
        v7[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
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
            (b"{\"mappings\":\"AAAA;\",", Some(Format::SourceMap)),
            (b"PK is short for a lot", None),
            (b"x^2 + y^2 = z^2, said the text", None),
            (b"\xCA\xFE\xBA\xBE\0\0\0\x34", Some(Format::Class)),
            (b"\xCA\xFE\xBA\xBE\0\0\0\x02", None),
            (b"PACK\0\0\0\x02\0\0\0\x01", Some(Format::Pack)),
            (b"PACKAGES=a b c", None),
            (b"# v2 git bundle\n", Some(Format::Bundle)),
            (
                b"{\"cells\":[{\"cell_type\":\"code\"",
                Some(Format::Notebook),
            ),
            (b"{\"cells\": 3}", None),
            (b"Salted__\x01\x02", Some(Format::Locked("OpenSSL"))),
            (b"hsqs and other words", None),
            (
                b"]\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0",
                Some(Format::Lzma),
            ),
            (&v7, Some(Format::Tar)),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(format(bytes), *expected, "{bytes:?}");
        }
    }
}
