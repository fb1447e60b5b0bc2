//! Billie's events carry a static key: they make us look, and tell about the receivable.

use serde_json::{Value, json};
use service::ProblemCode;

use super::{EVENTS, about, event, message, settled};
use crate::support::{AMOUNT, At, Deal, Shop};

async fn hear(deal: &Deal<'_>, name: &str, more: Value) {
    let body = about(deal, name, more).await;
    let _ = event(deal.shop, &body).await.expect(200);
}

/// The last entry of the timeline: its type, and what it says of the receivable.
async fn last(deal: &Deal<'_>) -> (String, Value) {
    let entry = deal.timeline().await.pop().unwrap();
    let kind = entry["type"].as_str().unwrap().trim_start_matches("paylater.").trim_end_matches(".v1");
    (kind.to_owned(), entry["receivable"].clone())
}

#[tokio::test]
async fn the_receivables_life_is_told_beside_the_status_and_never_touches_it() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let told = [
        ("reminder_email_1", json!({}), "receivable.dunning", ("dunning_level", json!(1))),
        ("invoice_late", json!({}), "receivable.overdue", ("overdue", json!(true))),
        ("dunning_letter_1", json!({}), "receivable.dunning", ("dunning_level", json!(4))),
        ("reminder_email_2", json!({}), "receivable.dunning", ("dunning_level", json!(4))),
        ("dca_letter", json!({}), "receivable.dunning", ("dunning_level", json!(7))),
        ("dispute", json!({}), "receivable.disputed", ("disputed", json!(true))),
        (
            "payment",
            json!({ "amount": "26.00", "open_amount": "100.00" }),
            "receivable.buyer_paid",
            ("outstanding", json!(10_000)),
        ),
        (
            "payment",
            json!({ "amount": "100.00", "open amount": "0.00" }),
            "receivable.buyer_paid",
            ("outstanding", json!(0)),
        ),
        ("archived", json!({}), "receivable.closed", ("closed", json!(true))),
    ];
    for (name, more, kind, (field, value)) in told {
        hear(&deal, name, more).await;
        let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
        assert_eq!(payment["receivable"][field], value, "{name}: {:#}", payment["receivable"]);
        assert_eq!(last(&deal).await.0, kind, "{name}");
    }
    assert_eq!(deal.get().await["receivable"]["overdue"], false, "all is paid");
    hear(&deal, "invoice_paid_out", json!({})).await;
    assert!(deal.get().await["receivable"]["paid_out_at"].is_string());
    hear(&deal, "clawback", json!({})).await;
    assert_eq!(deal.get().await["receivable"]["paid_out_at"], Value::Null);
    assert_eq!(last(&deal).await.0, "receivable.clawed_back");
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn the_stand_ins_own_events_are_understood_in_both_spellings() {
    for spelling in ["page", "guide"] {
        let shop = Shop::at(At::Billie).await;
        let deal = shop.captured().await;
        let order = deal.get().await["provider_reference"].clone();
        for (name, amount) in [("reminder_email_3", None), ("payment", Some(2_600)), ("invoice_paid_out", None)] {
            let mut body = json!({ "event": name, "order": order, "spelling": spelling });
            body["amount"] = json!(amount);
            shop.sandbox.control(reqwest::Method::POST, "events", &body).await;
        }
        shop.sandbox.quiet().await;
        let receivable = deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await["receivable"].clone();
        assert_eq!(
            (&receivable["outstanding"], &receivable["dunning_level"]),
            (&json!(10_000), &json!(3)),
            "{spelling}"
        );
        assert!(receivable["paid_out_at"].is_string());
    }
}

#[tokio::test]
async fn payments_that_are_told_in_the_wrong_order_leave_what_is_owed_in_the_end() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    for (created_at, open_amount) in [("2026-02-03 09:00:00", "40.00"), ("2026-02-02 09:00:00", "100.00")] {
        hear(&deal, "payment", json!({ "created_at": created_at, "open_amount": open_amount })).await;
    }
    assert_eq!(deal.get().await["receivable"]["outstanding"], 4_000);
    // What came late is told with its time.
    let told = json!({ "kind": "buyer_paid", "detail": "payment", "outstanding": 10_000,
                       "occurred_at": "2026-02-02T09:00:00Z" });
    assert_eq!(last(&deal).await, ("receivable.buyer_paid".to_owned(), told));
}

#[tokio::test]
async fn an_event_that_nobody_knows_is_written_down_by_its_name() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    hear(&deal, "order_teleported", json!({})).await;
    let entry = deal.timeline().await.pop().unwrap();
    let expected = (&json!("paylater.provider_event.unrecognized.v1"), &json!("order_teleported"));
    assert_eq!((&entry["type"], &entry["provider_event"]), expected);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn an_event_that_comes_twice_is_one_event() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let before = deal.story().await.len();
    for _ in 0..3 {
        hear(&deal, "dunning_letter_1", json!({})).await;
    }
    assert_eq!(deal.story().await.len(), before + 1);
}

#[tokio::test]
async fn an_event_cannot_move_money_by_itself() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    for name in ["order_canceled", "order_declined", "order_shipped", "invoice_created", "order_approved"] {
        hear(&deal, name, json!({ "amount": "126.00", "open_amount": "0.00" })).await;
        deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    }
    assert_eq!(deal.story().await, ["payment.created", "payment.authorized"]);
}

