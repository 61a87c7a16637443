//! A policy of tic-tac-toe against every reply.

use super::board::{Board, Mark, SQUARES};

/// The games of a policy against every sequence of replies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// The number of games that the policy won.
    pub won: u32,
    /// The number of drawn games.
    pub drawn: u32,
    /// The number of lost games.
    pub lost: u32,
    /// The squares of the first lost game, in the order of its moves, both players'.
    pub first_lost: Option<Vec<usize>>,
}

/// Plays a deterministic policy as one of the two players against all replies: its games are all that can occur. The
/// policy gets the observation and mask of [`TicTacToe`](super::TicTacToe) and gives a square.
///
/// # Panics
///
/// When the policy gives a square that the mask forbids.
pub fn play_all_replies(
    player: Mark,
    mut policy: impl FnMut(&[f32], &[bool]) -> usize,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    follow(player, &mut policy, Board::default(), &mut Vec::new(), &mut outcomes);
    outcomes
}

/// Plays on from a position, which these moves led to.
fn follow(
    player: Mark,
    policy: &mut impl FnMut(&[f32], &[bool]) -> usize,
    board: Board,
    moves: &mut Vec<usize>,
    outcomes: &mut Outcomes,
) {
    if board.is_over() {
        match board.winner() {
            None => outcomes.drawn += 1,
            Some(winner) if winner == player => outcomes.won += 1,
            Some(_) => {
                outcomes.lost += 1;
                outcomes.first_lost.get_or_insert_with(|| moves.clone());
            }
        }
        return;
    }
    let choices = if board.to_move() == player {
        let (mut observation, mut mask) = ([0.0; 2 * SQUARES], [false; SQUARES]);
        board.observe(player, &mut observation);
        board.mask(&mut mask);
        vec![policy(&observation, &mask)]
    } else {
        board.moves()
    };
    for square in choices {
        let next = board.play(square).expect("a policy gives a square that the mask allows");
        moves.push(square);
        follow(player, policy, next, moves, outcomes);
        moves.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first empty square.
    fn first(_observation: &[f32], mask: &[bool]) -> usize {
        mask.iter().position(|allowed| *allowed).expect("an empty square")
    }

    /// The first perfect move.
    fn perfect(observation: &[f32], _mask: &[bool]) -> usize {
        let (own, theirs) = observation.split_at(SQUARES);
        let second = own.iter().sum::<f32>() < theirs.iter().sum::<f32>();
        let player = if second { Mark::Nought } else { Mark::Cross };
        let square = |square: usize| match (own[square] > 0.5, theirs[square] > 0.5) {
            (true, _) => Some(player),
            (_, true) => Some(player.other()),
            _ => None,
        };
        Board::new(std::array::from_fn(square)).expect("a position").best_moves()[0]
    }

    #[test]
    fn a_perfect_policy_loses_no_game() {
        for player in [Mark::Cross, Mark::Nought] {
            let outcomes = play_all_replies(player, perfect);
            assert_eq!((outcomes.lost, outcomes.first_lost), (0, None));
            assert!(outcomes.won > 0 && outcomes.drawn > 0);
        }
    }

    #[test]
    fn the_first_lost_game_of_a_poor_policy_is_shown() {
        let outcomes = play_all_replies(Mark::Nought, first);
        assert!(outcomes.lost > 0);
        let lost = outcomes.first_lost.expect("a lost game");
        let board = lost
            .iter()
            .try_fold(Board::default(), |board, square| board.play(*square))
            .expect("a game");
        assert_eq!(board.winner(), Some(Mark::Cross));
        // As the opponent chooses its moves in order, the first of the games is the first here.
        assert_eq!(lost[0], 0);
    }
}
