//! Which bytes of pictures, films, fonts and archives are compressed: no text can be read
//! there, and what looks like a credential is chance.
//!
//! Formats: JPEG (ITU-T T.81, annex B), PNG (third edition, 5), WebP (RFC 9649),
//! ISO base media (ISO/IEC 14496-12, 4.2: MP4, QuickTime, HEIF, AVIF), WOFF 1 and 2 (W3C).

use std::ops::Range;

use crate::artifact::{Format, HEAD, format, zip};

/// The stretches of a whole file that hold compressed pixels, sound, glyphs or files: byte
/// ranges, in order and apart. Empty for files of other kinds. What is written beside them, as
/// comments, metadata, names, or behind the end, is in none of the stretches.
///
/// ```
/// let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
/// png.extend(b"\0\0\0\x04IDATabcd\0\0\0\0\0\0\0\x05tEXthello\0\0\0\0");
/// let stretches = sluicegate_source::compressed(&png);
/// assert_eq!(&png[stretches[0].clone()], b"abcd");
/// ```
pub fn compressed(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png(bytes),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => webp(bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => media(bytes),
        [b'w', b'O', b'F', b'F', ..] => font(bytes, 24, 44),
        [b'w', b'O', b'F', b'2', ..] => font(bytes, 28, 48),
        [b'P', b'K', ..] => zip::compressed(bytes),
        // Of these all is compressed or encrypted.
        _ => match format(&bytes[..bytes.len().min(HEAD)]) {
            Some(Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd)
            | Some(Format::Lz4 | Format::SevenZip)
            | Some(Format::Closed(_) | Format::Locked(_)) => vec![stretch(bytes, 0, bytes.len())],
            _ => Vec::new(),
        },
    };
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

fn big(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*word)).ok()
}

/// From `start`, so many bytes or as many as there are.
fn stretch(bytes: &[u8], start: usize, length: usize) -> Range<usize> {
    let start = start.min(bytes.len());
    start..start.saturating_add(length).min(bytes.len())
}

/// Behind every start of a scan stand coded bytes, up to the next marker.
fn jpeg(bytes: &[u8]) -> Vec<Range<usize>> {
    const START_OF_SCAN: u8 = 0xDA;
    let mut stretches = Vec::new();
    let mut at = 0;
    while let Some(&[0xFF, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        at += 2;
        match marker {
            // A fill byte before the marker itself.
            0xFF => at -= 1,
            // Markers without anything behind them; several pictures may follow one another.
            0x01 | 0xD0..=0xD9 => {}
            _ => {
                let length = bytes.get(at..).and_then(|rest| rest.first_chunk());
                let Some(length) = length.map(|length| u16::from_be_bytes(*length)) else {
                    break;
                };
                at += usize::from(length.max(2));
                if marker == START_OF_SCAN {
                    let end = end_of_scan(bytes, at);
                    stretches.push(at.min(end)..end);
                    at = end;
                }
            }
        }
    }
    stretches
}

/// Where the next marker stands that ends coded bytes: neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    memchr::memchr_iter(0xFF, rest)
        .find(|&at| !matches!(rest.get(at + 1), Some(0 | 0xD0..=0xD7 | 0xFF)))
        .map_or(bytes.len(), |at| start + at)
}

fn png(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut at = 8;
    while let (Some(length), Some(kind)) = (big(bytes, at), bytes.get(at + 4..at + 8)) {
        match kind {
            b"IDAT" | b"iCCP" => stretches.push(stretch(bytes, at + 8, length)),
            b"fdAT" => stretches.push(stretch(bytes, at + 12, length.saturating_sub(4))),
            b"IEND" => break,
            _ => {}
        }
        at = stretch(bytes, at + 12, length).end;
    }
    stretches
}

fn webp(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut at = 12;
    while let Some(length) = bytes.get(at + 4..).and_then(|rest| rest.first_chunk()) {
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if matches!(&bytes[at..at + 4], b"VP8 " | b"VP8L" | b"ALPH" | b"ANMF") {
            stretches.push(stretch(bytes, at + 8, length));
        }
        at = stretch(bytes, at + 8 + (length & 1), length).end;
    }
    stretches
}

fn media(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut at = 0;
    while let (Some(size), Some(kind)) = (big(bytes, at), bytes.get(at + 4..at + 8)) {
        let long = || bytes.get(at + 8..).and_then(|rest| rest.first_chunk());
        let (header, size) = match size {
            // To the end of the file.
            0 => (8, bytes.len()),
            1 => match long().map(|long| usize::try_from(u64::from_be_bytes(*long))) {
                Some(Ok(size)) => (16, size),
                _ => break,
            },
            size => (8, size),
        };
        if kind == b"mdat" {
            stretches.push(stretch(bytes, at + header, size.saturating_sub(header)));
        }
        at = stretch(bytes, at + header, size.saturating_sub(header)).end;
    }
    stretches
}

