//! The text of a model card for a translator.

use hearth_export::Format;
use hearth_export::signature::{BurnCode, Words};

use super::export::TextSignature;

impl Words for TextSignature {
    fn task(&self) -> &'static str {
        "translation"
    }

    fn purpose(&self) -> String {
        "translates a text".to_owned()
    }

    fn unit(&self) -> String {
        "pairs of texts".to_owned()
    }

    fn checked(&self) -> [&'static str; 2] {
        ["pairs of texts", "probabilities of the next token"]
    }

    fn usage(&self, format: Format, settings: &str) -> String {
        let code = match format {
            Format::Safetensors | Format::Onnx => {
                " `translate(text)` does all of it, greedily, for one text."
            }
            Format::Burnpack => {
                " `TextPredictor::open` of the crate hearth does all of it, with a beam search."
            }
        };
        format!(
            "It takes tokens `[batch, sources]`, those of a text with `</s>` behind them, and the tokens of a translation \
             so far `[batch, targets]`, the first of which is `<s>`. It gives logits of the {} tokens behind each of \
             the latter. The tokenizer's file is one of Hugging Face's tokenizers; the ids of the special tokens \
             are in `{settings}`.{code}",
            self.tokenizer.vocabulary_size()
        )
    }

    fn burn(&self) -> BurnCode {
        BurnCode {
            config: "ModelConfig",
            pattern: "ModelConfig::Translator(network)",
            new: format!(
                "Translator::new(network, {}, 0, &device)",
                self.tokenizer.vocabulary_size()
            ),
        }
    }

    fn sections(&self, _: Format, _: &str) -> String {
        String::new()
    }
}
