//! Reads a body strictly: every field is asked for by name, and what nobody asked for is refused.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use crate::amount::{Amount, Units};
use crate::json::Json;
use crate::message::Answer;
use crate::money;

/// Longer texts are refused unless the field allows more.
const MAX_TEXT: usize = 255;

/// No sum of the sandboxes is higher.
const MAX_MINOR: i64 = 1_000_000_000_000;

/// One thing that is wrong, with the path of the field.
pub(crate) struct Flaw {
    pub(crate) title: String,
    pub(crate) source: String,
}

/// The flaws found so far in one body.
#[derive(Default)]
pub(crate) struct Flaws(RefCell<Vec<Flaw>>);

impl Flaws {
    pub(crate) fn add(&self, source: &str, title: &str) {
        self.0.borrow_mut().push(Flaw { title: title.to_owned(), source: source.to_owned() });
    }

    /// The refusal as the provider words it, unless there is nothing to refuse.
    pub(crate) fn verdict(self, refuse: impl FnOnce(&[Flaw]) -> Answer) -> Result<(), Answer> {
        let flaws = self.0.into_inner();
        if flaws.is_empty() { Ok(()) } else { Err(refuse(&flaws)) }
    }
}

/// One object of a body.
pub(crate) struct Reader<'a> {
    object: &'a Json,
    path: String,
    flaws: &'a Flaws,
    units: Units,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    /// The body itself.
    pub(crate) fn new(object: &'a Json, flaws: &'a Flaws) -> Self {
        Self::with_units(object, flaws, Units::Decimals)
    }

    /// A body whose net, tax and gross are written in these units.
    pub(crate) fn with_units(object: &'a Json, flaws: &'a Flaws, units: Units) -> Self {
        let reader = Self { object, path: String::new(), flaws, units, asked: RefCell::default() };
        reader.expect_object();
        reader
    }

    /// The object itself.
    pub(crate) fn raw(&self) -> &'a Json {
        self.object
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
        self.limited(name, MAX_TEXT)
    }

    /// The same with a length of its own.
    pub(crate) fn limited(&self, name: &'static str, max: usize) -> Option<String> {
        match self.get(name)? {
            Json::Text(text) if text.chars().count() <= max => Some(text.clone()),
            Json::Text(_) => {
                self.flaw(name, &format!("This value is too long. It should have {max} characters or less."));
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

    pub(crate) fn flag(&self, name: &'static str) -> Option<bool> {
        match self.get(name) {
            Some(Json::Bool(value)) => return Some(*value),
            None => {}
            Some(_) => self.flaw(name, "This value should be of type bool."),
        }
        None
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
        let part = |name| match self.units {
            Units::Decimals => reader.decimal(name),
            Units::Minor => reader.whole(name, 0..=MAX_MINOR),
        };
        let amount = Amount { net: part("net"), gross: part("gross"), tax: part("tax") };
        if self.units == Units::Minor {
            reader.currency();
        }
        if amount.net + amount.tax != amount.gross {
            reader.flaw("gross", "The gross amount should be the sum of net and tax.");
        }
        if amount.net < 0 || amount.tax < 0 {
            reader.flaw("net", "This value should be either positive or zero.");
        }
        reader.end();
        amount
    }

    /// The currency of an amount, the euro when it is left out.
    fn currency(&self) {
        if !matches!(self.optional("currency").as_deref(), None | Some("EUR")) {
            self.flaw("currency", "The value you selected is not a valid choice.");
        }
    }

    /// A positive sum without its parts, as `{ currency, amount }` in minor units.
    pub(crate) fn sum(&self, name: &'static str) -> i64 {
        let Some(reader) = self.required(name) else { return 0 };
        reader.text("currency");
        reader.currency();
        let sum = reader.whole("amount", 1..=MAX_MINOR);
        reader.end();
        sum
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
        let reader =
            Reader { object, path: self.source(name), flaws: self.flaws, units: self.units, asked: RefCell::default() };
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

    /// Whether a field is there that may be missing or null.
    pub(crate) fn maybe(&self, name: &'static str) -> bool {
        self.get(name).is_some()
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
            let reader = Reader { object, path, flaws: self.flaws, units: self.units, asked: RefCell::default() };
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
