//! The provider's own part of an order: documented name by name and value by value as its adapter takes it.

use std::collections::BTreeSet;

use providers::{Adapter, REGISTRY, Registered, Transport};
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Contract, Order, Site};

/// The name of the schema that an order's options have at this provider; none where there are no options.
fn schema(provider: &str) -> Option<&'static str> {
    let rules = Contract::get().document()["components"]["schemas"]["Order"]["allOf"].as_array().unwrap();
    let is_about = |rule: &&Value| rule["if"]["properties"]["provider"]["const"] == provider;
    let found: Vec<&Value> = rules.iter().filter(is_about).collect();
    let [rule] = found.as_slice() else {
        panic!("openapi.yaml: {} rules under Order/allOf say what options {provider} has", found.len())
    };
    let options = &rule["then"]["properties"]["options"];
    let name = options["$ref"].as_str().map(|reference| reference.rsplit('/').next().unwrap());
    assert!(name.is_some() || options["maxProperties"] == 0, "{provider}: {options}");
    name
}

fn described(schema: &str) -> &'static Value {
    &Contract::get().document()["components"]["schemas"][schema]
}

/// The options of the schema's examples.
fn examples(schema: &str) -> &'static [Value] {
    described(schema)["examples"].as_array().unwrap()
}

fn adapter(known: &Registered) -> Box<dyn Adapter> {
    let stand_in = sandbox::stand_in(known.capabilities.provider).unwrap();
    (known.open)(&(stand_in.account)("http://127.0.0.1:1"), Transport::default()).unwrap()
}

/// The provider's valid order with these options, about nothing where they are about no payment.
fn order(provider: &str, options: &Value) -> Order {
    let order = Order::at(provider);
    let order = if options["is_payment"] == false { order.of_amount(0) } else { order };
    order.with("/options", options.clone())
}

/// Where the rules of the provider are broken.
fn broken(known: &Registered, options: &Value) -> Vec<String> {
    let order = order(known.capabilities.provider, options);
    let order = serde_json::from_value(order.json().clone()).unwrap();
    adapter(known).broken_rules(&order).into_iter().map(|rule| rule.pointer).collect()
}

#[test]
fn every_option_of_a_provider_is_documented_and_no_other() {
    for known in REGISTRY {
        let provider = known.capabilities.provider;
        let fields = schema(provider).into_iter().flat_map(|name| described(name)["properties"].as_object().unwrap());
        let told: BTreeSet<&str> = fields.map(|(name, _)| name.as_str()).collect();
        let there = known.capabilities.options.iter().copied().collect();
        assert_eq!(told, there, "left: openapi.yaml, right: the capabilities; {provider}");
    }
}

#[test]
fn every_option_is_in_an_example_that_breaks_no_rule() {
    for known in REGISTRY {
        let Some(name) = schema(known.capabilities.provider) else { continue };
        let mut shown = BTreeSet::new();
        for example in examples(name) {
            assert_eq!(broken(known, example), [""; 0], "{name}: {example}");
            shown.extend(example.as_object().unwrap().keys().map(String::as_str));
        }
        assert_eq!(shown, known.capabilities.options.iter().copied().collect(), "the examples of {name}");
    }
}

/// Values of every shape, and every word that a schema lists.
fn values(schema: &str) -> Vec<Value> {
    let mut values = json!([null, true, false, 0, 1, -1, 1.5, "", "0", "1", "-1", "x", "1234567890", [], [1], {}]);
    let fields = described(schema)["properties"].as_object().unwrap().values();
    let words = fields.flat_map(|field| field["enum"].as_array().into_iter().flatten());
    values.as_array_mut().unwrap().extend(words.cloned());
    values.as_array().unwrap().clone()
}

/// Some values fit to some of the other options only: it is enough that an example takes them.
#[test]
fn an_option_takes_what_is_documented_of_it_and_nothing_else() {
    for known in REGISTRY {
        let Some(name) = schema(known.capabilities.provider) else { continue };
        for option in known.capabilities.options {
            let pointer = format!("/options/{option}");
            let must = known.capabilities.required_fields.contains(&pointer.as_str());
            let (mut taken, mut refused) = (0, 0);
            for value in values(name) {
                let changed: Vec<Value> = examples(name)
                    .iter()
                    .map(|example| Order::at(known.capabilities.provider).with("/options", example.clone()))
                    .map(|order| order.with(&pointer, value.clone()).json()["options"].clone())
                    .collect();
                let documented = changed.iter().any(|it| Contract::get().component_errors(name, it).is_empty());
                let fits = |options: &Value| !broken(known, options).contains(&pointer);
                let takes = changed.iter().any(fits) && !(must && value.is_null());
                assert_eq!(documented, takes, "left: openapi.yaml, right: the adapter; {name}: {option}: {value}");
                *if takes { &mut taken } else { &mut refused } += 1;
            }
            assert!(taken > 0 && refused > 0, "{name}: {option}: {taken} taken, {refused} refused");
        }
    }
}

#[tokio::test]
async fn an_option_that_there_is_not_is_refused_by_the_names_of_those_that_there_are() {
    let site = Site::start().await;
    for known in REGISTRY {
        let provider = known.capabilities.provider;
        let mut options = Order::at(provider).json().get("options").cloned().unwrap_or_else(|| json!({}));
        options["colour"] = Value::Null;
        let asked = site.api.post("/v1/payments", order(provider, &options).json()).await;
        let refused = asked.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(refused.pointers(), ["/options/colour"], "{provider}");
        let names = known.capabilities.options.join(", ");
        let there = if names.is_empty() { "none" } else { &names };
        assert!(refused.text("/detail").ends_with(there), "{provider}: {:#}", refused.body);
    }
}

#[tokio::test]
async fn every_order_of_the_examples_is_opened() {
    let site = Site::start().await;
    let operation = Contract::get().find("POST", "/v1/payments").unwrap();
    let examples = operation.value["requestBody"]["content"]["application/json"]["examples"].as_object().unwrap();
    for example in examples.values() {
        let _ = site.api.post("/v1/payments", &Contract::get().resolve(example)["value"]).await.expect(201);
    }
}
