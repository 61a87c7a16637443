//! The messages of an event file. Field names and numbers are those of
//! TensorBoard's `event.proto`, `summary.proto`, `histogram.proto`, `tensor.proto` and
//! `tensor_shape.proto`
//! (<https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto>).

use prost::encoding::{bytes, double, float, int32, int64, string};

/// A message of protocol buffers.
pub trait Message {
    /// Appends its encoded fields.
    fn fields(&self, buffer: &mut Vec<u8>);

    /// The encoded message.
    fn encoded(&self) -> Vec<u8> {
        let mut buffer = Vec::new();
        self.fields(&mut buffer);
        buffer
    }
}

/// Appends a nested message: its length and its bytes.
fn message(tag: u32, message: &impl Message, buffer: &mut Vec<u8>) {
    bytes::encode(tag, &message.encoded(), buffer);
}

/// `Event`: a record of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMessage {
    /// Seconds since 1970.
    pub wall_time: f64,
    pub step: i64,
    pub payload: Payload,
}

/// The content of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    FileVersion(String),
    /// A summary of one value.
    Summary {
        tag: String,
        value: SummaryValue,
    },
    SessionLog(Status),
}

impl Message for EventMessage {
    fn fields(&self, buffer: &mut Vec<u8>) {
        double::encode(1, &self.wall_time, buffer);
        int64::encode(2, &self.step, buffer);
        match &self.payload {
            Payload::FileVersion(version) => string::encode(3, version, buffer),
            Payload::Summary { tag, value } => message(5, &Summary { tag, value }, buffer),
            Payload::SessionLog(status) => message(7, &SessionLog(*status), buffer),
        }
    }
}

/// `SessionLog.SessionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Start = 1,
}

struct SessionLog(Status);

impl Message for SessionLog {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &(self.0 as i32), buffer);
    }
}

/// `Summary`, of one `Summary.Value`.
struct Summary<'a> {
    tag: &'a String,
    value: &'a SummaryValue,
}

impl Message for Summary<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        message(1, &Tagged { tag: self.tag, value: self.value }, buffer);
    }
}

/// `Summary.Value`.
struct Tagged<'a> {
    tag: &'a String,
    value: &'a SummaryValue,
}

/// The content of a `Summary.Value`.
#[derive(Clone, Debug, PartialEq)]
pub enum SummaryValue {
    Simple(f32),
    Image(Image),
    Histogram(HistogramProto),
    Text(StringTensorProto),
}

impl Message for Tagged<'_> {
    fn fields(&self, buffer: &mut Vec<u8>) {
        string::encode(1, self.tag, buffer);
        match self.value {
            SummaryValue::Simple(value) => float::encode(2, value, buffer),
            SummaryValue::Image(image) => message(4, image, buffer),
            SummaryValue::Histogram(histogram) => message(5, histogram, buffer),
            SummaryValue::Text(tensor) => {
                message(8, tensor, buffer);
                message(9, &SummaryMetadata { plugin_name: "text" }, buffer);
            }
        }
    }
}

/// `SummaryMetadata`: the plugin of TensorBoard that shows a tensor.
struct SummaryMetadata {
    plugin_name: &'static str,
}

impl Message for SummaryMetadata {
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

impl Message for PluginData {
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

impl Message for Image {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &self.height, buffer);
        int32::encode(2, &self.width, buffer);
        int32::encode(3, &self.colorspace, buffer);
        bytes::encode(4, &self.encoded_image_string, buffer);
    }
}

/// `HistogramProto`: the totals of a distribution, and counts of values in buckets.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramProto {
    pub min: f64,
    pub max: f64,
    pub num: f64,
    pub sum: f64,
    pub sum_squares: f64,
    /// The upper limit of every bucket, exclusive.
    pub bucket_limit: Vec<f64>,
    /// The number of values in every bucket.
    pub bucket: Vec<f64>,
}

impl Message for HistogramProto {
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

/// `TensorProto` of one string, a scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct StringTensorProto {
    pub string_val: String,
}

impl Message for StringTensorProto {
    fn fields(&self, buffer: &mut Vec<u8>) {
        int32::encode(1, &DT_STRING, buffer);
        message(2, &TensorShapeProto, buffer);
        string::encode(8, &self.string_val, buffer);
    }
}

/// `DataType.DT_STRING` of types.proto.
const DT_STRING: i32 = 7;

/// `TensorShapeProto` without a `dim`: the shape of a scalar.
struct TensorShapeProto;

impl Message for TensorShapeProto {
    fn fields(&self, _: &mut Vec<u8>) {}
}
