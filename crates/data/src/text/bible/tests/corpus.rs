use super::super::chapters::Chapter;
use super::super::corpus::corpus;

/// Chapters of two verses each, the second of which is longer.
fn chapters(language: &str) -> Vec<Chapter> {
    let verses = |number: usize| {
        vec![format!("{language} {number}."), format!("{language} {number}, a b c d")]
    };
    let chapter = |number| Chapter { name: format!("Ps.{number}"), verses: verses(number) };
    (1..=100).map(chapter).collect()
}

#[test]
fn chapters_are_in_one_split() {
    let whole = corpus(&chapters("es"), &chapters("en"), 30).unwrap();
    assert_eq!((whole.num_train, whole.num_valid, whole.num_test), (180, 10, 10));
    let pairs: Vec<[&str; 2]> = whole.texts.iter().collect();
    for two in pairs.chunks(2) {
        let number = two[0][0].trim_end_matches('.');
        assert_eq!(two[0][1].trim_end_matches('.'), number.replace("es", "en"));
        assert!(two[1][0].starts_with(&format!("{number},")), "{two:?}");
    }
    let short = corpus(&chapters("es"), &chapters("en"), 3).unwrap();
    assert_eq!((short.num_train, short.num_valid, short.num_test), (90, 5, 5));
    assert!(
        short.notes[1].starts_with("100 verses of more than data.max_words = 3 "),
        "{:?}",
        short.notes
    );
    // The same chapters, whatever the length.
    let all: Vec<[&str; 2]> = whole.texts.iter().step_by(2).collect();
    assert!(short.texts.iter().eq(all));
}

#[test]
fn verses_without_a_counterpart_are_left_out() {
    let (mut spanish, mut english) = (chapters("es"), chapters("en"));
    for (name, verses) in [("Num.13", ["uno", "dos"]), ("Obad.1", ["uno", ""])] {
        let verses = verses.map(str::to_owned).to_vec();
        spanish.push(Chapter { name: name.to_owned(), verses });
    }
    for name in ["Num.13", "Obad.1", "Tob.1"] {
        let verses = ["one", "two"].map(str::to_owned).to_vec();
        english.push(Chapter { name: name.to_owned(), verses });
    }
    let corpus = corpus(&spanish, &english, 30).unwrap();
    assert_eq!(corpus.texts.len(), 200);
    let notes = corpus.notes.join("\n");
    assert!(notes.contains("2 verses of 10 chapters that"), "{notes}");
    assert!(notes.contains("2 verses that one of the texts lacks"), "{notes}");
}

#[test]
fn held_out_pairs_are_no_training_pairs() {
    let mut spanish = chapters("es");
    for chapter in &mut spanish {
        chapter.verses[0] = "Y habló Jehová:".to_owned();
    }
    let corpus = corpus(&spanish, &chapters("en"), 30).unwrap();
    assert_eq!((corpus.num_train, corpus.num_valid, corpus.num_test), (180, 5, 5));
    assert!(
        corpus.notes[1].starts_with("10 verses of validation and test chapters"),
        "{:?}",
        corpus.notes
    );
}

#[test]
fn a_length_that_leaves_no_pair_is_told() {
    let fault = corpus(&chapters("es"), &chapters("en"), 2).unwrap_err();
    assert_eq!(fault, "data.max_words = 2 leaves no training pair; increase it");
}
