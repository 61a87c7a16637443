//! Writes a table of 1,000,000 rows and 30 columns and loads it: bytes a second, and the most memory at once.
//!
//! `cargo run --release -p hearth-data --example measure_table [ROWS]`

#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use hearth_config::seed::{Purpose, Stream};
use hearth_config::{BatchConfig, CsvConfig};
use hearth_data::tables;

/// Number of columns, the target included.
const COLUMNS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let num_rows = std::env::args().nth(1).map_or(Ok(1_000_000), |rows| rows.parse::<usize>())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("table.csv");
    write(&path, num_rows)?;
    let size = path.metadata()?.len() as f64 / 1e6;
    let config = CsvConfig {
        path: path.to_str().map(str::to_owned),
        target: "y".to_owned(),
        ..CsvConfig::default()
    };
    let batches = BatchConfig { valid_samples: num_rows / 10, ..BatchConfig::default() };
    let (begun, before) = (Instant::now(), computed()?);
    let table = tables::load(&config, &batches, None, 0)?;
    let seconds = begun.elapsed().as_secs_f64();
    let computed = computed()? - before;
    let numbers = (table.rows.num_rows * COLUMNS * 4) as f64 / 1e6;
    println!(
        "{size:.0} MB in {seconds:.2} s: {:.0} MB/s; {computed:.2} s of all cores",
        size / seconds
    );
    println!("{numbers:.0} MB of numbers as f32; the most memory at once: {}", peak()?);
    Ok(())
}

/// Writes rows of 27 numbers, two categories and a numeric target.
fn write(path: &Path, num_rows: usize) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let names: Vec<String> = (0..COLUMNS - 3).map(|column| format!("n{column}")).collect();
    writeln!(file, "{},city,colour,y", names.join(","))?;
    let mut stream = Stream::new(0, Purpose::Sample, 0, 0);
    let mut line = String::new();
    for _ in 0..num_rows {
        line.clear();
        for column in 0..COLUMNS - 3 {
            // Writing to a string cannot fail.
            let _ = match column % 3 {
                0 => write!(line, "{:.6},", stream.uniform()),
                1 => write!(line, "{},", stream.below(100_000)),
                _ => write!(line, "{:.3},", stream.uniform() * 1e4),
            };
        }
        let (city, colour) = (stream.below(500), ["red", "green", "blue"][stream.below(3)]);
        let _ = writeln!(line, "city {city},{colour},{:.4}", stream.uniform());
        file.write_all(line.as_bytes())?;
    }
    file.flush()
}

/// CPU time of all threads of this process, in seconds, which does not depend on other processes.
fn computed() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/stat")?;
    // Fields 12 and 13 after the name in brackets: clock ticks of 10 ms.
    let behind = status.rsplit(") ").next().unwrap_or_default();
    let ticks = behind.split(' ').skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / 100.0)
}

/// Peak memory of this process, as text of the operating system.
fn peak() -> std::io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    Ok(line.map_or("not known", |line| line.trim_start_matches("VmHWM:").trim()).to_owned())
}
