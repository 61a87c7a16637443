//! The mean and standard deviation that a config normalises images by, in place of the training set's.

use super::BatchConfig;
use crate::checks::Checks;

impl BatchConfig {
    /// Checks `data.mean` and `data.std`: both or none, in range, one value or one for each of `channels`.
    pub(super) fn check_normalization(&self, channels: Option<usize>, checks: &mut Checks<'_>) {
        let Self { mean, std, .. } = self;
        for (key, other, is_alone) in [
            ("data.mean", "data.std", mean.is_some() && std.is_none()),
            ("data.std", "data.mean", std.is_some() && mean.is_none()),
        ] {
            let message = format!("`{key}` goes with `{other}`, which is missing");
            checks.contradiction(is_alone, key, &message);
        }
        let scaled = "pixels are scaled to 0..1, so numbers for bytes are divided by 255";
        for (key, values, range) in [("mean", mean, -1.0..=1.0), ("std", std, 0.001..=10.0)] {
            let Some(values) = values else { continue };
            let (path, shown) = (format!("data.{key}"), format!("{values:?}"));
            let fits = match channels {
                Some(channels) => values.len() == 1 || values.len() == channels,
                None => !values.is_empty(),
            };
            let wanted = match channels {
                Some(1) => "one number, in brackets: the images have one channel".to_owned(),
                Some(channels) => format!("one number, or {channels}: one for each channel"),
                None => "one number, or one for each channel".to_owned(),
            };
            checks.require(&path, &shown, fits, &wanted);
            let good = values.iter().all(|value| range.contains(value));
            let allowed = format!("{} to {}: {scaled}", range.start(), range.end());
            checks.require(&path, &shown, good, &allowed);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::RawConfig;

    /// The diagnostics for these lines of `[data]` and `[model]`.
    fn said(data: &str, model: &str) -> String {
        let text = format!(
            "format = 1\n[run]\nname = \"n\"\n[data]\n{data}\n[model]\n{model}\n[optimizer]\nkind = \"sgd\"\n\
             learning_rate = 0.1\n[train]\nepochs = 1\n"
        );
        match RawConfig::parse("n.toml", text).and_then(|raw| raw.check()) {
            Ok(_) => String::new(),
            Err(diagnostics) => format!("{:?}", diagnostics.0),
        }
    }

    const MLP: &str = "kind = \"mlp\"\nhidden = [4]";
    const GREY: &str = "kind = \"mnist\"";
    const RGB: &str = "kind = \"image-folder\"\npath = \"p\"\ncolor = \"rgb\"";
    const IDX: &str = "kind = \"idx\"\ntrain_images = \"a\"\ntrain_labels = \"b\"\ntest_images = \"c\"\n\
                       test_labels = \"d\"";

    #[test]
    fn statistics_of_their_own_fit_the_images_and_are_of_scaled_pixels() {
        for (kind, mean, std, diagnostic) in [
            (GREY, "mean = [0.0]", "std = [1.0]", ""),
            (GREY, "mean = [0.5]", "std = [0.00392157]", ""),
            (RGB, "mean = [0.5]", "std = [0.5]", ""),
            (RGB, "mean = [0.485, 0.456, 0.406]", "std = [0.229, 0.224, 0.225]", ""),
            (IDX, "mean = [0.1, 0.2]", "std = [0.5]", ""),
            (GREY, "mean = [0.5]", "", "goes with `data.std`"),
            (GREY, "", "std = [0.5]", "goes with `data.mean`"),
            (GREY, "mean = [0.5, 0.5, 0.5]", "std = [0.5]", "the images have one channel"),
            (RGB, "mean = [0.5, 0.5]", "std = [0.5]", "one number, or 3"),
            (IDX, "mean = []", "std = [0.5]", "one number"),
            (GREY, "mean = [0.5]", "std = [0.0]", "0.001 to 10"),
            (GREY, "mean = [0.5]", "std = [-0.5]", "0.001 to 10"),
            (GREY, "mean = [nan]", "std = [0.5]", "-1 to 1"),
            (GREY, "mean = [0.5]", "std = [inf]", "0.001 to 10"),
            (GREY, "mean = [123.675]", "std = [0.5]", "divided by 255"),
            (GREY, "mean = 0.5", "std = [0.5]", "must be a list"),
        ] {
            let said = said(&format!("{kind}\n{mean}\n{std}"), MLP);
            let is_right =
                if diagnostic.is_empty() { said.is_empty() } else { said.contains(diagnostic) };
            assert!(is_right, "{mean} {std}: {said}");
        }
        let gan = said(
            &format!("{GREY}\nmean = [0.5]\nstd = [0.5]"),
            "kind = \"mlp-gan\"\nlatent = 4\nhidden = [4]",
        );
        assert!(gan.contains("always -1 to 1"), "{gan}");
    }
}
