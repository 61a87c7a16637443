//! `hearth doctor`.

use hearth_report::text_table;
use hearth_train::Backend;
use hearth_train::adapters::Adapter;
use hearth_train::doctor::{TwoSteps, two_steps};

use crate::args::{ComputeArgs, DoctorArgs, DoctorProbe};
use crate::compute::{answer, probe};
use crate::failure::Failure;
use crate::terminal::print;

/// Something that computes, as the table shows it.
struct Candidate {
    backend: Backend,
    /// The number of its graphics adapter, where it has one.
    device: Option<usize>,
    name: String,
}

/// Lists what there is to compute on, and trains two steps on each, in a process of its own.
pub fn run(args: &DoctorArgs) -> Result<(), Failure> {
    if let Some(kind) = args.probe {
        return look(kind, args.compute.choice()?);
    }
    let threads = hearth_train::backend::set_threads(None);
    print(&format!("hearth {} with {threads} threads\n", env!("CARGO_PKG_VERSION")))?;
    let backends = match args.compute {
        // A number belongs to a backend; `choice` says so.
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

/// What a backend can compute on: the CPU, each graphics adapter, or the one that was named.
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

/// In the process that was started for it.
fn look(probe: DoctorProbe, backend: Backend) -> Result<(), Failure> {
    match probe {
        DoctorProbe::List => answer(backend, || Ok(backend.adapters()?)),
        DoctorProbe::Open => answer(backend, || {
            backend.try_out()?;
            Ok(backend.adapter())
        }),
        DoctorProbe::Train => {
            hearth_train::backend::set_threads(None);
            answer(backend, || Ok(two_steps(backend)?))
        }
    }
}
