use hearth_config::{Better, Metric};
use hearth_data::DataCard;
use hearth_report::report::Score;
use hearth_train::Backend;
use hearth_train::task::layer_table::LayerTable;
use hearth_train::task::scalars::Sums;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

fn dashboard(steps: [u64; 2]) -> Dashboard {
    Dashboard::new(&Summary {
        name: "try".into(),
        data: DataCard { name: "fashion-mnist-mini".into(), ..DataCard::default() },
        layers: LayerTable { rows: Vec::new(), parameters: 50_890 },
        memory: 53_000_000,
        steps,
        backend: Backend::default(),
        threads: 2,
    })
}

fn step<const N: usize>(step: u64, steps: [u64; 2], results: [(&str, f64); N]) -> StepDone {
    let totals = Scalars::new(results.map(|(name, mean)| (name, 64.0 * mean)));
    StepDone {
        step,
        total_steps: steps[1],
        steps_per_epoch: steps[0],
        sums: Sums { samples: 64, totals },
        learning_rate: 0.0123,
    }
}

fn classified(loss: f64, accuracy: f64) -> Report {
    let scores = vec![Score::of(Metric::Loss, loss), Score::of(Metric::Accuracy, accuracy)];
    Report { split: "valid".into(), scores, ..Report::default() }
}

fn made(distance: f64) -> Report {
    let others = [
        ("floor", 1.9),
        ("ceiling", 259.0),
        ("precision", 0.5),
        ("recall", 0.25),
        ("entropy", 2.2),
    ];
    let others = others.map(|(name, value)| Score { name, value, better: Better::Neither });
    let scores = [Score::of(Metric::Distance, distance)].into_iter().chain(others).collect();
    Report { split: "valid".into(), scores, ..Report::default() }
}

/// A dashboard after one and a half epochs of three, with an evaluation between them.
fn halfway() -> Dashboard {
    let steps = [40, 120];
    let mut dashboard = dashboard(steps);
    for number in 1..=60 {
        let loss = 2.0 / number as f64;
        let done = step(number, steps, [("loss", loss), ("accuracy", 1.0 - loss / 2.0)]);
        dashboard.on_step(&done, Duration::from_millis(500 * number));
        if number == 40 {
            dashboard.on_message("epoch 1/3  loss 0.4321\n           and more");
            dashboard.on_evaluated(&classified(0.25, 0.875));
        }
    }
    dashboard
}

fn terminal(width: u16, height: u16) -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(width, height)).unwrap()
}

fn drawn(terminal: &mut Terminal<TestBackend>, dashboard: &Dashboard) -> String {
    terminal.draw(|frame| dashboard.draw(frame, Duration::from_secs(70))).unwrap();
    terminal.backend().to_string()
}

fn is_braille(letter: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&letter)
}

#[test]
fn everything_is_on_a_terminal_of_the_usual_size() {
    let seen = drawn(&mut terminal(80, 24), &halfway());
    for part in [
        "hearth  try · flex, 2 threads · fashion-mnist-mini · 50,890 parameters",
        "loss ━ train 0.0333 ━ valid 0.250",
        "accuracy ━ train 0.983 ━ valid 0.875",
        "epoch 2/3, step 20/40",
        "1 min 10 s, 30 s left",
        " 50 % ━━",
        "128 samples/s   learning rate 0.0123",
        "valid  loss 0.250  accuracy 0.875",
        "epoch 1/3  loss 0.4321",
        "and more",
        "q stop after this step, with a checkpoint",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    assert!(seen.chars().filter(|letter| is_braille(*letter)).count() > 50, "curves\n{seen}");
}

#[test]
fn the_least_size_shows_the_same_shorter() {
    let (width, height) = MIN_SIZE;
    let mut dashboard = halfway();
    dashboard.stopping = true;
    let seen = drawn(&mut terminal(width, height), &dashboard);
    for part in [
        "try · flex, 2 threads",
        "loss ━ train",
        "accuracy ━ train",
        "epoch 2/3",
        "left",
        "samples/s",
        "valid  loss 0.250  accuracy 0.875",
        "and more",
        "stopping after this step; Ctrl-C stops at once",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    assert!(seen.chars().any(is_braille), "curves\n{seen}");
}

#[test]
fn a_pair_of_networks_has_its_losses_and_the_distance() {
    let steps = [40, 120];
    let mut dashboard = dashboard(steps);
    for number in 1..=2 {
        let results = [
            ("discriminator_loss", 1.5),
            ("generator_loss", 0.75),
            ("real_logit", 2.0),
            ("made_logit", -2.0),
        ];
        dashboard.on_step(&step(number, steps, results), Duration::from_secs(number));
    }
    assert_eq!(dashboard.groups(), ["loss", "logit"]);
    dashboard.on_evaluated(&made(37.8));
    assert_eq!(dashboard.groups(), ["loss", "distance", "logit"]);
    let seen = drawn(&mut terminal(150, 24), &dashboard);
    for part in [
        "loss ━ discriminator 1.50 ━ generator 0.750",
        "distance ━ valid 37.8",
        "logit ━ real 2.00 ━ made -2.00",
        "valid  distance 37.8  floor 1.90  ceiling 259  precision 0.500",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    let narrow = drawn(&mut terminal(80, 24), &dashboard);
    assert!(narrow.contains("distance ━") && !narrow.contains("logit"), "{narrow}");
}

#[test]
fn a_terminal_may_become_tiny_and_large_again() {
    let (mut terminal, dashboard) = (terminal(80, 24), halfway());
    let before = drawn(&mut terminal, &dashboard);
    for (width, height) in [(20, 5), (1, 1), (3, 40), (200, 2), (300, 100)] {
        terminal.backend_mut().resize(width, height);
        drawn(&mut terminal, &dashboard);
    }
    terminal.backend_mut().resize(80, 24);
    assert_eq!(drawn(&mut terminal, &dashboard), before);
}

#[test]
fn results_that_are_not_finite_are_printed_and_not_drawn() {
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 0.0];
    for value in values {
        for values in [[value, value], [1.0, value], [value, 1.0]] {
            let mut dashboard = dashboard([2, 2]);
            for (number, value) in (1..).zip(values) {
                let done = step(number, [2, 2], [("loss", value)]);
                dashboard.on_step(&done, Duration::from_secs(number));
                dashboard.on_evaluated(&classified(value, value));
            }
            for (width, height) in [(80, 24), MIN_SIZE, (20, 5)] {
                drawn(&mut terminal(width, height), &dashboard);
            }
        }
    }
    let mut dashboard = dashboard([2, 2]);
    dashboard.on_step(&step(1, [2, 2], [("loss", f64::NAN)]), Duration::ZERO);
    let seen = drawn(&mut terminal(80, 24), &dashboard);
    assert!(seen.contains("train NaN"), "{seen}");
}

#[test]
fn before_the_first_results_there_is_no_chart() {
    let mut dashboard = dashboard([40, 120]);
    let unread = StepDone { sums: Sums::default(), ..step(1, [40, 120], []) };
    dashboard.on_step(&unread, Duration::from_secs(1));
    let seen = drawn(&mut terminal(80, 24), &dashboard);
    for part in ["epoch 1/3, step 1/40", "0 s ", "- samples/s", "not evaluated yet"] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
}
