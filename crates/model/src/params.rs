//! The parameters of a network by their dotted paths, such as `layers.0.weight`.
//!
//! Burn's own identifiers of parameters are random and differ from process to process; state that
//! outlives a process is keyed by these paths.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// A visitor of parameters of any rank.
pub trait VisitParam {
    /// Called once for each float parameter and running statistic, in the order of the fields.
    fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>);
}

/// A map from parameters to new ones, of any rank.
pub trait MapParam {
    /// Called once for each float parameter and running statistic, in the order of the fields.
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>>;
}

/// Visits every parameter of `module`.
pub fn visit_params<M: Module>(module: &M, visitor: &mut impl VisitParam) {
    module.visit(&mut WithPath { path: Vec::new(), inner: visitor });
}

/// Maps every parameter of `module`.
pub fn map_params<M: Module>(module: M, mapper: &mut impl MapParam) -> M {
    module.map(&mut WithPath { path: Vec::new(), inner: mapper })
}

/// Path and shape of every parameter, in the order of the fields.
pub fn shapes<M: Module>(module: &M) -> Vec<(String, Vec<usize>)> {
    struct Shapes(Vec<(String, Vec<usize>)>);
    impl VisitParam for Shapes {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            self.0.push((path.to_owned(), param.lazy_shape().to_vec()));
        }
    }
    let mut shapes = Shapes(Vec::new());
    visit_params(module, &mut shapes);
    shapes.0
}

/// True if this is the path of a running statistic, which no optimiser trains.
pub fn is_statistic(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|name| name.starts_with("running_"))
}

/// Replaces the values of a parameter. Its device and its need for a gradient stay.
///
/// # Panics
///
/// If `data` has another shape than the parameter.
pub fn replace<const D: usize>(param: Param<Tensor<D>>, data: TensorData) -> Param<Tensor<D>> {
    param.map(|old| {
        assert_eq!(old.shape().as_slice(), data.shape().as_slice(), "the parameter's shape");
        let new = Tensor::from_data(data, &old.device());
        if old.is_require_grad() { new.require_grad() } else { new }
    })
}

/// An adapter that tracks the path of the module's fields.
struct WithPath<'a, T> {
    path: Vec<String>,
    inner: &'a mut T,
}

impl<T> WithPath<'_, T> {
    /// Enters a field. The variants of an enum are no part of a path: they select the network.
    fn enter(&mut self, name: &str, container: &str) {
        self.path.push(if container.starts_with("Enum:") {
            String::new()
        } else {
            name.to_owned()
        });
    }

    fn path(&self) -> String {
        let names: Vec<&str> =
            self.path.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        names.join(".")
    }
}

impl<T: VisitParam> ModuleVisitor for WithPath<'_, T> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path();
        self.inner.visit(&path, param);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

impl<T: MapParam> ModuleMapper for WithPath<'_, T> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path();
        self.inner.map(&path, param)
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}
