//! What each answer to an act means.

use std::time::Duration;

use payment::{Flow, Operation, OrderState, Outcome, Status};
use serde_json::json;

use super::desk::{Billie, Case, INVOICE, ORDER, Reply, SESSION, says, tell};

const ERRORS: &str = include_str!("../fixtures/errors.json");

async fn after(case: &Case, operation: &Operation, call: &str, reply: Reply) -> String {
    let billie = Billie::start().await;
    billie.on(call, [reply]);
    tell(&case.act(&*billie.adapter(), operation).await)
}

#[tokio::test]
async fn a_page_session_sends_the_buyer_to_the_page() {
    let case = Case::new(Flow::Redirect);
    let page = |body: &str| says(201, body);
    let got =
        after(&case, &case.first(), "POST /hpp-checkout-sessions", page(include_str!("../fixtures/page-session.json")))
            .await;
    let wanted = format!("Done redirect to https://payment-page.example/0b9e7a52 until 2024-03-03T10:00:00Z {SESSION}");
    assert_eq!(got, wanted);
    // Without a readable end it lives as long as the page says: 48 hours.
    let endless = format!(r#"{{"session_id":"{SESSION}","hpp_url":"https://payment-page.example/0b9e7a52"}}"#);
    assert_eq!(after(&case, &case.first(), "POST /hpp-checkout-sessions", page(&endless)).await, wanted);
    let long = format!("example/{}", "x".repeat(9_000));
    for other in [endless.replace("https:", "javascript:"), endless.replace("example/", &long)] {
        let got = after(&case, &case.first(), "POST /hpp-checkout-sessions", page(&other)).await;
        assert_eq!(got, "InDoubt Unreadable");
    }
}

#[tokio::test]
async fn a_widget_session_names_the_script() {
    let case = Case::new(Flow::Widget);
    let reply = says(200, include_str!("../fixtures/widget-session.json"));
    let got = after(&case, &case.first(), "POST /checkout-sessions", reply).await;
    let script = "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js";
    let id = "8c0f6c35-2d0c-4b1e-8f43-93d6a86f2f10";
    assert_eq!(got, format!("Done widget {id} with {script} until 2024-03-03T10:00:00Z {id}"));
}

#[tokio::test]
async fn a_session_id_that_could_leave_its_place_in_an_address_is_not_read() {
    let case = Case::new(Flow::Widget);
    for id in ["..", "a/b", "", "ä"] {
        let reply = says(200, &json!({ "id": id }).to_string());
        assert_eq!(after(&case, &case.first(), "POST /checkout-sessions", reply).await, "InDoubt Unreadable", "{id}");
    }
}

#[tokio::test]
async fn a_backend_order_is_authorized_reviewed_or_declined_by_the_same_status_200() {
    let case = Case::new(Flow::Direct);
    let rows = [
        ("created", json!({}), format!("Done Authorized of 12600 {ORDER}")),
        ("waiting", json!({}), format!("Done UnderReview of 12600 {ORDER}")),
        ("pre_waiting", json!({}), format!("Done UnderReview of 12600 {ORDER}")),
        (
            "declined",
            json!({ "decline_reason": "debtor_limit_exceeded", "debtor": { "name": "" }, "selected_payment_method": null }),
            format!("Done Declined LimitExceeded Some(\"debtor_limit_exceeded\") {ORDER}"),
        ),
        ("authorized", json!({}), "InDoubt UnknownCode".into()),
        ("somewhere", json!({}), "InDoubt Unreadable".into()),
        ("created", json!({ "amount": null }), "InDoubt Unreadable".into()),
        ("created", json!({ "amount": { "net": 104.13, "tax": 21.86, "gross": 126.00 } }), "InDoubt Unreadable".into()),
        ("created", json!({ "external_code": "ORD-1001-OTHERS" }), "InDoubt Unreadable".into()),
        // The domain turns an amount that is not ours into doubt.
        ("created", json!({ "amount": { "net": 1, "tax": 0, "gross": 1 } }), format!("Done Authorized of 100 {ORDER}")),
    ];
    for (state, changes, wanted) in rows {
        let reply = says(200, &case.at_billie(state, &changes));
        assert_eq!(after(&case, &case.first(), "POST /orders", reply).await, wanted, "{state}");
    }
}

#[tokio::test]
async fn a_confirmed_order_tells_where_the_buyer_pays_and_who_it_is() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Widget));
    let confirm = case.confirm();
    case.widget_result = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
    billie
        .on(&format!("PUT /checkout-sessions/{SESSION}/confirm"), [says(202, &case.at_billie("created", &json!({})))]);
    let Outcome::Done(receipt) = case.act(&*billie.adapter(), &confirm).await else { panic!("not done") };
    let news = receipt.order.unwrap();
    assert!(news.state == OrderState::Authorized);
    assert_eq!(news.provider_reference.as_deref(), Some(ORDER));
    let account = news.bank_transfer.unwrap();
    assert_eq!(account.iban.reveal(), "DE00000000000123456789");
    assert_eq!(account.bic.unwrap().reveal(), "FRSDDEF1");
    let debtor = news.debtor.unwrap();
    assert_eq!(debtor.name.reveal(), "Billie GmbH");
    let seat = json!({
        "street": "Charlottenstr.", "house_number": "4", "postal_code": "10969", "city": "Berlin", "country": "DE"
    });
    assert_eq!(serde_json::to_value(debtor.address.unwrap()).unwrap(), seat);
    assert!(account.account_holder.is_none() && account.reference.is_none(), "no page has them");
}

