//! Tables of stages: a network against the table at the top of its file.

use burn::module::Module;

use super::ClassifierNetwork;
use crate::{ForwardContext, ImageDims, Trace, params};

/// A classifier with a table of stages.
pub(crate) trait StageTable: ClassifierNetwork {
    /// The network's file.
    const SOURCE: &'static str;

    /// Networks by their settings, with their stages; the first one is the table of the file.
    fn table() -> Vec<(Self::Config, Stages)>;
}

/// The stages of a network for ten classes.
pub(crate) struct Stages {
    pub image: ImageDims,
    pub rows: Vec<Stage>,
    /// The total number of parameters.
    pub parameters: usize,
}

/// The name of a stage in the trace, its output shape for a batch of three, and its number of parameters.
pub(crate) type Stage = (&'static str, [usize; 4], usize);

/// Asserts that a traced pass through `network` had these stages, and that they have its parameters.
pub(crate) fn assert_stages<M: Module>(
    network: &M,
    context: ForwardContext,
    stages: &[Stage],
    parameters: usize,
) {
    let Trace::On(kept) = context.trace else { panic!("the trace is on") };
    let found: Vec<_> = kept.iter().map(|(name, output)| (name.as_str(), output.dims())).collect();
    let expected: Vec<_> = stages.iter().map(|(name, output, _)| (*name, *output)).collect();
    assert_eq!(found, expected);
    let mut sizes = params::shapes(network);
    sizes.retain(|(path, _)| !params::is_statistic(path));
    let mut counts = vec![0; stages.len()];
    let mut stage = 0;
    for (path, shape) in &sizes {
        // A parameter whose path names no stage belongs to the stage of the parameter before it.
        let of = |name: &str| path == name || path.starts_with(&format!("{name}."));
        stage = stages.iter().position(|(name, ..)| of(name)).unwrap_or(stage);
        counts[stage] += shape.iter().product::<usize>();
    }
    let expected: Vec<_> = stages.iter().map(|(.., parameters)| *parameters).collect();
    assert_eq!(counts, expected, "{sizes:?}");
    assert_eq!(counts.iter().sum::<usize>(), parameters, "{sizes:?}");
}

/// Asserts that table number `index` at the top of the file has these rows, and that its text states the total.
pub(crate) fn assert_documented(source: &str, index: usize, stages: &[Stage], parameters: usize) {
    let header: Vec<_> = source.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let tables: Vec<_> = header
        .split(|line| !line.trim_start().starts_with('|'))
        .filter(|table| !table.is_empty())
        .collect();
    let rows = tables[index].iter().skip(2).map(|line| {
        let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0].split_once(':').map_or(cells[0], |(name, _)| name);
        [name.to_owned(), cells[1].to_owned(), cells[2].to_owned()]
    });
    let expected = stages.iter().map(|(name, [_, channels, height, width], parameters)| {
        let output = if [*height, *width] == [1, 1] {
            format!("batch, {channels}")
        } else {
            format!("batch, {channels}, {height}, {width}")
        };
        [(*name).to_owned(), output, thousands(*parameters)]
    });
    assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let total = format!("{} parameters", thousands(parameters));
    assert!(header.iter().any(|line| line.contains(&total)), "{total}");
}

/// A number with commas between its thousands.
fn thousands(number: usize) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", thousands(number / 1000), number % 1000)
    }
}
