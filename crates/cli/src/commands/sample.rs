//! `hearth sample`.

use std::path::Path;

use hearth_config::DataSource;
use hearth_tasks::Sampler;
use hearth_train::Backend;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::bitmap::Bitmap;
use serde::Serialize;

use crate::args::SampleArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say, write_file};

/// Maximum number of images in one grid.
const MAX_IMAGES: usize = 100_000;

#[derive(Serialize)]
struct SampleOutput {
    files: Vec<String>,
    count: usize,
    seed: u64,
    step: u64,
}

/// Samples images of a generator.
pub fn run(args: &SampleArgs, backend: Backend) -> Result<(), Failure> {
    let count = args.count;
    if !(1..=MAX_IMAGES).contains(&count) {
        return Err(Failure::usage(format!("--count is {count}; allowed: 1 to {MAX_IMAGES}")));
    }
    if let Some(end) = args.out.extension().filter(|end| !end.eq_ignore_ascii_case("png")) {
        return Err(Failure::usage(format!(
            "--out is written as PNG: end its name with .png instead of .{}",
            end.display()
        )));
    }
    let trained = &args.trained;
    let sampler = Sampler::open(&trained.run, trained.checkpoint, backend)?;
    // As square as whole rows allow.
    let columns = (1..count).find(|side| side * side >= count).unwrap_or(count);
    let shape = sampler.shape();
    let mut pixels = if args.interpolate {
        sampler.interpolate(args.seed, count.div_ceil(columns), columns)
    } else {
        sampler.sample(args.seed, count)
    };
    pixels.truncate(count * shape.pixels());
    let mut files = Vec::new();
    if let Some(folder) = &args.each {
        std::fs::create_dir_all(folder).map_err(|error| Failure::unwritten(folder, &error))?;
        for (index, pixels) in pixels.chunks_exact(shape.pixels()).enumerate() {
            let image = Bitmap { shape, pixels: pixels.to_vec() };
            files.push(write(&folder.join(format!("{index:05}.png")), &image)?);
        }
    }
    files.push(write(&args.out, &Bitmap::grid(&pixels, shape, columns))?);
    for path in args.each.iter().chain([&args.out]) {
        if is_in_data(path, sampler.trained()) {
            let path = path.display();
            say(&format!("warning: {path} lies in data.path, so the next training learns from it"));
        }
    }
    if trained.json {
        let step = sampler.trained().step;
        return print_json(&SampleOutput { files, count, seed: args.seed, step });
    }
    say(&format!("checkpoint of step {}", sampler.trained().step));
    print(files.last().map_or("", String::as_str))
}

/// True for a path in the training data of a run and outside of the run itself.
fn is_in_data(path: &Path, trained: &LoadedRun) -> bool {
    let DataSource::ImageFolder(data) = &trained.config.data().source else { return false };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = real(path);
    path.starts_with(real(Path::new(&data.path))) && !path.starts_with(real(&trained.run))
}

fn write(path: &Path, image: &Bitmap) -> Result<String, Failure> {
    write_file(path, &image.to_png())?;
    Ok(path.display().to_string())
}
