//! Tensors out of PyTorch's own files, whose pickles are read and never executed.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

use pytorch_reader::{DType, PytorchReader};
use safetensors::Dtype;
use zip::{CompressionMethod, ZipArchive};

use crate::StateDict;
use crate::pickle::weigh;
use crate::tensors::widened;

/// Where training scripts keep a network's weights beside other things.
const NESTED: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// Bytes of all tensors for each byte of the file: `torch.save` writes every storage once, and tensors may
/// share it.
const SHARED: u64 = 4;

/// The most dimensions of a tensor, as in PyTorch.
const MOST_DIMS: usize = 64;

/// Where an archive of the oldest kind has its mark, and what that is.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The pickles before the numbers of a file that is no archive: a mark, a version, the system, the tensors
/// and the order of their numbers.
const PICKLES: usize = 5;

/// The tensors of what `torch.save` wrote, all floats in 32 bits; or what is wrong with it. It may be a
/// `state_dict`, or a dictionary that holds one under its usual names.
pub fn read_pytorch(path: &Path) -> Result<StateDict, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    check(file)?;
    let nested = NESTED.iter().filter_map(|key| {
        let reader = PytorchReader::with_top_level_key(path, key).ok()?;
        (!reader.is_empty()).then_some(reader)
    });
    let found = nested.into_iter().next().map_or_else(|| PytorchReader::new(path), Ok);
    let tensors = found.map_err(|_| "it is no whole file of torch.save".to_owned())?.into_tensors();
    if tensors.is_empty() {
        return Err("it holds no tensors".to_owned());
    }
    let bytes = tensors.values().fold(0_u64, |sum, tensor| {
        let numbers =
            tensor.shape().iter().fold(1_u64, |all, side| all.saturating_mul(*side as u64));
        sum.saturating_add(numbers.saturating_mul(tensor.dtype().size() as u64))
    });
    if bytes > length.saturating_mul(SHARED) {
        return Err(format!("its {length} bytes claim to be tensors of {bytes}"));
    }
    let mut state = StateDict::new();
    for (name, tensor) in tensors {
        if tensor.shape().len() > MOST_DIMS {
            return Err(format!("`{name}` has {} dimensions", tensor.shape().len()));
        }
        let bytes = tensor.read().map_err(|error| error.to_string())?;
        let value = widened(dtype(tensor.dtype()), tensor.shape(), &bytes)
            .map_err(|fault| format!("`{name}` {fault}"))?;
        state.insert(name, value).map_err(|error| error.to_string())?;
    }
    Ok(state)
}

/// What has to hold before the reader may build anything of the file.
fn check(mut file: File) -> Result<(), String> {
    let mut head = Vec::new();
    file.by_ref().take(512).read_to_end(&mut head).map_err(|error| error.to_string())?;
    file.rewind().map_err(|error| error.to_string())?;
    // The order in which the reader tells them apart.
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return check_archive(file);
    }
    let (place, mark) = TAR;
    if head.get(place..place + mark.len()) == Some(mark) {
        return Err("it is older than PyTorch 0.1.10: load it and save it anew".to_owned());
    }
    let mut source = BufReader::new(file);
    let weighed = (0..PICKLES).try_for_each(|_| weigh(&mut source));
    weighed.map_err(|fault| format!("it is not what torch.save writes: {fault}"))
}

/// `torch.save` stores its members as they are. A compressed one could hold a thousand times the file's
/// length, and the pickle would be read before its tensors can be measured.
fn check_archive(file: File) -> Result<(), String> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        if member.compression() != CompressionMethod::Stored {
            let name = String::from_utf8_lossy(member.name_raw());
            return Err(format!("its member `{name}` is compressed: torch.save never does so"));
        }
        if member.name_raw().ends_with(b"data.pkl") {
            weigh(&mut BufReader::new(member))?;
        }
    }
    Ok(())
}

fn dtype(dtype: DType) -> Dtype {
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
            assert!(read_pytorch(&file).is_err(), "{bytes:?}");
        }
        assert!(!Path::new("ran").exists(), "nothing of a pickle is executed");
        assert!(read_pytorch(folder.path()).is_err());
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
        let fault = read_pytorch(&path).expect_err("it is refused");
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
        let fault = read_pytorch(&path).expect_err("it is refused");
        assert!(fault.contains("more memory"), "{fault}");
        // The same in a file that is no archive, and an archive of the kind before.
        std::fs::write(&path, &pickle).expect("written");
        assert!(read_pytorch(&path).expect_err("it is refused").contains("more memory"));
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        std::fs::write(&path, tar).expect("written");
        assert!(read_pytorch(&path).expect_err("it is refused").contains("0.1.10"));
    }
}
