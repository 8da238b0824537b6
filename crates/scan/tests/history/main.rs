//! The history of repositories that real git has made.

mod cache;
mod more_shapes;
mod shapes;
mod support;
mod thin;
