//! BillAgain's sandbox, spoken to as a merchant does.

use sandbox::Running;
use sandbox::billagain::{API_KEY, BANK_GATEWAY_ID, CARD_GATEWAY_ID, CUSTOMER_ID, Decline, Settings, USERNAME, start};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::common::{Receiver, client, control, fault, show};

async fn billagain(settings: Settings) -> Running {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap()
}

async fn raw(running: &Running, method: &str, path: &str, body: Option<&str>) -> reqwest::Result<reqwest::Response> {
    let request = client().request(method.parse().unwrap(), format!("{}/v1{path}", running.url()));
    let request = request.basic_auth(USERNAME, Some(API_KEY));
    match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_owned()).send().await,
        None => request.send().await,
    }
}

async fn call(running: &Running, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let body = body.map(|body| body.to_string());
    let response = raw(running, method, path, body.as_deref()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn payment(amount: &str) -> Value {
    json!({
        "customerID": CUSTOMER_ID, "Mode": "redirect", "Method": "credit_card", "isPayment": true,
        "StorageMode": "cc_token", "gatewayID": CARD_GATEWAY_ID, "paymentMethod_retainOnSuccess": false,
        "paymentMethod_isPrimary": false, "paymentMethod_isEnrol": false, "subscriptionID": null,
        "paymentMethodID": null, "CurrencyCode": "ZAR", "Amount": serde_json::from_str::<Value>(amount).unwrap(),
        "Description": "Payment", "RedirectUrl": "https://shop.example/back?ref=1"
    })
}

/// The documentation's own example.
fn enrolment() -> Value {
    json!({
        "customerID": 200, "Mode": "redirect", "Method": "credit_card", "isPayment": false, "StorageMode": "cc_token",
        "gatewayID": 99, "paymentMethod_isEnrol": true, "paymentMethod_retainOnSuccess": true, "CurrencyCode": "ZAR",
        "Amount": 0, "Description": "Payment", "RedirectUrl": "https://customerarea.mysite.com",
        "NotifyUrl": "https://notificationservice.mysite.com"
    })
}

/// Opens a transaction; answers its page and its token.
async fn initiate(running: &Running, body: Value) -> (String, String) {
    let (status, told) = call(running, "POST", "/secure/initiate", Some(body)).await;
    assert_eq!((status, &told["isSuccess"]), (201, &json!(true)), "{told}");
    assert_eq!(told.as_object().unwrap().len(), 2, "there is no transaction id in it: {told}");
    let page = told["RedirectUrl"].as_str().unwrap().to_owned();
    let token = page.rsplit('/').next().unwrap().to_owned();
    (page, token)
}

async fn choose(running: &Running, token: &str, choice: &str) -> Value {
    let (status, told) = control(&running.url(), "POST", &format!("buyer/{token}"), json!({ "choice": choice })).await;
    assert_eq!(status, 200, "{told}");
    call(running, "GET", &format!("/secure/transactions/{}", told["transactionID"].as_str().unwrap()), None).await.1
}

#[tokio::test]
async fn a_payment_goes_from_the_page_to_the_transaction() {
    let running = billagain(Settings::default()).await;
    let (page, token) = initiate(&running, payment("150.00")).await;
    assert_eq!(page, format!("{}/secure/process/5/200/{token}", running.url()));
    assert_eq!(token.len(), 18);
    let html = client().get(&page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Accept") && html.contains("ZAR 150.00"), "{html}");
    let response = client().post(format!("{page}/accept")).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (start, outcome) = location.split_once("&outcome=").unwrap();
    let id = start.strip_prefix("https://shop.example/back?ref=1&transactionID=").unwrap();
    assert_eq!(outcome, "complete");
    assert_eq!(client().post(format!("{page}/accept")).send().await.unwrap().status(), 404);

    let (status, told) = call(&running, "GET", &format!("/secure/transactions/{id}"), None).await;
    assert_eq!((status, told.as_object().unwrap().len()), (200, 29), "{told}");
    assert_eq!((&told["transactionID"], &told["Token"]), (&json!(id), &json!(token)));
    assert_eq!((&told["Amount"].to_string(), &told["CurrencyCode"]), (&"150.0".to_owned(), &json!("ZAR")));
    assert_eq!((&told["isComplete"], &told["isSubmitted"]), (&json!(true), &json!(true)));
    assert_eq!((&told["Description"], &told["ResultText"]), (&json!("Payment"), &json!("Approved")));
    assert_eq!((&told["notify_NumTries"], &told["notify_Date"]), (&json!(0), &Value::Null));
    let fraction = told["DateCreated"].as_str().unwrap().split_once('.').unwrap().1;
    assert_eq!(fraction.len(), "7987439Z".len());

    let (status, paid) = call(&running, "GET", &format!("/payments/{}", told["paymentID"]), None).await;
    assert_eq!((status, &paid["Status"], &paid["customerID"]), (200, &json!("Unallocated"), &json!(200)));
    let order = &show(&running.url(), "books").await["orders"][0];
    assert_eq!(
        (&order["authorized"], &order["captured"], &order["currency"]),
        (&json!(15000), &json!(15000), &json!("ZAR"))
    );
}

#[tokio::test]
async fn a_bank_account_is_paid_later() {
    let running = billagain(Settings::default()).await;
    let mut body = payment("10.50");
    body["Method"] = json!("bank_account");
    body["StorageMode"] = json!("no_cc");
    body["gatewayID"] = json!(BANK_GATEWAY_ID);
    let (_, token) = initiate(&running, body).await;
    let told = choose(&running, &token, "accept").await;
    assert_eq!(told["isComplete"], true);
    let path = format!("/payments/{}", told["paymentID"]);
    assert_eq!(call(&running, "GET", &path, None).await.1["Status"], "Pending");
    let order = &show(&running.url(), "books").await["orders"][0];
    assert_eq!((&order["capturing"], &order["captured"]), (&json!(1050), &json!(0)));
    let settle = json!({ "status": "Unallocated" });
    assert_eq!(control(&running.url(), "POST", &path[1..], settle).await.0, 200);
    assert_eq!(call(&running, "GET", &path, None).await.1["Status"], "Unallocated");
    assert_eq!(show(&running.url(), "books").await["orders"][0]["captured"], 1050);
    assert_eq!(control(&running.url(), "POST", &path[1..], json!({ "status": "Paid" })).await.0, 400);
}

#[tokio::test]
async fn an_enrolment_moves_no_money() {
    let running = billagain(Settings::default()).await;
    let (_, token) = initiate(&running, enrolment()).await;
    let told = choose(&running, &token, "accept").await;
    assert_eq!((&told["isComplete"], &told["paymentID"], &told["Amount"]), (&json!(true), &json!(0), &json!(0)));
    assert_eq!(show(&running.url(), "books").await["payments"], json!([]));
}

#[tokio::test]
async fn what_is_retained_has_an_id_that_the_next_transaction_can_name() {
    let running = billagain(Settings::default()).await;
    let (_, token) = initiate(&running, enrolment()).await;
    let kept = choose(&running, &token, "accept").await["paymentMethodID"].clone();
    assert!(kept.as_i64().is_some_and(|id| id > 10_112), "{kept}");
    let mut sale = payment("1.00");
    sale["paymentMethodID"] = kept.clone();
    sale["paymentMethod_retainOnSuccess"] = json!(true);
    let (_, token) = initiate(&running, sale.clone()).await;
    assert_eq!(choose(&running, &token, "accept").await["paymentMethodID"], kept);
    for (choice, retain) in [("cancel", true), ("decline", true), ("accept", false)] {
        let mut body = payment("1.00");
        body["paymentMethod_retainOnSuccess"] = json!(retain);
        let (_, token) = initiate(&running, body).await;
        assert_eq!(choose(&running, &token, choice).await["paymentMethodID"], Value::Null, "{choice}");
    }
}

#[tokio::test]
async fn a_transaction_can_become_another_one() {
    let running = billagain(Settings::default()).await;
    let (_, token) = initiate(&running, payment("1.00")).await;
    let told = choose(&running, &token, "accept").await;
    let id = told["transactionID"].as_str().unwrap();
    let change = json!({ "customer": 303, "amount": 250, "currency": "USD", "token": "another" });
    let path = format!("transactions/{id}/becomes");
    assert_eq!(control(&running.url(), "POST", &path, change).await.0, 200);
    let told = call(&running, "GET", &format!("/secure/transactions/{id}"), None).await.1;
    let parts = ["customerID", "CurrencyCode", "Token"].map(|name| told[name].clone());
    assert_eq!(parts, [json!(303), json!("USD"), json!("another")]);
    assert_eq!(told["Amount"].to_string(), "2.5");
    assert_eq!(control(&running.url(), "POST", &path, json!({ "stage": "open" })).await.0, 400);
    assert_eq!(control(&running.url(), "POST", "transactions/x/becomes", json!({})).await.0, 404);
}

#[tokio::test]
async fn declines_and_cancellations_show_in_the_flags() {
    let running = billagain(Settings::default()).await;
    let flags = |told: &Value| ["isCancelled", "isComplete", "threwError"].map(|name| told[name].as_bool().unwrap());
    for (choice, expected) in [("cancel", [true, false, false]), ("decline", [false, false, true])] {
        let (_, token) = initiate(&running, payment("1.00")).await;
        assert_eq!(flags(&choose(&running, &token, choice).await), expected);
    }
    let mut body = payment("1.00");
    body["Description"] = json!("please decline");
    let (_, token) = initiate(&running, body).await;
    assert_eq!(flags(&choose(&running, &token, "accept").await), [false, false, true]);

    let running = billagain(Settings { decline: Decline::FailedPayment, ..Settings::default() }).await;
    let (_, token) = initiate(&running, payment("1.00")).await;
    let told = choose(&running, &token, "decline").await;
    assert_eq!((flags(&told), &told["ResultText"]), ([false, true, false], &json!("Declined")));
    let paid = call(&running, "GET", &format!("/payments/{}", told["paymentID"]), None).await.1;
    assert_eq!(paid["Status"], "Failed");
    assert_eq!(show(&running.url(), "books").await["orders"][0]["authorized"], 0);
}

#[tokio::test]
async fn fields_that_cannot_be_read_are_listed() {
    type Change = fn(&mut Value);
    let running = billagain(Settings::default()).await;
    let cases: Vec<(&str, Change)> = vec![
        ("customerID", |body| body["customerID"] = json!("200")),
        ("Mode", |body| body["Mode"] = json!("inline")),
        ("Method", |body| body["Method"] = json!("card")),
        ("isPayment", |body| drop(body.as_object_mut().unwrap().remove("isPayment"))),
        ("isPayment", |body| body["isPayment"] = json!("true")),
        ("StorageMode", |body| body["StorageMode"] = json!("none")),
        ("paymentMethod_retainOnSuccess", |body| body["paymentMethod_retainOnSuccess"] = Value::Null),
        ("paymentMethod_isEnrol", |body| drop(body.as_object_mut().unwrap().remove("paymentMethod_isEnrol"))),
        ("CurrencyCode", |body| body["CurrencyCode"] = json!("zar")),
        ("Amount", |body| body["Amount"] = json!("1.00")),
        ("Amount", |body| body["Amount"] = serde_json::from_str("1.005").unwrap()),
        ("RedirectUrl", |body| body["RedirectUrl"] = json!("shop.example")),
        ("redirectUrl", |body| body["redirectUrl"] = json!("https://shop.example")),
    ];
    for (field, change) in cases {
        let mut body = payment("1.00");
        change(&mut body);
        let (status, told) = call(&running, "POST", "/secure/initiate", Some(body)).await;
        let message = told["Errors"][0]["Message"].as_str().unwrap();
        assert_eq!((status, message.split(':').next().unwrap()), (400, field), "{told}");
    }
    assert_eq!(raw(&running, "POST", "/secure/initiate", Some("{")).await.unwrap().status(), 400);
}

#[tokio::test]
async fn broken_rules_are_told_in_the_body() {
    type Change = fn(&mut Value);
    let running = billagain(Settings::default()).await;
    let cases: Vec<(&str, Change)> = vec![
        ("with paymentMethodID", |body| body["paymentMethodID"] = json!(10112)),
        ("with paymentMethod_isPrimary", |body| body["paymentMethod_isPrimary"] = json!(true)),
        ("with paymentMethod_isEnrol", |body| body["paymentMethod_isEnrol"] = json!(true)),
        ("Amount must be zero", |body| body["isPayment"] = json!(false)),
        ("Amount must be more", |body| body["Amount"] = json!(0)),
        ("subscriptionID", |body| body["subscriptionID"] = json!(501)),
        ("no_cc", |body| body["StorageMode"] = json!("no_cc")),
        ("gatewayID is required", |body| body["gatewayID"] = Value::Null),
        ("Cannot find Gateway", |body| body["gatewayID"] = json!(1)),
        ("does not accept bank accounts", |body| body["Method"] = json!("bank_account")),
        ("does not accept credit cards", |body| body["gatewayID"] = json!(BANK_GATEWAY_ID)),
        ("Cannot find Payment Method", |body| {
            body["paymentMethodID"] = json!(1);
            body["paymentMethod_retainOnSuccess"] = json!(true);
        }),
        ("another kind", |body| {
            body["paymentMethodID"] = json!(10111);
            body["paymentMethod_retainOnSuccess"] = json!(true);
        }),
    ];
    for (part, change) in cases {
        let mut body = payment("1.00");
        change(&mut body);
        let (status, told) = call(&running, "POST", "/secure/initiate", Some(body)).await;
        assert_eq!((status, &told["isSuccess"]), (200, &json!(false)), "{told}");
        assert!(told["ErrorMessage"].as_str().unwrap().contains(part), "{part}: {told}");
    }
    let mut mandate = enrolment();
    for (name, value) in [
        ("Method", json!("bank_account")),
        ("gatewayID", json!(BANK_GATEWAY_ID)),
        ("subscriptionID", json!(501)),
        ("paymentMethodID", json!(10111)),
    ] {
        mandate[name] = value;
    }
    initiate(&running, mandate.clone()).await;
    mandate["subscriptionID"] = json!(502);
    control(&running.url(), "POST", "settings", json!({ "refusal_status": 422 })).await;
    let (status, told) = call(&running, "POST", "/secure/initiate", Some(mandate)).await;
    assert_eq!((status, &told["ErrorMessage"]), (422, &json!("Cannot find Subscription for this Customer")));
}

#[tokio::test]
async fn what_the_account_does_not_have_is_gone() {
    let running = billagain(Settings::default()).await;
    let gone = |what: &str| (410, json!({ "Errors": [{ "Message": format!("Cannot find {what} for this Account") }] }));
    let mut body = payment("1.00");
    body["customerID"] = json!(1);
    assert_eq!(call(&running, "POST", "/secure/initiate", Some(body.clone())).await, gone("Customer"));
    assert_eq!(call(&running, "GET", "/secure/transactions/x1", None).await, gone("Transaction"));
    assert_eq!(call(&running, "GET", "/payments/1", None).await, gone("Payment"));
    assert_eq!(call(&running, "GET", "/gateways/1", None).await, gone("Gateway"));
    assert_eq!(call(&running, "GET", "/invoices", None).await.0, 404);
    control(&running.url(), "POST", "settings", json!({ "customer": 1 })).await;
    initiate(&running, body).await;
}

#[tokio::test]
async fn only_the_account_gets_in() {
    let running = billagain(Settings::default()).await;
    let url = format!("{}/v1/gateways", running.url());
    for (name, key) in [(USERNAME, "wrong"), ("6", API_KEY)] {
        let response = client().get(&url).basic_auth(name, Some(key)).send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.text().await.unwrap().starts_with("<html>"));
    }
    assert_eq!(client().get(&url).send().await.unwrap().status(), 401);
    assert_eq!(client().get(&url).bearer_auth(API_KEY).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn gateways_and_payments_come_in_pages() {
    let running = billagain(Settings::default()).await;
    let all = call(&running, "GET", "/gateways", None).await.1;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(
        (&all[0]["gatewayID"], &all[0]["isPrimary"], &all[0]["isAcceptCC"]),
        (&json!(99), &json!(true), &json!(true))
    );
    assert_eq!(call(&running, "GET", "/gateways/98", None).await.1["isAcceptBankDD"], true);
    assert_eq!(call(&running, "GET", "/gateways?page=2&page_size=1", None).await.1[0]["gatewayID"], 98);
    assert_eq!(call(&running, "GET", "/gateways?page=3&page_size=1", None).await.1, json!([]));
    assert_eq!(call(&running, "GET", "/payments?page_size=201", None).await.0, 400);
    assert_eq!(call(&running, "GET", "/payments", None).await, (200, json!([])));
}

#[tokio::test]
async fn notifications_are_tried_again_and_written_down() {
    let receiver = Receiver::start().await;
    let running = billagain(Settings::default()).await;
    let mut body = payment("1.00");
    body["NotifyUrl"] = json!(receiver.url);
    receiver.answer(&[500, 302]);
    let (_, token) = initiate(&running, body).await;
    let told = choose(&running, &token, "accept").await;
    let id = told["transactionID"].as_str().unwrap();
    let received = receiver.wait(3).await;
    assert_eq!(received[0].json(), json!({ "transactionID": id }));
    assert_eq!(received[0].header("content-type"), "application/json; charset=utf-8");
    tokio::time::sleep(std::time::Duration::from_millis(80)).await;
    let read = async || call(&running, "GET", &format!("/secure/transactions/{id}"), None).await.1;
    let told = read().await;
    assert_eq!((&told["notify_NumTries"], &told["notify_FailedMessage"]), (&json!(3), &Value::Null));
    assert!(told["notify_LastTryDate"].as_str().unwrap() > told["notify_Date"].as_str().unwrap());

    control(&running.url(), "POST", "webhooks", json!({ "mode": "held" })).await;
    control(&running.url(), "POST", &format!("notify/{id}"), json!({})).await;
    assert_eq!(show(&running.url(), "webhooks").await["held"], 1);
    receiver.answer(&[503]);
    control(&running.url(), "POST", "webhooks/release", json!({})).await;
    assert_eq!(read().await["notify_FailedMessage"], "HTTP 503");
}

#[tokio::test]
async fn the_second_description_can_be_one_in_truth() {
    let running = billagain(Settings { duplicate_description: true, ticks: false, ..Settings::default() }).await;
    let (_, token) = initiate(&running, payment("1.00")).await;
    let (_, told) = control(&running.url(), "POST", &format!("buyer/{token}"), json!({ "choice": "accept" })).await;
    let path = format!("/secure/transactions/{}", told["transactionID"].as_str().unwrap());
    let text = raw(&running, "GET", &path, None).await.unwrap().text().await.unwrap();
    assert_eq!(text.matches("\"Description\":").count(), 2, "{text}");
    assert!(text.contains("\"Description\":\"Payment\"") && text.contains("\"Description\":\"Approved\""));
    assert!(!text.split_once("\"DateCreated\":").unwrap().1.contains('.'));
}

#[tokio::test]
async fn an_id_that_is_not_there_is_null_or_zero() {
    let running = billagain(Settings::default()).await;
    let (_, token) = initiate(&running, payment("1.00")).await;
    let told = choose(&running, &token, "decline").await;
    assert_eq!((&told["paymentID"], &told["subscriptionID"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn a_transaction_can_lag_behind() {
    let running = billagain(Settings::default()).await;
    let (_, token) = initiate(&running, payment("1.00")).await;
    let path = format!("transactions/{token}");
    assert_eq!(control(&running.url(), "POST", &path, json!({ "stage": "submitted" })).await.0, 200);
    let id = show(&running.url(), "books").await["orders"][0]["id"].as_str().unwrap().to_owned();
    let told = call(&running, "GET", &format!("/secure/transactions/{id}"), None).await.1;
    assert_eq!((&told["isSubmitted"], &told["isComplete"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn faults_bite() {
    let running = billagain(Settings::default()).await;
    let root = running.url();
    fault(&root, json!({ "call": "initiate", "kind": "drop_after" })).await;
    let body = payment("1.00").to_string();
    assert!(raw(&running, "POST", "/secure/initiate", Some(&body)).await.is_err());
    let (_, token) = initiate(&running, payment("1.00")).await;
    assert_eq!(show(&root, "books").await["orders"].as_array().unwrap().len(), 2);
    choose(&running, &token, "accept").await;
    let id = show(&root, "books").await["orders"][1]["id"].as_str().unwrap().to_owned();
    fault(&root, json!({ "call": "transaction", "kind": "wrong_amount" })).await;
    let path = format!("/secure/transactions/{id}");
    assert_eq!(call(&running, "GET", &path, None).await.1["Amount"], 2.0);
    fault(&root, json!({ "call": "transaction", "kind": "http_5xx", "status": 503 })).await;
    assert_eq!(raw(&running, "GET", &path, None).await.unwrap().status(), 503);
}
