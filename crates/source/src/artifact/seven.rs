//! 7z.

use std::io::{self, Read, Seek, SeekFrom};

use sevenz_rust2::{ArchiveReader, Password};
use sluicegate_core::SkipReason;

use super::{Opener, ReadSeek};

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
    depth: usize,
) -> io::Result<()> {
    let mut archive = match ArchiveReader::new(Dyn(input), Password::empty()) {
        Ok(archive) => archive,
        Err(why) => return failed(opener, path, why),
    };
    archive.set_thread_count(1);
    let mut broken = None;
    let outcome = archive.for_each_entries(|entry, reader| {
        if entry.is_directory() {
            return Ok(true);
        }
        // The size is the archive's word only, so it decides nothing but what is too large.
        let size = Some(entry.size());
        match opener.entry(path, entry.name().as_bytes(), reader, size, depth) {
            Ok(()) => Ok(true),
            Err(why) => {
                broken = Some(why);
                Ok(false)
            }
        }
    });
    match (broken, outcome) {
        (Some(why), _) => Err(why),
        (None, Err(why)) => failed(opener, path, why),
        (None, Ok(())) => Ok(()),
    }
}

fn failed(opener: &mut Opener<'_>, path: &str, why: sevenz_rust2::Error) -> io::Result<()> {
    use sevenz_rust2::Error;
    match why {
        Error::Io(why, _) => Err(why),
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            opener
                .visitor
                .skipped(path, SkipReason::Encrypted, String::new());
            Ok(())
        }
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => {
            opener
                .visitor
                .skipped(path, SkipReason::Encrypted, String::new());
            Ok(())
        }
        Error::UnsupportedCompressionMethod(method) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("compressed by {method}"),
        )),
        other => Err(super::damaged(other.to_string())),
    }
}

/// The library asks for a sized type.
struct Dyn<'r>(&'r mut dyn ReadSeek);

impl Read for Dyn<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Dyn<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