#[tokio::test]
async fn the_virtual_account_is_also_taken_from_the_payment_methods() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Direct));
    let order = case.at_billie("created", &json!({ "debtor": { "name": "Billie GmbH" } }));
    billie.on("POST /orders", [says(200, &order)]);
    let Outcome::Done(receipt) = case.act(&*billie.adapter(), &case.first()).await else { panic!("not done") };
    let order = receipt.order.unwrap();
    assert_eq!(order.bank_transfer.unwrap().iban.reveal(), "DE00000000000123456789");
    assert!(order.debtor.unwrap().address.is_none(), "an address that is not there spoils nothing");
}

#[tokio::test]
async fn a_confirmation_follows_what_the_session_says() {
    let mut case = Case::with_session(Flow::Redirect);
    let confirm = case.confirm();
    let authorized = says(200, include_str!("../fixtures/authorization.json"));
    let declined = says(200, r#"{"state":"declined","decline_reason":"risk_policy","debtor":null}"#);
    let rows = [
        (
            authorized.clone(),
            says(202, &case.at_billie("created", &json!({}))),
            format!("Done Authorized of 12600 {ORDER}"),
        ),
        (
            authorized.clone(),
            says(202, &case.at_billie("waiting", &json!({}))),
            format!("Done UnderReview of 12600 {ORDER}"),
        ),
        (authorized, says(403, ERRORS), "Refused request_validation_error refused at debtor.name".into()),
        (declined, Reply::Hangs, "Done Declined RiskPolicy Some(\"risk_policy\")".into()),
        (says(404, ERRORS), Reply::Hangs, "Refused - the buyer has authorized nothing".into()),
        (says(200, "{}"), Reply::Hangs, "Refused - the buyer has authorized nothing".into()),
        (says(500, ""), Reply::Hangs, "NotSent".into()),
        (says(200, "<html>"), Reply::Hangs, "NotSent".into()),
    ];
    for (authorization, confirmation, wanted) in rows {
        let billie = Billie::start().await;
        billie.on(&format!("GET /checkout-sessions/{SESSION}/authorization"), [authorization]);
        billie.on(&format!("PUT /checkout-sessions/{SESSION}/confirm"), [confirmation]);
        assert_eq!(tell(&case.act(&*billie.adapter(), &confirm).await), wanted);
    }
}

#[tokio::test]
async fn a_repeated_confirmation_in_doubt_is_never_refused() {
    let mut case = Case::with_session(Flow::Redirect);
    let confirm = case.confirm();
    let confirm = case.doubt(&confirm);
    for (authorization, confirmation) in [
        (says(200, include_str!("../fixtures/authorization.json")), says(403, ERRORS)),
        (says(404, ERRORS), Reply::Hangs),
        (says(500, ""), Reply::Hangs),
    ] {
        let billie = Billie::start().await;
        billie.on(&format!("GET /checkout-sessions/{SESSION}/authorization"), [authorization]);
        billie.on(&format!("PUT /checkout-sessions/{SESSION}/confirm"), [confirmation]);
        assert_eq!(tell(&case.act(&*billie.adapter(), &confirm).await), "InDoubt UnknownCode");
    }
}

#[tokio::test]
async fn a_widget_result_that_is_lost_is_made_up_for_by_a_read() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Widget));
    let confirm = case.confirm();
    billie.on(
        &format!("GET /checkout-sessions/{SESSION}/authorization"),
        [says(200, include_str!("../fixtures/authorization.json"))],
    );
    billie
        .on(&format!("PUT /checkout-sessions/{SESSION}/confirm"), [says(202, &case.at_billie("created", &json!({})))]);
    assert_eq!(tell(&case.act(&*billie.adapter(), &confirm).await), format!("Done Authorized of 12600 {ORDER}"));
}

