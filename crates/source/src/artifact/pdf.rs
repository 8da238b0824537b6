//! PDF: the text of its streams (ISO 32000-1, 7.3.8 and 9.4). Fonts with encodings of
//! their own need tables that are not read: such text is missed.

use std::io::{self, Read};

use memchr::memmem;
use sluicegate_core::SkipReason;

use super::meter::Output;
use super::{Kept, Opener, inside};

/// How far before its data a stream's description is looked for.
const DESCRIPTION: usize = 2048;

/// The text of one document; more is left out, with a note.
const MOST_TEXT: usize = 32 << 20;

pub(super) fn open(opener: &mut Opener<'_>, path: &str, reader: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(opener.meter);
    if !kept.fill(reader)? {
        let detail = "too large to be held in memory".to_owned();
        opener
            .visitor
            .skipped(path, SkipReason::TooMuchMemory, detail);
        return Ok(());
    }
    let bytes = kept.bytes.as_slice();
    if memmem::find(bytes, b"/Encrypt").is_some() {
        opener
            .visitor
            .skipped(path, SkipReason::Encrypted, String::new());
        return Ok(());
    }
    let mut text = Vec::new();
    let mut unread = 0;
    let mut is_cut = false;
    let mut at = 0;
    // Titles, links and notes stand between the streams.
    let mut between = 0;
    while let Some(found) = memmem::find(&bytes[at..], b"stream") {
        let word = at + found;
        at = word + 6;
        if bytes[..word].ends_with(b"end") {
            continue;
        }
        let start = match bytes.get(at..) {
            Some([b'\r', b'\n', ..]) => at + 2,
            Some([b'\n' | b'\r', ..]) => at + 1,
            _ => continue,
        };
        let length = memmem::find(&bytes[start..], b"endstream").unwrap_or(bytes.len() - start);
        at = start + length;
        strings(&bytes[between..word], &mut text);
        between = at;
        let before = &bytes[word.saturating_sub(DESCRIPTION)..word];
        let about = memmem::rfind(before, b" obj").map_or(before, |obj| &before[obj..]);
        let says = |word: &[u8]| memmem::find(about, word).is_some();
        // Pictures, fonts and tables of places hold no text.
        if says(b"/Image") || says(b"/FontFile") || says(b"/Length1") || says(b"/XRef") {
            continue;
        }
        let data = &bytes[start..start + length];
        if says(b"/FlateDecode") || says(b"/Fl ") {
            let mut plain = Vec::new();
            let inflated = flate2::read::ZlibDecoder::new(data);
            let mut inflated = Output {
                inner: inflated,
                meter: opener.meter,
            }
            .take(MOST_TEXT as u64);
            if inflated.read_to_end(&mut plain).is_err() && plain.is_empty() {
                unread += 1;
            }
            shown_text(&plain, &mut text);
            is_cut |= plain.len() >= MOST_TEXT;
        } else if says(b"/Filter") {
            unread += 1;
        } else {
            shown_text(data, &mut text);
        }
        if is_cut || text.len() > MOST_TEXT {
            let detail = format!("more than {MOST_TEXT} bytes of text");
            opener
                .visitor
                .skipped(path, SkipReason::TooMuchMemory, detail);
            break;
        }
    }
    strings(&bytes[between..], &mut text);
    if unread > 0 {
        let detail = format!("{unread} of its streams are damaged or compressed in an unknown way");
        opener
            .visitor
            .skipped(path, SkipReason::Unsupported, detail);
    }
    opener.meter.entry()?;
    opener.leaf(&inside(path, b"text"), &mut text.as_slice(), None);
    Ok(())
}

/// Adds what a stream shows: the strings of its text operators, or all of it if it has none.
fn shown_text(stream: &[u8], out: &mut Vec<u8>) {
    if memmem::find(stream, b"BT").is_none() {
        if std::str::from_utf8(stream).is_ok() {
            out.extend_from_slice(stream);
            out.push(b'\n');
        }
        return;
    }
    let mut rest = stream;
    while let Some((&first, after)) = rest.split_first() {
        match first {
            b'(' => rest = literal(after, out),
            b'<' if after.first() != Some(&b'<') => rest = hexadecimal(after, out),
            // A wide step back between two strings is a blank.
            b'-' if after.len() > 3 && after[..3].iter().all(u8::is_ascii_digit) => {
                out.push(b' ');
                rest = &after[3..];
            }
            // Operators that start a line: T*, Td, TD, Tm, ET, ' and ".
            b'T' if matches!(after.first(), Some(b'*' | b'd' | b'D' | b'm')) => {
                new_line(out);
                rest = &after[1..];
            }
            b'E' if after.first() == Some(&b'T') => {
                new_line(out);
                rest = &after[1..];
            }
            b'\'' | b'"' => {
                new_line(out);
                rest = after;
            }
            _ => rest = after,
        }
    }
}

/// Adds the strings in round brackets, each on a line.
fn strings(mut rest: &[u8], out: &mut Vec<u8>) {
    while let Some(open) = memchr::memchr(b'(', rest) {
        rest = literal(&rest[open + 1..], out);
        new_line(out);
    }
}

fn new_line(out: &mut Vec<u8>) {
    if !out.ends_with(b"\n") {
        out.push(b'\n');
    }
}

/// Adds a string in round brackets; gives what follows it.
fn literal<'s>(mut rest: &'s [u8], out: &mut Vec<u8>) -> &'s [u8] {
    let mut depth = 0_usize;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b')' if depth == 0 => return rest,
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => {
                rest = escaped(rest, out);
                continue;
            }
            _ => {}
        }
        out.push(byte);
    }
    rest
}

fn escaped<'s>(rest: &'s [u8], out: &mut Vec<u8>) -> &'s [u8] {
    let Some((&byte, after)) = rest.split_first() else {
        return rest;
    };
    match byte {
        b'n' | b'r' => out.push(b'\n'),
        b't' => out.push(b'\t'),
        b'b' | b'f' | b'\n' | b'\r' => {}
        b'0'..=b'7' => {
            let digits = rest
                .iter()
                .take(3)
                .take_while(|b| (b'0'..=b'7').contains(b))
                .count();
            let code = rest[..digits]
                .iter()
                .fold(0_u32, |n, b| n * 8 + u32::from(b - b'0'));
            out.push((code & 0xFF) as u8);
            return &rest[digits..];
        }
        other => out.push(other),
    }
    after
}

/// Adds a string in hexadecimal digits; two zero bytes in front of letters are their
/// other half.
fn hexadecimal<'s>(rest: &'s [u8], out: &mut Vec<u8>) -> &'s [u8] {
    let end = rest.iter().position(|&b| b == b'>').unwrap_or(rest.len());
    let digits: Vec<u8> = rest[..end]
        .iter()
        .filter_map(|&b| char::from(b).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0));
    out.extend(bytes.filter(|&b| b != 0));
    rest.get(end + 1..).unwrap_or_default()
}
