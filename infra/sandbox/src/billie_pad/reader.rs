//! Reads a body strictly: every field is asked for by name, and what nobody asked for is refused.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use crate::json::{Json, map};
use crate::message::Answer;
use crate::money;

/// "TinyText" of the documentation.
const MAX_TEXT: usize = 255;

/// One thing that is wrong, with the path of the field.
pub(crate) struct Flaw {
    title: String,
    source: String,
}

/// The flaws found so far in one body.
#[derive(Default)]
pub(crate) struct Flaws(RefCell<Vec<Flaw>>);

impl Flaws {
    pub(crate) fn add(&self, source: &str, title: &str) {
        self.0.borrow_mut().push(Flaw { title: title.to_owned(), source: source.to_owned() });
    }

    /// The refusal, unless there is nothing to refuse.
    pub(crate) fn verdict(self) -> Result<(), Answer> {
        let row = |flaw: &Flaw| {
            map! { "title": &flaw.title, "code": "request_validation_error", "source": &flaw.source }
        };
        let rows: Vec<Json> = self.0.into_inner().iter().map(row).collect();
        if rows.is_empty() { Ok(()) } else { Err(Answer::json(400, map! { "errors": rows })) }
    }
}

/// A refusal of one field.
pub(crate) fn invalid(source: &str, title: &str) -> Answer {
    let flaws = Flaws::default();
    flaws.add(source, title);
    flaws.verdict().err().unwrap_or_else(|| Answer::empty(400))
}

/// A refusal that no field explains.
pub(crate) fn refusal(status: u16, code: &str, title: &str) -> Answer {
    Answer::json(status, map! { "errors": vec![map! { "title": title, "code": code }] })
}

/// Net, gross and tax in minor units; net and tax always add up to gross.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) net: i64,
    pub(crate) gross: i64,
    pub(crate) tax: i64,
}

impl Amount {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { net: self.net + other.net, gross: self.gross + other.gross, tax: self.tax + other.tax }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { net: self.net - other.net, gross: self.gross - other.gross, tax: self.tax - other.tax }
    }

    /// Whether no part is higher than the other's.
    pub(crate) fn within(self, other: Self) -> bool {
        self.net <= other.net && self.gross <= other.gross && self.tax <= other.tax
    }

    /// As numbers.
    pub(crate) fn json(self) -> Json {
        let number = |minor: i64| Json::Number(money::shortest(minor));
        map! { "net": number(self.net), "gross": number(self.gross), "tax": number(self.tax) }
    }

    /// As strings, the way webhooks have it.
    pub(crate) fn strings(self) -> Json {
        let text = money::two_places;
        map! { "net": text(self.net), "tax": text(self.tax), "gross": text(self.gross) }
    }
}

