//! A rollout: what T steps of N environments gave, and its batches.

use burn::tensor::{Device, Int, Tensor, TensorData};
use hearth_config::seed::Stream;
use hearth_environments::{ActionSpace, Transitions};
use hearth_kernels::Lengths;

use super::estimates::{Experience, advantages};
use super::policy::Chosen;

/// T steps of N environments; place `t N + i` is step t of environment i.
pub struct Rollout {
    /// N.
    count: usize,
    /// `[T N, observation]`.
    observations: Vec<f32>,
    /// The actions that were allowed, `[T N, actions]`.
    pub masks: Vec<bool>,
    /// The chosen actions.
    pub chosen: Chosen,
    /// Of the chosen actions, by the policy that chose them.
    pub log_probabilities: Vec<f32>,
    /// The critic's estimates before the updates.
    pub values: Vec<f32>,
    rewards: Vec<f32>,
    /// The estimated return of the state behind each step, where the next step does not tell it: 0 behind a terminal
    /// state, the critic's estimate behind a truncated episode.
    last_values: Vec<Option<f32>>,
    ended: Vec<bool>,
    /// The states of the memory before the first step, `[N, units]`; empty for zeros.
    memory: Vec<f32>,
    /// Generalised advantage estimates.
    pub advantages: Vec<f32>,
    /// The targets of the critic, `advantages + values`.
    pub returns: Vec<f32>,
}

impl Rollout {
    /// A rollout of `count` environments before its first step, with these states of the memory.
    pub fn new(count: usize, space: &ActionSpace, memory: &[f32]) -> Self {
        Self {
            count,
            observations: Vec::new(),
            masks: Vec::new(),
            chosen: Chosen::none(space),
            log_probabilities: Vec::new(),
            values: Vec::new(),
            rewards: Vec::new(),
            last_values: Vec::new(),
            ended: Vec::new(),
            memory: memory.to_vec(),
            advantages: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// Adds the observations of a step, and the critic's estimates.
    pub fn observe(&mut self, current: &Transitions, values: &[f32]) {
        self.observations.extend_from_slice(&current.observations);
        self.masks.extend_from_slice(&current.masks);
        self.values.extend_from_slice(values);
    }

    /// Adds the actions of a step and their results; `last_values` are the estimates of final observations, where an
    /// episode was truncated.
    pub fn act(
        &mut self,
        mut chosen: Chosen,
        log_probabilities: &[f32],
        results: &Transitions,
        last_values: Option<&[f32]>,
    ) {
        self.chosen.append(&mut chosen);
        self.log_probabilities.extend_from_slice(log_probabilities);
        self.rewards.extend_from_slice(&results.rewards);
        for index in 0..self.count {
            self.ended.push(results.ended(index));
            let truncated =
                last_values.map(|values| values[index]).filter(|_| results.truncated[index]);
            self.last_values.push(if results.terminated[index] { Some(0.0) } else { truncated });
        }
    }

    /// Estimates advantages and returns, with the critic's estimates behind the last step.
    pub fn finish(&mut self, following: Vec<f32>, discount: f64, lambda: f64) {
        let next = self.values[self.count..].iter().copied().chain(following);
        let next: Vec<f32> =
            next.zip(&self.last_values).map(|(next, last)| last.unwrap_or(next)).collect();
        let (rewards, values, ended) = (&self.rewards, &self.values, &self.ended);
        let experience = Experience { rewards, values, next_values: &next, ended };
        self.advantages = advantages(experience, self.count, discount, lambda);
        self.returns = self.advantages.iter().zip(values).map(|(a, v)| a + v).collect();
    }

    /// The rollout in batches of about this many steps, shuffled: single steps, or with a memory whole stretches of
    /// episodes.
    pub fn batches(&self, batch_size: usize, units: usize, random: &mut Stream) -> Vec<Batch> {
        let mut stretches = if units == 0 {
            (0..self.values.len()).map(|place| (place, 1)).collect()
        } else {
            self.stretches()
        };
        random.shuffle(&mut stretches);
        let mut batches: Vec<Batch> = Vec::new();
        for (first, length) in stretches {
            let batch = match batches.last_mut() {
                Some(batch) if batch.places.len() + length <= batch_size => batch,
                _ => {
                    batches.push(Batch::default());
                    batches.last_mut().expect("it was pushed")
                }
            };
            batch.places.extend((0..length).map(|step| first + step * self.count));
            batch.lengths.push(length);
        }
        batches
    }

    /// The first place and the length of each part of an episode in one environment.
    fn stretches(&self) -> Vec<(usize, usize)> {
        let steps = self.values.len() / self.count;
        let mut stretches = Vec::new();
        for environment in 0..self.count {
            let mut first = 0;
            for step in 0..steps {
                if step + 1 == steps || self.ended[step * self.count + environment] {
                    stretches.push((first * self.count + environment, step + 1 - first));
                    first = step + 1;
                }
            }
        }
        stretches
    }
}

/// Some steps of a rollout, stretch by stretch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The places of the steps in the rollout.
    pub places: Vec<usize>,
    /// The length of each stretch: 1 without a memory.
    lengths: Vec<usize>,
}

/// The form of a batch for a memory.
pub struct Sequences {
    /// The number of stretches, and the longest length.
    pub dims: [usize; 2],
    /// `[stretches, units]`.
    pub initial: Tensor<2>,
    /// The length of each stretch.
    pub lengths: Lengths,
    /// The rows of the batch's steps among `stretches * longest`.
    pub rows: Tensor<1, Int>,
}

impl Batch {
    /// The longest stretch.
    fn longest(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0)
    }

