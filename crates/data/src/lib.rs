//! Data sources: files to checked samples to batches.
//!
//! | module | subject |
//! | --- | --- |
//! | `source`, `data` | samples of any kind, their parts, and the card that describes them |
//! | [`dataset`] | a source of the config -> train and test pictures, with names and checksums |
//! | [`catalog`] | the datasets known by name: files, SHA-256, licences, where they come from |
//! | [`mod@fetch`] | getting them: a package of the system, a download |
//! | [`idx`] | the IDX file format |
//! | [`folder`], [`check`] | folders of pictures: reading them, looking for faults in them |
//! | [`Layout`] | which folders hold the training, validation and test images |
//! | [`picture`], [`preprocessing`] | one picture file -> bytes, and how that is told to others |
//! | [`split`] | the validation set |
//! | [`normalization`] | mean and standard deviation of each channel |
//! | [`batch`], [`augment`], [`prefetch`] | batches: order, random changes, made ahead |
//! | [`tables`] | CSV files: rows of numbers and categories, and their target |
//! | [`mini`] | cutting the small set that is part of the repository |
//!
//! Nothing here knows a tensor: a batch is made of contiguous buffers.

#![forbid(unsafe_code)]

pub mod augment;
pub mod batch;
pub mod catalog;
pub mod check;
mod contents;
mod data;
pub mod dataset;
mod digest;
mod error;
mod examples;
pub mod fetch;
pub mod folder;
pub mod idx;
mod labels;
mod layout;
mod listing;
pub mod mini;
mod names;
pub mod normalization;
pub mod picture;
pub mod prefetch;
pub mod preprocessing;
mod signature;
mod source;
pub mod split;
pub mod tables;
mod tools;

pub use batch::Loader;
pub use catalog::{DatasetInfo, is_present, list, verify};
pub use check::{FolderReport, check_folder};
pub use data::{Data, DataCard, Images};
pub use dataset::{Dataset, Labels, load};
pub use error::{DataError, Tried};
pub use examples::{Batch, Examples, PictureShape};
pub use fetch::fetch;
pub use folder::has_valid;
pub use layout::{Layout, Part};
pub use listing::Broken;
pub use names::same_names;
pub use normalization::Normalization;
pub use picture::{Bounds, pixels, read_picture, read_picture_bytes, to_pixels};
pub use prefetch::Prefetch;
pub use source::{Source, Splits, Subset};
