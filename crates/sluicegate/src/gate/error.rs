//! Why there is no decision.

use std::fmt;

/// Why there is no decision. Whoever gets one must not take it for an allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateError {
    message: String,
    is_usage: bool,
}

impl GateError {
    /// What was asked for makes no sense, or a file has to be changed.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_usage: true,
        }
    }

    /// Something could not be read or written.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_usage: false,
        }
    }

    /// Whether the user has to change the call or a file; otherwise something failed.
    pub fn is_usage(&self) -> bool {
        self.is_usage
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GateError {}
