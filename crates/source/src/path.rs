//! Paths as they are shown and compared.

use std::path::{Component, MAIN_SEPARATOR, Path};

/// The path with `/` between its parts, a leading `./` left out, and bytes that are
/// not Unicode replaced.
///
/// ```
/// assert_eq!(sluicegate_source::shown("./a/b.txt".as_ref()), "a/b.txt");
/// ```
pub fn shown(path: &Path) -> String {
    if MAIN_SEPARATOR == '/'
        && let Some(text) = path.to_str()
        && is_shown(text)
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(path.as_os_str().len());
    for component in path.components() {
        let part = match component {
            Component::CurDir => continue,
            Component::RootDir => {
                out.push('/');
                continue;
            }
            other => other.as_os_str().to_string_lossy(),
        };
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(&part);
    }
    if out.is_empty() { ".".to_owned() } else { out }
}

/// Whether the path is written as it is shown: that of nearly every file of a walk is.
fn is_shown(path: &str) -> bool {
    let parts = path.strip_prefix('/').unwrap_or(path);
    parts.split('/').all(|part| !part.is_empty() && part != ".")
}

/// What the system said, for the middle of a sentence and without the number it has for it.
///
/// ```
/// let why = std::io::Error::other("Permission denied (os error 13)");
/// assert_eq!(sluicegate_source::reason(&why), "permission denied");
/// ```
pub fn reason(why: &std::io::Error) -> String {
    let text = why.to_string();
    let mut letters = text.split(" (os error ").next().unwrap_or(&text).chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_one_way() {
        for (path, expected) in [
            ("a", "a"),
            ("./a", "a"),
            ("/a/b", "/a/b"),
            (".", "."),
            ("a//b/", "a/b"),
            ("a/./b", "a/b"),
            ("/", "/"),
            ("", "."),
            ("../a", "../a"),
        ] {
            assert_eq!(shown(path.as_ref()), expected);
        }
    }
}
