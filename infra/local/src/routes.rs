//! The route table, read from the deployment's template so that there is only one.

use serde_yaml_ng::Value;

/// The template that is deployed.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// The function's folder.
    pub function: String,
    /// Whether the authorizer must let the caller in first.
    pub authorized: bool,
}

/// Why the template is not a route table.
#[derive(Debug, thiserror::Error)]
pub enum RoutesError {
    /// Not YAML.
    #[error("template.yaml cannot be read")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// A part is missing.
    #[error("template.yaml: {0} is missing or of another kind")]
    Missing(String),
}

/// The route table.
#[derive(Debug, Clone)]
pub struct Routes(Vec<Route>);

/// What the table says about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// This route, with these path parameters.
    Route(&'a Route, Vec<(String, String)>),
    /// The path is known, the method is not.
    OtherMethod,
    /// Nothing.
    Nothing,
}

impl Routes {
    /// The routes of the template that this was built with.
    ///
    /// # Errors
    /// When the template is not as expected.
    pub fn of_template() -> Result<Self, RoutesError> {
        let template: Value = serde_yaml_ng::from_str(TEMPLATE)?;
        let resources = mapping(&template, "Resources")?;
        let mut routes = Vec::new();
        for (name, resource) in resources {
            if text(resource, "Type").ok() == Some("AWS::Serverless::Function") {
                let name = name.as_str().unwrap_or("a resource");
                of_function(resource, &mut routes).map_err(|error| match error {
                    RoutesError::Missing(what) => RoutesError::Missing(format!("{name}: {what}")),
                    other => other,
                })?;
            }
        }
        Ok(Self(routes))
    }

    /// The routes, in the order of the template.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }

    /// The methods that an address takes.
    pub(crate) fn methods(&self, path: &str) -> String {
        let matching = self.0.iter().filter(|route| parameters(&route.path, path).is_some());
        matching.map(|route| route.method.to_ascii_uppercase()).collect::<Vec<_>>().join(", ")
    }

    /// The route of a request; a literal segment wins over a parameter.
    pub(crate) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let mut matching: Vec<_> =
            self.0.iter().filter_map(|route| Some((route, parameters(&route.path, path)?))).collect();
        matching.sort_by_key(|(_, parameters)| parameters.len());
        if matching.is_empty() {
            return Found::Nothing;
        }
        let of_method = matching.into_iter().find(|(route, _)| route.method.eq_ignore_ascii_case(method));
        of_method.map_or(Found::OtherMethod, |(route, parameters)| Found::Route(route, parameters))
    }
}

fn of_function(resource: &Value, routes: &mut Vec<Route>) -> Result<(), RoutesError> {
    let properties = part(resource, "Properties")?;
    let folder = text(properties, "CodeUri")?;
    let Ok(events) = mapping(properties, "Events") else { return Ok(()) };
    for event in events.values().filter(|event| text(event, "Type").ok() == Some("HttpApi")) {
        let properties = part(event, "Properties")?;
        routes.push(Route {
            method: text(properties, "Method")?.to_owned(),
            path: text(properties, "Path")?.to_owned(),
            function: folder.trim_start_matches("functions/").trim_end_matches('/').to_owned(),
            authorized: text(part(properties, "Auth")?, "Authorizer")? != "NONE",
        });
    }
    Ok(())
}

fn part<'a>(value: &'a Value, name: &str) -> Result<&'a Value, RoutesError> {
    value.get(name).ok_or_else(|| RoutesError::Missing(name.to_owned()))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, RoutesError> {
    part(value, name)?.as_str().ok_or_else(|| RoutesError::Missing(name.to_owned()))
}

fn mapping<'a>(value: &'a Value, name: &str) -> Result<&'a serde_yaml_ng::Mapping, RoutesError> {
    part(value, name)?.as_mapping().ok_or_else(|| RoutesError::Missing(name.to_owned()))
}

/// The parameters of a path that fits a pattern.
fn parameters(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (expected, found) in pattern.into_iter().zip(path) {
        match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !found.is_empty() => parameters.push((name.to_owned(), found.to_owned())),
            Some(_) => return None,
            None if expected == found => {}
            None => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_route_table() {
        let routes = Routes::of_template().unwrap();
        let Found::Route(route, parameters) = routes.find("POST", "/v1/payments/pay_1/captures") else { panic!() };
        assert_eq!((route.function.as_str(), route.authorized), ("capture", true));
        assert_eq!(parameters, [("id".to_owned(), "pay_1".to_owned())]);
        assert_eq!(routes.find("DELETE", "/v1/payments"), Found::OtherMethod);
        assert_eq!(routes.find("GET", "/v1/nothing"), Found::Nothing);
    }
}
