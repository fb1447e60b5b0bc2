//! Rules of an order: between its fields, and of its provider.

use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, Site};

use super::{Bench, SECRET, not_refused_at, nothing_found};

/// An order with one thing wrong, the code and the field.
type Case = (&'static str, Order, &'static str, &'static str);

/// As many lines and notes as there may be, each as long as it may be, of the longest characters.
fn of_many_bytes() -> Order {
    let long = |n: usize, length: usize| format!("{n:03}{}", "\u{1f4a9}".repeat(length - 3));
    let line = |n| json!({ "reference": long(n, 100), "name": "X", "kind": "goods", "quantity": 1, "unit_price": 63, "tax_rate": "21" });
    let lines: Vec<Value> = (0..200).map(line).collect();
    let notes: serde_json::Map<String, Value> = (0..50).map(|n| (long(n, 40), json!(long(n, 500)))).collect();
    Order::billie_pad().with("/lines", lines).with("/metadata", notes)
}

#[tokio::test]
async fn what_a_provider_requires_of_a_kind_of_buyer_is_asked_of_that_kind_alone() {
    let site = Site::start().await;
    for known in providers::REGISTRY {
        let capabilities = known.capabilities;
        let of = [("person", capabilities.required_of_person), ("business", capabilities.required_of_business)];
        for (kind, required) in of.into_iter().filter(|(_, required)| !required.is_empty()) {
            let company = json!({ "name": "Zeta B.V.", "registration_number": "12345678" });
            let order = Order::at(capabilities.provider).with("/buyer/kind", kind).with("/buyer/company", company);
            let birth =
                order.with("/buyer/person/birth_date", "1990-01-31").with("/buyer/person/phone", "+31612345678");
            for pointer in required {
                let refused = site.api.post("/v1/payments", birth.clone().without(pointer).json()).await;
                let refused = refused.expect_problem(ProblemCode::ValidationFailed);
                assert_eq!(refused.pointers(), [*pointer], "{} {kind}", capabilities.provider);
            }
            let other = if kind == "person" { "business" } else { "person" };
            let missing =
                required.iter().fold(birth.with("/buyer/kind", other), |order, pointer| order.without(pointer));
            let _ = site.api.post("/v1/payments", missing.json()).await.expect(201);
        }
    }
}

fn wrong_for_everybody() -> Vec<Case> {
    let good = Order::billie_pad;
    let line = |reference: &str, kind: &str, price: i64| json!({ "reference": reference, "name": "X", "kind": kind, "quantity": 1, "unit_price": price, "tax_rate": "21" });
    let many: serde_json::Map<String, Value> = (0..51).map(|i| (format!("k{i}"), json!("v"))).collect();
    vec![
        ("lines that sum up to less", good().with("/amount", 12_601), "lines_do_not_add_up", "/amount"),
        ("lines that sum up to more", good().with("/lines/1/unit_price", 501), "lines_do_not_add_up", "/amount"),
        ("one unit too many", good().with("/lines/0/quantity", 3), "lines_do_not_add_up", "/amount"),
        (
            "an amount of nothing",
            good().with("/amount", 0).with("/lines", json!([line("A", "goods", 0)])),
            "validation_failed",
            "/amount",
        ),
        (
            "a discount that is positive",
            good().with("/lines/1/kind", "discount"),
            "validation_failed",
            "/lines/1/unit_price",
        ),
        (
            "goods that are negative",
            good().with("/lines", json!([line("A", "goods", 1_000), line("B", "goods", -100)])).with("/amount", 900),
            "validation_failed",
            "/lines/1/unit_price",
        ),
        ("a line named twice", good().with("/lines/1/reference", "CHAIR"), "validation_failed", "/lines/1/reference"),
        (
            "a business without a company",
            good().with("/buyer/company", Value::Null),
            "validation_failed",
            "/buyer/company",
        ),
        ("an unknown provider", good().with("/provider", "zyzzyva"), "validation_failed", "/provider"),
        (
            "an e-mail address without a host",
            good().with("/buyer/person/email", "Zyzzyva@"),
            "validation_failed",
            "/buyer/person/email",
        ),
        (
            "an e-mail address with a space",
            good().with("/buyer/person/email", "Zyzzyva @x.example"),
            "validation_failed",
            "/buyer/person/email",
        ),
        ("a currency that does not exist", good().with("/currency", "ZYZ"), "validation_failed", "/currency"),
        (
            "a control character",
            good().with("/buyer/person/last_name", "Zyzzyva\u{7}"),
            "validation_failed",
            "/buyer/person/last_name",
        ),
        (
            "a line break in a street",
            good().with("/billing_address/street", "Zyzzyva\n1"),
            "validation_failed",
            "/billing_address/street",
        ),
        (
            "a day that does not exist",
            good().with("/buyer/person/birth_date", "1990-02-30"),
            "validation_failed",
            "/buyer/person/birth_date",
        ),
        (
            "a return address that is not https",
            good().with("/return_url", "http://zyzzyva.example/"),
            "validation_failed",
            "/return_url",
        ),
        (
            "a return address that is a script",
            good().with("/return_url", "javascript:Zyzzyva"),
            "validation_failed",
            "/return_url",
        ),
        (
            "no return address in the redirect flow",
            good().with("/return_url", Value::Null),
            "validation_failed",
            "/return_url",
        ),
        (
            "a term of more than a year",
            good().with("/payment_terms_days", 366),
            "validation_failed",
            "/payment_terms_days",
        ),
        ("51 notes", good().with("/metadata", many), "validation_failed", "/metadata"),
        (
            "a note with a long name",
            good().with("/metadata", json!({ "k".repeat(41): "v" })),
            "validation_failed",
            "/metadata",
        ),
        ("a note without a name", good().with("/metadata", json!({ "": "v" })), "validation_failed", "/metadata"),
        ("notes and lines of more bytes than a payment may have", of_many_bytes(), "validation_failed", "/metadata"),
        ("a long note", good().with("/metadata", json!({ "k": SECRET.repeat(72) })), "validation_failed", "/metadata"),
        (
            "a tax rate above a hundred",
            good().with("/lines/0/tax_rate", "100.01"),
            "validation_failed",
            "/lines/0/tax_rate",
        ),
        (
            "a sum beyond every number",
            good().with("/lines/0/unit_price", 100_000_000_000_i64).with("/lines/0/quantity", 1_000_000),
            "lines_do_not_add_up",
            "/amount",
        ),
    ]
}

fn wrong_for_a_provider() -> Vec<Case> {
    let (billie, buckaroo) = (Order::billie_pad, Order::buckaroo_billink);
    let young = jiff::Zoned::now().date().to_string();
    vec![
        (
            "a consumer at a provider for companies",
            billie().with("/buyer/kind", "person"),
            "validation_failed",
            "/buyer/kind",
        ),
        ("another currency", billie().with("/currency", "USD"), "validation_failed", "/currency"),
        (
            "automatic capture where there is none",
            billie().with("/capture", "automatic"),
            "not_supported_by_provider",
            "/capture",
        ),
        ("no customer number", billie().with("/buyer/reference", Value::Null), "validation_failed", "/buyer/reference"),
        (
            "no legal form",
            billie().with("/buyer/company/legal_form", Value::Null),
            "validation_failed",
            "/buyer/company/legal_form",
        ),
        (
            "no register number",
            billie().with("/buyer/company/registration_number", Value::Null),
            "validation_failed",
            "/buyer/company/registration_number",
        ),
        (
            "a term that is too long",
            billie().with("/payment_terms_days", 121),
            "validation_failed",
            "/payment_terms_days",
        ),
        ("options that it has not", billie().with("/options/zyzzyva", SECRET), "validation_failed", "/options"),
        ("a widget where there is none", buckaroo().with("/flow", "widget"), "not_supported_by_provider", "/flow"),
        (
            "another country",
            buckaroo().with("/billing_address/country", "DE"),
            "validation_failed",
            "/billing_address/country",
        ),
        (
            "delivery to another country",
            buckaroo().with(
                "/shipping_address",
                json!({ "street": "S", "house_number": "1", "postal_code": "1", "city": "C", "country": "DE" }),
            ),
            "validation_failed",
            "/shipping_address/country",
        ),
        ("more than a consumer may owe", buckaroo().of_amount(75_001), "validation_failed", "/amount"),
        (
            "no day of birth",
            buckaroo().without("/buyer/person/birth_date"),
            "validation_failed",
            "/buyer/person/birth_date",
        ),
        (
            "a child",
            buckaroo().with("/buyer/person/birth_date", young),
            "validation_failed",
            "/buyer/person/birth_date",
        ),
        ("no telephone", buckaroo().without("/buyer/person/phone"), "validation_failed", "/buyer/person/phone"),
        (
            "a telephone with letters",
            buckaroo().with("/buyer/person/phone", "Zyzzyva12"),
            "validation_failed",
            "/buyer/person/phone",
        ),
        (
            "a house number without a digit",
            buckaroo().with("/billing_address/house_number", SECRET),
            "validation_failed",
            "/billing_address/house_number",
        ),
        ("options that it has not", buckaroo().with("/options/zyzzyva", SECRET), "validation_failed", "/options"),
    ]
}

#[tokio::test]
async fn an_order_that_breaks_a_rule_is_refused_and_opens_nothing() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    for (what, order, code, pointer) in wrong_for_everybody().into_iter().chain(wrong_for_a_provider()) {
        let answer = bench.site.api.post("/v1/payments", order.json()).await;
        found.extend(not_refused_at(&answer, code, pointer).map(|wrong| format!("{what}: {wrong}")));
        watch.nothing_happened(what).await;
    }
    nothing_found(&found);
}

