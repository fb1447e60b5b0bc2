//! XML as a tree of names and texts; attributes do not count.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

/// Deeper documents than this are refused.
const MAX_DEPTH: usize = 16;
/// Larger ones too.
const MAX_ELEMENTS: usize = 10_000;

/// One element: its text, trimmed, or its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// An element with a text.
    pub(crate) fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), children: Vec::new() }
    }

    /// An element with children.
    pub(crate) fn of(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), text: String::new(), children }
    }

    /// Parses a document; `None` for what is not well-formed, is too deep or too large, or has a document type.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(bytes).ok()?);
        let mut open = vec![Self::default()];
        let mut count = 0;
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Self::text(start.name().into_inner(), "")),
                Event::Empty(start) => open.last_mut()?.children.push(Self::text(start.name().into_inner(), "")),
                Event::End(_) => {
                    let mut done = open.pop()?;
                    done.text = done.text.trim().to_owned();
                    open.last_mut()?.children.push(done);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref().ok()? {
                        Some(letter) => letter.to_string(),
                        None => quick_xml::escape::resolve_predefined_entity(&reference.into_inner())?.to_owned(),
                    };
                    open.last_mut()?.text.push_str(&text);
                }
                Event::DocType(_) => return None,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
            count += 1;
            if open.len() > MAX_DEPTH || count > MAX_ELEMENTS {
                return None;
            }
        }
        let document = open.pop().filter(|document| open.is_empty() && document.text.trim().is_empty())?;
        let mut roots = document.children.into_iter();
        roots.next().filter(|_| roots.next().is_none())
    }

    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child, empty when it is missing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.child(name).map(|child| child.text.as_str()).unwrap_or_default()
    }

    fn write(&self, out: &mut String) {
        out.push_str(&format!("<{}>{}", self.name, escape(self.text.as_str())));
        for child in &self.children {
            child.write(out);
        }
        out.push_str(&format!("</{}>", self.name));
    }

    /// The whole document.
    pub(crate) fn document(&self) -> String {
        let mut out = "<?xml version='1.0' encoding='UTF-8' ?>".to_owned();
        self.write(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_there_and_back() {
        let tree = Element::of("API", vec![Element::text("A", "Jan & <Piet> \"é\""), Element::text("B", "")]);
        assert_eq!(Element::parse(tree.document().as_bytes()), Some(tree));
        let parsed = Element::parse(b"<API> <A>x&#65;<![CDATA[<]]>&amp;</A><B/> </API>").unwrap();
        assert_eq!((parsed.get("A"), parsed.get("B"), parsed.get("C")), ("xA<&", "", ""));
    }

    #[test]
    fn what_is_no_plain_document_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
        for bad in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "<a>&b;</a>",
            &deep,
        ] {
            assert_eq!(Element::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
