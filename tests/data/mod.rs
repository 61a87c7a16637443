//! Users' own data: images in folders, IDX files and tables, and the datasets of `hearth data`.

mod datasets;
mod folders;
mod rows;
mod tables;
mod texts;