    /// The row of each step among `stretches * longest`.
    fn rows(&self) -> impl Iterator<Item = usize> {
        let longest = self.longest();
        let stretches = self.lengths.iter().enumerate();
        stretches.flat_map(move |(stretch, length)| {
            (0..*length).map(move |step| stretch * longest + step)
        })
    }

    /// The observations `[stretches * longest, observation]`, with zeros behind the end of a stretch.
    pub fn observations(&self, rollout: &Rollout, device: &Device) -> Tensor<2> {
        let size = rollout.observations.len() / rollout.values.len();
        let count = self.lengths.len() * self.longest();
        let mut values = vec![0.0_f32; count * size];
        for (row, place) in self.rows().zip(&self.places) {
            let observation = &rollout.observations[place * size..][..size];
            values[row * size..][..size].copy_from_slice(observation);
        }
        Tensor::from_data(TensorData::new(values, [count, size]), device)
    }

    /// The batch as sequences for a memory of this many units; none without a memory.
    pub fn sequences(&self, rollout: &Rollout, units: usize, device: &Device) -> Option<Sequences> {
        if units == 0 {
            return None;
        }
        let count = self.lengths.len();
        let mut initial = vec![0.0_f32; count * units];
        let mut first = 0;
        for (stretch, length) in self.lengths.iter().enumerate() {
            // A stretch at the beginning of the rollout goes on with an episode; others begin one.
            let place = self.places[first];
            if place < rollout.count && !rollout.memory.is_empty() {
                let state = &rollout.memory[place * units..][..units];
                initial[stretch * units..][..units].copy_from_slice(state);
            }
            first += length;
        }
        let rows: Vec<i64> = self.rows().map(|row| (row as u64).cast_signed()).collect();
        let lengths: Vec<u32> = self.lengths.iter().map(|length| *length as u32).collect();
        Some(Sequences {
            dims: [count, self.longest()],
            initial: Tensor::from_data(TensorData::new(initial, [count, units]), device),
            lengths: Lengths::new(lengths.as_slice()),
            rows: Tensor::from_data(TensorData::new(rows, [self.places.len()]), device),
        })
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::seed::Purpose;

    use super::*;

    /// Two environments, four steps; the first ends an episode in its second step.
    fn rollout() -> Rollout {
        let space = ActionSpace::Discrete(2);
        let mut rollout = Rollout::new(2, &space, &[5.0, 6.0]);
        for step in 0..4_u8 {
            let number = f32::from(step);
            let current = Transitions {
                observations: vec![number, 10.0 + number],
                masks: vec![true; 4],
                rewards: vec![1.0, 2.0],
                terminated: vec![step == 1, false],
                truncated: vec![false, step == 2],
                ..Transitions::default()
            };
            rollout.observe(&current, &[number, number]);
            let last_values = (step == 2).then_some(&[7.0, 8.0][..]);
            rollout.act(Chosen::Discrete(vec![0, 1]), &[0.0, 0.0], &current, last_values);
        }
        rollout.finish(vec![4.0, 4.0], 0.5, 0.0);
        rollout
    }

    #[test]
    fn terminal_states_are_worth_nothing_and_truncated_ones_their_estimate() {
        // r + V' / 2 - V of the first: V' = 1, 0, 3, 4; of the second: 1, 2, 8, 4.
        let expected = [1.5, 2.5, 0.0, 2.0, 0.5, 4.0, 0.0, 1.0];
        assert_eq!(rollout().advantages, expected);
    }

    #[test]
    fn a_memory_learns_from_whole_stretches_of_episodes() {
        let rollout = rollout();
        let mut stretches = rollout.stretches();
        stretches.sort_unstable();
        assert_eq!(stretches, [(0, 2), (1, 3), (4, 2), (7, 1)]);
        let mut random = Stream::new(1, Purpose::Order, 0, 0);
        let batches = rollout.batches(100, 1, &mut random);
        let [batch] = &batches[..] else { panic!("one batch") };
        let device = Device::flex();
        let Sequences { dims, initial, rows, .. } =
            batch.sequences(&rollout, 1, &device).expect("a memory");
        assert_eq!(dims, [4, 3]);
        let observations: Vec<f32> =
            batch.observations(&rollout, &device).into_data().try_into_vec().expect("f32");
        let rows: Vec<i32> = rows.into_data().convert::<i32>().try_into_vec().expect("integers");
        for (row, place) in rows.iter().zip(&batch.places) {
            let found = observations[usize::try_from(*row).expect("a row")];
            assert_eq!(found.to_bits(), rollout.observations[*place].to_bits());
        }
        let initial: Vec<f32> = initial.into_data().try_into_vec().expect("f32");
        let mut firsts = Vec::new();
        let mut place = 0;
        for length in &batch.lengths {
            firsts.push(batch.places[place]);
            place += length;
        }
        for (first, state) in firsts.iter().zip(initial) {
            let expected = [5.0, 6.0].get(*first).copied().unwrap_or(0.0);
            assert_eq!(state.to_bits(), f32::to_bits(expected), "only what goes on has a state");
        }
    }

    #[test]
    fn batches_hold_each_step_once() {
        let rollout = rollout();
        for units in [0, 1] {
            let mut random = Stream::new(1, Purpose::Order, 0, 0);
            let batches = rollout.batches(3, units, &mut random);
            assert!(batches.iter().all(|batch| batch.places.len() <= 3));
            let mut places: Vec<_> = batches.into_iter().flat_map(|batch| batch.places).collect();
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    }
}
