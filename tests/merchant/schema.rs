//! `infra/merchant.schema.json` says what `runtime` accepts, no more and no less.

use std::collections::BTreeSet;
use std::path::PathBuf;

use providers::{REGISTRY, Registered, Transport};
use runtime::FixedMerchants;
use serde_json::{Map, Value, json};

fn infra(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A merchant with an account at every provider and every field there is.
fn full() -> Value {
    let schema = infra("merchant.schema.json");
    let account = |known: &Registered| {
        let provider = known.capabilities.provider;
        let example = &schema["$defs"]["accounts"]["properties"][provider]["examples"][0];
        assert!(example.is_object(), "the schema has no example of an account at {provider}");
        (provider.to_owned(), example.clone())
    };
    json!({
        "merchant": "my-shop",
        "livemode": false,
        "disabled": false,
        "api_keys": [
            { "label": "checkout", "scope": "checkout", "sha256": "0".repeat(64) },
            { "label": "desk", "scope": "operator", "sha256": "1".repeat(64) },
        ],
        "accounts": REGISTRY.iter().map(account).collect::<Map<_, _>>(),
    })
}

/// Whether the reader accepts it, and whether the schema does.
struct Judges(jsonschema::Validator);

impl Judges {
    fn new() -> Self {
        Self(jsonschema::validator_for(&infra("merchant.schema.json")).unwrap())
    }

    fn judge(&self, document: &Value) -> (Result<(), String>, bool) {
        let read = FixedMerchants::from_json(&document.to_string(), &Transport::default());
        (read.map(drop).map_err(|faults| faults.to_string()), self.0.is_valid(document))
    }
}

/// The pointers of everything in a document but itself.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect(),
        _ => Vec::new(),
    };
    for (place, child) in children {
        found.push(place.clone());
        places(child, &place, found);
    }
}

/// Whether a fault's pointer leads to a place: to its field, or to the field of the account that it is a part of.
fn points_at(pointer: &str, place: &str) -> bool {
    let depth = |pointer: &str| pointer.matches('/').count();
    place.starts_with(pointer.rsplit_once('/').unwrap().0) && depth(pointer) >= depth(place).min(4)
}

fn parent<'a>(document: &'a mut Value, place: &str) -> (Option<&'a mut Map<String, Value>>, String) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    (document.pointer_mut(parent).unwrap().as_object_mut(), name.to_owned())
}

#[test]
fn the_documented_merchants_are_accepted_by_both() {
    for (name, document) in [("example", infra("merchant.example.json")), ("full", full())] {
        let array = json!([document]);
        for document in [document, array] {
            assert_eq!(Judges::new().judge(&document), (Ok(()), true), "{name}");
        }
    }
}

#[test]
fn reader_and_schema_agree_on_every_missing_misspelt_and_mistyped_field() {
    let (judges, good) = (Judges::new(), json!([full()]));
    let mut found = Vec::new();
    places(&good, "", &mut found);
    let mut refused = 0;
    for place in &found {
        let mut broken = Vec::new();
        let mut missing = good.clone();
        if let (Some(fields), name) = parent(&mut missing, place) {
            let value = fields.remove(&name).unwrap();
            let mut misspelt = missing.clone();
            parent(&mut misspelt, place).0.unwrap().insert(format!("{name}x"), value);
            broken.extend([("missing", missing), ("misspelt", misspelt)]);
        }
        for (how, value) in [
            ("null", Value::Null),
            ("a number", json!(-17)),
            ("a switch", json!(true)),
            ("an empty text", json!("")),
            ("another text", json!("s3cret :{}")),
            ("an empty list", json!([])),
            ("a list", json!(["s3cret"])),
            ("an object", json!({ "s3cret": 1 })),
        ] {
            let mut document = good.clone();
            *document.pointer_mut(place).unwrap() = value;
            broken.push((how, document));
        }
        for (how, document) in broken {
            let (read, valid) = judges.judge(&document);
            assert_eq!(read.is_ok(), valid, "{place}, {how}: the reader says {read:?}");
            let Err(told) = read else { continue };
            refused += 1;
            assert!(points_at(told.split(' ').next().unwrap(), place), "{place}, {how}: {told}");
            let values = told.contains("s3cret") && how != "an object";
            assert!(!values, "{place}, {how}: {told}");
        }
    }
    assert!(refused > 500, "only {refused} documents were refused");
}

#[test]
fn every_provider_and_every_field_that_its_reader_knows_is_in_the_schema() {
    let schema = infra("merchant.schema.json");
    let names = |pointer: &str| -> BTreeSet<String> {
        schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_object().unwrap().keys().cloned().collect()
    };
    let known: BTreeSet<String> = REGISTRY.iter().map(|one| one.capabilities.provider.to_owned()).collect();
    assert_eq!(names("/$defs/accounts/properties"), known);
    for provider in known {
        let at = format!("/$defs/accounts/properties/{provider}");
        let mut account = fields_of(&provider, "Account");
        account.insert("disabled".to_owned());
        assert_eq!(names(&format!("{at}/properties")), account, "{provider}");
        assert_eq!(names(&format!("{at}/examples/0")), account, "{provider}: the example has every field");
        let wire = fields_of(&provider, "Wire");
        assert_eq!(names(&format!("{at}/properties/wire/properties")), wire, "{provider}: wire");
        assert_eq!(names(&format!("{at}/examples/0/wire")), wire, "{provider}: the example's wire has every field");
    }
}

/// The names in JSON of the fields of a structure in a provider's `account.rs`, or in the one that this takes it from.
fn fields_of(provider: &str, structure: &str) -> BTreeSet<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/providers/src");
    let text = |folder: &str| std::fs::read_to_string(root.join(folder).join("account.rs")).unwrap();
    let own = text(provider);
    let common = own.split("use crate::").find_map(|used| used.split_once("::account;"));
    let found = find(&own, structure).or_else(|| find(&text(common?.0), structure));
    let found = found.unwrap_or_else(|| panic!("{provider} has no structure {structure}"));
    found
        .fields
        .iter()
        .map(|field| renamed(field).unwrap_or_else(|| field.ident.as_ref().unwrap().to_string()))
        .collect()
}

fn find(text: &str, structure: &str) -> Option<syn::ItemStruct> {
    syn::parse_file(text).unwrap().items.into_iter().find_map(|item| match item {
        syn::Item::Struct(found) if found.ident == structure => Some(found),
        _ => None,
    })
}

fn renamed(field: &syn::Field) -> Option<String> {
    let mut name = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute
            .parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
                }
                Ok(())
            })
            .unwrap();
    }
    name
}
