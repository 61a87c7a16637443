//! Weights of other programs: the format by the first bytes, and the tensors.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

use zip::ZipArchive;

use super::entry::{SAVE, Storage, TensorEntry, TensorFile};
use super::{pytorch, tensors};
use crate::TensorValue;

impl TensorEntry {
    /// Reads the tensor, floats of 16 and 64 bits as 32. The error names the tensor.
    pub fn read(&self) -> Result<TensorValue, String> {
        let widened = |dtype, bytes: &[u8]| tensors::widened(dtype, &self.shape, bytes);
        let value = match &self.storage {
            Storage::Pytorch(tensor) => {
                let bytes = tensor.read().map_err(|error| error.to_string())?;
                widened(pytorch::dtype(tensor.dtype()), &bytes)
            }
            Storage::Safetensors { dtype, file, start, end } => {
                widened(*dtype, &file[*start..*end])
            }
        };
        value.map_err(|fault| format!("`{}` {fault}", self.name))
    }
}

/// Opens a file of safetensors or `torch.save`, whatever its name. The error for another format names it and the
/// remedy.
pub fn open_tensors(path: &Path) -> Result<TensorFile, String> {
    match FileKind::of(path)? {
        FileKind::Safetensors => {
            let file = std::fs::read(path).map_err(|error| error.to_string())?;
            Ok(TensorFile { entries: tensors::entries(file)?, is_ordered: false })
        }
        FileKind::Pytorch => pytorch::open(path),
    }
}

/// The readable formats of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Safetensors: the header's length, a JSON header, and the elements.
    Safetensors,
    /// `torch.save`: pickles and elements, in a zip archive or concatenated.
    Pytorch,
}

/// The number of bytes that identify a format.
const HEAD: usize = 512;

/// The maximum header of a safetensors file in bytes, as in its library.
const LONGEST_HEADER: u64 = 100_000_000;

/// The position and bytes of a tar archive's magic number.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The first bytes of an unarchived file of `torch.save` whose pickles are in protocol 0, as text.
const TEXT_MARK: &[u8] = b"L119547037146038801333356";

/// The members of an archive that PyTorch wrote before 0.1.10.
const OLDEST: [&[u8]; 4] = [b"sys_info", b"pickle", b"tensors", b"storages"];

impl FileKind {
    /// The format of a file by its first bytes. The error for another format names it and the remedy.
    pub fn of(path: &Path) -> Result<Self, String> {
        if path.is_dir() {
            return Err("it is a folder: name the file of weights in it".to_owned());
        }
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let mut head = Vec::new();
        file.by_ref()
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(|error| error.to_string())?;
        if is_safetensors(&head) {
            return Ok(Self::Safetensors);
        }
        if head.starts_with(b"PK") {
            file.rewind().map_err(|error| error.to_string())?;
            return archive(file).map(|()| Self::Pytorch);
        }
        let (place, mark) = TAR;
        if head.get(place..place + mark.len()) == Some(mark) {
            let name = head.split(|byte| *byte == 0).next().unwrap_or_default();
            let name = name.strip_prefix(b"./").unwrap_or(name);
            return Err(if OLDEST.iter().any(|member| name.starts_with(member)) {
                format!("it is older than PyTorch 0.1.10: load it there and save it again, {SAVE}")
            } else {
                "it is a tar archive: unpack it, and name the file of weights in it".to_owned()
            });
        }
        match other(&head) {
            Some((what, remedy)) => {
                Err(format!("it is {what}, and no weights of PyTorch: {remedy}"))
            }
            None if matches!(head.first(), Some(0x80 | b'(' | b'}' | b']'))
                || head.starts_with(TEXT_MARK) =>
            {
                Ok(Self::Pytorch)
            }
            None => Err(format!("it is neither a safetensors file nor one of torch.save; {SAVE}")),
        }
    }
}

/// True if the file begins with a plausible header length and the header's brace.
fn is_safetensors(head: &[u8]) -> bool {
    let length = head.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length <= LONGEST_HEADER) && head.get(8) == Some(&b'{')
}

/// Checks that `torch.save` wrote a zip archive. The error names the archive's kind and the remedy.
fn archive(file: File) -> Result<(), String> {
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|_| {
        "it is a zip archive without its end, as of an incomplete download: download it again"
            .to_owned()
    })?;
    let names: Vec<_> = archive.file_names().flatten().collect();
    let ends = |end: &str| names.iter().any(|name| name.ends_with(end));
    let holds = |part: &str| names.iter().any(|name| name.contains(part));
    if ends("/constants.pkl") || holds("/code/__torch__") {
        return Err(format!(
            "it is a program of torch.jit.save: load it by torch.jit.load, and save its weights, {SAVE}"
        ));
    }
    if ends("data.pkl") {
        return Ok(());
    }
    let what = if ends(".weights.h5") {
        "a model of Keras"
    } else if ends(".npy") {
        "arrays of NumPy"
    } else if ends(".pt") || ends(".pth") || ends(".safetensors") || ends(".bin") {
        return Err("it is a zip archive: unpack it, and name the file of weights in it".to_owned());
    } else {
        "a zip archive without the data.pkl of torch.save"
    };
    Err(format!("it is {what}, and no weights of PyTorch: {CONVERT}"))
}

