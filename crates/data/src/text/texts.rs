//! Texts of pairs in one buffer.

/// Sources and targets as text, in one buffer.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    text: String,
    /// `[2 * count]`: ends in `text` of a source, its target, the next source, and so on.
    ends: Vec<u32>,
}

impl Texts {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Appends a pair; `None` where the texts would be longer than 4 GB together.
    pub fn push(&mut self, source: &str, target: &str) -> Option<()> {
        let middle = u32::try_from(self.text.len() + source.len()).ok()?;
        let end = u32::try_from(self.text.len() + source.len() + target.len()).ok()?;
        self.text.push_str(source);
        self.text.push_str(target);
        self.ends.extend([middle, end]);
        Some(())
    }

    /// Source and target of a pair.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn get(&self, index: usize) -> [&str; 2] {
        let start = (2 * index).checked_sub(1).map_or(0, |before| self.ends[before]);
        let [middle, end] = [self.ends[2 * index], self.ends[2 * index + 1]];
        let [start, middle, end] = [start, middle, end].map(|at| at as usize);
        [&self.text[start..middle], &self.text[middle..end]]
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = [&str; 2]> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Makes room for more bytes of text.
    pub fn reserve(&mut self, bytes: usize) {
        self.text.reserve_exact(bytes.min(u32::MAX as usize - self.text.len()));
    }

    /// Returns buffers that are not used to the allocator.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.text.len() + 4 * self.ends.len()
    }
}

impl std::fmt::Debug for Texts {
    /// Shows the number of pairs, without the texts.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Texts").field("len", &self.len()).finish_non_exhaustive()
    }
}
