//! What reading an input may take: memory and time.

use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// An input of a few kilobytes, in bytes: for longer ones there are no limits.
pub const FEW: usize = 8 << 10;

/// The most memory at once, in bytes.
pub const MEMORY: usize = 64 << 20;

/// The longest time.
pub const TIME: Duration = Duration::from_secs(1);

/// What reading an input took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The most memory at once, in bytes.
    pub memory: usize,
    /// The time that the thread computed.
    pub time: Duration,
}

/// Throws an input at `run`. Of several threads, one does so at a time.
pub fn measure(input: &[u8], run: impl FnOnce(&[u8])) -> Taken {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    HEAP.reset_peak_usage();
    let (before, begun) = (HEAP.current_usage(), computed());
    run(input);
    let memory = HEAP.peak_usage().saturating_sub(before);
    Taken { memory, time: computed().saturating_sub(begun) }
}

impl Taken {
    /// Whether that is within the limits, for an input of a few kilobytes and on a machine that is `slower`
    /// by so much.
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

/// How long this thread has computed; how long it has been where the system does not say that.
fn computed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let nanoseconds = fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}
