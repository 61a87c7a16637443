//! Token ids on the host.

use std::sync::Arc;

/// A batch of token ids `[batch, time]`, in the program's memory. Clones share the ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    ids: Arc<[u32]>,
    dims: [usize; 2],
}

impl Tokens {
    /// Token ids in row-major order, with their sizes `[batch, time]`.
    ///
    /// # Panics
    ///
    /// If there are not `batch * time` ids.
    pub fn new(ids: impl Into<Arc<[u32]>>, dims: [usize; 2]) -> Self {
        let ids = ids.into();
        let [batch, time] = dims;
        let count = ids.len();
        assert_eq!(count, batch * time, "{count} token ids for a batch of {batch} by {time}");
        Self { ids, dims }
    }

    /// The ids in row-major order.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Batch and time.
    pub fn dims(&self) -> [usize; 2] {
        self.dims
    }

    /// Checks that all ids lie in the vocabulary, but for the ignored one.
    ///
    /// # Panics
    ///
    /// If one does not.
    pub(crate) fn check(&self, vocabulary: usize, ignored: Option<u32>) {
        let beyond = |id: &&u32| **id as usize >= vocabulary && Some(**id) != ignored;
        if let Some(id) = self.ids.iter().find(beyond) {
            panic!("token id {id} lies beyond a vocabulary of {vocabulary}");
        }
    }
}
