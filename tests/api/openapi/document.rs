//! Routes, statuses, problem codes and references.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service::ProblemCode;
use tests::Contract;
use tests::contract::Operation;

/// The route of a documented address: what may be asked of an order has one route, and each a body of its own.
fn routed(path: &str) -> String {
    let asked = path.strip_prefix("/v1/payments/{id}/orders/");
    asked.map_or_else(|| path.to_owned(), |_| "/v1/payments/{id}/orders/{action}".to_owned())
}

#[test]
fn every_route_of_the_template_is_documented_and_the_other_way_round() {
    let template = local::Routes::of_template().unwrap();
    let routes: BTreeSet<_> =
        template.iter().map(|r| (r.method.to_ascii_uppercase(), r.path.clone(), r.authorized)).collect();
    let authorized = |o: &Operation<'_>| o.value.get("security") != Some(&json!([]));
    let told: BTreeSet<_> =
        Contract::get().operations().map(|o| (o.method.to_owned(), routed(o.path), authorized(&o))).collect();
    assert_eq!(told, routes, "left: openapi.yaml, right: template.yaml; the third is whether a key is needed");
}

#[test]
fn every_problem_code_is_documented_with_its_status() {
    let responses = Contract::get().document()["components"]["responses"].as_object().unwrap();
    let mut told: BTreeSet<(u64, String)> = BTreeSet::new();
    for response in responses.values() {
        let fields = &response["content"]["application/problem+json"]["schema"]["properties"];
        for code in fields["code"]["enum"].as_array().into_iter().flatten() {
            told.insert((fields["status"]["const"].as_u64().unwrap(), code.as_str().unwrap().to_owned()));
        }
    }
    let known = ProblemCode::ALL.iter().map(|code| (u64::from(code.status()), code.as_str().to_owned()));
    assert_eq!(told, known.collect());
}

#[test]
fn every_operation_refers_to_answers_of_the_status_that_it_names() {
    for operation in Contract::get().operations() {
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            let response = Contract::get().resolve(response);
            let schema = &response["content"]["application/problem+json"]["schema"]["properties"]["status"]["const"];
            let place = format!("{} {} {status}", operation.method, operation.path);
            assert!(
                schema.is_null() || schema.as_u64() == status.parse().ok(),
                "{place} refers to an answer of status {schema}"
            );
            assert_eq!(schema.is_null(), status.as_str() < "400", "{place}");
            assert!(response["headers"]["Request-Id"].is_object(), "{place} has no Request-Id");
        }
    }
}

#[test]
fn every_post_of_a_checkout_asks_for_an_idempotency_key() {
    for operation in Contract::get().operations().filter(|o| o.method == "POST") {
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        let asks = parameters.map(|p| Contract::get().resolve(p)).any(|p| p["name"] == "Idempotency-Key");
        let public = operation.value.get("security") == Some(&json!([]));
        assert_eq!(asks, !public, "POST {}", operation.path);
    }
}

#[test]
fn every_reference_points_at_something_and_nothing_is_left_over() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|part| collect(part, found));
            }
            Value::Array(items) => items.iter().for_each(|part| collect(part, found)),
            _ => {}
        }
    }
    let document = Contract::get().document();
    let mut used = BTreeSet::new();
    collect(document, &mut used);
    for reference in &used {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} points at nothing");
    }
    for part in ["schemas", "responses", "parameters", "headers", "examples"] {
        for name in document["components"][part].as_object().unwrap().keys() {
            let reference = format!("#/components/{part}/{name}");
            // Consumers look these up by themselves: events are no answers, and any address may give these two.
            let of_its_own = ["Event", "RouteNotFound", "MethodNotAllowed"].contains(&name.as_str());
            assert!(used.contains(&reference) || of_its_own, "nobody refers to {reference}");
        }
    }
}

/// Generators of clients read no boolean schema, and of a schema that builds on one other they forget what is beside it.
#[test]
fn every_schema_is_one_that_generators_of_clients_read() {
    fn look(value: &Value, at: &str, found: &mut Vec<String>) {
        let part =
            |(name, part): (&String, &Value), found: &mut Vec<String>| look(part, &format!("{at}/{name}"), found);
        match value {
            Value::Object(fields) => {
                if fields.get("schema").is_some_and(Value::is_boolean) {
                    found.push(format!("{at}/schema is a boolean"));
                }
                fields.iter().for_each(|field| part(field, found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| part((&i.to_string(), item), found));
            }
            _ => {}
        }
    }
    let document = Contract::get().document();
    let mut found = Vec::new();
    look(document, "", &mut found);
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut built_on = schema["allOf"].as_array().into_iter().flatten();
        if built_on.any(|part| part["$ref"].is_string()) && schema.get("properties").is_some() {
            found.push(format!("{name} lists its own fields beside allOf"));
        }
    }
    assert_eq!(found, [""; 0]);
}
