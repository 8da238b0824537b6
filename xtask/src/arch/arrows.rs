//! The arrows as ARCHITECTURE.md draws them, so that the page and the check are one.

use std::collections::{BTreeMap, BTreeSet};

/// For each part the parts that it may use.
#[derive(Debug)]
pub(super) struct Arrows(BTreeMap<String, BTreeSet<String>>);

impl Arrows {
    /// Reads the first block of code that has arrows: `a, b <- c <- d` lets `c` use `a`
    /// and `b`, and `d` use `c`. Two blanks start a remark; what is in parentheses is
    /// one as well.
    ///
    /// # Errors
    ///
    /// If there is no such block.
    pub(super) fn parse(page: &str) -> Result<Self, String> {
        let block = page
            .split("```")
            .skip(1)
            .step_by(2)
            .find(|block| block.contains("<-"))
            .ok_or("there is no block of code with arrows (<-) in ARCHITECTURE.md")?;
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in block.lines().filter(|line| line.contains("<-")) {
            let groups: Vec<Vec<String>> = line.split("<-").map(names).collect();
            for pair in groups.windows(2) {
                for name in &pair[0] {
                    arrows.entry(name.clone()).or_default();
                }
                for user in &pair[1] {
                    arrows
                        .entry(user.clone())
                        .or_default()
                        .extend(pair[0].iter().cloned());
                }
            }
        }
        Ok(Self(arrows))
    }

    /// What `part` may use; `None` if it is not drawn.
    pub(super) fn allowed(&self, part: &str) -> Option<&BTreeSet<String>> {
        self.0.get(part)
    }
}

fn names(group: &str) -> Vec<String> {
    let group = group.trim();
    let group = group.split("  ").next().unwrap_or_default();
    group
        .split(',')
        .filter_map(|name| name.split_whitespace().next())
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_lists_and_remarks_are_read() {
        let page = "x\n```\nnot this\n```\n```\ncore  <- rules, git     values, and so on\n\
                    core, rules <- scan (all of it) <- cli\n```\n";
        let arrows = Arrows::parse(page).expect("a block with arrows");
        let allowed = |part| -> Vec<&str> {
            arrows
                .allowed(part)
                .expect("it is drawn")
                .iter()
                .map(String::as_str)
                .collect()
        };
        assert_eq!(allowed("core"), [""; 0]);
        assert_eq!(allowed("git"), ["core"]);
        assert_eq!(allowed("scan"), ["core", "rules"]);
        assert_eq!(allowed("cli"), ["scan"]);
        assert!(arrows.allowed("values").is_none() && arrows.allowed("so").is_none());
        assert!(Arrows::parse("no arrows").is_err());
    }
}
