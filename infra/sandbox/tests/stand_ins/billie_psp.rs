//! The sandbox of Billie's PSP API, spoken to as a payment service provider does.

use sandbox::Running;
use sandbox::billie_psp::{MERCHANT_ID, PASSWORD, PSP_ID, Paths, Settings, USERNAME, WEBHOOK_KEY, start};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::common::{Receiver, client, control, fault, show};

async fn billie(settings: Settings) -> Running {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap()
}

async fn raw(running: &Running, path: &str, body: &str) -> reqwest::Result<reqwest::Response> {
    let request = client().post(format!("{}{path}", running.url())).basic_auth(USERNAME, Some(PASSWORD));
    request.header("content-type", "application/json").body(body.to_owned()).send().await
}

async fn post(running: &Running, path: &str, body: Value) -> (u16, Value) {
    let response = raw(running, path, &body.to_string()).await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

fn address() -> Value {
    json!({
        "street": "Tannenweg", "house_number": "4", "postal_code": "77716", "city": "Haslach im Kinzigtal",
        "country": "DE"
    })
}

fn company() -> Value {
    json!({
        "merchant_customer_id": "4711", "name": "Zeta Electronics Gold GmbH", "legal_form": "10001",
        "registration_number": "HRB 934855", "company_address": address(), "established_customer": false
    })
}

fn flat_company() -> Value {
    json!({
        "merchant_customer_id": "4711", "name": "Zeta Electronics Gold GmbH", "legal_form": "",
        "address_street": "Tannenweg", "address_house_number": "4", "address_postal_code": "77716",
        "address_city": "Haslach im Kinzigtal", "address_country": "DE"
    })
}

fn parts(net: i64, tax: i64) -> Value {
    json!({ "currency": "EUR", "net": net, "tax": tax, "gross": net + tax })
}

fn euros(amount: i64) -> Value {
    json!({ "currency": "EUR", "amount": amount })
}

fn page(webhook: Option<&str>) -> Value {
    json!({
        "merchant_id": MERCHANT_ID, "external_code": "order-1001", "duration": 30, "amount": parts(10_000, 1_900),
        "debtor_company": company(), "debtor_person": { "email": "uno.eins@example.com" },
        "delivery_address": address(),
        "line_items": [{ "external_id": "p1", "title": "product 1", "quantity": 1, "amount": parts(10_000, 1_900) }],
        "merchant_urls": { "accept_url": "https://shop.example/yes?t=1", "decline_url": "https://shop.example/no" },
        "webhook_url": webhook
    })
}

fn details() -> Value {
    json!({
        "amount": parts(10_000, 1_900), "duration": 30, "debtor_company": company(), "delivery_address": address(),
        "debtor_person": { "email": "uno.eins@example.com", "phone_number": null },
        "line_items": page(None)["line_items"]
    })
}

async fn opened(running: &Running, body: Value) -> Value {
    let (status, told) = post(running, "/checkout/sessions/payment-page", body).await;
    assert_eq!(status, 201, "{told}");
    told
}

/// Opens a page and lets the buyer accept; answers the order's id.
async fn ordered(running: &Running) -> String {
    let id = opened(running, page(None)).await["session_id"].as_str().unwrap().to_owned();
    let (status, told) = control(&running.url(), "POST", &format!("buyer/{id}"), json!({ "choice": "accept" })).await;
    assert_eq!(status, 200, "{told}");
    told["order_id"].as_str().unwrap().to_owned()
}

async fn capture(running: &Running, order: &str, invoice: &str, amount: i64) -> (u16, Value) {
    let body = json!({
        "amount": euros(amount), "invoice_number": invoice, "invoice_url": "https://shop.example/i.pdf"
    });
    post(running, &format!("/orders/{order}/capture"), named(body)).await
}

/// A body that names the merchant, as everything about an order must.
fn named(mut body: Value) -> Value {
    body["merchant_id"] = json!(MERCHANT_ID);
    body
}

fn error(told: &Value) -> (&str, &str) {
    let error = &told["errors"][0];
    (error["code"].as_str().unwrap(), error["source"].as_str().unwrap_or_default())
}

async fn order_book(running: &Running) -> Value {
    show(&running.url(), "books").await["orders"][0].clone()
}

#[tokio::test]
async fn the_payment_page_leads_to_an_order_and_a_webhook() {
    let receiver = Receiver::start().await;
    let running = billie(Settings::default()).await;
    let told = opened(&running, page(Some(&receiver.url))).await;
    let id = told["session_id"].as_str().unwrap();
    assert!(told["expires_at"].as_str().unwrap().ends_with('Z'));
    let url = told["hpp_url"].as_str().unwrap();
    let html = client().get(url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("EUR 119.00") && html.contains("Decline"), "{html}");
    let response = client().post(format!("{url}/accept")).send().await.unwrap();
    assert_eq!(response.headers()["location"], format!("https://shop.example/yes?t=1&session_id={id}").as_str());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
    let order = order_book(&running).await;
    let received = receiver.wait(1).await.remove(0);
    assert_eq!(received.json(), json!({ "order_id": order["id"], "success": "true" }));
    assert_eq!(received.header("x-api-key"), WEBHOOK_KEY);
    assert_eq!((&order["reference"], &order["state"]), (&json!("order-1001"), &json!("created")));
    assert_eq!((&order["authorized"], &order["captured"]), (&json!(11_900), &json!(0)));
}

#[tokio::test]
async fn declines_have_a_webhook_and_walking_away_has_none() {
    let receiver = Receiver::start().await;
    let running = billie(Settings::default()).await;
    control(&running.url(), "POST", "settings", json!({ "success": "flag" })).await;
    let id = opened(&running, page(Some(&receiver.url))).await["session_id"].as_str().unwrap().to_owned();
    for choice in ["cancel", "decline"] {
        let (_, told) = control(&running.url(), "POST", &format!("buyer/{id}"), json!({ "choice": choice })).await;
        assert_eq!(told["location"], format!("https://shop.example/no?session_id={id}"));
    }
    let received = receiver.wait(1).await;
    assert_eq!((received.len(), &received[0].json()["success"]), (1, &json!(false)));
    let order = order_book(&running).await;
    assert_eq!((&order["state"], &order["authorized"]), (&json!("declined"), &json!(0)));
    let (status, told) = capture(&running, order["id"].as_str().unwrap(), "RE-1", 1).await;
    assert_eq!((status, error(&told).0), (409, "order_declined"));

    let mut body = page(Some(&receiver.url));
    body["debtor_person"]["email"] = json!("uno+decline+limit@example.com");
    let id = opened(&running, body).await["session_id"].as_str().unwrap().to_owned();
    control(&running.url(), "POST", &format!("buyer/{id}"), json!({ "choice": "accept" })).await;
    assert_eq!(receiver.wait(2).await[1].json()["success"], false);
}

#[tokio::test]
async fn reviews_are_decided_by_hand() {
    let receiver = Receiver::start().await;
    let running = billie(Settings::default()).await;
    let mut body = page(Some(&receiver.url));
    body["debtor_company"]["name"] = json!("Waiting Room GmbH");
    let id = opened(&running, body).await["session_id"].as_str().unwrap().to_owned();
    let (_, told) = control(&running.url(), "POST", &format!("buyer/{id}"), json!({ "choice": "accept" })).await;
    assert_eq!((&told["order_id"], receiver.all().len()), (&Value::Null, 0));
    let path = format!("sessions/{id}");
    assert_eq!(control(&running.url(), "POST", &path, json!({ "decision": "approve" })).await.0, 200);
    assert_eq!(receiver.wait(1).await[0].json()["success"], "true");
    assert_eq!(control(&running.url(), "POST", &path, json!({ "decision": "approve" })).await.0, 409);
}

#[tokio::test]
async fn pages_are_read_field_by_field() {
    type Change = fn(&mut Value);
    let running = billie(Settings::default()).await;
    let cases: Vec<(&str, Change)> = vec![
        ("merchant_id", |body| body["merchant_id"] = json!("")),
        ("amount.currency", |body| drop(body["amount"].as_object_mut().unwrap().remove("currency"))),
        ("amount.currency", |body| body["amount"]["currency"] = json!("USD")),
        ("amount.net", |body| body["amount"]["net"] = serde_json::from_str("100.00").unwrap()),
        ("amount.gross", |body| body["amount"]["gross"] = json!(11_901)),
        ("duration", |body| body["duration"] = json!(121)),
        ("debtor_company.legal_form", |body| body["debtor_company"]["legal_form"] = json!("GmbH")),
        ("debtor_company.registration_number", |body| body["debtor_company"]["registration_number"] = Value::Null),
        ("debtor_company.company_address.city", |body| body["debtor_company"]["company_address"]["city"] = json!("")),
        ("debtor_person.email", |body| body["debtor_person"]["email"] = json!("nobody")),
        ("line_items", |body| body["line_items"] = json!([])),
        ("line_items[0].amount", |body| drop(body["line_items"][0].as_object_mut().unwrap().remove("amount"))),
        ("merchant_urls", |body| body["merchant_urls"] = Value::Null),
        ("merchant_urls.accept_url", |body| body["merchant_urls"]["accept_url"] = json!("shop")),
        ("merchant_urls.decline_url", |body| body["merchant_urls"]["decline_url"] = Value::Null),
        ("webhook_url", |body| body["webhook_url"] = json!("hook")),
        ("channel", |body| body["channel"] = json!("web")),
    ];
    for (source, change) in cases {
        let mut body = page(None);
        change(&mut body);
        let (status, told) = post(&running, "/checkout/sessions/payment-page", body).await;
        assert_eq!((status, error(&told)), (422, ("request_validation_error", source)), "{told}");
    }
    let mut flat = page(None);
    flat["debtor_company"] = flat_company();
    opened(&running, flat).await;
}

#[tokio::test]
async fn the_widgets_authorization_is_confirmed_as_it_was() {
    let running = billie(Settings::default()).await;
    let open = async || {
        let body = json!({ "merchant_id": MERCHANT_ID, "external_code": "order-1001" });
        let (status, told) = post(&running, "/checkout/sessions/widget", body).await;
        assert_eq!(status, 201, "{told}");
        told["session_id"].as_str().unwrap().to_owned()
    };
    let id = open().await;
    let confirm = format!("/checkout/sessions/{id}/confirm-authorization");
    let (status, told) = post(&running, &confirm, details()).await;
    assert_eq!((status, error(&told).0), (409, "not_authorized"));
    let data = json!({ "billie_order_data": details() });
    let (status, told) = control(&running.url(), "POST", &format!("widget/{id}"), data).await;
    assert_eq!((status, &told["state"], &told["amount"]), (200, &json!("authorized"), &parts(10_000, 1_900)), "{told}");
    for (field, value) in [
        ("amount", parts(10_000, 0)),
        ("duration", json!(14)),
        ("debtor_company", flat_company()),
        ("debtor_company", company()),
        ("debtor_person", Value::Null),
        ("debtor_person", json!({ "email": "uno.eins@example.com", "phone_number": "+4930120111111" })),
        ("delivery_address", Value::Null),
        ("line_items", Value::Null),
        ("line_items", json!([{ "external_id": "p1", "title": "p", "quantity": 1, "amount": parts(10_000, 1_900) }])),
    ] {
        let mut body = details();
        body[field] = value;
        if field == "debtor_company" {
            body[field]["registration_number"] = json!("HRB 1");
        }
        let (status, told) = post(&running, &confirm, body).await;
        assert_eq!((status, error(&told).1), (422, field), "{told}");
    }
    let (status, order) = post(&running, &confirm, details()).await;
    assert_eq!((status, &order["state"]), (200, &json!("created")), "{order}");
    let (status, told) = post(&running, &confirm, details()).await;
    assert_eq!((status, error(&told).0), (409, "already_confirmed"));
    assert_eq!(order_book(&running).await["reference"], "order-1001");

    let id = open().await;
    let mut declined = details();
    declined["debtor_person"]["email"] = json!("uno+decline+risk@example.com");
    let (_, told) = control(&running.url(), "POST", &format!("widget/{id}"), declined.clone()).await;
    assert_eq!((&told["state"], &told["decline_reason"]), (&json!("declined"), &json!("risk_policy")));
    let confirm = format!("/checkout/sessions/{id}/confirm-authorization");
    assert_eq!(post(&running, &confirm, declined).await.0, 409);

    let late = open().await;
    control(&running.url(), "POST", &format!("widget/{late}"), details()).await;
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 48 * 3_600 })).await;
    let (status, told) = post(&running, &format!("/checkout/sessions/{late}/confirm-authorization"), details()).await;
    assert_eq!((status, error(&told).0), (409, "expired"));
    let (status, told) = post(&running, "/checkout/sessions/none/confirm-authorization", details()).await;
    assert_eq!((status, error(&told).0), (403, "forbidden"));
}

