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

/// How long a plain piece is.
const PLAIN: usize = 128 << 10;

/// How far the thread may be ahead.
#[derive(Clone, Copy)]
struct Room {
    /// So many compressed pieces are sent before they are asked for.
    fed: u64,
    /// So many plain pieces wait to be read.
    ready: usize,
}

/// The room of the outermost stream, 16 MiB: what is slow to open does not hold it up.
const FAR: Room = Room { fed: 64, ready: 96 };

/// The room of streams inside, of which there may be as many as containers in each other.
const NEAR: Room = Room { fed: 16, ready: 16 };

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
    room: Room,
    is_outermost: bool,
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
        let is_outermost = meter.enter_stream();
        let room = if is_outermost { FAR } else { NEAR };
        let (pieces, take) = channel();
        let (say, messages) = sync_channel(room.ready);
        let (answers, leave) = channel();
        let (used, spare) = channel();
        let work = move || unpack(format, take, say, leave, &spare, room.fed);
        let Ok(handle) = Builder::new().name("unpack".to_owned()).spawn(work) else {
            meter.leave_stream(is_outermost);
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
            room,
            is_outermost,
        };
        ahead.feed(0);
        Ok(ahead)
    }

    /// Sends pieces until there are as many as one that has taken so many may have.
    fn feed(&mut self, taken: u64) {
        while self.fed < taken + self.room.fed
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
        self.meter.leave_stream(self.is_outermost);
    }
}

/// What the thread does.
fn unpack(
    format: Format,
    pieces: Receiver<io::Result<Vec<u8>>>,
    messages: SyncSender<Message>,
    answers: Receiver<io::Result<()>>,
    spare: &Receiver<Vec<u8>>,
    most_fed: u64,
) {
    let line = Rc::new(Line {
        messages,
        answers,
        taken: Cell::new(0),
        told: Cell::new(0),
        most_fed,
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
    most_fed: u64,
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
            let Line {
                taken,
                told,
                most_fed,
                ..
            } = &*self.line;
            // No more comes for what was told already.
            if taken.get() >= told.get() + most_fed {
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
mod tests;
