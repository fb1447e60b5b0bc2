//! From bytes to typed requests, with the field and the rule when it does not work.

use payment::{Fingerprint, IdempotencyKey, PaymentId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::problem::{FieldError, Problem, ProblemCode};

/// Reads a JSON body into its type. An empty body is an empty object.
pub(crate) fn body<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, Problem> {
    let broken = |place: String| Problem::new(ProblemCode::InvalidJson, format!("The body is not valid JSON{place}."));
    let text = std::str::from_utf8(bytes).map_err(|_| broken(": it is not UTF-8".to_owned()))?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    // Syntax first, so that broken JSON is told from JSON that breaks a rule.
    let raw: Value = serde_json::from_str(text)
        .map_err(|error| broken(format!(" at line {}, column {}", error.line(), error.column())))?;
    if !raw.is_object() {
        return Err(Problem::at(ProblemCode::ValidationFailed, "", "must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed: T = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| Problem::with_errors(ProblemCode::ValidationFailed, vec![broken_in::<T>(&raw, &error)]))?;
    let typed = serde_json::to_value(&parsed).map_err(Problem::unavailable)?;
    match list_for_object(&raw, &typed, String::new()) {
        Some(pointer) => Err(Problem::at(ProblemCode::ValidationFailed, pointer, "must be an object")),
        None => Ok(parsed),
    }
}

/// What is told where a type complains of a value in words of its own, since they may repeat the value.
const NOT_VALID: &str = "is not valid";

/// What parsers expect, by the beginning of how they say it, and what our callers are told. Of the numbers in requests only
/// amounts are signed, only quantities have 32 bits, and only days have 16.
const RULES: [(&str, &str); 14] = [
    ("struct ", "must be an object"),
    ("a map", "must be an object"),
    ("a sequence", "must be an array"),
    ("a boolean", "must be true or false"),
    // Where a word of a list is wanted.
    ("string", "must be a string"),
    ("unit", "must be a string"),
    ("i64", "must be a whole number of minor units, as 12600 for 126.00"),
    ("u32", "must be a whole number from 1 to 1000000"),
    ("u16", "must be a whole number from 1 to 65535"),
    ("a nonzero u16", "must be a whole number from 1 to 65535"),
    ("a timestamp string", "must be a time, as 2026-01-31T08:30:00Z"),
    ("a string representing an URL", "must be a whole address, as https://shop.example/thanks"),
    ("IP address", "must be an IP address"),
    ("one of `AED`", "must be an ISO 4217 code in capitals, as EUR"),
];

/// The field that is wrong in a document, and the rule. A type that complains in words of its own is shown a value of
/// another kind, so that it says what it expects.
fn broken_in<T: DeserializeOwned>(raw: &Value, error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let (mut raw, mut field) = (raw.clone(), broken_field(error));
    while field.detail == NOT_VALID {
        match raw.pointer_mut(&field.pointer) {
            Some(value) if !value.is_boolean() => *value = Value::Bool(false),
            _ => break,
        }
        match serde_path_to_error::deserialize::<_, T>(&raw) {
            Err(error) => field = broken_field(&error),
            Ok(_) => break,
        }
    }
    field
}

/// The field that is wrong, and the rule, in a parser's error.
pub(crate) fn broken_field(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let (at, text) = (pointer(error.path()), error.inner().to_string());
    let of_object = [("missing field `", "is required"), ("duplicate field `", "must be given once only")];
    let named = of_object.into_iter().find_map(|(start, rule)| {
        let (name, _) = text.strip_prefix(start)?.split_once('`')?;
        Some(FieldError { pointer: format!("{at}/{name}"), detail: rule.to_owned() })
    });
    named.unwrap_or_else(|| FieldError { pointer: at, detail: rule(&text) })
}

/// Where a list stands in the place of an object: serde would read its elements as the fields in their order.
fn list_for_object(raw: &Value, typed: &Value, pointer: String) -> Option<String> {
    match (raw, typed) {
        (Value::Array(_), Value::Object(_)) => Some(pointer),
        (Value::Object(raw), Value::Object(typed)) => {
            raw.iter().find_map(|(name, raw)| list_for_object(raw, typed.get(name)?, format!("{pointer}/{name}")))
        }
        (Value::Array(raw), Value::Array(typed)) => {
            let mut pairs = raw.iter().zip(typed).enumerate();
            pairs.find_map(|(i, (raw, typed))| list_for_object(raw, typed, format!("{pointer}/{i}")))
        }
        _ => None,
    }
}

/// The rule in a parser's message, in our words, without the value that broke it and without the place in the text.
fn rule(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(before, _)| before);
    // serde writes what it found before the last ", expected …"; what was found may be anything, a name for example.
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    if text.starts_with("unknown field") {
        let fields = expected.map(|fields| fields.strip_prefix("one of ").unwrap_or(fields));
        return fields
            .map_or_else(|| "is no field here".to_owned(), |known| format!("is none of the fields here: {known}"));
    }
    let repeats = ["invalid type", "invalid value", "invalid length", "unknown variant"];
    let expected = match expected.filter(|_| repeats.iter().any(|start| text.starts_with(start))) {
        None if text == "expected value" => Some("string"),
        expected => expected,
    };
    if let Some(expected) = expected {
        let ours = RULES.iter().find(|(start, _)| expected.starts_with(start));
        return ours.map_or_else(|| format!("must be {expected}"), |(_, rule)| (*rule).to_owned());
    }
    // Only our own types are known to repeat no value.
    let own = ["must ", "has "].iter().any(|start| text.starts_with(start));
    if own { text.to_owned() } else { NOT_VALID.to_owned() }
}

/// The JSON pointer of a place.
fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => "/?".to_owned(),
    };
    path.iter().map(segment).collect()
}

/// The fingerprint of a parsed request.
pub(crate) fn fingerprint<T: Serialize>(request: &T) -> Result<Fingerprint, Problem> {
    Fingerprint::of(request).map_err(Problem::unavailable)
}

/// The caller's key.
pub(crate) fn key(header: Option<&str>) -> Result<IdempotencyKey, Problem> {
    let Some(text) = header else {
        let detail = "Send an Idempotency-Key header of 1 to 255 visible ASCII characters; use the same one to retry.";
        return Err(Problem::new(ProblemCode::MissingIdempotencyKey, detail));
    };
    text.parse().map_err(|error| Problem::new(ProblemCode::InvalidIdempotencyKey, format!("Idempotency-Key {error}.")))
}

/// A payment id of the path; a text that is none cannot be a payment.
pub(crate) fn payment_id(text: &str) -> Result<PaymentId, Problem> {
    text.parse().map_err(|_| Problem::payment_not_found())
}

#[cfg(test)]
mod tests {
    use super::*;
    use payment::Order;

    #[test]
    fn an_unknown_field_is_named_and_no_value_is_repeated() {
        let problem = body::<Order>(br#"{"provider":"x","reference":17,"amount":"SECRET"}"#).err().unwrap();
        let text = problem.to_json("r").to_string();
        assert!(text.contains("/reference"), "{text}");
        assert!(!text.contains("17") && !text.contains("SECRET"), "{text}");
    }

    #[test]
    fn broken_json_is_told_from_a_broken_rule() {
        let code = |bytes: &[u8]| body::<Order>(bytes).err().unwrap().code();
        assert_eq!(code(b"{"), ProblemCode::InvalidJson);
        assert_eq!(code(b"{} x"), ProblemCode::InvalidJson);
        assert_eq!(code(b"{\"a\":1}"), ProblemCode::ValidationFailed);
        assert_eq!(code(b"[]"), ProblemCode::ValidationFailed);
    }

    #[test]
    fn a_wrong_kind_is_told_in_the_words_of_the_api() {
        let minor_units = "must be a whole number of minor units, as 12600 for 126.00";
        let address = "must be a whole address, as https://shop.example/thanks";
        let date = "must be a date, as 1990-01-31";
        for (document, pointer, rule) in [
            (r#"{"amount":126.00}"#, "/amount", minor_units),
            (r#"{"amount":"12600"}"#, "/amount", minor_units),
            (r#"{"lines":[{"unit_price":1e30}]}"#, "/lines/0/unit_price", minor_units),
            (r#"{"lines":[{"quantity":1.5}]}"#, "/lines/0/quantity", "must be a whole number from 1 to 1000000"),
            (r#"{"lines":{}}"#, "/lines", "must be an array"),
            (r#"{"payment_terms_days":70000}"#, "/payment_terms_days", "must be a whole number from 1 to 65535"),
            (r#"{"return_url":"/return"}"#, "/return_url", address),
            (r#"{"return_url":17}"#, "/return_url", address),
            (r#"{"buyer":{"person":{"birth_date":"31-01-1990"}}}"#, "/buyer/person/birth_date", date),
            (r#"{"buyer":{"person":{"birth_date":"1990"}},"return_url":"/"}"#, "/buyer/person/birth_date", date),
            (r#"{"buyer":{"ip_address":"1.2.3"}}"#, "/buyer/ip_address", "must be an IP address"),
            (r#"{"buyer":17}"#, "/buyer", "must be an object"),
            (r#"{"provider":"x","provider":"x"}"#, "/provider", "must be given once only"),
            (r#"{"buyer":{"kind":"person","kind":"person"}}"#, "/buyer/kind", "must be given once only"),
            (r#"{"currency":"eur"}"#, "/currency", "must be an ISO 4217 code in capitals, as EUR"),
            (r#"{"currency":978}"#, "/currency", "must be a string"),
            (r#"{"capture":"now"}"#, "/capture", "must be `manual` or `automatic`"),
            (
                r#"{"billing_address":{"town":"x"}}"#,
                "/billing_address/town",
                "is none of the fields here: `street`, `house_number`, `house_number_addition`, `postal_code`, `city`, `country`",
            ),
        ] {
            let told = body::<Order>(document.as_bytes()).err().unwrap();
            assert_eq!(told.detail(), format!("{pointer} {rule}"), "{document}");
        }
    }
}
