//! Who has which role: a file with a line for each, `security: ann@example.com bob@…`.

use std::collections::{BTreeMap, BTreeSet};

/// The role that accepts risks for users.
pub(crate) const SECURITY: &str = "security";

/// Addresses by role.
///
/// ```
/// use sluicegate_gate::Roles;
///
/// let roles = Roles::parse("# who\nsecurity: Ann@example.com bob@example.com\n")?;
/// assert!(roles.has("security", "ann@example.com"));
/// assert!(Roles::parse("ann@example.com\n").is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(BTreeMap<String, BTreeSet<String>>);

impl Roles {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The first line that is none: a role that is not understood must not be taken for one
    /// that nobody asks for.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let is_sign = |c: char| c.is_ascii_lowercase() || c == '-';
            let (role, people) = line
                .split_once(':')
                .filter(|(role, _)| !role.is_empty() && role.chars().all(is_sign))
                .ok_or_else(|| {
                    format!("line {number} is no role: write `{SECURITY}: ann@example.com`")
                })?;
            let people = people.split_whitespace().map(str::to_lowercase);
            all.entry(role.to_owned()).or_default().extend(people);
        }
        Ok(Self(all))
    }

    /// Whether the file names anybody for the role.
    pub fn names(&self, role: &str) -> bool {
        self.0.contains_key(role)
    }

    /// Whether somebody has the role.
    pub fn has(&self, role: &str, who: &str) -> bool {
        let people = self.0.get(role);
        people.is_some_and(|people| people.contains(&who.to_lowercase()))
    }
}
