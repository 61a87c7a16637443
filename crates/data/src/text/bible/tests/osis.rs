use super::super::osis::{chapter, opens_book, verse};
use super::files;
use crate::text::{Chapter, read_chapters};

#[test]
fn verses_are_the_text_between_the_markup() {
    for (osis, text) in [
        ("", ""),
        ("  \n ", ""),
        // Words, and a note in the place of a space.
        (
            "<w lemma=\"strong:H0430\">In</w> <w>the</w> <w>beginning</w>, <w>God</w><note placement=\"foot\">\
             <reference type=\"annotateRef\">1:1 </reference>The <hi>word</hi>.</note><w>created</w> \
             <w>the</w>  earth. <div eID=\"gen1\" type=\"x-p\"/>",
            "In the beginning, God created the earth.",
        ),
        ("<w>Yahweh</w><note>a name</note>, <w>our</w>", "Yahweh, our"),
        ("¡<w>OH</w> Jehová, <transChange type=\"added\">le</transChange>", "¡OH Jehová, le"),
        ("<l level=\"1\" sID=\"a\"/>one<l eID=\"a\"/><l sID=\"b\"/>two.<l eID=\"b\"/>", "one two."),
        // Titles of psalms are verses in other editions; other headings are none.
        (
            "<title canonical=\"true\" type=\"psalm\">A Psalm.</title><lg/>Yahweh, hear",
            "A Psalm. Yahweh, hear",
        ),
        ("<title type=\"main\">Genesis</title>In<speaker>Lover</speaker>the", "In the"),
        ("a<note>b<note>c</note>d</note>e", "a e"),
        ("a<note/>b", "a b"),
        ("bread &amp; wine &lt;b&gt; &#233;&#xe9; &quot;&apos;", "bread & wine <b> éé \"'"),
        ("a & b &unknown; &#0; &#x110000; &", "a & b &unknown; &#0; &#x110000; &"),
        // What is behind the chapter's end is no part of its last verse.
        ("Amen. <chapter eID=\"Rev.22\"/> <div type=\"glossary\"/>The following words", "Amen."),
        ("open <note>to the end", "open"),
        ("open <w lemma=\"", "open"),
        ("a </note>b", "a b"),
    ] {
        assert_eq!(verse(osis), text, "{osis}");
    }
}

#[test]
fn headings_are_known_by_their_marks() {
    let heading = "<div sID=\"gen5\" type=\"x-p\"/><chapter n=\"3\" osisID=\"Ps.3\" sID=\"Ps.3\"/>";
    assert_eq!(chapter(heading), Some("Ps.3"));
    assert_eq!(chapter("the end <chapter eID=\"Ps.3\" osisID=\"Ps.3\"/>"), None);
    assert_eq!(chapter("<chapter sID=\"Ps.3\"/>"), None);
    assert!(opens_book(
        "<div canonical=\"true\" osisID=\"Gen\" sID=\"gen2\" type=\"book\"/> <title>"
    ));
    assert!(!opens_book(
        "the end <div canonical=\"true\" eID=\"gen2\" osisID=\"Gen\" type=\"book\"/>"
    ));
}

#[test]
fn chapters_begin_at_their_headings() {
    let book = |name: &str| format!("<div osisID=\"{name}\" sID=\"{name}\" type=\"book\"/>");
    let chapter = |name: &str| format!("<chapter osisID=\"{name}\" sID=\"{name}\"/>");
    let (gen_, exod) = (book("Gen"), book("Exod"));
    let names = ["Gen.1", "Gen.2", "Exod.1"].map(chapter);
    let ends = "dos <chapter eID=\"Gen.1\"/>";
    let files = files(&[
        &["", "a module"],
        &[&gen_, &names[0], "<w>uno</w>", ends, &names[1], "", "tres"],
        &[&exod, &names[2], "cuatro"],
    ]);
    let chapter = |name: &str, verses: &[&str]| Chapter {
        name: name.to_owned(),
        verses: verses.iter().map(|&verse| verse.to_owned()).collect(),
    };
    assert_eq!(
        read_chapters(&files).unwrap(),
        [
            chapter("Gen.1", &["uno", "dos"]),
            chapter("Gen.2", &["", "tres"]),
            chapter("Exod.1", &["cuatro"])
        ]
    );
}
