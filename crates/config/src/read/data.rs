//! Reading `[data]`: its kinds, and their settings.

use crate::data::{BatchConfig, DataConfig, DataSource, sources};
use crate::read::reader::Reader;
use crate::read::section_reader::tagged;

macro_rules! read_source {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        fn read_source(reader: &mut Reader<'_>, kind: &str) -> Option<(BatchConfig, DataSource)> {
            match kind {
                $($kind => tagged(reader, "data", kind, DataSource::$variant),)*
                _ => None,
            }
        }
    };
}

sources!(read_source);

/// Reads `[data]`, and fills in the defaults that depend on other settings.
pub(super) fn read_data(reader: &mut Reader<'_>) -> Option<DataConfig> {
    let kind = reader.kind("data", DataSource::KINDS)?;
    let (mut batches, mut source) = read_source(reader, kind)?;
    if !reader.has("data.valid_samples") {
        batches.valid_samples = source.settings().valid_samples();
    }
    source.settings_mut().complete();
    Some(DataConfig { source, batches })
}
