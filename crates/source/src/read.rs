//! Reading files: small ones whole, large ones in pieces that overlap.

use std::fs::File;
use std::io;
use std::path::Path;

/// Larger files are read in pieces of this many bytes.
pub const PIECE: usize = 2 << 20;

/// What became of a file.
#[derive(Debug)]
pub enum Read {
    /// So many bytes at the start of the buffer are all of it.
    Whole(usize),
    /// It is larger than [`PIECE`].
    Large(LargeFile),
}

/// Reads the file into `buf`, which grows to the size of a piece and stays that long:
/// clearing it for every file would cost more than reading most of them.
///
/// # Errors
///
/// If it cannot be opened or read.
pub fn read_small(path: &Path, buf: &mut Vec<u8>) -> io::Result<Read> {
    let file = open(path)?;
    // Asking for the size costs a call; the buffer is as large as any small file, so a
    // read that leaves room has met the end, and only the second read proves it.
    if buf.len() <= PIECE {
        // Not resized: pages that come as zeros are only made where a file is read to.
        *buf = vec![0; PIECE + 1];
    }
    let mut filled = 0;
    while filled <= PIECE {
        match read_some(&file, &mut buf[filled..=PIECE])? {
            0 => return Ok(Read::Whole(filled)),
            n => filled += n,
        }
    }
    let size = file.metadata()?.len();
    Ok(Read::Large(LargeFile { file, size }))
}

fn read_some(mut file: &File, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match io::Read::read(&mut file, buf) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Opens without waiting for a writer, should a pipe have taken the file's place.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        const O_NONBLOCK: i32 = if cfg!(target_os = "linux") {
            0o4000
        } else {
            0x4
        };
        options.custom_flags(O_NONBLOCK);
    }
    options.open(path)
}

/// A file that is read in pieces, from any thread and in any order.
#[derive(Debug)]
pub struct LargeFile {
    file: File,
    size: u64,
}

/// A piece of something large, with bytes before and after it for context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the buffer starts in the whole.
    pub offset: u64,
    /// Where, in the buffer, this piece's own bytes start.
    pub own_start: usize,
    /// Where they end.
    pub own_end: usize,
}

impl LargeFile {
    /// The size when it was opened, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> u64 {
        self.size.div_ceil(PIECE as u64)
    }

    /// Reads piece `number` into `buf` with up to `overlap` bytes on either side.
    ///
    /// # Errors
    ///
    /// If it cannot be read. A file that became shorter gives
    /// [`io::ErrorKind::UnexpectedEof`].
    pub fn read_piece(&self, number: u64, overlap: usize, buf: &mut Vec<u8>) -> io::Result<Piece> {
        let start = number * PIECE as u64;
        let end = self.size.min(start + PIECE as u64);
        let from = start.saturating_sub(overlap as u64);
        let to = self.size.min(end + overlap as u64);
        let length = |n: u64| usize::try_from(n).map_err(io::Error::other);
        buf.resize(length(to.saturating_sub(from))?, 0);
        read_exact_at(&self.file, buf, from)?;
        Ok(Piece {
            offset: from,
            own_start: length(start - from)?,
            own_end: length(end - from)?,
        })
    }
}

/// Reads some bytes from a place in the file, without regard to where it stands.
pub(crate) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buf, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buf, offset);
}

#[cfg(unix)]
fn read_exact_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buf, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buf.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buf, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                buf = &mut buf[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}

/// Pieces of a stream, in order, in one buffer.
pub struct Pieces<R> {
    reader: R,
    overlap: usize,
    buf: Vec<u8>,
    offset: u64,
    own_start: usize,
    own_end: usize,
    ended: bool,
    /// Why it ended, if it should not have: told when all that came before was given.
    failed: Option<io::Error>,
}

impl<R: io::Read> Pieces<R> {
    /// Pieces of what `reader` gives, with up to `overlap` bytes on either side.
    pub fn new(reader: R, overlap: usize) -> Self {
        Self {
            reader,
            overlap,
            buf: Vec::new(),
            offset: 0,
            own_start: 0,
            own_end: 0,
            ended: false,
            failed: None,
        }
    }

