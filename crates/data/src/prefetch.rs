//! Prefetching: one thread makes batches ahead of the training steps.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use crate::loader::Loader;
use crate::samples::Examples;
use crate::samples::Source;

/// Batches that wait for the consumer. One more is being made and one is in use, so four buffers circulate.
const AHEAD: usize = 2;

/// Endless iterator over the batches of a [`Loader`], epoch after epoch, filled by a thread.
///
/// A resume needs no state of it: epoch and index of the next batch are enough. Dropping it ends its thread.
#[derive(Debug)]
pub struct Prefetch<S: Source = Examples> {
    /// `None` only during `drop`, which ends the thread by closing the channel.
    ready: Option<Receiver<S::Batch>>,
    used: Sender<S::Batch>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Source> Prefetch<S> {
    /// Starts with batch `index` of `epoch`.
    pub fn new(loader: Arc<Loader<S>>, epoch: u64, index: usize) -> Self {
        let (to_consumer, ready) = sync_channel(AHEAD);
        let (used, returned) = channel();
        let thread = thread::spawn(move || produce(&loader, epoch, index, &to_consumer, &returned));
        Self { ready: Some(ready), used, thread: Some(thread) }
    }

    /// The next batch; waits for it where it is not ready.
    ///
    /// # Panics
    /// With the panic of the prefetching thread.
    #[expect(clippy::should_implement_trait, reason = "there is no end, so no `Option`")]
    pub fn next(&mut self) -> S::Batch {
        if let Some(Ok(batch)) = self.ready.as_ref().map(Receiver::recv) {
            return batch;
        }
        // The thread ends first only by a panic, which is passed on.
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            _ => panic!("the thread that makes batches has ended"),
        }
    }

    /// Returns the buffers of a used batch for reuse.
    pub fn recycle(&mut self, batch: S::Batch) {
        // Sending fails only after a panic of the thread, which `next` reports.
        let _ = self.used.send(batch);
    }
}

impl<S: Source> Drop for Prefetch<S> {
    fn drop(&mut self) {
        self.ready = None;
        if let Some(thread) = self.thread.take() {
            // A panic is ignored: no batch is awaited.
            let _ = thread.join();
        }
    }
}

fn produce<S: Source>(
    loader: &Loader<S>,
    mut epoch: u64,
    mut index: usize,
    ready: &SyncSender<S::Batch>,
    returned: &Receiver<S::Batch>,
) {
    let batches = loader.batches_per_epoch();
    epoch += (index / batches) as u64;
    index %= batches;
    loop {
        let order = loader.order(epoch);
        for index in index..batches {
            let mut batch = returned.try_recv().unwrap_or_default();
            loader.fill(&order, epoch, index, &mut batch);
            if ready.send(batch).is_err() {
                return;
            }
        }
        epoch += 1;
        index = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::loader::tests::{augmented, numbered};
    use crate::samples::Batch;
    use crate::samples::Subset;

    fn loader() -> Arc<Loader> {
        Arc::new(Loader::new(augmented(50), 8, 3))
    }

    #[test]
    fn prefetched_batches_equal_direct_ones_from_any_index() {
        let loader = loader();
        let batches = loader.batches_per_epoch();
        for (epoch, index) in [(0, 0), (0, 6), (2, 3), (1, 7), (u64::from(u32::MAX), 1)] {
            let mut prefetch = Prefetch::new(Arc::clone(&loader), epoch, index);
            let mut expected = Batch::default();
            for step in index..index + 20 {
                let (epoch, index) = (epoch + (step / batches) as u64, step % batches);
                loader.fill(&loader.order(epoch), epoch, index, &mut expected);
                let batch = prefetch.next();
                assert_eq!(batch, expected);
                // Batches must not depend on returned buffers.
                if step % 3 != 0 {
                    prefetch.recycle(batch);
                }
            }
        }
    }

    #[test]
    fn a_few_buffers_go_round() {
        // Batches of one size: a buffer that grows would move.
        let loader = Arc::new(Loader::new(numbered(48), 8, 3));
        let mut prefetch = Prefetch::new(loader, 0, 0);
        let mut buffers = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let batch = prefetch.next();
            buffers.insert(batch.pixels.as_ptr().addr());
            prefetch.recycle(batch);
        }
        assert!(buffers.len() <= AHEAD + 2, "{} buffers", buffers.len());
    }

    #[test]
    fn dropping_it_early_or_late_ends_its_thread() {
        let loader = loader();
        drop(Prefetch::new(Arc::clone(&loader), 0, 0));
        let mut prefetch = Prefetch::new(Arc::clone(&loader), 0, 0);
        prefetch.next();
        drop(prefetch);
        assert_eq!(Arc::strong_count(&loader), 1, "no thread holds the loader");
    }

    #[test]
    fn a_panic_of_the_thread_reaches_the_consumer() {
        let whole = numbered(8);
        let short = Examples { pixels: vec![0; 3], ..Examples::clone(&whole.source) };
        let subset = Subset { source: Arc::new(short), ..whole };
        let mut prefetch = Prefetch::new(Arc::new(Loader::new(subset, 4, 0)), 0, 0);
        for _ in 0..2 {
            assert!(catch_unwind(AssertUnwindSafe(|| prefetch.next())).is_err());
        }
        prefetch.recycle(Batch::default());
    }
}
