//! Drawing of the dashboard. It uses named colours and no background, so that the terminal's theme, light or dark,
//! decides their look.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType, LineGauge, Paragraph};

use hearth_train::event::in_epoch;

use super::{Dashboard, MIN_SIZE, MetricSeries};
use crate::terminal::output::thousands;
use crate::terminal::progress::duration;

/// Colours of curves, distinct and legible on black and on white.
const COLOURS: [Color; 4] = [Color::Cyan, Color::Magenta, Color::Green, Color::Red];

/// Preferred width of a chart, in columns.
const CHART_WIDTH: u16 = 48;

/// The share of a curve's beginning that does not count for the chart's range: the losses of an untrained network would
/// flatten the rest.
const WARM_UP: f64 = 0.05;

/// Style of secondary text.
const QUIET: Style = Style::new().add_modifier(Modifier::DIM);

impl Dashboard {
    /// Draws the dashboard at this time.
    pub fn draw(&self, frame: &mut Frame<'_>, at: Duration) {
        let area = frame.area();
        // A third of the rows without the single lines.
        let log = area.height.saturating_sub(6) / 3;
        let [title, charts, epoch, run, facts, evaluated, lines, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(0),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(log),
            Constraint::Length(1),
        ])
        .areas(area);
        frame.render_widget(self.title(), title);
        self.draw_charts(frame, charts);
        self.draw_gauges(frame, [epoch, run], at);
        frame.render_widget(self.facts(), facts);
        frame.render_widget(self.results(), evaluated);
        self.draw_log(frame, lines);
        frame.render_widget(self.keys(), keys);
    }

    fn title(&self) -> Line<'_> {
        let mut spans = vec![Span::from("hearth").bold()];
        for (place, part) in self.title.iter().enumerate() {
            spans.push(Span::styled(if place == 0 { "  " } else { " · " }, QUIET));
            let style = if place == 0 { Style::new().bold().fg(COLOURS[0]) } else { Style::new() };
            spans.push(Span::styled(part, style));
        }
        Line::from(spans)
    }

    fn draw_charts(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut groups = self.groups();
        groups.truncate(if area.width < MIN_SIZE.0 {
            1
        } else {
            (area.width / CHART_WIDTH).max(2).into()
        });
        let areas =
            Layout::horizontal(groups.iter().map(|_| Constraint::Fill(1))).spacing(2).split(area);
        // All charts have the same range of steps.
        let steps = self.series.iter().flat_map(|one| one.curve.points().map(|(step, _)| step));
        let (from, to) = bounds(steps);
        let epochs = [from, to].map(|step| self.epochs(step));
        for (group, area) in groups.into_iter().zip(areas.iter()) {
            self.draw_chart(frame, *area, group, epochs);
        }
    }

    fn epochs(&self, steps: f64) -> f64 {
        steps / self.steps_per_epoch.max(1) as f64
    }

    fn draw_chart(&self, frame: &mut Frame<'_>, area: Rect, group: &str, [from, to]: [f64; 2]) {
        let series: Vec<&MetricSeries> =
            self.series.iter().filter(|one| one.group() == group).collect();
        let curves: Vec<Vec<(f64, f64)>> = series
            .iter()
            .map(|one| one.curve.points().map(|(step, value)| (self.epochs(step), value)).collect())
            .collect();
        let datasets = curves.iter().zip(COLOURS.into_iter().cycle()).map(|(curve, colour)| {
            let dataset = Dataset::default().graph_type(GraphType::Line).marker(Marker::Braille);
            dataset.style(colour).data(curve)
        });
        let later = curves.iter().flatten().filter(|(x, _)| *x >= from + WARM_UP * (to - from));
        let (low, high) = bounds(later.map(|(_, y)| *y));
        let labels = [low, f64::midpoint(low, high), high].map(number);
        let epochs_shown = [format!("{from:.1}"), format!("epoch {to:.1}")];
        let chart = Chart::new(datasets.collect())
            .block(headed(legend(group, &series, area.width)))
            .legend_position(None)
            .x_axis(Axis::default().style(QUIET).bounds([from, to]).labels(epochs_shown))
            .y_axis(Axis::default().style(QUIET).bounds([low, high]).labels(labels));
        frame.render_widget(chart, area);
    }

    fn draw_gauges(&self, frame: &mut Frame<'_>, [epoch, run]: [Rect; 2], at: Duration) {
        let [place, steps] = in_epoch(self.step, self.steps_per_epoch, self.total_steps);
        let epochs = |steps: u64| steps.div_ceil(self.steps_per_epoch.max(1));
        let [now, all] = [self.step, self.total_steps].map(epochs);
        let elapsed = duration(self.pace.elapsed(at));
        let left =
            self.pace.left().map_or_else(String::new, |left| format!(", {} left", duration(left)));
        let parts = [
            (epoch, ratio(place, steps), format!("epoch {now}/{all}, step {place}/{steps}")),
            (run, ratio(self.step, self.total_steps), format!("{elapsed}{left}")),
        ];
        let width =
            parts.iter().map(|(_, _, label)| label.chars().count()).max().unwrap_or_default();
        for (area, ratio, label) in parts {
            let percent = format!("{label:width$} {:3.0} %", (100.0 * ratio).floor());
            let gauge = LineGauge::default().ratio(ratio).label(percent);
            let gauge = gauge.filled_symbol("━").unfilled_symbol("─");
            frame.render_widget(gauge.filled_style(COLOURS[2]).unfilled_style(QUIET), area);
        }
    }

    fn facts(&self) -> Line<'_> {
        let speed =
            self.pace.speed().map_or_else(|| "-".to_owned(), |speed| thousands(speed as u64));
        Line::from(vec![
            Span::from(speed).bold(),
            Span::from(" samples/s   learning rate "),
            Span::from(number(self.learning_rate)).bold(),
        ])
    }

    fn results(&self) -> Line<'_> {
        let Some((set, scalars)) = &self.evaluated else {
            return Line::styled("not evaluated yet", QUIET);
        };
        let mut spans = vec![Span::from(set)];
        for (name, value) in scalars.iter() {
            spans.push(Span::from(format!("  {} ", name.replace('_', " "))));
            spans.push(Span::from(number(value)).bold());
        }
        Line::from(spans)
    }

    fn draw_log(&self, frame: &mut Frame<'_>, area: Rect) {
        let block = headed(Line::from(" log ").bold());
        let room = block.inner(area).height.into();
        let shown = self.lines.iter().skip(self.lines.len().saturating_sub(room));
        let lines: Vec<Line<'_>> = shown.map(|line| Line::from(line.trim_start())).collect();
        frame.render_widget(Paragraph::new(lines).block(block), area);
    }

    fn keys(&self) -> Line<'_> {
        if self.stopping {
            let text = "stopping after this step; Ctrl-C stops at once";
            return Line::styled(text, Style::new().fg(COLOURS[3]).bold());
        }
        let keys = [
            Span::from("q").bold(),
            Span::styled(" stop after this step, with a checkpoint", QUIET),
        ];
        Line::from(keys.to_vec()).alignment(Alignment::Right)
    }
}

