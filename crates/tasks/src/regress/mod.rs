//! Regression: prediction of a number from a row of a table.

use burn::tensor::{Tensor, TensorData};
use hearth_config::{Config, Metric, RegressionLoss};
use hearth_data::tables::{Coding, RowBatch, Rows, Target, Targets};
use hearth_data::{Labels, Subset};
use hearth_report::report::{Report, Scatter, Score, View, line};
use hearth_train::backend::scalar::Scalar;
use hearth_train::error::TrainError;
use hearth_train::task::Split;
use hearth_train::task::step::StepContext;
use hearth_train::{Opened, Opening, TaskHooks};
use serde_json::json;

use crate::entry::TaskEntry;
use crate::predictor;
use crate::rows;
use crate::rows::predict::RowPredictor;
use crate::supervised::{Loss, Objective, Outputs};

/// Regression in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry {
    hooks: TaskHooks {
        labels: Labels::Unused,
        has_one_loss: true,
        open,
        sizes: rows::sizes,
        next: rows::next,
    },
    evaluate: |evaluation, notice| rows::evaluate_run(evaluation, objective, notice),
    predictor: predictor::boxed::<RowPredictor>,
    export: rows::export::network,
};

/// The most points of a plot.
const MOST_POINTS: usize = 2000;

fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let table = rows::table(opening.data)?;
    let objective = objective(opening.config, &table.coding);
    rows::open(opening, table, objective)
}

fn objective(config: &Config, coding: &Coding) -> Deviation {
    Deviation::new(config.train.loss.unwrap_or_default(), coding)
}

/// Regression as an objective: the deviation of a predicted number from the target, both standardised by the mean and
/// standard deviation of the training set.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    loss: RegressionLoss,
    /// The target's column.
    name: String,
    /// Mean and standard deviation of the target, in its unit.
    mean: f64,
    std: f64,
}

impl Deviation {
    /// The objective with this loss for the target of a coding.
    pub fn new(loss: RegressionLoss, coding: &Coding) -> Self {
        let (mean, std) = match coding.target {
            Target::Number { mean, std } => (mean, std),
            Target::Classes { .. } => (0.0, 1.0),
        };
        Self { loss, name: coding.target_column.clone(), mean, std }
    }

    /// A network's output in the target's unit: `output * std + mean`.
    pub fn number(&self, output: f32) -> f64 {
        f64::from(output).mul_add(self.std, self.mean)
    }
}

/// Outputs `[batch, 1]` minus the targets, `[batch, 1]`.
fn deviations(outputs: Tensor<2>, targets: &[f32]) -> Tensor<2> {
    let data = TensorData::new(targets.to_vec(), [targets.len(), 1]);
    let actual = Tensor::from_data(data, &outputs.device());
    outputs - actual
}

impl Loss for Deviation {
    /// A standardised number.
    type Target = f32;

    const MEASURE: &'static str = "mae";

    fn total_weight(&self, targets: &[f32]) -> f64 {
        targets.len() as f64
    }

    /// The sum over the batch, divided by `total_weight`. With `d` the deviation: `d^2` (squared), `|d|` (absolute), or
    /// `d^2 / 2` for `|d| <= 1` and `|d| - 1/2` above (Huber 1964).
    fn loss(&self, outputs: Tensor<2>, targets: &[f32], total_weight: f64) -> Tensor<1> {
        let deviations = deviations(outputs, targets);
        let losses = match self.loss {
            RegressionLoss::Squared => deviations.clone() * deviations,
            RegressionLoss::Absolute => deviations.abs(),
            RegressionLoss::Huber => {
                let size = deviations.abs();
                // Both branches of the definition in one expression.
                let inner = size.clone().clamp_max(1.0);
                inner.clone() * (size - inner.mul_scalar(0.5))
            }
        };
        losses.sum().div_scalar(total_weight)
    }

    fn measure(
        &self,
        outputs: Tensor<2>,
        targets: &[f32],
        context: &mut StepContext<'_>,
    ) -> Scalar {
        let sum = deviations(outputs, targets).abs().sum();
        context.read("mean absolute error", sum) * self.std
    }
}

impl Objective<Rows> for Deviation {
    fn targets<'b>(&self, batch: &'b RowBatch) -> &'b [f32] {
        match &batch.targets {
            Targets::Numbers(numbers) => numbers,
            Targets::Classes(_) | Targets::Unknown => &[],
        }
    }

    fn report(&self, split: Split, _: &Subset<Rows>, outputs: Outputs<'_, f32>) -> Report {
        let (mut predicted, mut actual) = (Vec::new(), Vec::new());
        outputs(&mut |outputs, targets| {
            predicted.extend(outputs.iter().map(|output| self.number(*output)));
            actual.extend(targets.iter().map(|target| self.number(*target)));
        });
        self.results(split, &predicted, &actual)
    }
}

