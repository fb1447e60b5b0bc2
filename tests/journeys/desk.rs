//! A person's word on what nobody else can settle.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Answer, Order, eventually, orders};

use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// Longer than an operation without a read stays in doubt, in seconds.
const QUARTER: i64 = 901;

/// Longer than a look-up may go without an answer, in seconds.
const THREE_DAYS: i64 = 72 * 3_600 + 1;

/// A shop at a provider that cannot be read.
async fn shop() -> (Shop, Backstage) {
    let shop = Shop::at(At::BilliePsp).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    (shop, backstage)
}

/// A payment whose buyer accepted on the page.
async fn authorized(shop: &Shop) -> Deal<'_> {
    let deal = shop.open(&shop.at.order()).await;
    shop.accept(&deal).await;
    deal
}

/// Asks for a movement whose outcome nobody can see, until a person is asked. Returns its operation.
async fn left_to_a_person(
    (shop, backstage): (&Shop, &Backstage),
    deal: &Deal<'_>,
    action: &str,
    body: &Value,
    happened: bool,
) -> String {
    let kind = if happened { "drop_after" } else { "drop_before" };
    shop.sandbox.fault(json!({ "call": action.trim_end_matches('s'), "kind": kind })).await;
    let operation = deal.post(action, body).await.expect(202).text("/operation_id").to_owned();
    a_person_is_asked((backstage, QUARTER), deal, &operation).await;
    operation
}

/// Lets so many seconds pass, after which a person is asked about an operation.
async fn a_person_is_asked((backstage, seconds): (&Backstage, i64), deal: &Deal<'_>, operation: &str) {
    backstage.advance(seconds);
    eventually("a person to be asked", async || {
        backstage.sweep().await;
        (deal.operation(operation).await["status"] == "needs_operator").then_some(())
    })
    .await;
}

/// Captures so much, which happens or not, at a provider that nobody can look at until faults are called off.
async fn captured_unseen(
    (shop, backstage): (&Shop, &Backstage),
    deal: &Deal<'_>,
    amount: Option<i64>,
    happened: bool,
) -> String {
    let kind = if happened { "drop_after" } else { "drop_before" };
    shop.sandbox.fault(json!({ "call": "capture", "kind": kind })).await;
    let look = if shop.at == At::Buckaroo { "statuses" } else { "get_order" };
    shop.sandbox.fault(json!({ "call": look, "kind": "http_5xx", "times": 1_000 })).await;
    let body = shop.capture(amount);
    let operation = deal.post("captures", &body).await.expect(202).text("/operation_id").to_owned();
    a_person_is_asked((backstage, THREE_DAYS), deal, &operation).await;
    operation
}

/// The name is refused, and the operation is as before.
async fn is_not_taken(deal: &Deal<'_>, operation: &str, name: &Value) {
    let refused = resolve(deal, operation, "word", &word("succeeded", Some(name))).await;
    assert_eq!(refused.expect_problem(ProblemCode::ValidationFailed).pointers(), ["/provider_reference"]);
    assert_eq!(deal.operation(operation).await["status"], "needs_operator");
}

async fn resolve(deal: &Deal<'_>, operation: &str, key: &str, word: &Value) -> Answer {
    let path = deal.path(&format!("operations/{operation}/resolve"));
    deal.shop.site.operator().post_as(key, &path, word).await
}

fn word(outcome: &str, provider_reference: Option<&Value>) -> Value {
    json!({ "outcome": outcome, "reason": "their portal shows it", "provider_reference": provider_reference })
}

/// The same request again is a replay, and another one under its key is refused.
async fn is_told_again(deal: &Deal<'_>, operation: &str, word: &Value) {
    let before = deal.get().await;
    assert!(resolve(deal, operation, "word", word).await.expect(200).is_replay());
    let mut other = word.clone();
    other["reason"] = json!("their support says so");
    let refused = resolve(deal, operation, "word", &other).await.expect_problem(ProblemCode::IdempotencyKeyReused);
    assert_eq!(refused.at("/operation_id"), operation);
    assert!(
        !resolve(deal, operation, "another", &other).await.expect(200).is_replay(),
        "another request, as it stands"
    );
    other["outcome"] = json!(if word["outcome"] == "succeeded" { "rejected" } else { "succeeded" });
    let _ = resolve(deal, operation, "third", &other).await.expect_problem(ProblemCode::StatusDoesNotAllow);
    assert_eq!(deal.get().await, before);
}

