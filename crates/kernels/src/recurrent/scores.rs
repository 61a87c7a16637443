//! The scores of additive attention, `v . tanh(query + key)`, and their gradients.
//!
//! Nearly all of the decoder's activations are computed here: one tanh for each target, source and element of
//! a key.

use pulp::{Simd, WithSimd};

use crate::blocks::{at, at_mut};
use crate::float::elementary::Elementary;
use crate::patches::processor;
use crate::reduce::total;

/// Elements of a key that are processed together, in a few vectors.
const WIDE: usize = 16;

/// The scores of a query: one for each key of `[sources, attention]`.
pub fn scores<E: Elementary>(query: &[E], keys: &[E], vector: &[E], scores: &mut [E]) {
    processor().dispatch(Scores { query, keys, vector, out: scores });
}

struct Scores<'a, E> {
    query: &'a [E],
    keys: &'a [E],
    vector: &'a [E],
    out: &'a mut [E],
}

impl<E: Elementary> WithSimd for Scores<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.query.len();
        let whole = width / WIDE * WIDE;
        for (key, score) in self.keys.chunks_exact(width).zip(self.out) {
            let mut lanes = [E::default(); WIDE];
            for first in (0..whole).step_by(WIDE) {
                let [query, key, vector] =
                    [self.query, key, self.vector].map(|row| at::<E, WIDE>(row, first));
                for i in 0..WIDE {
                    lanes[i] += vector[i] * (query[i] + key[i]).fast_tanh();
                }
            }
            let mut sum = total(lanes);
            let rest = self.query[whole..].iter().zip(&key[whole..]).zip(&self.vector[whole..]);
            for ((query, key), vector) in rest {
                sum += *vector * (*query + *key).fast_tanh();
            }
            *score = sum;
        }
    }
}

/// The gradients behind the scores of a query. All are added to.
pub struct ScoreGradients<'a, E> {
    /// The query.
    pub query: &'a [E],
    /// `[sources, attention]`.
    pub keys: &'a [E],
    /// The vector v.
    pub vector: &'a [E],
    /// The gradient of each score.
    pub gradient: &'a [E],
    /// The gradient of the query.
    pub of_query: &'a mut [E],
    /// The gradients of the keys.
    pub of_keys: &'a mut [E],
    /// The gradient of the vector.
    pub of_vector: &'a mut [E],
}

impl<E: Elementary> ScoreGradients<'_, E> {
    /// Adds the gradients.
    pub fn add(self) {
        processor().dispatch(self);
    }

    /// `W` elements of a key from `first` on.
    #[inline(always)]
    fn run<const W: usize>(&mut self, source: usize, first: usize) {
        let place = source * self.query.len() + first;
        let gradient = self.gradient[source];
        let [query, vector] = [self.query, self.vector].map(|row| at::<E, W>(row, first));
        let key = at::<E, W>(self.keys, place);
        let mut of_query = *at::<E, W>(self.of_query, first);
        let mut of_vector = *at::<E, W>(self.of_vector, first);
        let mut of_key = *at::<E, W>(self.of_keys, place);
        let one = E::from_f64(1.0);
        for i in 0..W {
            let tangent = (query[i] + key[i]).fast_tanh();
            of_vector[i] += gradient * tangent;
            let through = gradient * vector[i] * (one - tangent * tangent);
            of_query[i] += through;
            of_key[i] += through;
        }
        *at_mut(self.of_query, first) = of_query;
        *at_mut(self.of_vector, first) = of_vector;
        *at_mut(self.of_keys, place) = of_key;
    }
}

impl<E: Elementary> WithSimd for ScoreGradients<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut this = self;
        let width = this.query.len();
        let whole = width / WIDE * WIDE;
        for source in 0..this.gradient.len() {
            for first in (0..whole).step_by(WIDE) {
                this.run::<WIDE>(source, first);
            }
            for first in whole..width {
                this.run::<1>(source, first);
            }
        }
    }
}
