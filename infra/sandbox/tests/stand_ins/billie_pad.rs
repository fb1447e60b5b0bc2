//! Billie's sandbox, spoken to as a merchant does.

use sandbox::Running;
use sandbox::billie_pad::{CLIENT_ID, CLIENT_SECRET, Settings, WEBHOOK_KEY, start};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::common::{Receiver, client, control, fault, show};

struct Shop {
    running: Running,
    token: String,
}

impl Shop {
    async fn new(settings: Settings) -> Self {
        let running = start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap();
        let token = token(&running.url()).await;
        Self { running, token }
    }

    fn root(&self) -> String {
        self.running.url()
    }

    async fn raw(&self, method: &str, path: &str, body: Option<String>) -> reqwest::Result<reqwest::Response> {
        let request = client().request(method.parse().unwrap(), format!("{}/api/v2{path}", self.root()));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        match body {
            Some(body) => request.header("content-type", "application/json").body(body).send().await,
            None => request.send().await,
        }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.raw(method, path, body.map(|body| body.to_string())).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some(body)).await
    }

    async fn order(&self) -> Value {
        let (status, told) = self.post("/orders", order()).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    async fn state(&self, uuid: &str) -> String {
        let told = self.call("GET", &format!("/orders/{uuid}"), None).await.1;
        told["state"].as_str().unwrap().to_owned()
    }
}

