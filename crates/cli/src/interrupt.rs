//! Ctrl-C: the first time the scan is ended early and what it has is reported, the
//! second time the program stops.

use std::sync::Arc;

use sluicegate::Monitor;

use crate::printer::Printer;

/// What shells expect of a program that Ctrl-C has stopped.
const STOPPED: i32 = 130;

/// Lets Ctrl-C cancel the scan that `monitor` belongs to.
pub(crate) fn cancels(monitor: &Arc<Monitor>, printer: Printer) {
    let monitor = Arc::clone(monitor);
    let handler = move || {
        if monitor.is_cancelled() {
            stop();
        }
        monitor.cancel();
        printer.note("stopping; what was found so far is reported. Ctrl-C again stops at once");
    };
    // Without a handler Ctrl-C ends the program, as everywhere.
    let _ = ctrlc::set_handler(handler);
}

#[expect(
    clippy::exit,
    reason = "the scan may hang in a system call, so there is nothing to return to"
)]
fn stop() -> ! {
    std::process::exit(STOPPED)
}
