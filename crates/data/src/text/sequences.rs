//! Sequences of tokens in one buffer.

/// Sequences of tokens in one buffer. An id takes two bytes here: a vocabulary has at most 65,536 tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequences {
    ids: Vec<u16>,
    /// `[count]`: end of each sequence in `ids`.
    ends: Vec<u32>,
}

impl Sequences {
    /// The number of sequences.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The tokens of a sequence.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn get(&self, index: usize) -> &[u16] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.ids[start as usize..self.ends[index] as usize]
    }

    /// The tokens of a sequence, as a tokenizer decodes them.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn ids(&self, index: usize) -> Vec<u32> {
        self.get(index).iter().map(|&id| id.into()).collect()
    }

    /// The number of tokens of a sequence.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn length(&self, index: usize) -> usize {
        self.get(index).len()
    }

    /// Makes room for more tokens.
    pub(crate) fn reserve(&mut self, tokens: usize) {
        self.ids.reserve_exact(tokens);
    }

    /// Appends a sequence; `None` where the sequences would have more than 2^32 tokens together.
    pub(crate) fn push(&mut self, ids: &[u16]) -> Option<()> {
        let end = u32::try_from(self.ids.len() + ids.len()).ok()?;
        if self.ids.capacity() < self.ids.len() + ids.len() {
            // Less than the usual doubling: these are most of the data.
            self.ids.reserve_exact(ids.len().max(self.ids.len() / 8));
        }
        self.ids.extend_from_slice(ids);
        self.ends.push(end);
        Some(())
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        2 * self.ids.len() + 4 * self.ends.len()
    }
}
