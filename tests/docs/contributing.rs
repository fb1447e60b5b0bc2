//! What CONTRIBUTING.md asks for is there, and it asks for everything.

use std::collections::BTreeSet;

use crate::names::collect_all;
use crate::read;

/// The part of CONTRIBUTING.md about a new provider.
fn guide() -> String {
    let text = read("CONTRIBUTING.md");
    let (_, rest) = text.split_once("## Adding a provider\n").unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn a_new_provider_is_told_of_every_method_of_the_adapter() {
    let file = syn::parse_file(&read("shared/providers/src/adapter.rs")).unwrap();
    let adapter = file.items.into_iter().find_map(|item| match item {
        syn::Item::Trait(found) if found.ident == "Adapter" => Some(found),
        _ => None,
    });
    let methods = adapter.unwrap().items.into_iter().filter_map(|item| match item {
        syn::TraitItem::Fn(method) => Some(method.sig.ident.to_string()),
        _ => None,
    });
    let guide = guide();
    let told: BTreeSet<&str> = quoted(&guide).collect();
    let missing: Vec<String> = methods.filter(|name| !told.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md says nothing of {}", missing.join(", "));
}

#[test]
fn no_file_of_an_adapter_is_too_long_to_be_read_at_once() {
    let mut files = Vec::new();
    collect_all(&crate::root(), "shared/providers/src", &mut files);
    let code = files.iter().filter(|path| path.ends_with(".rs") && !path.contains("/tests"));
    let long: Vec<_> = code.filter(|path| read(path).lines().count() > 300 && path.matches('/').count() > 3).collect();
    assert!(long.is_empty(), "more than 300 lines: {long:?}");
}

/// A test is named by its module and its own name, after the word for its binary.
#[test]
fn every_test_that_the_guide_names_is_there() {
    let (guide, mut files) = (guide(), Vec::new());
    for folder in ["tests", "infra/local/src"] {
        collect_all(&crate::root(), folder, &mut files);
    }
    let named = quoted(&guide).filter_map(|words| words.rsplit_once([' ', ':']));
    let named: Vec<(&str, &str)> = named.filter(|(_, name)| name.matches('_').count() > 3).collect();
    assert!(named.len() > 10, "{named:?}");
    for (place, name) in named {
        let mut modules = place.split([' ', ':']).filter(|module| !["", "tests", "<name>"].contains(module));
        let module = modules.next_back().unwrap();
        let held = |path: &&String| path.contains(&format!("/{module}.rs")) || path.contains(&format!("/{module}/"));
        let there = files.iter().filter(held).any(|path| read(path).contains(&format!("fn {name}(")));
        assert!(there, "there is no test {name} in {place}");
    }
}
