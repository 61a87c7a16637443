//! Limits of memory and time for reading an input.

use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Largest input with limits, in bytes; longer inputs have none.
pub const FEW: usize = 8 << 10;

/// Peak memory, in bytes.
pub const MEMORY: usize = 64 << 20;

/// Longest CPU time.
pub const TIME: Duration = Duration::from_secs(1);

/// Memory and time taken by an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceUsage {
    /// Peak memory, in bytes.
    pub memory: usize,
    /// CPU time of the thread.
    pub time: Duration,
}

/// Runs a target on an input and measures it; several threads take turns.
pub fn measure(input: &[u8], run: impl FnOnce(&[u8])) -> ResourceUsage {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    HEAP.reset_peak_usage();
    let (before, begun) = (HEAP.current_usage(), computed());
    run(input);
    let memory = HEAP.peak_usage().saturating_sub(before);
    ResourceUsage { memory, time: computed().saturating_sub(begun) }
}

impl ResourceUsage {
    /// Checks the limits for an input of at most [`FEW`] bytes, with the time limit multiplied by `slower`; the error
    /// is a message.
    pub fn check(self, input: &[u8], slower: u32) -> Result<(), String> {
        let length = input.len();
        if length > FEW {
            Ok(())
        } else if self.memory > MEMORY {
            Err(format!("{length} bytes took {} MB of memory", self.memory >> 20))
        } else if self.time > TIME * slower {
            Err(format!("{length} bytes took {:.1} s", self.time.as_secs_f64()))
        } else {
            Ok(())
        }
    }
}

/// CPU time of this thread, or wall time where the operating system does not report it.
fn computed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let nanoseconds = fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}
