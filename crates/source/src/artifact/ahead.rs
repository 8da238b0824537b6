//! Long compressed streams are decompressed on a thread of their own, while what came out
//! of them is opened.
//!
//! The thread knows no reader and no counts: it is sent compressed pieces and sends plain
//! ones back, each with the number of pieces that it had taken by then. How far it is fed
//! follows from those numbers and from nothing else, and memory is asked for in the same
//! queue. So every limit is reached at the same byte in every run, however fast the thread
//! is, and the opener and all that it reads from stay on one thread. It is started however
//! many threads scan: what a damaged stream gives depends on how it is read.

use std::cell::Cell;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::decode::{self, Memory};
use super::format::Format;
use super::meter::{Meter, Window};

/// Streams of fewer compressed bytes are not worth a thread.
const SHORT: usize = 256 << 10;

/// How long a compressed piece is.
const FED: usize = 64 << 10;

/// So many of them are sent before they are asked for.
const MOST_FED: u64 = 16;

/// How long a plain piece is.
const PLAIN: usize = 128 << 10;

/// So many of them wait to be read.
const MOST_READY: usize = 16;

/// What the stream holds, decompressed where that is best done.
///
/// # Errors
///
/// If its start cannot be read, or it takes more memory than is left.
pub(super) fn open<'r>(
    format: Format,
    reader: &'r mut dyn Read,
    meter: &'r Meter,
) -> io::Result<Box<dyn Read + 'r>> {
    let mut start = Vec::new();
    let outcome = (&mut *reader).take(SHORT as u64).read_to_end(&mut start);
    if let Err(why) = outcome {
        let broken = io::Cursor::new(start).chain(super::git::Broken(Some(why)));
        return decode::plain(format, broken, meter);
    }
    if start.len() < SHORT {
        return decode::plain(format, io::Cursor::new(start), meter);
    }
    match Ahead::new(format, start, reader, meter) {
        Ok(ahead) => Ok(Box::new(ahead)),
        Err((start, reader)) => decode::plain(format, io::Cursor::new(start).chain(reader), meter),
    }
}

/// What the thread says.
enum Said {
    /// The next bytes: so many of them.
    Plain(Vec<u8>, usize),
    /// It has to remember so many bytes, and waits for leave.
    Wants(u64),
    /// It has taken everything that it was sent.
    Hungry,
    /// That was all.
    End,
    /// It cannot go on.
    Failed(io::Error),
}

/// Something said, and how many compressed pieces it had taken before.
struct Message {
    said: Said,
    taken: u64,
}

/// Reads what the thread sends.
struct Ahead<'r> {
    reader: &'r mut dyn Read,
    meter: &'r Meter,
    window: Option<Window<'r>>,
    /// Gone when the stream has ended.
    pieces: Option<Sender<io::Result<Vec<u8>>>>,
    fed: u64,
    thread: Option<Thread>,
    /// What was received and not read: the bytes from the one number to the other.
    plain: Vec<u8>,
    left: (usize, usize),
    has_failed: bool,
}

struct Thread {
    messages: Receiver<Message>,
    answers: Sender<io::Result<()>>,
    used: Sender<Vec<u8>>,
    handle: JoinHandle<()>,
}

impl<'r> Ahead<'r> {
    /// Starts the thread, or gives back what it was given.
    fn new(
        format: Format,
        start: Vec<u8>,
        reader: &'r mut dyn Read,
        meter: &'r Meter,
    ) -> Result<Self, (Vec<u8>, &'r mut dyn Read)> {
        let (pieces, take) = channel();
        let (say, messages) = sync_channel(MOST_READY);
        let (answers, leave) = channel();
        let (used, spare) = channel();
        let work = move || unpack(format, take, say, leave, &spare);
        let Ok(handle) = Builder::new().name("unpack".to_owned()).spawn(work) else {
            return Err((start, reader));
        };
        let mut ahead = Self {
            reader,
            meter,
            window: None,
            // Nobody has hung up: the thread waits for it.
            fed: u64::from(pieces.send(Ok(start)).is_ok()),
            pieces: Some(pieces),
            thread: Some(Thread {
                messages,
                answers,
                used,
                handle,
            }),
            plain: Vec::new(),
            left: (0, 0),
            has_failed: false,
        };
        ahead.feed(0);
        Ok(ahead)
    }

    /// Sends pieces until there are as many as one that has taken so many may have.
    fn feed(&mut self, taken: u64) {
        while self.fed < taken + MOST_FED
            && let Some(pieces) = &self.pieces
        {
            let mut piece = Vec::with_capacity(FED);
            let outcome = (&mut *self.reader).take(FED as u64).read_to_end(&mut piece);
            let is_last = !matches!(outcome, Ok(FED));
            // Who has ended takes no more, and has said so or will.
            let _ = pieces.send(Ok(piece));
            if let Err(why) = outcome {
                let _ = pieces.send(Err(why));
            }
            self.fed += 1;
            if is_last {
                self.pieces = None;
            }
        }
    }

