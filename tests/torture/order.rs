//! What would be left if the power failed: nothing gets its name before what it counts on is on the disk.

use std::collections::BTreeSet;
use std::path::Path;

use super::calls::undisturbed_run;
use super::subject::Subject;

/// The folder that something of a run stands in.
fn parent(name: &str) -> String {
    match Path::new(name).parent().and_then(Path::to_str) {
        Some("") | None => ".".to_owned(),
        Some(parent) => parent.to_owned(),
    }
}

/// Looks at the calls of a run that is left alone, and gives how many things were given their names:
///
/// - a file or folder is renamed to its name after all that was written into it was brought to the disk;
/// - a checkpoint, after the log that it counts on was as well;
/// - and a checkpoint is taken away after the names of those that stay were, and its files after its own was.
pub fn check(subject: &Subject) -> usize {
    // What is written, and folders in which something got a name, that are not on the disk yet.
    let (mut written, mut named) = (BTreeSet::new(), BTreeSet::new());
    // Whether a checkpoint is one of these.
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
