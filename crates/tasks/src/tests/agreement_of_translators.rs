//! Agreement of a graphics adapter with the CPU, of translators. In software, compiling a shader for each form of a matrix
//! product takes nearly all of the time, so that all widths and the number of tokens of a batch are the same.

use burn::optim::GradientsParams;
use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};
use hearth_kernels::{Lengths, Tokens, cross_entropy};
use hearth_model::{ForwardContext, Translator};

use super::agreement::{NamedValues, TOLERANCE, assert_agree, devices, gradients, values};

/// Each width, the size of the vocabulary, and the tokens of a batch.
const SIZE: usize = 8;

#[test]
fn every_kind_of_translator_has_the_same_outputs_and_gradients() {
    let Some(devices) = devices() else { return };
    let recurrent = Seq2seqConfig {
        embedding: SIZE,
        hidden: SIZE,
        bidirectional: false,
        attention: AttentionKind::Additive,
        dropout: 0.2,
        ..Seq2seqConfig::default()
    };
    let transformer = TransformerConfig {
        width: SIZE,
        heads: 1,
        layers: 1,
        feed_forward: Some(SIZE),
        ..TransformerConfig::default()
    };
    for config in [TranslatorConfig::Seq2seq(recurrent), TranslatorConfig::Transformer(transformer)]
    {
        let found = devices.clone().map(|device| {
            let network = Translator::new(&config, SIZE, 1, &device.autodiff());
            let mut pass = ForwardContext::train(7);
            let sources = Tokens::new(vec![4, 2, 2, 0, 5, 2, 6, 2], [4, 2]);
            let lengths = Lengths::new(vec![2, 1, 2, 2]);
            let (encoding, state) = network.encode(&sources, &lengths, &mut pass);
            let targets = Tokens::new(vec![1, 6, 1, 2, 1, 7, 1, 4], [4, 2]);
            let logits = network.decode(&encoding, state, &targets, &mut pass).logits;
            let labels = Tokens::new(vec![6, 2, 2, 0, 7, 2, 4, 2], [4, 2]);
            let loss = cross_entropy(logits.clone(), &labels, Some(0), 0.1);
            let mut numbers = NamedValues::from([
                ("logits".to_owned(), values(logits.inner())),
                ("loss".to_owned(), values(loss.clone().inner())),
            ]);
            let parts = GradientsParams::from_grads(loss.backward(), &network);
            gradients(&network, &parts, "", &mut numbers);
            numbers
        });
        assert_agree(&format!("{config:?}"), &found, TOLERANCE);
    }
}
