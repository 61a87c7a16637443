//! How a run is asked to end: by a signal, or by a key on the dashboard.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;
use crate::output::say;
use crate::screen;

static STOP: AtomicBool = AtomicBool::new(false);

/// Set once the run is to end after its step.
pub const fn flag() -> &'static AtomicBool {
    &STOP
}

/// The first request ends the run after its step; the second one ends the program at once.
pub fn request() {
    if STOP.swap(true, Ordering::Relaxed) {
        screen::leave();
        std::process::exit(130);
    }
    say("stopping after this step; again to stop at once");
}

/// Takes Ctrl-C and SIGTERM as requests.
pub fn on_signals() -> Result<(), Failure> {
    ctrlc::set_handler(request)
        .map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))
}