#[tokio::test]
async fn an_event_about_one_payment_with_the_name_of_another_is_read_at_the_provider() {
    let shop = Shop::at(At::Billie).await;
    let (mine, other) = (shop.authorized().await, shop.authorized().await);
    let _ = other.post("cancel", &json!({})).await.expect(200);
    shop.sandbox.quiet().await;
    let mut body = about(&mine, "order_canceled", json!({})).await;
    body["order_id"] = other.get().await["order_reference"].clone();
    let _ = event(&shop, &body).await.expect(200);
    mine.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    other.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
}

#[tokio::test]
async fn what_is_authentic_and_not_readable_is_said_to_be_so() {
    let shop = Shop::at(At::Billie).await;
    let before = shop.site.written().await;
    for body in ["", "{", "[]", "{}", "{\"event\":7}"] {
        let request =
            message(&shop, EVENTS, "application/json", body).header("x-api-key", sandbox::billie_pad::WEBHOOK_KEY);
        let _ = request.send().await.expect_problem(ProblemCode::InvalidJson);
    }
    assert_eq!(shop.site.written().await, before);
}

#[tokio::test]
async fn a_cancellation_at_billies_desk_is_seen_after_its_event() {
    let shop = Shop::at(At::Billie).await;
    // That the order waits would make us look, at any time.
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.open(&At::Billie.order().with("/buyer/company/name", "Waiting Gold GmbH")).await;
    let path = format!("orders/{}", deal.get().await["provider_reference"].as_str().unwrap());
    let decline = json!({ "decision": "decline", "reason": "risk_policy" });
    shop.sandbox.control(reqwest::Method::POST, &path, &decline).await;
    deal.ends("under_review", [0, 0, 0, 0]).await;
    shop.sandbox.release("duplicate").await;
    settled(&deal, "declined").await;
    assert_eq!(deal.ends("declined", [0, 0, 0, 0]).await["decline"]["reason"], "risk_policy");
}

/// A backend order whose answer was lost, and the id that Billie gave it.
async fn lost_order(shop: &Shop) -> (Deal<'_>, String) {
    shop.sandbox.fault(json!({ "call": "create_order", "kind": "drop_after" })).await;
    let opened = shop.opening(&tests::orders::new_word("k"), &At::Billie.order()).send().await;
    let deal = Deal::of(shop, opened.expect(202).id());
    let orders = shop.sandbox.books().await["orders"].as_array().unwrap().clone();
    (deal, orders.last().unwrap()["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_backend_order_in_doubt_is_settled_by_an_event_that_names_it() {
    let shop = Shop::at(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let (deal, order) = lost_order(&shop).await;
    assert_eq!(deal.newest().await["status"], "in_doubt");
    hear(&deal, "order_approved", json!({ "order_uuid": order })).await;
    let payment = deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    assert_eq!(payment["provider_reference"], order);
    assert_eq!(shop.count("create_order").await, 1);
    let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn an_event_cannot_give_a_backend_order_in_doubt_the_order_of_another() {
    let shop = Shop::at(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let (first, _) = lost_order(&shop).await;
    let (second, order_of_second) = lost_order(&shop).await;
    hear(&first, "order_approved", json!({ "order_uuid": order_of_second })).await;
    assert_eq!(first.get().await["provider_reference"], Value::Null);
    assert_eq!(first.newest().await["status"], "in_doubt");
    hear(&second, "order_approved", json!({ "order_uuid": order_of_second })).await;
    second.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn each_of_several_invoices_is_told_by_its_capture_and_a_look_tells_what_no_event_did() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    for amount in [5_000, 7_600] {
        let _ = deal.post("captures", &shop.capture(Some(amount))).await.expect(201);
    }
    let captures = deal.get().await["captures"].clone();
    let invoice = |n: usize| captures[n]["provider_reference"].clone();
    hear(&deal, "invoice_late", json!({ "invoice_uuid": invoice(1) })).await;
    assert_eq!(last(&deal).await.1["capture_id"], captures[1]["id"]);

    // The events about the first one are lost.
    let order = deal.get().await["provider_reference"].clone();
    for (name, n) in [("payment", 0), ("invoice_late", 1)] {
        let body = json!({ "event": name, "order": order, "invoice": invoice(n), "amount": 5_000 });
        shop.sandbox.control(reqwest::Method::POST, "events", &body).await;
    }
    let backstage = crate::support::Backstage::of(&shop);
    backstage.advance(61);
    let before = deal.story().await.len();
    let look = async || {
        let query = [("refresh".to_owned(), "true".to_owned())];
        let _ = backstage.service.get(&backstage.call(), &deal.id, &query).await.ok().unwrap();
        deal.timeline().await.split_off(before)
    };
    let told = look().await;
    assert_eq!(told.len(), 1, "{told:#?}");
    let receivable =
        json!({ "kind": "buyer_paid", "detail": "complete", "capture_id": captures[0]["id"], "outstanding": 7_600 });
    assert_eq!(told[0]["receivable"], receivable);
    let known = deal.get().await["receivable"].clone();
    assert_eq!((&known["outstanding"], &known["overdue"]), (&json!(7_600), &json!(true)));
    assert!(known["due_date"].is_string());
    assert_eq!(look().await, told, "the same again is no news");
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}
