//! A network as an ONNX graph (opset 17), with the preparation of its inputs inside: `graph` builds it, and `proto` is the
//! file's format.

pub mod graph;
pub(crate) mod proto;

use hearth_model::outline::Layer;
use hearth_store::NamedTensor;

use self::graph::Graph;
use self::proto::{GraphProto, ModelProto};
use crate::signature::LayerSignature;

/// The version of the operators.
pub const OPSET: i64 = 17;

/// The version of the file format that goes with it.
const IR_VERSION: i64 = 8;

/// The model of these layers and their tensors, as [`crate::tensors`] gives them.
pub fn model(
    layers: &[Layer],
    tensors: Vec<NamedTensor>,
    signature: &dyn LayerSignature,
    name: &str,
) -> ModelProto {
    let mut graph = Graph::default();
    for NamedTensor { name, shape, values } in tensors {
        graph.constant(&name, &shape, values);
    }
    let first = signature.inputs(&mut graph);
    let last = graph.sequence(layers, "", first);
    signature.outputs(&mut graph, &last);
    of_graph(graph.finish(name))
}

/// The model of a graph.
pub fn of_graph(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: IR_VERSION,
        opset: OPSET,
        producer_name: "hearth".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph,
    }
}
