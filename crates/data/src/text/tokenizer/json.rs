//! `tokenizer.json`, the file format of Hugging Face's tokenizers.

use crate::digest::sha256;
use hearth_config::{TokenizerConfig, TokenizerKind};
use serde_json::{Map, Value, json};

use super::learn::MAX_TOKEN;
use super::pieces::SPACE;
use super::vocabulary::{SPECIAL, Tokenizer};

/// Maximum length of the file, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// The pattern that splits a text into characters.
const CHARACTER: &str = r"[\s\S]";

/// The pattern of a punctuation mark: any character that is no letter, digit, combining mark or space.
const PUNCTUATION: &str = r"[^\p{Alphabetic}\p{N}\p{M}▁]";

/// A text that is no `tokenizer.json` of this program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TokenizerError(String);

impl Tokenizer {
    /// The text of `tokenizer.json`, which Hugging Face's tokenizers read as well. The name of a special token in a
    /// text is text here, and the special token there.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// SHA-256 of [`Tokenizer::to_json`], in hexadecimal digits.
    pub fn checksum(&self) -> String {
        sha256([self.to_json().as_bytes()])
    }

    /// Reads the text of a `tokenizer.json` that [`Tokenizer::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, TokenizerError> {
        if text.len() > MAX_BYTES {
            let (length, most) = (text.len() >> 20, MAX_BYTES >> 20);
            return Err(TokenizerError(format!("it has {length} MB, and {most} MB are allowed")));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| TokenizerError(format!("it is no JSON: {error}")))?;
        let (kind, lowercase) = settings(&value)?;
        let tokens = tokens(&value["model"]["vocab"])?;
        let merges = merges(&value["model"]["merges"], &tokens)?;
        let tokenizer =
            Self::new((kind, lowercase), tokens.into_iter().skip(SPECIAL.len()), merges);
        compare(&value, &tokenizer.to_value(), "")?;
        Ok(tokenizer)
    }

    fn to_value(&self) -> Value {
        let nfc = json!({"type": "NFC"});
        let normalizer = if self.lowercase {
            json!({"type": "Sequence", "normalizers": [{"type": "Lowercase"}, nfc]})
        } else {
            nfc
        };
        let split = |pattern: &str| {
            json!({
                "type": "Split",
                "pattern": {"Regex": pattern},
                "behavior": "Isolated",
                "invert": false,
            })
        };
        let spaces = json!({
            "type": "Metaspace",
            "replacement": SPACE,
            "prepend_scheme": "always",
            "split": true,
        });
        let (pre_tokenizer, decoder) = match self.kind {
            TokenizerKind::Characters => (split(CHARACTER), json!({"type": "Fuse"})),
            TokenizerKind::Words | TokenizerKind::Bpe => {
                let steps = json!([spaces.clone(), split(PUNCTUATION)]);
                (json!({"type": "Sequence", "pretokenizers": steps}), spaces)
            }
        };
        let tokens = self.tokens.iter().enumerate();
        let vocab: Map<String, Value> =
            tokens.map(|(id, token)| (token.clone(), id.into())).collect();
        let unknown = SPECIAL[Self::UNKNOWN as usize];
        let text = |id: u16| self.token(id.into());
        let model = match self.kind {
            TokenizerKind::Bpe => json!({
                "type": "BPE",
                "dropout": null,
                "unk_token": unknown,
                "continuing_subword_prefix": null,
                "end_of_word_suffix": null,
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": false,
                "vocab": vocab,
                "merges": self.merges.pairs.iter().map(|pair| pair.map(text)).collect::<Vec<_>>(),
            }),
            _ => json!({"type": "WordLevel", "vocab": vocab, "unk_token": unknown}),
        };
        let special = SPECIAL.iter().enumerate().map(|(id, token)| {
            json!({
                "id": id,
                "content": token,
                "single_word": false,
                "lstrip": false,
                "rstrip": false,
                "normalized": false,
                "special": true,
            })
        });
        json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": special.collect::<Vec<_>>(),
            "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer,
            "post_processor": null,
            "decoder": decoder,
            "model": model,
        })
    }
}

