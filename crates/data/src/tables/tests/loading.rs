//! Parts, statistics, targets and missing cells.

use super::*;

/// Ten rows with a number, a category and a class.
const TEN: &str = "size,colour,kind\n1,red,a\n2,red,b\n3,blue,a\n4,blue,b\n5,red,a\n6,red,b\n7,blue,a\n8,blue,b\n\
                   9,red,a\n10,red,b\n";

#[test]
fn numbers_are_standardised_by_the_training_part_alone() {
    let table = table(TEN, &config("kind"));
    let Parts { train, valid, test } = &table.parts;
    assert_eq!((train.len(), valid.len(), test.len()), (8, 0, 2));
    let sizes: Vec<f64> = train.iter().map(|&index| f64::from(index) + 1.0).collect();
    let mean = sizes.iter().sum::<f64>() / 8.0;
    let std = (sizes.iter().map(|size| (size - mean).powi(2)).sum::<f64>() / 8.0).sqrt();
    let [size, colour] = &table.coding.columns[..] else { panic!("two columns") };
    assert_eq!(size.coding, ColumnCoding::Number { mean, std, fill: None, missing_flag: false });
    let values = vec!["blue".to_owned(), "red".to_owned()];
    assert_eq!(colour.coding, ColumnCoding::Category { values, fill: None });
    for row in 0..10 {
        let wanted = ((row as f64 + 1.0 - mean) / std) as f32;
        assert!((table.rows.numbers[row] - wanted).abs() < 1e-6);
    }
    assert_eq!(table.rows.codes, [2, 2, 1, 1, 2, 2, 1, 1, 2, 2]);
    assert_eq!(table.rows.targets, Targets::Classes([0, 1].repeat(5)));
    assert_eq!(
        (table.task, &table.coding.target),
        (TaskKind::Classify, &Target::Classes { names: vec!["a".into(), "b".into()] })
    );
}

#[test]
fn each_part_has_the_same_share_of_each_class_and_depends_on_its_seed_alone() {
    let with = |split_seed, seed| {
        let config = CsvConfig { split_seed, ..config("kind") };
        let batches = BatchConfig { valid_samples: 2, ..batches() };
        let input = TableInput::bytes("t.csv", TEN.as_bytes());
        load_input(&input, None, &config, &batches, None, seed).unwrap().parts
    };
    let parts = with(None, 7);
    assert_eq!(parts, with(None, 7));
    assert_eq!(with(Some(3), 7).test, with(Some(3), 8).test);
    assert!((0..20).any(|seed| with(None, seed).test != parts.test));
    assert!((0..20).any(|seed| with(Some(3), seed).valid != with(Some(3), 7).valid));
    for part in [&parts.valid, &parts.test] {
        let odd = part.iter().filter(|index| **index % 2 == 1).count();
        assert_eq!((part.len(), odd), (2, 1));
    }
    let mut all = [parts.train, parts.valid, parts.test].concat();
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
}

#[test]
fn overfit_batches_and_limit_train_apply_as_to_images() {
    let with = |batches: BatchConfig| {
        let input = TableInput::bytes("t.csv", TEN.as_bytes());
        load_input(&input, None, &config("kind"), &batches, None, 7).unwrap().parts
    };
    let share = with(BatchConfig { limit_train: Some(0.5), ..batches() });
    assert_eq!((share.train.len(), share.test.len()), (4, 2));
    let few = with(BatchConfig { overfit_batches: Some(1), batch_size: 3, ..batches() });
    assert_eq!((few.train.len(), &few.valid), (3, &few.train));
}

#[test]
fn a_number_is_predicted_in_standard_deviations() {
    let text = "x,y\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n5,5.5\n";
    let table = table(text, &config("y"));
    assert_eq!(table.task, TaskKind::Regress);
    let (Targets::Numbers(targets), Target::Number { mean, std }) =
        (&table.rows.targets, &table.coding.target)
    else {
        panic!("numbers")
    };
    let train = table.parts.train.iter().map(|&index| f64::from(targets[index as usize]));
    assert!(train.clone().sum::<f64>().abs() < 1e-6);
    assert!((train.map(|target| target * target).sum::<f64>() / 4.0 - 1.0).abs() < 1e-6);
    assert!((f64::from(targets[0]) * std + mean - 1.5).abs() < 1e-6);
}

