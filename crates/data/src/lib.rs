//! Datasets: files to checked samples to batches.
//!
//! | module | subject |
//! | --- | --- |
//! | `samples` | samples of any kind, and images in memory |
//! | `data`, `card` | the data of a run, and the card that describes them |
//! | [`images`] | images with labels: IDX files, folders of images, decoding, augmentation |
//! | [`tables`] | CSV files: rows of numbers and categories, and their target |
//! | [`text`] | pairs of texts, generated or in files; tokenizers |
//! | [`split`] | the validation set |
//! | [`loader`], [`prefetch`] | batches: their order, and a thread that makes them ahead |
//! | [`catalog`] | the datasets known by name: files, SHA-256, licences, download locations |
//! | [`mod@fetch`] | downloads of known datasets |
//! | `digest`, `names`, `tools`, `error` | checksums, names of files, child processes, errors |
//!
//! This crate knows no tensors: a batch consists of contiguous buffers.

#![forbid(unsafe_code)]

mod card;
pub mod catalog;
mod data;
mod digest;
mod error;
pub mod fetch;
pub mod images;
pub mod loader;
mod names;
pub mod prefetch;
mod samples;
pub mod split;
pub mod tables;
pub mod text;
mod tools;

pub use card::DataCard;
pub use catalog::{KnownDataset, is_present, list, verify};
pub use data::{Data, Images};
pub use error::{DataError, FailedDownload};
pub use fetch::fetch;
pub use images::{
    Bounds, BrokenFile, Dataset, FolderLayout, FolderReport, FolderSplit, Labels, Normalization,
    augment, check_folder, has_valid, idx, load, mini, pixels, preprocessing, read_image,
    read_image_bytes, to_pixels,
};
pub use loader::Loader;
pub use names::same_names;
pub use prefetch::Prefetch;
pub use samples::{Batch, Examples, ImageShape, Source, Splits, Subset};