#[tokio::test]
async fn a_wrong_sum_names_both_sums() {
    let site = Site::start().await;
    let answer = site.api.post("/v1/payments", Order::billie_pad().with("/amount", 12_100).json()).await.expect(422);
    let detail = answer.text("/errors/0/detail");
    assert!(detail.contains("12100") && detail.contains("12600"), "{detail}");
}

#[tokio::test]
async fn a_flow_or_capture_mode_that_is_not_there_is_told_with_those_that_are() {
    let site = Site::start().await;
    for (order, rule) in [
        (
            Order::billie_pad().with("/capture", "automatic"),
            "is not a capture mode of this provider, which has: manual",
        ),
        (Order::buckaroo_billink().with("/flow", "widget"), "is not a flow of this provider, which has: redirect"),
    ] {
        let answer = site.api.post("/v1/payments", order.json()).await.expect(422);
        assert!(answer.text("/errors/0/detail").starts_with(rule), "{:#}", answer.body);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let site = Site::start().await;
    let order = Order::billie_pad()
        .with("/payment_terms_days", 366)
        .with("/buyer/company/legal_form", Value::Null)
        .with("/lines/1/kind", "discount");
    let answer = site.api.post("/v1/payments", order.json()).await.expect(422);
    for pointer in ["/payment_terms_days", "/buyer/company/legal_form", "/lines/1/unit_price"] {
        assert_eq!(not_refused_at(&answer, "validation_failed", pointer), None);
    }
}
