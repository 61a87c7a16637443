//! A grid with walls, pits and a goal, read from a map.

mod map;

use std::sync::Arc;

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use self::map::{Ground, Map};
use crate::canvas::{BLACK, BLUE, Canvas, GREEN, GREY, RED, WHITE};
use crate::{Action, ActionSpace, Environment, EnvironmentError, Spaces, StepResult};

/// A walk through a map to its goal, with the rewards of the 4 by 3 world of Russell and Norvig 2020, section 17.1, and
/// without its chance. (With the -1 a step of Sutton and Barto 2018, example 4.1, the nearest pit would often be the
/// best end.)
///
/// Observation: one-hot over the cells that are no wall, line by line. Actions: 0 goes up, 1 right, 2 down, 3 left;
/// at a wall or the map's edge the agent stays. Reward: -0.04 for a step, but 1 for the one to the goal and -1 for one
/// into a pit. Terminal: the goal and the pits. An episode begins at a random one of the starts.
#[derive(Clone, Debug)]
pub struct GridWorld {
    map: Arc<Map>,
    max_steps: u32,
    /// The agent's cell.
    cell: usize,
}

impl GridWorld {
    /// The reward of a step that ends in no terminal state.
    pub const STEP_REWARD: f64 = -0.04;
    /// The reward of the step to the goal.
    pub const GOAL_REWARD: f64 = 1.0;
    /// The reward of a step into a pit.
    pub const PIT_REWARD: f64 = -1.0;

    /// The world of a map: lines of the same length, of `#` for a wall, `.` or a space for a free cell, `S` for a
    /// start, `G` for a goal and `X` for a pit. An episode is truncated after `max_steps`.
    ///
    /// A map without a start, without a goal, or with a start from which no way, or none of `max_steps` steps, leads to
    /// a goal is an error.
    pub fn new(map: &str, max_steps: u32) -> Result<Self, EnvironmentError> {
        let map = Map::parse(map, max_steps).map_err(EnvironmentError::Settings)?;
        let cell = map.starts[0];
        Ok(Self { map: Arc::new(map), max_steps, cell })
    }

    /// The number of steps from each start to the nearest goal, around the pits, in the map's order.
    pub fn shortest_ways(&self) -> Vec<u32> {
        let distances = self.map.distances();
        let distance = |start: &usize| distances[*start].expect("each start has a way");
        self.map.starts.iter().map(distance).collect()
    }
}

impl Environment for GridWorld {
    fn spaces(&self) -> Spaces {
        Spaces { observation: self.map.cells.len(), action: ActionSpace::Discrete(4) }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(self.max_steps)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        self.cell = self.map.starts[random.below(self.map.starts.len())];
    }

    fn step(&mut self, action: Action<'_>) -> StepResult {
        self.cell = self.map.cells[self.cell].neighbours[action.index()];
        let (reward, terminated) = match self.map.cells[self.cell].ground {
            Ground::Free | Ground::Start => (Self::STEP_REWARD, false),
            Ground::Goal => (Self::GOAL_REWARD, true),
            Ground::Pit => (Self::PIT_REWARD, true),
        };
        StepResult { reward, terminated }
    }

    fn observe(&self, observation: &mut [f32]) {
        observation.fill(0.0);
        observation[self.cell] = 1.0;
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        let mut state = StateDict::new();
        state.insert("cell", self.cell as u64)?;
        Ok(state)
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        let cell = usize::try_from(state.take_int("cell")?).ok();
        let found = "the number of none";
        self.cell = cell.filter(|cell| *cell < self.map.cells.len()).ok_or_else(|| {
            StoreError::Kind { path: "cell".into(), wanted: "a cell of the map", found }
        })?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        const PIXELS: usize = 24;
        let (columns, rows) = (self.map.columns, self.map.rows);
        let size = [columns, rows].map(|cells| (cells * PIXELS) as u32);
        let middle = [columns as f64 / 2.0, -(rows as f64) / 2.0];
        let mut canvas = Canvas::new(size, middle, columns as f64);
        canvas.rectangle(middle, [columns as f64, rows as f64], BLACK);
        let centre = |[row, column]: [usize; 2]| [column as f64 + 0.5, -(row as f64) - 0.5];
        for cell in &self.map.cells {
            let colour = match cell.ground {
                Ground::Free => WHITE,
                Ground::Start => GREY,
                Ground::Goal => GREEN,
                Ground::Pit => RED,
            };
            canvas.rectangle(centre(cell.place), [0.95, 0.95], colour);
        }
        canvas.disc(centre(self.map.cells[self.cell].place), 0.3, BLUE);
        Some(canvas.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five cells to the goal in the upper right, and a pit beside the way.
    const MAP: &str = "S..G\n.#.X\nS...\n";

    fn walk(world: &mut GridWorld, actions: &[usize]) -> Vec<(f64, bool)> {
        let step = |action: &usize| world.step(Action::Discrete(*action));
        actions.iter().map(step).map(|result| (result.reward, result.terminated)).collect()
    }

    #[test]
    fn ways_end_at_the_goal_and_in_pits() {
        let mut world = GridWorld::new(MAP, 20).expect("a map");
        assert_eq!(world.shortest_ways(), [3, 5]);
        let (step, goal, pit) = ((-0.04, false), (1.0, true), (-1.0, true));
        assert_eq!(walk(&mut world.clone(), &[1, 1, 1]), [step, step, goal]);
        assert_eq!(walk(&mut world.clone(), &[1, 1, 2, 1]), [step, step, step, pit]);
        // The edge above and on the left, then the wall below the second cell.
        walk(&mut world, &[0, 3, 1, 2]);
        let mut observation = [0.0; 11];
        world.observe(&mut observation);
        let wanted = |cell| f32::from(u8::from(cell == 1));
        assert_eq!(observation.to_vec(), (0..11).map(wanted).collect::<Vec<_>>());
    }

    #[test]
    fn every_start_occurs() {
        let mut world = GridWorld::new(MAP, 20).expect("a map");
        let mut starts: Vec<_> = (0..20)
            .map(|seed| {
                world.reset(seed);
                world.cell
            })
            .collect();
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts, [0, 7]);
    }

    #[test]
    fn maps_without_sense_are_errors() {
        let error = |map: &str, max_steps| {
            GridWorld::new(map, max_steps).expect_err("an error").to_string()
        };
        assert_eq!(error("", 9), "the map has no cell");
        assert_eq!(
            error("S.G\n.?.\n", 9),
            "the map's line 2, column 2 is `?`, but `#` is a wall, `.` or a space free, `S` a start, `G` a goal and \
             `X` a pit"
        );
        assert_eq!(error("S.G\n..\n", 9), "the map's line 2 has 2 columns, but line 1 has 3");
        assert_eq!(error("..G", 9), "the map has no start, `S`");
        assert_eq!(error("S..", 9), "the map has no goal, `G`");
        assert_eq!(
            error("S.G\n##X\nS.X\n", 9),
            "the map has no way from the start in line 3, column 1 to a goal"
        );
        assert_eq!(
            error("S..G", 2),
            "the way from the start in line 1, column 1 to a goal takes 3 steps, but an episode has 2"
        );
    }

    #[test]
    fn a_restored_cell_is_on_the_map() {
        let mut world = GridWorld::new(MAP, 20).expect("a map");
        let mut state = StateDict::new();
        state.insert("cell", 11_i64).expect("new");
        assert!(world.restore(&mut state).is_err());
    }
}
