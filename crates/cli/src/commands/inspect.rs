//! `hearth inspect`.

use std::path::Path;

use hearth_report::{fixed, text_table};
use hearth_tasks::{Inspection, inspect};
use hearth_train::Backend;

use crate::args::InspectArgs;
use crate::failure::Failure;
use crate::terminal::{print, print_json, say};

/// Inspects a run.
pub fn run(args: &InspectArgs, backend: Backend, datasets: &Path) -> Result<(), Failure> {
    let trained = &args.trained;
    let inspection = Inspection {
        run: &trained.run,
        which: trained.checkpoint,
        backend,
        datasets,
        pictures: &args.files,
    };
    let found = inspect(inspection, &mut |text| say(text))?;
    if trained.json {
        return print_json(&found);
    }
    say(&format!("checkpoint of step {}", found.step));
    let rows = found.probes.into_iter().map(|probe| {
        let accuracy = fixed(probe.accuracy, 4);
        vec![probe.layer, accuracy]
    });
    print(&format!("{}\n\n{}", text_table(&["layer", "linear probe"], rows), found.page.display()))
}
