//! Curves, bars, points and matrices as SVG, in the colours of [`theme`](crate::theme).

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use crate::number::fixed;
use crate::theme::{GRID, INK, SERIES};

mod bars;
mod curves;
mod matrix;
mod scatter;

pub use bars::{bars, reliability};
pub use curves::curves;
pub use matrix::confusion;
pub use scatter::scatter;

/// Width and height of a plot, in pixels.
const SIZE: (u32, u32) = (560, 330);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A named series of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Pairs `(x, y)`; points that are not finite are not drawn.
    pub points: Vec<(f64, f64)>,
}

/// The labels and scale of a plot's axes.
#[derive(Clone, Copy, Debug)]
pub struct Axes<'a> {
    /// The label of the horizontal axis.
    pub x: &'a str,
    /// The label of the vertical axis.
    pub y: &'a str,
    /// True for a logarithmic horizontal axis.
    pub log_x: bool,
}

/// Scattered points, one colour for each series, as SVG; none if no point can be drawn.
pub fn clouds(axes: Axes<'_>, series: &[Series]) -> Option<String> {
    let series = drawable(series, axes);
    let (x, y) = (range(&series, |point| point.0)?, range(&series, |point| point.1)?);
    // Room for the legend, beside the points.
    let x = x.start..x.end + 0.25 * (x.end - x.start);
    let size = (SIZE.0, SIZE.0 - 40);
    Some(svg(size, |area| {
        let mut chart = framed(area).build_cartesian_2d(x, y)?;
        mesh(&mut chart, axes)?;
        for (color, series) in drawn(&series) {
            let dots = series.points.iter().map(|point| Circle::new(*point, 2, color.filled()));
            chart.draw_series(dots)?.label(&series.name).legend(move |at| key(at, color));
        }
        legend(&mut chart, SeriesLabelPosition::UpperRight)
    }))
}

type Outcome = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws an SVG of `size` pixels. Drawing fails only for ranges that are not finite, which is a bug of the caller.
fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Outcome) -> String {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
    draw(&area).and_then(|()| area.present()).expect("a string takes every plot of finite ranges");
    drop(area);
    text
}

/// The series with points, each with its colour. The colour depends only on the index, so that a run without some
/// metric does not change the colours of the others.
fn drawn(series: &[Series]) -> impl Iterator<Item = (RGBColor, &Series)> + Clone {
    let colored = series.iter().enumerate().map(|(index, series)| (tint(index), series));
    colored.filter(|(_, series)| !series.points.is_empty())
}

/// The series, without points that are not finite or, on a logarithmic axis, not positive.
fn drawable(series: &[Series], axes: Axes<'_>) -> Vec<Series> {
    let good = |point: &&(f64, f64)| {
        point.0.is_finite() && point.1.is_finite() && (!axes.log_x || point.0 > 0.0)
    };
    let series = series.iter().map(|series| Series {
        name: series.name.clone(),
        points: series.points.iter().filter(good).copied().collect(),
    });
    series.collect()
}

/// The range of an axis: that of all points, widened if they coincide; none without points.
fn range(series: &[Series], place: impl Fn(&(f64, f64)) -> f64) -> Option<Range<f64>> {
    let places = || series.iter().flat_map(|series| &series.points).map(&place);
    let (low, high) = (places().reduce(f64::min)?, places().reduce(f64::max)?);
    // Beyond these bounds, the width of the range overflows.
    let (low, high) = (low.max(-1e300), high.min(1e300));
    let room = if high > low { 0.0 } else { low.abs().max(1e-9) * 0.5 };
    Some(low - room..high + room)
}

fn framed<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).x_label_area_size(38).y_label_area_size(58);
    builder
}

fn mesh<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    axes: Axes<'_>,
) -> Outcome
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let text = ("sans-serif", 12).into_font().color(&INK);
    chart
        .configure_mesh()
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_labels(8)
        .y_labels(6)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .draw()
}

fn legend<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    position: SeriesLabelPosition,
) -> Outcome
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    chart
        .configure_series_labels()
        .position(position)
        .label_font(("sans-serif", 12).into_font().color(&INK))
        .draw()
}

fn key(at: (i32, i32), color: RGBColor) -> Rectangle<(i32, i32)> {
    Rectangle::new([(at.0 + 4, at.1 - 4), (at.0 + 14, at.1 + 4)], color.filled())
}

fn tint(index: usize) -> RGBColor {
    SERIES[index % SERIES.len()]
}

/// A short number for a tick label: `0.05`, `1e-5`, `20`.
fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        format!("{value:.0e}")
    } else {
        // Three significant digits.
        let digits = if size == 0.0 { 0.0 } else { 2.0 - size.log10().floor() };
        let text = fixed(value, digits.clamp(1.0, 6.0) as usize);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const AXES: Axes<'_> = Axes { x: "epoch", y: "loss", log_x: false };

    pub(super) fn series(points: &[(f64, f64)]) -> Series {
        Series { name: "train".into(), points: points.to_vec() }
    }

    #[test]
    fn a_curve_is_drawn_from_whatever_numbers_a_run_has() {
        let nan = f64::NAN;
        for log_x in [false, true] {
            let axes = Axes { log_x, ..AXES };
            assert_eq!(curves(axes, &[]), None);
            assert_eq!(curves(axes, &[series(&[(1.0, nan), (f64::INFINITY, 1.0)])]), None);
            for points in [
                vec![(1.0, 2.0)],
                vec![(1.0, 2.0), (2.0, 2.0)],
                vec![(1.0, f64::MAX), (2.0, f64::MIN)],
                vec![(1.0, 0.0), (2.0, nan), (3.0, 1e-30)],
                (1..5000).map(|at| (f64::from(at), 1.0 / f64::from(at))).collect(),
            ] {
                let svg = curves(axes, &[series(&points)]).expect("a plot");
                assert!(svg.contains("epoch") && svg.contains("loss") && svg.ends_with("</svg>\n"));
            }
        }
        assert!(clouds(AXES, &[series(&[(0.0, 0.0)])]).is_some());
    }

    #[test]
    fn a_curve_without_points_keeps_its_color() {
        let [none, one] = [series(&[]), series(&[(1.0, 2.0), (2.0, 1.0)])];
        let first = curves(AXES, std::slice::from_ref(&one)).expect("a plot");
        let second = curves(AXES, &[none, one]).expect("a plot");
        let color = |index: usize| format!("{}\"", svg_color(SERIES[index]));
        assert!(first.contains(&color(0)) && !first.contains(&color(1)), "{first}");
        assert!(second.contains(&color(1)) && !second.contains(&color(0)), "{second}");
    }

    fn svg_color(RGBColor(red, green, blue): RGBColor) -> String {
        format!("#{red:02X}{green:02X}{blue:02X}")
    }

    #[test]
    fn numbers_are_short() {
        let found = [0.0, 0.05, 0.0012, 1e-5, 20.0, 100.0, 1e6, -0.5].map(short);
        assert_eq!(found, ["0", "0.05", "0.0012", "1e-5", "20", "100", "1e6", "-0.5"]);
    }
}
