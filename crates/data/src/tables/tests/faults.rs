//! Faults of real CSV files: the values read, or the error's message.

use super::shown::told;
use super::*;

/// Asserts the values or the message for each file: an expectation with a target is the whole text of the values, any
/// other one is a part of the message.
fn assert_loaded(cases: &[(&str, &[u8], &str)]) {
    for (what, bytes, wanted) in cases {
        let told = told(bytes, &config("y"));
        let is_right =
            if wanted.contains("; y: ") { told == *wanted } else { told.contains(wanted) };
        assert!(is_right, "{what}:\n  told   {told}\n  wanted {wanted}");
    }
}

const GOOD: &str = "a: 1.5 2; c: 'x' 'z'; y: 'u' 'v'";

#[test]
fn dialects() {
    assert_loaded(&[
        ("plain", b"a,c,y\n1.5,x,u\n2,z,v\n", GOOD),
        ("semicolons and decimal commas", b"a;c;y\n1,5;x;u\n2;z;v\n", GOOD),
        ("tabs", b"a\tc\ty\n1.5\tx\tu\n2\tz\tv\n", GOOD),
        ("pipes", b"a|c|y\n1.5|x|u\n2|z|v\n", GOOD),
        ("single quotes", b"'a','c','y'\n'1.5','x','u'\n'2','z','v'\n", GOOD),
        ("sep= of Excel", b"sep=;\na;c;y\n1,5;x;u\n2;z;v\n", GOOD),
        ("a mark of UTF-8", b"\xef\xbb\xbfa,c,y\n1.5,x,u\n2,z,v\n", GOOD),
        ("CRLF", b"a,c,y\r\n1.5,x,u\r\n2,z,v\r\n", GOOD),
        ("CR alone", b"a,c,y\r1.5,x,u\r2,z,v\r", GOOD),
        ("no newline at the end", b"a,c,y\n1.5,x,u\n2,z,v", GOOD),
        ("a comment first", b"# from the lab, 2024, by me\na,c,y\n1.5,x,u\n2,z,v\n", GOOD),
        ("blank lines", b"a,c,y\n\n1.5,x,u\n\n\n2,z,v\n\n\n", GOOD),
        ("rows of separators alone", b"a,c,y\n1.5,x,u\n,,\n2,z,v\n,,\n", GOOD),
        ("a separator behind each line", b"a,c,y,\n1.5,x,u,\n2,z,v,\n", GOOD),
        ("a separator behind each row", b"a,c,y\n1.5,x,u,\n2,z,v,\n", GOOD),
        ("spaces around names and values", b" a , c ,y \n 1.5 , x , u\n2 ,z , v \n", GOOD),
        (
            "another separator",
            b"a/c/y\n1.5/x/u\n2/z/v\n",
            "separated by a comma, a semicolon, a tab or |",
        ),
    ]);
}

#[test]
fn quotation_marks() {
    let long = ["c,y\n\"", &"word ".repeat(50_000), "\",u\nz,v\n"].concat();
    assert!(told(long.as_bytes(), &config("y")).starts_with("c: 'word word"));
    assert_loaded(&[
        (
            "quotes within quotes",
            b"c,y\n\"say \"\"x\"\"\",u\nz,v\n",
            "c: 'say \"x\"' 'z'; y: 'u' 'v'",
        ),
        ("a newline within quotes", b"c,y\n\"x\nw\",u\nz,v\n", "c: 'x\nw' 'z'; y: 'u' 'v'"),
        ("separators within quotes", b"c,y\n\"x,w\",u\nz,v\n", "c: 'x,w' 'z'; y: 'u' 'v'"),
        ("an inch sign", b"c,y\n5\" nail,u\nz,v\n", "c: '5\" nail' 'z'; y: 'u' 'v'"),
        ("an apostrophe", b"c,y\nit's,u\ndon't,v\n", "c: 'it's' 'don't'; y: 'u' 'v'"),
        (
            "a quote that is not closed",
            b"c,y\nx,u\n\"z,v\nx,u\n",
            "t.csv, line 3: it has 1 cell, and there are 2 names; a quotation mark in it may not be closed",
        ),
        (
            "one in the last column",
            b"c,y\nx,u\nz,\"v\nx,u\nz,v\n",
            "t.csv, line 3: a quotation mark in it is not closed",
        ),
    ]);
}