#[tokio::test]
async fn a_capture_that_a_person_saw_is_refunded_and_its_dispute_is_heard() {
    let (shop, backstage) = shop().await;
    let deal = authorized(&shop).await;
    let operation = left_to_a_person((&shop, &backstage), &deal, "captures", &shop.capture(None), true).await;

    let nameless = resolve(&deal, &operation, "word", &word("succeeded", None)).await;
    assert_eq!(nameless.expect_problem(ProblemCode::ValidationFailed).pointers(), ["/provider_reference"]);
    assert_eq!(deal.operation(&operation).await["status"], "needs_operator");

    let capture = shop.sandbox.books().await["captures"][0]["id"].clone();
    let told = word("succeeded", Some(&capture));
    assert!(!resolve(&deal, &operation, "word", &told).await.expect(200).is_replay());
    let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    assert_eq!(payment["captures"][0]["provider_reference"], capture);
    let story = deal.story().await;
    assert_eq!(story[story.len() - 3..], ["operation.resolved", "capture.succeeded", "payment.captured"], "{story:?}");
    is_told_again(&deal, &operation, &told).await;

    let _ = deal.post("refunds", &json!({ "amount": 2_500 })).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;

    // At the merchant's address the dispute names only the capture.
    let hooks = format!("{}v1/webhooks/billie-psp/demo", shop.api.base());
    shop.set(json!({ "dispute_webhook_url": hooks })).await;
    shop.sandbox.control(Method::POST, "disputes", &json!({ "capture_id": capture, "reason_code": "return" })).await;
    eventually("the dispute", async || (deal.get().await["receivable"]["disputed"] == true).then_some(())).await;
}

#[tokio::test]
async fn a_persons_word_is_shown_with_the_operation_and_where_it_came_true_and_in_no_event() {
    let (shop, backstage) = shop().await;
    let deal = authorized(&shop).await;
    let operation = left_to_a_person((&shop, &backstage), &deal, "captures", &shop.capture(None), false).await;
    assert_eq!(deal.operation(&operation).await["resolution"], Value::Null);
    let _ = resolve(&deal, &operation, "word", &word("rejected", None)).await.expect(200);

    let resolution = json!({ "reason": "their portal shows it", "by": "desk" });
    assert_eq!(deal.operation(&operation).await["resolution"], resolution);
    let timeline = deal.timeline().await;
    let said: Vec<_> = timeline.iter().filter(|entry| entry["resolution"] != Value::Null).collect();
    assert_eq!(said.len(), 1, "{timeline:#?}");
    assert_eq!((&said[0]["type"], &said[0]["resolution"]), (&json!("paylater.operation.resolved.v1"), &resolution));
    let events = shop.site.queues().of_payment(&deal.id, timeline.len() as u64).await;
    assert!(!json!(events).to_string().contains("portal"), "{events:#?}");
}

#[tokio::test]
async fn an_id_that_a_provider_names_alone_leads_to_its_payment() {
    let (shop, _) = shop().await;
    let (deal, _other) = (authorized(&shop).await, authorized(&shop).await);
    let capture = deal.post("captures", &shop.capture(None)).await.expect(201).text("/provider_reference").to_owned();
    let order = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
    for id in [order, capture] {
        let found =
            shop.api.get(&format!("/v1/payments?provider=billie_psp&provider_reference={id}")).await.expect(200);
        assert_eq!(found.at("/data"), &json!([deal.get().await]), "{id}");
    }
}

/// A payment that the provider decides about in this way, which tells at the payment's own address that it does, and
/// nothing after it.
async fn in_review<'a>(shop: &'a Shop, choice: &str) -> (Deal<'a>, Value) {
    let deal = shop.open(&shop.at.order()).await;
    let page = deal.get().await["action"]["url"].as_str().unwrap().to_owned();
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    shop.sandbox.buyer(page.rsplit('/').next().unwrap(), choice).await;
    let told = shop.sandbox.deliveries().await.pop().unwrap();
    let order = told["about"].clone();
    let address: url::Url = told["url"].as_str().unwrap().parse().unwrap();
    let path = format!("{}?{}", address.path(), address.query().unwrap_or_default());
    let body = json!({ "order_id": order, "status": "waiting" }).to_string();
    let message = shop.api.request(Method::POST, &path).authorization(None).without_key();
    let message = message.raw(body.as_str(), Some("application/json"));
    let _ = message.header("x-api-key", sandbox::billie_psp::WEBHOOK_KEY).send().await.expect(200);
    eventually("the review", async || (deal.get().await["status"] == "under_review").then_some(())).await;
    (deal, order)
}

