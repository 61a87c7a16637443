//! Order of writes, for a power failure: no file gets its name before the files it relies on are on the disk.

use std::collections::BTreeSet;
use std::path::Path;

use super::calls::undisturbed_run;
use super::subject::Subject;

/// The parent folder of a part of a run.
fn parent(name: &str) -> String {
    match Path::new(name).parent().and_then(Path::to_str) {
        Some("") | None => ".".to_owned(),
        Some(parent) => parent.to_owned(),
    }
}

/// Checks the calls of an undisturbed run, and returns the number of renames:
///
/// - a file or folder is renamed after its contents were synced;
/// - a checkpoint, after the log it relies on was synced as well;
/// - a checkpoint is removed after the names of the remaining ones were synced, and its files after its own name.
pub fn check(subject: &Subject) -> usize {
    // Written files, and folders with a new name in them, that are not synced yet.
    let (mut written, mut named) = (BTreeSet::new(), BTreeSet::new());
    // True if a checkpoint is among them.
    let mut newest_named = false;
    let mut renames = 0;
    for call in undisturbed_run(subject).calls {
        let about = call.about[0].clone();
        match call.name.as_str() {
            "openat" | "open" | "mkdir" | "mkdirat" if call.makes() => {
                named.insert(parent(&about));
            }
            "write" | "ftruncate" => {
                written.insert(about);
            }
            "fsync" | "fdatasync" => {
                newest_named &= about != "checkpoints";
                written.remove(&about);
                named.remove(&about);
            }
            "unlink" | "unlinkat" | "rmdir" => {
                assert!(about.contains(".tmp-"), "{about} is removed under its name");
                let waits = about.contains("pruned") && named.contains("checkpoints");
                assert!(!waits, "{about} loses files before its old name is off the disk");
            }
            "rename" | "renameat" | "renameat2" => {
                renames += 1;
                let name = &call.about[1];
                let within = |file: &&String| Path::new(file).starts_with(&about);
                assert_eq!(
                    written.iter().find(within),
                    None,
                    "{name} is named before it is on the disk"
                );
                assert_eq!(named.iter().find(within), None, "{name} is named before what is in it");
                if name.starts_with("checkpoints/step-") {
                    assert!(
                        !written.contains("metrics.jsonl"),
                        "{name} counts on a log that may be lost"
                    );
                    newest_named = true;
                } else if name.contains("pruned") {
                    assert!(
                        !newest_named,
                        "{about} is taken away before what stays is on the disk"
                    );
                }
                named.insert(parent(name));
            }
            _ => {}
        }
    }
    assert!(!named.contains("."), "a name in the run's folder is not on the disk at its end");
    assert!(renames > 15, "{renames} are fewer than a run has");
    renames
}
