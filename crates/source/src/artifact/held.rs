//! What is read as far as a limit goes: kept in memory, or counted.

use std::io::{self, Read};

use super::meter::Meter;
use crate::PIECE;

/// Bytes in memory that count against the limit until they are dropped.
pub(super) struct Kept<'m> {
    pub(super) bytes: Vec<u8>,
    meter: &'m Meter,
    taken: u64,
}

impl<'m> Kept<'m> {
    pub(super) fn new(meter: &'m Meter) -> Self {
        Self {
            bytes: Vec::new(),
            meter,
            taken: 0,
        }
    }

    /// Gives back the memory that was taken and is not needed.
    pub(super) fn settle(&mut self) {
        self.bytes.shrink_to_fit();
        let needed = (self.bytes.len() as u64 + 128).min(self.taken);
        self.meter.release(self.taken - needed);
        self.taken = needed;
    }

    /// Reads all of it; false if the memory does not suffice.
    pub(super) fn fill(&mut self, reader: &mut dyn Read) -> io::Result<bool> {
        self.fill_up_to(reader, usize::MAX)
    }

    /// The same, and false if there is more than `most`.
    pub(super) fn fill_up_to(&mut self, reader: &mut dyn Read, most: usize) -> io::Result<bool> {
        loop {
            if self.bytes.len() > most {
                return Ok(false);
            }
            if !self.meter.keep(PIECE as u64) {
                return Ok(false);
            }
            self.taken += PIECE as u64;
            let got = (&mut *reader)
                .take(PIECE as u64)
                .read_to_end(&mut self.bytes)?;
            if got < PIECE {
                return Ok(true);
            }
        }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.meter.release(self.taken);
    }
}

/// Where nobody says how long something is, so much room is made for it at first.
const ROOM: usize = 16 << 10;

/// Reads all there is into the empty `out`, and no more than `most`; what was read before an
/// error stays. The standard library starts with 32 bytes, which costs decoders dear.
pub(super) fn read_up_to(
    reader: &mut dyn Read,
    most: usize,
    said: Option<u64>,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    // One byte more, for that is how the end shows.
    let said = said.map(|said| usize::try_from(said).map_or(most, |said| said.saturating_add(1)));
    out.resize(said.unwrap_or(ROOM).min(most), 0);
    let mut filled = 0;
    let outcome = loop {
        if filled == out.len() {
            if filled == most {
                break Ok(());
            }
            out.resize((filled * 2).clamp(ROOM, most), 0);
        }
        match reader.read(&mut out[filled..]) {
            Ok(0) => break Ok(()),
            Ok(got) => filled += got,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => break Err(why),
        }
    };
    out.truncate(filled);
    // Many small ones wait together, and sizes are only said.
    if out.capacity() - filled > filled / 4 + 64 {
        out.shrink_to_fit();
    }
    outcome
}

/// Ends after so many bytes, and remembers whether there were more.
pub(super) struct Capped<R> {
    pub(super) inner: R,
    pub(super) left: u64,
    pub(super) more: bool,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.more = self.more || self.inner.read(&mut [0; 1])? > 0;
            return Ok(0);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buf.len());
        let got = self.inner.read(&mut buf[..most])?;
        self.left -= got as u64;
        Ok(got)
    }
}
