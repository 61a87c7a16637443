//! Tensors in files of `torch.save`. Their pickles are parsed and never executed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};

use pytorch_reader::{DType, PickleError, PytorchError, PytorchReader};
use safetensors::Dtype;
use zip::{CompressionMethod, ZipArchive};

use super::entry::{SAVE, Storage, TensorEntry, TensorFile};
use super::pickle::{self, scan};

/// The maximum ratio of all tensors' bytes to the file's: `torch.save` writes each storage once, and tensors may share
/// it.
const SHARED: u64 = 4;

/// The maximum number of dimensions of a tensor, as in PyTorch.
const MOST_DIMS: usize = 64;

/// The number of pickles at the head of an unarchived file: magic number, version, system, tensors and the order of
/// their storages.
const PICKLES: usize = 5;

/// The magic number, as bytes and as text.
const MARKS: [&[u8]; 2] =
    [&[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19], b"119547037146038801333356"];

/// The index of the tensors' pickle among them.
const TENSORS: usize = 3;

/// Opens a file of `torch.save`; its tensors are in the order of its dictionaries.
pub(crate) fn open(path: &std::path::Path) -> Result<TensorFile, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let paths = check(file)?;
    let tensors = PytorchReader::new(path).map_err(|error| explained(&error))?.into_tensors();
    if tensors.is_empty() {
        return Err(format!("it holds no tensors; save the weights alone, {SAVE}"));
    }
    let bytes = tensors.values().fold(0_u64, |sum, tensor| {
        let numbers =
            tensor.shape().iter().fold(1_u64, |all, side| all.saturating_mul(*side as u64));
        sum.saturating_add(numbers.saturating_mul(tensor.dtype().size() as u64))
    });
    if bytes > length.saturating_mul(SHARED) {
        return Err(format!("its {length} bytes claim to be tensors of {bytes}"));
    }
    if let Some((name, tensor)) = tensors.iter().find(|(_, it)| it.shape().len() > MOST_DIMS) {
        return Err(format!("`{name}` has {} dimensions", tensor.shape().len()));
    }
    let mut places = HashMap::new();
    for (place, path) in paths.iter().flatten().enumerate() {
        let name = path.join(".");
        if let Some(before) = places.insert(name, place) {
            let name = path.join(".");
            return Err(format!("two of its tensors, {before} and {place}, are called `{name}`"));
        }
    }
    let is_ordered = tensors.keys().all(|name| places.contains_key(name));
    let mut entries: Vec<_> = tensors
        .into_iter()
        .map(|(name, tensor)| TensorEntry {
            name,
            shape: tensor.shape().to_vec(),
            is_integer: !matches!(
                dtype(tensor.dtype()),
                Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16
            ),
            storage: Storage::Pytorch(tensor),
        })
        .collect();
    entries.sort_by(|one, other| {
        let key = |entry: &TensorEntry| places.get(&entry.name).copied();
        key(one).cmp(&key(other)).then_with(|| one.name.cmp(&other.name))
    });
    Ok(TensorFile { entries, is_ordered })
}

/// The message for a reader's error, with its remedy.
fn explained(error: &PytorchError) -> String {
    match error {
        PytorchError::Pickle(PickleError::UnsupportedType(name)) => {
            format!(
                "it holds an object of `{name}`, which is not read here; save the weights alone, {SAVE}"
            )
        }
        PytorchError::InvalidFormat(fault) if fault.contains("ig-endian") => {
            "it was saved on a big-endian machine; save it on another one".to_owned()
        }
        PytorchError::InvalidFormat(fault) if fault.contains("root of the PyTorch file") => {
            format!("it holds no dictionary of tensors; save the weights alone, {SAVE}")
        }
        PytorchError::Pickle(_) => {
            format!(
                "it holds objects that are not read here, or is damaged; save the weights alone, {SAVE}"
            )
        }
        _ => "it is not a complete file of torch.save; download it again".to_owned(),
    }
}

