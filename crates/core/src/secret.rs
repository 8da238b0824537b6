//! The one type that holds the bytes of a secret.
//!
//! Nothing here may ever print them: `Debug` and `Display` say how long the value
//! is and no more, and there is no `Serialize` that could leak it by accident.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use zeroize::Zeroizing;

/// The raw bytes of a matched secret, wiped from memory when dropped.
///
/// ```
/// use sluicegate_core::Secret;
///
/// let secret = Secret::new(b"hunter2".to_vec());
/// assert_eq!(format!("{secret:?}"), "Secret(7 bytes)");
/// assert_eq!(secret.expose_secret_bytes(), b"hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// From this length on the signs in a value belong to its format.
const LONG: usize = 16;

impl Secret {
    /// Wraps `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The raw bytes. The only way to reach them: whatever calls this is
    /// responsible for where they go.
    pub fn expose_secret_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value with its shape and without its content: the first `public_prefix`
    /// bytes are kept, every other letter and digit becomes `*`. Joints such as `-` and
    /// `.` are kept in long values, where they belong to the format; line breaks end it.
    ///
    /// ```
    /// use sluicegate_core::Secret;
    ///
    /// let token = Secret::new(b"acme_93b0c4e2-77f1a9d0".to_vec());
    /// assert_eq!(token.redacted(5), "acme_********-********");
    /// assert_eq!(Secret::new(b"p-1!".to_vec()).redacted(0), "****");
    /// ```
    pub fn redacted(&self, public_prefix: usize) -> String {
        let line = self
            .0
            .split(|&b| b == b'\n' || b == b'\r')
            .next()
            .unwrap_or_default();
        let prefix = public_prefix.min(line.len());
        let keep_joints = self.0.len() >= LONG;
        let mut out = String::from_utf8_lossy(&line[..prefix]).into_owned();
        for &byte in &line[prefix..] {
            let joint = matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'=');
            // One star for each character: the bytes that continue one are left out.
            if keep_joints && joint {
                out.push(char::from(byte));
            } else if byte & 0xC0 != 0x80 {
                out.push('*');
            }
        }
        out
    }

    /// The length of the value in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the value is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_slice().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
