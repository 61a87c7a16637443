//! Detection of pairs of texts in a file that may be a table.

use std::collections::HashSet;

use super::input::TextFile;
use super::lines::Lines;

/// The lines that are looked at.
const LINES: usize = 1000;

/// True if a file looks like pairs of texts, and not like a table: each of its first lines has one tab, and the targets are
/// texts, more than a third of them different. A table of two columns has classes or numbers there.
pub fn looks_like_pairs(file: &TextFile) -> bool {
    let Ok(mut lines) = Lines::open(file) else { return false };
    let (mut targets, mut count, mut numbers) = (HashSet::new(), 0, 0);
    while count < LINES && lines.advance().is_ok_and(|is_line| is_line) {
        if lines.text().is_empty() {
            continue;
        }
        let mut sides = lines.text().split('\t').map(str::trim);
        let (Some(_), Some(target), None) = (sides.next(), sides.next(), sides.next()) else {
            return false;
        };
        count += 1;
        numbers += usize::from(target.parse::<f64>().is_ok());
        targets.insert(target.to_owned());
    }
    3 * targets.len() > count && 2 * numbers < count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_two_columns_is_none() {
        let looks = |text: &str| looks_like_pairs(&TextFile::bytes("x.tsv", text.as_bytes()));
        for pairs in [
            "the 3rd of march\t1994-03-03\nMay 1, 2001\t2001-05-01\n",
            "Hello.\tHola.\n\nGo.\tVe.\nGo.\tVete.\n",
            "one\tuno",
        ] {
            assert!(looks(pairs), "{pairs}");
        }
        for table in [
            "text\tlabel\nfine\tgood\nbad\tpoor\nnice\tgood\nso so\tpoor\nall right\tgood\nno\tpoor\nyes\tgood\nof course\tgood\n",
            "size\tprice\n1\t3.5\n2\t4.5\n",
            "a\tb\tc\n1\t2\t3\n",
            "a,b\n1,2\n",
            "",
        ] {
            assert!(!looks(table), "{table}");
        }
    }
}
