//! How work is asked to end: by a signal, or by a key on the dashboard.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::terminal::say;
use crate::terminal::screen;

/// Signals within this time are one: `timeout`, a service manager or a sweep sends the same one to a
/// process and to the group that it is in.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

static STOP: AtomicBool = AtomicBool::new(false);

/// Set once the work is to end where nothing is lost: a run, after its step.
pub const fn flag() -> &'static AtomicBool {
    &STOP
}

/// The first request ends the work where nothing is lost; the second one ends the program at once.
pub fn request() {
    if STOP.swap(true, Ordering::Relaxed) {
        screen::leave();
        std::process::exit(130);
    }
    say("stopping after this step; again to stop at once");
}

/// Takes Ctrl-C and SIGTERM as requests.
pub fn on_signals() -> Result<(), Failure> {
    let mut heard: Option<Instant> = None;
    let listen = ctrlc::set_handler(move || {
        if heard.is_none_or(|heard| heard.elapsed() > ONE_SIGNAL) {
            heard = Some(Instant::now());
            request();
        }
    });
    listen.map_err(|error| Failure::Other(format!("cannot listen to signals: {error}")))
}
