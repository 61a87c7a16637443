//! A table of the layers of networks: names, output shapes, parameters.

use burn::module::Module;
use hearth_model::{ForwardContext, Trace, params};

/// The layers of all networks of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerTable {
    /// One row for each layer.
    pub rows: Vec<LayerRow>,
    /// The number of parameters of all networks.
    pub parameters: usize,
}

/// A row of the table: a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// The layer's name.
    pub name: String,
    /// Its output shape for one sample: channels, height, width.
    pub output: [usize; 3],
    /// The number of its parameters.
    pub parameters: usize,
}

impl LayerTable {
    /// Adds the layers of a network, their names behind `prefix`; `forward` runs it on one sample.
    #[must_use]
    pub fn with<M: Module>(
        mut self,
        network: &M,
        prefix: &str,
        forward: impl FnOnce(&mut ForwardContext),
    ) -> Self {
        let mut context = ForwardContext::traced();
        forward(&mut context);
        let sizes: Vec<(String, usize)> = params::shapes(network)
            .into_iter()
            .filter(|(path, _)| !params::is_statistic(path))
            .map(|(path, shape)| (path, shape.iter().product()))
            .collect();
        self.parameters += sizes.iter().map(|(_, size)| size).sum::<usize>();
        let Trace::On(kept) = context.trace else { return self };
        self.rows.extend(kept.into_iter().map(|(name, output)| {
            let [_, channels, height, width] = output.dims();
            let own =
                |path: &str| path.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
            let parameters = sizes.iter().filter(|(path, _)| own(path)).map(|(_, size)| size).sum();
            LayerRow {
                name: format!("{prefix}{name}"),
                output: [channels, height, width],
                parameters,
            }
        }));
        self
    }

    /// The number of outputs of all layers for one sample.
    pub fn outputs(&self) -> usize {
        self.rows.iter().map(|row| row.output.iter().product::<usize>()).sum()
    }
}
