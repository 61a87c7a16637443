//! Reading the origin of the samples: the kinds of `[data]` and `[environment]`, and their settings.

use crate::config::Origin;
use crate::data::{BatchConfig, DataConfig, DataSource, sources};
use crate::environments::{CopiesConfig, EnvironmentConfig, EnvironmentKind, environments};
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

macro_rules! read_environment_kind {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        fn read_environment_kind(
            reader: &mut Reader<'_>,
            kind: &str,
        ) -> Option<(CopiesConfig, EnvironmentKind)> {
            match kind {
                $($kind => tagged(reader, "environment", kind, EnvironmentKind::$variant),)*
                _ => None,
            }
        }
    };
}

environments!(read_environment_kind);

/// Reads `[environment]` where there is one or an agent needs one, and else `[data]`.
pub(super) fn read_origin(reader: &mut Reader<'_>, is_agent: bool) -> Option<Origin> {
    if is_agent || reader.has("environment") {
        let kind = reader.kind("environment", EnvironmentKind::KINDS)?;
        let (copies, kind) = read_environment_kind(reader, kind)?;
        return Some(Origin::Environment(EnvironmentConfig { kind, copies }));
    }
    read_data(reader).map(Origin::Data)
}

/// Reads `[data]`, and fills in the defaults that depend on other settings.
fn read_data(reader: &mut Reader<'_>) -> Option<DataConfig> {
    let kind = reader.kind("data", DataSource::KINDS)?;
    let (mut batches, mut source) = read_source(reader, kind)?;
    if !reader.has("data.valid_samples") {
        batches.valid_samples = source.settings().valid_samples();
    }
    source.settings_mut().complete();
    Some(DataConfig { source, batches })
}
