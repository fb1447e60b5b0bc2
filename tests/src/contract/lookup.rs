//! Finding the part of the document that a request or an answer is about.

use serde_json::Value;

use super::Contract;

/// One method of one path.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// In capitals.
    pub method: &'a str,
    /// With its parameters in braces.
    pub path: &'a str,
    /// What the document says about it; every object in it is closed.
    pub value: &'a Value,
}

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

impl Contract {
    /// Every documented method of every documented path.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.closed["paths"].as_object().expect("openapi.yaml has paths");
        paths.iter().flat_map(|(path, item)| {
            METHODS
                .into_iter()
                .filter_map(move |(word, method)| Some(Operation { method, path, value: item.get(word)? }))
        })
    }

    /// The operation of a request; a literal segment wins over a parameter. The query does not matter.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap_or_default();
        let fitting = self.operations().filter(|o| o.method == method && fits(o.path, path));
        fitting.min_by_key(|o| o.path.matches('{').count())
    }

    /// The documented answer with this status, and its name. An address that is not documented has the answers that
    /// every address has.
    pub(super) fn response(&self, method: &str, path: &str, status: u16) -> Option<(String, &Value)> {
        let everywhere = |name: &str| (name.to_owned(), &self.closed["components"]["responses"][name]);
        match (self.find(method, path), status) {
            (Some(operation), _) => {
                let response = operation.value["responses"].get(status.to_string())?;
                Some((format!("{method} {} {status}", operation.path), self.resolve(response)))
            }
            (None, 404) => Some(everywhere("RouteNotFound")),
            (None, 405) => Some(everywhere("MethodNotAllowed")),
            (None, _) => None,
        }
    }

    /// What a `$ref` points at; anything else is itself.
    #[must_use]
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else { return value };
        let target = reference.strip_prefix('#').and_then(|pointer| self.closed.pointer(pointer));
        target.unwrap_or_else(|| panic!("openapi.yaml: {reference} points at nothing"))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let same =
        |(expected, found): (&&str, &&str)| expected == found || (expected.starts_with('{') && !found.is_empty());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
}
