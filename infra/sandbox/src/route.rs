//! Paths with ids in them.

/// Method, pattern, name of the call; a segment in braces stands for an id.
pub(crate) type Route = (&'static str, &'static str, &'static str);

/// The call of a request, and the id in its path (empty when it has none).
pub(crate) fn find<'a>(routes: &[Route], method: &str, path: &'a str) -> Option<(&'static str, &'a str)> {
    let mut fitting = routes.iter().filter(|(verb, ..)| *verb == method);
    fitting.find_map(|(_, pattern, name)| Some((*name, fits(pattern, path)?)))
}

/// The id in a path that fits the pattern: the last one, empty when there is none.
pub(crate) fn fits<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let mut id = "";
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(id),
            (Some(part), Some(segment)) if part.starts_with('{') && !segment.is_empty() => id = segment,
            (Some(part), Some(segment)) if part == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_whole_or_not_at_all() {
        assert_eq!(fits("/orders/{id}/cancel", "/orders/7/cancel"), Some("7"));
        assert_eq!(fits("/orders", "/orders"), Some(""));
        for path in ["/orders//cancel", "/orders/7", "/orders/7/cancel/", "orders/7/cancel", "/Orders/7/cancel"] {
            assert_eq!(fits("/orders/{id}/cancel", path), None, "{path}");
        }
    }
}
