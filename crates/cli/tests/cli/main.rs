//! What users see, through the built binary: standard output, standard error and the
//! exit code. The environment is cleared, so that the machine has no part in it.
//!
//! Set `SLUICE_TEST_BIN` to run the same tests on another build of the program.

mod artifacts;
mod changes;
mod codes;
mod config;
mod explain;
mod gate;
mod generate;
mod history;
#[cfg(unix)]
mod hook;
mod import;
mod output;
mod references;
mod remediate;
mod rules;
mod signals;
mod support;
mod suppress;
mod terminal;
mod walkthrough;
