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
        .map_err(|error| Problem::with_errors(ProblemCode::ValidationFailed, vec![broken_field(&error)]))?;
    let typed = serde_json::to_value(&parsed).map_err(Problem::unavailable)?;
    match list_for_object(&raw, &typed, String::new()) {
        Some(pointer) => Err(Problem::at(ProblemCode::ValidationFailed, pointer, "must be an object")),
        None => Ok(parsed),
    }
}

/// The field that is wrong, and the rule, in a parser's error.
pub(crate) fn broken_field(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let (pointer, rule) = (pointer(error.path()), rule(error.inner()));
    match rule.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((name, _)) => FieldError { pointer: format!("{pointer}/{name}"), detail: "is required".to_owned() },
        None => FieldError { pointer, detail: rule },
    }
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

/// The rule in a parser's message, without the value that broke it and without the place in the text.
fn rule(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    // serde writes what it found before the last ", expected …"; what was found may be anything, a name for example.
    let repeats = ["invalid type", "invalid value", "invalid length", "unknown variant"];
    if repeats.iter().any(|start| text.starts_with(start)) {
        let expected = text.rsplit_once(", expected ").map(|(_, expected)| format!("must be {expected}"));
        return expected.unwrap_or_else(|| "is not valid".to_owned());
    }
    // Only our own types and serde's structural messages are known to repeat no value.
    let own = ["must ", "missing field", "unknown field", "duplicate field", "has "];
    match text.strip_prefix("expected ") {
        Some(rest) => format!("must be {rest}"),
        None if own.iter().any(|start| text.starts_with(start)) => text.to_owned(),
        None => "is not valid".to_owned(),
    }
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
    text.parse().map_err(|error| Problem::new(ProblemCode::InvalidIdempotencyKey, format!("Idempotency-Key: {error}.")))
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
}