    /// Receives the next bytes; false at the end.
    fn receive(&mut self) -> io::Result<bool> {
        loop {
            let Some(thread) = &self.thread else {
                return match self.has_failed {
                    true => Err(io::Error::other("unpacking has failed before")),
                    false => Ok(false),
                };
            };
            let Ok(Message { said, taken }) = thread.messages.recv() else {
                self.pieces = None;
                if let Some(Thread { handle, .. }) = self.thread.take()
                    && let Err(panic) = handle.join()
                {
                    resume_unwind(panic);
                }
                return Err(io::Error::other("unpacking ended without a word"));
            };
            match said {
                Said::Plain(bytes, length) => {
                    let _ = thread.used.send(std::mem::replace(&mut self.plain, bytes));
                    self.left = (0, length);
                    self.feed(taken);
                    return Ok(true);
                }
                Said::Wants(bytes) => {
                    self.window = None;
                    let answer = self.meter.window(bytes);
                    let answer = answer.map(|window| self.window = Some(window));
                    let _ = thread.answers.send(answer);
                }
                Said::Hungry => self.feed(taken),
                Said::End => {
                    self.hang_up();
                    return Ok(false);
                }
                Said::Failed(why) => {
                    self.hang_up();
                    self.has_failed = true;
                    return Err(why);
                }
            }
        }
    }

    /// Ends the thread, whatever it does: all it waits for are the other ends of queues.
    fn hang_up(&mut self) {
        self.pieces = None;
        let Some(Thread {
            messages,
            answers,
            handle,
            ..
        }) = self.thread.take()
        else {
            return;
        };
        drop((messages, answers));
        // What it did after its last word is of no interest, a panic neither.
        let _ = handle.join();
        self.window = None;
    }
}

impl Read for Ahead<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.left.0 == self.left.1 && !self.receive()? {
            return Ok(0);
        }
        let (start, end) = self.left;
        let length = buf.len().min(end - start);
        buf[..length].copy_from_slice(&self.plain[start..start + length]);
        self.left.0 += length;
        Ok(length)
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// What the thread does.
fn unpack(
    format: Format,
    pieces: Receiver<io::Result<Vec<u8>>>,
    messages: SyncSender<Message>,
    answers: Receiver<io::Result<()>>,
    spare: &Receiver<Vec<u8>>,
) {
    let line = Rc::new(Line {
        messages,
        answers,
        taken: Cell::new(0),
        told: Cell::new(0),
    });
    let source = Fed {
        pieces,
        piece: io::Cursor::default(),
        line: Rc::clone(&line),
    };
    let mut plain = match decode::plain(format, source, Rc::clone(&line)) {
        Ok(plain) => plain,
        Err(why) => {
            line.say(Said::Failed(why));
            return;
        }
    };
    loop {
        let mut bytes = spare.try_recv().unwrap_or_default();
        bytes.resize(PLAIN, 0);
        let mut filled = 0;
        let end = loop {
            match plain.read(&mut bytes[filled..]) {
                Ok(0) => break Some(Said::End),
                Ok(got) => filled += got,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => break Some(Said::Failed(why)),
            }
            if filled == PLAIN {
                break None;
            }
        };
        let heard = filled == 0 || line.say(Said::Plain(bytes, filled));
        if let Some(end) = end {
            line.say(end);
            return;
        }
        if !heard {
            return;
        }
    }
}

/// The thread's end of the queues.
struct Line {
    messages: SyncSender<Message>,
    answers: Receiver<io::Result<()>>,
    taken: Cell<u64>,
    /// The same as of the last message.
    told: Cell<u64>,
}

impl Line {
    /// Whether anybody will hear it.
    fn say(&self, said: Said) -> bool {
        let taken = self.taken.get();
        self.told.set(taken);
        self.messages.send(Message { said, taken }).is_ok()
    }
}

impl Memory for Rc<Line> {
    type Held = ();

    fn take(&self, bytes: u64) -> io::Result<()> {
        self.say(Said::Wants(bytes));
        let gone = || Err(io::Error::other("nobody reads it any more"));
        self.answers.recv().unwrap_or_else(|_| gone())
    }
}

/// What the thread reads from.
struct Fed {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    line: Rc<Line>,
}

