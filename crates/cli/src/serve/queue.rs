//! Batching: many requests in one forward pass.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::error::ApiError;

/// A request's samples, and the channel of its outputs.
struct Pending<I, O> {
    samples: Vec<I>,
    reply: oneshot::Sender<Vec<O>>,
}

/// The handlers' end of the queue.
pub struct Queue<I, O>(SyncSender<Pending<I, O>>);

/// The computing end of the queue.
pub struct Worker<I, O> {
    jobs: Receiver<Pending<I, O>>,
    batch: usize,
    wait: Duration,
}

/// A queue of at most `length` requests, computed in batches of `batch` samples. A batch that is not full waits up to
/// `wait` for more.
pub fn queue<I, O>(length: usize, batch: usize, wait: Duration) -> (Queue<I, O>, Worker<I, O>) {
    let (sender, jobs) = sync_channel(length);
    (Queue(sender), Worker { jobs, batch, wait })
}

impl<I, O> Queue<I, O> {
    /// Queues samples and returns an output for each.
    ///
    /// # Errors
    /// 429 at once when the queue is full; 503 when the server shuts down.
    pub async fn submit(&self, samples: Vec<I>) -> Result<Vec<O>, ApiError> {
        let (reply, output) = oneshot::channel();
        self.0.try_send(Pending { samples, reply }).map_err(|error| match error {
            TrySendError::Full(_) => ApiError::queue_full(),
            TrySendError::Disconnected(_) => ApiError::shutting_down(),
        })?;
        output.await.map_err(|_| ApiError::shutting_down())
    }
}

impl<I, O> Worker<I, O> {
    /// Computes batches until all [`Queue`]s are dropped. `compute` returns an output for each sample.
    pub fn run(self, mut compute: impl FnMut(Vec<I>) -> Vec<O>) {
        while let Ok(first) = self.jobs.recv() {
            let jobs = self.next_batch(first);
            let (mut samples, mut waiting) = (Vec::new(), Vec::new());
            // Cancelled requests are skipped.
            for job in jobs.into_iter().filter(|job| !job.reply.is_closed()) {
                waiting.push((job.samples.len(), job.reply));
                samples.extend(job.samples);
            }
            if samples.is_empty() {
                continue;
            }
            let mut outputs = compute(samples).into_iter();
            for (count, reply) in waiting {
                let _ = reply.send(outputs.by_ref().take(count).collect());
            }
        }
    }

    fn next_batch(&self, first: Pending<I, O>) -> Vec<Pending<I, O>> {
        let end = Instant::now() + self.wait;
        let mut samples = first.samples.len();
        let mut jobs = vec![first];
        while samples < self.batch {
            let left = end.saturating_duration_since(Instant::now());
            match self.jobs.recv_timeout(left) {
                Ok(job) => {
                    samples += job.samples.len();
                    jobs.push(job);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        jobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn waiting_requests_are_computed_together_and_each_gets_its_own_outputs() {
        let (queue, worker) = queue(8, 4, Duration::from_secs(1));
        let submit = async move {
            tokio::join!(queue.submit(vec![1]), queue.submit(vec![2, 3]), queue.submit(vec![4]))
        };
        let mut batches = Vec::new();
        let outputs = std::thread::scope(|scope| {
            let submitting = scope.spawn(|| block_on(submit));
            worker.run(|samples: Vec<i32>| {
                batches.push(samples.len());
                samples.into_iter().map(|sample| sample * 10).collect::<Vec<i32>>()
            });
            submitting.join().unwrap()
        });
        let found = [outputs.0, outputs.1, outputs.2].map(|output| output.unwrap());
        assert_eq!(found, [vec![10], vec![20, 30], vec![40]]);
        assert_eq!(batches, [4], "a full batch is not held back");
    }

    #[test]
    fn a_full_queue_refuses_and_cancelled_requests_are_not_computed() {
        let (queue, worker) = queue::<i32, i32>(1, 4, Duration::ZERO);
        let (reply, gone) = oneshot::channel();
        drop(gone);
        queue.0.try_send(Pending { samples: vec![1], reply }).ok().unwrap();
        let refused = block_on(queue.submit(vec![2])).unwrap_err();
        assert_eq!(refused.status.as_u16(), 429);
        drop(queue);
        worker.run(|_| panic!("nobody waits"));
    }
}
