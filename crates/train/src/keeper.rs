//! What a run leaves while it trains: checkpoints, the best one, and the log.

use hearth_config::Metric;
use hearth_store::{Best, MetricsLog, RunDir, StateDict, StoreError};
use serde::Serialize;

/// Writes into a run's folder.
pub struct Keeper {
    run: RunDir,
    log: MetricsLog,
    keep_last: usize,
    saved: Option<u64>,
}

impl Keeper {
    /// For a run that goes on after `saved`, the step of its newest checkpoint, when its log was
    /// `metrics_length` bytes long: what came later is cut off. A new run has saved nothing, and its
    /// log is empty.
    pub fn new(
        run: RunDir,
        keep_last: usize,
        saved: Option<u64>,
        metrics_length: u64,
    ) -> Result<Self, StoreError> {
        let log = MetricsLog::open(run.metrics(), metrics_length)?;
        Ok(Self { run, log, keep_last, saved })
    }

    /// Adds a line to metrics.jsonl.
    pub fn log(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        self.log.append(line)
    }

    /// The length of metrics.jsonl in bytes.
    pub fn metrics_length(&self) -> u64 {
        self.log.length()
    }

    /// The step of the newest checkpoint.
    pub fn saved(&self) -> Option<u64> {
        self.saved
    }

    /// Writes a checkpoint and then removes those that are no longer needed.
    pub fn save(
        &mut self,
        step: u64,
        state: &StateDict,
        best: Option<(u64, Metric, f64)>,
    ) -> Result<(), StoreError> {
        // The checkpoint holds the log's length, so the log has to be on disk first.
        self.log.sync()?;
        let checkpoints = self.run.checkpoints();
        checkpoints.save(step, state)?;
        self.saved = Some(step);
        if let Some((best_step, metric, value)) = best
            && best_step == step
        {
            let metric = match metric {
                Metric::Accuracy => "valid accuracy",
                Metric::Loss => "valid loss",
            };
            self.run.write_best(&Best { step, metric: metric.to_owned(), value })?;
        }
        let keep: Vec<u64> = best.map(|(step, ..)| step).into_iter().collect();
        checkpoints.prune(self.keep_last, &keep)
    }
}