impl Read for Fed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.piece.read(buf)?;
            if got > 0 || buf.is_empty() {
                return Ok(got);
            }
            let Line { taken, told, .. } = &*self.line;
            // No more comes for what was told already.
            if taken.get() >= told.get() + MOST_FED {
                self.line.say(Said::Hungry);
            }
            match self.pieces.recv() {
                Ok(piece) => self.piece = io::Cursor::new(piece?),
                Err(_) => return Ok(0),
            }
            taken.set(taken.get() + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use flate2::{Compression, write::GzEncoder};

    use super::super::meter::{Input, Limits};
    use super::*;

    /// Bytes that compress to about half.
    fn content(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"0123456789abcdef"[(state >> 28) as usize]
        };
        (0..length).map(|_| byte()).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).expect("memory takes it");
        out.finish().expect("memory takes it")
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let options = lzma_rust2::XzOptions::with_preset(0);
        let mut out = lzma_rust2::XzWriter::new(Vec::new(), options).expect("memory takes it");
        out.write_all(bytes).expect("memory takes it");
        out.finish().expect("memory takes it")
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(bytes, level)
    }

    fn lz4(bytes: &[u8]) -> Vec<u8> {
        let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
        out.write_all(bytes).expect("memory takes it");
        out.finish().expect("memory takes it")
    }

    /// What comes out, the kind of error at the end, and how much was read after each read.
    type Outcome = (Vec<u8>, Option<io::ErrorKind>, Vec<u64>);

    fn all(mut plain: Box<dyn Read + '_>, pause: Duration, meter: &Meter) -> Outcome {
        let (mut out, mut taken) = (Vec::new(), Vec::new());
        let mut buf = vec![0; 300_000];
        loop {
            std::thread::sleep(pause);
            let got = plain.read(&mut buf);
            taken.push(meter.read());
            match got {
                Ok(0) => return (out, None, taken),
                Ok(got) => out.extend_from_slice(&buf[..got]),
                Err(why) => return (out, Some(why.kind()), taken),
            }
        }
    }

    fn read(format: Format, packed: &[u8], pause: Duration) -> Outcome {
        let meter = Meter::new(Limits::default());
        let mut input = Input::new(packed, &meter);
        let plain = open(format, &mut input, &meter).expect("it starts");
        all(plain, pause, &meter)
    }

    #[test]
    fn the_same_comes_out_on_a_thread_of_its_own() {
        let text = content(1_500_000);
        for (format, packed) in [
            (Format::Gzip, gzip(&text)),
            (Format::Xz, xz(&text)),
            (Format::Zstd, zstd(&text)),
            (Format::Lz4, lz4(&text)),
        ] {
            assert!(packed.len() > 2 * SHORT, "{format:?}");
            let mut bad = packed.clone();
            bad[packed.len() / 2] ^= 0x55;
            let cut = &packed[..packed.len() * 2 / 3];
            for (packed, is_whole) in [(&packed[..], true), (cut, false), (&bad, false)] {
                let (own, error, _) = read(format, packed, Duration::ZERO);
                let meter = Meter::new(Limits::default());
                let plain = decode::plain(format, packed, &meter).expect("it starts");
                let (direct, why, _) = all(plain, Duration::ZERO, &meter);
                // Not every format has a checksum that tells of a changed byte.
                assert_eq!(error, why, "{format:?}");
                assert!(error.is_none() || !is_whole, "{format:?}");
                // What a read that fails has got so far is lost, and how much that is depends
                // on how much was asked for. LZ4 gives nothing of a block that is cut.
                let common = own.len().min(direct.len());
                assert!(common > 0 || format == Format::Lz4, "{format:?}");
                assert!(own[..common] == direct[..common], "{format:?}");
                assert!(!is_whole || own == text && direct == text, "{format:?}");
            }
        }
    }

    #[test]
    fn how_far_is_read_does_not_depend_on_who_is_faster() {
        let packed = gzip(&content(4 << 20));
        let (_, _, quick) = read(Format::Gzip, &packed, Duration::ZERO);
        let (_, _, slow) = read(Format::Gzip, &packed, Duration::from_millis(5));
        assert_eq!(quick, slow);
        // It reads ahead, and not without end.
        let most = SHORT as u64 + MOST_FED * FED as u64;
        assert!(
            quick[0] > SHORT as u64 && quick[0] <= 2 * most,
            "{}",
            quick[0]
        );
    }

    #[test]
    fn long_streams_of_nothing_are_fed_on() {
        let packed = gzip(b"").repeat(100_000);
        assert!(packed.len() as u64 > (MOST_FED + 8) * FED as u64);
        let whole = [packed, gzip(b"the end")].concat();
        let (out, error, _) = read(Format::Gzip, &whole, Duration::ZERO);
        assert_eq!((out.as_slice(), error), (b"the end".as_slice(), None));
    }

    #[test]
    fn memory_is_asked_for_and_given_back() {
        let packed = xz(&content(1_500_000));
        let mut limits = Limits::default();
        let meter = Meter::new(limits);
        let mut input = Input::new(packed.as_slice(), &meter);
        let mut plain = open(Format::Xz, &mut input, &meter).expect("it starts");
        plain.read_exact(&mut [0; 100]).expect("it goes on");
        assert!(meter.windows() > 0);
        drop(plain);
        assert_eq!(meter.windows(), 0);
        limits.windows = 1000;
        let meter = Meter::new(limits);
        let mut input = Input::new(packed.as_slice(), &meter);
        let mut plain = open(Format::Xz, &mut input, &meter).expect("it starts");
        let why = plain.read(&mut [0; 100]).expect_err("there is no room");
        assert_eq!(why.kind(), io::ErrorKind::OutOfMemory);
        let again = plain.read(&mut [0; 100]);
        assert!(again.is_err(), "what failed has no end");
    }
}
