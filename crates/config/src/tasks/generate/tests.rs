//! Defaults of a GAN's settings, and diagnostics for wrong ones.

use crate::{AdversarialLoss, Config, Diagnostics, Metric, RawConfig};

const PAIR: &str = r#"
format = 1
[run]
name = "try"
[data]
kind = "fashion-mnist-mini"
[model]
kind = "dcgan"
[optimizer]
kind = "adam"
learning_rate = 2e-4
beta_1 = 0.5
[train]
epochs = 1
"#;

fn check(overrides: &[&str]) -> Result<Config, Diagnostics> {
    RawConfig::parse("try.toml", PAIR.into())?.with_overrides(overrides)?.check()
}

#[test]
fn a_pair_has_its_defaults_and_reads_as_itself() {
    let config = check(&[]).expect("good");
    let adversarial = config.adversarial.clone().expect("a pair");
    assert_eq!(adversarial.loss, AdversarialLoss::NonSaturating);
    assert_eq!((adversarial.discriminator_steps, adversarial.label_smoothing), (1, 0.0));
    assert_eq!(config.evaluate.clone().expect("a pair").samples, 10_000);
    assert_eq!(config.train.best_by(), Metric::Distance);
    assert_eq!(config.optimizer.discriminator, None);
    for overrides in [
        &[][..],
        &["adversarial.loss=wasserstein", "adversarial.weight_clip=0.02"],
        &["model.kind=mlp-gan", "model.hidden=[32, 16]", "evaluate.classifier=runs/lenet-001"],
        &["optimizer.discriminator.kind=sgd", "optimizer.discriminator.learning_rate=0.1"],
    ] {
        let config = check(overrides).expect("good");
        let again = RawConfig::parse("again.toml", config.to_toml()).expect("TOML").check();
        assert_eq!(again.expect("what it wrote is good"), config);
    }
}

#[test]
fn the_discriminator_may_have_a_rule_of_its_own() {
    let own = ["optimizer.discriminator.kind=adam", "optimizer.discriminator.learning_rate=4e-4"];
    let config = check(&own).expect("good");
    let rule = config.optimizer.discriminator.expect("its own");
    assert!((rule.update.learning_rate - 4e-4).abs() < 1e-12);
    assert_ne!(rule.kind, config.optimizer.rule.kind, "its first beta is the paper's");
}

#[test]
fn what_does_not_go_together_is_named() {
    for (overrides, key) in [
        (&["adversarial.discriminator_steps=0"][..], "adversarial.discriminator_steps"),
        (&["adversarial.average=1.0"], "adversarial.average"),
        (&["adversarial.weight_clip=0.1"], "adversarial.weight_clip"),
        (&["adversarial.los=hinge"], "adversarial.los"),
        (
            &["adversarial.loss=hinge", "adversarial.label_smoothing=0.1"],
            "adversarial.label_smoothing",
        ),
        (&["evaluate.samples=1"], "evaluate.samples"),
        (&["train.best_by=accuracy"], "train.best_by"),
        (&["train.label_smoothing=0.1"], "train.label_smoothing"),
        (&["train.accumulate=2"], "train.accumulate"),
        (&["train.class_weights=balanced"], "train.class_weights"),
        (&["optimizer.discriminator.learning_rate=0.1"], "optimizer.discriminator.kind"),
        (&["model.latent=0"], "model.latent"),
        (&["model.widths=[]"], "model.widths"),
        (&["data={kind=\"image-folder\", path=\"p\", size=8}"], "evaluate.classifier"),
        (
            &["data={kind=\"image-folder\", path=\"p\", size=1024}", "model.latent=4096"],
            "model.latent",
        ),
        (&["model.kind=mlp-gan", "model.hidden=[]"], "model.hidden"),
    ] {
        let diagnostics = check(overrides).expect_err(key);
        assert!(diagnostics.to_string().contains(key), "{overrides:?}: {diagnostics}");
        assert_eq!(diagnostics.0.len(), 1, "{overrides:?}: {diagnostics}");
    }
}

#[test]
fn a_network_that_names_classes_has_no_opponent() {
    let network = ["model.kind=mlp", "model.hidden=[8]"];
    assert!(check(&network).is_ok());
    for (change, key) in [
        ("adversarial.average=0.9", "[adversarial]"),
        ("evaluate.samples=1000", "[evaluate]"),
        ("optimizer.discriminator={kind=\"sgd\", learning_rate=0.1}", "[optimizer.discriminator]"),
        ("train.best_by=distance", "train.best_by"),
    ] {
        let diagnostics = check(&[&network[..], &[change]].concat()).expect_err(key);
        assert!(diagnostics.to_string().contains(key), "{diagnostics}");
    }
}
