//! Files, and what stands in them, read from any place.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::read::read_at;

const BUFFER: usize = 128 << 10;

/// Bytes of a file from one place to another, or to its end. It has a place of its own, so
/// that several can read one file side by side.
struct View {
    file: Arc<File>,
    start: u64,
    end: Option<u64>,
    at: u64,
}

impl Read for View {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let place = self.start.saturating_add(self.at);
        let most = match self.end {
            Some(end) => usize::try_from(end.saturating_sub(place)).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let most = most.min(buf.len());
        let got = read_at(&self.file, &mut buf[..most], place)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for View {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::Current(way) => self.at.checked_add_signed(way),
            SeekFrom::End(way) => {
                let end = match self.end {
                    Some(end) => end,
                    None => self.file.metadata()?.len(),
                };
                end.saturating_sub(self.start).checked_add_signed(way)
            }
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// A file, or a part of one, with a buffer that short ways do not throw away: a zip has
/// thousands of entries one behind the other, and each is looked for by its place.
pub(super) struct Buffered {
    reader: io::BufReader<View>,
    at: u64,
}

impl Buffered {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self::of(file, 0, None)
    }

    /// The bytes of the file from `start` to `end`.
    pub(super) fn part(file: Arc<File>, start: u64, end: u64) -> Self {
        Self::of(file, start, Some(end))
    }

    fn of(file: Arc<File>, start: u64, end: Option<u64>) -> Self {
        let view = View {
            file,
            start,
            end,
            at: 0,
        };
        Self {
            reader: io::BufReader::with_capacity(BUFFER, view),
            at: 0,
        }
    }
}

impl Read for Buffered {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(buf)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Buffered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Current(way) => {
                let to = self.at.checked_add_signed(way);
                SeekFrom::Start(to.ok_or(io::ErrorKind::InvalidInput)?)
            }
            other => other,
        };
        match to {
            SeekFrom::Start(to) => {
                let way = i128::from(to) - i128::from(self.at);
                match i64::try_from(way) {
                    Ok(way) => self.reader.seek_relative(way)?,
                    Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
                }
                self.at = to;
            }
            other => self.at = self.reader.seek(other)?,
        }
        Ok(self.at)
    }
}

/// Reads from any place: a file, or what was kept of a stream.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}
