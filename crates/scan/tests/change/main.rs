//! What changes of repositories introduce, that real git has made.

mod notebook;
mod property;
mod range;
mod staged;
mod support;
