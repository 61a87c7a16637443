//! The end of a training session.

/// The reason for which training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// The validation result has not improved for `early_stop.patience` evaluations.
    EarlyStopped,
    /// The deadline has passed.
    OutOfTime,
    /// The user asked to stop; a checkpoint was written.
    Interrupted,
}