/// Checks a file before the reader builds objects from it; returns the paths of its tensors, in order.
fn check(mut file: File) -> Result<Option<Vec<pickle::Path>>, String> {
    let mut head = Vec::new();
    file.by_ref().take(64).read_to_end(&mut head).map_err(|error| error.to_string())?;
    file.rewind().map_err(|error| error.to_string())?;
    if head.starts_with(b"PK") {
        return check_archive(file);
    }
    let is_marked = MARKS.iter().any(|mark| head.windows(mark.len()).any(|bytes| bytes == *mark));
    let mut source = BufReader::new(file);
    let scanned = (0..PICKLES).map(|place| match scan(&mut source) {
        Ok(_) if place == 0 && !is_marked => Err("it is the pickle of another program".to_owned()),
        scanned => scanned,
    });
    let scanned: Vec<_> = scanned.collect::<Result<_, String>>().map_err(|fault| {
        format!("it is not what torch.save writes: {fault}; save the weights alone, {SAVE}")
    })?;
    Ok(scanned.into_iter().nth(TENSORS).flatten())
}

/// Checks a zip archive. A compressed member, which `torch.save` never writes, could expand to a thousand times the
/// file's length before the size of its tensors is known, and is an error.
fn check_archive(file: File) -> Result<Option<Vec<pickle::Path>>, String> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    let mut paths = None;
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        if member.compression() != CompressionMethod::Stored {
            let name = String::from_utf8_lossy(member.name_raw());
            return Err(format!("its member `{name}` is compressed: torch.save never does so"));
        }
        if member.name_raw().ends_with(b"data.pkl") {
            paths = scan(&mut BufReader::new(member))?;
        }
    }
    Ok(paths)
}

pub(crate) fn dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F64 => Dtype::F64,
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::open_tensors;

    /// The pickle of `{"w": os.system("touch ran")}`, as an attacker writes it.
    const ATTACK: &[u8] = b"\x80\x02}U\x01wcposix\nsystem\nU\x09touch ran\x85Rs.";

    #[test]
    fn what_is_no_file_of_pytorchs_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("network.pt");
        let hostile: [&[u8]; 6] =
            [b"", b"PK", b"PK\x03\x04", &[0x80; 5000], b"\x80\x02}.", &[b'('; 5000]];
        for bytes in hostile.into_iter().chain([ATTACK]) {
            std::fs::write(&file, bytes).expect("written");
            assert!(open_tensors(&file).is_err(), "{bytes:?}");
        }
        assert!(!std::path::Path::new("ran").exists(), "nothing of a pickle is executed");
        assert!(open_tensors(folder.path()).is_err());
    }

    #[test]
    fn a_compressed_archive_is_refused_before_its_pickle_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("network.pt");
        let mut archive = ZipWriter::new(File::create(&path).expect("a file"));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("archive/data.pkl", options).expect("a member");
        let pickle = [b"\x80\x02]".as_slice(), &vec![b'N'; 100_000], b"."].concat();
        archive.write_all(&pickle).expect("written");
        archive.finish().expect("written");
        assert!(std::fs::metadata(&path).expect("its length").len() < 1_000);
        let fault = open_tensors(&path).expect_err("it is refused");
        assert!(fault.contains("`archive/data.pkl` is compressed"), "{fault}");
    }

    #[test]
    fn a_pickle_that_asks_for_much_is_refused_before_it_is_built() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("network.pt");
        // A dictionary with a long key, doubled so often that its copies would take 4 GB.
        let key = "k".repeat(4000);
        let pickle =
            [&b"\x80\x02}X\xa0\x0f\0\0"[..], key.as_bytes(), b"Ns", &b"2\x86".repeat(20), b"."]
                .concat();
        let mut archive = ZipWriter::new(File::create(&path).expect("a file"));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file("archive/data.pkl", options).expect("a member");
        archive.write_all(&pickle).expect("written");
        archive.finish().expect("written");
        let fault = open_tensors(&path).expect_err("it is refused");
        assert!(fault.contains("more memory"), "{fault}");
        // The same in a file that is no archive.
        std::fs::write(&path, &pickle).expect("written");
        assert!(open_tensors(&path).expect_err("it is refused").contains("more memory"));
    }
}
