//! Usage from day to day: configs, command lines, mistakes, and names and files that earlier versions wrote.

mod configs;
mod formats;
mod mistakes;
mod names;
mod places;
