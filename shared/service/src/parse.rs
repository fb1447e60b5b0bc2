//! From bytes to typed requests, with the field and the rule when it does not work.

use payment::{Fingerprint, IdempotencyKey, PaymentId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::problem::{Problem, ProblemCode};

/// Reads a JSON body into its type. An empty body is an empty object.
pub(crate) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    // Syntax first, so that broken JSON is told from JSON that breaks a rule.
    let mut syntax = serde_json::Deserializer::from_slice(bytes);
    let whole = <serde::de::IgnoredAny as serde::Deserialize>::deserialize(&mut syntax).and_then(|_| syntax.end());
    whole.map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::new(ProblemCode::InvalidJson, format!("The body is not valid JSON at {place}."))
    })?;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| Problem::at(ProblemCode::ValidationFailed, pointer(error.path()), rule(error.inner())))
}

/// The rule in a parser's message, without the value that broke it and without the place in the text.
pub(crate) fn rule(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    // serde writes what it found before ", expected …"; what was found may be anything, a name for example.
    let found_value = text.starts_with("invalid type") || text.starts_with("invalid value");
    match text.split_once(", expected ") {
        Some((_, expected)) if found_value => format!("must be {expected}"),
        _ if text.starts_with("unknown variant") => {
            let expected = text.split_once("expected ").map_or("one of the known words", |(_, words)| words);
            format!("must be {expected}")
        }
        // Only our own types and serde's structural messages are known to repeat no value.
        _ if ["must ", "missing field", "unknown field", "duplicate field", "has "]
            .iter()
            .any(|own| text.starts_with(own)) =>
        {
            text.to_owned()
        }
        _ => text.strip_prefix("expected ").map_or_else(|| "is not valid".to_owned(), |rest| format!("must be {rest}")),
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
