//! The images and checkpoints that a long run keeps.

use std::path::PathBuf;

use hearth_config::TimeUnits;
use hearth_data::ImageShape;

use super::*;
use crate::plan::Plan;
use crate::task::bitmap::Bitmap;

fn recorder(run: &RunDir) -> Recorder {
    Recorder::new(run.clone(), 2, Metric::Accuracy, Vec::new(), 0).expect("a log")
}

/// Keeps an image of each of these steps.
fn keep(recorder: &mut Recorder, steps: impl IntoIterator<Item = u64>) {
    let plan = Plan {
        total_steps: 1000,
        units: TimeUnits { steps_per_epoch: Some(1), frames_per_step: None },
        evaluate_every: Some(1),
        checkpoint_every: 1,
        log_every: 1,
        best_by: Metric::Distance,
        early_stop: None,
    };
    let shape = ImageShape { channels: 1, height: 1, width: 1 };
    let artifact = Artifact { folder: "samples", picture: Bitmap { shape, pixels: vec![0] } };
    for now in steps {
        recorder.keep(now, &artifact, |step| plan.keeps_image(step, now)).expect("a file");
    }
}

fn steps(run: &RunDir) -> Vec<u64> {
    let files: Vec<PathBuf> = run.files("samples").expect("a folder");
    files.iter().filter_map(|file| step_of(file)).collect()
}

#[test]
fn a_long_run_keeps_few_images_and_a_resumed_one_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let [whole, killed] =
        ["whole", "killed"].map(|name| RunDir::create(folder.path().join(name)).expect("a run"));
    let mut uninterrupted = recorder(&whole);
    keep(&mut uninterrupted, 1..=120);
    assert_eq!(steps(&whole), (1..=120).collect::<Vec<_>>());
    keep(&mut uninterrupted, 121..=251);
    // The kill comes after more images are removed than at the checkpoint that the run resumes from.
    keep(&mut recorder(&killed), 1..=245);
    keep(&mut recorder(&killed), 111..=251);
    let every_fourth = (1..=62).map(|fourth| 4 * fourth).chain([251]);
    assert_eq!(steps(&whole), every_fourth.collect::<Vec<_>>());
    assert_eq!(steps(&killed), steps(&whole));
}

#[test]
fn a_long_run_remembers_the_newest_checkpoints_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = RunDir::create(folder.path()).expect("a run");
    let mut recorder = recorder(&run);
    for step in 1..=10 {
        let mut state = StateDict::new();
        state.insert("trainer.step", step).expect("a new name");
        let best = Some(Standing { step: 3.min(step), value: 0.5, loss: None });
        recorder.save(&state, Kept { step, best }).expect("a checkpoint");
    }
    assert_eq!(recorder.kept.len(), 2);
    assert_eq!(run.checkpoints().steps().expect("a folder"), [3, 9, 10]);
}
