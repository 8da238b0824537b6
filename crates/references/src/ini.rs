//! Lines of `key = value` under `[sections]`, as profiles, `.npmrc` and environment files
//! have them. It never fails: what is no assignment is left out.

use sluicegate_core::Span;

/// One assignment.
#[derive(Debug)]
pub(crate) struct Line<'t> {
    pub(crate) section: &'t str,
    pub(crate) key: &'t str,
    pub(crate) key_span: Span,
    /// Without quotes around it.
    pub(crate) value: &'t str,
    pub(crate) value_span: Span,
}

/// The assignments in `text`.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let offset = |part: &str| {
            let at = part.as_ptr() as usize - text.as_ptr() as usize;
            Span::new(at, at + part.len())
        };
        if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name;
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else {
            continue;
        };
        let key = key.trim();
        let key = key.strip_prefix("export ").map_or(key, str::trim);
        let value = value.trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|&q| value.strip_prefix(q)?.strip_suffix(q));
        let value = quoted.unwrap_or(value);
        found.push(Line {
            section,
            key,
            key_span: offset(key),
            value,
            value_span: offset(value),
        });
    }
    found
}
