//! Tic-tac-toe against an opponent that is part of the environment.

mod board;
mod replies;

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError, TensorValue};
use image::RgbImage;

pub use self::board::{Board, Mark, SQUARES};
pub use self::replies::{Outcomes, play_all_replies};
use crate::canvas::{BLUE, Canvas, GREY, RED};
use crate::{Action, ActionSpace, Environment, Spaces, StepResult};

/// The opponent of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opponent {
    /// Any empty square, each with the same probability.
    Random,
    /// A minimax move, any of the equally good ones with the same probability.
    Perfect,
}

/// The player who moves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// The agent.
    Agent,
    /// The opponent.
    Opponent,
    /// Either, by the episode's seed, with the same probability.
    Either,
}

/// A game of the agent against an opponent, who replies within the agent's step.
///
/// Observation: nine squares, line by line, 1 with a mark of the agent's and else 0, then nine of the opponent's.
/// Actions: the square to mark; the mask allows the empty ones. Reward: 1 for a won game, -1 for a lost one, and 0.
/// Terminal: a player has three in a line, or the board is full.
#[derive(Clone, Debug)]
pub struct TicTacToe {
    opponent: Opponent,
    starter: Starter,
    /// Of the current episode.
    seed: u64,
    /// The agent's.
    mark: Mark,
    board: Board,
}

impl TicTacToe {
    /// A game against this opponent.
    pub fn new(opponent: Opponent, starter: Starter) -> Self {
        let mut game =
            Self { opponent, starter, seed: 0, mark: Mark::Cross, board: Board::default() };
        game.reset(0);
        game
    }

    /// The current position.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The agent's mark.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    fn reply(&mut self) {
        let moves = match self.opponent {
            Opponent::Random => self.board.moves(),
            Opponent::Perfect => self.board.best_moves(),
        };
        // Stream 0 is the start's.
        let stream = 1 + self.board.num_moves() as u64;
        let mut random = Stream::new(self.seed, Purpose::Environment, stream, 0);
        self.play(moves[random.below(moves.len())]);
    }

    fn play(&mut self, square: usize) {
        self.board = self.board.play(square).expect("an allowed square");
    }
}

impl Environment for TicTacToe {
    fn spaces(&self) -> Spaces {
        Spaces { observation: 2 * SQUARES, action: ActionSpace::Discrete(SQUARES) }
    }

    fn max_steps(&self) -> Option<u32> {
        None
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        let agent = match self.starter {
            Starter::Agent => true,
            Starter::Opponent => false,
            Starter::Either => random.below(2) == 0,
        };
        self.mark = if agent { Mark::Cross } else { Mark::Nought };
        (self.seed, self.board) = (seed, Board::default());
        if !agent {
            self.reply();
        }
    }

    fn step(&mut self, action: Action<'_>) -> StepResult {
        self.play(action.index());
        if !self.board.is_over() {
            self.reply();
        }
        let reward = match self.board.winner() {
            Some(winner) if winner == self.mark => 1.0,
            Some(_) => -1.0,
            None => 0.0,
        };
        StepResult { reward, terminated: self.board.is_over() }
    }

    fn observe(&self, observation: &mut [f32]) {
        self.board.observe(self.mark, observation);
    }

    fn mask(&self, allowed: &mut [bool]) {
        self.board.mask(allowed);
    }

    /// The squares as 1 for a cross, -1 for a nought and 0.
    fn state(&self) -> Result<StateDict, StoreError> {
        let number = |mark: Option<Mark>| match mark {
            None => 0_i64,
            Some(Mark::Cross) => 1,
            Some(Mark::Nought) => -1,
        };
        let squares = self.board.squares().map(number);
        let mut state = StateDict::new();
        state.insert("seed", self.seed)?;
        state.insert("first", self.mark == Mark::Cross)?;
        state.insert("squares", TensorValue::new([SQUARES], &squares)?)?;
        Ok(state)
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        self.seed = state.take_u64("seed")?;
        self.mark = if state.take_bool("first")? { Mark::Cross } else { Mark::Nought };
        let numbers = state.take_values::<i64>("squares", &[SQUARES])?;
        let mark = |square: usize| match numbers[square] {
            0 => None,
            1 => Some(Mark::Cross),
            _ => Some(Mark::Nought),
        };
        let board = Board::new(std::array::from_fn(mark));
        let wanted = "a position in which the agent is to move";
        self.board = board
            .filter(|board| board.is_over() || board.to_move() == self.mark)
            .ok_or(StoreError::Kind { path: "squares".into(), wanted, found: "another" })?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let mut canvas = Canvas::new([200, 200], [1.5, -1.5], 3.2);
        for place in [1.0, 2.0] {
            canvas.line([place, 0.0], [place, -3.0], 0.03, GREY);
            canvas.line([0.0, -place], [3.0, -place], 0.03, GREY);
        }
        for (square, mark) in self.board.squares().iter().enumerate() {
            let [x, y] = [(square % 3) as f64 + 0.5, -((square / 3) as f64) - 0.5];
            match mark {
                Some(Mark::Cross) => {
                    canvas.line([x - 0.25, y - 0.25], [x + 0.25, y + 0.25], 0.1, BLUE);
                    canvas.line([x - 0.25, y + 0.25], [x + 0.25, y - 0.25], 0.1, BLUE);
                }
                Some(Mark::Nought) => canvas.ring([x, y], 0.28, 0.1, RED),
                None => {}
            }
        }
        Some(canvas.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rewards of 200 games of an agent that plays like an opponent.
    fn rewards(agent: Opponent, opponent: Opponent, starter: Starter) -> Vec<f64> {
        let mut game = TicTacToe::new(opponent, starter);
        let mut random = Stream::new(1, Purpose::Sample, 0, 0);
        let mut episode = |seed| {
            game.reset(seed);
            loop {
                let moves = match agent {
                    Opponent::Random => game.board.moves(),
                    Opponent::Perfect => game.board.best_moves(),
                };
                let result = game.step(Action::Discrete(moves[random.below(moves.len())]));
                if result.terminated {
                    return result.reward;
                }
            }
        };
        (0..200).map(&mut episode).collect()
    }

    #[test]
    fn perfect_players_draw_and_beat_random_ones() {
        use Opponent::{Perfect, Random};
        assert!(rewards(Perfect, Perfect, Starter::Either).iter().all(|reward| *reward == 0.0));
        assert!(rewards(Random, Perfect, Starter::Either).iter().all(|reward| *reward <= 0.0));
        let won = rewards(Perfect, Random, Starter::Either);
        assert!(won.iter().all(|reward| *reward >= 0.0) && won.iter().sum::<f64>() > 150.0);
    }

    #[test]
    fn the_starter_is_as_set() {
        let firsts = |starter| {
            let mut game = TicTacToe::new(Opponent::Random, starter);
            let first = |seed| {
                game.reset(seed);
                assert_eq!(game.board.num_moves(), usize::from(game.mark == Mark::Nought));
                game.mark == Mark::Cross
            };
            (0..100).map(first).filter(|first| *first).count()
        };
        assert_eq!((firsts(Starter::Agent), firsts(Starter::Opponent)), (100, 0));
        assert!((30..70).contains(&firsts(Starter::Either)));
    }

    #[test]
    fn a_state_in_which_the_opponent_is_to_move_is_an_error() {
        let mut game = TicTacToe::new(Opponent::Random, Starter::Agent);
        let mut state = TicTacToe::new(Opponent::Random, Starter::Opponent).state().expect("state");
        state.take("first").expect("first");
        state.insert("first", true).expect("new");
        assert!(game.restore(&mut state).is_err());
    }
}
