//! The gateway's sandbox, spoken to as a merchant does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sandbox::Running;
use sandbox::buckaroo_billink::{Edition, Flow, SECRET_KEY, Settings, WEBSITE_KEY, start};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::common::{Receiver, client, control, fault, show};

async fn gateway(settings: Settings) -> Running {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap()
}

fn signature(key: &str, secret: &str, method: &str, url: &str, time: &str, nonce: &str, body: &[u8]) -> String {
    let url = url.split_once("://").unwrap().1;
    let url: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let content = if body.is_empty() { String::new() } else { STANDARD.encode(Md5::digest(body)) };
    let raw = format!("{key}{method}{}{time}{nonce}{content}", url.to_lowercase());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(raw.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn header(method: &str, url: &str, nonce: &str, body: &[u8]) -> String {
    let time = jiff::Timestamp::now().as_second().to_string();
    let signature = signature(WEBSITE_KEY, SECRET_KEY, method, url, &time, nonce, body);
    format!("hmac {WEBSITE_KEY}:{signature}:{nonce}:{time}")
}

async fn send(method: &str, url: &str, authorization: &str, body: String) -> reqwest::Result<reqwest::Response> {
    let request = client().request(method.parse().unwrap(), url).header("authorization", authorization);
    request.header("content-type", "application/json").body(body).send().await
}

async fn call(running: &Running, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("{}{path}", running.url());
    let body = body.map(Value::to_string).unwrap_or_default();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let response = send(method, &url, &header(method, &url, &nonce, body.as_bytes()), body).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn transact(running: &Running, body: &Value) -> Value {
    let (status, told) = call(running, "POST", "/json/Transaction", Some(body)).await;
    assert_eq!(status, 200, "{told}");
    told
}

fn code(told: &Value) -> i64 {
    told["Status"]["Code"]["Code"].as_i64().unwrap()
}

/// The guide's Authorize sample, with a VAT percentage that is a number.
fn sample() -> Value {
    let param = |group: &str, id: &str, name: &str, value: Value| {
        if group.is_empty() {
            json!({ "Name": name, "Value": value })
        } else {
            json!({ "Name": name, "GroupType": group, "GroupID": id, "Value": value })
        }
    };
    let mut params =
        vec![param("", "", "Trackandtrace", json!("TR0F123456789")), param("", "", "VATNumber", json!("2"))];
    let article = [
        ("Quantity", "1"),
        ("Identifier", "Articlenumber12345"),
        ("VatPercentage", "7"),
        ("GrossUnitPriceIncl", "10"),
        ("GrossUnitPriceExcl", "5"),
    ];
    params.extend(article.map(|(name, value)| param("Article", "1", name, json!(value))));
    let billing = [
        ("Category", json!("B2C")),
        ("CareOf", json!("John Smith")),
        ("ChamberOfCommerce", json!("Kvk123456789")),
        ("FirstName", json!("Test")),
        ("Initials", json!("T")),
        ("LastName", json!("Acceptatie")),
        ("Salutation", json!("Male")),
        ("Street", json!("Hoofdstraat")),
        ("StreetNumber", json!(90)),
        ("StreetNumberAdditional", json!("A")),
        ("PostalCode", json!("8441EE")),
        ("City", json!("Heerenveen")),
        ("Country", json!("NL")),
        ("MobilePhone", json!("0698765433")),
        ("Email", json!("billingcustomer@buckaroo.nl")),
        ("BirthDate", json!("01-01-1990")),
    ];
    params.extend(billing.map(|(name, value)| param("BillingCustomer", "", name, value)));
    let shipping = [
        ("Street", json!("Afleverstraat")),
        ("StreetNumber", json!(80)),
        ("StreetNumberAdditional", json!("B")),
        ("PostalCode", json!("7881ER")),
        ("City", json!("Leeuwarden")),
        ("CareOf", json!("John Smith")),
        ("FirstName", json!("Test")),
        ("LastName", json!("Aflever")),
        ("Country", json!("NL")),
    ];
    params.extend(shipping.map(|(name, value)| param("ShippingCustomer", "", name, value)));
    json!({
        "Currency": "EUR", "AmountDebit": 10.0, "Invoice": "TestInvoice 123", "Order": null,
        "Description": "Test Invoice 123",
        "Services": { "ServiceList": [{ "Name": "Billink", "Action": "Authorize", "Parameters": params }] },
        "CustomParameters": null, "AdditionalParameters": null
    })
}

fn params(body: &mut Value) -> &mut Vec<Value> {
    body["Services"]["ServiceList"][0]["Parameters"].as_array_mut().unwrap()
}

fn set(body: &mut Value, group: &str, name: &str, value: Value) {
    let is = |param: &&mut Value| param["Name"] == name && param["GroupType"].as_str().unwrap_or_default() == group;
    match params(body).iter_mut().find(is) {
        Some(param) => param["Value"] = value,
        None => params(body).push(json!({ "Name": name, "GroupType": group, "GroupID": "1", "Value": value })),
    }
}

fn without(body: &mut Value, group: &str, name: &str) {
    params(body).retain(|param| param["Name"] != name || param["GroupType"].as_str().unwrap_or_default() != group);
}

/// An authorization that the newest rules accept.
fn authorize() -> Value {
    let mut body = sample();
    set(&mut body, "Article", "Description", json!("A chair"));
    body
}

fn follow_up(action: &str, side: &str, amount: Value, original: &Value) -> Value {
    let mut body = json!({
        "Currency": "EUR", "Invoice": "TestInvoice 123", "OriginalTransactionKey": original,
        "Services": { "ServiceList": [{ "Name": "Billink", "Action": action }] }
    });
    body[side] = amount;
    body
}

#[tokio::test]
async fn the_guides_sample_is_accepted_under_the_guides_rules() {
    let running = gateway(Settings { edition: Edition::Guide2020, ..Settings::default() }).await;
    let told = transact(&running, &sample()).await;
    assert_eq!(code(&told), 190, "{told}");
    assert_eq!(told["TransactionType"], "I069");
    assert_eq!(told["MutationType"], 3);
    assert_eq!(told["Status"]["SubCode"], Value::Null);
    assert_eq!(told["PaymentKey"], Value::Null);
    assert_eq!(told["RequestErrors"], Value::Null);
    assert_eq!(told["Key"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn the_newest_rules_want_a_description_of_every_article() {
    let running = gateway(Settings::default()).await;
    let told = transact(&running, &sample()).await;
    assert_eq!(code(&told), 491);
    let error = &told["RequestErrors"]["ParameterErrors"][0];
    assert_eq!((error["Name"].as_str(), error["Error"].as_str()), (Some("Description"), Some("ParameterMissing")));
    assert_eq!((&told["TransactionType"], &told["MutationType"]), (&Value::Null, &json!(0)));
    assert_eq!(code(&transact(&running, &authorize()).await), 190);
}

#[tokio::test]
async fn answers_are_signed_and_write_decimals_as_the_gateway_does() {
    let running = gateway(Settings::default()).await;
    let url = format!("{}/json/Transaction", running.url());
    let body = authorize().to_string();
    let response = send("POST", &url, &header("POST", &url, "n1", body.as_bytes()), body).await.unwrap();
    let header = response.headers()["authorization"].to_str().unwrap().to_owned();
    let body = response.text().await.unwrap();
    assert!(body.contains("\"AmountDebit\":10.0,"), "{body}");
    let fields: Vec<&str> = header.strip_prefix("hmac ").unwrap().split(':').collect();
    let expected = signature(WEBSITE_KEY, SECRET_KEY, "POST", &url, fields[3], fields[2], body.as_bytes());
    assert_eq!((fields[0], fields[1]), (WEBSITE_KEY, expected.as_str()));
}

#[tokio::test]
async fn a_wrong_signature_a_used_nonce_and_a_foreign_key_are_denied() {
    let running = gateway(Settings::default()).await;
    let url = format!("{}/json/Transaction/Specification/billink?serviceVersion=0", running.url());
    let good = header("GET", &url, "once", b"");
    assert_eq!(send("GET", &url, &good, String::new()).await.unwrap().status(), 200);
    let foreign = header("GET", &url, "2", b"").replace(WEBSITE_KEY, "OTHER");
    let elsewhere = header("GET", &url.replace("serviceVersion=0", "serviceVersion=1"), "3", b"");
    let other_body = header("GET", &url, "4", b"{}");
    let bare = header("GET", &url, "5", b"").replace("hmac ", "");
    for bad in [good, foreign, elsewhere, other_body, bare] {
        let response = send("GET", &url, &bad, String::new()).await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(response.text().await.unwrap(), r#"{"Message":"Access denied"}"#);
    }
}

#[tokio::test]
async fn each_rule_refuses_with_its_parameter() {
    let running = gateway(Settings::default()).await;
    type Change = fn(&mut Value);
    let cases: Vec<(&str, Change)> = vec![
        ("VatPercentage", |body| set(body, "Article", "VatPercentage", json!("Seven"))),
        ("Quantity", |body| set(body, "Article", "Quantity", json!("1.5"))),
        ("OrderAmount", |body| set(body, "Article", "GrossUnitPriceIncl", json!("9.99"))),
        ("OrderAmount", |body| body["AmountDebit"] = json!(10.01)),
        ("StreetNumber", |body| set(body, "BillingCustomer", "StreetNumber", json!("90A"))),
        ("StreetNumberAdditional", |body| set(body, "BillingCustomer", "StreetNumberAdditional", json!(""))),
        ("Salutation", |body| set(body, "BillingCustomer", "Salutation", json!("male"))),
        ("BirthDate", |body| set(body, "BillingCustomer", "BirthDate", json!("1990-01-01"))),
        ("BirthDate", |body| without(body, "BillingCustomer", "BirthDate")),
        ("Initials", |body| set(body, "BillingCustomer", "Initials", json!("ABCDEFG"))),
        ("Category", |body| set(body, "BillingCustomer", "Category", json!("B2X"))),
        ("Country", |body| set(body, "BillingCustomer", "Country", json!("DE"))),
        ("City", |body| without(body, "ShippingCustomer", "City")),
        ("City", |body| set(body, "BillingCustomer", "City", json!("Heerenveen 2"))),
        ("PostalCode", |body| set(body, "BillingCustomer", "PostalCode", json!("8441"))),
        ("PostalCode", |body| set(body, "ShippingCustomer", "Country", json!("BE"))),
        ("StreetNumberAdditional", |body| {
            set(body, "BillingCustomer", "StreetNumberAdditional", json!("12345678901"));
        }),
        ("CareOff", |body| set(body, "ShippingCustomer", "CareOff", json!("X"))),
        ("Currency", |body| body["Currency"] = json!("USD")),
        ("AmountDebit", |body| body["AmountDebit"] = json!("10.00")),
        ("AmountCredit", |body| body["AmountCredit"] = json!(10.0)),
        ("Invoice", |body| body["Invoice"] = json!(" ")),
        ("PushURL", |body| body["PushURL"] = json!("nowhere")),
        ("AmountDebit", |body| {
            set(body, "Article", "GrossUnitPriceIncl", json!("750.01"));
            body["AmountDebit"] = json!(750.01);
        }),
        ("ChamberOfCommerce", |body| {
            set(body, "BillingCustomer", "Category", json!("B2B"));
            without(body, "BillingCustomer", "ChamberOfCommerce");
        }),
    ];
    for (name, change) in cases {
        let mut body = authorize();
        change(&mut body);
        let told = transact(&running, &body).await;
        assert_eq!(code(&told), 491, "{name}: {told}");
        let errors = told["RequestErrors"]["ParameterErrors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["Name"] == name), "{name}: {errors:?}");
    }
    let books = show(&running.url(), "books").await;
    assert!(books["orders"].as_array().unwrap().iter().all(|order| order["authorized"] == 0));
}

#[tokio::test]
async fn unreadable_requests_are_400() {
    let running = gateway(Settings::default()).await;
    let mut body = authorize();
    body["Surprise"] = json!(1);
    let (status, told) = call(&running, "POST", "/json/Transaction", Some(&body)).await;
    assert_eq!((status, told), (400, json!({ "Message": "Unknown member 'Surprise' in the request" })));
    type Change = fn(&mut Value);
    let inside: [Change; 6] = [
        |body| body["ClientIP"] = json!({ "Type": 0, "Address": "203.0.113.10", "Port": 1 }),
        |body| body["Services"]["ServiceList"][0]["Key"] = json!("x"),
        |body| params(body)[0]["Group"] = json!("Article"),
        |body| body["CustomParameters"] = json!({ "CustomParameter": [] }),
        |body| body["AdditionalParameters"] = json!({ "List": [{ "Name": "a", "Value": "b" }] }),
        |body| body["AdditionalParameters"] = json!([{ "Name": "a", "Value": "b" }]),
    ];
    for change in inside {
        let mut body = authorize();
        change(&mut body);
        assert_eq!(call(&running, "POST", "/json/Transaction", Some(&body)).await.0, 400, "{body}");
    }
    assert_eq!(call(&running, "POST", "/json/Transaction", Some(&json!([]))).await.0, 400);
    assert_eq!(call(&running, "GET", "/json/Transaction/Status/00", None).await.0, 404);
}

#[tokio::test]
async fn an_unwanted_buyer_is_rejected() {
    let running = gateway(Settings::default()).await;
    for (field, value, expected) in [
        ("LastName", "Declined", 690),
        ("Email", "declined@example.com", 690),
        ("BirthDate", "01-01-2020", 690),
        ("LastName", "Failed", 490),
        ("LastName", "Technical", 492),
        ("LastName", "Pending", 791),
    ] {
        let mut body = authorize();
        set(&mut body, "BillingCustomer", field, json!(value));
        let told = transact(&running, &body).await;
        assert_eq!(code(&told), expected, "{told}");
        assert_eq!(told["RequestErrors"], Value::Null);
    }
}

#[tokio::test]
async fn a_full_life_from_authorize_to_refund() {
    let running = gateway(Settings::default()).await;
    let authorized = transact(&running, &authorize()).await;
    let wrong = follow_up("Capture", "AmountDebit", json!(9.99), &authorized["Key"]);
    assert_eq!(code(&transact(&running, &wrong).await), 491);
    let capture = follow_up("Capture", "AmountDebit", json!(10.0), &authorized["Key"]);
    let captured = transact(&running, &capture).await;
    assert_eq!((code(&captured), &captured["TransactionType"]), (190, &json!("C073")));
    assert_eq!(captured["Status"]["SubCode"]["Code"], "S990");
    assert_eq!(captured["PaymentKey"].as_str().unwrap().len(), 32);
    assert_eq!(code(&transact(&running, &capture).await), 490, "only once");
    let cancel = follow_up("CancelAuthorize", "AmountCredit", json!(10.0), &authorized["Key"]);
    assert_eq!(code(&transact(&running, &cancel).await), 490, "no longer open");
    let of_the_authorization = follow_up("Refund", "AmountCredit", json!(2.5), &authorized["Key"]);
    assert_eq!(code(&transact(&running, &of_the_authorization).await), 491);
    let debit = follow_up("Refund", "AmountDebit", json!(2.5), &captured["Key"]);
    assert_eq!(code(&transact(&running, &debit).await), 491);
    let refunded = transact(&running, &follow_up("Refund", "AmountCredit", json!(2.5), &captured["Key"])).await;
    assert_eq!((code(&refunded), &refunded["TransactionType"]), (190, &json!("C070")));
    let related = json!([{ "RelationType": "refund", "RelatedTransactionKey": captured["Key"] }]);
    assert_eq!(refunded["RelatedTransactions"], related);
    let too_much = follow_up("Refund", "AmountCredit", json!(7.51), &captured["Key"]);
    assert_eq!(code(&transact(&running, &too_much).await), 490);

    let path = format!("/json/Transaction/RefundInfo/{}", captured["Key"].as_str().unwrap());
    let info = call(&running, "GET", &path, None).await.1;
    assert_eq!((&info["MaximumRefundAmount"], &info["RefundedAmount"]), (&json!(7.5), &json!(2.5)));
    let path = format!("/json/Transaction/Status/{}", refunded["Key"].as_str().unwrap());
    let status = call(&running, "GET", &path, None).await.1;
    assert_eq!((code(&status), &status["IsCancelable"]), (190, &json!(false)));
    let asked = json!({ "Transactions": [{ "Invoice": "TestInvoice 123" }, { "Invoice": "nobody" }] });
    let told = call(&running, "POST", "/json/Transaction/Statuses", Some(&asked)).await.1;
    assert_eq!(told["ErrorTransactions"][0]["Invoice"], "nobody");
    let keys: Vec<_> = told["Transactions"].as_array().unwrap().iter().map(|one| &one["Key"]).collect();
    assert!(keys.contains(&&authorized["Key"]) && keys.contains(&&captured["Key"]));

    let order = &show(&running.url(), "books").await["orders"][0];
    let sums = ["authorized", "captured", "released", "refunded"].map(|name| order[name].as_i64().unwrap());
    assert_eq!(sums, [1000, 1000, 0, 250]);
}

#[tokio::test]
async fn an_authorization_is_cancelled_whole_and_once() {
    let running = gateway(Settings::default()).await;
    let authorized = transact(&running, &authorize()).await;
    let part = follow_up("CancelAuthorize", "AmountCredit", json!(5), &authorized["Key"]);
    assert_eq!(code(&transact(&running, &part).await), 491);
    let whole = follow_up("CancelAuthorize", "AmountCredit", json!(10.00), &authorized["Key"]);
    let told = transact(&running, &whole).await;
    assert_eq!((code(&told), &told["TransactionType"], &told["PaymentKey"]), (190, &json!("I072"), &Value::Null));
    assert_eq!(code(&transact(&running, &whole).await), 490);
    assert_eq!(show(&running.url(), "books").await["orders"][0]["released"], 1000);
}

#[tokio::test]
async fn a_buyer_on_the_hosted_page_comes_back_and_a_push_follows() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings::default()).await;
    let root = running.url();
    control(&root, "POST", "settings", json!({ "flow": "redirect" })).await;
    for (choice, back, status) in [("accept", "ok", 190), ("decline", "no", 690), ("cancel", "bye", 890)] {
        let mut body = authorize();
        body["Invoice"] = json!(format!("TestInvoice {status}"));
        body["PushURL"] = json!(receiver.url);
        body["ReturnURL"] = json!("https://shop.example/ok?t=1");
        body["ReturnURLReject"] = json!("https://shop.example/no");
        body["ReturnURLCancel"] = json!("https://shop.example/bye");
        let before = receiver.all().len();
        let told = transact(&running, &body).await;
        assert_eq!((code(&told), &told["RequiredAction"]["Name"]), (790, &json!("Redirect")));
        assert_eq!(told["TransactionType"], Value::Null);
        let page = told["RequiredAction"]["RedirectURL"].as_str().unwrap();
        let html = client().get(page).send().await.unwrap().text().await.unwrap();
        assert!(html.contains("Accept") && html.contains("Decline") && html.contains("Cancel"));
        let response = client().post(format!("{page}&choice={choice}")).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("https://shop.example/{back}?")), "{location}");
        assert!(location.contains("BRQ_SIGNATURE="));
        let push = receiver.wait(before + 1).await[before].json();
        assert_eq!(code(&push["Transaction"]), status);
    }
}

#[tokio::test]
async fn the_page_can_send_the_buyer_back_by_a_form_that_posts_itself() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    control(&root, "POST", "settings", json!({ "flow": "redirect", "return": "post" })).await;
    let mut body = authorize();
    body["ReturnURL"] = json!("https://shop.example/ok?t=1&u=2");
    body["Description"] = json!("Two \"chairs\" & a <table>");
    let told = transact(&running, &body).await;
    let page = told["RequiredAction"]["RedirectURL"].as_str().unwrap();
    let response = client().post(format!("{page}&choice=accept")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let html = response.text().await.unwrap();
    for part in [
        "<form method=\"post\" action=\"https://shop.example/ok?t=1&amp;u=2\">",
        "name=\"BRQ_STATUSCODE\" value=\"190\">",
        "name=\"BRQ_DESCRIPTION\" value=\"Two &quot;chairs&quot; &amp; a &lt;table&gt;\">",
        "name=\"BRQ_SIGNATURE\" value=\"",
        ".submit()",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[tokio::test]
async fn json_pushes_are_signed_over_the_url_they_were_given() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings::default()).await;
    let mut body = authorize();
    body["PushURL"] = json!(format!("{}?token=abc", receiver.url));
    body["AdditionalParameters"] = json!({ "AdditionalParameter": [{ "Name": "orderId", "Value": "42" }] });
    let told = transact(&running, &body).await;
    assert_eq!(told["AdditionalParameters"]["AdditionalParameter"][0]["Value"], "42");
    let push = receiver.wait(1).await.remove(0);
    let header = push.header("authorization").to_owned();
    let fields: Vec<&str> = header.strip_prefix("hmac ").unwrap().split(':').collect();
    let url = format!("{}?token=abc", receiver.url);
    let expected = signature(WEBSITE_KEY, SECRET_KEY, "POST", &url, fields[3], fields[2], push.body.as_bytes());
    assert_eq!(fields[1], expected);
    let transaction = &push.json()["Transaction"];
    assert_eq!(transaction["Key"], told["Key"]);
    assert_eq!(transaction["AdditionalParameters"]["List"][0]["Name"], "orderId");
    assert!(push.body.contains("\"AmountDebit\":10.0,"));
}

#[tokio::test]
async fn form_pushes_are_signed_over_their_fields() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings::default()).await;
    let wanted = json!({ "push_format": "form", "push_hash": "sha256" });
    control(&running.url(), "POST", "settings", wanted).await;
    let mut body = authorize();
    body["PushURL"] = json!(receiver.url);
    transact(&running, &body).await;
    let push = receiver.wait(1).await.remove(0);
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(push.body.as_bytes()).into_owned().collect();
    let place = fields.iter().position(|(name, _)| name == "brq_signature").unwrap();
    let signature = fields.remove(place).1;
    fields.sort_by_key(|(name, _)| name.to_lowercase());
    let text: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let expected = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{text}{SECRET_KEY}")));
    assert_eq!(signature, expected);
    assert!(fields.contains(&("brq_amount".into(), "10.00".into())), "{fields:?}");
    assert!(push.headers.get("authorization").is_none());
}

#[tokio::test]
async fn pushes_are_tried_again_eleven_times_and_then_given_up() {
    let receiver = Receiver::start().await;
    let mut settings = Settings::default();
    settings.delivery.spacing = std::time::Duration::from_secs(3_600);
    let running = gateway(settings).await;
    receiver.answer(&[500; 20]);
    let mut body = authorize();
    body["PushURL"] = json!(receiver.url);
    transact(&running, &body).await;
    for count in 1..=12 {
        assert_eq!(receiver.wait(count).await.len(), count);
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        control(&running.url(), "POST", "clock", json!({ "advance_seconds": 3_600 })).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let log = show(&running.url(), "webhooks").await;
    assert_eq!(log["webhooks"][0]["attempts"].as_array().unwrap().len(), 12);
    assert_eq!(log["webhooks"][0]["state"], "given up");
}

#[tokio::test]
async fn a_push_can_come_before_the_answer() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings::default()).await;
    control(&running.url(), "POST", "webhooks", json!({ "before_answer": true })).await;
    let mut body = authorize();
    body["PushURL"] = json!(receiver.url);
    transact(&running, &body).await;
    assert_eq!(receiver.all().len(), 1);
}

#[tokio::test]
async fn pushes_leave_this_machine_for_nobody() {
    let running = gateway(Settings::default()).await;
    let mut body = authorize();
    body["PushURL"] = json!("https://example.com/push");
    transact(&running, &body).await;
    let log = show(&running.url(), "webhooks").await;
    assert_eq!(log["webhooks"][0]["state"], "refused: not a loopback address");
    assert_eq!(log["webhooks"][0]["attempts"], json!([]));
}

#[tokio::test]
async fn a_dropped_answer_leaves_the_work_done_or_undone() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    for (kind, orders) in [("drop_before", 0), ("drop_after", 1)] {
        fault(&root, json!({ "call": "authorize", "kind": kind })).await;
        let url = format!("{root}/json/Transaction");
        let body = authorize().to_string();
        assert!(send("POST", &url, &header("POST", &url, kind, body.as_bytes()), body).await.is_err());
        assert_eq!(show(&root, "books").await["orders"].as_array().unwrap().len(), orders);
    }
    let calls = show(&root, "calls").await;
    let seen: Vec<_> =
        calls["calls"].as_array().unwrap().iter().map(|one| (&one["processed"], &one["status"])).collect();
    assert_eq!(seen, [(&json!(false), &Value::Null), (&json!(true), &Value::Null)]);
    let mut another = authorize();
    another["Invoice"] = json!("TestInvoice 124");
    assert_eq!(code(&transact(&running, &another).await), 190, "the fault was for one call");
}

