//! Closing schemas: consumers must ignore fields that they do not know, but the service must not send any that are not
//! documented. So in the tests an object has the listed fields and no other.

use serde_json::{Map, Value, json};

/// Where the schemas are that are only closed below their first level, for use in `allOf`.
const SHALLOW: &str = "#/components/shallow/";
const SCHEMAS: &str = "#/components/schemas/";

/// The document with every schema closed.
pub(super) fn document(document: &Value) -> Value {
    let mut closed = document.clone();
    let schemas = document["components"]["schemas"].as_object().expect("openapi.yaml has schemas");
    let all = |top: bool| -> Map<String, Value> {
        schemas.iter().map(|(name, value)| (name.clone(), schema(value, top))).collect()
    };
    for part in ["paths", "components"] {
        contents(&mut closed[part]);
    }
    closed["components"]["schemas"] = Value::Object(all(true));
    closed["components"]["shallow"] = Value::Object(all(false));
    closed
}

/// Closes the schemas of all bodies.
fn contents(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, part) in fields {
                match (name.as_str(), part) {
                    ("content", Value::Object(media_types)) => {
                        for described in media_types.values_mut() {
                            described["schema"] = schema(&described["schema"], true);
                        }
                    }
                    // Names of examples and schemas are no keywords.
                    ("examples" | "schemas", _) => {}
                    (_, part) => contents(part),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(contents),
        _ => {}
    }
}

/// Closes a schema below its first level, and the first level too when it is on top.
fn schema(value: &Value, top: bool) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let mut closed = Map::new();
    for (keyword, part) in fields {
        let part = match keyword.as_str() {
            "$ref" if !top => json!(part.as_str().unwrap_or_default().replacen(SCHEMAS, SHALLOW, 1)),
            "properties" => each(part, |part| schema(part, true)),
            "items" | "additionalProperties" => schema(part, true),
            "allOf" => list(part, |part| schema(part, false)),
            "oneOf" | "anyOf" => list(part, |part| schema(part, top)),
            _ => part.clone(),
        };
        closed.insert(keyword.clone(), part);
    }
    let lists_fields = fields.contains_key("properties") || fields.contains_key("allOf");
    if top && lists_fields && !fields.contains_key("additionalProperties") {
        closed.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    Value::Object(closed)
}

fn each(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    let fields = value.as_object().into_iter().flatten();
    Value::Object(fields.map(|(name, part)| (name.clone(), change(part))).collect())
}

fn list(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    Value::Array(value.as_array().into_iter().flatten().map(change).collect())
}
