//! Maps of grid worlds: reading and checking them, and the shortest ways to the goal.

use std::collections::VecDeque;

/// A checked map.
#[derive(Debug)]
pub struct Map {
    /// The length of each line.
    pub columns: usize,
    /// The number of lines.
    pub rows: usize,
    /// The cells that are no wall, line by line.
    pub cells: Vec<Cell>,
    /// The cells in which an episode may begin; at least one.
    pub starts: Vec<usize>,
}

/// A cell that is no wall.
#[derive(Debug)]
pub struct Cell {
    /// Row and column, counted from 0.
    pub place: [usize; 2],
    /// The kind of cell.
    pub ground: Ground,
    /// The cells above, right, below and left; the cell itself where there is a wall or the edge.
    pub neighbours: [usize; 4],
}

/// A kind of cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ground {
    /// Free.
    Free,
    /// Free, and an episode may begin here.
    Start,
    /// A terminal state, to be reached.
    Goal,
    /// A terminal state, to be avoided.
    Pit,
}

impl Map {
    /// Reads and checks a map; the error says what is wrong, and where.
    pub fn parse(text: &str, max_steps: u32) -> Result<Self, String> {
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let columns = lines.first().map_or(0, Vec::len);
        if columns == 0 {
            return Err("the map has no cell".into());
        }
        let mut cells = Vec::new();
        for (row, line) in lines.iter().enumerate() {
            if line.len() != columns {
                let (number, found) = (row + 1, line.len());
                return Err(format!(
                    "the map's line {number} has {found} columns, but line 1 has {columns}"
                ));
            }
            for (column, letter) in line.iter().enumerate() {
                if let Some(ground) = ground(*letter, row, column)? {
                    cells.push(Cell { place: [row, column], ground, neighbours: [0; 4] });
                }
            }
        }
        connect(&mut cells);
        let of = |ground| (0..cells.len()).filter(|cell| cells[*cell].ground == ground).collect();
        let (starts, goals): (Vec<_>, Vec<_>) = (of(Ground::Start), of(Ground::Goal));
        if starts.is_empty() {
            return Err("the map has no start, `S`".into());
        }
        if goals.is_empty() {
            return Err("the map has no goal, `G`".into());
        }
        let map = Self { columns, rows: lines.len(), cells, starts };
        map.check_ways(max_steps)?;
        Ok(map)
    }

    fn check_ways(&self, max_steps: u32) -> Result<(), String> {
        let distances = self.distances();
        for start in &self.starts {
            let [line, column] = self.cells[*start].place.map(|place| place + 1);
            let start_place = format!("from the start in line {line}, column {column} to a goal");
            match distances[*start] {
                None => return Err(format!("the map has no way {start_place}")),
                Some(steps) if steps > max_steps => {
                    return Err(format!(
                        "the way {start_place} takes {steps} steps, but an episode has {max_steps}"
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The number of steps from each cell to the nearest goal, by a breadth-first search from the goals; none without a
    /// way and in pits.
    pub fn distances(&self) -> Vec<Option<u32>> {
        let goal = |cell: &Cell| (cell.ground == Ground::Goal).then_some(0);
        let mut distances: Vec<_> = self.cells.iter().map(goal).collect();
        let mut queue: VecDeque<_> =
            (0..self.cells.len()).filter(|cell| distances[*cell].is_some()).collect();
        // Steps between free cells lead back as well.
        while let Some(cell) = queue.pop_front() {
            for neighbour in self.cells[cell].neighbours {
                if distances[neighbour].is_none() && self.cells[neighbour].ground != Ground::Pit {
                    distances[neighbour] = distances[cell].map(|steps| steps + 1);
                    queue.push_back(neighbour);
                }
            }
        }
        distances
    }
}

/// The kind of cell of a letter; none for a wall.
fn ground(letter: char, row: usize, column: usize) -> Result<Option<Ground>, String> {
    Ok(match letter {
        '#' => None,
        '.' | ' ' => Some(Ground::Free),
        'S' => Some(Ground::Start),
        'G' => Some(Ground::Goal),
        'X' => Some(Ground::Pit),
        other => {
            let (line, column) = (row + 1, column + 1);
            return Err(format!(
                "the map's line {line}, column {column} is `{other}`, but `#` is a wall, `.` or a space free, `S` a \
                 start, `G` a goal and `X` a pit"
            ));
        }
    })
}

/// Finds the neighbours of all cells.
fn connect(cells: &mut [Cell]) {
    let places: Vec<_> = cells.iter().map(|cell| cell.place).collect();
    for (index, cell) in cells.iter_mut().enumerate() {
        let [row, column] = cell.place;
        // Above the first row, and left of the first column, is no cell.
        let around = [
            [row.wrapping_sub(1), column],
            [row, column + 1],
            [row + 1, column],
            [row, column.wrapping_sub(1)],
        ];
        // Line by line, the places are sorted.
        cell.neighbours = around.map(|place| places.binary_search(&place).unwrap_or(index));
    }
}
