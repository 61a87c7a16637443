//! The messages of an ONNX file, as far as they are written here. Names and numbers are those of
//! onnx.proto (<https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

use prost::encoding::{bytes, float, int32, int64, string};

/// A protocol buffers message that can be encoded.
pub trait Proto {
    /// Adds its fields.
    fn fields(&self, buffer: &mut Vec<u8>);

    /// The whole message.
    fn encoded(&self) -> Vec<u8> {
        let mut buffer = Vec::new();
        self.fields(&mut buffer);
        buffer
    }
}

/// A message within one: its bytes, behind their number.
fn message(tag: u32, message: &impl Proto, buffer: &mut Vec<u8>) {
    bytes::encode(tag, &message.encoded(), buffer);
}

fn messages(tag: u32, all: &[impl Proto], buffer: &mut Vec<u8>) {
    for one in all {
        message(tag, one, buffer);
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelProto {
    pub ir_version: i64,
    pub producer_name: String,
    pub producer_version: String,
    pub graph: GraphProto,
    /// The version of the operators.
    pub opset: i64,
}

impl Proto for ModelProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int64::encode(1, &self.ir_version, buffer);
        string::encode(2, &self.producer_name, buffer);
        string::encode(3, &self.producer_version, buffer);
        message(7, &self.graph, buffer);
        message(8, &OperatorSetIdProto(self.opset), buffer);
    }
}

/// Of the domain without a name, which is ONNX's own.
struct OperatorSetIdProto(i64);

impl Proto for OperatorSetIdProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, &String::new(), buffer);
        int64::encode(2, &self.0, buffer);
    }
}

/// A graph: operations in an order in which they can be computed.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphProto {
    pub node: Vec<NodeProto>,
    pub name: String,
    pub initializer: Vec<TensorProto>,
    pub input: Vec<ValueInfoProto>,
    pub output: Vec<ValueInfoProto>,
}

impl Proto for GraphProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        messages(1, &self.node, buffer);
        string::encode(2, &self.name, buffer);
        messages(5, &self.initializer, buffer);
        messages(11, &self.input, buffer);
        messages(12, &self.output, buffer);
    }
}

/// An operation on named values.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeProto {
    pub input: Vec<String>,
    pub output: Vec<String>,
    pub name: String,
    pub op_type: String,
    pub attribute: Vec<AttributeProto>,
}

impl Proto for NodeProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode_repeated(1, &self.input, buffer);
        string::encode_repeated(2, &self.output, buffer);
        string::encode(3, &self.name, buffer);
        string::encode(4, &self.op_type, buffer);
        messages(5, &self.attribute, buffer);
    }
}

/// A setting of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeProto {
    pub name: String,
    pub value: Attribute,
}

/// Its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Float(f32),
    Int(i64),
    Ints(Vec<i64>),
}

impl Proto for AttributeProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, &self.name, buffer);
        let kind = match &self.value {
            Attribute::Float(value) => {
                float::encode(2, value, buffer);
                1
            }
            Attribute::Int(value) => {
                int64::encode(3, value, buffer);
                2
            }
            Attribute::Ints(values) => {
                int64::encode_repeated(8, values, buffer);
                7
            }
        };
        int32::encode(20, &kind, buffer);
    }
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorProto {
    pub name: String,
    pub dims: Vec<i64>,
    /// [`F32`] or [`I64`].
    pub data_type: i32,
    /// Little-endian.
    pub raw_data: Vec<u8>,
}

/// The type of a tensor's numbers.
pub const F32: i32 = 1;
/// The type of a tensor's numbers.
pub const I64: i32 = 7;

impl Proto for TensorProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int64::encode_repeated(1, &self.dims, buffer);
        int32::encode(2, &self.data_type, buffer);
        string::encode(8, &self.name, buffer);
        bytes::encode(9, &self.raw_data, buffer);
    }
}

/// A value that goes in or comes out.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueInfoProto {
    pub name: String,
    /// [`F32`] or [`I64`].
    pub data_type: i32,
    pub dims: Vec<Dimension>,
}

impl Proto for ValueInfoProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, &self.name, buffer);
        message(2, &TypeProto(self), buffer);
    }
}

/// The type of a tensor, within that of a value.
struct TypeProto<'a>(&'a ValueInfoProto);

impl Proto for TypeProto<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        message(1, &TensorType(self.0), buffer);
    }
}

struct TensorType<'a>(&'a ValueInfoProto);

impl Proto for TensorType<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &self.0.data_type, buffer);
        message(2, &TensorShapeProto(&self.0.dims), buffer);
    }
}

struct TensorShapeProto<'a>(&'a [Dimension]);

impl Proto for TensorShapeProto<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        messages(1, self.0, buffer);
    }
}

/// The size of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Size(usize),
    /// Any size, the same wherever this name stands.
    Free(&'static str),
}

impl Dimension {
    pub const BATCH: Self = Self::Free("batch");
    pub const SOURCES: Self = Self::Free("sources");
    pub const TARGETS: Self = Self::Free("targets");
}

impl Proto for Dimension {
    fn fields(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::Size(size) => int64::encode(1, &signed(*size), buffer),
            Self::Free(name) => string::encode(2, &(*name).to_owned(), buffer),
        }
    }
}

/// A size as the format holds it.
pub fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("sizes of tensors are far below 2^63")
}
