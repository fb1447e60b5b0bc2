//! Rules between fields, of providers, of the ledger and of the status, each with the field that it is about.

use serde_json::{Value, json};
use tests::{Answer, Order, Site, orders};

use super::{Bench, SECRET, not_refused_at, nothing_found};

/// An order with one thing wrong, the code and the field.
type Case = (&'static str, Order, &'static str, &'static str);

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

/// What is asked of which payment, the code and the field; no field where it is about the whole.
type Asked = (&'static str, Answer, &'static str, &'static str);

async fn wrong_movements(bench: &Bench) -> Vec<Asked> {
    let api = &bench.site.api;
    let post = async |id: &String, path: &str, body: Value| api.post(&format!("/v1/payments/{id}/{path}"), &body).await;
    let invoiced = |fields: Value| {
        let mut body = orders::invoice("INV-7");
        body.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        body
    };
    let lines = |reference: &str, quantity: u32| json!({ "lines": [{ "reference": reference, "quantity": quantity }] });
    let (open, part, page, whole) = (&bench.authorized, &bench.captured, &bench.waiting, &bench.whole_only);
    let capture = async |id, fields| post(id, "captures", invoiced(fields)).await;
    let refund = async |id, fields| post(id, "refunds", fields).await;
    let nobodys = "cap_00000000000000000000000000";
    vec![
        (
            "more than was authorized",
            capture(open, json!({ "amount": 12_601 })).await,
            "amount_exceeds_authorized",
            "/amount",
        ),
        ("more than is left", capture(part, json!({ "amount": 6_551 })).await, "amount_exceeds_authorized", "/amount"),
        ("nothing", capture(open, json!({ "amount": 0 })).await, "validation_failed", "/amount"),
        ("a line that is not there", capture(open, lines("ZYZ", 1)).await, "validation_failed", "/lines/0/reference"),
        ("more units than ordered", capture(open, lines("SHIP", 2)).await, "validation_failed", "/lines/0/quantity"),
        (
            "units of a line in two parts, more than ordered",
            capture(
                open,
                json!({ "lines": [{ "reference": "SHIP", "quantity": 1 }, { "reference": "SHIP", "quantity": 1 }] }),
            )
            .await,
            "validation_failed",
            "/lines/1/quantity",
        ),
        (
            "lines of another amount",
            capture(open, json!({ "amount": 6_051, "lines": [{ "reference": "CHAIR", "quantity": 1 }] })).await,
            "lines_do_not_add_up",
            "/amount",
        ),
        (
            "no invoice where one is needed",
            post(open, "captures", json!({})).await,
            "validation_failed",
            "/invoice/number",
        ),
        (
            "no invoice address where one is needed",
            post(open, "captures", json!({ "invoice": { "number": "1" } })).await,
            "validation_failed",
            "/invoice/url",
        ),
        (
            "a part where there is only the whole",
            post(whole, "captures", json!({ "amount": 1 })).await,
            "not_supported_by_provider",
            "/amount",
        ),
        ("a capture while the buyer decides", capture(page, json!({})).await, "status_does_not_allow", ""),
        ("a refund before any capture", refund(open, json!({})).await, "status_does_not_allow", ""),
        ("a refund while the buyer decides", refund(page, json!({})).await, "status_does_not_allow", ""),
        (
            "a refund of more than was captured",
            refund(part, json!({ "amount": 6_051 })).await,
            "amount_exceeds_captured",
            "/amount",
        ),
        ("a refund of nothing", refund(part, json!({ "amount": 0 })).await, "validation_failed", "/amount"),
        (
            "a refund of a capture that is not there",
            refund(part, json!({ "capture_id": nobodys })).await,
            "validation_failed",
            "/capture_id",
        ),
        (
            "a refund of a line that is not there",
            refund(part, lines("ZYZ", 1)).await,
            "validation_failed",
            "/lines/0/reference",
        ),
        (
            "a refund of more units than ordered",
            refund(part, lines("SHIP", 2)).await,
            "validation_failed",
            "/lines/0/quantity",
        ),
        (
            "a refund of lines of another amount",
            refund(part, json!({ "amount": 501, "lines": [{ "reference": "SHIP", "quantity": 1 }] })).await,
            "lines_do_not_add_up",
            "/amount",
        ),
        (
            "a confirmation where there is nothing to confirm",
            post(open, "confirm", json!({})).await,
            "not_supported_by_provider",
            "",
        ),
        (
            "a confirmation before the buyer decided",
            post(page, "confirm", json!({})).await,
            "status_does_not_allow",
            "",
        ),
    ]
}

#[tokio::test]
async fn a_movement_that_breaks_a_rule_is_refused_and_moves_nothing() {
    let bench = Bench::new().await;
    let before = (books(&bench).await, amounts(&bench).await);
    let mut found = Vec::new();
    for (what, answer, code, pointer) in wrong_movements(&bench).await {
        let wrong = if pointer.is_empty() { not_this(&answer, code) } else { not_refused_at(&answer, code, pointer) };
        found.extend(wrong.map(|wrong| format!("{what}: {wrong}")));
    }
    assert_eq!((books(&bench).await, amounts(&bench).await), before);
    nothing_found(&found);
}

#[tokio::test]
async fn a_movement_by_lines_is_refused_at_its_lines() {
    let bench = Bench::new().await;
    let before = (books(&bench).await, amounts(&bench).await);
    let mut found = Vec::new();
    let whole = |lines: Value| json!({ "lines": lines });
    let invoiced = |lines: Value| {
        let mut body = orders::invoice("INV-7");
        body["lines"] = lines;
        body
    };
    let none = json!([{ "reference": "SHIP", "quantity": 0 }]);
    let one = json!([{ "reference": "SHIP", "quantity": 1 }]);
    let many = json!([{ "reference": "SHIP", "quantity": 4_000_000_000_u32 }]);
    let of = |id: &str, what: &str| format!("/v1/payments/{id}/{what}");
    for (what, path, body, code, pointer) in [
        (
            "no units",
            of(&bench.authorized, "captures"),
            invoiced(none.clone()),
            "validation_failed",
            "/lines/0/quantity",
        ),
        ("too many units", of(&bench.authorized, "captures"), invoiced(many), "validation_failed", "/lines/0/quantity"),
        ("a refund of no units", of(&bench.captured, "refunds"), whole(none), "validation_failed", "/lines/0/quantity"),
        (
            "a line where there is only the whole",
            of(&bench.whole_only, "captures"),
            whole(one),
            "not_supported_by_provider",
            "/lines",
        ),
    ] {
        let answer = bench.site.api.post(&path, &body).await;
        found.extend(not_refused_at(&answer, code, pointer).map(|wrong| format!("{what}: {wrong}")));
    }
    assert_eq!((books(&bench).await, amounts(&bench).await), before);
    nothing_found(&found);
}

fn not_this(answer: &Answer, code: &str) -> Option<String> {
    let found = (answer.status, answer.code());
    (found != (422, code)).then(|| format!("is answered with {found:?}: {}", answer.text("/detail")))
}

async fn books(bench: &Bench) -> [Value; 2] {
    [bench.site.billie_pad().books().await, bench.site.buckaroo_billink().books().await]
}

/// The ledger and the operations of every payment of the bench.
async fn amounts(bench: &Bench) -> Vec<Value> {
    let mut all = Vec::new();
    for id in [&bench.authorized, &bench.captured, &bench.waiting, &bench.whole_only] {
        let payment = bench.site.api.payment(id).await;
        all.push(json!([payment["status"], payment["amounts"], payment["operations"]]));
    }
    all
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_refused() {
    let bench = Bench::new().await;
    let api = &bench.site.api;
    let order = Order::billie_pad_at_once();
    let first = api.post_as("reused", "/v1/payments", order.json()).await.expect(201);
    let mut watch = bench.watch().await;
    for other in [order.clone().with("/reference", "ORD-2"), order.clone().of_amount(100), Order::buckaroo_billink()] {
        let answer = api.post_as("reused", "/v1/payments", other.json()).await;
        let answer = answer.expect_problem(service::ProblemCode::IdempotencyKeyReused);
        let operation = &api.payment(first.id()).await["operations"][0]["id"];
        assert_eq!(answer.at("/operation_id"), operation);
    }
    watch.nothing_happened("reused keys").await;
    // What differs only in how it is written is the same request.
    let written = format!(" {:#} ", order.json());
    let request =
        api.request(reqwest::Method::POST, "/v1/payments").key("reused").raw(written, Some("application/json"));
    assert!(request.send().await.expect(201).is_replay());
    watch.nothing_happened("a replay").await;
}

#[tokio::test]
async fn a_key_of_an_operation_that_was_used_for_something_else_is_refused() {
    let bench = Bench::new().await;
    let api = &bench.site.api;
    let of = |id: &str, what: &str| format!("/v1/payments/{id}/{what}");
    let (first, second) = (orders::invoice("INV-7"), orders::invoice("INV-8"));
    let mut found = Vec::new();
    for (path, body, other) in [
        (of(&bench.authorized, "captures"), first, second),
        (of(&bench.captured, "refunds"), json!({ "amount": 100 }), json!({ "amount": 101 })),
        (of(&bench.whole_only, "confirm"), json!({}), json!({ "widget_result": {} })),
    ] {
        let done = api.post_as("reused", &path, &body).await;
        assert!(done.status < 300 && !done.is_replay(), "{path}: {:#}", done.body);
        let answer = api.post_as("reused", &path, &other).await;
        let refused = (answer.status, answer.code()) == (422, "idempotency_key_reused");
        found.extend((!refused).then(|| format!("POST {path} with another body: {} {}", answer.status, answer.code())));
        let again = api.post_as("reused", &path, &body).await;
        let replayed = again.status == done.status && again.is_replay();
        found.extend(
            (!replayed).then(|| format!("POST {path} again: {}, replayed: {}", again.status, again.is_replay())),
        );
    }
    nothing_found(&found);
}
