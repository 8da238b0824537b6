//! Names of files that some rules ask for.
//!
//! In a history the path of a blob is not known when it is read, and a rule that asks for
//! `**/.npmrc` would have to look at all blobs for the sake of a few. What such a rule asks
//! of the last name of a path can be asked of an entry of a folder, before its path is
//! known.

use std::collections::HashSet;

use crate::bytes::ByteSet;
use crate::ruleset::RuleSet;

/// How a glob is told that says little about names.
const SIGNS: &[u8] = b"*?[{";

/// The names that rules ask for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    whole: HashSet<Vec<u8>>,
    ends: Vec<Vec<u8>>,
    /// The last bytes of all of them: most other names have another one.
    last: ByteSet,
}

impl Names {
    /// Whether a path that ends with this name can be one that a rule asks for.
    pub fn has(&self, name: &[u8]) -> bool {
        name.last().is_some_and(|&last| self.last.contains(last))
            && (self.whole.contains(name) || self.ends.iter().any(|end| name.ends_with(end)))
    }
}

impl RuleSet {
    /// The names of the files that rules ask for that look at nothing else; see
    /// [`Scope`](crate::Scope).
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        let rules = self.rules.iter().filter(|rule| rule.is_for_names());
        for glob in rules.flat_map(|rule| &rule.lowered().spec.paths) {
            let name = last_name(glob);
            names.last.insert(name[name.len() - 1]);
            match name.strip_prefix(b"*") {
                Some(end) => names.ends.push(end.to_vec()),
                None => drop(names.whole.insert(name.to_vec())),
            }
        }
        names
    }
}

/// Whether all of these globs ask for a name, or for the end of one; false if there is none.
pub(crate) fn are_asked_for(globs: &[String]) -> bool {
    let is_name = |glob: &String| {
        // Alternatives may hold a `/`.
        let name = last_name(glob);
        let literal = name.strip_prefix(b"*").unwrap_or(name);
        !literal.is_empty()
            && !literal.iter().any(|b| SIGNS.contains(b))
            && !glob.contains(['{', '[', '!', '}', ']'])
    };
    !globs.is_empty() && globs.iter().all(is_name)
}

fn last_name(glob: &str) -> &[u8] {
    let glob = glob.as_bytes();
    memchr::memrchr(b'/', glob).map_or(glob, |at| &glob[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Pattern, RuleSpec};

    #[test]
    fn names_are_told_from_other_globs() {
        for (globs, expected) in [
            (&["**/.npmrc"][..], true),
            (&["**/.npmrc", "**/*.tfvars", "a/*/b.ini"], true),
            (&["**/.npmrc", "**/*"], false),
            (&["**/*zero*"], false),
            (&["src/**"], false),
            (&["**/{a,b/c}.ini"], false),
            (&["**/[ab].ini"], false),
            (&["!**/a.ini"], false),
            (&["**/a?.ini"], false),
            (&[], false),
        ] {
            let globs: Vec<String> = globs.iter().map(|g| (*g).to_owned()).collect();
            assert_eq!(are_asked_for(&globs), expected, "{globs:?}");
        }
    }

    #[test]
    fn every_path_that_a_rule_takes_has_such_a_name() {
        let mut spec = RuleSpec::new("acme", Pattern::Regex("acme[0-9]{4}".into()));
        spec.anchors = vec!["acme".into()];
        spec.paths = ["**/.npmrc", "**/*.tfvars", "x/*/y.ini"]
            .map(str::to_owned)
            .into();
        let rules = RuleSet::compile(&[spec.clone()]).expect("valid");
        let names = rules.names();
        for (path, expected) in [
            (".npmrc", true),
            ("a/b/.npmrc", true),
            ("a.tfvars", true),
            (".tfvars", true),
            ("x/a/y.ini", true),
            ("a.npmrc", false),
            ("tfvars", false),
            ("", false),
        ] {
            let name = path.rsplit('/').next().unwrap_or(path);
            assert_eq!(names.has(name.as_bytes()), expected, "{path}");
            assert!(
                expected || !crate::path::admits(&spec.paths, Some(path)),
                "{path}"
            );
        }
    }
}
