//! A trained classifier that predicts the classes of images.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;
use hearth_data::{Batch, ImageShape, Normalization, read_image, to_pixels};
use hearth_export::OpenedExport;
use hearth_model::{Classifier, ForwardContext};
use hearth_report::{Guess, Input, InputSchema, Output, OutputSchema, Predictor, Schema};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use hearth_train::task::outputs::{softmax, values};
use image::DynamicImage;

use super::export::{self, ExportedClassifier};
use crate::images::ImageInput;
use crate::predictor::{self, Restore};

/// A trained classifier of images with its preprocessing. It may be used from many threads at once.
#[derive(Debug)]
pub struct ImagePredictor {
    pub(crate) network: Classifier,
    pub(crate) input: ImageInput,
    pub(crate) device: Device,
    schema: Schema,
    shape: ImageShape,
}

impl ImagePredictor {
    /// Loads the best checkpoint of a run, or a safetensors or burnpack export, on the default backend. A damaged one
    /// is an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TrainError> {
        Ok(Self::of(path.as_ref(), CheckpointSelector::Best, Backend::default())?.0)
    }

    /// Loads a run's checkpoint or an export; for a run, with the run and the step of the checkpoint.
    pub fn of(
        path: &Path,
        which: CheckpointSelector,
        backend: Backend,
    ) -> Result<(Self, Option<LoadedRun>), TrainError> {
        predictor::open(path, which, backend)
    }

    /// A predictor with a network that takes images of this shape, normalised by these statistics.
    pub(crate) fn new(
        network: Classifier,
        classes: Vec<String>,
        shape: ImageShape,
        normalization: &Normalization,
        device: Device,
    ) -> Self {
        let input = ImageInput::new(normalization);
        let output = OutputSchema::Classes(classes);
        let schema = Schema { input: InputSchema::Image(shape), output };
        Self { network, input, device, schema, shape }
    }

    /// The classes' names, in the order of the probabilities.
    pub fn classes(&self) -> &[String] {
        let OutputSchema::Classes(classes) = &self.schema.output else {
            unreachable!("`new` takes classes")
        };
        classes
    }

    /// The shape of the input images.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// All classes of an image file, the most probable one first, as `hearth predict` gives them. A truncated file and
    /// one that is no image are errors.
    pub fn predict_file(&self, path: impl AsRef<Path>) -> Result<Vec<Guess>, TrainError> {
        let rows = self.probabilities(read_image(path.as_ref(), self.shape, false)?);
        Ok(self.ranked(rows.first().map_or(&[], Vec::as_slice)))
    }

    /// All classes of an image of any size and colours, the most probable one first. Transparency is composed on white;
    /// the image is converted to the network's channels and resized to its height and width, without regard to the
    /// aspect ratio. EXIF orientation is not applied.
    pub fn predict_image(&self, image: &DynamicImage) -> Vec<Guess> {
        let rows = self.probabilities(to_pixels(image.clone(), self.shape));
        self.ranked(rows.first().map_or(&[], Vec::as_slice))
    }

    /// The classes of one row of probabilities, the most probable one first.
    pub fn ranked(&self, probabilities: &[f64]) -> Vec<Guess> {
        Guess::ranked(self.classes(), probabilities)
    }

    /// The probabilities of all classes for each image; `pixels` are whole images of [`ImagePredictor::shape`], one
    /// after the other.
    ///
    /// # Panics
    ///
    /// If the last image is incomplete.
    pub fn probabilities(&self, pixels: Vec<u8>) -> Vec<Vec<f64>> {
        let shape = self.shape();
        assert!(pixels.len().is_multiple_of(shape.pixels()), "whole images of {shape:?}");
        let count = pixels.len() / shape.pixels();
        if count == 0 {
            return Vec::new();
        }
        let (_, logits) = self.features_and_logits(pixels, count);
        values(logits).chunks_exact(self.classes().len()).map(softmax).collect()
    }

    /// The features `[count, features]` and logits `[count, classes]` of `count` images.
    pub(crate) fn features_and_logits(
        &self,
        pixels: Vec<u8>,
        count: usize,
    ) -> (Tensor<2>, Tensor<2>) {
        let shape = self.shape();
        let batch = Batch { pixels, labels: vec![0; count], indices: Vec::new(), shape };
        let mut pass = ForwardContext::default();
        let features = self.network.features(self.input.tensor(&batch, &self.device), &mut pass);
        let logits = self.network.head(features.clone(), &mut pass);
        (features, logits)
    }
}

impl Predictor for ImagePredictor {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The classes of images, in one forward pass.
    fn predict(&self, inputs: Vec<Input>) -> Vec<Output> {
        let size = self.shape.pixels();
        let mut pixels = Vec::with_capacity(inputs.len() * size);
        for input in inputs {
            match input {
                Input::Image(image) if image.len() == size => pixels.extend(image),
                _ => panic!("an input is an image of {:?}", self.shape),
            }
        }
        let rows = self.probabilities(pixels);
        rows.iter().map(|row| Output::Classes(self.ranked(row))).collect()
    }
}

