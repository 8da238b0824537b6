//! Files and streams too large for one buffer: pieces that overlap.
//!
//! Whether something is a match depends on the bytes within the rules' reach of it, so
//! a piece with twice that much on either side decides about its own bytes exactly as
//! the whole file would.

use std::io;

use rayon::prelude::*;
use sluicegate_core::text::{self, Encoding};
use sluicegate_source::{LargeFile, Pieces};

use crate::blob::{Found, MAX_MATCHES, Place, Worker};
use crate::lines;
use crate::options::Monitor;

/// What one piece gave, and how many lines end in it.
struct Part {
    found: Found,
    lines: usize,
}

/// How much context a piece has on either side, in bytes. Even, so that a piece of
/// UTF-16 starts at a whole character.
pub(crate) fn overlap(reach: usize) -> usize {
    (reach * 2).next_multiple_of(2)
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
                    return Ok(Part {
                        found: Found::default(),
                        lines: 0,
                    });
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

fn scan_piece(
    worker: &mut Worker<'_>,
    path: &str,
    encoding: Encoding,
    buf: &[u8],
    offset: u64,
    own: std::ops::Range<usize>,
) -> Part {
    let mut found = Found::default();
    let lines = count_lines(&buf[own.clone()], encoding);
    // Lines are counted from the start of the buffer and put right when all are known.
    let before = count_lines(&buf[..own.start], encoding);
    worker.scan(
        path,
        buf,
        encoding,
        &Place {
            offset,
            line: 0,
            own,
        },
        &mut found,
    );
    for hit in &mut found.hits {
        hit.start.line -= before.min(hit.start.line);
        hit.end.line -= before.min(hit.end.line);
    }
    for unused in &mut found.unused {
        unused.line -= before.min(unused.line);
    }
    Part { found, lines }
}

fn count_lines(bytes: &[u8], encoding: Encoding) -> usize {
    match encoding {
        Encoding::Text | Encoding::Binary => lines::count(bytes),
        Encoding::Utf16Le | Encoding::Utf16Be => {
            let (pairs, _) = bytes.as_chunks::<2>();
            let end = if encoding == Encoding::Utf16Be {
                [0, b'\n']
            } else {
                [b'\n', 0]
            };
            pairs.iter().filter(|&&pair| pair == end).count()
        }
    }
}

/// Puts the parts together and the line numbers right.
fn join(parts: Vec<io::Result<Part>>) -> io::Result<Found> {
    let mut all = Found::default();
    let mut line = 1;
    for part in parts {
        let Part { mut found, lines } = part?;
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
        all.hits.extend(found.hits);
        all.unused.extend(found.unused);
        all.below_confidence += found.below_confidence;
        all.truncated |= found.truncated || all.hits.len() > MAX_MATCHES;
        all.hits.truncate(MAX_MATCHES);
    }
    Ok(all)
}