/// The tables of a font, up to its metadata; `offsets` is where the place of the metadata
/// stands, and, three words on, that of private data.
fn font(bytes: &[u8], offsets: usize, header: usize) -> Vec<Range<usize>> {
    let beside = [offsets, offsets + 12].map(|at| big(bytes, at).filter(|&at| at >= header));
    let end = beside.into_iter().flatten().min();
    let end = end.unwrap_or(bytes.len()).min(bytes.len());
    Vec::from([stretch(bytes, header, end.saturating_sub(header))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).expect("short").to_be_bytes();
        [&length[..], kind, data, b"crc!"].concat()
    }

    /// What is left of a file when its compressed stretches are taken out.
    fn beside(bytes: &[u8]) -> Vec<u8> {
        let mut rest = bytes.to_vec();
        for stretch in compressed(bytes).into_iter().rev() {
            rest.drain(stretch);
        }
        rest
    }

    #[test]
    fn only_coded_bytes_are_taken_out() {
        let jpeg = [
            &b"\xFF\xD8\xFF\xFE\0\x07hello"[..],
            b"\xFF\xDA\0\x04ab",
            b"PIXELS\xFF\0PIXELS\xFF\xD0PIXELS",
            b"\xFF\xFF\xFE\0\x06more",
            b"\xFF\xDA\0\x02PIXELS\xFF\xD9behind",
        ]
        .concat();
        let png = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"tEXt", b"hello"),
            chunk(b"IDAT", b"PIXELS"),
            chunk(b"fdAT", b"1234PIXELS"),
            chunk(b"IEND", b""),
            b"behind".to_vec(),
        ]
        .concat();
        let webp = b"RIFF\0\0\0\0WEBPVP8 \x07\0\0\0PIXELS.\0EXIF\x05\0\0\0hello\0";
        let media = [
            &b"\0\0\0\x0cftyphello"[..4],
            b"ftypmp42",
            b"\0\0\0\x0eudtahello!",
            b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x16PIXELS",
            b"\0\0\0\x0dfreehello",
            b"\0\0\0\0mdatPIXELS",
        ]
        .concat();
        for (name, bytes, kept) in [
            ("jpeg", &jpeg[..], &["hello", "more", "behind"][..]),
            ("png", &png, &["hello", "1234", "behind"]),
            ("webp", webp, &["EXIF", "hello"]),
            ("media", &media, &["hello!", "free", "hello"]),
        ] {
            let rest = String::from_utf8_lossy(&beside(bytes)).into_owned();
            assert!(!rest.contains("PIXELS"), "{name}: {rest:?}");
            for word in kept {
                assert!(rest.contains(word), "{name} lost {word}: {rest:?}");
            }
        }
    }

    /// A zip of entries with a method each; what they hold is not compressed in truth.
    fn zip(entries: &[(u16, &str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (b"before".to_vec(), Vec::new());
        for (method, name, data) in entries {
            let offset = u32::try_from(bytes.len() - 6).expect("short");
            let size = u32::try_from(data.len()).expect("short").to_le_bytes();
            let common = [
                &[20, 0, 0, 0][..],
                &method.to_le_bytes(),
                &[0; 8],
                &size,
                &size,
                &[u8::try_from(name.len()).expect("short"), 0, 0, 0],
            ]
            .concat();
            bytes.extend([b"PK\x03\x04", &common[..], name.as_bytes(), data].concat());
            let place = [&[0; 10][..], &offset.to_le_bytes(), name.as_bytes()].concat();
            directory.extend([b"PK\x01\x02\0\0", &common[..], &place].concat());
        }
        let count = u8::try_from(entries.len()).expect("few");
        let size = u32::try_from(directory.len()).expect("short").to_le_bytes();
        let start = u32::try_from(bytes.len() - 6).expect("short").to_le_bytes();
        let end = [
            &[0, 0, 0, 0, count, 0, count, 0][..],
            &size,
            &start,
            &[0, 0],
        ]
        .concat();
        [&bytes, &directory[..], b"PK\x05\x06", &end, b""].concat()
    }

    #[test]
    fn of_a_zip_what_is_only_stored_is_left() {
        let bytes = zip(&[(8, "a", b"PIXELS"), (0, "b", b"hello"), (8, "c", b"PIXELS")]);
        let bytes = &bytes[6..];
        let rest = String::from_utf8_lossy(&beside(bytes)).into_owned();
        assert!(
            rest.contains("hello") && !rest.contains("PIXELS"),
            "{rest:?}"
        );
        for end in 0..bytes.len() {
            beside(&bytes[..end]);
        }
    }

    #[test]
    fn what_is_compressed_as_a_whole_has_nothing_beside() {
        for head in [&b"\x1F\x8B\x08\0"[..], b"\xFD7zXZ\0", b"7z\xBC\xAF\x27\x1C"] {
            assert_eq!(beside(&[head, b"hello\0"].concat()), b"");
        }
        assert_eq!(beside(b"\0\0 any other"), b"\0\0 any other");
    }

    #[test]
    fn fonts_keep_their_metadata() {
        let mut font = b"wOF2".to_vec();
        font.resize(48, 0);
        font[28..32].copy_from_slice(&60u32.to_be_bytes());
        font.extend(b"GLYPHSGLYPHSmetadata");
        assert_eq!(beside(&font).get(48..), Some(&b"metadata"[..]));
        assert_eq!(beside(&font[..50]).len(), 48);
    }

    #[test]
    fn what_is_cut_off_or_lies_about_its_length_ends_at_the_end() {
        let long = [
            &b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDATabc"[..],
            b"\xFF\xD8\xFF\xDA\0\x02abc",
            b"\xFF\xD8\xFF\xDA\xff\xffabc",
            b"\xFF\xD8\xFF",
            b"\xFF\xD8\xFF\xFE",
            b"RIFF\0\0\0\0WEBPVP8 \xff\xff\xff\xffabc",
            b"\0\0\0\x08ftyp\xff\xff\xff\xffmdatabc",
            b"\0\0\0\x08ftyp\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0\0ftyp",
            b"wOFF",
        ];
        for bytes in long {
            for end in 0..=bytes.len() {
                for stretch in compressed(&bytes[..end]) {
                    assert!(
                        stretch.start < stretch.end && stretch.end <= end,
                        "{bytes:?}"
                    );
                }
            }
        }
    }
}