#[tokio::test]
async fn a_review_that_nobody_tells_the_end_of_is_ended_by_a_persons_word() {
    for (choice, outcome, status, promised) in
        [("accept", "succeeded", "authorized", AMOUNT), ("decline", "rejected", "declined", 0)]
    {
        let (shop, backstage) = shop().await;
        let (deal, order) = in_review(&shop, choice).await;
        let operation = deal.get().await["operations"][0]["id"].as_str().unwrap().to_owned();
        backstage.advance(3_600);
        backstage.sweep().await;
        assert_eq!(deal.operation(&operation).await["status"], "succeeded", "it may take its time");
        a_person_is_asked((&backstage, THREE_DAYS), &deal, &operation).await;
        assert_eq!(deal.get().await["status"], "under_review");
        let told = word(outcome, Some(&order).filter(|_| outcome == "succeeded"));
        assert!(!resolve(&deal, &operation, "word", &told).await.expect(200).is_replay());
        deal.ends(status, [promised, 0, 0, 0]).await;
        is_told_again(&deal, &operation, &told).await;
    }
}

#[tokio::test]
async fn a_capture_that_a_person_did_not_see_gives_its_money_back() {
    let (shop, backstage) = shop().await;
    let deal = authorized(&shop).await;
    let operation = left_to_a_person((&shop, &backstage), &deal, "captures", &shop.capture(None), false).await;
    assert_eq!(deal.get().await["amounts"]["capturing"], AMOUNT);
    let told = word("rejected", None);
    assert!(!resolve(&deal, &operation, "word", &told).await.expect(200).is_replay());
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    is_told_again(&deal, &operation, &told).await;
    let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn a_refund_ends_as_a_person_says_it_did() {
    for (outcome, refunded) in [("succeeded", 2_500), ("rejected", 0)] {
        let (shop, backstage) = shop().await;
        let deal = authorized(&shop).await;
        let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
        let refund = json!({ "amount": 2_500 });
        let happened = outcome == "succeeded";
        let operation = left_to_a_person((&shop, &backstage), &deal, "refunds", &refund, happened).await;
        assert_eq!(deal.get().await["amounts"]["refunding"], 2_500);
        let told = word(outcome, None);
        assert!(!resolve(&deal, &operation, "word", &told).await.expect(200).is_replay());
        let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, refunded]).await;
        assert_eq!(payment["refunds"][0]["status"], outcome);
        let last = if happened { "refund.succeeded" } else { "refund.failed" };
        assert_eq!(deal.story().await.last().unwrap(), last);
        is_told_again(&deal, &operation, &told).await;
    }
}

#[tokio::test]
async fn a_person_whom_the_last_look_agrees_with_is_answered_the_same_again() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.authorized().await;
    shop.sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    shop.sandbox.fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 1_000 })).await;
    let operation = deal.post("captures", &shop.capture(None)).await.expect(202).text("/operation_id").to_owned();
    a_person_is_asked((&backstage, THREE_DAYS), &deal, &operation).await;
    shop.sandbox.no_faults().await;
    let told = word("succeeded", None);
    assert!(!resolve(&deal, &operation, "word", &told).await.expect(200).is_replay());
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    is_told_again(&deal, &operation, &told).await;
}

#[tokio::test]
async fn a_capture_is_not_given_the_name_of_another() {
    let (shop, backstage) = shop().await;
    let (other, deal) = (authorized(&shop).await, authorized(&shop).await);
    let anothers = other.post("captures", &shop.capture(None)).await.expect(201).at("/provider_reference").clone();
    let own = deal.post("captures", &shop.capture(Some(4_000))).await.expect(201).at("/provider_reference").clone();
    let body = shop.capture(Some(5_000));
    let operation = left_to_a_person((&shop, &backstage), &deal, "captures", &body, true).await;
    for name in [anothers, own] {
        is_not_taken(&deal, &operation, &name).await;
    }
}