#[tokio::test]
async fn pages_close_after_two_days() {
    let running = billie(Settings::default()).await;
    let told = opened(&running, page(None)).await;
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 48 * 3_600 })).await;
    let url = format!("{}/accept", told["hpp_url"].as_str().unwrap());
    assert_eq!(client().post(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn captures_and_refunds_stay_within_the_order() {
    let running = billie(Settings::default()).await;
    let order = ordered(&running).await;
    let (status, first) = capture(&running, &order, "RE-1", 5_000).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(order_book(&running).await["state"], "partially_captured");
    let (status, told) = capture(&running, &order, "RE-1", 1_000).await;
    assert_eq!((status, error(&told).0), (409, "invoice_exists"));
    let (status, told) = capture(&running, &order, "RE-2", 6_901).await;
    assert_eq!((status, error(&told).1), (422, "amount"));
    let (status, second) = capture(&running, &order, "RE-2", 6_900).await;
    assert_eq!((status, second["capture_id"].as_str().unwrap().len()), (201, 36));
    let (status, told) = post(&running, &format!("/orders/{order}/cancel"), named(json!({}))).await;
    assert_eq!((status, error(&told).0), (409, "order_captured"));

    let refund = async |capture: &Value, amount: Value| {
        let body = json!({ "capture_id": capture, "amount": amount, "reason": "return" });
        post(&running, &format!("/orders/{order}/refund"), named(body)).await
    };
    assert_eq!(refund(&first["capture_id"], euros(4_000)).await.0, 201);
    let (status, told) = refund(&first["capture_id"], euros(1_001)).await;
    assert_eq!((status, error(&told).1), (422, "amount"));
    assert_eq!(refund(&first["capture_id"], euros(1_000)).await.0, 201);
    let (status, told) = refund(&json!("other"), euros(1)).await;
    assert_eq!((status, error(&told).1), (422, "capture_id"));
    let (status, told) = refund(&second["capture_id"], json!({ "amount": 1 })).await;
    assert_eq!((status, error(&told).1), (422, "amount.currency"));
    let (status, told) = refund(&second["capture_id"], json!({ "currency": "EUR", "amount": "1" })).await;
    assert_eq!((status, error(&told).1), (422, "amount.amount"));
    let book = order_book(&running).await;
    let sums = ["authorized", "captured", "released", "refunded"].map(|name| book[name].as_i64().unwrap());
    assert_eq!((sums, &book["state"]), ([11_900, 11_900, 0, 5_000], &json!("captured")));
    let (status, told) = capture(&running, "00000000-0000-0000-0000-000000000000", "RE-3", 1).await;
    assert_eq!((status, error(&told).0), (403, "forbidden"));
}

#[tokio::test]
async fn what_is_captured_or_refunded_was_ordered() {
    let running = billie(Settings::default()).await;
    let order = ordered(&running).await;
    let item = |name: &str| json!([{ "external_id": name, "quantity": 1 }]);
    let capture =
        |name: &str| named(json!({ "amount": euros(5_000), "invoice_number": "RE-1", "line_items": item(name) }));
    let path = format!("/orders/{order}/capture");
    let (status, told) = post(&running, &path, capture("p2")).await;
    assert_eq!((status, error(&told).1), (422, "line_items[0].external_id"));
    let (status, captured) = post(&running, &path, capture("p1")).await;
    assert_eq!(status, 201, "{captured}");
    for (name, expected) in [("p2", 422), ("p1", 201)] {
        let body = json!({ "capture_id": captured["capture_id"], "amount": euros(1), "line_items": item(name) });
        assert_eq!(post(&running, &format!("/orders/{order}/refund"), named(body)).await.0, expected);
    }
}

#[tokio::test]
async fn an_order_is_its_merchants() {
    let running = billie(Settings::default()).await;
    let order = ordered(&running).await;
    let captured = capture(&running, &order, "RE-1", 5_000).await.1["capture_id"].clone();
    for (call, body) in [
        ("capture", json!({ "amount": euros(1), "invoice_number": "RE-2" })),
        ("refund", json!({ "capture_id": captured, "amount": euros(1) })),
        ("update", json!({ "amount": euros(6_000) })),
        ("cancel", json!({})),
    ] {
        let path = format!("/orders/{order}/{call}");
        let (status, told) = post(&running, &path, body.clone()).await;
        assert_eq!((status, error(&told).1), (422, "merchant_id"), "{call}");
        let mut elsewhere = body;
        elsewhere["merchant_id"] = json!("00000000-0000-0000-0000-000000000000");
        let (status, told) = post(&running, &path, elsewhere).await;
        assert_eq!((status, error(&told).0), (403, "forbidden"), "{call}");
    }
    let book = order_book(&running).await;
    let sums = ["captured", "released", "refunded"].map(|name| book[name].as_i64().unwrap());
    assert_eq!(sums, [5_000, 0, 0]);
}

#[tokio::test]
async fn a_canceled_order_is_frozen() {
    let running = billie(Settings::default()).await;
    let order = ordered(&running).await;
    let path = format!("/orders/{order}/cancel");
    assert_eq!(post(&running, &path, named(json!({ "reason": "x" }))).await.0, 422);
    assert_eq!(post(&running, &path, named(json!({}))).await, (204, Value::Null));
    for (path, body) in [
        (path.clone(), json!({})),
        (format!("/orders/{order}/capture"), json!({ "amount": euros(1), "invoice_number": "RE-1" })),
        (format!("/orders/{order}/update"), json!({ "external_code": "x" })),
    ] {
        let (status, told) = post(&running, &path, named(body)).await;
        assert_eq!((status, error(&told).0), (409, "order_canceled"));
    }
    let book = order_book(&running).await;
    assert_eq!((&book["state"], &book["released"]), (&json!("canceled"), &json!(11_900)));
}

#[tokio::test]
async fn updates_lower_the_amount() {
    let running = billie(Settings::default()).await;
    let order = ordered(&running).await;
    let path = format!("/orders/{order}/update");
    capture(&running, &order, "RE-1", 5_000).await;
    for (body, source) in [
        (json!({ "amount": parts(10_000, 1_901) }), "amount"),
        (json!({ "amount": euros(4_999) }), "amount"),
        (json!({}), ""),
        (json!({ "surprise": 1 }), "surprise"),
    ] {
        let (status, told) = post(&running, &path, named(body)).await;
        assert_eq!((status, error(&told).1), (422, source), "{told}");
    }
    let lower = named(json!({ "amount": euros(6_000), "external_code": "new" }));
    assert_eq!(post(&running, &path, lower).await.0, 204);
    assert_eq!(capture(&running, &order, "RE-2", 1_001).await.0, 422);
    assert_eq!(capture(&running, &order, "RE-2", 1_000).await.0, 201);
    let book = order_book(&running).await;
    assert_eq!((&book["reference"], &book["released"]), (&json!("new"), &json!(5_900)));
}

#[tokio::test]
async fn merchants_are_enabled_once_in_open_markets() {
    let running = billie(Settings::default()).await;
    let path = "/merchants/enable-merchant";
    let merchant = json!({
        "psp_id": PSP_ID, "external_merchant_id": "shop-42", "name": "Muster GmbH", "legal_form": "10001",
        "registration_number": "HRB 123456", "tax_id": "DE123456789", "website": "https://shop.example",
        "address": address(), "countries": ["DE"]
    });
    let (status, told) = post(&running, path, merchant.clone()).await;
    assert_eq!(status, 201, "{told}");
    let mut body = page(None);
    body["merchant_id"] = told["merchant_id"].clone();
    opened(&running, body.clone()).await;
    assert_eq!(post(&running, path, merchant.clone()).await.0, 409);
    for (field, value, status) in [
        ("countries", json!(["US"]), 403),
        ("psp_id", json!("other"), 403),
        ("countries", json!([]), 422),
        ("legal_form", json!("GmbH"), 422),
        ("registration_number", Value::Null, 422),
        ("name", json!(""), 422),
        ("website", json!("shop"), 422),
        ("vat", json!("x"), 422),
    ] {
        let mut wrong = merchant.clone();
        wrong["external_merchant_id"] = json!("shop-43");
        wrong[field] = value;
        assert_eq!(post(&running, path, wrong).await.0, status, "{field}");
    }
    body["merchant_id"] = json!("00000000-0000-0000-0000-000000000000");
    assert_eq!(post(&running, "/checkout/sessions/payment-page", body).await.0, 403);
}

#[tokio::test]
async fn only_the_psp_gets_in_and_paths_are_settings() {
    let paths = Paths { refund: "/orders/{order_id}/refunds".to_owned(), ..Paths::default() };
    let running = billie(Settings { paths, ..Settings::default() }).await;
    let url = format!("{}/orders/x/refunds", running.url());
    for (name, password) in [(USERNAME, "wrong"), ("other", PASSWORD)] {
        let response = client().post(&url).basic_auth(name, Some(password)).send().await.unwrap();
        assert_eq!(response.status(), 401);
    }
    assert_eq!(client().post(&url).send().await.unwrap().status(), 401);
    let body = named(json!({ "capture_id": "x", "amount": euros(1) }));
    assert_eq!(post(&running, "/orders/x/refunds", body.clone()).await.0, 403);
    assert_eq!(post(&running, "/orders/x/refund", body).await.0, 404);
    assert_eq!(raw(&running, "/orders/x/refunds", "{").await.unwrap().status(), 400);
    let plain = client().post(&url).basic_auth(USERNAME, Some(PASSWORD)).body("{}").send().await.unwrap();
    assert_eq!(plain.status(), 400);
}

#[tokio::test]
async fn disputes_open_are_defended_and_end() {
    let receiver = Receiver::start().await;
    let running = billie(Settings { dispute_webhook_url: Some(receiver.url.clone()), ..Settings::default() }).await;
    let root = running.url();
    let order = ordered(&running).await;
    let captured = capture(&running, &order, "RE-1", 11_900).await.1["capture_id"].clone();
    let wanted = json!({ "capture_id": captured, "reason_code": "faulty_goods", "reason": "broken", "amount": 500 });
    let (status, told) = control(&root, "POST", "disputes", wanted).await;
    assert_eq!(status, 200, "{told}");
    let id = told["dispute_id"].as_str().unwrap();
    let opened = receiver.wait(1).await[0].json();
    assert_eq!((&opened["disputeId"], &opened["captureId"]), (&json!(id), &captured));
    assert_eq!((&opened["reasonCode"], &opened["amount"]), (&json!("faulty_goods"), &euros(500)));
    assert_eq!(opened.as_object().unwrap().len(), 6);
    let defence = json!({
        "disputeId": id, "defenseReason": "it was fine",
        "defenseDocuments": [{ "content": "aGVsbG8=", "contentType": "application/pdf" }]
    });
    let mut broken = defence.clone();
    broken["defenseDocuments"][0]["content"] = json!("%");
    assert_eq!(post(&running, "/disputes/defend", broken).await.0, 422);
    assert_eq!(post(&running, "/disputes/defend", defence.clone()).await.0, 204);
    assert_eq!(post(&running, "/disputes/defend", defence).await.0, 409);
    let result = json!({ "result": "chargeback", "details": "no proof" });
    assert_eq!(control(&root, "POST", &format!("disputes/{id}"), result.clone()).await.0, 200);
    let closed = receiver.wait(2).await[1].json();
    assert_eq!((&closed["disputeResult"], &closed["deadlineExpired"]), (&json!("chargeback"), &json!(false)));
    assert_eq!(control(&root, "POST", &format!("disputes/{id}"), result).await.0, 409);
    assert_eq!(control(&root, "POST", "disputes", json!({ "capture_id": "x" })).await.0, 404);

    let (_, told) = control(&root, "POST", "disputes", json!({ "capture_id": captured })).await;
    let id = told["dispute_id"].as_str().unwrap();
    control(&root, "POST", "clock", json!({ "advance_seconds": 14 * 86_400 })).await;
    let late = json!({ "disputeId": id, "defenseReason": "late" });
    assert_eq!(post(&running, "/disputes/defend", late).await.0, 409);
    control(&root, "POST", &format!("disputes/{id}"), json!({ "result": "resolved" })).await;
    assert_eq!(receiver.wait(4).await[3].json()["deadlineExpired"], true);
}

#[tokio::test]
async fn webhooks_are_tried_again_and_held() {
    let receiver = Receiver::start().await;
    let settings = Settings {
        webhook_url: Some(receiver.url.clone()),
        webhook_header: "Authorization".into(),
        ..Settings::default()
    };
    let running = billie(settings).await;
    receiver.answer(&[500]);
    ordered(&running).await;
    let received = receiver.wait(2).await;
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[1].header("authorization"), format!("Basic {WEBHOOK_KEY}"));
    control(&running.url(), "POST", "webhooks", json!({ "mode": "held" })).await;
    ordered(&running).await;
    tokio::time::sleep(std::time::Duration::from_millis(80)).await;
    assert_eq!(receiver.all().len(), 2);
    let told = control(&running.url(), "POST", "webhooks/release", json!({ "order": "duplicate" })).await.1;
    assert_eq!((told, receiver.all().len()), (json!({ "released": 2, "delivered": 2 }), 4));
}

#[tokio::test]
async fn faults_bite() {
    let running = billie(Settings::default()).await;
    let root = running.url();
    let order = ordered(&running).await;
    let path = format!("/orders/{order}/capture");
    let body = named(json!({ "amount": euros(1_000), "invoice_number": "RE-1" })).to_string();
    fault(&root, json!({ "call": "capture", "kind": "http_5xx" })).await;
    assert_eq!(raw(&running, &path, &body).await.unwrap().status(), 500);
    assert_eq!(order_book(&running).await["captured"], 0);
    fault(&root, json!({ "call": "capture", "kind": "drop_after" })).await;
    assert!(raw(&running, &path, &body).await.is_err());
    assert_eq!(order_book(&running).await["captured"], 1_000);
    assert_eq!(raw(&running, &path, &body).await.unwrap().status(), 409);
    let calls = show(&root, "calls").await["calls"].as_array().unwrap().len();
    assert_eq!(calls, 4, "the page is no call");
}
