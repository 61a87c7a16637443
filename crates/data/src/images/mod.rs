//! Images with labels, all of one size.
//!
//! | module | subject |
//! | --- | --- |
//! | [`load`](load()), [`Dataset`] | `[data]` of the config -> training and test images, with class names and checksums, and their splits |
//! | `batches` | batches of the images in memory |
//! | [`idx`], `labels` | the IDX file format, and the names of its labels |
//! | [`folder`], `classes` | folders of images, and what a task needs of classes |
//! | [`decode`], [`preprocessing`], `signature` | one image file -> bytes, the description of these steps, and the formats' first bytes |
//! | [`augment`] | random changes to training images |
//! | [`normalization`] | mean and standard deviation of each channel |
//! | [`mini`] | the small set that is part of the repository |

pub mod augment;
mod batches;
mod classes;
mod dataset;
pub mod decode;
pub mod folder;
pub mod idx;
mod labels;
mod load;
pub mod mini;
pub mod normalization;
pub mod preprocessing;
mod signature;

pub use classes::Labels;
pub use dataset::Dataset;
pub use decode::{Bounds, pixels, read_image, read_image_bytes, to_pixels};
pub use folder::{BrokenFile, FolderLayout, FolderReport, FolderSplit, check_folder, has_valid};
pub use load::load;
pub use normalization::Normalization;
