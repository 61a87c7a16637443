//! Agreement of a graphics adapter with the CPU, of translators. In software, compiling a shader for each form of a matrix
//! product takes nearly all of the time, so that all widths are the same, and all sizes but the batch's are multiples of
//! 4: products of vectors of four numbers have one form.

use burn::optim::GradientsParams;
use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};
use hearth_kernels::{Lengths, Tokens, cross_entropy};
use hearth_model::{ForwardContext, Translator};

use super::agreement::{NamedValues, TOLERANCE, assert_agree, devices, gradients, values};

/// Each width, and the size of the vocabulary.
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
            let sources = Tokens::new(vec![4, 5, 6, 2, 7, 2, 0, 0], [2, 4]);
            let lengths = Lengths::new(vec![4, 2]);
            let (encoding, state) = network.encode(&sources, &lengths, &mut pass);
            let targets = Tokens::new(vec![1, 6, 5, 4, 1, 7, 2, 0], [2, 4]);
            let logits = network.decode(&encoding, state, &targets, &mut pass).logits;
            let labels = Tokens::new(vec![6, 5, 4, 2, 7, 2, 0, 0], [2, 4]);
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
