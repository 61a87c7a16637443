//! Agreement of a graphics adapter with the CPU, of translators.

use burn::optim::GradientsParams;
use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};
use hearth_kernels::{Lengths, Tokens, cross_entropy};
use hearth_model::{ForwardContext, Translator};

use super::agreement::{NamedValues, TOLERANCE, assert_agree, devices, gradients, values};

#[test]
fn every_translator_has_the_same_outputs_and_gradients() {
    let Some(devices) = devices() else { return };
    let recurrent = |attention, layers| {
        TranslatorConfig::Seq2seq(Seq2seqConfig {
            embedding: 6,
            hidden: 8,
            layers,
            attention,
            dropout: 0.2,
            ..Seq2seqConfig::default()
        })
    };
    let sizes = TransformerConfig { width: 8, heads: 2, layers: 1, ..Default::default() };
    for config in [
        recurrent(AttentionKind::None, 1),
        recurrent(AttentionKind::Additive, 2),
        recurrent(AttentionKind::Dot, 1),
        TranslatorConfig::Transformer(sizes),
    ] {
        let found = devices.clone().map(|device| {
            let network = Translator::new(&config, 12, 1, &device.autodiff());
            let mut pass = ForwardContext::train(7);
            let sources = Tokens::new(vec![4, 5, 6, 2, 7, 2, 0, 0], [2, 4]);
            let lengths = Lengths::new(vec![4, 2]);
            let (encoding, state) = network.encode(&sources, &lengths, &mut pass);
            let targets = Tokens::new(vec![1, 6, 5, 1, 7, 2], [2, 3]);
            let logits = network.decode(&encoding, state, &targets, &mut pass).logits;
            let labels = Tokens::new(vec![6, 5, 2, 7, 2, 0], [2, 3]);
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