#[tokio::test]
async fn other_faults_bite_too() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    let url = format!("{root}/json/Transaction");
    for (kind, status, orders) in
        [("http_5xx", 503, 0), ("garbage", 200, 0), ("http_5xx_after", 503, 1), ("garbage_after", 200, 2)]
    {
        fault(&root, json!({ "call": "authorize", "kind": kind, "status": 503 })).await;
        let body = authorize().to_string();
        let response = send("POST", &url, &header("POST", &url, kind, body.as_bytes()), body).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(serde_json::from_str::<Value>(&response.text().await.unwrap()).is_err());
        assert_eq!(show(&root, "books").await["orders"].as_array().unwrap().len(), orders, "{kind}");
    }
    fault(&root, json!({ "call": "any", "kind": "wrong_amount" })).await;
    assert_eq!(transact(&running, &authorize()).await["AmountDebit"], 11.0);
    fault(&root, json!({ "call": "authorize", "kind": "delay", "millis": 300 })).await;
    let begun = std::time::Instant::now();
    transact(&running, &authorize()).await;
    assert!(begun.elapsed().as_millis() >= 300);
    let (status, _) = control(&root, "POST", "faults", json!({ "call": "nonsense", "kind": "delay" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn work_goes_on_when_the_caller_hangs_up() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    fault(&root, json!({ "call": "authorize", "kind": "delay_before", "millis": 300 })).await;
    let url = format!("{root}/json/Transaction");
    let body = authorize().to_string();
    let header = header("POST", &url, "n", body.as_bytes());
    let sent = send("POST", &url, &header, body);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), sent).await.is_err());
    assert_eq!(show(&root, "books").await["orders"], json!([]));
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(show(&root, "books").await["orders"][0]["authorized"], 1000);
}

