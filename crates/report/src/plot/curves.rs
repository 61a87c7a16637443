//! Curves, with their legend in the freest corner.

use std::ops::Range;

use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::{
    Area, Axes, Outcome, SIZE, Series, drawable, drawn, framed, key, legend, mesh, range, svg,
};
use crate::downsampled::Downsampled;

/// Curves of at most this many points mark each point.
const FEW_POINTS: usize = 40;

/// The approximate share of a plot's width and height that a legend covers.
const LEGEND: (f64, f64) = (0.25, 0.25);

/// Curves in one plot, as SVG; none if no point can be drawn.
pub fn curves(axes: Axes<'_>, series: &[Series]) -> Option<String> {
    let series = drawable(series, axes);
    let (x, y) = (range(&series, |point| point.0)?, range(&series, |point| point.1)?);
    let corner = freest_corner(&series, axes, (&x, &y));
    Some(svg(SIZE, |area| {
        if axes.log_x {
            lines(area, axes, (x.start..x.end).log_scale(), y, (&series, corner))
        } else {
            lines(area, axes, x, y, (&series, corner))
        }
    }))
}

fn lines<X>(
    area: &Area<'_>,
    axes: Axes<'_>,
    x: impl plotters::coord::ranged1d::AsRangedCoord<CoordDescType = X, Value = f64>,
    y: Range<f64>,
    (series, corner): (&[Series], SeriesLabelPosition),
) -> Outcome
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = framed(area).build_cartesian_2d(x, y)?;
    mesh(&mut chart, axes)?;
    for (color, series) in drawn(series) {
        let downsampled: Downsampled = series.points.iter().copied().collect();
        let points = downsampled.points();
        let radius = if points.len() <= FEW_POINTS { 2 } else { 0 };
        let line =
            LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(radius);
        chart.draw_series(line)?.label(&series.name).legend(move |at| key(at, color));
    }
    match drawn(series).count() {
        1 => Ok(()),
        _ => legend(&mut chart, corner),
    }
}

/// The corner where a legend covers the fewest points.
fn freest_corner(
    series: &[Series],
    axes: Axes<'_>,
    (x, y): (&Range<f64>, &Range<f64>),
) -> SeriesLabelPosition {
    let place = |value: f64| if axes.log_x { value.ln() } else { value };
    let share = |value, low, high| (value - low) / (high - low);
    let places: Vec<_> = series
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| {
            let right = share(place(point.0), place(x.start), place(x.end));
            (right, share(point.1, y.start, y.end))
        })
        .collect();
    let corners = [
        (SeriesLabelPosition::UpperRight, true, true),
        (SeriesLabelPosition::LowerRight, true, false),
        (SeriesLabelPosition::LowerLeft, false, false),
        (SeriesLabelPosition::UpperLeft, false, true),
    ];
    let covered = |(_, is_right, is_upper): &(SeriesLabelPosition, bool, bool)| {
        let (width, height) = LEGEND;
        let within = |(right, up): &&(f64, f64)| {
            let right = if *is_right { 1.0 - right } else { *right };
            let up = if *is_upper { 1.0 - up } else { *up };
            right < width && up < height
        };
        places.iter().filter(within).count()
    };
    corners
        .into_iter()
        .min_by_key(covered)
        .map_or(SeriesLabelPosition::UpperRight, |corner| corner.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AXES, series};
    use super::*;

    #[test]
    fn a_legend_stands_where_no_curve_is() {
        let corner = |points: &[(f64, f64)], log_x| {
            freest_corner(&[series(points)], Axes { log_x, ..AXES }, (&(1.0..100.0), &(0.0..1.0)))
        };
        let is = |found, wanted: &str| assert_eq!(format!("{found:?}"), wanted);
        is(corner(&[(1.0, 1.0), (100.0, 0.0)], false), "UpperRight");
        is(corner(&[(1.0, 0.0), (100.0, 1.0)], false), "LowerRight");
        is(corner(&[(1.0, 1.0), (90.0, 0.1), (100.0, 1.0)], false), "LowerLeft");
        // The first point lies far to the right on a logarithmic axis alone.
        let points = [(60.0, 1.0), (90.0, 0.1), (2.0, 0.1)];
        is(corner(&points, false), "UpperRight");
        is(corner(&points, true), "UpperLeft");
    }
}
