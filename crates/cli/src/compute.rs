//! The backend of a command: its choice, a probe of graphics adapters, and errors in place of their panics. A graphics
//! driver may crash the calling program, and an adapter may be lost or run out of memory during a computation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use hearth_train::Backend;
use hearth_train::backend::adapters::{Adapter, AdapterKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::{ComputeArgs, DoctorProbe};
use crate::failure::Failure;
use crate::terminal::{print_json, say};

/// Panics within this time have the same cause.
const SAME_CAUSE: Duration = Duration::from_secs(10);

/// Maximum length of a cause in an error, in characters.
const MAX_CAUSE: usize = 500;

/// Time limit of a probe: a software driver compiles its shaders for seconds.
const PROBE_TIMEOUT: Duration = Duration::from_mins(5);

impl ComputeArgs {
    /// The chosen backend, on the chosen adapter.
    ///
    /// # Errors
    /// When the backend has no adapters or none of this number.
    pub fn choice(&self) -> Result<Backend, Failure> {
        let backend = self.backend.unwrap_or_default();
        Ok(self.device.map_or(Ok(backend), |number| backend.on_adapter(number))?)
    }
}

/// Does the work on the chosen backend. A graphics adapter is opened first in a process of its own, which its driver
/// may crash; panics of the work become errors.
///
/// # Errors
/// Those of the work, of the choice and of the adapter.
pub fn with_backend(
    compute: &ComputeArgs,
    work: impl FnOnce(Backend) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let backend = compute.choice()?;
    if !backend.is_on_adapter() {
        return work(backend);
    }
    let opened: Option<Adapter> = probe(DoctorProbe::Open, backend, compute.device)?;
    if let Some(adapter) = opened.filter(|adapter| adapter.kind == AdapterKind::Software) {
        say(&format!(
            "warning: {adapter} computes on the CPU, and slower than `--backend flex` does"
        ));
    }
    catch_panics(|| work(backend))
}

/// Turns a panic of the work into an error.
fn catch_panics<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // A thread that waits for the failing one panics as well: the first of these panics has the cause.
    static CAUSE: Mutex<Option<(Instant, String)>> = Mutex::new(None);
    let default_hook = std::panic::take_hook();
    let with_backtrace = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or("a panic without a message").to_owned();
        let mut cause = CAUSE.lock().unwrap_or_else(PoisonError::into_inner);
        if cause.as_ref().is_none_or(|(begun, _)| begun.elapsed() > SAME_CAUSE) {
            *cause = Some((Instant::now(), text));
        }
        if with_backtrace {
            default_hook(panic);
        }
    }));
    let done = catch_unwind(AssertUnwindSafe(work));
    // Back to the default hook.
    drop(std::panic::take_hook());
    done.unwrap_or_else(|_| {
        let cause = CAUSE.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(Failure::Adapter(in_a_sentence(&cause.map_or_else(String::new, |(_, text)| text))))
    })
}

/// The error of Burn and its drivers as one sentence. Its usual cause is a tensor that is too large.
fn in_a_sentence(cause: &str) -> String {
    let words = ["Caused by:", "Backtrace:", "Asked at:", "No backtrace", "Validation Error"];
    let lines = cause.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !words.iter().any(|word| line.starts_with(word)));
    let mut lines: Vec<&str> = lines.map(|line| line.trim_end_matches(['.', ':'])).collect();
    lines.dedup();
    let mut text: String = lines.join(": ").chars().take(MAX_CAUSE).collect();
    let of_size = [
        "buffer_binding_size",
        "can't allocate",
        "max_buffer_size",
        "not enough memory",
        "out of memory",
    ];
    if of_size.iter().any(|word| cause.to_lowercase().contains(word)) {
        text = format!(
            "out of memory, or a tensor above the size limit ({text}); a smaller data.batch_size or \
             network needs less"
        );
    }
    text
}

/// Runs `hearth doctor --probe` in a process of its own and returns its result.
///
/// # Errors
/// The error of the probe, or a crash or time-out of its process.
pub fn probe<T: DeserializeOwned>(
    probe: DoctorProbe,
    backend: Backend,
    device: Option<usize>,
) -> Result<T, Failure> {
    let cannot = |error: std::io::Error| Failure::Other(format!("cannot try {backend}: {error}"));
    let name = probe.to_possible_value().expect("none is skipped").get_name().to_owned();
    let mut command = Command::new(std::env::current_exe().map_err(cannot)?);
    command.args(["doctor", "--probe", &name, "--backend", backend.name()]);
    command.args(device.map(|number| format!("--device={number}")));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(cannot)?;
    let begun = Instant::now();
    // The output is far smaller than the pipe's buffer.
    while child.try_wait().map_err(cannot)?.is_none() {
        if begun.elapsed() > PROBE_TIMEOUT {
            // The process may have exited by itself.
            let _ = child.kill();
            let _ = child.wait();
            let seconds = PROBE_TIMEOUT.as_secs();
            return Err(Failure::Other(format!("{backend} did not respond within {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let done = child.wait_with_output().map_err(cannot)?;
    match serde_json::from_slice::<Result<T, String>>(&done.stdout) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(fault)) if done.status.code() == Some(2) => Err(Failure::usage(fault)),
        Ok(Err(fault)) => Err(Failure::Other(fault)),
        Err(_) if backend.is_on_adapter() => Err(Failure::Other(format!(
            "the graphics driver crashed when {backend} was probed ({}); `hearth doctor` shows what \
             works here",
            done.status
        ))),
        Err(_) => Err(Failure::Other(format!("{backend} crashed ({})", done.status))),
    }
}

/// Does the work of a [`probe`] in its process, and prints the result as JSON.
///
/// # Errors
/// Those of the work.
pub fn print_probe<T: Serialize>(
    backend: Backend,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<(), Failure> {
    let done = if backend.is_on_adapter() { catch_panics(work) } else { work() };
    match done {
        Ok(result) => print_json(&Ok::<_, String>(result)),
        Err(failure) => {
            print_json(&Err::<(), _>(failure.text()))?;
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The panic hook belongs to the whole process.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn a_panic_becomes_an_error_that_names_its_cause() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let done = catch_panics::<()>(|| {
            let waited_for = std::thread::spawn(|| {
                panic!(
                    "wgpu error: Validation Error\n\nCaused by:\n  In Device::create_bind_group\n    \
                     range 4 exceeds `max_*_buffer_binding_size` limit 2.\n"
                )
            });
            assert!(waited_for.join().is_ok(), "the thread has gone");
            Ok(())
        });
        let text = done.expect_err("it panicked").text();
        for part in ["out of memory", "range 4 exceeds", "data.batch_size"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("the thread has gone") && !text.contains('\n'), "{text}");
    }

    #[test]
    #[cfg(feature = "wgpu")]
    fn a_lost_device_is_an_error() {
        use burn::tensor::{Device, Tensor};
        let (device, setup) = match Device::wgpu_options().init_with_setup() {
            Ok(opened) => opened,
            Err(error) => {
                crate::skip::skip(&error.to_string());
                return;
            }
        };
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let done = catch_panics(|| {
            let ones = Tensor::<1>::ones([4], &device);
            setup.device.destroy();
            Ok((ones.clone() + ones).into_data().try_into_vec::<f32>())
        });
        let text = done.expect_err("the device is gone").text();
        assert!(text.contains("the graphics adapter failed: "), "{text}");
    }
}