async fn token(root: &str) -> String {
    let body = json!({ "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    let request = client().post(format!("{root}/api/v2/oauth/token")).header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    let told: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(28800)));
    told["access_token"].as_str().unwrap().to_owned()
}

fn amount(net: &str, gross: &str, tax: &str) -> Value {
    serde_json::from_str(&format!("{{\"net\":{net},\"gross\":{gross},\"tax\":{tax}}}")).unwrap()
}

fn address() -> Value {
    json!({ "street": "Tannenweg", "house_number": "4", "postal_code": "77716", "city": "Haslach im Kinzigtal", "country": "DE" })
}

fn items() -> Value {
    json!([{ "external_id": "product-id-1", "title": "product 1", "quantity": 2, "amount": amount("168.07", "200.00", "31.93") }])
}

fn order() -> Value {
    json!({
        "amount": amount("168.07", "200.00", "31.93"),
        "duration": 14,
        "debtor": {
            "merchant_customer_id": "4711", "name": "Zeta Electronics Gold GmbH", "legal_form": "10001",
            "company_address": address(), "billing_address": null, "tax_id": "DE812345678",
            "registration_number": "HRB 934855", "employees_number": null, "established_customer": false
        },
        "debtor_person": { "email": "uno.eins@example.com", "salutation": "m", "first_name": null, "phone_number": "+4930120111111" },
        "comment": "Test", "external_code": "order-1001", "delivery_address": address(),
        "line_items": items()
    })
}

fn flat_company(name: &str) -> Value {
    json!({
        "merchant_customer_id": "4711", "name": name, "legal_form": "", "address_street": "Tannenweg",
        "address_house_number": "4", "address_postal_code": "77716", "address_city": "Haslach im Kinzigtal",
        "address_country": "DE", "established_customer": true
    })
}

fn hosted() -> Value {
    json!({
        "channel": "hpp_ecommerce", "amount": amount("168.07", "200.00", "31.93"), "duration": 30,
        "debtor_company": flat_company("Zeta Electronics Gold GmbH"),
        "debtor_person": { "email": "uno.eins@example.com" },
        "line_items": items(), "order_id": "order-1001",
        "merchant_urls": { "accept_url": "https://shop.example/yes?t=1", "decline_url": "https://shop.example/no" }
    })
}

fn confirmation() -> Value {
    json!({
        "amount": amount("168.07", "200.00", "31.93"), "duration": 30,
        "debtor": { "name": "Zeta Electronics Gold GmbH", "company_address": address() },
        "delivery_address": address(), "external_code": "order-1001"
    })
}

fn invoice(order: &str, number: &str, amount: Value) -> Value {
    json!({ "orders": [order], "external_code": number, "invoice_url": "https://shop.example/i.pdf", "amount": amount })
}

fn first_error(told: &Value) -> (&str, &str) {
    let error = &told["errors"][0];
    (error["code"].as_str().unwrap(), error["source"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn tokens_are_wanted_everywhere_and_expire() {
    let mut shop = Shop::new(Settings::default()).await;
    let form = format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}");
    let url = format!("{}/api/v2/oauth/token", shop.root());
    let kind = "application/x-www-form-urlencoded";
    let response = client().post(&url).header("content-type", kind).body(form.clone()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let wrong = form.replace(CLIENT_SECRET, "wrong");
    let response = client().post(&url).header("content-type", kind).body(wrong).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(shop.call("GET", "/oauth/authorization", None).await.1["client_id"], CLIENT_ID);
    control(&shop.root(), "POST", "tokens/expire", json!({})).await;
    assert_eq!(shop.call("GET", "/legal-forms", None).await.0, 401);
    shop.token = token(&shop.root()).await;
    assert_eq!(shop.call("GET", "/legal-forms", None).await.0, 200);
    control(&shop.root(), "POST", "clock", json!({ "advance_seconds": 28_800 })).await;
    assert_eq!(shop.call("GET", "/legal-forms", None).await.0, 401);
    shop.token = token(&shop.root()).await;
    assert_eq!(shop.post("/oauth/token/revoke", json!({})).await.0, 204);
    assert_eq!(shop.call("GET", "/legal-forms", None).await.0, 401);
}

#[tokio::test]
async fn an_order_without_a_buyer_has_all_its_fields() {
    let shop = Shop::new(Settings::default()).await;
    let told = shop.order().await;
    assert_eq!((&told["state"], &told["decline_reason"]), (&json!("created"), &Value::Null));
    assert_eq!(told.as_object().unwrap().len(), 13);
    assert_eq!(told["uuid"].as_str().unwrap().len(), 36);
    assert_eq!(told["unshipped_amount"], json!({ "net": 168.07, "gross": 200, "tax": 31.93 }));
    assert_eq!(told["debtor"]["bank_account"]["iban"].as_str().unwrap().len(), 22);
    assert_eq!(told["invoices"], json!([]));
    let again = shop.post("/orders", order()).await;
    assert_eq!((again.0, first_error(&again.1).1), (400, "external_code"));
}

#[tokio::test]
async fn strict_bodies_name_the_field() {
    let shop = Shop::new(Settings::default()).await;
    type Change = fn(&mut Value);
    let cases: Vec<(&str, Change)> = vec![
        ("surprise", |body| body["surprise"] = json!(1)),
        ("debtor.company_address.zip", |body| body["debtor"]["company_address"]["zip"] = json!("x")),
        ("amount.net", |body| body["amount"]["net"] = json!("168.07")),
        ("amount.net", |body| body["amount"]["net"] = serde_json::from_str("168.071").unwrap()),
        ("amount.gross", |body| body["amount"]["gross"] = serde_json::from_str("200.01").unwrap()),
        ("amount.tax", |body| drop(body["amount"].as_object_mut().unwrap().remove("tax"))),
        ("duration", |body| body["duration"] = json!(121)),
        ("duration", |body| body["duration"] = json!(0)),
        ("duration", |body| body["duration"] = json!("14")),
        ("debtor.name", |body| body["debtor"]["name"] = json!(" ")),
        ("debtor.legal_form", |body| body["debtor"]["legal_form"] = json!("GmbH")),
        ("debtor.registration_number", |body| body["debtor"]["registration_number"] = Value::Null),
        ("debtor.tax_id", |body| {
            body["debtor"]["legal_form"] = json!("6022");
            body["debtor"]["tax_id"] = json!(" ");
        }),
        ("debtor.company_address.country", |body| body["debtor"]["company_address"]["country"] = json!("Germany")),
        ("debtor_person.email", |body| body["debtor_person"]["email"] = json!("nobody")),
        ("debtor_person.salutation", |body| body["debtor_person"]["salutation"] = json!("x")),
        ("line_items", |body| body["line_items"] = json!([])),
        ("line_items[0].quantity", |body| body["line_items"][0]["quantity"] = json!("2")),
        ("comment", |body| body["comment"] = json!("x".repeat(256))),
        ("debtor", |body| drop(body.as_object_mut().unwrap().remove("debtor"))),
    ];
    for (source, change) in cases {
        let mut body = order();
        change(&mut body);
        let (status, told) = shop.post("/orders", body).await;
        assert_eq!(status, 400, "{source}");
        assert_eq!(first_error(&told), ("request_validation_error", source), "{told}");
    }
    assert_eq!(show(&shop.root(), "books").await["orders"], json!([]));
}

#[tokio::test]
async fn a_legal_form_is_one_of_the_list_and_has_its_number_on_the_page_too() {
    let shop = Shop::new(Settings::default()).await;
    for (form, number, source) in [
        ("GmbH", None, Some("legal_form")),
        ("10001", None, Some("registration_number")),
        ("10001", Some("tax_id"), Some("registration_number")),
        ("10001", Some("registration_number"), None),
        ("4001", Some("registration_number"), Some("tax_id")),
        ("4001", Some("tax_id"), None),
    ] {
        let mut body = hosted();
        body["debtor_company"]["legal_form"] = json!(form);
        if let Some(name) = number {
            body["debtor_company"][name] = json!("DE812345678");
        }
        let (status, told) = shop.post("/hpp-checkout-sessions", body).await;
        match source {
            Some(name) => assert_eq!((status, first_error(&told).1), (400, format!("debtor_company.{name}").as_str())),
            None => assert_eq!(status, 201, "{form}: {told}"),
        }
    }
}

#[tokio::test]
async fn declines_are_orders_too() {
    let shop = Shop::new(Settings::default()).await;
    for (field, value, reason) in [
        ("email", "uno.eins+decline+limit@billie.io", "debtor_limit_exceeded"),
        ("email", "uno.eins+decline+risk@billie.io", "risk_policy"),
        ("name", "invalid company name", "debtor_not_identified"),
    ] {
        let mut body = order();
        body[if field == "email" { "debtor_person" } else { "debtor" }][field] = json!(value);
        let (status, told) = shop.post("/orders", body).await;
        assert_eq!((status, &told["state"], &told["decline_reason"]), (200, &json!("declined"), &json!(reason)));
        assert_eq!(told["selected_payment_method"], Value::Null);
        let (status, told) =
            shop.post("/invoices", invoice(told["uuid"].as_str().unwrap(), "R", amount("1", "1", "0"))).await;
        assert_eq!((status, first_error(&told).0), (403, "operation_not_allowed"));
    }
}

#[tokio::test]
async fn the_hosted_page_leads_to_an_order() {
    let shop = Shop::new(Settings::default()).await;
    let (status, opened) = shop.post("/hpp-checkout-sessions", hosted()).await;
    assert_eq!(status, 201, "{opened}");
    let id = opened["session_id"].as_str().unwrap();
    let read = format!("/checkout-sessions/{id}/authorization");
    let confirm = format!("/checkout-sessions/{id}/confirm");
    assert_eq!(shop.call("GET", &read, None).await.0, 404);
    assert_eq!(shop.call("PUT", &confirm, Some(confirmation())).await.0, 403);
    let page = opened["hpp_url"].as_str().unwrap();
    let html = client().get(page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Accept") && html.contains("Decline"));
    let response = client().post(format!("{page}/accept")).send().await.unwrap();
    let expected = format!("https://shop.example/yes?t=1&session_id={id}");
    assert_eq!(response.headers()["location"], expected.as_str());
    let told = shop.call("GET", &read, None).await.1;
    assert_eq!((&told["state"], &told["debtor"]["company_address"]), (&json!("authorized"), &address()));

    for (field, value) in [("amount", amount("100", "100", "0")), ("duration", json!(14))] {
        let mut body = confirmation();
        body[field] = value;
        let (status, told) = shop.call("PUT", &confirm, Some(body)).await;
        assert_eq!((status, first_error(&told).1), (400, field));
    }
    let (status, order) = shop.call("PUT", &confirm, Some(confirmation())).await;
    assert_eq!((status, &order["state"]), (202, &json!("created")), "{order}");
    let again = shop.call("PUT", &confirm, Some(confirmation())).await;
    assert_eq!((again.0, &again.1["uuid"]), (202, &order["uuid"]));
    assert_eq!(show(&shop.root(), "books").await["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_buyer_can_be_played_and_can_decline() {
    let shop = Shop::new(Settings::default()).await;
    let opened = shop.post("/hpp-checkout-sessions", hosted()).await.1;
    let id = opened["session_id"].as_str().unwrap();
    let told = control(&shop.root(), "POST", &format!("buyer/{id}"), json!({ "choice": "decline" })).await.1;
    assert_eq!(
        (&told["state"], &told["location"]),
        (&json!("declined"), &json!(format!("https://shop.example/no?session_id={id}")))
    );
    let mut body = hosted();
    body["debtor_company"]["legal_form"] = Value::Null;
    body["channel"] = json!("web");
    let (status, told) = shop.post("/hpp-checkout-sessions", body).await;
    assert_eq!((status, first_error(&told).1), (400, "channel"));
}

#[tokio::test]
async fn the_widget_can_be_played() {
    let shop = Shop::new(Settings::default()).await;
    let (status, opened) = shop.post("/checkout-sessions", json!({ "merchant_customer_id": "4711" })).await;
    assert_eq!(status, 200);
    let id = opened["id"].as_str().unwrap();
    let data = json!({ "billie_order_data": {
        "amount": amount("168.07", "200.00", "31.93"), "duration": 30,
        "debtor_company": flat_company("Zeta Electronics Gold GmbH"), "delivery_address": address(),
        "debtor_person": { "email": "uno.eins@example.com" }, "line_items": items()
    }});
    let (status, told) = control(&shop.root(), "POST", &format!("widget/{id}"), data).await;
    assert_eq!((status, &told["state"]), (200, &json!("authorized")), "{told}");
    assert_eq!(told["debtor_company"]["address_city"], "Haslach im Kinzigtal");
    let confirm = format!("/checkout-sessions/{id}/confirm");
    assert_eq!(shop.call("PUT", &confirm, Some(confirmation())).await.0, 202);
}

#[tokio::test]
async fn a_full_life_from_order_to_credit_note() {
    let shop = Shop::new(Settings::default()).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    let first = invoice("order-1001", "RE-1", amount("84.03", "100.00", "15.97"));
    let (status, one) = shop.post("/invoices", first.clone()).await;
    assert_eq!(status, 201, "{one}");
    assert_eq!(shop.state(uuid).await, "partially_shipped");
    let (status, told) = shop.post("/invoices", first).await;
    assert_eq!((status, first_error(&told).1), (400, "external_code"));
    let (status, told) = shop.post("/invoices", invoice(uuid, "RE-2", amount("84.05", "100.01", "15.96"))).await;
    assert_eq!((status, first_error(&told).1), (400, "amount"));
    assert_eq!(shop.post("/invoices", invoice(uuid, "RE-2", amount("84.04", "100.00", "15.96"))).await.0, 201);
    assert_eq!(shop.state(uuid).await, "shipped");
    assert_eq!(shop.post(&format!("/orders/{uuid}/cancel"), json!([])).await.0, 403);

    let path = format!("/invoices/{}", one["uuid"].as_str().unwrap());
    let told = shop.call("GET", &path, None).await.1;
    assert_eq!((&told["outstanding_amount"], &told["payout_amount"]), (&json!(100), &json!(97.5)));
    let credit = json!({ "external_code": "GS-1", "amount": amount("42.02", "50.00", "7.98"), "comment": "return" });
    assert_eq!(shop.post(&format!("{path}/credit-notes"), credit.clone()).await.0, 201);
    let too_much = json!({ "external_code": "GS-2", "amount": amount("42.02", "50.01", "7.99") });
    assert_eq!(shop.post(&format!("{path}/credit-notes"), too_much).await.0, 400);
    let update = json!({ "external_code": "RE-1b", "invoice_url": "https://shop.example/1b.pdf" });
    assert_eq!(shop.post(&format!("{path}/update-details"), update).await.0, 204);
    let paid = serde_json::from_str(r#"{"paid_amount":50.00}"#).unwrap();
    assert_eq!(shop.post(&format!("{path}/confirm-payment"), paid).await.0, 204);
    let paid = serde_json::from_str(r#"{"paid_amount":0.10}"#).unwrap();
    assert_eq!(shop.post(&format!("{path}/confirm-payment"), paid).await.0, 400);
    assert_eq!(shop.call("DELETE", &path, None).await.0, 204);
    assert_eq!(shop.call("DELETE", &path, None).await.0, 403);
    assert_eq!(shop.post(&format!("{path}/credit-notes"), credit).await.0, 403);

    let order = &show(&shop.root(), "books").await["orders"][0];
    let sums = ["authorized", "captured", "released", "refunded"].map(|name| order[name].as_i64().unwrap());
    assert_eq!(sums, [20000, 20000, 0, 10000]);
}

#[tokio::test]
async fn cancelling_frees_what_was_not_shipped() {
    let shop = Shop::new(Settings::default()).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    shop.post("/invoices", invoice(uuid, "RE-1", amount("84.03", "100.00", "15.97"))).await;
    assert_eq!(shop.call("POST", &format!("/orders/{uuid}/cancel"), None).await.0, 204);
    assert_eq!(shop.state(uuid).await, "shipped");
    assert_eq!(shop.post("/invoices", invoice(uuid, "RE-2", amount("1", "1", "0"))).await.0, 403);
    assert_eq!(show(&shop.root(), "books").await["orders"][0]["released"], 10000);

    let mut body = order();
    body["external_code"] = json!("order-1002");
    let uuid = shop.post("/orders", body).await.1["uuid"].as_str().unwrap().to_owned();
    assert_eq!(shop.call("POST", &format!("/orders/{uuid}/cancel"), None).await.0, 204);
    assert_eq!(shop.state(&uuid).await, "canceled");
    control(&shop.root(), "POST", "settings", json!({ "canceled": "cancelled" })).await;
    assert_eq!(shop.state(&uuid).await, "cancelled");
    assert_eq!(shop.call("POST", &format!("/orders/{uuid}/cancel"), None).await.0, 403);
}

#[tokio::test]
async fn amounts_and_codes_change_within_the_rules() {
    let shop = Shop::new(Settings::default()).await;
    let mut body = order();
    body["external_code"] = Value::Null;
    let uuid = shop.post("/orders", body).await.1["uuid"].as_str().unwrap().to_owned();
    let path = format!("/orders/{uuid}");
    assert_eq!(shop.post(&path, json!({ "external_code": "later" })).await.0, 204);
    assert_eq!(shop.post(&path, json!({ "external_code": "other" })).await.0, 403);
    shop.post("/invoices", invoice(&uuid, "RE-1", amount("84.03", "100.00", "15.97"))).await;
    assert_eq!(shop.post(&path, json!({ "amount": amount("80", "99", "19") })).await.0, 400);
    assert_eq!(shop.post(&path, json!({ "amount": amount("84.03", "100.00", "15.97") })).await.0, 204);
    assert_eq!(shop.state(&uuid).await, "shipped");
    assert_eq!(shop.post(&path, json!({ "amount": amount("1", "1", "0") })).await.0, 403);
    assert_eq!(shop.call("GET", "/orders/00000000-0000-0000-0000-000000000000", None).await.0, 404);
    assert_eq!(shop.call("GET", "/orders/later", None).await.0, 400);
}

#[tokio::test]
async fn an_invoice_shows_in_the_order_after_a_while() {
    let shop = Shop::new(Settings { invoice_delay_seconds: 60, ..Settings::default() }).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    shop.post("/invoices", invoice(uuid, "RE-1", amount("168.07", "200.00", "31.93"))).await;
    assert_eq!(shop.state(uuid).await, "created");
    let again = shop.post("/invoices", invoice(uuid, "RE-2", amount("1", "1", "0"))).await;
    assert_eq!(again.0, 403, "shipped all the same");
    control(&shop.root(), "POST", "clock", json!({ "advance_seconds": 60 })).await;
    assert_eq!(shop.state(uuid).await, "shipped");
}

#[tokio::test]
async fn a_cancel_before_the_invoice_shows_calls_off_the_whole_order() {
    for (seconds, state) in [(0, "canceled"), (60, "shipped")] {
        let shop = Shop::new(Settings { invoice_delay_seconds: 60, ..Settings::default() }).await;
        let made = shop.order().await;
        let uuid = made["uuid"].as_str().unwrap();
        shop.post("/invoices", invoice(uuid, "RE-1", amount("84.03", "100.00", "15.97"))).await;
        control(&shop.root(), "POST", "clock", json!({ "advance_seconds": seconds })).await;
        assert_eq!(shop.post(&format!("/orders/{uuid}/cancel"), json!({})).await.0, 204);
        control(&shop.root(), "POST", "clock", json!({ "advance_seconds": 60 })).await;
        assert_eq!(shop.state(uuid).await, state);
    }
}

#[tokio::test]
async fn webhooks_carry_the_key_and_the_documented_shapes() {
    let receiver = Receiver::start().await;
    let shop = Shop::new(Settings { webhook_url: Some(receiver.url.clone()), ..Settings::default() }).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    let created = receiver.wait(1).await.remove(0);
    assert_eq!(created.header("x-api-key"), WEBHOOK_KEY);
    let created = created.json();
    assert_eq!(created["amount"], json!({ "net": "168.07", "tax": "31.93", "gross": "200.00" }));
    assert_eq!((&created["external_code"], created.get("order_uuid")), (&json!("order-1001"), None));

    let wanted = json!({ "webhook_header": "Authorization" });
    control(&shop.root(), "POST", "settings", wanted).await;
    shop.post("/invoices", invoice(uuid, "RE-1", amount("168.07", "200.00", "31.93"))).await;
    let received = receiver.wait(3).await;
    assert_eq!(received[1].header("authorization"), format!("Basic {WEBHOOK_KEY}"));
    assert_eq!(
        (&received[1].json()["event"], &received[2].json()["event"]),
        (&json!("invoice_created"), &json!("order_shipped"))
    );
    assert_eq!(received[2].json()["order_uuid"], uuid);

    let paid = json!({ "order": uuid, "event": "payment", "amount": 5000 });
    control(&shop.root(), "POST", "events", paid).await;
    let guide = json!({ "order": uuid, "event": "dunning_email_1", "spelling": "guide", "open_amount": 15000 });
    control(&shop.root(), "POST", "events", guide).await;
    let received = receiver.wait(5).await;
    let payment = received[3].json();
    assert_eq!((&payment["amount"], &payment["open_amount"]), (&json!("50.00"), &json!("150.00")));
    assert_eq!(
        received[4].json(),
        json!({ "event": "dunning_email_1", "order_id": "order-1001", "open amount": "150.00" })
    );
}

#[tokio::test]
async fn what_is_shipped_or_credited_was_ordered() {
    let shop = Shop::new(Settings::default()).await;
    let made = shop.order().await;
    let item = |name: &str| json!([{ "external_id": name, "quantity": 1 }]);
    let mut body = invoice(made["uuid"].as_str().unwrap(), "RE-1", amount("168.07", "200.00", "31.93"));
    body["line_items"] = item("product-id-2");
    let (status, told) = shop.post("/invoices", body.clone()).await;
    assert_eq!((status, first_error(&told).1), (400, "line_items[0].external_id"));
    body["line_items"] = item("product-id-1");
    let (status, one) = shop.post("/invoices", body).await;
    assert_eq!(status, 201, "{one}");
    let path = format!("/invoices/{}/credit-notes", one["uuid"].as_str().unwrap());
    for (name, expected) in [("product-id-2", 400), ("product-id-1", 201)] {
        let credit = json!({ "external_code": "GS-1", "amount": amount("1", "1", "0"), "line_items": item(name) });
        assert_eq!(shop.post(&path, credit).await.0, expected);
    }
}

#[tokio::test]
async fn the_webhook_of_a_payment_has_the_sum_of_all_payments() {
    let receiver = Receiver::start().await;
    let shop = Shop::new(Settings { webhook_url: Some(receiver.url.clone()), ..Settings::default() }).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    let paid = |minor: i64| json!({ "order": uuid, "event": "payment", "amount": minor });
    assert_eq!(control(&shop.root(), "POST", "events", paid(1)).await.0, 409, "there is nothing to pay yet");
    shop.post("/invoices", invoice(uuid, "RE-1", amount("168.07", "200.00", "31.93"))).await;
    for minor in [5_000, 3_000] {
        control(&shop.root(), "POST", "events", paid(minor)).await;
    }
    let second = receiver.wait(5).await[4].json();
    assert_eq!((&second["amount"], &second["open_amount"]), (&json!("80.00"), &json!("120.00")));
}

#[tokio::test]
async fn waiting_orders_are_decided_by_hand() {
    let receiver = Receiver::start().await;
    let shop = Shop::new(Settings { webhook_url: Some(receiver.url.clone()), ..Settings::default() }).await;
    let mut seen = 0;
    for (code, decision, state, event) in
        [("w-1", "approve", "created", "order_approved"), ("w-2", "decline", "declined", "order_declined")]
    {
        let mut body = order();
        body["external_code"] = json!(code);
        body["debtor"]["name"] = json!("Waiting Room GmbH");
        let told = shop.post("/orders", body).await.1;
        assert_eq!(told["state"], "waiting");
        let uuid = told["uuid"].as_str().unwrap();
        receiver.wait(seen + 1).await;
        control(&shop.root(), "POST", &format!("orders/{uuid}"), json!({ "decision": decision })).await;
        assert_eq!(shop.state(uuid).await, state);
        let received = receiver.wait(seen + 2).await;
        let told = received[seen + 1].json();
        assert_eq!((&received[seen].json()["event"], &told["event"]), (&json!("order_waiting"), &json!(event)));
        assert_eq!(told["order_uuid"], uuid);
        seen += 2;
    }
}

#[tokio::test]
async fn webhooks_are_held_reversed_doubled_and_tried_again() {
    let receiver = Receiver::start().await;
    let shop = Shop::new(Settings { webhook_url: Some(receiver.url.clone()), ..Settings::default() }).await;
    let root = shop.root();
    control(&root, "POST", "webhooks", json!({ "mode": "reversed" })).await;
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    shop.post(&format!("/orders/{uuid}/cancel"), json!([])).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(receiver.all().len(), 0);
    assert_eq!(show(&root, "webhooks").await["held"], 2);
    let told = control(&root, "POST", "webhooks/release", json!({})).await.1;
    assert_eq!(told, json!({ "released": 2, "delivered": 2 }));
    let events: Vec<_> = receiver.all().iter().map(|one| one.json()["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["order_canceled", "order_created"]);

    control(&root, "POST", "webhooks", json!({ "mode": "duplicate" })).await;
    control(&root, "POST", "events", json!({ "order": uuid, "event": "closed" })).await;
    assert_eq!(receiver.wait(4).await[3].body, receiver.all()[2].body);

    control(&root, "POST", "webhooks", json!({ "mode": "normal" })).await;
    receiver.answer(&[503, 401]);
    control(&root, "POST", "events", json!({ "order": uuid, "event": "archived" })).await;
    receiver.wait(7).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let log = show(&root, "webhooks").await;
    let last = log["webhooks"].as_array().unwrap().last().unwrap();
    let statuses: Vec<_> =
        last["attempts"].as_array().unwrap().iter().map(|one| one["status"].as_i64().unwrap()).collect();
    assert_eq!((statuses, &last["state"]), (vec![503, 401, 200], &json!("delivered")));
    let (status, _) = control(&root, "POST", "webhooks", json!({ "mode": "sideways" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn faults_bite() {
    let shop = Shop::new(Settings::default()).await;
    let root = shop.root();
    let made = shop.order().await;
    let uuid = made["uuid"].as_str().unwrap();
    fault(&root, json!({ "call": "capture", "kind": "drop_after" })).await;
    let body = invoice(uuid, "RE-1", amount("84.03", "100.00", "15.97")).to_string();
    assert!(shop.raw("POST", "/invoices", Some(body)).await.is_err());
    assert_eq!(shop.state(uuid).await, "partially_shipped");
    fault(&root, json!({ "call": "get_order", "kind": "wrong_amount" })).await;
    let told = shop.call("GET", &format!("/orders/{uuid}"), None).await.1;
    assert_eq!(told["amount"], json!({ "net": 169.07, "gross": 201, "tax": 31.93 }));
    fault(&root, json!({ "call": "get_order", "kind": "http_5xx", "times": 2, "skip": 1 })).await;
    let path = format!("/orders/{uuid}");
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(shop.raw("GET", &path, None).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
}
