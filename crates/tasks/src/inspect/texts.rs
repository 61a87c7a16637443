//! Inspection of a trained translator: the tokens of texts, their translations, and the attention between them.

use std::path::Path;

use hearth_report::TextInput;
use hearth_report::inspect::{InspectedText, TranslationsPage};
use hearth_store::RunDir;
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::bitmap::Bitmap;

use super::{FOLDER, Findings, Inspected, Inspection, run_name, write_page};
use crate::predictor::Restore as _;
use crate::translate::predict::TextPredictor;

/// The number of test sources that are inspected when the user names none.
const DEFAULT_TEXTS: usize = 4;

/// Inspects a translator: writes an image of each text's attention, and a page with all of them, into the run's folder.
/// A text that is not UTF-8 is an error.
pub fn inspect(
    mut trained: LoadedRun,
    inspection: &Inspection<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<Inspected, TrainError> {
    let texts = if inspection.files.is_empty() {
        first_of_test(&trained, inspection, notice)?
    } else {
        inspection.files.iter().map(|input| text(input)).collect::<Result<_, _>>()?
    };
    let predictor = TextPredictor::from_trained(&mut trained, inspection.backend)?;
    let run = RunDir::open(inspection.run)?;
    let mut page =
        TranslationsPage { name: run_name(&run), step: trained.step, ..Default::default() };
    for (index, text) in texts.into_iter().enumerate() {
        let translations = predictor.translate(&text, TextInput::BEAM);
        let translation = translations.into_iter().next().expect("a beam ends with a hypothesis");
        let image = match &translation.attention {
            Some(attention) => {
                let name = format!("attention-{}.png", index + 1);
                run.write_file(FOLDER, &name, &Bitmap::attention(attention).to_png())?;
                Some(run.path().join(FOLDER).join(name))
            }
            None => None,
        };
        let tokens = predictor.tokens(&text);
        page.texts.push(InspectedText { text, tokens, translation, image });
    }
    let path = write_page(&run, &page.html())?;
    Ok(Inspected { page: path, step: page.step, findings: Findings::Translations(page.texts) })
}

/// A text of the command line.
fn text(input: &Path) -> Result<String, TrainError> {
    let text = input.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        TrainError::Settings(format!("{} is no text: it is not UTF-8", input.display()))
    })
}

/// The first sources of the test set.
fn first_of_test(
    trained: &LoadedRun,
    inspection: &Inspection<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<Vec<String>, TrainError> {
    let data = trained.data(inspection.datasets, notice)?;
    let data = crate::translate::pairs(&data)?;
    let first = data.splits.test.indices.iter().take(DEFAULT_TEXTS);
    Ok(first.map(|index| data.source_text(*index).to_owned()).collect())
}