impl Restore for ImagePredictor {
    fn from_trained(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError> {
        let ModelConfig::Classifier { network: config, .. } = &trained.config.model else {
            return Err(predictor::of_generator(trained));
        };
        let device = backend.device()?;
        let (dims, seed) = (trained.info.dims()?, trained.config.run.seed);
        let classes = trained.info.dataset.classes.clone();
        let network = Classifier::new(config, dims, classes.len(), seed, &device)?;
        let mut state = std::mem::take(&mut trained.state);
        let network = restore_module(network, state.take_under("model"))?;
        let normalization = trained.info.normalization()?;
        Ok(Self::new(network, classes, trained.info.shape()?, &normalization, device))
    }

    fn from_export(export: &OpenedExport<'_>, device: Device) -> Result<Self, TrainError> {
        let ExportedClassifier { network, classes, shape, normalization } =
            export::open(export, &device)?;
        Ok(Self::new(network, classes, shape, &normalization, device))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::AtomicBool;

    use hearth_config::RawConfig;
    use hearth_export::{Export, Format};
    use hearth_train::{Job, RunTarget};

    use super::*;
    use crate::{export, open_predictor, train};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// The run of an epoch of training in this folder.
    fn trained(folder: &Path) -> PathBuf {
        let raw = RawConfig::read(&root().join("configs/cnn-nano.toml")).expect("it is there");
        let config = raw.with_overrides(&["train.epochs=1"]).expect("TOML").check().expect("good");
        let job = Job {
            config: &config,
            backend: Backend::default(),
            datasets: &root().join("datasets"),
            target: RunTarget::Fresh(folder.join("run")),
            stop: &AtomicBool::new(false),
            deadline: None,
        };
        train(&job, &mut |_| ()).expect("it trains").expect("to its end").run
    }

    fn exported(run: &Path, format: Format) -> Result<PathBuf, TrainError> {
        export_unless(false, run, format)
    }

    fn export_unless(stopped: bool, run: &Path, format: Format) -> Result<PathBuf, TrainError> {
        let out = run.with_file_name(format.name());
        let job = Export {
            run,
            which: CheckpointSelector::Best,
            part: None,
            format,
            half: false,
            out: &out,
            backend: Backend::default(),
            datasets: &root().join("datasets"),
            stop: &AtomicBool::new(stopped),
        };
        export(&job, &mut |_| ()).map(|_| out)
    }

    #[test]
    fn runs_and_exports_are_opened_alike_and_used_from_many_threads() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = trained(folder.path());
        let image = DynamicImage::new_rgb8(40, 30);
        let predictor = ImagePredictor::open(&run).expect("a run");
        let guesses = predictor.predict_image(&image);
        assert_eq!(guesses.len(), 10);
        let file = folder.path().join("image.png");
        image.save(&file).expect("a PNG");
        assert_eq!(predictor.predict_file(&file).expect("an image"), guesses);
        let bytes = std::fs::read(&file).expect("a file");
        std::fs::write(&file, &bytes[..bytes.len() - 9]).expect("written");
        let error = predictor.predict_file(&file).expect_err("it is cut");
        assert!(error.to_string().contains("ends too early"), "{error}");
        assert!(guesses.is_sorted_by(|a, b| a.probability >= b.probability));
        assert!((guesses.iter().map(|guess| guess.probability).sum::<f64>() - 1.0).abs() < 1e-9);
        for format in [Format::Safetensors, Format::Burnpack] {
            let other =
                ImagePredictor::open(exported(&run, format).expect("exported")).expect("it");
            assert_eq!(other.predict_image(&image), guesses, "{}", format.name());
        }
        let safetensors = run.with_file_name(Format::Safetensors.name());
        for (path, is_run) in [(&run, true), (&safetensors, false)] {
            let opened = open_predictor(path, CheckpointSelector::Best, Backend::default());
            let (predictor, trained) = opened.expect("it names classes");
            assert_eq!(trained.is_some(), is_run);
            let InputSchema::Image(shape) = predictor.schema().input else { panic!("images") };
            let inputs = vec![Input::Image(to_pixels(image.clone(), shape))];
            assert_eq!(predictor.predict(inputs), [Output::Classes(guesses.clone())]);
        }
        let error = ImagePredictor::open(exported(&run, Format::Onnx).expect("exported"));
        assert!(error.expect_err("a graph").to_string().contains("other engines"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(predictor.predict_image(&image), guesses));
            }
        });
    }

    #[test]
    fn a_stopped_export_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = trained(folder.path());
        for format in Format::ALL {
            let error = export_unless(true, &run, format).expect_err("it was stopped");
            assert!(matches!(error, TrainError::Interrupted(_)), "{error}");
        }
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 1, "the run alone");
    }

    #[test]
    fn damage_to_an_export_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = exported(&trained(folder.path()), Format::Safetensors).expect("exported");
        let settings = std::fs::read_to_string(out.join("config.json")).expect("text");
        for (from, to) in [
            ("\"height\": 28", "\"height\": 0"),
            ("\"height\": 28", "\"height\": 1000000"),
            ("\"classes\": [", "\"classes\": [\"one more\","),
            ("\"safetensors\"", "\"burnpack\""),
            ("widths = [", "widths = [99999999, "),
            ("\"mean\": [", "\"mean\": [0.5,"),
            ("\"version\": 1", "\"version\": 2"),
            ("{", ""),
        ] {
            assert!(settings.contains(from), "{from}");
            let damaged = settings.replacen(from, to, 1);
            std::fs::write(out.join("config.json"), damaged).expect("written");
            assert!(ImagePredictor::open(&out).is_err(), "{from} -> {to}");
        }
        std::fs::write(out.join("config.json"), settings).expect("written");
        assert!(ImagePredictor::open(&out).is_ok());
        std::fs::write(out.join("model.safetensors"), b"short").expect("written");
        assert!(ImagePredictor::open(&out).is_err());
    }
}
