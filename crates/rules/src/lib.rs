//! Rule files to rules that the engine can search with.
//!
//! - [`Rules`] is a compiled rule set with what its rules have to say; its builder
//!   takes the built-in rules, adds the user's and leaves out what is not wanted.
//! - [`check`] runs every rule's own examples through the real engine.
//! - [`expand`] assembles one example.
//! - [`import`] reads the rule files of gitleaks, betterleaks, Nosey Parker and Kingfisher.
//! - [`Diagnostic`] is what is wrong with a file, and where.
//!
//! It reads no files: whoever has the text hands it over.

#![forbid(unsafe_code)]

mod block;
mod check;
mod diagnostic;
mod digest;
mod examples;
mod format;
mod import;
mod rules;
mod template;

pub use check::{Failure, check};
pub use diagnostic::{Diagnostic, Diagnostics, locate, nearest, toml_error};
pub use examples::Examples;
pub use import::{Fate, ImportFormat, ImportNote, Imported, Reader, import};
pub use rules::{Rules, RulesBuilder, Scope};
pub use template::{Expanded, expand};
