//! Bar charts and reliability diagrams.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Axes, SIZE, framed, mesh, svg, tint};
use crate::theme::INK;

/// A bar chart as SVG: a bar for each name, from 0 upwards, with its value above; none without bars.
///
/// The label of the horizontal axis stands below the names of the bars.
pub fn bars(axes: Axes<'_>, bars: &[(String, f64)]) -> Option<String> {
    let bars: Vec<_> = bars.iter().filter(|(_, value)| value.is_finite()).collect();
    let highest = bars.iter().map(|(_, value)| *value).reduce(f64::max)?.max(1e-9);
    Some(svg(SIZE, |area| {
        let count = bars.len() as f64;
        let mut chart = framed(area).build_cartesian_2d(0.0..count, 0.0..highest * 1.12)?;
        let text = ("sans-serif", 12).into_font().color(&INK);
        chart
            .configure_mesh()
            .x_desc(axes.x)
            .y_desc(axes.y)
            .disable_mesh()
            .x_labels(0)
            .axis_style(INK)
            .label_style(text.clone())
            .axis_desc_style(text.clone())
            .y_label_formatter(&|value| super::short(*value))
            .draw()?;
        let centred = |above| text.clone().pos(Pos::new(HPos::Center, above));
        for (place, (name, value)) in bars.iter().enumerate() {
            let (left, right) = (place as f64 + 0.12, place as f64 + 0.88);
            let (middle, height) = (place as f64 + 0.5, value.max(0.0));
            let bar = Rectangle::new([(left, 0.0), (right, height)], tint(0).filled());
            chart.draw_series([bar])?;
            let value = Text::new(format!("{value:.3}"), (middle, height), centred(VPos::Bottom));
            chart.draw_series([value])?;
            let (x, y) = chart.backend_coord(&(middle, 0.0));
            area.draw(&Text::new(name.clone(), (x, y + 6), centred(VPos::Top)))?;
        }
        Ok(())
    }))
}

/// A reliability diagram as SVG: the accuracy in each of equally wide bins of confidence from 0 to 1 (Guo et al. 2017,
/// "On calibration of modern neural networks", figure 1). The bars of a calibrated network reach the diagonal. Bins
/// without predictions have no bar.
pub fn reliability(accuracies: &[Option<f64>]) -> String {
    let axes = Axes { x: "confidence", y: "accuracy", log_x: false };
    svg(SIZE, |area| {
        let mut chart = framed(area).build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        mesh(&mut chart, axes)?;
        let width = 1.0 / accuracies.len() as f64;
        let bars = accuracies.iter().enumerate().filter_map(|(place, accuracy)| {
            let left = place as f64 * width;
            let corners = [(left + width * 0.06, 0.0), (left + width * 0.94, (*accuracy)?)];
            Some(Rectangle::new(corners, tint(0).filled()))
        });
        chart.draw_series(bars)?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], INK.stroke_width(1)))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_carry_their_names_and_values() {
        let axes = Axes { x: "layer", y: "accuracy", log_x: false };
        assert_eq!(bars(axes, &[]), None);
        let drawn = bars(axes, &[("pixels".into(), 0.8), ("conv1".into(), 0.9)]).expect("bars");
        for text in ["pixels", "conv1", "0.800", "0.900", "layer", "accuracy"] {
            assert!(drawn.contains(text), "{text}");
        }
        assert!(reliability(&[None, Some(0.5), Some(1.0)]).contains("confidence"));
    }
}