#[tokio::test]
async fn what_waits_goes_on_when_faults_are_called_off() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    fault(&root, json!({ "call": "authorize", "kind": "delay_before", "millis": 600_000 })).await;
    let calls_off = async {
        while show(&root, "calls").await["calls"] == json!([]) {
            tokio::task::yield_now().await;
        }
        assert_eq!(show(&root, "books").await["orders"], json!([]));
        control(&root, "DELETE", "calls", json!({})).await;
        fault(&root, json!({ "call": "authorize", "kind": "wrong_amount" })).await;
        assert_eq!(transact(&running, &authorize()).await["AmountDebit"], 11.0);
        control(&root, "DELETE", "faults", json!({})).await;
    };
    let body = authorize();
    let (waited, ()) = tokio::join!(transact(&running, &body), calls_off);
    assert_eq!(waited["AmountDebit"], 10.0);
    // The call that was forgotten is not taken for the one after it.
    let calls = show(&root, "calls").await["calls"].clone();
    assert_eq!((calls.as_array().unwrap().len(), &calls[0]["distorted"]), (1, &json!(true)));
}

#[tokio::test]
async fn a_push_may_claim_any_status_and_amount() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings::default()).await;
    let root = running.url();
    let mut body = authorize();
    body["PushURL"] = json!(receiver.url);
    let key = transact(&running, &body).await["Key"].as_str().unwrap().to_owned();
    receiver.wait(1).await;
    for (n, code) in [491, 792, 793, 891].into_iter().enumerate() {
        let claim = json!({ "outcome": code.to_string(), "amount": 1_234 });
        assert_eq!(control(&root, "POST", &format!("push/{key}"), claim).await.0, 200);
        let told = receiver.wait(n + 2).await[n + 1].json()["Transaction"].clone();
        assert_eq!((&told["Status"]["Code"]["Code"], &told["AmountDebit"]), (&json!(code), &json!(12.34)));
    }
    let unknown = json!({ "outcome": "999" });
    assert_eq!(control(&root, "POST", &format!("push/{key}"), unknown).await.0, 400);
    assert_eq!(show(&root, "books").await["orders"][0]["authorized"], 1000);
}