impl Deviation {
    /// The results of predicted and true numbers, in the target's unit: `rmse` is the root mean squared error, `mae` the
    /// mean absolute error, `r2` the coefficient of determination, `loss` the training loss.
    fn results(&self, split: Split, predicted: &[f64], actual: &[f64]) -> Report {
        let count = actual.len();
        let mean = |sum: f64| if count == 0 { 0.0 } else { sum / count as f64 };
        let errors: Vec<f64> = predicted.iter().zip(actual).map(|(p, w)| p - w).collect();
        let squared: f64 = errors.iter().map(|error| error * error).sum();
        let center = mean(actual.iter().sum());
        let spread: f64 = actual.iter().map(|number| (number - center).powi(2)).sum();
        // Undefined for targets without variance.
        let r2 = if spread > 0.0 { 1.0 - squared / spread } else { f64::NAN };
        let loss = errors.iter().map(|error| {
            let size = (error / self.std).abs();
            match self.loss {
                RegressionLoss::Squared => size * size,
                RegressionLoss::Absolute => size,
                RegressionLoss::Huber if size <= 1.0 => 0.5 * size * size,
                RegressionLoss::Huber => size - 0.5,
            }
        });
        let scores = vec![
            Score::of(Metric::Loss, mean(loss.sum())),
            Score::of(Metric::Rmse, mean(squared).sqrt()),
            Score::of(Metric::Mae, mean(errors.iter().map(|error| error.abs()).sum())),
            Score::of(Metric::R2, r2),
        ];
        // At most 2000 points, at even distances in the set.
        let every = count.div_ceil(MOST_POINTS).max(1);
        let shown = (0..count).step_by(every);
        let name = &self.name;
        let of_predicted = Scatter {
            caption: format!("Predicted {name} beside the true one: on the line they are equal"),
            axes: [format!("true {name}"), format!("predicted {name}")],
            points: shown.clone().map(|row| (actual[row], predicted[row])).collect(),
            slope: 1.0,
        };
        let of_residuals = Scatter {
            caption: "Residuals: true less predicted".to_owned(),
            axes: [format!("predicted {name}"), "residual".to_owned()],
            points: shown.map(|row| (predicted[row], -errors[row])).collect(),
            slope: 0.0,
        };
        Report {
            split: split.name().to_owned(),
            headline: line(&scores),
            scores,
            views: vec![
                ("samples", View::Text(json!(count), format!("{count} rows"))),
                ("predicted", View::Scatter(of_predicted)),
                ("residuals", View::Scatter(of_residuals)),
            ],
            brief: Some(&["loss", "rmse", "mae", "r2", "samples"]),
            ..Report::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_train::Backend;

    use super::*;

    fn deviation(loss: RegressionLoss) -> Deviation {
        let target = Target::Number { mean: 10.0, std: 2.0 };
        Deviation::new(loss, &Coding { columns: Vec::new(), target_column: "price".into(), target })
    }

    /// The loss of outputs 0.5 and 3 with targets 0, and its gradient by each output.
    fn loss(loss: RegressionLoss) -> (f32, Vec<f32>) {
        let device = Backend::default().device().expect("a CPU").autodiff();
        let outputs = Tensor::<2>::from_data([[0.5_f32], [3.0]], &device).require_grad();
        let loss = deviation(loss).loss(outputs.clone(), &[0.0, 0.0], 2.0);
        let gradients = loss.backward();
        let gradient = outputs.grad(&gradients).expect("it requires a gradient");
        (loss.into_scalar::<f32>(), gradient.into_data().try_into_vec().expect("floats"))
    }

    #[test]
    fn losses_and_gradients_match_their_definitions() {
        // By hand: (0.25 + 9) / 2; (0.5 + 3) / 2; (0.125 + 2.5) / 2.
        assert_eq!(loss(RegressionLoss::Squared), (4.625, vec![0.5, 3.0]));
        assert_eq!(loss(RegressionLoss::Absolute), (1.75, vec![0.5, 0.5]));
        assert_eq!(loss(RegressionLoss::Huber), (1.3125, vec![0.25, 0.5]));
    }

    #[test]
    fn results_are_in_the_unit_of_the_target() {
        let deviation = deviation(RegressionLoss::Squared);
        let report = deviation.results(Split::Test, &[10.0, 14.0, 12.0], &[11.0, 13.0, 16.0]);
        let score = |name: &str| report.score(name).expect(name);
        // Errors -1, 1, -4; the targets have mean 40 / 3, and their squared deviations sum to 38 / 3.
        assert!((score("rmse") - 6.0_f64.sqrt()).abs() < 1e-12);
        assert!((score("mae") - 2.0).abs() < 1e-12);
        assert!((score("r2") - (1.0 - 18.0 / (38.0 / 3.0))).abs() < 1e-12);
        assert!((score("loss") - 6.0 / 4.0).abs() < 1e-12, "in standard deviations");
        assert!((deviation.number(-1.5) - 7.0).abs() < 1e-12);
        assert!(deviation.results(Split::Test, &[1.0], &[1.0]).score("r2").expect("r2").is_nan());
    }
}
