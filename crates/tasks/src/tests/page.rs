//! The report page is not drawn more often than its time is worth.

use std::collections::BTreeSet;
use std::path::Path;

use hearth_config::RawConfig;
use hearth_data::{Data, Labels, Normalization};
use hearth_store::RunDir;
use hearth_train::backend::Backend;
use hearth_train::plan::Plan;
use hearth_train::plan::summary::Summary;
use hearth_train::record::info::{Preprocessing, RunInfo};
use hearth_train::record::page::{NAME, Page};
use hearth_train::task::Split;

use crate::classify::tally::Tally;
use crate::registry::open_alone;

#[test]
fn epochs_shorter_than_a_drawing_do_not_wait_for_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let raw = RawConfig::read(&root.join("configs/mlp-nano.toml")).expect("it is there");
    let config = raw.check().expect("good");
    let data = Data::load(&config, Labels::Needed, &root.join("datasets"), &mut |_| ());
    let data = data.expect("part of the repository");
    let normalization = Normalization::of(&data.images().expect("images").splits.train);
    let (preprocessing, backend) = (Preprocessing::Images(normalization), Backend::default());
    let device = backend.device().expect("a CPU");
    let task = open_alone(&config, &data, &device).expect("it fits");
    let plan = Plan::new(&config, &*task).expect("it has epochs");
    let info = RunInfo::new(&data.card(), &preprocessing, backend, 1);
    let summary = Summary::new(&config, data.card(), task.layers(), &plan, backend, 1);
    let summary = summary.expect("it fits");
    let folder = tempfile::tempdir().expect("a folder");
    let run = RunDir::create(folder.path()).expect("a run");
    let mut page = Page::new((run.clone(), &[]), &config, &data, &info, &summary);
    let report = |split: &str| {
        let mut tally = Tally::new(10);
        for label in 0..10_u16 {
            let mut logits = [0.0; 10];
            logits[usize::from(label)] = 1.0;
            tally.add(&logits, &[label]);
        }
        tally.report(split, &info.dataset.classes, "images")
    };
    let mut drawn = BTreeSet::new();
    for step in 1..=200 {
        page.show(Split::Valid, Some(&report("valid")), step).expect("a page");
        drawn.insert(run.read_text(NAME).expect("a page"));
    }
    assert!(drawn.len() < 20, "{} pages", drawn.len());
    page.show(Split::Test, Some(&report("test")), 150).expect("a page");
    let last = run.read_text(NAME).expect("a page");
    for text in ["accuracy 1.0000 (step 200)", "test set, step 150"] {
        assert!(last.contains(text), "{text}");
    }
}
