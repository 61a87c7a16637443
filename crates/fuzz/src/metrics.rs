//! Fuzz target for `metrics.jsonl`.

use std::fs;

use hearth_report::run::RunPage;
use hearth_store::{MetricsLog, StoreError, read_metrics};
use serde_json::json;

/// Reads the log, renders its page, and appends to its complete lines.
pub fn run(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.jsonl");
    fs::write(&path, input).expect("written");
    let lines = match read_metrics(&path) {
        Ok(lines) => lines,
        Err(StoreError::Unreadable { fault, .. }) => {
            return assert!(fault.starts_with("line "), "{fault}");
        }
        Err(error) => panic!("{error}"),
    };
    let page = RunPage { history: lines.iter().collect(), ..RunPage::default() }.html();
    assert!(page.ends_with("</html>"), "the page is torn");
    let length = input.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let mut log = MetricsLog::open(&path, length as u64).expect("a line ends there");
    let next = json!({"kind": "note", "text": "next"});
    log.append(&next).expect("written");
    let again = read_metrics(&path).expect("what was good is still good");
    assert!(again == [lines, vec![next]].concat(), "it reads as another one");
}
