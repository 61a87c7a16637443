//! Plots of confusion matrices.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{svg, tint};
use crate::theme::INK;

/// The maximum number of classes with names and counts; with more, cells show only colours.
const MOST_NUMBERED: usize = 20;

/// The maximum number of classes; with more, cells would be too small.
const MOST: usize = 250;

/// The maximum length of a class name, in characters.
const LONGEST_NAME: usize = 24;

/// A confusion matrix as SVG. Rows are true classes, columns are predicted ones; a cell's colour shows its share of the
/// row. None without classes, or with too many.
pub fn confusion(classes: &[&str], counts: &[Vec<u64>]) -> Option<String> {
    if !(1..=MOST).contains(&classes.len()) {
        return None;
    }
    let numbered = classes.len() <= MOST_NUMBERED;
    let cell = if numbered { 38 } else { pixels(760 / classes.len()) };
    let longest = classes.iter().map(|name| name.chars().count().min(LONGEST_NAME + 3)).max()?;
    let (left, below) =
        if numbered { (pixels(longest * 7 + 34), pixels(longest * 6 + 14)) } else { (34, 10) };
    let (top, side) = (34, cell * pixels(classes.len()));
    let whole = ((left + side + 12) as u32, (top + side + below) as u32);
    Some(svg(whole, |area| {
        let font = |height: i32| ("sans-serif", height).into_font().color(&INK);
        let at = |h, v| Pos::new(h, v);
        let right = font(12).pos(at(HPos::Right, VPos::Center));
        let centre = font(11).pos(at(HPos::Center, VPos::Center));
        area.draw(&Text::new("predicted", (left + side / 2, 16), centre.clone()))?;
        let upwards = ("sans-serif", 12).into_font().transform(FontTransform::Rotate270);
        let upwards = upwards.color(&INK).pos(at(HPos::Center, VPos::Center));
        area.draw(&Text::new("true", (14, top + side / 2), upwards))?;
        for (row, counts) in counts.iter().enumerate() {
            let all = counts.iter().sum::<u64>().max(1) as f64;
            let y = top + pixels(row) * cell;
            if numbered {
                area.draw(&Text::new(
                    shortened(classes[row]),
                    (left - 6, y + cell / 2),
                    right.clone(),
                ))?;
                // Vertical names below the columns need no more room than those beside the rows.
                let x = left + pixels(row) * cell + cell / 2;
                let upright = ("sans-serif", 12).into_font().transform(FontTransform::Rotate90);
                let upright = upright.color(&INK).pos(at(HPos::Left, VPos::Center));
                area.draw(&Text::new(shortened(classes[row]), (x, top + side + 6), upright))?;
            }
            for (column, count) in counts.iter().enumerate() {
                let x = left + pixels(column) * cell;
                let share = *count as f64 / all;
                // The square root makes rare errors visible.
                let color = tint(usize::from(row != column)).mix(share.sqrt() * 0.75);
                let corners = [(x + 1, y + 1), (x + cell - 1, y + cell - 1)];
                area.draw(&Rectangle::new(corners, color.filled()))?;
                if numbered && *count > 0 {
                    let middle = (x + cell / 2, y + cell / 2);
                    area.draw(&Text::new(count.to_string(), middle, centre.clone()))?;
                }
            }
        }
        Ok(())
    }))
}

/// A length in a plot, in pixels; lengths are far below `i32::MAX`.
fn pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_shows_names_and_counts() {
        assert_eq!(confusion(&[], &[]), None);
        let drawn =
            confusion(&["shirt", "bag & <co>"], &[vec![7, 0], vec![3, 11]]).expect("a plot");
        for text in ["shirt", "bag &amp; &lt;co&gt;", ">\n7\n<", ">\n11\n<", "predicted", "true"] {
            assert!(drawn.contains(text), "{text} in {drawn}");
        }
        let names: Vec<_> = (0..200).map(|class| class.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(confusion(&names, &vec![vec![1; 200]; 200]).is_some());
        assert_eq!(confusion(&["shirt"; 251], &vec![vec![1; 251]; 251]), None);
    }
}