#[tokio::test]
async fn a_business_pays_later_too() {
    let running = gateway(Settings::default()).await;
    let mut body = authorize();
    set(&mut body, "BillingCustomer", "Category", json!("B2B"));
    without(&mut body, "BillingCustomer", "BirthDate");
    set(&mut body, "Article", "GrossUnitPriceIncl", json!("5000.0"));
    set(&mut body, "Article", "GrossUnitPriceExcl", json!("4672.90"));
    set(&mut body, "Article", "Quantity", json!(2));
    body["AmountDebit"] = json!(10000);
    let good = body.clone();
    without(&mut body, "BillingCustomer", "CareOf");
    without(&mut body, "ShippingCustomer", "CareOf");
    without(&mut body, "Article", "GrossUnitPriceExcl");
    assert_eq!(wrong(&transact(&running, &body).await), ["CareOf", "CareOf", "GrossUnitPriceExcl"]);
    for (group, name, value) in [
        ("BillingCustomer", "CareOf", "X".repeat(51)),
        ("Article", "GrossUnitPriceExcl", "5000.0".to_owned()),
        ("Article", "GrossUnitPriceExcl", "4672.91".to_owned()),
    ] {
        let mut body = good.clone();
        set(&mut body, group, name, json!(value));
        assert_eq!(wrong(&transact(&running, &body).await), [name], "{value}");
    }
    assert_eq!(code(&transact(&running, &good).await), 190);
}

