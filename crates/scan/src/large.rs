//! Files and streams too large for one buffer: pieces that overlap.
//!
//! Whether something is a match depends on the bytes within the rules' reach of it, so
//! a piece with half as much again on either side, for the length of the match itself,
//! decides about its own bytes exactly as the whole file would.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use sluicegate_core::text::{self, Encoding};
use sluicegate_source::{LargeFile, Piece, Pieces};

use crate::blob::{Found, MAX_MATCHES, Place, Worker};
use crate::lines;
use crate::options::Monitor;

/// What one piece gave, and what the next one must know of it.
#[derive(Default)]
struct Part {
    found: Found,
    /// How long it is.
    bytes: u64,
    /// How many lines end in it.
    lines: usize,
    /// How many characters stand behind the last of those ends.
    columns: usize,
    /// The hits that start on a line that began before the piece, and so do not know
    /// their column; the same for where they end.
    open_starts: Vec<usize>,
    open_ends: Vec<usize>,
}

/// Context for excerpts and markers, which look around no farther than this.
const LEAST_OVERLAP: usize = 4096;

/// How much context a piece has on either side, in bytes. A multiple of four, so that a piece
/// of UTF-16 or UTF-32 starts at a whole unit.
pub(crate) fn overlap(reach: usize) -> usize {
    (reach + reach / 2).max(LEAST_OVERLAP).next_multiple_of(4)
}

/// Scans the pieces of a file on all threads of the pool that this runs in.
pub(crate) fn scan_file<'s>(
    path: &str,
    file: &LargeFile,
    worker: impl Fn() -> Worker<'s> + Sync + Send,
    overlap: usize,
    monitor: &Monitor,
) -> io::Result<Found> {
    let mut head = Vec::new();
    let encoding = file
        .read_piece(0, 0, &mut head)
        .map(|_| text::encoding(&head))?;
    drop(head);
    let parts: io::Result<Vec<Part>> = (0..file.pieces())
        .into_par_iter()
        .map_init(
            || (worker(), Vec::new()),
            |(worker, buf), number| {
                if monitor.is_cancelled() {
                    return Ok(Part::default());
                }
                let piece = file.read_piece(number, overlap, buf)?;
                let own = piece.own_start..piece.own_end;
                monitor.add_bytes(own.len() as u64);
                Ok(scan_piece(worker, path, encoding, buf, piece.offset, own))
            },
        )
        .collect();
    parts.map(join)
}

/// Scans a stream: how many bytes it had, what was found in them, and how it ended.
pub(crate) fn scan_stream<R: io::Read>(
    path: &str,
    reader: R,
    mut worker: Worker<'_>,
    overlap: usize,
    monitor: &Monitor,
) -> (u64, Found, io::Result<()>) {
    let mut pieces = Pieces::new(reader, overlap);
    let stream = Stream::new(path);
    let outcome = loop {
        if monitor.is_cancelled() {
            break Ok(());
        }
        match pieces.next_piece() {
            Ok(None) => break Ok(()),
            Err(why) => break Err(why),
            Ok(Some((piece, buf))) => {
                let turn = stream.turn(piece, buf);
                stream.scan(&turn, buf, &mut worker, monitor);
            }
        }
    };
    let Whole { bytes, found, .. } = stream.join();
    (bytes, found, outcome)
}

/// A stream whose pieces are scanned by whoever has time, in any order.
pub(crate) struct Stream {
    path: String,
    encoding: OnceLock<Encoding>,
    /// What the pieces gave: nothing yet, or for good if the scanner failed on one.
    parts: Mutex<Vec<Option<Part>>>,
}

/// The place of a piece in its stream.
pub(crate) struct Turn {
    number: usize,
    encoding: Encoding,
    piece: Piece,
}

/// What a stream gave.
pub(crate) struct Whole {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) found: Found,
    /// Whether the scanner failed on a piece, and the rest is missing.
    pub(crate) has_failed: bool,
}

