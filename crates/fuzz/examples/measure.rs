//! Memory and time of inputs: `cargo run --release -p hearth-fuzz --example measure -- picture FILE...`.

#![expect(clippy::print_stdout, reason = "a program")]

use std::env;
use std::fs;

use hearth_fuzz::TARGETS;
use hearth_fuzz::limits::measure;

fn main() {
    let mut words = env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target's name");
    for path in words {
        let input = fs::read(&path).expect("a file");
        let taken = measure(&input, target);
        let [memory, time] = [taken.memory as f64 / 1_048_576.0, taken.time.as_secs_f64()];
        let verdict = taken.check(&input, 1).err().unwrap_or_default();
        println!("{path}: {} bytes, {memory:.1} MiB, {time:.3} s {verdict}", input.len());
    }
}
