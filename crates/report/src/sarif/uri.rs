//! Paths as URI references.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

/// What relative paths are relative to; the consumer knows where that is.
pub(super) const ROOT: &str = "%SRCROOT%";

/// `artifactLocation`
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactLocation<'a> {
    uri: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl<'a> ArtifactLocation<'a> {
    /// The location of a `/`-separated path, relative to the root unless it is absolute.
    pub(crate) fn of(path: &'a str) -> Self {
        let relative = path.trim_start_matches("./");
        if relative.starts_with('/') || has_drive(relative) {
            let slash = if relative.starts_with('/') { "" } else { "/" };
            return Self {
                uri: format!("file://{slash}{}", encode(relative)).into(),
                uri_base_id: None,
            };
        }
        Self {
            uri: encode(if relative.is_empty() { "." } else { relative }),
            uri_base_id: Some(ROOT),
        }
    }
}

/// Whether the path starts like `C:/`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// Percent-encodes all bytes that are not unreserved in RFC 3986, other than `/`.
fn encode(path: &str) -> Cow<'_, str> {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    if path.bytes().all(keep) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    Cow::Owned(out)
}

/// Whether the text can stand where SARIF wants an absolute URI of a web page.
pub(super) fn is_web_link(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references_that_mean_the_same_file() {
        for (path, uri, is_relative) in [
            ("src/main.rs", "src/main.rs", true),
            ("./src/main.rs", "src/main.rs", true),
            ("a b/ü#1%.txt", "a%20b/%C3%BC%231%25.txt", true),
            ("app/[id]/(x)?.ts", "app/%5Bid%5D/%28x%29%3F.ts", true),
            ("c:d/e", "c%3Ad/e", true),
            ("../up/x", "../up/x", true),
            ("-", "-", true),
            (".", ".", true),
            ("./", ".", true),
            ("/etc/my conf", "file:///etc/my%20conf", false),
            ("C:/Users/x", "file:///C%3A/Users/x", false),
        ] {
            let want = ArtifactLocation {
                uri: uri.into(),
                uri_base_id: is_relative.then_some(ROOT),
            };
            assert_eq!(ArtifactLocation::of(path), want, "{path}");
        }
    }

    #[test]
    fn only_whole_web_links_are_links() {
        for (text, want) in [
            ("https://example.com/a?b=c#d", true),
            ("http://example.com", true),
            ("https://", false),
            ("example.com", false),
            ("javascript:alert(1)", false),
            ("https://example.com/a b", false),
            ("", false),
        ] {
            assert_eq!(is_web_link(text), want, "{text}");
        }
    }
}
