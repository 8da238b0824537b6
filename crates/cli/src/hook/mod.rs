//! Hooks of git: where they are, what stands in them, and what they say.

pub(crate) mod deadline;
pub(crate) mod manager;
pub(crate) mod place;
pub(crate) mod repository;
pub(crate) mod said;
pub(crate) mod script;