#[tokio::test]
async fn every_answer_to_a_capture_has_one_meaning() {
    let mut case = Case::authorized();
    let capture = case.capture(json!({ "amount": 5000 }));
    let rows = [
        (says(201, &json!({ "uuid": INVOICE }).to_string()), format!("Done {INVOICE}")),
        (says(201, "{}"), "InDoubt Unreadable".into()),
        (says(201, "<html>"), "InDoubt Unreadable".into()),
        (says(204, ""), "InDoubt Unreadable".into()),
        (says(302, ""), "InDoubt UnknownCode".into()),
        (says(400, ERRORS), "Refused request_validation_error refused at debtor.name".into()),
        (says(403, ERRORS), "Refused request_validation_error refused at debtor.name".into()),
        (says(404, ERRORS), "Refused request_validation_error refused at debtor.name".into()),
        (
            says(400, r#"{"errors":[{"title":"Uno Eins is unknown","code":"Uno Eins","source":"uno@example.com"}]}"#),
            "Refused - -".into(),
        ),
        (says(400, r#"{"errors":[]}"#), "InDoubt Unreadable".into()),
        (says(403, "<html>a proxy</html>"), "InDoubt Unreadable".into()),
        (says(409, ERRORS), "InDoubt UnknownCode".into()),
        (says(422, ERRORS), "InDoubt UnknownCode".into()),
        (says(429, ""), "NotSent".into()),
        (says(500, r#"{"message":"oops"}"#), "InDoubt ServerError".into()),
        (says(503, ""), "InDoubt ServerError".into()),
        (Reply::Resets, "InDoubt ConnectionLost".into()),
    ];
    for (reply, wanted) in rows {
        let told = match &reply {
            Reply::Says(status, body) => format!("{status} {body}"),
            Reply::Hangs | Reply::Resets => String::new(),
        };
        assert_eq!(after(&case, &capture, "POST /invoices", reply).await, wanted, "{told}");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_doubt() {
    let mut case = Case::authorized();
    let capture = case.capture(json!({ "amount": 5000 }));
    case.patience = Duration::from_millis(400);
    assert_eq!(after(&case, &capture, "POST /invoices", Reply::Hangs).await, "InDoubt TimedOut");
}

#[tokio::test]
async fn nobody_there_is_not_sent() {
    let case = Case::new(Flow::Widget);
    let account = json!({ "base_url": "http://127.0.0.1:9/api/v2", "client_id": "c", "client_secret": "s" });
    let adapter = super::super::open(&account, crate::Transport::default()).unwrap();
    assert_eq!(tell(&case.act(&*adapter, &case.first()).await), "NotSent");
}

#[tokio::test]
async fn refunds_and_cancels_end_as_their_answers_say() {
    let mut case = Case::captured(5_000);
    let whole = case.refund(json!({}));
    let cancels = format!("DELETE /invoices/{INVOICE}");
    assert_eq!(after(&case, &whole, &cancels, says(204, "")).await, "Done");
    assert_eq!(
        after(&case, &whole, &cancels, says(404, ERRORS)).await,
        "Refused request_validation_error refused at debtor.name"
    );
    let mut case = Case::captured(5_000);
    let part = case.refund(json!({ "amount": 1 }));
    let credit = format!("POST /invoices/{INVOICE}/credit-notes");
    assert_eq!(after(&case, &part, &credit, says(201, r#"{"uuid":"c-1"}"#)).await, "Done c-1");
    assert_eq!(after(&case, &part, &credit, says(201, "")).await, "InDoubt Unreadable");
    let mut case = Case::authorized();
    let cancel = case.cancel();
    assert_eq!(after(&case, &cancel, &format!("POST /orders/{ORDER}/cancel"), says(204, "")).await, "Done");
}

#[tokio::test]
async fn a_cancel_before_the_confirmation_is_done_without_a_call() {
    for flow in [Flow::Redirect, Flow::Widget] {
        let (billie, mut case) = (Billie::start().await, Case::with_session(flow));
        let cancel = case.cancel();
        assert_eq!(tell(&case.act(&*billie.adapter(), &cancel).await), "Done");
        assert!(billie.calls().is_empty());
    }
}

#[tokio::test]
async fn a_cancel_after_a_capture_waits_until_the_order_shows_it() {
    let mut case = Case::captured(5_000);
    let cancel = case.cancel();
    let cancels = format!("POST /orders/{ORDER}/cancel");
    let with = |invoice: &str| json!({ "invoices": [{ "uuid": invoice }] });
    for (reply, sent) in [
        (says(200, &case.at_billie("partially_shipped", &with(INVOICE))), true),
        // It would release what the newest invoice took.
        (says(200, &case.at_billie("partially_shipped", &with("another"))), false),
        // It would call off all of the order.
        (says(200, &case.at_billie("created", &json!({}))), false),
        (says(500, ""), false),
    ] {
        let billie = Billie::start().await;
        billie.on(&format!("GET /orders/{ORDER}"), [reply]);
        billie.on(&cancels, [says(204, "")]);
        let told = tell(&case.act(&*billie.adapter(), &cancel).await);
        assert_eq!(told, if sent { "Done" } else { "NotSent" });
        assert_eq!(billie.lines().contains(&cancels), sent);
    }
}

#[tokio::test]
async fn a_cancel_during_the_review_of_a_session_is_done_without_a_call() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Redirect));
    case.payment.status = Status::UnderReview;
    let cancel = case.cancel();
    assert_eq!(tell(&case.act(&*billie.adapter(), &cancel).await), "Done");
    assert!(billie.calls().is_empty());
}

#[tokio::test]
async fn what_lacks_its_provider_reference_is_refused_and_not_sent() {
    let billie = Billie::start().await;
    let mut case = Case::authorized();
    case.payment.provider_reference = None;
    let cancel = case.cancel();
    assert_eq!(tell(&case.act(&*billie.adapter(), &cancel).await), "Refused - the order is not known");
    let mut case = Case::captured(5_000);
    for operation in &mut case.payment.operations {
        operation.provider_reference = None;
    }
    let refund = case.refund(json!({}));
    assert_eq!(tell(&case.act(&*billie.adapter(), &refund).await), "Refused - the invoice is not known");
    assert!(billie.calls().is_empty());
}
