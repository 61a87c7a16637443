//! What handlers share, and how the network is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hearth_data::PictureShape;
use hearth_train::{Guess, Predictor, Sampler};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::Limits;
use super::metrics::Metrics;
use super::queue::{Queue, Worker, queue};
use super::refusal::Refusal;
use super::served::{Model, Network, Served};

/// The most pictures of a generator in one request.
const MOST_MADE: usize = 64;

/// The furthest that a picture is moved along one axis: normal numbers do not go there.
const FURTHEST: f32 = 10.0;

/// What handlers share.
pub struct Service {
    /// What is served.
    pub model: Model,
    /// Where the network is asked.
    pub asks: Asks,
    /// What is taken on.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Metrics,
    /// Pictures are decoded by so many at once, which bounds the memory that it takes.
    pub decoders: Arc<Semaphore>,
    ending: AtomicBool,
}

/// Where a network is asked.
pub enum Asks {
    /// With the pixels of a picture, of this shape.
    Classifier(Queue<Vec<u8>, Vec<Guess>>, PictureShape),
    /// For pictures of this shape, out of so many random numbers each.
    Generator(Queue<Wish, Vec<u8>>, PictureShape, usize),
}

/// What is asked of a network.
pub enum Work {
    /// What pictures show.
    Classify(Worker<Vec<u8>, Vec<Guess>>, Metrics),
    /// Pictures.
    Generate(Worker<Wish, Vec<u8>>, Metrics),
}

impl Service {
    /// For this network, and what it is asked. So many pictures are decoded at once.
    pub fn new(served: &Served, limits: Limits, decoders: usize) -> (Self, Work) {
        let metrics = Metrics::new();
        let Limits { queue: length, batch, wait, .. } = limits;
        let (asks, work) = match &served.network {
            Network::Classifier(predictor) => {
                let (queue, worker) = queue(length, batch, wait);
                let asks = Asks::Classifier(queue, predictor.shape());
                (asks, Work::Classify(worker, metrics.clone()))
            }
            Network::Generator(sampler) => {
                let (queue, worker) = queue(length, batch, wait);
                let asks = Asks::Generator(queue, sampler.shape(), sampler.latent_size());
                (asks, Work::Generate(worker, metrics.clone()))
            }
        };
        let service = Self {
            model: served.model.clone(),
            asks,
            limits,
            metrics,
            decoders: Arc::new(Semaphore::new(decoders)),
            ending: AtomicBool::new(false),
        };
        (service, work)
    }

    /// From now on it says that it ends.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether it has said so.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

impl Work {
    /// Computes until nobody can ask any more.
    pub fn run(self, served: &Served) {
        match (self, &served.network) {
            (Self::Classify(worker, metrics), Network::Classifier(predictor)) => {
                worker.run(|rows| {
                    metrics.batches.observe(rows.len() as f64);
                    classify(predictor, &rows)
                });
            }
            (Self::Generate(worker, metrics), Network::Generator(sampler)) => {
                worker.run(|wishes| {
                    let made = generate(sampler, &wishes);
                    let count: usize = wishes.iter().map(|wish| wish.count).sum();
                    metrics.batches.observe(count as f64);
                    made
                });
            }
            _ => unreachable!("the work is made for the network"),
        }
    }
}

fn classify(predictor: &Predictor, rows: &[Vec<u8>]) -> Vec<Vec<Guess>> {
    predictor.probabilities(rows.concat()).iter().map(|row| predictor.ranked(row)).collect()
}

/// The pixels of each wish's pictures.
fn generate(sampler: &Sampler, wishes: &[Wish]) -> Vec<Vec<u8>> {
    let mut numbers = Vec::new();
    for wish in wishes {
        for place in sampler.numbers(wish.seed, wish.count).chunks_exact(sampler.latent_size()) {
            let offset = wish.offset.iter().copied().chain(std::iter::repeat(0.0));
            numbers.extend(place.iter().zip(offset).map(|(number, offset)| number + offset));
        }
    }
    let pixels = sampler.draw(&numbers);
    let mut rest = pixels.as_slice();
    let mut take = |wish: &Wish| {
        let (made, left) = rest.split_at(wish.count * sampler.shape().pixels());
        rest = left;
        made.to_vec()
    };
    wishes.iter().map(&mut take).collect()
}

/// Pictures that are asked of a generator.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Other pictures for another number.
    #[serde(default)]
    pub seed: u64,
    /// How many, 1 to 64.
    #[serde(default = "one")]
    pub count: usize,
    /// What is added to the random numbers of every picture, axis by axis, each from -10 to 10; those
    /// that are not named stay.
    #[serde(default)]
    pub offset: Vec<f32>,
}

fn one() -> usize {
    1
}

impl Wish {
    /// Refuses what a generator of so many axes cannot be asked.
    pub fn check(&self, latent: usize) -> Result<(), Refusal> {
        let Self { count, offset, .. } = self;
        if !(1..=MOST_MADE).contains(count) {
            return Err(Refusal::unfit(format!("count is {count}; allowed: 1 to {MOST_MADE}")));
        }
        if offset.len() > latent {
            let found = offset.len();
            let reason = format!("offset has {found} numbers; there are {latent} axes");
            return Err(Refusal::unfit(reason));
        }
        if !offset.iter().all(|offset| offset.abs() <= FURTHEST) {
            return Err(Refusal::unfit(format!("offset must be from -{FURTHEST} to {FURTHEST}")));
        }
        Ok(())
    }
}
