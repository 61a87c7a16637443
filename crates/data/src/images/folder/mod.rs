//! Folders of images: their splits, classes and files.
//!
//! | file | subject |
//! | --- | --- |
//! | `load` | a folder -> images with labels |
//! | `layout` | the folder of each split |
//! | `contents` | direct contents of a folder, and folders that Hearth itself wrote |
//! | `listing` | classes and files of a split |
//! | `check` | faults of a folder, before training |

pub mod check;
mod contents;
mod layout;
mod listing;
pub(super) mod load;

pub use check::{FolderReport, check_folder};
pub use layout::{FolderLayout, FolderSplit};
pub use listing::BrokenFile;
pub use load::has_valid;
