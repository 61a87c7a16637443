//! `hearth doctor`.

use hearth_report::text_table;
use hearth_tasks::doctor::{TwoSteps, two_steps};
use hearth_train::Backend;
use hearth_train::backend::adapters::Adapter;

use crate::args::{ComputeArgs, DoctorArgs, DoctorProbe};
use crate::compute::{print_probe, probe};
use crate::failure::Failure;
use crate::terminal::print;

/// A row of the table: a backend and its device.
struct Candidate {
    backend: Backend,
    /// The number of its graphics adapter, where it has one.
    device: Option<usize>,
    name: String,
}

/// Lists backends and devices, and trains two steps on each in a process of its own.
pub fn run(args: &DoctorArgs) -> Result<(), Failure> {
    if let Some(kind) = args.probe {
        return run_probe(kind, args.compute.choice()?);
    }
    let threads = hearth_train::backend::set_threads(None);
    print(&format!("hearth {} with {threads} threads\n", env!("CARGO_PKG_VERSION")))?;
    let backends = match args.compute {
        // A number without a backend is an error of `choice`.
        ComputeArgs { backend: None, device: None } => Backend::COMPILED.to_vec(),
        _ => vec![args.compute.choice()?],
    };
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for backend in backends {
        let candidates = match candidates(backend, args.compute.device) {
            Ok(candidates) => candidates,
            Err(fault) => {
                faults.push(format!("{backend}: {}", fault.text()));
                continue;
            }
        };
        for Candidate { backend, device, name } in candidates {
            let number = device.map_or_else(String::new, |number| number.to_string());
            let (times, verdict) = match probe::<TwoSteps>(DoctorProbe::Train, backend, device) {
                Ok(TwoSteps { losses: [first, second], seconds }) => (
                    seconds.map(|seconds| format!("{:.1} ms", seconds * 1e3)),
                    format!("works: loss {first:.4} -> {second:.4}"),
                ),
                Err(fault) => {
                    faults.push(format!("{backend} {number}: {}", fault.text()));
                    (Default::default(), "fails: see below".to_owned())
                }
            };
            let [first, second] = times;
            rows.push(vec![backend.to_string(), number, name, first, second, verdict]);
        }
    }
    let header =
        ["backend", "device", "", "first step", "second step", "two steps of a perceptron"];
    print(&text_table(&header, rows))?;
    if faults.is_empty() { Ok(()) } else { Err(Failure::Other(faults.join("\n"))) }
}

/// The devices of a backend: the CPU, all graphics adapters, or the chosen one.
fn candidates(backend: Backend, device: Option<usize>) -> Result<Vec<Candidate>, Failure> {
    if !backend.is_on_adapter() {
        return Ok(vec![Candidate { backend, device: None, name: "CPU".to_owned() }]);
    }
    let named = |number: usize, adapter: &Adapter| Candidate {
        backend,
        device: Some(number),
        name: adapter.to_string(),
    };
    if let Some(number) = device {
        let opened: Option<Adapter> = probe(DoctorProbe::Open, backend, device)?;
        return Ok(opened.iter().map(|adapter| named(number, adapter)).collect());
    }
    let adapters: Vec<Adapter> = probe(DoctorProbe::List, backend, None)?;
    Ok(adapters.iter().enumerate().map(|(number, adapter)| named(number, adapter)).collect())
}

/// Runs a probe in this process.
fn run_probe(probe: DoctorProbe, backend: Backend) -> Result<(), Failure> {
    match probe {
        DoctorProbe::List => print_probe(backend, || Ok(backend.adapters()?)),
        DoctorProbe::Open => print_probe(backend, || {
            backend.try_out()?;
            Ok(backend.adapter())
        }),
        DoctorProbe::Train => {
            hearth_train::backend::set_threads(None);
            print_probe(backend, || Ok(two_steps(backend)?))
        }
    }
}
