//! An answer in time. A server waits for its hooks, and kills them in the end; then nobody
//! learns why.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sluicegate::Monitor;

use crate::printer::Printer;
use crate::status::Status;

/// Of the time that there is, so much is kept for saying what was found.
const TO_SPEAK: f64 = 0.1;

/// Cancels the scan that `monitor` belongs to shortly before the time is over; when it is
/// over and there still is no answer, says `last_words` and ends the program with `status`.
pub(crate) fn keep(
    started: Instant,
    limit: Duration,
    monitor: &Arc<Monitor>,
    printer: Printer,
    status: Status,
    last_words: String,
) {
    let monitor = Arc::clone(monitor);
    let until = move |share: f64| {
        let end = started.checked_add(limit.mul_f64(share));
        thread::sleep(end.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(Instant::now())
        }));
    };
    let watch = move || {
        until(1.0 - TO_SPEAK);
        monitor.cancel();
        until(1.0);
        printer.message(&last_words);
        stop(status);
    };
    // Without the thread the answer may come late, and is as good.
    let _ = thread::Builder::new().name("deadline".into()).spawn(watch);
}

#[expect(
    clippy::exit,
    reason = "whatever keeps the scan from ending would keep the program from it, too"
)]
fn stop(status: Status) -> ! {
    std::process::exit(i32::from(status.code()))
}