#[tokio::test]
async fn a_capture_is_not_given_the_key_of_another_payments_where_only_a_look_can_tell() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let backstage = Backstage::of(&shop);
    let anothers = shop.captured().await.get().await["captures"][0]["provider_reference"].clone();
    let deal = shop.authorized().await;
    let operation = captured_unseen((&shop, &backstage), &deal, None, false).await;
    shop.sandbox.no_faults().await;
    is_not_taken(&deal, &operation, &anothers).await;
    assert_eq!(deal.get().await["amounts"]["captured"], 0);
}

#[tokio::test]
async fn a_word_that_nobody_could_look_at_is_held_against_the_books_once_somebody_can() {
    for at in [At::Billie, At::Buckaroo] {
        for happened in [true, false] {
            let shop = Shop::without_messages(at).await;
            let (backstage, deal) = (Backstage::of(&shop), shop.authorized().await);
            let operation = captured_unseen((&shop, &backstage), &deal, None, happened).await;
            let invented = json!("00000000000000000000000000000000");
            let wrong = if happened { word("rejected", None) } else { word("succeeded", Some(&invented)) };
            let _ = resolve(&deal, &operation, "word", &wrong).await.expect(200);
            shop.sandbox.no_faults().await;
            let told = if happened { "capture.succeeded" } else { "payment.drift_detected" };
            let told = eventually("the books to outweigh the word", async || {
                backstage.advance(3_600);
                backstage.sweep().await;
                let entries = deal.timeline().await;
                entries.iter().find(|entry| entry["type"].as_str().unwrap().contains(told)).cloned()
            })
            .await;
            if happened {
                deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
            } else {
                let drift = &told["drift"];
                assert_eq!(drift["field"], format!("capture.{operation}"), "{at:?}: {told}");
                assert_eq!((&drift["ours"], &drift["theirs"]), (&json!("succeeded"), &json!("rejected")));
            }
        }
    }
}

#[tokio::test]
async fn an_order_that_a_person_names_must_be_this_payments_as_far_as_it_can_be_looked_at() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let anothers = json!(shop.authorized().await.get().await["provider_reference"]);
    let lost = async || {
        shop.sandbox.fault(json!({ "call": "create_order", "kind": "drop_after" })).await;
        let opened = shop
            .opening(&tests::orders::new_word("k"), &shop.at.order().with("/flow", "direct"))
            .send()
            .await
            .expect(202);
        let (deal, operation) =
            (Deal::of(&shop, opened.id()), opened.at("/operations/0/id").as_str().unwrap().to_owned());
        a_person_is_asked((&backstage, QUARTER), &deal, &operation).await;
        (deal, operation)
    };
    let (deal, operation) = lost().await;
    for wrong in [json!("00000000-0000-4000-8000-000000000000"), anothers.clone()] {
        is_not_taken(&deal, &operation, &wrong).await;
    }
    let orders = shop.sandbox.books().await["orders"].clone();
    let orders = orders.as_array().unwrap();
    let name = deal.get().await["order_reference"].clone();
    let own = orders.iter().find(|order| order["reference"] == name).unwrap()["id"].clone();
    // Where nobody can look the person's word counts, and a wrong one is corrected.
    shop.sandbox.fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 1_000 })).await;
    let invented = word("succeeded", Some(&json!("00000000-0000-4000-8000-000000000000")));
    let _ = resolve(&deal, &operation, "invented", &invented).await.expect(200);
    shop.sandbox.no_faults().await;
    let _ = resolve(&deal, &operation, "own", &word("succeeded", Some(&own))).await.expect(200);
    eventually("the order to be seen", async || {
        backstage.advance(60);
        backstage.sweep().await;
        (deal.get().await["status"] == "authorized").then_some(())
    })
    .await;
    assert_eq!(deal.get().await["provider_reference"], own);
}