impl Stream {
    pub(crate) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            encoding: OnceLock::new(),
            parts: Mutex::default(),
        }
    }

    /// Takes note of the next piece, before anybody scans it.
    pub(crate) fn turn(&self, piece: Piece, buf: &[u8]) -> Turn {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push(None);
        Turn {
            number: parts.len() - 1,
            encoding: *self.encoding.get_or_init(|| text::encoding(buf)),
            piece,
        }
    }

    pub(crate) fn scan(&self, turn: &Turn, buf: &[u8], worker: &mut Worker<'_>, monitor: &Monitor) {
        let Piece {
            offset,
            own_start,
            own_end,
            ..
        } = turn.piece;
        monitor.add_bytes((own_end - own_start) as u64);
        let own = own_start..own_end;
        let part = scan_piece(worker, &self.path, turn.encoding, buf, offset, own);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts[turn.number] = Some(part);
    }

    /// Puts together what was found, when all pieces were scanned.
    pub(crate) fn join(self) -> Whole {
        let parts = self.parts.into_inner();
        let parts = parts.unwrap_or_else(PoisonError::into_inner);
        let count = parts.len();
        // Behind one that is missing no line is known.
        let parts: Vec<Part> = parts.into_iter().map_while(|part| part).collect();
        Whole {
            path: self.path,
            bytes: parts.iter().map(|part| part.bytes).sum(),
            has_failed: parts.len() < count,
            found: join(parts),
        }
    }
}

fn scan_piece(
    worker: &mut Worker<'_>,
    path: &str,
    encoding: Encoding,
    buf: &[u8],
    offset: u64,
    own: std::ops::Range<usize>,
) -> Part {
    let mut part = Part {
        bytes: own.len() as u64,
        ..Part::default()
    };
    let (lines, columns) = count(&buf[own.clone()], encoding, offset == 0 && own.start == 0);
    (part.lines, part.columns) = (lines, columns);
    // Lines are counted from the start of the buffer and put right when all are known; so
    // are the columns of a line that started before it.
    let (before, context) = count(&buf[..own.start], encoding, offset == 0);
    let place = Place {
        is_current: false,
        offset,
        line: 0,
        own,
    };
    worker.scan(path, buf, encoding, &place, &mut part.found);
    for (number, hit) in part.found.hits.iter_mut().enumerate() {
        if hit.start.line == 0 {
            hit.start.column -= context.min(hit.start.column);
            part.open_starts.push(number);
        }
        if hit.end.line == 0 {
            hit.end.column -= context.min(hit.end.column);
            part.open_ends.push(number);
        }
        hit.start.line -= before.min(hit.start.line);
        hit.end.line -= before.min(hit.end.line);
        if let Some(suppression) = &mut hit.suppression {
            suppression.line -= before.min(suppression.line);
        }
    }
    for unused in &mut part.found.unused {
        unused.line -= before.min(unused.line);
    }
    part
}

/// How many lines end in `bytes`, and how many characters stand behind the last end.
/// A byte-order mark, which only the start of a file has, is no character.
fn count(bytes: &[u8], encoding: Encoding, at_start: bool) -> (usize, usize) {
    match encoding {
        Encoding::Text | Encoding::Binary => {
            let rest = memchr::memrchr(b'\n', bytes).map_or(bytes, |at| &bytes[at + 1..]);
            let columns = rest.iter().filter(|&&b| b & 0xC0 != 0x80).count();
            (lines::count(bytes), columns)
        }
        Encoding::Wide(wide) => {
            let (mut lines, mut columns) = (0, 0);
            for (number, unit) in wide.units(bytes).enumerate() {
                match unit {
                    0x000A => (lines, columns) = (lines + 1, 0),
                    // The second half of a character.
                    0xDC00..=0xDFFF if wide.width() == 2 => {}
                    0xFEFF if at_start && number == 0 => {}
                    _ => columns += 1,
                }
            }
            (lines, columns)
        }
    }
}

/// Puts the parts together, and the lines and columns right.
fn join(parts: Vec<Part>) -> Found {
    let mut all = Found::default();
    let mut line = 1;
    let mut column = 0;
    for part in parts {
        let Part {
            mut found,
            lines,
            columns,
            open_starts,
            open_ends,
            ..
        } = part;
        for number in open_starts {
            found.hits[number].start.column += column;
        }
        for number in open_ends {
            found.hits[number].end.column += column;
        }
        for hit in &mut found.hits {
            hit.start.line += line;
            hit.end.line += line;
            if let Some(suppression) = &mut hit.suppression {
                suppression.line += line;
            }
        }
        for unused in &mut found.unused {
            unused.line += line;
        }
        line += lines;
        column = if lines > 0 { columns } else { column + columns };
        all.hits.extend(found.hits);
        all.unused.extend(found.unused);
        all.below_confidence += found.below_confidence;
        all.truncated |= found.truncated || all.hits.len() > MAX_MATCHES;
        all.hits.truncate(MAX_MATCHES);
    }
    all
}
