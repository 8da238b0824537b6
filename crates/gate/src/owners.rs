//! Who answers for which path: CODEOWNERS, as GitHub and GitLab read it.

/// The lines of a CODEOWNERS file. The last that fits a path counts.
///
/// ```
/// use sluicegate_gate::Owners;
///
/// let owners = Owners::parse("* @acme/all\n/infra/ @acme/ops alice@example.com\n");
/// assert_eq!(owners.of("src/a.py"), "@acme/all");
/// assert_eq!(owners.of("infra/main.tf"), "@acme/ops alice@example.com");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners(Vec<(Vec<String>, String)>);

impl Owners {
    /// Reads the file. Lines that cannot be understood own nothing.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim);
        // GitLab's sections, `[Name]` and `^[Name]`, group lines and own nothing.
        let is_line = |line: &&str| !line.is_empty() && !line.starts_with(['#', '[', '^', '!']);
        Self(lines.filter(is_line).map(line).collect())
    }

    /// Who answers for the path; empty if nobody does.
    pub fn of(&self, path: &str) -> &str {
        let fits = |globs: &Vec<String>| globs.iter().any(|g| fast_glob::glob_match(g, path));
        let line = self.0.iter().rev().find(|(globs, _)| fits(globs));
        line.map_or("", |(_, owners)| owners)
    }
}

fn line(text: &str) -> (Vec<String>, String) {
    let text = text.split(" #").next().unwrap_or(text);
    let mut words = text.split_whitespace();
    let pattern = words.next().unwrap_or_default();
    let owners: Vec<&str> = words.collect();
    (globs(pattern), owners.join(" "))
}

/// The globs over whole paths that a pattern stands for.
fn globs(pattern: &str) -> Vec<String> {
    let is_rooted = pattern.trim_end_matches('/').contains('/');
    let bare = pattern.trim_start_matches('/');
    let start = if is_rooted { "" } else { "**/" };
    match bare.strip_suffix('/') {
        Some(folder) => vec![format!("{start}{folder}/**")],
        // A name is a file of that name, or all in a folder of that name; `a/*` is not.
        None if bare.ends_with("/*") => vec![format!("{start}{bare}")],
        None => vec![format!("{start}{bare}"), format!("{start}{bare}/**")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_fits_counts() {
        let owners = Owners::parse(
            "# comment\n* @all\n*.js @js # behind\n/build/logs/ @ops\ndocs/* @docs\n\
             apps/ @apps\n/secret.txt\n[Section]\n",
        );
        for (path, want) in [
            ("x/y.py", "@all"),
            ("x/y.js", "@js"),
            ("build/logs/a/b", "@ops"),
            ("x/build/logs/a", "@all"),
            ("docs/a.md", "@docs"),
            ("docs/b/a.md", "@all"),
            ("x/apps/a", "@apps"),
            ("secret.txt", ""),
        ] {
            assert_eq!(owners.of(path), want, "{path}");
        }
    }
}
