//! Where git says that things are, when it starts a program itself.

use std::path::PathBuf;

/// The places that git hands to hooks in its environment, where they are not the usual
/// ones (`git(1)`, "Environment Variables"). Libraries do not read the environment; who
/// does fills this in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// `GIT_DIR`: the repository.
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`: what several working trees share.
    pub common_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: the index; another one than the usual during `git commit FILE`.
    pub index: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: where new objects go; a quarantine while a push is received.
    pub objects: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: where other objects are, the repository's own
    /// during a push; see [`alternates`](Self::alternates).
    pub alternates: Vec<PathBuf>,
}

impl Surroundings {
    /// The folders in the value of `GIT_ALTERNATE_OBJECT_DIRECTORIES`: with a sign between
    /// them, and in quotes where that sign is in one.
    pub fn alternates(value: &[u8]) -> Vec<PathBuf> {
        const BETWEEN: u8 = if cfg!(windows) { b';' } else { b':' };
        let mut folders = Vec::new();
        let mut rest = value;
        while !rest.is_empty() {
            let (folder, tail) = match rest.strip_prefix(b"\"") {
                Some(quoted) => unquote(quoted),
                None => {
                    let end = memchr::memchr(BETWEEN, rest).unwrap_or(rest.len());
                    (rest[..end].to_vec(), &rest[end..])
                }
            };
            folders.extend(crate::to_path(&folder).map(PathBuf::from));
            rest = tail.strip_prefix(&[BETWEEN]).unwrap_or_default();
        }
        folders.retain(|folder| !folder.as_os_str().is_empty());
        folders
    }
}

/// What stands before the closing quote, as in C, and what comes behind it.
fn unquote(quoted: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut out = Vec::new();
    let mut rest = quoted;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'"' => return (out, rest),
            b'\\' => {
                let Some((&code, tail)) = rest.split_first() else {
                    break;
                };
                rest = tail;
                out.push(match code {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'0'..=b'3' if rest.len() >= 2 => {
                        let octal = (code - b'0') << 6
                            | (rest[0].wrapping_sub(b'0') & 7) << 3
                            | rest[1].wrapping_sub(b'0') & 7;
                        rest = &rest[2..];
                        octal
                    }
                    other => other,
                });
            }
            byte => out.push(byte),
        }
    }
    (out, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn lists_of_folders_are_read_with_and_without_quotes() {
        for (value, expected) in [
            ("", &[][..]),
            ("/a/objects", &["/a/objects"]),
            ("/a:/b c", &["/a", "/b c"]),
            (r#""/with:colon":/b"#, &["/with:colon", "/b"]),
            (r#"/b:"/q\"uo\\te\303\274""#, &["/b", "/q\"uo\\teü"]),
            ("::/a:", &["/a"]),
            (r#""never closed"#, &["never closed"]),
            (r#""cut\"#, &["cut"]),
        ] {
            let expected: Vec<_> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(
                Surroundings::alternates(value.as_bytes()),
                expected,
                "{value}"
            );
        }
    }
}
