//! Tensors as safetensors files: the same tensors give the same bytes, which Python's safetensors reads.
//!
//! The format: <https://huggingface.co/docs/safetensors/index#format>. No metadata is written,
//! because the library keeps it in a hash map, whose order differs from run to run.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use half::{bf16, f16};
use safetensors::{Dtype, View, tensor::Metadata};

use super::entry::{Storage, TensorEntry};
use crate::{DType, StateDict, StoreError, TensorValue};

/// The name that the format reserves for its metadata.
const RESERVED: &str = "__metadata__";

/// Encodes tensors as a file.
pub(crate) fn encode(tensors: &BTreeMap<&str, &TensorValue>) -> Result<Vec<u8>, StoreError> {
    let fault = |fault: String| StoreError::Encode { what: "a set of tensors", fault };
    if tensors.contains_key(RESERVED) {
        return Err(fault(format!("`{RESERVED}` cannot be a tensor's name in safetensors")));
    }
    safetensors::serialize(tensors.iter().map(|(name, tensor)| (*name, *tensor)), None)
        .map_err(|error| fault(error.to_string()))
}

/// Decodes the tensors of a checkpoint's file.
pub(crate) fn decode(file: &[u8]) -> Result<Vec<(String, TensorValue)>, String> {
    decode_as(file, as_kept)
}

/// Creates a tensor from its element type, shape and bytes.
type Reader = fn(Dtype, &[usize], &[u8]) -> Result<TensorValue, String>;

fn decode_as(file: &[u8], read: Reader) -> Result<Vec<(String, TensorValue)>, String> {
    let (metadata, data) = header(file)?;
    let data = &file[data..];
    metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let (start, end) = info.data_offsets;
            let bytes = data.get(start..end).ok_or("a tensor lies outside the file")?;
            let tensor = read(info.dtype, &info.shape, bytes)
                .map_err(|fault| format!("`{name}` {fault}"))?;
            Ok((name, tensor))
        })
        .collect()
}

/// Parses the header: the metadata of the tensors, and the position of their elements in the file.
fn header(file: &[u8]) -> Result<(Metadata, usize), String> {
    // The library's own `SafeTensors::deserialize` adds up offsets from the header before it has
    // compared them with the file's length, which overflows on a header made for it.
    let (length, rest) = file.split_first_chunk().ok_or("it is shorter than its header")?;
    let (header, data) = usize::try_from(u64::from_le_bytes(*length))
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or("its header is longer than the file")?;
    let metadata: Metadata = serde_json::from_slice(header)
        .map_err(|error| format!("its header is not that of a safetensors file: {error}"))?;
    if metadata.data_len() != data.len() {
        return Err("its header and its length disagree".to_owned());
    }
    Ok((metadata, file.len() - data.len()))
}

