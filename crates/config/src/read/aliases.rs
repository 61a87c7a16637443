//! Aliases: other programs' names of settings, for suggestions in error messages.

use crate::data::{
    AugmentConfig, BatchConfig, BibleEsConfig, CsvConfig, ImageFolderConfig, TextPairsConfig,
    TextRulesConfig,
};
use crate::models::{CnnConfig, MlpConfig};
use crate::read::fields::field_names;
use crate::sections::{RunConfig, SgdConfig, TrainConfig, UpdateConfig, WarmupConfig};
use crate::syntax::diagnostic::nearest;

/// Other programs' names, without `-` and `_`, and the settings of the same meaning here.
const ALIASES: [(&str, &str); 35] = [
    ("lr", "optimizer.learning_rate"),
    ("lr0", "optimizer.learning_rate"),
    ("optim", "optimizer.kind"),
    ("optimizer", "optimizer.kind"),
    ("wd", "optimizer.weight_decay"),
    ("scheduler", "schedule.kind"),
    ("lrscheduler", "schedule.kind"),
    ("warmup", "schedule.warmup_steps"),
    ("epoch", "train.epochs"),
    ("maxepochs", "train.epochs"),
    ("numepochs", "train.epochs"),
    ("numtrainepochs", "train.epochs"),
    ("patience", "train.early_stop.patience"),
    ("earlystopping", "train.early_stop.patience"),
    ("clip", "train.clip_norm"),
    ("gradclip", "train.clip_norm"),
    ("gradientclipval", "train.clip_norm"),
    ("maxgradnorm", "train.clip_norm"),
    ("accumulategradbatches", "train.accumulate"),
    ("gradientaccumulationsteps", "train.accumulate"),
    ("batch", "data.batch_size"),
    ("bs", "data.batch_size"),
    ("trainbatchsize", "data.batch_size"),
    ("dataset", "data.kind"),
    ("labelcolumn", "data.target"),
    ("targetcolumn", "data.target"),
    ("dropcolumns", "data.ignore"),
    ("embeddingdim", "model.embedding"),
    ("criterion", "train.loss"),
    ("imgsz", "data.size"),
    ("imagesize", "data.size"),
    ("arch", "model.kind"),
    ("model", "model.kind"),
    ("workers", "run.threads"),
    ("numworkers", "run.threads"),
];

/// The setting that an unknown word most likely meant, such as `train.epochs`: by its key without the section, or by
/// an alias.
pub fn setting_like(word: &str) -> Option<String> {
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_lowercase();
    if let Some((_, setting)) = ALIASES.iter().find(|(name, _)| *name == plain) {
        return Some((*setting).to_owned());
    }
    let known: [(&str, &[&str]); 14] = [
        ("run", field_names::<RunConfig>()),
        ("data", field_names::<BatchConfig>()),
        ("data", field_names::<ImageFolderConfig>()),
        ("augment", field_names::<AugmentConfig>()),
        ("model", field_names::<MlpConfig>()),
        ("model", field_names::<CnnConfig>()),
        ("optimizer", field_names::<UpdateConfig>()),
        ("optimizer", field_names::<SgdConfig>()),
        ("schedule", field_names::<WarmupConfig>()),
        ("train", field_names::<TrainConfig>()),
        ("data", field_names::<CsvConfig>()),
        ("data", field_names::<TextRulesConfig>()),
        ("data", field_names::<TextPairsConfig>()),
        ("data", field_names::<BibleEsConfig>()),
    ];
    let word = word.trim_matches('-').replace('-', "_");
    let key = nearest(&word, known.iter().flat_map(|(_, keys)| keys.iter().copied()))?;
    let (section, _) = known.iter().find(|(_, keys)| keys.contains(&key))?;
    Some(format!("{section}.{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_its_section_and_the_names_of_other_programs_are_known() {
        for (word, setting) in [
            ("epochs", "train.epochs"),
            ("max_epochs", "train.epochs"),
            ("--batch-size", "data.batch_size"),
            ("--learning-rate", "optimizer.learning_rate"),
            ("lr", "optimizer.learning_rate"),
            ("sead", "run.seed"),
        ] {
            assert_eq!(setting_like(word).as_deref(), Some(setting), "{word}");
        }
        assert_eq!(setting_like("frobnicate"), None);
    }

    #[test]
    fn every_name_leads_to_a_setting_that_there_is() {
        let schema = crate::schema().to_string();
        for (name, setting) in ALIASES {
            let (section, key) = setting.split_once('.').expect("a section and a key");
            assert!(crate::read::reader::SECTIONS.contains(&section), "{setting}");
            let key = key.rsplit('.').next().expect("a key");
            assert!(schema.contains(&format!("\"{key}\":")), "{setting}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{name}");
        }
    }
}
