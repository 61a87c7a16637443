//! Scatter plots with a reference line.

use plotters::prelude::*;

use super::{Axes, SIZE, Series, drawable, framed, mesh, range, svg, tint};
use crate::theme::INK;

/// A scatter plot with the reference line `y = slope x`, as SVG; none if no point can be drawn.
pub fn scatter(axes: Axes<'_>, points: &[(f64, f64)], slope: f64) -> Option<String> {
    let series = [Series { name: String::new(), points: points.to_vec() }];
    let series = drawable(&series, axes);
    let x = range(&series, |point| point.0)?;
    let line = [x.start, x.end].map(|at| (at, slope * at));
    let all = [series[0].clone(), Series { name: String::new(), points: line.to_vec() }];
    let y = range(&all, |point| point.1)?;
    let size = (SIZE.0, SIZE.0 - 140);
    Some(svg(size, |area| {
        let mut chart = framed(area).build_cartesian_2d(x, y)?;
        mesh(&mut chart, axes)?;
        chart.draw_series(LineSeries::new(line, INK.stroke_width(1)))?;
        let dots = series[0].points.iter().map(|point| Circle::new(*point, 2, tint(0).filled()));
        chart.draw_series(dots).map(|_| ())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_drawn_with_every_point_that_has_a_place() {
        let axes = Axes { x: "true", y: "predicted", log_x: false };
        let points = [(1.0, 2.0), (3.0, 2.5), (f64::NAN, 1.0)];
        let svg = scatter(axes, &points, 1.0).expect("a plot");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("<polyline") && svg.contains("predicted"));
        assert_eq!(scatter(axes, &[], 1.0), None);
        assert!(scatter(axes, &[(2.0, 2.0)], 0.0).is_some());
    }
}
