//! Which paths a rule applies to.

use fast_glob::glob_match;

/// Whether a rule with these globs looks at a blob at `path`: always if it has none, and
/// never at a blob without a path if it has any.
pub(crate) fn admits(globs: &[String], path: Option<&str>) -> bool {
    let fits = |glob: &String, path: &str| may_match(glob, path) && glob_match(glob, path);
    globs.is_empty() || path.is_some_and(|path| globs.iter().any(|glob| fits(glob, path)))
}

/// Whether the path ends as the glob does: nearly all paths do not, and to match them takes
/// much longer.
fn may_match(glob: &str, path: &str) -> bool {
    let end = glob
        .rsplit(['*', '?', ']', '}', '/'])
        .next()
        .unwrap_or_default();
    glob.starts_with('!') || path.ends_with(end)
}

/// What is wrong with a glob, if anything: the matcher itself takes whatever it is given.
pub(crate) fn mistake(glob: &str) -> Option<&'static str> {
    let count = |sign: char| glob.matches(sign).count();
    if glob.is_empty() {
        Some("it is empty")
    } else if count('{') != count('}') || count('[') != count(']') {
        Some("a bracket is not closed")
    } else if glob.contains('\\') {
        Some("parts of a path are separated by `/`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_choose_paths() {
        for (glob, path, expected) in [
            ("**/.npmrc", ".npmrc", true),
            ("**/.npmrc", "a/b/.npmrc", true),
            ("**/.npmrc", "a/x.npmrc", false),
            ("**/*.{tf,tfvars}", "a/b.tfvars", true),
            ("**/config/*.yml", "x/config/a.yml", true),
            ("**/*.y[am]l", "a.yml", true),
            ("a/**", "a/b/c", true),
            ("!**/a.yml", "b.txt", true),
            ("**/id_?sa", "x/id_rsa", true),
            ("**/config/*.yml", "x/config/sub/a.yml", false),
        ] {
            assert_eq!(
                admits(&[glob.to_owned()], Some(path)),
                expected,
                "{glob} {path}"
            );
        }
        assert!(admits(&[], None));
        assert!(!admits(&["**".to_owned()], None));
        assert!(mistake("a{b").is_some());
    }
}
