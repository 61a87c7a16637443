//! What is seen: plots, pages and event files out of what a run knows.

mod events;

pub use events::EventFile;