/// The names in the errors of a request that is not valid.
fn wrong(told: &Value) -> Vec<&str> {
    let errors = told["RequestErrors"]["ParameterErrors"].as_array().unwrap();
    errors.iter().map(|error| error["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_invoice_is_for_one_payment() {
    let running = gateway(Settings::default()).await;
    let mut refused = authorize();
    set(&mut refused, "BillingCustomer", "LastName", json!("Declined"));
    assert_eq!(code(&transact(&running, &refused).await), 690);
    assert_eq!(code(&transact(&running, &authorize()).await), 190, "a refusal makes no order");
    let told = transact(&running, &authorize()).await;
    assert_eq!((code(&told), &told["Status"]["SubCode"]["Code"]), (490, &json!("S999")));
    let mut other = authorize();
    other["Invoice"] = json!("TestInvoice 124");
    assert_eq!(code(&transact(&running, &other).await), 190);

    let running = gateway(Settings { flow: Flow::Redirect, ..Settings::default() }).await;
    let mut body = authorize();
    body["ReturnURL"] = json!("https://shop.example/return");
    let (first, second) = (transact(&running, &body).await, transact(&running, &body).await);
    for (page, expected) in [(second, 190), (first, 490)] {
        let path = format!("buyer/{}", page["Key"].as_str().unwrap());
        let told = control(&running.url(), "POST", &path, json!({ "choice": "accept" })).await.1;
        assert_eq!(told["status"], expected, "the first one that is finished is the order");
    }
}

#[tokio::test]
async fn a_pending_refund_is_settled_later() {
    let receiver = Receiver::start().await;
    let running = gateway(Settings { pending: vec!["refund".into()], ..Settings::default() }).await;
    let mut pay = authorize();
    pay["Services"]["ServiceList"][0]["Action"] = json!("Pay");
    let paid = transact(&running, &pay).await;
    assert_eq!(paid["TransactionType"], "C068");
    let mut refund = follow_up("Refund", "AmountCredit", json!(4), &paid["Key"]);
    refund["PushURL"] = json!(receiver.url);
    let told = transact(&running, &refund).await;
    assert_eq!(code(&told), 794);
    assert_eq!(show(&running.url(), "books").await["orders"][0]["refunding"], 400);
    let key = told["Key"].as_str().unwrap();
    let (_, called_off) = call(&running, "GET", &format!("/json/Transaction/Cancel/{key}"), None).await;
    let (_, stands) = call(&running, "GET", &format!("/json/Transaction/Status/{key}"), None).await;
    assert_eq!((&called_off["IsCanceled"], &stands["IsCancelable"]), (&json!(false), &json!(false)), "an order alone");
    assert_eq!(code(&stands), 794);
    receiver.wait(1).await;
    let path = format!("transactions/{}", told["Key"].as_str().unwrap());
    control(&running.url(), "POST", &path, json!({ "outcome": "success" })).await;
    let push = receiver.wait(2).await[1].json();
    assert_eq!(code(&push["Transaction"]), 190);
    assert_eq!(push["Transaction"]["Status"]["SubCode"], Value::Null);
    assert!(push["Transaction"].get("RelatedTransactions").is_none());
    assert_eq!(show(&running.url(), "books").await["orders"][0]["refunded"], 400);
}

#[tokio::test]
async fn what_is_made_at_the_desk_is_pushed_under_the_invoice_of_what_it_follows() {
    for (call, kind, other) in [("capture", "C073", "cancel"), ("cancel", "I072", "capture")] {
        let receiver = Receiver::start().await;
        let running = gateway(Settings { push_url: Some(receiver.url.clone()), ..Settings::default() }).await;
        let opened = transact(&running, &authorize()).await;
        let at_the_desk = async |call: &str| {
            let path = format!("transactions/{}/{call}", opened["Key"].as_str().unwrap());
            control(&running.url(), "POST", &path, json!({})).await.0
        };
        assert_eq!((at_the_desk("refund").await, at_the_desk(call).await), (409, 200), "nothing is captured yet");
        let push = receiver.wait(2).await[1].json();
        let made = &push["Transaction"];
        assert_eq!((code(made), &made["TransactionType"], &made["Invoice"]), (190, &json!(kind), &opened["Invoice"]));
        assert_eq!((at_the_desk(call).await, at_the_desk(other).await), (409, 409), "only once");
    }
}

#[tokio::test]
async fn a_dropped_sandbox_is_gone() {
    let running = gateway(Settings::default()).await;
    let root = running.url();
    show(&root, "books").await;
    drop(running);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(client().get(format!("{root}/_sandbox/books")).send().await.is_err());
}
