//! Hooks put into a folder and taken out of it. Nothing that somebody else wrote is ever
//! lost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::script::{Origin, Script, origin};
use crate::args::HookName;
use crate::failure::{Failure, reason};

/// What installing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    /// There was none.
    New,
    /// Ours was there, from another version or for another program.
    Renewed,
    /// It was there as it is.
    Already,
    /// Somebody else's was there; this is where it is now.
    Moved(PathBuf),
}

/// What taking out did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It is gone.
    Gone,
    /// It is gone, and what was there before is back.
    PutBack,
    /// Ours was not there.
    NotThere,
}

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No hook.
    None,
    /// A hook, as far as we know it.
    Is(Origin),
}

/// What stands in the folder under the name of the hook.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn state(folder: &Path, hook: HookName) -> Result<State, Failure> {
    let path = folder.join(hook.as_str());
    if path.symlink_metadata().is_err() {
        return Ok(State::None);
    }
    match fs::read(&path) {
        Ok(text) => Ok(State::Is(origin(&text))),
        // A link that leads nowhere is somebody's, too.
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(State::Is(Origin::Foreign)),
        Err(why) => Err(failed("read", &path, &why)),
    }
}

/// Puts the hook into the folder.
///
/// # Errors
///
/// If it cannot be written, or would take the place of something that must not be lost.
pub(crate) fn install(
    folder: &Path,
    hook: HookName,
    program: Option<&str>,
) -> Result<Installed, Failure> {
    let path = folder.join(hook.as_str());
    let next = folder.join(Script::next(hook));
    let state = state(folder, hook)?;
    let has_moved = match state {
        State::None => false,
        State::Is(Origin::Ours { has_moved }) => has_moved,
        State::Is(Origin::Changed) => return Err(changed(&path, &next)),
        State::Is(Origin::Foreign) if next.symlink_metadata().is_ok() => {
            let (path, next) = (path.display(), next.display());
            let message = format!("there are both a hook `{path}` and `{next}`");
            return Err(Failure::usage(message)
                .hint("make one of them, named as the second; it is called before sluice"));
        }
        State::Is(Origin::Foreign) => true,
    };
    let text = Script {
        hook,
        program: program.map(ToOwned::to_owned),
        has_moved,
    }
    .text();
    if fs::read(&path).is_ok_and(|known| known == text.as_bytes()) {
        return Ok(Installed::Already);
    }
    fs::create_dir_all(folder).map_err(|why| failed("make the folder", folder, &why))?;
    let fresh = folder.join(format!("{}.sluice-new", hook.as_str()));
    let written = fs::write(&fresh, text).and_then(|()| allow_to_run(&fresh));
    written.map_err(|why| failed("write", &fresh, &why))?;
    if state == State::Is(Origin::Foreign) {
        fs::rename(&path, &next).map_err(|why| failed("move", &path, &why))?;
    }
    if let Err(why) = fs::rename(&fresh, &path) {
        if state == State::Is(Origin::Foreign) {
            // As it was; if that fails too, the message of the first failure is the better.
            let _ = fs::rename(&next, &path);
        }
        return Err(failed("write", &path, &why));
    }
    Ok(match state {
        State::None => Installed::New,
        State::Is(Origin::Foreign) => Installed::Moved(next),
        State::Is(_) => Installed::Renewed,
    })
}

/// Takes the hook out of the folder.
///
/// # Errors
///
/// If it cannot, or somebody changed it.
pub(crate) fn uninstall(folder: &Path, hook: HookName) -> Result<Removed, Failure> {
    let path = folder.join(hook.as_str());
    let next = folder.join(Script::next(hook));
    let has_moved = match state(folder, hook)? {
        State::None | State::Is(Origin::Foreign) => return Ok(Removed::NotThere),
        State::Is(Origin::Changed) => return Err(changed(&path, &next)),
        State::Is(Origin::Ours { has_moved }) => has_moved,
    };
    if has_moved && next.symlink_metadata().is_ok() {
        // One step: there is never a moment without the hook that was there before.
        fs::rename(&next, &path).map_err(|why| failed("move", &next, &why))?;
        return Ok(Removed::PutBack);
    }
    fs::remove_file(&path).map_err(|why| failed("remove", &path, &why))?;
    Ok(Removed::Gone)
}

fn changed(path: &Path, next: &Path) -> Failure {
    let (path, next) = (path.display(), next.display());
    Failure::usage(format!("somebody changed the hook `{path}`")).hint(format!(
        "move what was added to `{next}` and remove the hook, then try again"
    ))
}

fn failed(what: &str, path: &Path, why: &io::Error) -> Failure {
    let path = path.display();
    Failure::failed(format!("cannot {what} `{path}`: {}", reason(why)))
        .hint("check who may write to the folder of hooks")
}

#[cfg(unix)]
fn allow_to_run(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn allow_to_run(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOOK: HookName = HookName::Push;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn what_was_there_comes_back() {
        let dir = folder();
        let hooks = dir.path().join("hooks");
        let path = hooks.join("pre-push");
        assert_eq!(install(&hooks, HOOK, Some("/a")), Ok(Installed::New));
        assert_eq!(install(&hooks, HOOK, Some("/a")), Ok(Installed::Already));
        assert_eq!(install(&hooks, HOOK, Some("/b")), Ok(Installed::Renewed));
        assert_eq!(uninstall(&hooks, HOOK), Ok(Removed::Gone));
        assert_eq!(uninstall(&hooks, HOOK), Ok(Removed::NotThere));
        fs::write(&path, "theirs").expect("room");
        let next = hooks.join("pre-push.local");
        assert_eq!(
            install(&hooks, HOOK, None),
            Ok(Installed::Moved(next.clone()))
        );
        assert_eq!(fs::read(&next).expect("it was moved"), b"theirs");
        assert_eq!(install(&hooks, HOOK, Some("/c")), Ok(Installed::Renewed));
        assert_eq!(uninstall(&hooks, HOOK), Ok(Removed::PutBack));
        assert_eq!(fs::read(&path).expect("it is back"), b"theirs");
        let names = fs::read_dir(&hooks).expect("a folder").count();
        assert_eq!(names, 1, "nothing else is left");
    }

    #[test]
    fn nothing_is_lost_where_it_is_not_clear_whose_it_is() {
        let dir = folder();
        let (path, next) = (
            dir.path().join("pre-push"),
            dir.path().join("pre-push.local"),
        );
        fs::write(&path, "theirs").expect("room");
        fs::write(&next, "older").expect("room");
        assert!(install(dir.path(), HOOK, None).is_err());
        assert_eq!(fs::read(&path).expect("it is there"), b"theirs");
        assert_eq!(fs::read(&next).expect("it is there"), b"older");
        fs::remove_file(&path).expect("it is there");
        // A file of that name that we did not move stays where it is.
        assert_eq!(install(dir.path(), HOOK, None), Ok(Installed::New));
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, format!("{text}more\n")).expect("room");
        assert!(install(dir.path(), HOOK, None).is_err());
        assert!(uninstall(dir.path(), HOOK).is_err());
        fs::write(&path, text).expect("room");
        assert_eq!(uninstall(dir.path(), HOOK), Ok(Removed::Gone));
        assert_eq!(fs::read(&next).expect("it is there"), b"older");
    }
}
