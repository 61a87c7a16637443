//! The board of tic-tac-toe, its rules and the value of each position.

use std::sync::LazyLock;

/// The number of squares.
pub const SQUARES: usize = 9;

/// The rows, columns and diagonals.
const LINES: [[usize; 3]; 8] =
    [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

/// The mark of a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Of the first player.
    Cross,
    /// Of the second player.
    Nought,
}

impl Mark {
    /// The opponent's mark.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Cross => Self::Nought,
            Self::Nought => Self::Cross,
        }
    }
}

/// A position: nine squares, numbered line by line from 0. Cross begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Board {
    squares: [Option<Mark>; SQUARES],
}

impl Board {
    /// The position of these squares; none where no play leads to it.
    pub fn new(squares: [Option<Mark>; SQUARES]) -> Option<Self> {
        let board = Self { squares };
        VALUES[board.number()].is_some().then_some(board)
    }

    /// The squares.
    pub fn squares(&self) -> &[Option<Mark>; SQUARES] {
        &self.squares
    }

    /// The number of moves so far.
    pub fn num_moves(&self) -> usize {
        self.squares.iter().flatten().count()
    }

    /// The player to move.
    pub fn to_move(&self) -> Mark {
        if self.num_moves().is_multiple_of(2) { Mark::Cross } else { Mark::Nought }
    }

    /// The player with three in a line.
    pub fn winner(&self) -> Option<Mark> {
        let three = |line: &[usize; 3]| {
            let mark = self.squares[line[0]]?;
            line.iter().all(|square| self.squares[*square] == Some(mark)).then_some(mark)
        };
        LINES.iter().find_map(three)
    }

    /// True if a player has won or the board is full.
    pub fn is_over(&self) -> bool {
        self.num_moves() == SQUARES || self.winner().is_some()
    }

    /// The empty squares; none once the game is over.
    pub fn moves(&self) -> Vec<usize> {
        if self.is_over() {
            return Vec::new();
        }
        (0..SQUARES).filter(|square| self.squares[*square].is_none()).collect()
    }

    /// The position after a move; none where the game is over or the square is taken or none of the nine.
    #[must_use]
    pub fn play(mut self, square: usize) -> Option<Self> {
        let empty = self.squares.get(square)?.is_none();
        if !empty || self.is_over() {
            return None;
        }
        self.squares[square] = Some(self.to_move());
        Some(self)
    }

    /// The minimax value for the player to move, who wins (1), draws (0) or loses (-1) when both play perfectly.
    pub fn value(&self) -> i8 {
        VALUES[self.number()].expect("play has led to this position")
    }

    /// The perfect moves: those after which the opponent's value is the lowest.
    pub fn best_moves(&self) -> Vec<usize> {
        let after = |square: usize| self.play(square).expect("a move").value();
        let moves = self.moves();
        let lowest = moves.iter().map(|square| after(*square)).min();
        moves.into_iter().filter(|square| Some(after(*square)) == lowest).collect()
    }

    /// Writes the position as a player sees it: nine squares, 1 with an own mark and else 0, then nine of the
    /// opponent's.
    pub fn observe(&self, player: Mark, observation: &mut [f32]) {
        let (own, theirs) = observation.split_at_mut(SQUARES);
        for (square, mark) in self.squares.iter().enumerate() {
            own[square] = f32::from(u8::from(*mark == Some(player)));
            theirs[square] = f32::from(u8::from(*mark == Some(player.other())));
        }
    }

    /// Writes whether each square is empty.
    pub fn mask(&self, allowed: &mut [bool]) {
        for (allowed, square) in allowed.iter_mut().zip(self.squares) {
            *allowed = square.is_none();
        }
    }

    /// The squares as digits of a number of base 3.
    fn number(&self) -> usize {
        let digit = |square: &Option<Mark>| square.map_or(0, |mark| 1 + mark as usize);
        self.squares.iter().fold(0, |number, square| 3 * number + digit(square))
    }
}

/// The value of each position, by its number; none where no play leads to it.
static VALUES: LazyLock<Vec<Option<i8>>> = LazyLock::new(|| {
    let mut values = vec![None; 3_usize.pow(SQUARES as u32)];
    search(&Board::default(), &mut values);
    values
});

/// The value of a position, which is kept together with those of all that may follow.
fn search(board: &Board, values: &mut [Option<i8>]) -> i8 {
    let number = board.number();
    if let Some(value) = values[number] {
        return value;
    }
    // The winner is never the one to move.
    let lost = i8::from(board.winner().is_some());
    let moves = board.moves();
    let after = moves.into_iter().filter_map(|square| board.play(square));
    let value = after.map(|board| -search(&board, values)).max().unwrap_or(-lost);
    values[number] = Some(value);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(moves: &[usize]) -> Board {
        moves.iter().try_fold(Board::default(), |board, square| board.play(*square)).expect("moves")
    }

    #[test]
    fn three_in_a_line_win_and_end_the_game() {
        let won = board(&[0, 3, 1, 4, 2]);
        assert_eq!((won.winner(), won.value()), (Some(Mark::Cross), -1));
        assert_eq!((won.moves(), won.play(8)), (vec![], None));
        let drawn = board(&[0, 1, 2, 4, 3, 5, 7, 6, 8]);
        assert_eq!((drawn.winner(), drawn.is_over(), drawn.value()), (None, true, 0));
    }

    #[test]
    fn taken_and_absent_squares_are_no_moves() {
        assert_eq!([board(&[4]).play(4), board(&[4]).play(9)], [None; 2]);
        assert_eq!(board(&[4]).moves(), [0, 1, 2, 3, 5, 6, 7, 8]);
        assert_eq!(Board::new([Some(Mark::Nought); 9]), None);
        assert_eq!(Board::new(*board(&[4]).squares()), Some(board(&[4])));
    }

    #[test]
    fn values_are_those_of_perfect_play() {
        assert_eq!(VALUES.iter().flatten().count(), 5478, "the positions that play can reach");
        assert_eq!(Board::default().value(), 0);
        assert_eq!(Board::default().best_moves(), (0..9).collect::<Vec<_>>());
        // Against a corner only the middle holds the draw.
        assert_eq!(board(&[0]).best_moves(), [4]);
        // Two corners of cross's on a free side win against an edge, and draw against the middle.
        assert_eq!((board(&[0, 1, 6]).value(), board(&[0, 4, 6]).value()), (-1, 0));
        assert_eq!(board(&[0, 3, 1, 4]).best_moves(), [2]);
    }

    #[test]
    fn a_player_sees_own_marks_first() {
        let mut observation = [9.0; 18];
        board(&[4, 0]).observe(Mark::Nought, &mut observation);
        let wanted = |place| f32::from(u8::from(place == 0 || place == 9 + 4));
        assert_eq!(observation.to_vec(), (0..18).map(wanted).collect::<Vec<_>>());
    }
}
