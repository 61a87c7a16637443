//! Exchange with other programs: exports, imports, Python and HTTP.

mod export;
mod import;
mod python;
#[cfg(feature = "serve")]
pub mod serve;
