//! Conversions between Burn modules and the named tensors of a checkpoint.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use hearth_model::params::{MapParam, VisitParam, map_params, replace, visit_params};
use hearth_store::{StateDict, StoreError, TensorValue, Value};

/// Every parameter and running statistic of `module` by its path.
pub fn module_state<M: Module>(module: &M) -> Result<StateDict, StoreError> {
    struct Collect(Result<StateDict, StoreError>);
    impl VisitParam for Collect {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if let Ok(state) = &mut self.0 {
                let value = to_value(&param.val().into_data());
                if let Err(error) = value.and_then(|value| state.insert(path, value)) {
                    self.0 = Err(error);
                }
            }
        }
    }
    let mut collect = Collect(Ok(StateDict::default()));
    visit_params(module, &mut collect);
    collect.0
}

/// `module` with the weights and running statistics of `state`. A missing, extra or misshapen entry is an error.
pub fn restore_module<M: Module>(module: M, mut state: StateDict) -> Result<M, StoreError> {
    struct Restore<'a>(&'a mut StateDict, Option<StoreError>);
    impl MapParam for Restore<'_> {
        fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let value = self.0.take_tensor(path, &param.lazy_shape().to_vec());
            match value.and_then(|value| to_data(&value)) {
                Ok(data) => replace(param, data),
                Err(error) => {
                    self.1.get_or_insert(error);
                    param
                }
            }
        }
    }
    let mut restore = Restore(&mut state, None);
    let module = map_params(module, &mut restore);
    match restore.1 {
        Some(error) => Err(error),
        None => state.finish().map(|()| module),
    }
}

/// A Burn tensor as a value of a checkpoint, in f32.
pub fn to_value(data: &TensorData) -> Result<Value, StoreError> {
    let values = data.as_slice::<f32>().expect("parameters are f32 on every backend here");
    Ok(Value::Tensor(TensorValue::new(data.shape().to_vec(), values)?))
}

/// A tensor of a checkpoint as Burn's data, in f32.
pub fn to_data(value: &TensorValue) -> Result<TensorData, StoreError> {
    Ok(TensorData::new(value.to_vec::<f32>()?, value.shape().to_vec()))
}
