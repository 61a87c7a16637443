//! Requests to stop: by a signal, or by a key on the dashboard.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::output::say;
use crate::failure::Failure;

/// Signals within this time count as one: `timeout`, a service manager or a sweep signals a process and its group.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

static STOP: AtomicBool = AtomicBool::new(false);

/// Run before the program is stopped at once.
static BEFORE_EXIT: OnceLock<fn()> = OnceLock::new();

/// True after the first request to stop; a run then ends after its step.
pub const fn flag() -> &'static AtomicBool {
    &STOP
}

/// Has `leave` run before a stop at once, such as to restore the terminal; the first one stays.
pub fn before_exit(leave: fn()) {
    let _ = BEFORE_EXIT.set(leave);
}

/// Requests a stop: the first one ends the work after its step, the second one the program at once.
pub fn request() {
    if STOP.swap(true, Ordering::Relaxed) {
        if let Some(leave) = BEFORE_EXIT.get() {
            leave();
        }
        std::process::exit(130);
    }
    say("stopping after this step; again to stop at once");
}

/// Handles Ctrl-C and SIGTERM as requests to stop.
///
/// # Errors
/// When signals cannot be handled.
pub fn on_signals() -> Result<(), Failure> {
    let mut last: Option<Instant> = None;
    let listen = ctrlc::set_handler(move || {
        if last.is_none_or(|last| last.elapsed() > ONE_SIGNAL) {
            last = Some(Instant::now());
            request();
        }
    });
    listen.map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))
}