/// The remedy for weights of another framework.
const CONVERT: &str = "bring them into a network of PyTorch, and save its state_dict by torch.save";

/// The format of a file that is no weights of PyTorch, and the remedy; none for an unknown one.
fn other(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let lower = text[..text.len().min(64)].to_ascii_lowercase();
    let html: [&[u8]; 5] = [b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--"];
    Some(match head {
        [] => ("an empty file", "download it again"),
        _ if text.starts_with(b"version https://git-lfs") => {
            ("a pointer of Git LFS", "`git lfs pull` gets the file itself")
        }
        _ if html.iter().any(|start| lower.starts_with(start)) => {
            ("an HTML page", "the link led to a page; download the file itself")
        }
        _ if matches!(
            text,
            [b'{', b'"' | b'}' | b' ' | b'\r' | b'\n' | b'\t', ..] | [b'[', ..]
        ) =>
        {
            (
                "JSON text",
                "an index or a config names files of weights, and holds none: name one of those",
            )
        }
        [0x89, b'H', b'D', b'F', ..] => ("an HDF5 file, as of Keras", CONVERT),
        [b'G', b'G', b'U', b'F', ..] => ("a GGUF file of llama.cpp", CONVERT),
        [0x1f, 0x8b, ..] => ("packed by gzip", "unpack it, and name the file in it"),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => ("an array of NumPy", CONVERT),
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => ("a model of TensorFlow Lite", CONVERT),
        // A version, and the name of the program or the graph.
        [0x08, 1..=30, 0x12 | 0x1a | 0x22 | 0x3a | 0x42, ..] => {
            ("an ONNX graph", "import the state_dict of the network that it was made of")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    /// The format of a file of these bytes.
    fn said(bytes: &[u8]) -> Result<FileKind, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("network.bin");
        std::fs::write(&file, bytes).expect("written");
        FileKind::of(&file)
    }

    fn zip(members: &[&str]) -> Vec<u8> {
        let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for member in members {
            let options =
                SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            archive.start_file(*member, options).expect("a member");
            archive.write_all(b"x").expect("written");
        }
        archive.finish().expect("written").into_inner()
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        let header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let safetensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
        assert_eq!(said(&safetensors), Ok(FileKind::Safetensors));
        // A header of 128 bytes begins as a pickle does.
        assert_eq!(said(b"\x80\0\0\0\0\0\0\0{"), Ok(FileKind::Safetensors));
        assert_eq!(said(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), Ok(FileKind::Pytorch));
        assert_eq!(said(&zip(&["net/data.pkl", "net/data/0"])), Ok(FileKind::Pytorch));
        assert_eq!(said(&zip(&["data.pkl", "data/0"])), Ok(FileKind::Pytorch));
    }

    #[test]
    fn what_is_no_file_of_weights_is_called_by_its_name() {
        let mut tar = vec![0; 512];
        tar[..8].copy_from_slice(b"model.pt");
        tar[257..262].copy_from_slice(b"ustar");
        let mut oldest = tar.clone();
        oldest[..9].copy_from_slice(b"sys_info\0");
        let mut cut = zip(&["net/data.pkl"]);
        cut.truncate(cut.len() - 30);
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
                "git lfs pull",
            ),
            (b"\n<!DOCTYPE html>\n<html>", "HTML"),
            (b"\xef\xbb\xbf<HTML lang=en>", "HTML"),
            (b"{\"weight_map\": {}}", "JSON"),
            (b"{\"abcd\":{}}", "JSON"),
            (b"[1, 2]", "JSON"),
            (b"\x89HDF\r\n\x1a\n\0\0", "HDF5"),
            (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:\x80", "ONNX"),
            (b"GGUF\x03\0\0\0", "GGUF"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"\x93NUMPY\x01\0", "NumPy"),
            (b"\x1c\0\0\0TFL3", "TensorFlow Lite"),
            (b"\x89PNG\r\n\x1a\n", "neither a safetensors file"),
            (&tar, "unpack it"),
            (&oldest, "0.1.10"),
            (&cut, "incomplete download"),
            (&zip(&["metadata.json", "model.weights.h5"]), "Keras"),
            (&zip(&["arr_0.npy"]), "NumPy"),
            (&zip(&["weights/network.pt"]), "unpack it"),
            (&zip(&["readme.txt"]), "without the data.pkl"),
            (&zip(&["net/data.pkl", "net/constants.pkl"]), "torch.jit.load"),
        ] {
            let told = said(bytes).expect_err(name);
            assert!(told.contains(name), "{name}: {told}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        assert!(FileKind::of(folder.path()).is_err_and(|told| told.contains("a folder")));
        assert!(FileKind::of(&folder.path().join("none")).is_err());
    }
}
