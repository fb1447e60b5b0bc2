//! XML as far as Billink uses it: elements with text or with elements. Attributes mean nothing and are skipped.

use std::io;

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

const LONGEST: usize = 1 << 20;
const DEEPEST: usize = 16;
const MOST_ELEMENTS: usize = 10_000;

/// An element. Has no `Debug`: it may hold a buyer's data.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An element with text; what no XML document may hold becomes U+FFFD.
    pub(super) fn leaf(name: impl Into<String>, text: impl AsRef<str>) -> Self {
        let text = text.as_ref().chars().map(|c| if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER });
        Self { name: name.into(), text: text.collect(), children: Vec::new() }
    }

    /// An element with elements.
    pub(super) fn node(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.into(), text: String::new(), children }
    }

    /// The document with this element as its root.
    pub(super) fn document(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).ok()?;
        self.write(&mut writer).ok()?;
        Some(writer.into_inner())
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        writer.write_event(Event::Start(BytesStart::new(&*self.name)))?;
        writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.write_event(Event::End(BytesEnd::new(&*self.name)))
    }

    /// The root of a document. `None` for whatever is not well-formed, too large, or asks the reader to do anything:
    /// document types, processing instructions, entities of its own.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(document).ok().filter(|text| text.len() <= LONGEST)?;
        if !text.chars().all(is_allowed) {
            return None;
        }
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        reader.config_mut().expand_empty_elements = true;
        // Above the root, so that what stands outside it is told apart in the end.
        let mut open = vec![Self::default()];
        let mut elements = 0;
        for event in 0.. {
            match reader.read_event().ok()? {
                Event::Start(tag) => {
                    elements += 1;
                    if open.len() > DEEPEST || elements > MOST_ELEMENTS {
                        return None;
                    }
                    open.push(Self::leaf(tag.name().0, ""));
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let known = name.resolve_char_ref().ok()?.or_else(|| predefined(&name)).filter(|c| is_allowed(*c));
                    open.last_mut()?.text.push(known?);
                }
                Event::Decl(_) if event == 0 => {}
                Event::Comment(_) => {}
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Empty(_) => return None,
                Event::Eof => break,
            }
        }
        let [outside] = <[Self; 1]>::try_from(open).ok()?;
        let [root] = <[Self; 1]>::try_from(outside.children).ok()?;
        outside.text.trim().is_empty().then_some(root)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The elements at a path below this one.
    pub(super) fn all(&self, path: &[&str]) -> Vec<&Self> {
        path.iter().fold(vec![self], |found, name| {
            found.into_iter().flat_map(|element| &element.children).filter(|child| child.is(name)).collect()
        })
    }

    /// The text of the only element at a path, without white space around it; `None` for no text, for several, and where
    /// elements stand in it.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        let [only] = <[&Self; 1]>::try_from(self.all(path)).ok()?;
        Some(only.text.trim()).filter(|text| !text.is_empty() && only.children.is_empty())
    }
}

/// XML 1.0, production 2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn predefined(name: &str) -> Option<char> {
    let table = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("apos", '\''), ("quot", '"')];
    table.into_iter().find(|(known, _)| *known == name).map(|(_, c)| c)
}
