//! From the catalog's files to the data of a run.

use std::path::Path;

use hearth_config::{BatchConfig, BibleEsConfig};

use super::chapters::{Chapter, read_chapters};
use super::corpus::corpus;
use super::ztext::{ZTextFile, ZTextFiles};
use crate::catalog::Entry;
use crate::error::DataError;
use crate::fetch::present;
use crate::text::load::corpus::Corpus;
use crate::text::load::text_pairs::{Settings, TextPairs};

/// Name of the dataset in the catalog.
pub(super) const NAME: &str = "bible-es";

/// The modules of the sources and of the targets: their folders.
pub(super) const MODULES: [&str; 2] = ["spaRV1909eb", "engWEB2015eb"];

/// Loads the pairs of `[data] kind = "bible-es"`, Spanish to English; `root` is the datasets folder, and `seed` the run's,
/// which draws no pair. The files are fetched if they are missing, and `notice` receives a line for the user; each is
/// compared with its published SHA-256.
pub fn load_bible(
    config: &BibleEsConfig,
    batches: &BatchConfig,
    seed: u64,
    root: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<TextPairs, DataError> {
    let entry = present(NAME, root, notice)?;
    let settings =
        Settings { tokenizer: config.tokenizer(), max_tokens: None, draw: None, batches, seed };
    let [spanish, english] = MODULES.map(|module| chapters(entry, root, module));
    let [spanish, english] = [spanish?, english?];
    corpus(&spanish, &english, config.max_words)
        .and_then(|corpus| {
            TextPairs::of(Corpus { checksums: entry.checksums(), ..corpus }, &settings)
        })
        .map_err(|fault| DataError::set(&root.join(NAME), fault))
}

/// The chapters of a module, of both testaments.
pub(super) fn chapters(
    entry: &Entry,
    root: &Path,
    module: &str,
) -> Result<Vec<Chapter>, DataError> {
    let mut chapters = Vec::new();
    for testament in ["ot", "nt"] {
        let file = |extension: &str| {
            let (path, bytes) = entry.read(&format!("{module}/{testament}.{extension}"), root)?;
            Ok(ZTextFile { path, bytes })
        };
        let files = ZTextFiles { entries: file("bzv")?, blocks: file("bzs")?, text: file("bzz")? };
        chapters.extend(read_chapters(&files)?);
    }
    Ok(chapters)
}
