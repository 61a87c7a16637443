//! TFRecord: the framing of messages in a file
//! (<https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>).

/// A record: the message's length and its checksum, the message and its checksum.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(message.len() + 16);
    record.extend_from_slice(&length);
    record.extend_from_slice(&masked_crc(&length).to_le_bytes());
    record.extend_from_slice(message);
    record.extend_from_slice(&masked_crc(message).to_le_bytes());
    record
}

/// The masked CRC-32C of the format: data may contain checksums, whose plain CRC would be weak.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TensorBoard 2.21's own record of an event:
    ///
    /// ```python
    /// import io
    /// from tensorboard.compat.proto.event_pb2 import Event
    /// from tensorboard.summary.writer.record_writer import RecordWriter
    /// file = io.BytesIO()
    /// event = Event(wall_time=1.5, file_version="brain.Event:2")
    /// RecordWriter(file).write(event.SerializeToString())
    /// print(file.getvalue())
    /// ```
    #[test]
    fn a_record_is_that_of_tensorboard() {
        let message = b"\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x1a\x0dbrain.Event:2";
        let mut record = b"\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7f\x4b\x22".to_vec();
        record.extend_from_slice(message);
        record.extend_from_slice(b"\x2a\x28\x64\x6c");
        assert_eq!(framed(message), record);
    }
}
