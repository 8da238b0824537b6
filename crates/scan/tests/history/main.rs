//! The history of repositories that real git has made.

mod cache;
mod shapes;
mod support;
