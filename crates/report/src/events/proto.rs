//! The messages of an event file, as far as they are written here. Names and numbers are those of
//! TensorBoard's `event.proto`, `summary.proto`, `histogram.proto`, `tensor.proto` and
//! `tensor_shape.proto`
//! (<https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto>).

use prost::encoding::{bytes, double, float, int32, int64, string};

/// What is written as a message of protocol buffers.
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

/// A record of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Seconds since 1970.
    pub wall_time: f64,
    pub step: i64,
    pub what: What,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    FileVersion(String),
    /// Of one value.
    Summary {
        tag: String,
        value: Value,
    },
    SessionLog(Status),
}

impl Proto for Event {
    fn fields(&self, buffer: &mut Vec<u8>) {
        double::encode(1, &self.wall_time, buffer);
        int64::encode(2, &self.step, buffer);
        match &self.what {
            What::FileVersion(version) => string::encode(3, version, buffer),
            What::Summary { tag, value } => message(5, &Summary { tag, value }, buffer),
            What::SessionLog(status) => message(7, &SessionLog(*status), buffer),
        }
    }
}

/// `SessionLog.SessionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Start = 1,
}

struct SessionLog(Status);

impl Proto for SessionLog {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &(self.0 as i32), buffer);
    }
}

/// `Summary`, of one `Summary.Value`.
struct Summary<'a> {
    tag: &'a String,
    value: &'a Value,
}

impl Proto for Summary<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        message(1, &Tagged { tag: self.tag, value: self.value }, buffer);
    }
}

/// `Summary.Value`.
struct Tagged<'a> {
    tag: &'a String,
    value: &'a Value,
}

/// The content of a `Summary.Value`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Simple(f32),
    Image(Image),
    Histogram(HistogramProto),
    Text(TensorProto),
}

impl Proto for Tagged<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, self.tag, buffer);
        match self.value {
            Value::Simple(value) => float::encode(2, value, buffer),
            Value::Image(image) => message(4, image, buffer),
            Value::Histogram(histogram) => message(5, histogram, buffer),
            Value::Text(tensor) => {
                message(8, tensor, buffer);
                message(9, &SummaryMetadata { plugin_name: "text" }, buffer);
            }
        }
    }
}

/// Which part of TensorBoard shows a tensor.
struct SummaryMetadata {
    plugin_name: &'static str,
}

impl Proto for SummaryMetadata {
    fn fields(&self, buffer: &mut Vec<u8>) {
        message(1, &PluginData { plugin_name: self.plugin_name }, buffer);
        int32::encode(4, &DATA_CLASS_TENSOR, buffer);
    }
}

/// `DataClass.DATA_CLASS_TENSOR`.
const DATA_CLASS_TENSOR: i32 = 2;

struct PluginData {
    plugin_name: &'static str,
}

impl Proto for PluginData {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, &self.plugin_name.to_owned(), buffer);
    }
}

/// `Summary.Image`.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub height: i32,
    pub width: i32,
    /// The number of channels.
    pub colorspace: i32,
    pub encoded_image_string: Vec<u8>,
}

impl Proto for Image {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &self.height, buffer);
        int32::encode(2, &self.width, buffer);
        int32::encode(3, &self.colorspace, buffer);
        bytes::encode(4, &self.encoded_image_string, buffer);
    }
}

/// A distribution: its totals, and counts of values in buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramProto {
    pub min: f64,
    pub max: f64,
    pub num: f64,
    pub sum: f64,
    pub sum_squares: f64,
    /// The upper end of every bucket, which is outside of it.
    pub bucket_limit: Vec<f64>,
    /// How many values are in it.
    pub bucket: Vec<f64>,
}

impl Proto for HistogramProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        double::encode(1, &self.min, buffer);
        double::encode(2, &self.max, buffer);
        double::encode(3, &self.num, buffer);
        double::encode(4, &self.sum, buffer);
        double::encode(5, &self.sum_squares, buffer);
        double::encode_packed(6, &self.bucket_limit, buffer);
        double::encode_packed(7, &self.bucket, buffer);
    }
}

/// A tensor of one string, without dims.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorProto {
    pub string_val: String,
}

impl Proto for TensorProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &DT_STRING, buffer);
        message(2, &TensorShapeProto, buffer);
        string::encode(8, &self.string_val, buffer);
    }
}

/// `DataType.DT_STRING` of types.proto.
const DT_STRING: i32 = 7;

/// Without a `dim`: a scalar.
struct TensorShapeProto;

impl Proto for TensorShapeProto {
    fn fields(&self, _: &mut Vec<u8>) {}
}
