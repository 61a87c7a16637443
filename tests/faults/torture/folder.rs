//! Runs that are moved, copied, made read-only or half deleted, and changed data.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::beside::Stopped;
use super::calls::undisturbed_run;
use super::limits::Mount;
use super::subject::{PERCEPTRON, Subject};
use super::table::Table;
use super::trial::{Ended, FILES, Harm, Kind, ended, go_on, keeps_the_same, look, same, steps};
use crate::support::{copy, hearth, root, run, succeed};

/// All files of a folder except the lock.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut content(&path));
        } else if !path.ends_with(".lock") {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

/// Checks that a resume fails with this exit code and message, and leaves the run unchanged.
fn refused(subject: &Subject, path: &Path, code: i32, told: &str) -> Result<Ended, Harm> {
    let before = content(path);
    let done = run(&mut subject.resume(path));
    if done.code != Some(code) || !done.err.contains(told) || done.err.contains("panicked") {
        return Kind::ToldWrongly.found(format!("{:?}: {}", done.code, done.err));
    }
    if content(path) != before {
        return Kind::Lost.found("it was refused, and changed");
    }
    Ok(Ended::Refused)
}

/// A run is moved while its program is stopped at a checkpoint. Continued, the program ends with an error and makes no
/// second run; the run is resumed in its new place.
pub fn moved_while_it_trains(subject: &Subject, most: usize, table: &mut Table) {
    let trace = undisturbed_run(subject);
    let renames =
        trace.calls.iter().filter(|call| call.name == "rename" && call.part() == "checkpoint");
    for call in renames.take(most) {
        let stopped = Stopped::at(subject, call);
        let (old, new) = (stopped.path.clone(), subject.fresh());
        fs::rename(&old, &new).unwrap();
        let (done, known) = stopped.end("CONT");
        let came = match ended(&done) {
            Ok(Ended::CarriedOn) => Kind::ToldWrongly.found("success, of a run that is not there"),
            _ if old.exists() => Kind::Lost.found("it was begun anew in its old place"),
            _ => look(subject, &new, &done, &known),
        };
        table.count("the run is moved", "while it trains", came);
        fs::remove_dir_all(new).unwrap();
    }
}

/// A run and its copy are resumed independently.
pub fn copied(subject: &Subject, table: &mut Table) {
    let (path, copied) = (subject.behind(), subject.fresh());
    copy(&path, &copied);
    let newest = steps(&path).pop().map(|(step, _)| step);
    for path in [&copied, &path] {
        let came = go_on(subject, path, newest).map(|()| Ended::CarriedOn);
        table.count("the run is copied", "before a resume", came);
    }
}

/// A read-only run is not resumed and stays unchanged; it can be evaluated.
pub fn read_only(subject: &Subject, table: &mut Table) {
    let path = subject.behind();
    let Some(mount) = Mount::read_only(&path) else { return };
    let came = refused(subject, mount.path(), 1, "the disk is read-only");
    let evaluated = |path: &Path| succeed(hearth(["eval", "--json"]).arg(path)).out;
    let came = came.and_then(|ended| {
        if evaluated(mount.path()) != evaluated(&path) {
            return Kind::LoadedWrongly.found("its evaluation is another one");
        }
        Ok(ended)
    });
    drop(mount);
    let newest = steps(&path).pop().map(|(step, _)| step);
    let came = came.and_then(|ended| go_on(subject, &path, newest).map(|()| ended));
    table.count("the run is read-only", "at a resume", came);
}

/// Parts of a run are deleted: it is resumed from the rest, to the same end, or refused until the part is restored.
pub fn half_deleted(subject: &Subject, table: &mut Table) {
    let newest = |path: &Path| steps(path).pop().expect("it keeps two");
    let whole = newest(&subject.whole()).0;
    let folder = format!("checkpoints/step-{whole:08}");
    let files = FILES.into_iter().chain(["state.json", "MANIFEST"]);
    let of_newest = files.map(|file| format!("{folder}/{file}")).chain([folder.clone()]);
    let others =
        ["best.json", "run.json", "report.html", ".lock", "metrics.jsonl"].map(str::to_owned);
    for part in of_newest.chain(others) {
        let path = subject.fresh();
        copy(&subject.whole(), &path);
        delete(&path.join(&part));
        let left =
            if part.starts_with("checkpoints") { newest(&subject.behind()).0 } else { whole };
        let came = if part == "metrics.jsonl" {
            without_its_log(subject, &path)
        } else {
            go_on(subject, &path, Some(left))
        };
        table.count("a part is deleted", "before a resume", came.map(|()| Ended::CarriedOn));
    }
    for (part, code, told) in
        [("config.toml", 2, "other things in it"), ("checkpoints", 3, "are gone")]
    {
        let path = subject.fresh();
        copy(&subject.whole(), &path);
        delete(&path.join(part));
        let came = refused(subject, &path, code, told).and_then(|ended| {
            let (from, to) = (subject.whole().join(part), path.join(part));
            if from.is_dir() {
                copy(&from, &to);
            } else {
                fs::copy(from, to).unwrap();
            }
            go_on(subject, &path, Some(whole)).map(|()| ended)
        });
        table.count("a part is deleted", "before a resume", came);
    }
}

/// A resume completes or removes the leftovers of a kill between a checkpoint and the end of the work after it.
pub fn left_over(subject: &Subject, table: &mut Table) {
    let path = subject.fresh();
    copy(&subject.whole(), &path);
    for rest in ["checkpoints/.tmp-pruned-step-00000004-1", "checkpoints/.tmp-step-00000012-1"] {
        copy(&steps(&path)[0].1, &path.join(rest));
    }
    let newest = steps(&path).pop().map(|(step, _)| step);
    let _ = fs::remove_file(path.join("samples.gif"));
    let came = go_on(subject, &path, newest).and_then(|()| keeps_the_same(subject, &path));
    table.count("work is left over", "before a resume", came.map(|()| Ended::CarriedOn));
}

fn delete(path: &Path) {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
}

/// A deleted log loses the measurements, and no weights.
fn without_its_log(subject: &Subject, path: &Path) -> Result<(), Harm> {
    let done = run(&mut subject.resume(path));
    if ended(&done)? != Ended::CarriedOn || !done.err.contains("metrics.jsonl") {
        return Kind::ToldWrongly.found(done.err);
    }
    fs::copy(subject.whole().join("metrics.jsonl"), path.join("metrics.jsonl")).unwrap();
    same(subject, path, "its log was deleted")
}

/// The files of the small set, unpacked, by the setting that names them.
const DATA: [(&str, &str); 4] = [
    ("train_images", "train-images-idx3-ubyte"),
    ("train_labels", "train-labels-idx1-ubyte"),
    ("test_images", "t10k-images-idx3-ubyte"),
    ("test_labels", "t10k-labels-idx1-ubyte"),
];

/// A user's data is changed between a checkpoint and the resume: its checksum refuses the resume until the data is
/// restored.
pub fn other_data(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings: Vec<String> = PERCEPTRON.map(str::to_owned).into();
    settings.push("data.kind=idx".to_owned());
    for (key, name) in DATA {
        let packed =
            root().join("datasets/fashion-mnist-mini").join(name).with_added_extension("gz");
        let mut bytes = Vec::new();
        let packed = fs::File::open(packed).expect("part of the repository");
        flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).expect("gzip");
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        settings.push(format!("data.{key}={:?}", file.to_str().unwrap()));
    }
    let subject = Subject::new(&settings);
    let path = subject.behind();
    for (_, name) in DATA {
        let file = folder.path().join(name);
        let good = fs::read(&file).unwrap();
        let mut changed = good.clone();
        // A label of another class, or a pixel of another brightness.
        let last = changed.last_mut().expect("it is not empty");
        *last = (*last + 1) % 10;
        let short = &good[..good.len() - 1];
        for (bytes, told) in [(&changed[..], "has changed since"), (short, name)] {
            fs::write(&file, bytes).unwrap();
            table.count(
                "the data is another",
                "before a resume",
                refused(&subject, &path, 3, told),
            );
        }
        fs::remove_file(&file).unwrap();
        table.count("the data is gone", "before a resume", refused(&subject, &path, 3, name));
        fs::write(&file, good).unwrap();
    }
    let newest = steps(&path).pop().map(|(step, _)| step);
    let came = go_on(&subject, &path, newest).map(|()| Ended::CarriedOn);
    table.count("the data is put back", "before a resume", came);
}
