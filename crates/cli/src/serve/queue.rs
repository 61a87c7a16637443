//! Many requests, one forward pass.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::refusal::Refusal;

/// A request's rows, and where their answers go.
struct Job<I, O> {
    rows: Vec<I>,
    answer: oneshot::Sender<Vec<O>>,
}

/// Where handlers ask.
pub struct Queue<I, O>(SyncSender<Job<I, O>>);

/// Where the asked things are computed.
pub struct Worker<I, O> {
    jobs: Receiver<Job<I, O>>,
    batch: usize,
    wait: Duration,
}

/// A queue of at most `length` requests, computed `batch` rows at a time; a batch that is not full waits so
/// long for more.
pub fn queue<I, O>(length: usize, batch: usize, wait: Duration) -> (Queue<I, O>, Worker<I, O>) {
    let (sender, jobs) = sync_channel(length);
    (Queue(sender), Worker { jobs, batch, wait })
}

impl<I, O> Queue<I, O> {
    /// An answer for each row. A full queue refuses at once.
    pub async fn ask(&self, rows: Vec<I>) -> Result<Vec<O>, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Job { rows, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::busy(),
            TrySendError::Disconnected(_) => Refusal::ending(),
        })?;
        answered.await.map_err(|_| Refusal::ending())
    }
}

impl<I, O> Worker<I, O> {
    /// Computes until nobody can ask any more. `compute` gives an answer for each row.
    pub fn run(self, mut compute: impl FnMut(Vec<I>) -> Vec<O>) {
        while let Ok(first) = self.jobs.recv() {
            let jobs = self.gather(first);
            let (mut rows, mut waiting) = (Vec::new(), Vec::new());
            // Whoever has given up is not computed for.
            for job in jobs.into_iter().filter(|job| !job.answer.is_closed()) {
                waiting.push((job.rows.len(), job.answer));
                rows.extend(job.rows);
            }
            if rows.is_empty() {
                continue;
            }
            let mut answers = compute(rows).into_iter();
            for (count, answer) in waiting {
                let _ = answer.send(answers.by_ref().take(count).collect());
            }
        }
    }

    fn gather(&self, first: Job<I, O>) -> Vec<Job<I, O>> {
        let end = Instant::now() + self.wait;
        let mut rows = first.rows.len();
        let mut jobs = vec![first];
        while rows < self.batch {
            let left = end.saturating_duration_since(Instant::now());
            match self.jobs.recv_timeout(left) {
                Ok(job) => {
                    rows += job.rows.len();
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
    fn waiting_requests_are_computed_together_and_each_gets_its_own_answers() {
        let (queue, worker) = queue(8, 4, Duration::from_secs(1));
        let ask = async move {
            tokio::join!(queue.ask(vec![1]), queue.ask(vec![2, 3]), queue.ask(vec![4]))
        };
        let mut batches = Vec::new();
        let answers = std::thread::scope(|scope| {
            let asking = scope.spawn(|| block_on(ask));
            worker.run(|rows: Vec<i32>| {
                batches.push(rows.len());
                rows.into_iter().map(|row| row * 10).collect::<Vec<i32>>()
            });
            asking.join().unwrap()
        });
        let found = [answers.0, answers.1, answers.2].map(|answer| answer.unwrap());
        assert_eq!(found, [vec![10], vec![20, 30], vec![40]]);
        assert_eq!(batches, [4], "a full batch is not held back");
    }

    #[test]
    fn a_full_queue_refuses_and_those_who_gave_up_are_not_computed() {
        let (queue, worker) = queue::<i32, i32>(1, 4, Duration::ZERO);
        let (answer, gone) = oneshot::channel();
        drop(gone);
        queue.0.try_send(Job { rows: vec![1], answer }).ok().unwrap();
        let refused = block_on(queue.ask(vec![2])).unwrap_err();
        assert_eq!(refused.status.as_u16(), 429);
        drop(queue);
        worker.run(|_| panic!("nobody waits"));
    }
}
