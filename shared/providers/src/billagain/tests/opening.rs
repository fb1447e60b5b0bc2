//! What goes over the wire when a transaction is opened, and what every answer means.

use serde_json::{Value, json};
use std::time::Duration;

use super::super::wire::Fields;
use super::desk::{BillAgain, Case, Reply, enrolment, order, says};

const INITIATE: &str = "POST /v1/secure/initiate";
const OPENED: &str = include_str!("../fixtures/initiated.json");
const DONE: &str =
    "Done to https://notify.billagain.com/secure/process/5/200/qQPHbizijkuMvTigLR 200/qQPHbizijkuMvTigLR";

async fn after(reply: Reply) -> String {
    let desk = BillAgain::start().await.on(INITIATE, reply);
    let told = Case::new(order(|_| {})).open(&*desk.adapter()).await;
    assert_eq!(desk.calls().len(), 1, "an act is sent once");
    told
}

async fn request_for(case: Case) -> String {
    let desk = BillAgain::start().await.on(INITIATE, says(201, OPENED));
    assert_eq!(case.open(&*desk.adapter()).await, DONE);
    desk.calls().remove(0)
}

#[tokio::test]
async fn a_payment_is_opened_with_an_exact_amount_and_our_addresses() {
    insta::assert_snapshot!(request_for(Case::new(order(|_| {}))).await);
}

#[tokio::test]
async fn an_enrolment_is_opened_with_amount_zero() {
    insta::assert_snapshot!(request_for(Case::new(enrolment())).await);
}

#[tokio::test]
async fn the_guides_enrolment_is_sent_as_the_guide_sends_it_but_for_what_is_listed() {
    let mut order = enrolment();
    order.description = Some("Payment".parse().unwrap());
    let call = request_for(Case::new(order)).await;
    let ours: Value = serde_json::from_str(call.split("\n\n").nth(1).unwrap()).unwrap();
    let guide: Value = serde_json::from_str(include_str!("../fixtures/initiate.json")).unwrap();
    let differ = [
        ("RedirectUrl", json!("https://api.example/v1/return/pay_1?token=t"), "the payment's own address"),
        ("NotifyUrl", json!("https://api.example/v1/webhooks/billagain/demo?payment=pay_1&token=t"), "the same"),
        ("paymentMethod_isPrimary", json!(false), "required by the guide's list, and not in its sample"),
    ];
    let mut wanted = guide.clone();
    for (name, value, why) in differ {
        assert_ne!(guide[name], value, "{name} does not differ: {why}");
        wanted[name] = value;
    }
    assert_eq!(ours, wanted);
}

fn every_option() -> Value {
    json!({
        "customer_id": 200, "method": "bank_account", "storage_mode": "cc", "retain": true, "is_primary": true,
        "is_enrol": true, "payment_method_id": 10112, "subscription_id": 7, "gateway_id": 3
    })
}

#[tokio::test]
async fn every_option_has_its_field() {
    let options = every_option();
    insta::assert_snapshot!(request_for(Case::new(order(|order| order["options"] = options))).await);
}

#[tokio::test]
async fn the_16_fields_of_the_guides_list_are_sent_in_its_order() {
    let call = request_for(Case::new(order(|order| order["options"] = every_option()))).await;
    let sent = Fields::read(call.split("\n\n").nth(1).unwrap().as_bytes()).unwrap().texts();
    let listed = [
        "customerID",
        "Mode",
        "Method",
        "isPayment",
        "StorageMode",
        "paymentMethod_retainOnSuccess",
        "paymentMethod_isPrimary",
        "paymentMethod_isEnrol",
        "subscriptionID",
        "gatewayID",
        "paymentMethodID",
        "CurrencyCode",
        "Amount",
        "Description",
        "RedirectUrl",
        "NotifyUrl",
    ];
    assert_eq!(sent.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), listed);
}

