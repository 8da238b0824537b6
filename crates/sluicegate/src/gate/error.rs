//! Why there is no decision.

use std::fmt;

/// Why there is no decision. Whoever gets one must not take it for an allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateError {
    message: String,
    is_usage: bool,
    hint: Option<&'static str>,
}

impl GateError {
    /// What was asked for makes no sense, or a file has to be changed.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_usage: true,
            hint: None,
        }
    }

    /// Something could not be read or written.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_usage: false,
            hint: None,
        }
    }

    pub(super) fn with_hint(self, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }

    /// The way out, if there is more to say than the message does.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
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
