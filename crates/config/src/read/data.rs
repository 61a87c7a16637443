//! Reading `[data]`: its kinds, and their settings.

use crate::read::reader::Reader;
use crate::read::section_reader::tagged;
use crate::sections::{BatchConfig, DataConfig, DataSource};

/// The kinds of `[data]`.
const DATA_KINDS: [&str; 9] = [
    "fashion-mnist",
    "fashion-mnist-mini",
    "mnist",
    "idx",
    "image-folder",
    "csv",
    "text-rules",
    "text-pairs",
    "bible-es",
];

/// Reads `[data]`, and fills in the defaults that depend on other settings.
pub(super) fn read_data(reader: &mut Reader<'_>) -> Option<DataConfig> {
    let kind = reader.kind("data", &DATA_KINDS)?;
    let (mut batches, mut source): (BatchConfig, _) = match kind {
        "fashion-mnist" => tagged(reader, "data", kind, DataSource::FashionMnist),
        "fashion-mnist-mini" => tagged(reader, "data", kind, DataSource::FashionMnistMini),
        "mnist" => tagged(reader, "data", kind, DataSource::Mnist),
        "idx" => tagged(reader, "data", kind, DataSource::Idx),
        "csv" => tagged(reader, "data", kind, DataSource::Csv),
        "text-rules" => tagged(reader, "data", kind, DataSource::TextRules),
        "text-pairs" => tagged(reader, "data", kind, DataSource::TextPairs),
        "bible-es" => tagged(reader, "data", kind, DataSource::BibleEs),
        _ => tagged(reader, "data", kind, DataSource::ImageFolder),
    }?;
    if !reader.has("data.valid_samples") {
        batches.valid_samples = source.valid_samples();
    }
    source.complete();
    Some(DataConfig { source, batches })
}