#[tokio::test]
async fn a_wrong_id_that_a_person_told_is_corrected_by_a_person() {
    let (shop, backstage) = shop().await;
    let deal = authorized(&shop).await;
    let operation = left_to_a_person((&shop, &backstage), &deal, "captures", &shop.capture(None), true).await;
    let mistyped = word("succeeded", Some(&json!("00000000-0000-4000-8000-000000000000")));
    let _ = resolve(&deal, &operation, "mistyped", &mistyped).await.expect(200);
    let refund = json!({ "amount": 2_500 });
    let _ = deal.post("refunds", &refund).await.expect_problem(ProblemCode::ProviderRefused);

    let capture = shop.sandbox.books().await["captures"][0]["id"].clone();
    let right = word("succeeded", Some(&capture));
    assert!(!resolve(&deal, &operation, "right", &right).await.expect(200).is_replay());
    for (key, earlier) in [("mistyped", &mistyped), ("right", &right)] {
        assert!(resolve(&deal, &operation, key, earlier).await.expect(200).is_replay(), "{key}");
    }
    assert_eq!(deal.get().await["captures"][0]["provider_reference"], capture);
    let _ = deal.post("refunds", &refund).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;

    // What the provider told itself is not for a person to change.
    let refunded =
        deal.get().await["operations"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let other = word("succeeded", Some(&json!("another")));
    let refused = resolve(&deal, &refunded, "other", &other).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(refused.pointers(), ["/provider_reference"]);
}

#[tokio::test]
async fn a_capture_is_not_given_an_invoice_of_another_amount() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.authorized().await;
    let unseen = captured_unseen((&shop, &backstage), &deal, Some(4_000), true).await;
    let _ = resolve(&deal, &unseen, "unseen", &word("rejected", None)).await.expect(200);
    let operation = captured_unseen((&shop, &backstage), &deal, Some(5_000), false).await;
    shop.sandbox.no_faults().await;
    let invoice = shop.sandbox.books().await["invoices"][0].clone();
    assert_eq!(invoice["amount"], 4_000);
    is_not_taken(&deal, &operation, &invoice["id"]).await;
}

#[tokio::test]
async fn no_word_is_taken_on_what_the_provider_says_is_pending_and_its_result_outweighs_one() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.captured().await;
    shop.set(json!({ "pending": ["refund"] })).await;
    let refund = json!({ "amount": 7_000 });
    let operation = deal.post("refunds", &refund).await.expect(202).text("/operation_id").to_owned();
    a_person_is_asked((&backstage, THREE_DAYS), &deal, &operation).await;
    let says = async |outcome: &str| {
        let (call, body) = (backstage.call(), word(outcome, None).to_string());
        let resolved = backstage.service.resolve(&call, &deal.id, &operation, Some(outcome), body.as_bytes());
        resolved.await.map(|answer| answer.status)
    };
    for outcome in ["rejected", "succeeded"] {
        let problem = says(outcome).await.unwrap_err();
        assert_eq!(problem.code(), ProblemCode::StatusDoesNotAllow);
        assert!(problem.detail().contains("still pending"), "{}", problem.detail());
        assert_eq!(deal.operation(&operation).await["status"], "needs_operator");
    }

    // Where nobody can look a person is believed, until the provider proves the opposite.
    shop.sandbox.fault(json!({ "call": "status", "kind": "http_5xx", "times": 1_000 })).await;
    assert_eq!(says("rejected").await.unwrap(), 200);
    assert_eq!(deal.get().await["amounts"]["refunding"], 0);
    let key = shop.sandbox.books().await["transactions"].as_array().unwrap().last().unwrap()["key"].clone();
    let path = format!("transactions/{}", key.as_str().unwrap());
    shop.sandbox.control(Method::POST, &path, &json!({ "outcome": "success" })).await;
    shop.sandbox.release("normal").await;
    eventually("the push", async || (deal.operation(&operation).await["status"] == "succeeded").then_some(())).await;
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 7_000]).await;
    let again = deal.post("refunds", &refund).await;
    let _ = again.expect_problem(ProblemCode::AmountExceedsCaptured);
}

#[tokio::test]
async fn a_confirmation_is_not_given_the_order_of_another_payment() {
    let (shop, backstage) = shop().await;
    let other = authorized(&shop).await.get().await["provider_reference"].clone();
    let deal = shop.open(&Order::at("billie_psp").with("/flow", "widget")).await;
    let payment = deal.get().await;
    let session = payment["action"]["provider_session_id"].as_str().unwrap();
    let order = orders::in_widget("billie_psp");
    let result = shop.sandbox.control(Method::POST, &format!("widget/{session}"), &order).await;
    shop.sandbox.fault(json!({ "call": "confirm", "kind": "drop_before" })).await;
    let _ = deal.post("confirm", &json!({ "widget_result": result })).await.expect(202);
    let operation = deal.newest().await["id"].as_str().unwrap().to_owned();
    a_person_is_asked((&backstage, QUARTER), &deal, &operation).await;
    is_not_taken(&deal, &operation, &other).await;
    assert_eq!(deal.get().await["provider_reference"], Value::Null);
    deal.ends("requires_action", [0, 0, 0, 0]).await;
}
