//! A file that is written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, reason};

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the user's settings let.
    Usual,
    /// The owner alone: it holds secrets.
    Owner,
}

/// Writes the file at `path`. A regular file is replaced once the new content is
/// complete; a device or a pipe is written to directly.
///
/// # Errors
///
/// If it cannot be written; a file that was there before is as it was.
pub(crate) fn write(
    path: &Path,
    readers: Readers,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let written = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if metadata.is_file() => {
            // A link stays a link: what it leads to is replaced.
            fs::canonicalize(path)
                .and_then(|target| replace(&target, readers, Some(metadata.permissions()), fill))
        }
        Ok(_) => OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|file| drain(file, fill).map(drop)),
        Err(_) => replace(path, readers, None, fill),
    };
    written.map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "make the folder first, or name another file",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "name a file in a folder that you can write to"
            }
            io::ErrorKind::IsADirectory => "name a file in it",
            _ => "free some space, or name a file on another disk",
        };
        let shown = path.display();
        Failure::failed(format!("cannot write `{shown}`: {}", reason(&error))).hint(hint)
    })
}

/// Writes a file beside `target` and moves it there.
fn replace(
    target: &Path,
    readers: Readers,
    permissions: Option<fs::Permissions>,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let beside = beside(target)?;
    let written = create(&beside, readers)
        .and_then(|file| drain(file, fill))
        .and_then(|file| match permissions {
            Some(permissions) if readers == Readers::Usual => file.set_permissions(permissions),
            _ => Ok(()),
        })
        .and_then(|()| fs::rename(&beside, target));
    if written.is_err() {
        // Perhaps it was never made; what is wrong has been said.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, and so on the same disk, that no other run uses.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let mut own = std::ffi::OsString::from(".");
    own.push(name);
    own.push(format!(".{}.tmp", std::process::id()));
    Ok(target.with_file_name(own))
}

fn create(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    options.open(path)
}

fn drain(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::with_capacity(64 << 10, file);
    fill(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_what_was_there_and_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        fs::write(&path, "old").expect("a file");
        let failure = write(&path, Readers::Usual, |out| {
            out.write_all(b"half of it")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failure.is_err());
        assert_eq!(fs::read(&path).expect("it is there"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_secrets_are_for_their_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("a file");
        std::os::unix::fs::symlink("file", &link).expect("a link");
        write(&link, Readers::Owner, |out| out.write_all(b"new")).expect("it can be written");
        assert!(link.symlink_metadata().expect("it is there").is_symlink());
        assert_eq!(fs::read(&file).expect("it is there"), b"new");
        let mode = file.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
