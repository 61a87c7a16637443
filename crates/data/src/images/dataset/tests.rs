use super::*;
use crate::samples::ImageShape;

fn dataset(labels: Vec<u16>) -> Dataset {
    let shape = ImageShape { channels: 1, height: 1, width: 1 };
    let examples =
        Arc::new(Examples { pixels: vec![0; labels.len()], labels, shape, augment: None });
    Dataset {
        name: "some".to_owned(),
        classes: (0..10).map(|class| class.to_string()).collect(),
        train: Arc::clone(&examples),
        valid: None,
        test: examples,
        layout: None,
        checksums: BTreeMap::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}

fn class_counts(subset: &Subset) -> Vec<usize> {
    subset.class_counts(10)
}

fn holding_out(valid_samples: usize) -> BatchConfig {
    BatchConfig { valid_samples, ..BatchConfig::default() }
}

#[test]
fn a_limited_set_is_balanced_and_holds_nothing_back() {
    let dataset = dataset((0..600).map(|place| place % 10).collect());
    let whole = dataset.split(&holding_out(50), 42).unwrap();
    let tenth = BatchConfig { limit_train: Some(0.1), ..holding_out(50) };
    let tenth = dataset.split(&tenth, 42).unwrap();
    assert_eq!((tenth.train.len(), tenth.valid.indices), (55, whole.valid.indices));
    assert!(tenth.train.indices.iter().all(|index| whole.train.indices.contains(index)));
    for class in 0..10 {
        let own = |index: &&u32| dataset.train.labels[**index as usize] == class;
        assert!((5..=6).contains(&tenth.train.indices.iter().filter(own).count()));
    }
    let few = BatchConfig { limit_train: Some(1e-9), ..holding_out(0) };
    assert_eq!(dataset.split(&few, 1).unwrap().train.len(), 1, "never none");
}

#[test]
fn overfit_batches_limit_training_and_validation() {
    let dataset = dataset((0..600).map(|place| place % 10).collect());
    let config = BatchConfig { batch_size: 20, overfit_batches: Some(2), ..holding_out(50) };
    let splits = dataset.split(&config, 42).unwrap();
    assert_eq!(splits.train.len(), 40);
    assert_eq!(splits.train.indices, splits.valid.indices);
    let all = BatchConfig { overfit_batches: Some(usize::MAX), ..config };
    assert_eq!(dataset.split(&all, 42).unwrap().train.len(), 550);
}

#[test]
fn a_rare_class_keeps_its_training_image() {
    let mut labels = vec![0; 10];
    labels.extend([1; 10]);
    labels.push(2);
    let dataset = dataset(labels);
    for wanted in 0..=18 {
        let splits = dataset.split(&holding_out(wanted), 1).unwrap();
        assert_eq!(splits.valid.len(), wanted);
        let counts = class_counts(&splits.train);
        assert!(counts[..3].iter().all(|count| *count > 0), "{wanted}: {counts:?}");
        assert_eq!(splits.class_counts(10)[2], [1, 0, 1]);
    }
    for share in [0.15, 0.3, 0.9] {
        let few = BatchConfig { limit_train: Some(share), ..holding_out(0) };
        let splits = dataset.split(&few, 1).unwrap();
        assert_eq!(splits.train.len(), (21.0 * share).round() as usize);
        assert!(class_counts(&splits.train)[..3].iter().all(|count| *count > 0), "{share}");
    }
    let batch = BatchConfig { batch_size: 3, overfit_batches: Some(1), ..holding_out(0) };
    let splits = dataset.split(&batch, 1).unwrap();
    assert_eq!(class_counts(&splits.train)[..3], [1, 1, 1]);
}

#[test]
fn validation_images_of_the_dataset_are_used_whole_and_none_is_cut() {
    let mut own = dataset((0..100).map(|place| place % 10).collect());
    own.valid = Some(Arc::clone(&dataset((0..30).map(|place| place % 10).collect()).train));
    // More than the training set has: irrelevant, since no sample is held out.
    let splits = own.split(&holding_out(5000), 42).unwrap();
    assert_eq!((splits.train.len(), splits.valid.len()), (100, 30));
    assert!(Arc::ptr_eq(&splits.valid.source, own.valid.as_ref().unwrap()));
    let batch = BatchConfig { batch_size: 20, overfit_batches: Some(1), ..holding_out(0) };
    let splits = own.split(&batch, 42).unwrap();
    assert!(Arc::ptr_eq(&splits.valid.source, &splits.train.source));
    assert_eq!(splits.valid.indices, splits.train.indices);
}

#[test]
fn a_balanced_set_gives_the_same_number_of_each_class() {
    let dataset = dataset((0..600).map(|place| place % 10).collect());
    let splits = dataset.split(&holding_out(50), 42).unwrap();
    for class in 0..10 {
        let of = |part: &Subset| {
            part.indices
                .iter()
                .filter(|&&place| dataset.train.labels[place as usize] == class)
                .count()
        };
        assert_eq!((of(&splits.train), of(&splits.valid)), (55, 5));
    }
    assert_eq!(splits.test.len(), 600);
    assert_eq!(splits.valid.indices, dataset.split(&holding_out(50), 42).unwrap().valid.indices);
    assert_ne!(splits.valid.indices, dataset.split(&holding_out(50), 43).unwrap().valid.indices);
}

#[test]
fn none_may_be_held_out_but_not_all() {
    let dataset = dataset(vec![0, 1, 0]);
    let splits = dataset.split(&holding_out(0), 1).unwrap();
    assert_eq!((splits.train.len(), splits.valid.len()), (3, 0));
    let message = dataset.split(&holding_out(3), 1).unwrap_err().to_string();
    assert!(message.contains("valid_samples = 3") && message.contains("some has 3"), "{message}");
}
