//! `hearth play`.

use std::path::Path;

use hearth_report::text_table;
use hearth_tasks::AgentPlayer;
use hearth_tasks::image::DynamicImage;
use hearth_train::Backend;
use hearth_train::task::bitmap::gif;
use serde::Serialize;

use crate::args::PlayArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say, write_file};

/// Maximum number of episodes.
const MAX_EPISODES: usize = 100_000;

/// The duration of a frame, in milliseconds.
const FRAME: u32 = 30;

#[derive(Serialize)]
struct PlayOutput {
    returns: Vec<f64>,
    lengths: Vec<u32>,
    mean: f64,
    seed: u64,
    step: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Plays episodes with a trained agent.
pub fn run(args: &PlayArgs, backend: Backend) -> Result<(), Failure> {
    let count = args.episodes;
    if !(1..=MAX_EPISODES).contains(&count) {
        return Err(Failure::usage(format!("--episodes is {count}; allowed: 1 to {MAX_EPISODES}")));
    }
    if let Some(end) = args.out.as_deref().and_then(Path::extension)
        && !end.eq_ignore_ascii_case("gif")
    {
        return Err(Failure::usage(format!(
            "--out is written as GIF: end its name with .gif instead of .{}",
            end.display()
        )));
    }
    let trained = &args.trained;
    let player = AgentPlayer::open(&trained.run, trained.checkpoint, backend)?;
    let episodes = player.play(count, args.seed)?;
    if let Some(path) = &args.out {
        let images = player.draw(args.seed)?;
        let frames = images.into_iter().map(|image| Ok(DynamicImage::from(image).into_rgba8()));
        let animation = gif(frames, FRAME).map_err(Failure::usage)?;
        write_file(path, &animation)?;
    }
    let returns: Vec<f64> = episodes.iter().map(|episode| episode.episodic_return).collect();
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let file = args.out.as_ref().map(|path| path.display().to_string());
    let step = player.trained().step;
    if trained.json {
        let lengths = episodes.iter().map(|episode| episode.length).collect();
        return print_json(&PlayOutput { returns, lengths, mean, seed: args.seed, step, file });
    }
    say(&format!("checkpoint of step {step}"));
    let rows = episodes.iter().enumerate().map(|(index, episode)| {
        let number = format!("{:.1}", episode.episodic_return);
        vec![(index + 1).to_string(), number, episode.length.to_string()]
    });
    let table = text_table(&["episode", "return", "steps"], rows);
    print(&format!("{table}\nmean return {mean:.1}"))?;
    file.map_or(Ok(()), |file| print(&file))
}
