//! The public contract, `openapi.yaml`, as something that requests, answers and events are held against.

mod close;
mod lookup;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

use crate::Answer;
pub use lookup::Operation;

/// The document as it is published.
const DOCUMENT: &str = include_str!("../../../openapi.yaml");

/// Headers that belong to HTTP or to whoever carries it, and to no contract.
const OF_TRANSPORT: [&str; 8] = [
    "content-type",
    "content-length",
    "date",
    "connection",
    "keep-alive",
    "server",
    "transfer-encoding",
    "apigw-requestid",
];

/// The contract.
pub struct Contract {
    document: Value,
    /// The same with every object closed: what is not listed is an error.
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// The contract that this was built with.
    #[must_use]
    pub fn get() -> &'static Self {
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        CONTRACT.get_or_init(|| {
            let document: Value = serde_yaml_ng::from_str(DOCUMENT).expect("openapi.yaml is YAML");
            Self { closed: close::document(&document), document, validators: Mutex::default() }
        })
    }

    /// The document as it is published.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// The words of an enum, by the name of its schema.
    #[must_use]
    pub fn words(&self, schema: &str) -> Vec<String> {
        let words = self.document["components"]["schemas"][schema]["enum"].as_array();
        let words = words.unwrap_or_else(|| panic!("openapi.yaml: {schema} is no enum"));
        words.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What the contract says against an answer, and against the request's body when the service took it.
    #[must_use]
    pub fn errors(&self, method: &str, path: &str, sent: Option<&Value>, answer: &Answer) -> Vec<String> {
        let mut errors = self.answer_errors(method, path, answer);
        if let (Some(sent), 200..=299) = (sent, answer.status) {
            let taken = self.request_errors(method, path, sent);
            errors.extend(
                taken.into_iter().map(|error| format!("the service took a request that is not allowed: {error}")),
            );
        }
        errors
    }

    /// What the contract says against a request's body.
    #[must_use]
    pub fn request_errors(&self, method: &str, path: &str, body: &Value) -> Vec<String> {
        let Some(operation) = self.find(method, path) else {
            return vec![format!("{method} {path} is not documented")];
        };
        let schema = operation.value.pointer("/requestBody/content/application~1json/schema");
        let Some(schema) = schema else { return vec![format!("{method} {} takes no body", operation.path)] };
        self.schema_errors(&format!("{method} {}", operation.path), schema, body)
    }

    /// What the contract says against an event.
    #[must_use]
    pub fn event_errors(&self, event: &Value) -> Vec<String> {
        self.component_errors("Event", event)
    }

    /// What a schema of the components says against a value.
    #[must_use]
    pub fn component_errors(&self, name: &str, value: &Value) -> Vec<String> {
        self.schema_errors(name, &self.closed["components"]["schemas"][name], value)
    }

    fn answer_errors(&self, method: &str, path: &str, answer: &Answer) -> Vec<String> {
        let Some((name, response)) = self.response(method, path, answer.status) else {
            return vec![format!("status {} is not documented", answer.status)];
        };
        let mut errors = self.header_errors(&name, response, answer);
        errors.extend(self.body_errors(&name, response, answer));
        errors
    }

    fn header_errors(&self, name: &str, response: &Value, answer: &Answer) -> Vec<String> {
        let mut errors = Vec::new();
        let documented: HashMap<String, &Value> = response["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_ascii_lowercase(), self.resolve(header)))
            .collect();
        for header in answer.headers.keys() {
            if !documented.contains_key(header.as_str()) && !OF_TRANSPORT.contains(&header.as_str()) {
                errors.push(format!("header {header} is not documented"));
            }
        }
        for (header, described) in documented {
            match answer.header(&header) {
                None if described["required"] == Value::Bool(true) => {
                    errors.push(format!("header {header} is missing"));
                }
                None => {}
                Some(text) => {
                    let value = Value::String(text.to_owned());
                    let found = self.schema_errors(&format!("{name} header {header}"), &described["schema"], &value);
                    errors.extend(found.into_iter().map(|error| format!("header {header}: {error}")));
                }
            }
        }
        errors
    }

    fn body_errors(&self, name: &str, response: &Value, answer: &Answer) -> Vec<String> {
        let Some(content) = response["content"].as_object() else {
            return if answer.body.is_null() { Vec::new() } else { vec!["there should be no body".to_owned()] };
        };
        let media_type = answer.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        match content.get(media_type) {
            Some(described) => self.schema_errors(&format!("{name} {media_type}"), &described["schema"], &answer.body),
            None => vec![format!("media type {media_type:?} is not documented")],
        }
    }

    fn schema_errors(&self, name: &str, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(name, schema);
        let told = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            format!("{}: {error}", if place.is_empty() { "the whole" } else { &place })
        };
        validator.iter_errors(value).map(told).collect()
    }

    fn validator(&self, name: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || {
            // `$ref`s point into the components, so these come along.
            let mut root: Map<String, Value> =
                schema.as_object().cloned().unwrap_or_else(|| panic!("{name}: no schema"));
            root.insert("components".to_owned(), self.closed["components"].clone());
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            let built = options.build(&Value::Object(root));
            Arc::new(built.unwrap_or_else(|error| panic!("openapi.yaml: {name}: {error}")))
        };
        validators.entry(name.to_owned()).or_insert_with(build).clone()
    }
}
