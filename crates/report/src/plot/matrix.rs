//! A confusion matrix.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{svg, tint};
use crate::theme::INK;

/// More classes than these show colours alone.
const MOST_NUMBERED: usize = 20;

/// Rows are true classes, columns are predicted ones; a cell is as dark as its share of the row. None where
/// there is no class.
pub fn confusion(classes: &[&str], counts: &[Vec<u64>]) -> Option<String> {
    if classes.is_empty() {
        return None;
    }
    let numbered = classes.len() <= MOST_NUMBERED;
    let cell = if numbered { 38 } else { (760 / classes.len()).max(2) as i32 };
    let longest = classes.iter().map(|name| name.chars().count()).max().unwrap_or(0) as i32;
    let (left, top) = if numbered { (longest.min(24) * 7 + 34, 34) } else { (34, 34) };
    let side = cell * classes.len() as i32;
    let below = if numbered { longest.min(24) * 6 + 14 } else { 10 };
    let size = ((left + side + 12) as u32, (top + side + below) as u32);
    Some(svg(size, |area| {
        let font = |size: i32| ("sans-serif", size).into_font().color(&INK);
        let at = |h, v| Pos::new(h, v);
        let right = font(12).pos(at(HPos::Right, VPos::Center));
        let centre = font(11).pos(at(HPos::Center, VPos::Center));
        area.draw(&Text::new("predicted", (left + side / 2, 16), centre.clone()))?;
        let upwards = ("sans-serif", 12).into_font().transform(FontTransform::Rotate270);
        let upwards = upwards.color(&INK).pos(at(HPos::Center, VPos::Center));
        area.draw(&Text::new("true", (14, top + side / 2), upwards))?;
        for (row, counts) in counts.iter().enumerate() {
            let all = counts.iter().sum::<u64>().max(1) as f64;
            let y = top + row as i32 * cell;
            if numbered {
                area.draw(&Text::new(
                    shortened(classes[row]),
                    (left - 6, y + cell / 2),
                    right.clone(),
                ))?;
                // Names below their columns, upright so that they need no more room than those beside.
                let x = left + row as i32 * cell + cell / 2;
                let upright = ("sans-serif", 12).into_font().transform(FontTransform::Rotate90);
                let upright = upright.color(&INK).pos(at(HPos::Left, VPos::Center));
                area.draw(&Text::new(shortened(classes[row]), (x, top + side + 6), upright))?;
            }
            for (column, count) in counts.iter().enumerate() {
                let x = left + column as i32 * cell;
                let share = *count as f64 / all;
                // A root, so that rare mistakes are seen.
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

fn shortened(name: &str) -> String {
    match name.char_indices().nth(24) {
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
    }
}
