//! Values: what a checkpoint holds, in memory.
//!
//! | file | subject |
//! | --- | --- |
//! | `value` | a stored value: a tensor or a scalar |
//! | `state` | the state of a run: dotted path to value |
//! | `scalars` | scalars as `state.json` |

pub(crate) mod scalars;
mod state;
mod value;

pub use state::StateDict;
pub use value::{DType, Element, TensorValue, Value};
