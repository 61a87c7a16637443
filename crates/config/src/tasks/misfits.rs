//! The task of a config: defaults that follow from it, and settings that contradict it.

use crate::config::Config;
use crate::sections::{Cadence, TrainConfig};
use crate::syntax::diagnostic::{Diagnostic, Diagnostics};
use crate::tasks::{Metric, TaskConfig, TaskKind};

impl Config {
    /// The task; none for a table whose target column has yet to decide it.
    pub fn task_kind(&self) -> Option<TaskKind> {
        self.task.map(|task| task.kind)
    }

    /// Sets the task of a table without `[task]`, once its target column is known, and the defaults that follow from
    /// it. Settings that contradict it are an error, which leaves the config unchanged.
    pub fn decide_task(&mut self, kind: TaskKind) -> Result<(), Diagnostics> {
        let diagnostics: Vec<_> =
            self.train.misfits(Some(kind)).map(Misfit::into_diagnostic).collect();
        if !diagnostics.is_empty() {
            return Err(Diagnostics(diagnostics));
        }
        self.task = Some(TaskConfig { kind });
        self.train.complete(kind);
        Ok(())
    }
}

/// A setting that contradicts the task.
pub(crate) struct Misfit {
    pub key: &'static str,
    pub message: String,
}

impl Misfit {
    fn into_diagnostic(self) -> Diagnostic {
        Diagnostic::new(self.message)
    }
}

impl TrainConfig {
    /// Fills in the defaults that follow from the task.
    pub(crate) fn complete(&mut self, task: TaskKind) {
        self.best_by.get_or_insert(task.metrics()[0]);
        if task == TaskKind::Regress {
            self.loss.get_or_insert_default();
        }
        if task == TaskKind::Control {
            // An environment has no epochs.
            let tenth = self.length().tenth();
            for cadence in [&mut self.evaluate_every, &mut self.checkpoint_every] {
                if *cadence == Cadence::default() {
                    *cadence = tenth;
                }
            }
        }
    }

    /// The settings that contradict a task; without one, those that contradict both tasks of a table.
    pub(crate) fn misfits(&self, task: Option<TaskKind>) -> impl Iterator<Item = Misfit> {
        let fits = |metric| match task {
            Some(task) => task.metrics().contains(&metric),
            None => {
                TaskKind::Classify.metrics().contains(&metric)
                    || TaskKind::Regress.metrics().contains(&metric)
            }
        };
        let regresses = task == Some(TaskKind::Regress);
        let other = task.filter(|_| !regresses).map(TaskKind::name);
        let best_by = self
            .best_by
            .filter(|&metric| !fits(metric))
            .map(|metric| Misfit { key: "train.best_by", message: unfit_metric(metric, task) });
        let loss = other.filter(|_| self.loss.is_some()).map(|name| Misfit {
            key: "train.loss",
            message: format!("`train.loss` is for regression, and the task is \"{name}\""),
        });
        let translates = task == Some(TaskKind::Translate);
        let of_classes = [
            ("train.label_smoothing", self.label_smoothing > 0.0 && regresses),
            ("train.class_weights", self.class_weights.is_some() && (regresses || translates)),
        ];
        let of_classes = of_classes.into_iter().filter(|(_, found)| *found);
        let name = task.map_or("", TaskKind::name);
        let of_classes = of_classes.map(move |(key, _)| Misfit {
            key,
            message: format!("`{key}` is for classification, and the task is \"{name}\""),
        });
        let sampling = self.scheduled_sampling.filter(|_| !translates).map(|_| Misfit {
            key: "train.scheduled_sampling",
            message: "`train.scheduled_sampling` is for translators, and this network is none"
                .into(),
        });
        best_by.into_iter().chain(loss).chain(of_classes).chain(sampling)
    }
}

fn unfit_metric(metric: Metric, task: Option<TaskKind>) -> String {
    let name = metric.name();
    match (task, metric) {
        (Some(TaskKind::Generate), _) => {
            "the task is \"generate\", whose `train.best_by` is \"distance\"".to_owned()
        }
        (Some(TaskKind::Translate), _) => format!(
            "`train.best_by` is \"{name}\", and the task is \"translate\": \"loss\", \"exact_match\" and \"bleu\" fit"
        ),
        (Some(TaskKind::Control), _) => {
            "the task is \"control\", whose `train.best_by` is \"episodic_return\"".to_owned()
        }
        (_, Metric::EpisodicReturn) => {
            "`train.best_by` is \"episodic_return\", a metric of agents, and this network is none"
                .to_owned()
        }
        (_, Metric::ExactMatch | Metric::Bleu) => format!(
            "`train.best_by` is \"{name}\", a metric of translations, and this network makes none"
        ),
        (_, Metric::Distance) => {
            "`train.best_by` is \"distance\", a metric of generators, and this network is none"
                .to_owned()
        }
        (Some(TaskKind::Regress), _) => format!(
            "`train.best_by` is \"{name}\", a metric of classification, and the task is \"regress\": \"rmse\", \
             \"mae\", \"r2\" and \"loss\" fit"
        ),
        _ => format!(
            "`train.best_by` is \"{name}\", a metric of regression, and the task is \"classify\": \
             \"accuracy\" and \"loss\" fit"
        ),
    }
}