/// The title of a chart and its curves, with the newest values where there is room.
fn legend(group: &str, series: &[&MetricSeries], width: u16) -> Line<'static> {
    let line = |text: &dyn Fn(&MetricSeries) -> String| {
        let mut spans = vec![Span::from(format!(" {group} ")).bold()];
        for (one, colour) in series.iter().zip(COLOURS.into_iter().cycle()) {
            spans.push(Span::styled(format!("━ {} ", text(one)), colour));
        }
        Line::from(spans)
    };
    let whole = line(&|one| format!("{} {}", one.label(), number(one.curve.newest())));
    if whole.width() <= width.into() { whole } else { line(&MetricSeries::label) }
}

/// A block with a title in its top border.
fn headed(title: Line<'_>) -> Block<'_> {
    let block = Block::new().borders(Borders::TOP).border_style(QUIET);
    block.title(title).title_style(Style::new().not_dim())
}

fn ratio(part: u64, whole: u64) -> f64 {
    (part as f64 / whole.max(1) as f64).clamp(0.0, 1.0)
}

/// Minimum and maximum of values, widened if they are equal; 0 and 1 without values.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let limits = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), limits);
    if low > high {
        return (0.0, 1.0);
    }
    let margin = if high > low { 0.0 } else { 0.5 * low.abs().max(1e-6) };
    (low - margin, high + margin)
}

/// A number with three significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (0.1..1.0).contains(&size) => format!("{value:.3}"),
        size if (1e-3..0.1).contains(&size) => format!("{value:.4}"),
        size if (1.0..10.0).contains(&size) => format!("{value:.2}"),
        size if (10.0..100.0).contains(&size) => format!("{value:.1}"),
        size if (100.0..1e5).contains(&size) => format!("{value:.0}"),
        size if size.is_finite() => format!("{value:.1e}"),
        _ => value.to_string(),
    }
}
