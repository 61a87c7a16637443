//! Bodies of requests: their media type, and the images or rows in them.

pub mod images;
pub mod json;
pub mod media;
pub mod rows;