#[test]
fn files_that_are_none() {
    let utf_16: Vec<u8> = "a,y\n1,u\n2,v\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xff\xfe", &utf_16[..]].concat();
    let long = [&b"a,y\n1,u\n2,v\n"[..], &vec![b'#'; 3 << 20], b",w\n"].concat();
    assert_loaded(&[
        ("empty", b"", "t.csv: it is empty"),
        ("blank", b" \n\n", "t.csv: it is empty"),
        ("names alone", b"a,y\n", "it has a line of names and no rows"),
        ("UTF-16", &marked, "it is written in UTF-16; save it as UTF-8"),
        ("UTF-16 without a mark", &utf_16, "it is written in UTF-16"),
        (
            "Latin-1",
            b"a,c,y\n1,caf\xe9,u\n2,z,v\n",
            "t.csv, line 2, column `c`: its text is not UTF-8, and is probably Latin-1 or Windows-1252 (`caf\u{e9}`)",
        ),
        ("Latin-1 in a name", b"gr\xfc\xdfe,y\n1,u\n2,v\n", "t.csv, line 1: its text is not UTF-8"),
        ("a byte 0", b"a,y\n1,u\n2\x00,v\n", "it has a byte 0 in line 3"),
        ("PNG", b"\x89PNG\r\n\x1a\n\x00\x00", "it is a PNG image, and no CSV"),
        (
            "Excel",
            b"PK\x03\x04\x14\x00",
            "it is an Excel workbook or another ZIP archive, and no CSV; export its table as CSV",
        ),
        ("Parquet", b"PAR1\x15\x04", "it is a Parquet file"),
        ("gzip that is cut off", &gzip(b"a,y\n1,u\n2,v\n")[..20], "damaged or cut off"),
        ("a very long line", &long, "t.csv, line 4, column `a`: `################"),
    ]);
    assert_eq!(told(&gzip(b"a,c,y\n1.5,x,u\n2,z,v\n"), &config("y")), GOOD);
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &std::path::Path| {
        let config = CsvConfig { path: path.to_str().map(str::to_owned), ..config("y") };
        load(&config, &batches(), None, 7).unwrap_err().to_string()
    };
    assert!(error(folder.path()).contains("it is a folder, and no CSV"));
    assert!(error(&folder.path().join("none.csv")).contains("there is no such file or folder"));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn names_and_rows() {
    let wide: Vec<String> = (0..10_000).map(|column| format!("n{column}")).collect();
    let wide =
        format!("{},y\n{}u\n{}v\n", wide.join(","), "1,".repeat(10_000), "2,".repeat(10_000));
    let wide =
        load_bytes(wide.into_bytes(), &CsvConfig { test_fraction: Some(0.5), ..config("y") }, None);
    assert!(wide.unwrap_err().to_string().contains(" has no row to train on"), "two rows are few");
    assert_loaded(&[
        (
            "too few cells",
            b"a,c,y\n1,x,u\n2,v\n",
            "t.csv, line 3: it has 2 cells, and there are 3 names; add what is missing",
        ),
        (
            "too many cells",
            b"a,c,y\n1,x,u\n\n2,z,v,w\n",
            "t.csv, line 4: it has 4 cells, and there are 3 names; put cells with a separator",
        ),
        (
            "no names",
            b"1,2,3\n4,5,6\n7,8,9\n",
            "t.csv, line 1: its first line has numbers and no names of columns",
        ),
        (
            "one name for two columns",
            b"a,a,y\n1,2,u\n3,4,v\n",
            "t.csv, line 1: its columns 1 and 2 are both named `a`",
        ),
        ("a column without a name", b",a,c,y\n0,1.5,x,u\n1,2,z,v\n", GOOD),
        (
            "no target",
            b"a,Y,z\n1,2,3\n4,5,6\n",
            "data.target names `y`, and it has no such column; did you mean `Y`? it has a, Y and z",
        ),
        ("one column", b"y\nu\nv\n", "it has no column to learn from"),
        (
            "a target without a value",
            b"a,y\n1,u\n2,\n3,v\n",
            "t.csv, line 3, column `y`: it is the target, and this row has no value of it",
        ),
        (
            "a cell without a value",
            b"a,y\n1,u\nNA,v\n",
            "t.csv, line 3, column `a`: it has no value; fill it in",
        ),
        (
            "names in two forms of Unicode",
            "cafe\u{301},y\n1.5,u\n2,v\n".as_bytes(),
            "caf\u{e9}: 1.5 2; y: 'u' 'v'",
        ),
    ]);
    for (names, words) in [
        (
            CsvConfig { columns: Some(vec!["colour".into()]), ..config("y") },
            "data.columns names `colour`, and it has no such column; did you mean `color`?",
        ),
        (CsvConfig { ignore: vec!["id".into()], ..config("y") }, "data.ignore names `id`"),
        (
            CsvConfig { categories: vec!["zip".into()], ..config("y") },
            "data.categories names `zip`",
        ),
    ] {
        let told = told(b"color,y\n1,u\n2,v\n", &names);
        assert!(told.contains(words), "{told}");
    }
    let one = load_bytes("a,y\n1,0.5\n".as_bytes(), &config("y"), None).unwrap_err().to_string();
    assert!(one.contains("makes 0 of its 1 rows the test part"), "{one}");
    assert_eq!(told(b"a,y\n1,0.5\n", &config("y")), "a: 1; y: 0.5");
}

