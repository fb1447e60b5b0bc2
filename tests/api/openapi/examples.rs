//! Every example is valid.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::contract::Operation;
use tests::{Answer, Contract};

#[test]
fn every_example_is_valid() {
    let contract = Contract::get();
    let mut seen = BTreeMap::new();
    let shown = |described: &Value| -> Vec<Value> {
        let named = described["examples"].as_object().into_iter().flatten();
        named.map(|(_, example)| contract.resolve(example)["value"].clone()).collect()
    };
    for operation in contract.operations() {
        let place = format!("{} {}", operation.method, operation.path);
        for example in shown(&operation.value["requestBody"]["content"]["application/json"]) {
            assert_eq!(contract.request_errors(operation.method, operation.path, &example), [""; 0], "{place}");
            *seen.entry("request").or_insert(0) += 1;
        }
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            let response = contract.resolve(response);
            for (media_type, described) in response["content"].as_object().into_iter().flatten() {
                for example in shown(described) {
                    answer_is_documented(&operation, status.parse().unwrap(), media_type, example);
                    *seen.entry("answer").or_insert(0) += 1;
                }
            }
        }
    }
    for (name, schema) in contract.document()["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_eq!(contract.component_errors(name, example), [""; 0], "the example of {name}");
            *seen.entry("schema").or_insert(0) += 1;
        }
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count >= 5), "too few examples were found: {seen:?}");
}

fn answer_is_documented(operation: &Operation<'_>, status: u16, media_type: &str, body: Value) {
    let asked = format!("{} {}", operation.method, operation.path);
    let headers = [("content-type", media_type), ("request-id", "example"), ("cache-control", "no-store")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect();
    let answer = Answer { asked, status, headers, body };
    let errors = Contract::get().errors(operation.method, operation.path, None, &answer);
    assert_eq!(errors, [""; 0], "{}: {:#}", answer.asked, answer.body);
}
