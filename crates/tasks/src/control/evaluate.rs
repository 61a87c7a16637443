//! Evaluation of an agent: whole episodes by its most probable actions, and their returns.

use hearth_config::seed::{Purpose, Stream};
use hearth_config::{Better, Config, EnvironmentKind, Metric};
use hearth_environments::{Episode, Mark, Worlds, play_all_replies};
use hearth_model::ForwardContext;
use hearth_report::Report;
use hearth_report::report::{Score, View};
use hearth_train::error::TrainError;
use hearth_train::task::Split;
use serde_json::json;

use super::policy::{Actor, Chosen, forget};
use super::{entry, observed, worlds};

/// Episodes of an evaluation after training.
const EPISODES: usize = 100;

/// The environments of an evaluation: others than those of training.
pub struct AgentEvaluation {
    worlds: Box<dyn Worlds>,
    /// True for tic-tac-toe, whose lines of play are few enough to try them all.
    is_tic_tac_toe: bool,
    episodes: usize,
    seed: u64,
}

impl AgentEvaluation {
    /// The evaluation of a config's agent, in environments like these.
    pub fn new(config: &Config, like: &dyn Worlds) -> Self {
        let episodes = entry::algorithm(config).evaluation.eval_episodes;
        let kind = &entry::environment(config).kind;
        let is_tic_tac_toe = matches!(kind, EnvironmentKind::TicTacToe(_));
        Self { worlds: like.copy(), is_tic_tac_toe, episodes, seed: config.run.seed }
    }

    /// The results of an agent: in validation, of the config's number of episodes; in a test, of 100 others. There is
    /// no other split.
    pub fn run(&self, actor: &Actor<'_>, split: Split) -> Option<Report> {
        let (episodes, number) = match split {
            Split::Valid => (self.episodes, 0),
            Split::Test => (EPISODES, 1),
            Split::Train | Split::Longer => return None,
        };
        // Environments of training have smaller numbers.
        let seed = Stream::new(self.seed, Purpose::Environment, u64::MAX, number).bits();
        let worlds = self.worlds.others(episodes, seed);
        match play(actor, worlds, &mut |_| ()) {
            Ok(episodes) => {
                let mut report = report(&episodes, split);
                if self.is_tic_tac_toe {
                    add_all_replies(&mut report, actor);
                }
                Some(report)
            }
            Err(fault) => {
                let warnings = vec![format!("warning: the evaluation failed: {fault}")];
                Some(Report { split: split.name().into(), warnings, ..Report::default() })
            }
        }
    }
}

/// Adds the outcomes of an agent's games against all replies, as first and as second player.
fn add_all_replies(report: &mut Report, actor: &Actor<'_>) {
    let mut lost = 0;
    for (name, mark) in [("as_first", Mark::Cross), ("as_second", Mark::Nought)] {
        let outcomes = play_all_replies(mark, |observation, mask| {
            let inputs = actor.inputs(observation, &mut Vec::new(), &mut ForwardContext::default());
            match actor.most_probable(inputs, mask) {
                Chosen::Discrete(actions) => actions[0],
                Chosen::Continuous(_) => unreachable!("a square is a discrete action"),
            }
        });
        lost += outcomes.lost;
        let words = format!(
            "{}, against all replies: {} games won, {} drawn, {} lost",
            name.replace('_', " "),
            outcomes.won,
            outcomes.drawn,
            outcomes.lost
        );
        let counts = json!({
            "won": outcomes.won,
            "drawn": outcomes.drawn,
            "lost": outcomes.lost,
            "first_lost": outcomes.first_lost,
        });
        report.views.push((name, View::Text(counts, words)));
    }
    let lost = Score { name: "lost_lines", value: f64::from(lost), better: Better::Lower };
    report.scores.push(lost);
}

/// Plays one episode in each environment, by the most probable actions; in the order of environments. `watch` is called
/// before each step.
pub fn play(
    actor: &Actor<'_>,
    mut worlds: Box<dyn Worlds>,
    watch: &mut dyn FnMut(&dyn Worlds),
) -> Result<Vec<Episode>, TrainError> {
    let space = worlds.spaces().action.clone();
    let mut current = observed(&*worlds)?;
    let mut ended: Vec<Option<Episode>> = vec![None; worlds.count()];
    let (mut bounded, mut memory) = (Vec::new(), Vec::new());
    while ended.contains(&None) {
        watch(&*worlds);
        let inputs =
            actor.inputs(&current.observations, &mut memory, &mut ForwardContext::default());
        let chosen = actor.most_probable(inputs, &current.masks);
        worlds.step(chosen.within(&space, &mut bounded), &mut current).map_err(worlds::fault)?;
        forget(&mut memory, &current);
        for episode in &current.episodes {
            ended[episode.environment].get_or_insert(*episode);
        }
    }
    Ok(ended.into_iter().flatten().collect())
}

/// The mean, deviation and extremes of returns, and a 95 % interval of the mean.
pub fn report(episodes: &[Episode], split: Split) -> Report {
    let returns: Vec<f64> = episodes.iter().map(|episode| episode.episodic_return).collect();
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let squares = returns.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    // The normal approximation: there are 20 episodes or more.
    let half = 1.96 * deviation / count.sqrt();
    let lowest = returns.iter().copied().fold(f64::INFINITY, f64::min);
    let length = episodes.iter().map(|episode| f64::from(episode.length)).sum::<f64>() / count;
    let score = |name, value, better| Score { name, value, better };
    Report {
        split: split.name().to_owned(),
        scores: vec![
            Score::of(Metric::EpisodicReturn, mean),
            score("episodic_return_std", deviation, Better::Neither),
            score("episodic_return_min", lowest, Better::Neither),
            score("episodic_length", length, Better::Neither),
        ],
        headline: format!(
            "return {mean:.1} over {count} episodes, within {half:.1} of it with 95 % confidence; lowest {lowest:.1}"
        ),
        views: vec![
            ("episodes", View::Text(json!(episodes.len()), String::new())),
            ("interval", View::Text(json!([mean - half, mean + half]), String::new())),
            ("returns", View::Text(json!(returns), String::new())),
        ],
        ..Report::default()
    }
}