#[test]
fn whole_numbers_are_classes_or_numbers_as_the_task_says() {
    let text = "x,y\n1,10\n2,9\n3,10\n4,9\n5,10\n6,9\n";
    let load = |task| load_bytes(text.as_bytes(), &config("y"), task);
    let error = load(None).unwrap_err().to_string();
    assert!(
        error.contains("kind = \"classify\"") && error.contains("kind = \"regress\""),
        "{error}"
    );
    let names = vec!["9".to_owned(), "10".to_owned()];
    let classes = load(Some(TaskKind::Classify)).unwrap();
    assert_eq!(classes.coding.target, Target::Classes { names });
    assert!(matches!(load(Some(TaskKind::Regress)).unwrap().coding.target, Target::Number { .. }));
}

#[test]
fn missing_cells_are_replaced_by_the_setting() {
    let text = "x,c,y\n1,a,0.5\n,a,1.5\n3,,2.5\n3,b,3.5\n5,a,4.5\n20,b,5.5\n";
    let other = "c,x,y\na,1,0.5\n";
    let load = |missing| {
        let config = CsvConfig { missing, ..config("y") };
        let config = CsvConfig { path: None, test: Some("test.csv".into()), ..config };
        let [first, second] =
            [("t.csv", text), ("test.csv", other)].map(|(n, t)| TableInput::bytes(n, t.as_bytes()));
        load_input(&first, Some(&second), &config, &batches(), None, 7)
    };
    let error = load(Missing::Error).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 3, column `x`: it has no value"), "{error}");
    for (missing, filled, values, fill) in [
        (Missing::Mean, 6.4, &["", "a", "b"][..], ""),
        (Missing::Median, 3.0, &["", "a", "b"], ""),
        (Missing::MostFrequent, 3.0, &["a", "b"], "a"),
        (Missing::Category, 6.4, &["", "a", "b"], ""),
    ] {
        let table = load(missing).unwrap();
        let [x, c] = &table.coding.columns[..] else { panic!("two columns") };
        let ColumnCoding::Number { mean, std, fill: Some(number), missing_flag } = x.coding else {
            panic!("a number")
        };
        assert!(
            (mean - 6.4).abs() < 1e-6 && (number - filled).abs() < 1e-6,
            "{missing:?} {number}"
        );
        assert_eq!(missing_flag, missing == Missing::Category);
        let values = values.iter().map(|&value| value.to_owned()).collect();
        assert_eq!(c.coding, ColumnCoding::Category { values, fill: Some(fill.into()) });
        let width = table.coding.num_numbers();
        assert_eq!((width, table.rows.num_numbers), (1 + usize::from(missing_flag), width));
        let second = &table.rows.numbers[width..2 * width];
        assert!((f64::from(second[0]) - (filled - mean) / std).abs() < 1e-6);
        assert_eq!(second.get(1).copied(), missing_flag.then_some(1.0));
        assert_eq!(table.rows.codes.len(), 7);
        // The same row, coded from its cells.
        let row = table.coding.encode(&[("c", "a"), ("x", "NA")]).unwrap();
        assert!((row.numbers[0] - second[0]).abs() < 1e-6 && row.codes == table.rows.codes[1..2]);
    }
}

#[test]
fn large_numbers_keep_their_differences() {
    let text =
        "t,y\n1700000001,0.5\n1700000002,1.5\n1700000003,2.5\n1700000004,3.5\n1700000005,4.5\n";
    let table = table(text, &config("y"));
    let steps: Vec<f32> = table.rows.numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-5 && *step > 0.1), "{steps:?}");
}

#[test]
fn unseen_values_are_unknown_and_cause_a_warning() {
    let [train, test] = ["c,y\na,u\nb,v\na,u\nb,v\n", "y,c\nu,a\nv,d\nv,d\n"].map(str::as_bytes);
    let [train, test] =
        [("train.csv", train), ("test.csv", test)].map(|(n, t)| TableInput::bytes(n, t));
    let config = CsvConfig { test: Some("test.csv".into()), ..config("y") };
    let table = load_input(&train, Some(&test), &config, &batches(), None, 7).unwrap();
    assert_eq!(table.rows.codes, [1, 2, 1, 2, 1, 0, 0]);
    assert_eq!(table.parts.test, [4, 5, 6]);
    assert!(
        table
            .warnings
            .iter()
            .any(|warning| warning.contains("2 rows have a value") && warning.contains("`d`"))
    );
    assert_eq!(table.checksums.keys().collect::<Vec<_>>(), ["test.csv", "train.csv"]);
}