#[test]
fn values() {
    let many = |cell: &dyn Fn(usize) -> String| {
        let rows: Vec<String> =
            (0..30).map(|row| format!("{row},{},{}\n", cell(row), ["u", "v"][row % 2])).collect();
        format!("a,c,y\n{}", rows.concat())
    };
    let names = many(&|row| format!("Name {row}"));
    let dates = many(&|row| format!("2024-01-{:02}", row % 28 + 1));
    let word = many(&|row| if row == 20 { "many".to_owned() } else { row.to_string() });
    assert_loaded(&[
        (
            "names",
            names.as_bytes(),
            "column `c`: it has 30 different values in 30 rows, as names and numbers of rows have; leave it out by ignore = [\"c\"]",
        ),
        ("dates", dates.as_bytes(), "column `c`: it has dates or times"),
        (
            "a word among numbers",
            word.as_bytes(),
            "t.csv, line 22, column `c`: `many` is no number, and most of the column are",
        ),
        (
            "separated thousands",
            b"a,c,y\n\"1,234,567\",x,u\n\"2,000\",z,v\n",
            "a: 1234567 2000; c: 'x' 'z'; y: 'u' 'v'",
        ),
        ("thousands by spaces", b"a;y\n1 234 567;u\n2 000,5;v\n", "a: 1234567 2000.5; y: 'u' 'v'"),
        ("thousands by points", b"a;y\n1.234.567,5;u\n2,5;v\n", "a: 1234567.5 2.5; y: 'u' 'v'"),
        (
            "percent signs",
            b"a,y\n12%,u\n15 %,v\n",
            "column `a`: its numbers have a sign beside them, as % or $",
        ),
        ("currency", b"a,y\n$12,u\n$15.50,v\n", "its numbers have a sign beside them"),
        (
            "infinity",
            b"a,y\n1,u\n2,v\ninf,u\n",
            "t.csv, line 4, column `a`: `inf` is no finite number",
        ),
        ("a number that is too large", b"a,y\n1,u\n2,v\n1e40,u\n", "`1e40` is too large"),
        (
            "exponents and signs",
            b"a,y\n1.5e3,u\n+2,v\n-.5E-1,u\n",
            "a: 1500 2 -0.05; y: 'u' 'v' 'u'",
        ),
        ("zeros in front", b"c,y\n01234,u\n98765,v\n", "c: '01234' '98765'; y: 'u' 'v'"),
        ("cases of classes", b"a,y\n1,Yes\n2,yes\n3,no\n", "a: 1 2 3; y: 'Yes' 'yes' 'no'"),
        ("a number that is always the same", b"a,y\n5,u\n5,v\n", "a: 5 5; y: 'u' 'v'"),
        (
            "a column without a value",
            b"a,b,y\n1,,u\n2,NA,v\n",
            "column `b`: it has no value; leave it out by ignore = [\"b\"]",
        ),
        ("one class", b"a,y\n1,u\n2,u\n", "column `y`: it is the target, and all its values are u"),
        (
            "one number",
            b"a,y\n1,0.5\n2,0.5\n",
            "column `y`: it is the target, and all its numbers are 0.5",
        ),
        ("whole numbers without a task", b"a,y\n1,0\n2,1\n", "[task]\nkind = \"classify\""),
        (
            "a target of dates",
            b"a,y\n1,2024-01-01\n2,2024-01-02\n",
            "it is the target, and has dates or times",
        ),
        (
            "a target with a word",
            b"a,y\n1,0.5\n2,1.5\n3,high\n",
            "t.csv, line 4, column `y`: `high` is no number",
        ),
    ]);
}