/// The tensors of a safetensors file of any program, sorted by name.
pub(crate) fn entries(file: Vec<u8>) -> Result<Vec<TensorEntry>, String> {
    let (metadata, data) = header(&file).map_err(|fault| {
        format!("{fault}, as of an incomplete or changed file: download it again")
    })?;
    let (file, length) = (Arc::new(file), metadata.data_len());
    let mut entries: Vec<_> = metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let (start, end) = info.data_offsets;
            if start > end || end > length {
                return Err(format!("`{name}` lies outside the file"));
            }
            Ok(TensorEntry {
                name,
                shape: info.shape.clone(),
                is_integer: !matches!(
                    info.dtype,
                    Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16
                ),
                storage: Storage::Safetensors {
                    dtype: info.dtype,
                    file: Arc::clone(&file),
                    start: data + start,
                    end: data + end,
                },
            })
        })
        .collect::<Result<_, String>>()?;
    entries.sort_by(|one: &TensorEntry, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// A tensor with an element type of checkpoints; any other type is an error.
fn as_kept(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Result<TensorValue, String> {
    let known = dtype_of(dtype).ok_or_else(|| format!("holds {dtype}, which is not read here"))?;
    TensorValue::from_bytes(known, shape, bytes.to_vec()).map_err(|error| error.to_string())
}

/// A tensor with floats of 16 and 64 bits converted to 32.
pub(crate) fn widened(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Result<TensorValue, String> {
    let halves = || bytes.as_chunks().0.iter().copied();
    let values: Vec<f32> = match dtype {
        Dtype::F16 => halves().map(|half| f16::from_le_bytes(half).to_f32()).collect(),
        Dtype::F64 => {
            let doubles = bytes.as_chunks().0.iter().copied();
            doubles.map(|double| f64::from_le_bytes(double) as f32).collect()
        }
        Dtype::BF16 => halves().map(|half| bf16::from_le_bytes(half).to_f32()).collect(),
        _ => return as_kept(dtype, shape, bytes),
    };
    TensorValue::new(shape, &values).map_err(|error| error.to_string())
}

/// A tensor for other programs.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, in row-major order.
    pub values: Vec<f32>,
}

/// Encodes tensors for other programs as a safetensors file, with floats of 16 bits if `half`, else of 32.
pub fn write_tensors(tensors: &[NamedTensor], half: bool) -> Result<Vec<u8>, StoreError> {
    let fault = |fault: String| StoreError::Encode { what: "a set of tensors", fault };
    let views = tensors.iter().map(|NamedTensor { name, shape, values }| {
        let (dtype, bytes) = if half {
            let halves = values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes());
            (Dtype::F16, halves.collect::<Vec<u8>>())
        } else {
            (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        };
        (name, Owned { dtype, shape, bytes })
    });
    safetensors::serialize(views, None).map_err(|error| fault(error.to_string()))
}

/// Decodes the tensors of a safetensors file of any program, with floats of 16 and 64 bits converted to 32.
pub fn read_tensors(file: &[u8]) -> Result<StateDict, String> {
    let mut state = StateDict::new();
    for (name, tensor) in decode_as(file, widened)? {
        state.insert(name, tensor).map_err(|error| error.to_string())?;
    }
    Ok(state)
}

struct Owned<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    bytes: Vec<u8>,
}

impl View for Owned<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

fn dtype_of(dtype: Dtype) -> Option<DType> {
    match dtype {
        Dtype::F32 => Some(DType::F32),
        Dtype::F64 => Some(DType::F64),
        Dtype::I64 => Some(DType::I64),
        Dtype::U8 => Some(DType::U8),
        _ => None,
    }
}

impl View for &TensorValue {
    fn dtype(&self) -> Dtype {
        match TensorValue::dtype(self) {
            DType::F32 => Dtype::F32,
            DType::F64 => Dtype::F64,
            DType::I64 => Dtype::I64,
            DType::U8 => Dtype::U8,
        }
    }

    fn shape(&self) -> &[usize] {
        TensorValue::shape(self)
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.bytes().into()
    }

    fn data_len(&self) -> usize {
        self.bytes().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    /// The file is the one of the format's description, byte for byte.
    #[test]
    fn the_file_is_the_documented_one() -> Result<(), StoreError> {
        let bias = TensorValue::new([1], &[1.0f32])?;
        let weight = TensorValue::new([1, 2], &[2.0f32, -0.0])?;
        let tensors = BTreeMap::from([("weight", &weight), ("bias", &bias)]);
        let header = concat!(
            r#"{"bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#,
            r#""weight":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}"#
        );
        let padded = format!("{header:<0$}", header.len().next_multiple_of(8));
        let data = [1.0f32, 2.0, -0.0].map(f32::to_le_bytes).concat();
        assert_eq!(encode(&tensors)?, file(&padded, &data));
        Ok(())
    }

    #[test]
    fn a_name_that_the_format_keeps_is_refused() -> Result<(), StoreError> {
        let tensor = TensorValue::new([1], &[1.0f32])?;
        let error = encode(&BTreeMap::from([(RESERVED, &tensor)]));
        assert!(matches!(error, Err(StoreError::Encode { .. })));
        Ok(())
    }

    #[test]
    fn others_get_floats_of_16_bits_and_give_them() -> Result<(), StoreError> {
        let values = vec![1.5, -0.1];
        let tensors = [NamedTensor { name: "weight".to_owned(), shape: vec![2], values }];
        let halves = write_tensors(&tensors, true)?;
        assert!(decode(&halves).is_err(), "a checkpoint holds none");
        let mut found = read_tensors(&halves).expect("it was just written");
        // The nearest of 11 bits: -0.0999755859375.
        assert_eq!(found.take_values::<f32>("weight", &[2])?, [1.5, -1638.0 / 16384.0]);
        let mut found = read_tensors(&write_tensors(&tensors, false)?).expect("just written");
        assert_eq!(found.take_values::<f32>("weight", &[2])?, [1.5, -0.1]);
        let header = r#"{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#;
        let mut found = read_tensors(&file(header, &[0x80, 0x3f])).expect("good");
        assert_eq!(found.take_values::<f32>("a", &[1])?, [1.0]);
        let odd = r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,3]}}"#;
        assert!(read_tensors(&file(odd, &[0, 0, 0])).is_err());
        Ok(())
    }

    #[test]
    fn hostile_headers_are_errors() {
        let entry = |name: &str, shape: &str, start: u64, end: u64| {
            format!(r#""{name}":{{"dtype":"U8","shape":{shape},"data_offsets":[{start},{end}]}}"#)
        };
        let huge = (1u64 << 61) - 1;
        let eight_huge: Vec<String> = (0..8)
            .map(|i| entry(&format!("t{i}"), &format!("[{huge}]"), i * huge, (i + 1) * huge))
            .collect();
        let headers = [
            String::new(),
            "{".to_owned(),
            "[]".to_owned(),
            format!("{{{}}}", entry("outside", "[9]", 0, 9)),
            format!("{{{}}}", entry("backwards", "[1]", 4, 3)),
            format!("{{{}}}", entry("hole", "[1]", 3, 4)),
            format!("{{{}}}", entry("short", "[3]", 0, 3)),
            format!("{{{}}}", entry("overflow", "[18446744073709551615,2]", 0, 4)),
            format!("{{{}}}", entry("negative", "[-4]", 0, 4)),
            format!("{{{}}}", eight_huge.join(",")),
            r#"{"half":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#.to_owned(),
            "[".repeat(100_000),
        ];
        for header in headers {
            assert!(decode(&file(&header, &[1, 2, 3, 4])).is_err(), "{header:.80}");
        }
        for file in [&[][..], &[1, 2, 3], &[255; 8], &[255; 64]] {
            assert!(decode(file).is_err());
        }
    }
}
