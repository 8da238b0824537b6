//! Which paths a rule applies to.

use globset::{Glob, GlobSet, GlobSetBuilder};

/// Globs over `/`-separated paths; empty lets everything through.
pub(crate) struct PathFilter(Option<GlobSet>);

impl PathFilter {
    pub(crate) fn new(globs: &[String]) -> Result<Self, String> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(Glob::new(glob).map_err(|why| why.to_string())?);
        }
        Ok(Self(Some(set.build().map_err(|why| why.to_string())?)))
    }

    /// Whether a blob at `path` is looked at; one without a path only if the rule
    /// does not care.
    pub(crate) fn admits(&self, path: Option<&str>) -> bool {
        match (&self.0, path) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(set), Some(path)) => set.is_match(path),
        }
    }
}