/// One object of a body.
pub(crate) struct Reader<'a> {
    object: &'a Json,
    path: String,
    flaws: &'a Flaws,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    /// The body itself.
    pub(crate) fn new(object: &'a Json, flaws: &'a Flaws) -> Self {
        let reader = Self { object, path: String::new(), flaws, asked: RefCell::default() };
        reader.expect_object();
        reader
    }

    fn expect_object(&self) {
        if !matches!(self.object, Json::Map(_)) {
            self.flaws.add(&self.path, "This value should be an object.");
        }
    }

    fn source(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn flaw(&self, name: &str, title: &str) {
        self.flaws.add(&self.source(name), title);
    }

    fn get(&self, name: &'static str) -> Option<&'a Json> {
        self.asked.borrow_mut().push(name);
        self.object.get(name).filter(|value| **value != Json::Null)
    }

    /// A field that may be missing, null or empty text.
    pub(crate) fn optional(&self, name: &'static str) -> Option<String> {
        match self.get(name)? {
            Json::Text(text) if text.chars().count() <= MAX_TEXT => Some(text.clone()),
            Json::Text(_) => {
                self.flaw(name, "This value is too long. It should have 255 characters or less.");
                None
            }
            _ => {
                self.flaw(name, "This value should be of type string.");
                None
            }
        }
    }

    /// A text that must be there and say something.
    pub(crate) fn text(&self, name: &'static str) -> String {
        let there = self.object.get(name).is_some_and(|value| !matches!(value, Json::Null));
        let text = self.optional(name);
        if !there || text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            self.flaw(name, "This value should not be blank.");
        }
        text.unwrap_or_default()
    }

    /// A text that must be there but may be empty.
    pub(crate) fn present(&self, name: &'static str) -> String {
        if self.object.get(name).is_none() {
            self.flaw(name, "This field is missing.");
        }
        self.optional(name).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &'static str) {
        if !matches!(self.get(name), None | Some(Json::Bool(_))) {
            self.flaw(name, "This value should be of type bool.");
        }
    }

    /// A text or a whole number, as the number of employees comes in both.
    pub(crate) fn loose(&self, name: &'static str) {
        if !matches!(self.get(name), None | Some(Json::Text(_) | Json::Number(_))) {
            self.flaw(name, "This value should be of type string.");
        }
    }

    pub(crate) fn whole(&self, name: &'static str, range: RangeInclusive<i64>) -> i64 {
        let number = if let Some(Json::Number(literal)) = self.get(name) { literal.parse().ok() } else { None };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let title = format!("This value should be an integer between {} and {}.", range.start(), range.end());
            self.flaw(name, &title);
        }
        number.unwrap_or_default()
    }

    /// Money as a JSON number with at most two places.
    pub(crate) fn decimal(&self, name: &'static str) -> i64 {
        let minor = if let Some(Json::Number(literal)) = self.get(name) { money::minor(literal) } else { None };
        if minor.is_none() {
            self.flaw(name, "This value should be a number with at most 2 decimals.");
        }
        minor.unwrap_or_default()
    }

    pub(crate) fn amount(&self, name: &'static str) -> Amount {
        let Some(reader) = self.object(name) else {
            self.flaw(name, "This value should not be blank.");
            return Amount::default();
        };
        let amount = Amount { net: reader.decimal("net"), gross: reader.decimal("gross"), tax: reader.decimal("tax") };
        if amount.net + amount.tax != amount.gross {
            reader.flaw("gross", "The gross amount should be the sum of net and tax.");
        }
        if amount.net < 0 || amount.tax < 0 {
            reader.flaw("net", "This value should be either positive or zero.");
        }
        reader.end();
        amount
    }

    /// An amount above zero.
    pub(crate) fn positive(&self, name: &'static str) -> Amount {
        let amount = self.amount(name);
        if amount.gross <= 0 {
            self.flaw(name, "This value should be positive.");
        }
        amount
    }

    /// A nested object, if it is there.
    pub(crate) fn object(&self, name: &'static str) -> Option<Reader<'a>> {
        let object = self.get(name)?;
        let reader = Reader { object, path: self.source(name), flaws: self.flaws, asked: RefCell::default() };
        reader.expect_object();
        Some(reader)
    }

    /// A nested object that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Option<Reader<'a>> {
        let reader = self.object(name);
        if reader.is_none() {
            self.flaw(name, "This value should not be blank.");
        }
        reader
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| *value != Json::Null)
    }

    /// The objects of a list.
    pub(crate) fn list(&self, name: &'static str) -> Vec<Reader<'a>> {
        let items = match self.get(name) {
            None => return Vec::new(),
            Some(Json::List(items)) => items,
            Some(_) => {
                self.flaw(name, "This value should be of type array.");
                return Vec::new();
            }
        };
        let reader = |(place, object): (usize, &'a Json)| {
            let path = self.source(&format!("{name}[{place}]"));
            let reader = Reader { object, path, flaws: self.flaws, asked: RefCell::default() };
            reader.expect_object();
            reader
        };
        items.iter().enumerate().map(reader).collect()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, name: &'static str) -> Vec<String> {
        match self.get(name) {
            None => Vec::new(),
            Some(Json::List(items)) if items.iter().all(|item| item.text().is_some()) => {
                items.iter().filter_map(Json::text).map(str::to_owned).collect()
            }
            Some(_) => {
                self.flaw(name, "This value should be an array of strings.");
                Vec::new()
            }
        }
    }

    /// Refuses whatever was not asked for.
    pub(crate) fn end(self) {
        let asked = self.asked.borrow();
        let unknown = self.object.pairs().iter().filter(|(key, _)| !asked.contains(&key.as_str()));
        for (key, _) in unknown {
            self.flaw(key, "This field was not expected.");
        }
    }
}