#[tokio::test]
async fn a_bank_account_alone_needs_no_gateway_and_stores_no_card() {
    let enrol = order(|order| {
        order["amount"] = json!(0);
        order["lines"][0]["unit_price"] = json!(0);
        order["description"] = json!(null);
        order["options"] = json!({ "customer_id": 200, "method": "bank_account", "is_payment": false, "retain": true });
    });
    let call = request_for(Case::new(enrol)).await;
    assert!(!call.contains("gatewayID"));
    assert!(call.contains(r#""StorageMode":"no_cc""#) && call.contains(r#""Description":"ORD-1001""#));
}

#[tokio::test]
async fn every_answer_has_one_meaning() {
    let page = |url: &str| json!({ "isSuccess": true, "RedirectUrl": url });
    let error = |text: &str| json!({ "isSuccess": false, "ErrorMessage": text });
    let errors = include_str!("../fixtures/errors.json");
    for (reply, wanted) in [
        (says(201, OPENED), DONE),
        (
            says(200, r#"{"issuccess":true,"redirecturl":"https://a.example/t0k/"}"#),
            "Done to https://a.example/t0k/ 200/t0k",
        ),
        (says(201, page("https://notify.billagain.com/")), "InDoubt Unreadable"),
        (says(201, page("https://a.example/%2E%2E%2Fx")), "InDoubt Unreadable"),
        (says(201, page("http://notify.billagain.com/secure/process/5/200/t")), "InDoubt Unreadable"),
        (says(201, page("javascript:alert(1)")), "InDoubt Unreadable"),
        // Longer than what is kept.
        (says(201, page(&format!("https://a.example/{}/t", "x".repeat(9_000)))), "InDoubt Unreadable"),
        (says(201, r#"{"isSuccess":true}"#), "InDoubt Unreadable"),
        (says(201, r#"{"isSuccess":"true","RedirectUrl":"https://a.example/t"}"#), "InDoubt Unreadable"),
        (says(201, r#"{"RedirectUrl":"https://a.example/t"}"#), "InDoubt Unreadable"),
        (says(200, "<html>"), "InDoubt Unreadable"),
        (says(204, ""), "InDoubt Unreadable"),
        (
            says(200, error("Cannot find Customer for this Account")),
            "Refused - the customer is not known for this account",
        ),
        (
            says(201, error("cannot find gateway for this account.")),
            "Refused - the gateway is not known for this account",
        ),
        (says(201, error("Uno Eins has no valid card")), "Refused - -"),
        (says(201, r#"{"isSuccess":false}"#), "Refused - -"),
        (
            says(400, error("Cannot find Subscription for this Account")),
            "Refused 400 the subscription is not known for this account",
        ),
        (
            says(500, error("Cannot find Payment Method for this Account")),
            "Refused 500 the payment method is not known for this account",
        ),
        (says(410, errors), "Refused 410 the customer is not known for this account"),
        (says(410, "<html>Gone"), "Refused 410 -"),
        (says(400, errors), "Refused 400 the customer is not known for this account"),
        (
            says(422, r#"{"Errors":[{"Message":"Uno Eins"},{"Message":"Cannot find Customer for this Account"}]}"#),
            "Refused 422 the customer is not known for this account",
        ),
        (says(400, r#"{"Errors":[]}"#), "InDoubt UnknownCode"),
        (says(400, OPENED), "InDoubt UnknownCode"),
        (says(403, "<html>a proxy"), "InDoubt UnknownCode"),
        (says(404, ""), "InDoubt UnknownCode"),
        (says(302, ""), "InDoubt UnknownCode"),
        (says(401, "<html>IIS"), "NotSent"),
        (says(429, ""), "NotSent"),
        (says(500, errors), "InDoubt ServerError"),
        (says(503, ""), "InDoubt ServerError"),
        (Reply::Resets, "InDoubt ConnectionLost"),
    ] {
        let told = match &reply {
            Reply::Says(status, body) => format!("{status} {body}"),
            Reply::Hangs | Reply::Resets => String::new(),
        };
        assert_eq!(after(reply).await, wanted, "{told}");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_doubt_and_nobody_there_is_not_sent() {
    let desk = BillAgain::start().await.on(INITIATE, Reply::Hangs);
    let mut case = Case::new(order(|_| {}));
    case.patience = Duration::from_millis(300);
    assert_eq!(case.open(&*desk.adapter()).await, "InDoubt TimedOut");
    assert!(case.probe(&*desk.adapter()).await, "and stays so");
    let mut account = desk.account();
    account["base_url"] = json!("http://127.0.0.1:9/v1");
    let nobody = super::super::open(&account, crate::Transport::default()).unwrap();
    assert_eq!(case.open(&*nobody).await, "NotSent");
}
