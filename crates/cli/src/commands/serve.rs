//! `hearth serve`.

use std::time::Duration;

use hearth_data::Bounds;
use hearth_train::Backend;

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::serve::{Limits, Served, serve};
use crate::terminal::{print, say};

/// Maximum memory per pixel of an image in decoding: four channels of 16 bits, or a progressive JPEG or an animation,
/// and its conversion.
const BYTES_PER_PIXEL: u64 = 16;

/// Serves a network until a signal.
pub fn run(args: &ServeArgs, backend: Backend) -> Result<(), Failure> {
    for (name, value) in
        [("--max-body", args.max_body), ("--queue", args.queue), ("--batch", args.batch)]
    {
        if value == 0 {
            return Err(Failure::usage(format!("{name} is 0; allowed: 1 or more")));
        }
    }
    if !(1..=3600).contains(&args.timeout) || args.wait > 1000 {
        return Err(Failure::usage(
            "--timeout must be 1 to 3600 seconds, and --wait at most 1000 milliseconds",
        ));
    }
    let limits = Limits {
        body: args.max_body,
        image: Bounds {
            pixels: args.max_pixels,
            memory: args.max_pixels.saturating_mul(BYTES_PER_PIXEL),
        },
        queue: args.queue,
        batch: args.batch,
        wait: Duration::from_millis(args.wait),
        timeout: Duration::from_secs(args.timeout),
    };
    let served = Served::open(&args.run, args.checkpoint, backend)?;
    let run = args.run.display();
    let step =
        served.model.step.map_or_else(String::new, |step| format!(", checkpoint of step {step}"));
    serve(&served, &args.host, args.port, limits, |address| {
        say(&format!("{run}{step}; Ctrl-C ends"));
        print(&format!("http://{address}"))
    })
}