/// The settings that a file was written with.
fn settings(value: &Value) -> Result<(TokenizerKind, bool), TokenizerError> {
    let kind = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or("nothing");
    let kinds = (kind("/model/type"), kind("/pre_tokenizer/type"));
    let lowercase = kind("/normalizer/type") == "Sequence";
    match kinds {
        ("BPE", "Sequence") => Ok((TokenizerKind::Bpe, lowercase)),
        ("WordLevel", "Sequence") => Ok((TokenizerKind::Words, lowercase)),
        ("WordLevel", "Split") => Ok((TokenizerKind::Characters, lowercase)),
        (model, pre_tokenizer) => Err(TokenizerError(format!(
            "it is a tokenizer of another program: `model` is of type {model}, and `pre_tokenizer` of {pre_tokenizer}; \
             expected are BPE or WordLevel, and Sequence or Split"
        ))),
    }
}

/// `[vocabulary_size]`: the tokens of `model.vocab`, in the order of their ids, 0 to the last.
fn tokens(vocab: &Value) -> Result<Vec<String>, TokenizerError> {
    let Some(vocab) = vocab.as_object() else {
        return Err(TokenizerError("`model.vocab` is missing, or no table of tokens".into()));
    };
    let (count, most) = (vocab.len(), TokenizerConfig::MAX_VOCABULARY);
    if count > most {
        let fault = format!("`model.vocab` has {count} tokens, and {most} are allowed");
        return Err(TokenizerError(fault));
    }
    let mut tokens = vec![None; count];
    for (token, id) in vocab {
        if token.len() > MAX_TOKEN {
            let fault = format!("`model.vocab` has a token of more than {MAX_TOKEN} bytes");
            return Err(TokenizerError(fault));
        }
        let place = id.as_u64().and_then(|id| tokens.get_mut(id as usize));
        match place {
            Some(place @ None) => *place = Some(token.clone()),
            _ => {
                return Err(TokenizerError(format!(
                    "`model.vocab` gives the token {token:?} the id {id}; expected is each of 0 to {} once",
                    count - 1
                )));
            }
        }
    }
    // As many different ids as places.
    let tokens: Vec<String> = tokens.into_iter().flatten().collect();
    if tokens.len() < SPECIAL.len() || tokens.iter().zip(SPECIAL).any(|(token, name)| token != name)
    {
        let names = SPECIAL.join(", ");
        let fault = format!("`model.vocab` begins with other tokens than {names}");
        return Err(TokenizerError(fault));
    }
    Ok(tokens)
}

/// The merges of `model.merges`: left token, right token and result. None where it is absent.
fn merges(merges: &Value, tokens: &[String]) -> Result<Vec<[u16; 3]>, TokenizerError> {
    let Some(merges) = merges.as_array() else { return Ok(Vec::new()) };
    if merges.len() > tokens.len() {
        let fault = format!(
            "`model.merges` has {} merges, more than tokens, which are {}",
            merges.len(),
            tokens.len()
        );
        return Err(TokenizerError(fault));
    }
    let ids: std::collections::HashMap<&str, u16> =
        tokens.iter().zip(0..=u16::MAX).map(|(token, id)| (token.as_str(), id)).collect();
    let find = |text: &str| ids.get(text).copied();
    let mut all = Vec::with_capacity(merges.len());
    for (index, merge) in merges.iter().enumerate() {
        let ids = match merge.as_array().map(Vec::as_slice) {
            Some([Value::String(left), Value::String(right)])
                if left.len() + right.len() <= MAX_TOKEN =>
            {
                [find(left), find(right), find(&[left.as_str(), right].concat())]
            }
            _ => [None; 3],
        };
        let [Some(left), Some(right), Some(result)] = ids else {
            return Err(TokenizerError(format!(
                "merge {index} of `model.merges` is no pair of tokens that make a third"
            )));
        };
        all.push([left, right, result]);
    }
    Ok(all)
}

/// Compares the parts of a file with those that this program writes; the error names the first that differs.
fn compare(found: &Value, expected: &Value, path: &str) -> Result<(), TokenizerError> {
    if found == expected {
        return Ok(());
    }
    if let (Value::Object(some), Value::Object(all)) = (found, expected) {
        let join =
            |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        if let Some(key) = some.keys().find(|key| !all.contains_key(*key)) {
            let fault = format!("it is a tokenizer of another program: `{}` is unknown", join(key));
            return Err(TokenizerError(fault));
        }
        for (key, expected) in all {
            compare(some.get(key).unwrap_or(&Value::Null), expected, &join(key))?;
        }
        return Ok(());
    }
    let shown = |value: &Value| {
        let text: String = value.to_string().chars().take(80).collect();
        if text.len() < value.to_string().len() { text + "..." } else { text }
    };
    Err(TokenizerError(format!(
        "it is a tokenizer of another program: `{path}` is {}; expected is {}",
        shown(found),
        shown(expected)
    )))
}
