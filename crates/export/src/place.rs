//! The paths of an export: a folder of its own, or a network's file with its settings and card beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hearth_train::error::TrainError;

use super::Format;
use super::translator::{DECODER, ENCODER};

/// The folder and the file names of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder that its files lie in.
    pub folder: PathBuf,
    /// The network's file.
    pub network: String,
    /// The file of settings, with the preprocessing.
    pub settings: String,
    /// The model card.
    pub card: String,
    /// The file of the tokenizer, of a network on texts.
    pub tokenizer: String,
    /// True if the folder is the export's own.
    is_own: bool,
}

impl Place {
    /// The place of a new export at `out`, which is a file where it ends as the format's files do, and else a
    /// folder. Existing files are an error.
    pub fn new(out: &Path, format: Format) -> Result<Self, TrainError> {
        let fault = |fault: String| Err(TrainError::Settings(format!("{} {fault}", out.display())));
        let end = out.extension().and_then(|end| end.to_str()).map(str::to_lowercase);
        let end = end.filter(|_| !out.is_dir());
        match end.as_deref() {
            Some(end) if end == format.end() => {}
            Some(end) if ENDS.contains(&end) => {
                return fault(format!(
                    "ends as a file of another format than --format {}: end it with .{}, or name a folder",
                    format.name(),
                    format.end()
                ));
            }
            _ => {
                if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
                    return fault("is not empty: name a folder that is not there yet".to_owned());
                }
                return Ok(Self::own(out, format));
            }
        }
        let Some(place) = Self::beside(out) else {
            return fault("has a name that is not UTF-8: name another one".to_owned());
        };
        if let Some(file) = place.files().into_iter().find(|file| file.exists()) {
            return Err(TrainError::Settings(format!(
                "{} is there already: name another file, or a folder",
                file.display()
            )));
        }
        Ok(place)
    }

    /// The place of the export at `path`: a folder, or the network's file with its settings beside it.
    pub fn of(path: &Path, format: Format) -> Self {
        let beside = path.is_file().then(|| Self::beside(path)).flatten();
        beside.unwrap_or_else(|| Self::own(path, format))
    }

    fn own(folder: &Path, format: Format) -> Self {
        Self {
            folder: folder.to_owned(),
            network: format.file().to_owned(),
            settings: "config.json".to_owned(),
            card: "README.md".to_owned(),
            tokenizer: "tokenizer.json".to_owned(),
            is_own: true,
        }
    }

    fn beside(file: &Path) -> Option<Self> {
        let stem = file.file_stem()?.to_str()?;
        Some(Self {
            folder: parent(file).to_owned(),
            network: file.file_name()?.to_str()?.to_owned(),
            settings: format!("{stem}.json"),
            card: format!("{stem}.md"),
            tokenizer: format!("{stem}.tokenizer.json"),
            is_own: false,
        })
    }

    /// Makes the network's file that of a decoder, with the encoder beside it. A place that is no folder of its own is an
    /// error.
    pub fn hold_two_graphs(&mut self) -> Result<(), TrainError> {
        if !self.is_own {
            return Err(TrainError::Settings(format!(
                "{} is one file, and a translator is two graphs, {ENCODER} and {DECODER}: name a folder",
                self.network_file().display()
            )));
        }
        DECODER.clone_into(&mut self.network);
        Ok(())
    }

    /// The folder in which its files, or its folder, are made.
    pub fn parent(&self) -> &Path {
        if self.is_own { parent(&self.folder) } else { &self.folder }
    }

    /// The settings' file.
    pub fn settings_file(&self) -> PathBuf {
        self.folder.join(&self.settings)
    }

    /// The network's file.
    pub fn network_file(&self) -> PathBuf {
        self.folder.join(&self.network)
    }

    /// The tokenizer's file, of a network on texts.
    pub fn tokenizer_file(&self) -> PathBuf {
        self.folder.join(&self.tokenizer)
    }

    fn files(&self) -> [PathBuf; 4] {
        // The network is last: where it is, the others are.
        let names = [&self.settings, &self.tokenizer, &self.card, &self.network];
        names.map(|name| self.folder.join(name))
    }

    /// Moves what was written into `made` to its place; the error names what could not be made.
    pub fn take(&self, made: &Path) -> Result<(), (PathBuf, io::Error)> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| (path, error)
        };
        if self.is_own {
            if self.folder.exists() {
                fs::remove_dir(&self.folder).map_err(failed(&self.folder))?;
            }
            return fs::rename(made, &self.folder).map_err(failed(&self.folder));
        }
        for file in self.files() {
            let made = made.join(file.file_name().unwrap_or_default());
            // Only a network on texts has a tokenizer.
            if made.exists() {
                fs::rename(made, &file).map_err(failed(&file))?;
            }
        }
        Ok(())
    }
}

/// Ends of files that hold networks.
const ENDS: [&str; 9] =
    ["onnx", "safetensors", "bpk", "burnpack", "mpk", "pt", "pth", "ckpt", "bin"];

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_the_formats_end_is_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str, format| Place::new(&folder.path().join(name), format);
        let file = place("a/net.v2.ONNX", Format::Onnx).expect("nothing is there");
        assert_eq!(file.network_file(), folder.path().join("a/net.v2.ONNX"));
        assert_eq!((file.settings.as_str(), file.card.as_str()), ("net.v2.json", "net.v2.md"));
        for name in ["net", "net.v2", "onnx"] {
            let own = place(name, Format::Onnx).expect("nothing is there");
            assert_eq!(own.network_file(), folder.path().join(name).join("model.onnx"));
        }
        for name in ["net.onnx", "net.pt", "net.burnpack"] {
            let fault = place(name, Format::Burnpack).expect_err("another end").to_string();
            assert!(fault.contains("end it with .bpk"), "{fault}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("net.md"), "my own").expect("a file");
        let fault =
            Place::new(&folder.path().join("net.onnx"), Format::Onnx).expect_err("the card");
        assert!(fault.to_string().contains("net.md is there already"), "{fault}");
        assert!(Place::new(folder.path(), Format::Onnx).is_err(), "a folder with things in it");
        // A folder by the name of a file.
        let named = folder.path().join("model.onnx");
        fs::create_dir(&named).expect("a folder");
        let place = Place::new(&named, Format::Onnx).expect("it is empty");
        assert_eq!(place.network_file(), named.join("model.onnx"));
    }
}
