//! Says how far a long scan is. On a terminal, on standard error, and only when it
//! takes long enough for somebody to wonder.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget};
use sluicegate::Monitor;

/// Scans that are done by then show nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the numbers change.
const REFRESH: Duration = Duration::from_millis(100);

/// Shown until it is dropped.
pub(crate) struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Watches the scan that `monitor` belongs to.
    pub(crate) fn watch(monitor: Arc<Monitor>) -> Self {
        let (done, is_done) = mpsc::channel();
        let started = Instant::now();
        let thread = std::thread::Builder::new()
            .name("progress".into())
            .spawn(move || {
                let wait =
                    |time| matches!(is_done.recv_timeout(time), Err(RecvTimeoutError::Timeout));
                if !wait(PATIENCE) {
                    return;
                }
                let bar = ProgressBar::new_spinner();
                bar.set_draw_target(ProgressDrawTarget::stderr());
                loop {
                    bar.set_message(line(&monitor, started.elapsed()));
                    bar.tick();
                    if !wait(REFRESH) {
                        break;
                    }
                }
                bar.finish_and_clear();
            });
        Self {
            done: Some(done),
            // Without the thread the scan is as good, only silent.
            thread: thread.ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.take();
        if let Some(thread) = self.thread.take() {
            // The line must be gone before anything else is written.
            let _ = thread.join();
        }
    }
}

fn line(monitor: &Monitor, elapsed: Duration) -> String {
    let bytes = monitor.bytes();
    let milliseconds = u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    let rate = bytes.saturating_mul(1000) / milliseconds;
    let state = if monitor.is_cancelled() {
        "stopping: "
    } else {
        ""
    };
    let files = HumanCount(monitor.files());
    let read = match monitor.expected() {
        0 => format!("{files} files"),
        expected => format!("{files} of {} objects", HumanCount(expected)),
    };
    format!(
        "{state}{read}, {}, {}/s, {} matches",
        HumanBytes(bytes),
        HumanBytes(rate),
        HumanCount(monitor.matches())
    )
}
