//! Where bytes come from: file trees, single files and streams.
//!
//! - [`walk`] visits every file below a folder, on several threads.
//! - [`read_small`] reads a file into a lent buffer, or says that it is large.
//! - [`LargeFile`] reads pieces of a large file, each with an overlap, so that several
//!   threads can share one file; [`Pieces`] does the same for a stream.
//! - [`artifact`] opens archives, packages and images.
//! - [`compressed`] says where in a picture, a film, a font or an archive no text can stand.
//!
//! It decides nothing: what could not be read is told to the caller, with the reason.
//!
//! Large files are read in pieces and not mapped. A mapped file that shrinks kills the
//! process (SIGBUS) unless a signal handler is put in its way. What that costs can be
//! measured with `benches/compare.py --reading`.

#![forbid(unsafe_code)]

pub mod artifact;
mod packed;
mod path;
mod read;
mod walk;

pub use packed::compressed;
pub use path::{reason, shown};
pub use read::{LargeFile, PIECE, Piece, Pieces, Read, read_small};
pub use walk::{Entry, Exclude, Visit, WalkOptions, walk};
