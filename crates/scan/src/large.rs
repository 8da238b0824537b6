//! Files and streams too large for one buffer: pieces that overlap.
//!
//! Whether something is a match depends on the bytes within the rules' reach of it, so
//! a piece with half as much again on either side, for the length of the match itself,
//! decides about its own bytes exactly as the whole file would.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use sluicegate_core::text::{self, Encoding};
use sluicegate_source::{LargeFile, Pieces};

use crate::blob::{Found, MAX_MATCHES, Place, Worker};
use crate::lines;
use crate::options::Monitor;

/// What one piece gave, and what the next one must know of it.
#[derive(Default)]
struct Part {
    found: Found,
    /// How many lines end in it.
    lines: usize,
    /// How many characters stand behind the last of those ends.
    columns: usize,
    /// The hits that start on a line that began before the piece, and so do not know
    /// their column; the same for where they end.
    open_starts: Vec<usize>,
    open_ends: Vec<usize>,
}

/// So many pieces wait to be scanned while the next one is read.
const MOST_WAITING: usize = 4;

/// Context for excerpts and markers, which look around no farther than this.
const LEAST_OVERLAP: usize = 4096;

/// How much context a piece has on either side, in bytes. Even, so that a piece of
/// UTF-16 starts at a whole character.
pub(crate) fn overlap(reach: usize) -> usize {
    (reach + reach / 2).max(LEAST_OVERLAP).next_multiple_of(2)
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
    let parts: Vec<io::Result<Part>> = (0..file.pieces())
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
    join(parts)
}

/// Scans a stream; gives also how many bytes it had.
pub(crate) fn scan_stream<R: io::Read>(
    path: &str,
    reader: R,
    mut worker: Worker<'_>,
    overlap: usize,
    monitor: &Monitor,
) -> (u64, io::Result<Found>) {
    let mut pieces = Pieces::new(reader, overlap);
    let mut encoding = None;
    let mut parts = Vec::new();
    let mut bytes = 0;
    let outcome = loop {
        if monitor.is_cancelled() {
            break Ok(());
        }
        match pieces.next_piece() {
            Ok(None) => break Ok(()),
            Err(why) => break Err(why),
            Ok(Some((piece, buf))) => {
                let encoding = *encoding.get_or_insert_with(|| text::encoding(buf));
                let own = piece.own_start..piece.own_end;
                bytes += own.len() as u64;
                monitor.add_bytes(own.len() as u64);
                parts.push(Ok(scan_piece(
                    &mut worker,
                    path,
                    encoding,
                    buf,
                    piece.offset,
                    own,
                )));
            }
        }
    };
    if let Err(why) = outcome {
        parts.push(Err(why));
    }
    (bytes, join(parts))
}

/// Something to do with a worker.
pub(crate) type Task<'t, 's> = &'t mut dyn FnMut(&mut Worker<'s>);

/// The same on all threads of the pool that this runs in: one reads, all scan what was
/// read. `with_worker` lends a worker to a task.
pub(crate) fn scan_stream_shared<'s, R: io::Read>(
    path: &str,
    reader: R,
    with_worker: &(dyn Fn(Task<'_, 's>) + Sync),
    overlap: usize,
    monitor: &Monitor,
) -> (u64, io::Result<Found>) {
    let parts: Mutex<Vec<Option<Part>>> = Mutex::default();
    let waiting = AtomicUsize::new(0);
    let (bytes, outcome) = rayon::in_place_scope(|scope| {
        let mut pieces = Pieces::new(reader, overlap);
        let mut encoding = None;
        let mut bytes = 0;
        for number in 0.. {
            if monitor.is_cancelled() {
                break;
            }
            let (piece, buf) = match pieces.next_piece() {
                Ok(None) => break,
                Err(why) => return (bytes, Err(why)),
                Ok(Some(read)) => read,
            };
            let encoding = *encoding.get_or_insert_with(|| text::encoding(buf));
            let own = piece.own_start..piece.own_end;
            bytes += own.len() as u64;
            let (parts, waiting) = (&parts, &waiting);
            let scan = move |buf: &[u8]| {
                monitor.add_bytes(own.len() as u64);
                with_worker(&mut |worker| {
                    let part = scan_piece(worker, path, encoding, buf, piece.offset, own.clone());
                    let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
                    if parts.len() <= number {
                        parts.resize_with(number + 1, || None);
                    }
                    parts[number] = Some(part);
                });
            };
            if waiting.load(Ordering::Relaxed) >= MOST_WAITING {
                scan(buf);
                continue;
            }
            let copy = buf.to_vec();
            waiting.fetch_add(1, Ordering::Relaxed);
            scope.spawn(move |_| {
                scan(&copy);
                waiting.fetch_sub(1, Ordering::Relaxed);
            });
        }
        (bytes, Ok(()))
    });
    let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A part that is missing is one that failed.
    let whole = parts
        .into_iter()
        .map(|part| part.ok_or_else(|| io::Error::other("the scanner failed on a piece of it")));
    (bytes, outcome.and_then(|()| join(whole.collect())))
}

fn scan_piece(
    worker: &mut Worker<'_>,
    path: &str,
    encoding: Encoding,
    buf: &[u8],
    offset: u64,
    own: std::ops::Range<usize>,
) -> Part {
    let mut part = Part::default();
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
        Encoding::Utf16Le | Encoding::Utf16Be => {
            let (pairs, _) = bytes.as_chunks::<2>();
            let big = encoding == Encoding::Utf16Be;
            let units = pairs.iter().map(|&pair| {
                if big {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            });
            let (mut lines, mut columns) = (0, 0);
            for (number, unit) in units.enumerate() {
                match unit {
                    0x000A => (lines, columns) = (lines + 1, 0),
                    // The second half of a character.
                    0xDC00..=0xDFFF => {}
                    0xFEFF if at_start && number == 0 => {}
                    _ => columns += 1,
                }
            }
            (lines, columns)
        }
    }
}

/// Puts the parts together, and the lines and columns right.
fn join(parts: Vec<io::Result<Part>>) -> io::Result<Found> {
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
        } = part?;
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
    Ok(all)
}
