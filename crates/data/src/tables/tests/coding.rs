//! Coding of single rows.

use serde_json::{Value, json};

use super::*;

fn trained(missing: Missing) -> Table {
    let text = "size,zip,colour,price\n1,10,red,1.5\n2,20,blue,2.5\n3,10,red,3.5\n4,20,,4.5\n,10,red,5.5\n1,20,blue,0.5\n";
    let config = CsvConfig { categories: vec!["zip".into()], missing, ..config("price") };
    table(text, &config)
}

#[test]
fn a_coding_is_written_and_read_as_itself() {
    let coding = trained(Missing::Category).coding;
    let text = serde_json::to_string(&coding).unwrap();
    assert_eq!(serde_json::from_str::<Coding>(&text).unwrap(), coding);
    let wrong = text.replace("\"target_column\"", "\"more\":1,\"target_column\"");
    assert!(serde_json::from_str::<Coding>(&wrong).is_err());
}

#[test]
fn cells_json_and_files_are_coded_alike() {
    let table = trained(Missing::Mean);
    let coding = &table.coding;
    let cells = coding.encode(&[("zip", "20"), ("colour", "red"), ("size", "2.5")]).unwrap();
    for row in [
        json!({"size": 2.5, "zip": 20, "colour": "red"}),
        json!({"zip": "20", "size": "2.5", "colour": "red", "price": null}),
        json!({"zip": 20.0, "size": 2.5, "colour": "red"}),
    ] {
        let Value::Object(row) = row else { panic!("an object") };
        assert_eq!(coding.encode_json(&row).unwrap(), cells);
    }
    let file = TableInput::bytes(
        "new.csv",
        "size;zip;colour;more\n2,5;20;red;x\n1;10;blue;y\n9;10;green;y\n".as_bytes(),
    );
    let read = read_rows(&file, coding).unwrap();
    assert_eq!((read.rows.num_rows, read.rows.targets), (3, Targets::Unknown));
    assert_eq!(read.rows.numbers[..1], cells.numbers[..]);
    assert_eq!(read.rows.codes[..2], cells.codes[..]);
    assert!(read.notes.iter().any(|note| note.contains("`more` left out")), "{:?}", read.notes);
    assert_eq!(read.unseen.len(), 1, "{:?}", read.unseen);
    assert_eq!((read.unseen[0].row, &*read.unseen[0].value), (2, "green"));
}

#[test]
fn all_rows_of_a_table_are_coded_as_when_they_were_loaded() {
    for missing in [Missing::Mean, Missing::Median, Missing::MostFrequent, Missing::Category] {
        let table = trained(missing);
        let text = "size,zip,colour\n1,10,red\n2,20,blue\n3,10,red\n4,20,\n,10,red\n1,20,blue\n";
        let read =
            read_rows(&TableInput::bytes("t.csv", text.as_bytes()), &table.coding).unwrap().rows;
        assert_eq!(read.codes, table.rows.codes);
        let apart = read.numbers.iter().zip(&table.rows.numbers).map(|(a, b)| (a - b).abs());
        assert!(
            read.numbers.len() == table.rows.numbers.len()
                && apart.into_iter().all(|apart| apart < 1e-6)
        );
    }
}

#[test]
fn faults_of_a_row_name_the_column() {
    let complete = trained(Missing::Mean).coding;
    let told = |row: Value| {
        let Value::Object(row) = row else { panic!("an object") };
        complete.encode_json(&row).unwrap_err().to_string()
    };
    for (row, words) in [
        (json!({"size": 1, "zip": 10}), "column `colour`: it is not there"),
        (
            json!({"size": 1, "zip": 10, "color": "red"}),
            "column `color`: it is not known; did you mean `colour`?",
        ),
        (json!({"size": "big", "zip": 10, "colour": "red"}), "column `size`: `big` is no number"),
        (json!({"size": true, "zip": 10, "colour": "red"}), "true is no number"),
        (json!({"size": 1, "zip": [10], "colour": "red"}), "[10] is no value"),
        (json!({"size": 1e300, "zip": 10, "colour": "red"}), "is too large"),
    ] {
        let told = told(row);
        assert!(told.contains(words), "{told}");
    }
    let text = "a,b,y\n1,x,u\n2,y,v\n3,x,u\n4,y,v\n";
    let strict = table(text, &config("y")).coding;
    let error = strict.encode(&[("a", ""), ("b", "x")]).unwrap_err().to_string();
    assert!(error.contains("column `a`: it has no value"), "{error}");
    let error = read_rows(&TableInput::bytes("n.csv", "a,b\n1,x\n,y\n".as_bytes()), &strict)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("n.csv, line 3, column `a`: it has no value"), "{error}");
    let error = read_rows(&TableInput::bytes("n.csv", "a,c\n1,x\n".as_bytes()), &strict)
        .unwrap_err()
        .to_string();
    assert!(error.contains("names `b`, and it has no such column"), "{error}");
}
