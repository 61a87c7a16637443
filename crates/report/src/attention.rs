//! The weights of an attention as an image and as a table of text.

use crate::report::text_table;
use crate::{Alignment, fixed};

/// The side of a weight's square, in pixels.
const SIDE: usize = 16;

/// The longest side of an image, in pixels, as long as its squares have more than one.
const LONGEST: usize = 1024;

/// The most source tokens of a table with all weights.
const MOST_COLUMNS: usize = 16;

/// Tokens for the display in a line, with visible spaces.
pub fn shown_tokens(tokens: &[String]) -> String {
    tokens.iter().map(|token| visible(token)).collect::<Vec<_>>().join(" ")
}

/// A token with visible spaces.
fn visible(token: &str) -> String {
    token.replace(' ', "␣")
}

impl Alignment {
    /// The weights as a grey image, a square for each: its shape `[1, height, width]`, and its bytes. Rows are tokens of
    /// the target, columns those of the source; white is 0, and black is 1.
    pub fn image(&self) -> ([usize; 3], Vec<u8>) {
        let [rows, columns] = [self.weights.len(), self.source.len()];
        let side = (LONGEST / rows.max(columns).max(1)).clamp(1, SIDE);
        let mut pixels = Vec::with_capacity(rows * columns * side * side);
        for weights in &self.weights {
            let grey = |weight: &f64| (255.0 * (1.0 - weight.clamp(0.0, 1.0))).round() as u8;
            let line = weights.iter().flat_map(|weight| std::iter::repeat_n(grey(weight), side));
            let line: Vec<u8> = line.collect();
            pixels.extend(std::iter::repeat_n(line, side).flatten());
        }
        ([1, rows * side, columns * side], pixels)
    }

    /// The weights as a table: a row for each token of the target, a column for each of the source. For a long source,
    /// each row has the source token of the largest weight alone.
    pub fn to_text(&self) -> String {
        if self.source.len() > MOST_COLUMNS {
            let rows = self.target.iter().zip(&self.weights).map(|(token, weights)| {
                let largest = weights.iter().zip(&self.source).max_by(|a, b| a.0.total_cmp(b.0));
                let (weight, source) =
                    largest.map_or((0.0, ""), |(weight, source)| (*weight, source.as_str()));
                vec![visible(token), visible(source), fixed(weight, 2)]
            });
            return text_table(&["target", "source", "largest weight"], rows);
        }
        let header: Vec<String> = self.source.iter().map(|token| visible(token)).collect();
        let header: Vec<&str> =
            std::iter::once("").chain(header.iter().map(String::as_str)).collect();
        let rows = self.target.iter().zip(&self.weights).map(|(token, weights)| {
            let weights = weights.iter().map(|weight| fixed(*weight, 2));
            std::iter::once(visible(token)).chain(weights).collect()
        });
        text_table(&header, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attention from `size` source tokens in reverse order.
    fn reversed(size: usize) -> Alignment {
        let tokens = |prefix: &str| (0..size).map(|at| format!("{prefix}{at}")).collect();
        let weight = |row: usize, column: usize| f64::from(u8::from(row + column + 1 == size));
        let row = |row: usize| (0..size).map(|column| weight(row, column)).collect();
        Alignment {
            source: tokens("s"),
            target: tokens("t"),
            weights: (0..size).map(row).collect(),
        }
    }

    #[test]
    fn an_image_has_a_square_for_each_weight() {
        let mut shown = reversed(2);
        shown.weights[0][0] = 0.2;
        let ([1, height, width], pixels) = shown.image() else { panic!("a grey image") };
        assert_eq!((height, width, pixels.len()), (32, 32, 1024));
        let at = |y: usize, x: usize| pixels[y * width + x];
        assert_eq!([at(0, 0), at(15, 15), at(0, 16), at(16, 0), at(31, 31)], [204, 204, 0, 0, 255]);
        assert_eq!(reversed(2000).image().0, [1, 2000, 2000]);
        assert_eq!(Alignment::default().image(), ([1, 0, 0], Vec::new()));
    }

    #[test]
    fn a_table_has_all_weights_of_a_short_source() {
        let words = |text: &str| {
            let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            text.lines().map(line).collect::<Vec<_>>().join("\n")
        };
        let text = words(&reversed(2).to_text());
        assert_eq!(text, "s0 s1\nt0 0.00 1.00\nt1 1.00 0.00");
        let mut spaced = reversed(1);
        spaced.source[0] = " ".to_owned();
        assert_eq!(words(&spaced.to_text()), "␣\nt0 1.00");
        assert_eq!(shown_tokens(&["a", " ", "b"].map(str::to_owned)), "a ␣ b");
        let text = words(&reversed(17).to_text());
        assert!(text.starts_with("target source largest weight\nt0 s16 1.00\n"), "{text}");
    }
}
