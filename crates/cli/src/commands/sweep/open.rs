//! Starting and resuming a sweep.

use std::path::Path;

use hearth_config::{Config, Diagnostic, Diagnostics, RawConfig};
use hearth_store::{RunLock, SweepDir};
use hearth_train::Backend;

use crate::args::{ComputeArgs, SweepArgs};
use crate::commands::train::is_override;
use crate::failure::Failure;
use crate::sweep::{RandomSearch, Record, ResumeRequest, SweepAxis, grid, random};

/// Default seed of a random search.
const SEED: u64 = 0;

/// A new or resumed sweep.
pub struct OpenSweep {
    /// Its folder.
    pub sweep: SweepDir,
    /// The lock on the folder.
    pub lock: RunLock,
    /// Its search space and trials.
    pub record: Record,
    /// The configs of its trials.
    pub configs: Vec<Config>,
}

/// The search space of the command line.
struct SearchArgs<'a> {
    config: Option<&'a Path>,
    text: Option<String>,
    axes: Vec<SweepAxis>,
    random: Option<RandomSearch>,
}

/// Starts or resumes the sweep of the command line, after all checks.
///
/// # Errors
/// When a setting is invalid, or a resume differs from the recorded search.
pub fn open(args: &SweepArgs) -> Result<OpenSweep, Failure> {
    let (config, axes) = match (&args.config, &args.resume) {
        // The config may be left out, and the first word is a setting then.
        (Some(word), Some(_)) if is_override(word) => {
            (None, [&[word.to_string_lossy().into_owned()], args.axes.as_slice()].concat())
        }
        (config, _) => (config.as_deref(), args.axes.clone()),
    };
    let text = config.map(read).transpose()?;
    let axes = SweepAxis::parse_all(&axes).map_err(Diagnostics::from)?;
    let random = args.random.map(|trials| RandomSearch { trials, seed: args.seed.unwrap_or(SEED) });
    let typed = SearchArgs { config, text, axes, random };
    match &args.resume {
        Some(path) => resume(args, path, &typed),
        None => begin(args, typed),
    }
}

/// Starts a new sweep.
fn begin(args: &SweepArgs, typed: SearchArgs<'_>) -> Result<OpenSweep, Failure> {
    let backend = args.compute.choice()?;
    let (Some(config), Some(text)) = (typed.config, typed.text) else {
        return Err(Failure::usage("name a config"));
    };
    if !typed.axes.iter().any(SweepAxis::varies) {
        let fault = Diagnostic::new("nothing varies: give a key more than one value");
        return Err(Diagnostics::from(fault.help("for example train.epochs=5,10,20")).into());
    }
    let trials = match typed.random {
        Some(RandomSearch { trials, seed }) => random(&typed.axes, trials, seed),
        None => grid(&typed.axes),
    };
    let trials = trials.map_err(Diagnostics::from)?;
    let mut record = Record::new(config, text, typed.axes, typed.random, backend.name(), trials);
    record.locate()?;
    let configs = record.configs()?;
    let sweep = match &args.out {
        Some(path) => SweepDir::create(path)?,
        None => SweepDir::create_numbered("runs", &configs[0].run.name)?,
    };
    let lock = sweep.lock()?;
    record.write(&sweep)?;
    Ok(OpenSweep { sweep, lock, record, configs })
}

/// Resumes the sweep at `path`, which must be that of the command line.
fn resume(args: &SweepArgs, path: &Path, typed: &SearchArgs<'_>) -> Result<OpenSweep, Failure> {
    let sweep = SweepDir::open(path)?;
    let lock = sweep.lock()?;
    let mut record = Record::read(&sweep)?;
    record.check_same(
        path,
        &ResumeRequest {
            text: typed.text.as_deref(),
            axes: &typed.axes,
            random: typed.random,
            backend: args.compute.backend.map(Backend::name),
        },
    )?;
    // This program may lack the sweep's backend.
    let backend: Backend = record.backend.parse().map_err(|fault: String| {
        Failure::usage(format!("the sweep began on {}: {fault}", record.backend))
    })?;
    ComputeArgs { backend: Some(backend), device: args.compute.device }.choice()?;
    if record.paths.is_empty() {
        record.locate()?;
    }
    let configs = record.configs()?;
    Ok(OpenSweep { sweep, lock, record, configs })
}

/// The text of a config.
fn read(path: &Path) -> Result<String, Failure> {
    // Its errors suggest a name for a missing file.
    RawConfig::read(path)?;
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}