    /// The next piece and the buffer that holds it; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the stream cannot be read further: once, behind the pieces that could be read.
    pub fn next_piece(&mut self) -> io::Result<Option<(Piece, &[u8])>> {
        // What was this piece's is context of the next, and the rest of it is dropped.
        let keep_from = self.own_end.saturating_sub(self.overlap);
        self.buf.drain(..keep_from);
        self.offset += keep_from as u64;
        self.own_start = self.own_end - keep_from;
        let wanted = self.own_start + PIECE + self.overlap;
        if !self.ended {
            let mut filled = self.buf.len();
            // Once for all reads, of which there may be many: each byte is zeroed once.
            self.buf.resize(wanted, 0);
            while !self.ended && filled < wanted {
                match self.reader.read(&mut self.buf[filled..]) {
                    Ok(0) => self.ended = true,
                    Ok(got) => filled += got,
                    Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                    Err(why) => {
                        self.ended = true;
                        self.failed = Some(why);
                    }
                }
            }
            self.buf.truncate(filled);
        }
        self.own_end = self.buf.len().min(self.own_start + PIECE);
        if self.own_start == self.own_end {
            return self.failed.take().map_or(Ok(None), Err);
        }
        let piece = Piece {
            offset: self.offset,
            own_start: self.own_start,
            own_end: self.own_end,
        };
        Ok(Some((piece, &self.buf)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn pieces_of_files_and_streams_cover_every_byte_once() {
        for length in [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
            let whole = content(length);
            let mut streamed = Vec::new();
            let mut pieces = Pieces::new(whole.as_slice(), 1000);
            let mut seen = Vec::new();
            while let Some((piece, buf)) = pieces.next_piece().expect("memory can be read") {
                streamed.extend_from_slice(&buf[piece.own_start..piece.own_end]);
                seen.push((piece, buf.to_vec()));
            }
            assert_eq!(streamed, whole);
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(&whole).expect("room");
            let mut buf = Vec::new();
            match read_small(file.path(), &mut buf).expect("readable") {
                Read::Whole(n) => assert!(n == length && length <= PIECE && buf[..n] == whole),
                Read::Large(large) => {
                    assert!(length > PIECE);
                    for (number, expected) in seen.iter().enumerate() {
                        buf.clear();
                        let piece = large
                            .read_piece(number as u64, 1000, &mut buf)
                            .expect("readable");
                        assert_eq!((piece, buf.clone()), *expected, "piece {number}");
                    }
                    assert_eq!(large.pieces(), seen.len() as u64);
                }
            }
        }
    }

    #[test]
    fn what_was_read_before_an_error_is_given_before_it() {
        struct Breaks;

        impl io::Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }

        for length in [0, 1, PIECE + 5000] {
            let whole = content(length);
            let mut pieces = Pieces::new(io::Read::chain(whole.as_slice(), Breaks), 1000);
            let mut got = Vec::new();
            let error = loop {
                match pieces.next_piece() {
                    Ok(Some((piece, buf))) => {
                        got.extend_from_slice(&buf[piece.own_start..piece.own_end]);
                    }
                    Ok(None) => panic!("the error was not told"),
                    Err(why) => break why.kind(),
                }
            };
            assert!(
                error == io::ErrorKind::InvalidData && got == whole,
                "{length}"
            );
            assert!(matches!(pieces.next_piece(), Ok(None)), "told once");
        }
    }

    #[test]
    fn a_file_that_shrinks_is_an_error_and_no_crash() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&content(2 * PIECE)).expect("room");
        let mut buf = Vec::new();
        let Read::Large(large) = read_small(file.path(), &mut buf).expect("readable") else {
            panic!("it is large");
        };
        file.as_file().set_len(10).expect("it can be cut");
        let error = large.read_piece(1, 100, &mut buf).expect_err("it is gone");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
