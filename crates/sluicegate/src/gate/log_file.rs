//! The log of decisions as a file.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sluicegate_gate::{Event, Head, Log, Time, read_log};

use super::error::GateError;

/// A log of decisions in a file. Writers wait for each other.
///
/// ```no_run
/// use sluicegate::gate::{Event, LogFile, Time};
///
/// # fn main() -> Result<(), sluicegate::gate::GateError> {
/// let log = LogFile::new("gate-log.jsonl", "local");
/// let event = Event::Checkpoint { note: "moved".to_owned() };
/// let head = log.append(Time::from_seconds(1_800_000_000), event)?;
/// println!("{head}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LogFile {
    path: PathBuf,
    name: String,
}

impl LogFile {
    /// The log of that name in that file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            name: name.into(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and checks it; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or does not hold together.
    pub fn read(&self, known: Option<&Head>) -> Result<Option<Log>, GateError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        self.parse(&text, known).map(Some)
    }

    /// Writes a line, and gives the new end.
    ///
    /// A last line that somebody began and did not end is cut off: it was never a record.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or does not hold together: a chain is not continued
    /// behind a break.
    pub fn append(&self, clock: Time, event: Event) -> Result<Head, GateError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| self.failed("make the folder of", &error))?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(|error| self.failed("open", &error))?;
        file.lock().map_err(|error| self.failed("lock", &error))?;
        let written = self.append_to(&mut file, clock, event);
        // The lock goes with the file in any case.
        drop(file);
        written
    }

    fn append_to(&self, file: &mut File, clock: Time, event: Event) -> Result<Head, GateError> {
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(|error| self.failed("read", &error))?;
        let log = self.parse(&text, None)?;
        let (record, line) = log.head.next(clock, event);
        let write = |file: &mut File| {
            file.set_len(log.length as u64)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()
        };
        write(file).map_err(|error| self.failed("write", &error))?;
        Ok(Head {
            seq: record.seq,
            hash: record.hash,
        })
    }

    fn parse(&self, text: &str, known: Option<&Head>) -> Result<Log, GateError> {
        read_log(text, &self.name, known).map_err(|error| {
            let path = self.path.display();
            GateError::failed(format!("the log `{path}` does not hold together: {error}"))
        })
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> GateError {
        GateError::failed(format!(
            "cannot {what} the log `{}`: {error}",
            self.path.display()
        ))
    }
}
