//! A network as the parameters of a PyTorch module.

/// A parameter of a PyTorch module, which one or more tensors of a checkpoint make up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the module's `state_dict`.
    pub name: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// Path and shape of each tensor in a checkpoint.
    pub parts: Vec<(String, Vec<usize>)>,
    /// The layout of the parts.
    pub layout: Layout,
}

/// The layout of a parameter's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As in a checkpoint, one part behind the other.
    Same,
    /// Weights `[inputs, outputs]`, each transposed to `[outputs, inputs]`; the outputs of a part behind those of the one
    /// before.
    Outputs,
    /// Weights `[inputs, outputs]`, each transposed to `[outputs, inputs]`; the inputs of a part beside those of the one
    /// before.
    Inputs,
}

/// The parameters of a module, as they are listed.
#[derive(Debug, Default)]
pub(crate) struct Parameters(pub(crate) Vec<Parameter>);

impl Parameters {
    /// A parameter with the values of one tensor, of this shape in both.
    pub fn same(&mut self, name: &str, path: &str, shape: &[usize]) {
        self.add(name, shape, vec![(path.to_owned(), shape.to_vec())], Layout::Same);
    }

    /// A vector `[size]` of a checkpoint, as the weights `[1, size]` of a linear layer with one output.
    pub fn row(&mut self, name: &str, path: &str, size: usize) {
        self.add(name, &[1, size], vec![(path.to_owned(), vec![size])], Layout::Same);
    }

    /// Layer normalisation of a width.
    pub fn norm(&mut self, name: &str, path: &str, width: usize) {
        for (theirs, ours) in [("weight", "gain"), ("bias", "bias")] {
            self.same(&format!("{name}.{theirs}"), &format!("{path}.{ours}"), &[width]);
        }
    }

    /// A linear layer.
    pub fn linear(&mut self, name: &str, path: &str, features: [usize; 2]) {
        self.outputs(name, ".", &[path], features);
    }

    /// Linear layers of the same sizes as one, their outputs one behind the other; `dot` stands between the name and
    /// `weight` or `bias`.
    pub fn outputs(&mut self, name: &str, dot: &str, paths: &[&str], features: [usize; 2]) {
        let [inputs, outputs] = features;
        let all = paths.len() * outputs;
        let parts = |what: &str, shape: &[usize]| {
            let parts = paths.iter().map(|path| (format!("{path}.{what}"), shape.to_vec()));
            parts.collect::<Vec<_>>()
        };
        let weights = parts("weight", &features);
        self.add(&format!("{name}{dot}weight"), &[all, inputs], weights, Layout::Outputs);
        let biases = parts("bias", &[outputs]);
        self.add(&format!("{name}{dot}bias"), &[all], biases, Layout::Same);
    }

    /// Weights of several inputs, side by side: the path and the width of each.
    pub fn inputs(&mut self, name: &str, inputs: &[(&str, usize)], outputs: usize) {
        let width = inputs.iter().map(|(_, width)| width).sum();
        let parts = inputs.iter().map(|(path, width)| ((*path).to_owned(), vec![*width, outputs]));
        self.add(name, &[outputs, width], parts.collect(), Layout::Inputs);
    }

    fn add(
        &mut self,
        name: &str,
        shape: &[usize],
        parts: Vec<(String, Vec<usize>)>,
        layout: Layout,
    ) {
        self.0.push(Parameter { name: name.to_owned(), shape: shape.to_vec(), parts, layout });
    }
}
