//! Images with labels, all of one size.
//!
//! | module | subject |
//! | --- | --- |
//! | [`dataset`] | `[data]` of the config -> training and test images, with class names and checksums |
//! | `examples` | images in memory, and batches of them |
//! | [`idx`], `labels` | the IDX file format, and the names of its labels |
//! | [`folder`], [`FolderLayout`], `contents`, `listing` | folders of images: their splits, classes and files |
//! | [`check`] | faults of a folder of images |
//! | [`decode`], [`preprocessing`], `signature` | one image file -> bytes, the description of these steps, and the formats' first bytes |
//! | [`augment`] | random changes to training images |
//! | [`normalization`] | mean and standard deviation of each channel |
//! | [`mini`] | the small set that is part of the repository |

pub mod augment;
pub mod check;
mod contents;
pub mod dataset;
pub mod decode;
mod examples;
pub mod folder;
pub mod idx;
mod labels;
mod layout;
mod listing;
pub mod mini;
pub mod normalization;
pub mod preprocessing;
mod signature;

pub use check::{FolderReport, check_folder};
pub use dataset::{Dataset, Labels, load};
pub use decode::{Bounds, pixels, read_image, read_image_bytes, to_pixels};
pub use examples::{Batch, Examples, PictureShape};
pub use folder::has_valid;
pub use layout::{FolderLayout, FolderSplit};
pub use listing::BrokenFile;
pub use normalization::Normalization;
