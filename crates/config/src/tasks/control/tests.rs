//! Configs of agents in environments.

use crate::{AlgorithmKind, Cadence, Config, EnvironmentKind, Metric, Origin, RawConfig, TaskKind};

const CARTPOLE: &str = r#"
format = 2
[run]
name = "cartpole"
[environment]
kind = "cart-pole"
[algorithm]
kind = "ppo"
[model]
kind = "actor-critic"
[optimizer]
kind = "adam"
learning_rate = 1e-3
[train]
length = "50000 frames"
"#;

fn check(text: &str, overrides: &[&str]) -> Result<Config, String> {
    let raw = RawConfig::parse("agent.toml", text.to_owned()).expect("TOML");
    let raw = raw.with_overrides(overrides).expect("TOML");
    raw.check().map_err(|diagnostics| diagnostics.to_string())
}

#[test]
fn an_agent_has_an_environment_in_place_of_data() {
    let config = check(CARTPOLE, &[]).expect("good");
    let Origin::Environment(environment) = &config.origin else { panic!("an environment") };
    assert_eq!((environment.kind.name(), environment.copies.count), ("cart-pole", 8));
    assert_eq!(config.task_kind(), Some(TaskKind::Control));
    assert_eq!(config.train.best_by, Some(Metric::EpisodicReturn));
    assert_eq!(config.train.evaluate_every, Cadence::Frames(5000), "a tenth of the run");
    let algorithm = config.algorithm.as_ref().expect("an agent's");
    let AlgorithmKind::Ppo(ppo) = &algorithm.kind;
    assert_eq!((ppo.rollout_steps, ppo.batch_size), (128, 256));
    let again = check(&config.to_toml(), &[]).expect("its own TOML");
    assert_eq!(again, config);
}

#[test]
fn each_environment_has_its_settings() {
    let kind = |overrides: &[&str]| {
        check(CARTPOLE, overrides).map(|config| match config.origin {
            Origin::Environment(environment) => environment.kind,
            Origin::Data(_) => panic!("an environment"),
        })
    };
    for name in EnvironmentKind::KINDS {
        let own = format!("environment.kind={name}");
        let needed = match *name {
            "grid-world" => Some("environment.map=\"S.G\""),
            "own" => Some("environment.name=corridor"),
            _ => None,
        };
        let overrides: Vec<&str> = [own.as_str()].into_iter().chain(needed).collect();
        assert_eq!(kind(&overrides).expect(name).name(), *name);
    }
    for (overrides, said) in [
        (&["environment.kind=cartpole"][..], "\"cartpole\" is not a kind of [environment]"),
        (&["environment.kind=grid-world"], "`environment.map` is missing"),
        (&["environment.kind=memory-cards", "environment.cards=7"], "`environment.cards` is 7"),
        (&["environment.count=0"], "`environment.count` is 0"),
        (&["environment.cards=8"], "`environment.cards` is not a key"),
        (&["environment.count=4", "algorithm.batch_size=513"], "a rollout has 512 steps"),
        (&["algorithm.clip=0"], "`algorithm.clip` is 0"),
        (&["algorithm.kind=dqn2"], "is not a kind of [algorithm]"),
        (&["train.best_by=loss"], "is \"episodic_return\""),
        (&["train.length=3 epochs"], "`train.length` is in epochs"),
        (&["train.class_weights=balanced"], "is not for an agent"),
        (&["augment.flip=0.5"], "[augment] is not for an agent"),
    ] {
        let fault = check(CARTPOLE, overrides).expect_err(said);
        assert!(fault.contains(said), "{overrides:?}: {fault}");
    }
}

#[test]
fn an_environment_and_a_data_set_are_not_mixed() {
    let mlp = "kind = \"mlp\"\nhidden = [3]";
    let fault =
        check(&CARTPOLE.replace("kind = \"actor-critic\"", mlp), &[]).expect_err("no agent");
    assert!(
        fault.contains("`model.kind` is \"mlp\", which takes samples of a data set"),
        "{fault}"
    );
    let data = "[data]\nkind = \"mnist\"";
    let both = CARTPOLE.replace("[algorithm]", &format!("{data}\n[algorithm]"));
    let fault = check(&both, &[]).expect_err("both");
    assert!(fault.contains("[data]"), "{fault}");
    let neither = CARTPOLE.replace("[environment]\nkind = \"cart-pole\"", "");
    let fault = check(&neither, &[]).expect_err("neither");
    assert!(fault.contains("no section [environment]"), "{fault}");
    let frames = "format = 2\n[run]\nname = \"a\"\n[data]\nkind = \"mnist\"\n[model]\nkind = \"mlp\"\nhidden = [3]\n\
                  [optimizer]\nkind = \"sgd\"\nlearning_rate = 0.1\n[train]\nlength = \"9 frames\"\n";
    let fault = check(frames, &[]).expect_err("no environment");
    assert!(fault.contains("`train.length` is in frames"), "{fault}");
}