#[test]
fn missing_words_and_codes() {
    let mean = CsvConfig { missing: Missing::Mean, ..config("y") };
    let text =
        "a,y\n1,u\nNA,v\nNaN,u\nnull,v\n?,u\n-,v\n#N/A,u\n#DIV/0!,v\nNone,u\nN/A,v\n,u\n3,v\n";
    let told_mean = told(text.as_bytes(), &mean);
    assert!(told_mean.starts_with("a: 1 2 2 2 2 2 2 2 2 2 2 3; y: "), "{told_mean}");
    let codes = CsvConfig { categories: vec!["a".into()], ..config("y") };
    assert_eq!(told(b"a,y\n1,u\n2,v\n", &codes), "a: '1' '2'; y: 'u' 'v'");
    let late =
        ["a,b,y\n".to_owned(), ",1,u\n,2,v\n".repeat(3000), "7,1,u\n9,1,v\n".to_owned()].concat();
    let table = told(late.as_bytes(), &mean);
    assert!(
        table.starts_with("a: 8 8 8") && table.contains(" 7 9; b: "),
        "a number behind the first rows"
    );
}

#[test]
fn skipped_columns_and_rows_are_noted() {
    let notes = |text: &str| table(text, &config("y")).notes.join("\n");
    let rows = "1.5,x,u\n2,z,v\n".repeat(5);
    assert!(notes(&format!("a,c,y\n{rows},,\n")).contains("1 row without any value left out"));
    assert!(notes(&format!(",c,y\n{rows}")).contains("1 column without a name left out"));
    assert!(
        notes(&format!("a,c,y,\n{}", rows.replace('\n', ",\n"))).contains("behind the last column")
    );
    assert!(notes(&format!("# by me\na,c,y\n{rows}")).contains("1 line before the names left out"));
    let warnings =
        table(&format!("a,c,y\n{}", "5,x,u\n5,X,v\n".repeat(5)), &config("y")).warnings.join("\n");
    assert!(warnings.contains("column `a`: all its numbers are the same"), "{warnings}");
    assert!(warnings.contains("`X` and `x` differ in case alone"), "{warnings}");
}
