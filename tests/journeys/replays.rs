//! An operator has events sent once more, and kept messages read by today's code.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Answer, eventually};

use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// Around now, whichever clock wrote it.
fn today(what: &str, dry_run: bool) -> Value {
    let around = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    json!({ "from": around(-12), "to": around(12), "what": what, "dry_run": dry_run })
}

async fn replay(shop: &Shop, body: &Value) -> Answer {
    shop.site.operator().post("/v1/replays", body).await
}

/// A queue that lost everything: gone, and made anew.
async fn emptied(shop: &Shop) {
    let aws = &shop.site.stack().expect("this journey needs a stack of its own").aws;
    let sqs = aws_sdk_sqs::Client::new(&local::aws::sdk(&aws.sqs_url));
    for url in &aws.event_queue_urls {
        sqs.delete_queue().queue_url(url).send().await.unwrap();
        local::aws::sqs::create_event_queue(&sqs, url.rsplit('/').next().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn events_of_a_period_arrive_in_every_queue_again_with_the_same_ids_and_sequences() {
    let shop = Shop::at(At::Billie).await;
    let deals = [shop.captured().await, shop.authorized().await];
    let (mut queues, mut first) = (shop.site.queues(), Vec::new());
    for deal in &deals {
        let last = deal.timeline().await.len() as u64;
        first.push(queues.of_payment(&deal.id, last).await);
    }
    emptied(&shop).await;
    let told = replay(&shop, &today("events", false)).await.expect(200);
    assert_eq!((told.at("/payments"), told.at("/events")), (&json!(2), &json!(first[0].len() + first[1].len())));
    let mut queues = shop.site.queues();
    for (deal, first) in deals.iter().zip(&first) {
        assert_eq!(&queues.of_payment(&deal.id, first.len() as u64).await, first);
    }
    eventually("nothing to be left behind", async || {
        let items = shop.site.table().items().await;
        (!items.keys().any(|(key, _)| key.starts_with("LAG#"))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_rehearsal_of_events_counts_them_and_writes_nothing() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let before = shop.site.table().versions().await;
    let mut body = today("events", true);
    body.as_object_mut().unwrap().remove("dry_run");
    let told = replay(&shop, &body).await.expect(200);
    let events = deal.timeline().await.len();
    assert_eq!(
        (told.at("/dry_run"), told.at("/payments"), told.at("/events")),
        (&json!(true), &json!(1), &json!(events))
    );
    assert_eq!(told.at("/data/0"), &json!({ "payment_id": deal.id, "after": 0, "events": events }));
    assert_eq!(shop.site.table().versions().await, before);
}

#[tokio::test]
async fn only_payments_with_an_event_in_the_period_are_replayed() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    let times: Vec<Timestamp> =
        deal.timeline().await.iter().map(|entry| entry["time"].as_str().unwrap().parse().unwrap()).collect();
    let last = *times.last().unwrap();
    let (after, moment) = (last + SignedDuration::from_millis(1), SignedDuration::from_secs(60));
    let none = json!({ "from": after.to_string(), "to": (after + moment).to_string(), "what": "events" });
    assert_eq!(replay(&shop, &none).await.expect(200).at("/payments"), 0);
    let end = json!({ "from": last.to_string(), "to": after.to_string(), "what": "events" });
    let told = replay(&shop, &end).await.expect(200);
    let before = times.iter().filter(|time| **time < last).count();
    assert_eq!((told.at("/payments"), told.at("/data/0/after")), (&json!(1), &json!(before)));
}

#[tokio::test]
async fn a_long_replay_goes_on_where_the_answer_before_ended() {
    let shop = Shop::at(At::Billie).await;
    for _ in 0..102 {
        shop.authorized().await;
    }
    shop.sandbox.quiet().await;
    for (what, most) in [("events", 102), ("messages", 102)] {
        let mut body = today(what, true);
        let first = replay(&shop, &body).await.expect(200);
        assert_eq!(first.at("/data").as_array().unwrap().len(), 100, "{what}");
        body["cursor"] = first.at("/next_cursor").clone();
        let second = replay(&shop, &body).await.expect(200);
        let told: std::collections::BTreeSet<String> = [&first, &second]
            .iter()
            .flat_map(|answer| answer.at("/data").as_array().unwrap())
            .map(|line| line["payment_id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!((told.len(), second.at("/next_cursor")), (most, &Value::Null), "{what}");
    }
}

/// A message that came before its payment was known: delivered while the payment did not have the name it is told by.
async fn parked<'a>(shop: &'a Shop) -> (Deal<'a>, Value) {
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.captured().await;
    let event = json!({ "event": "invoice_late", "order_id": deal.get().await["order_reference"],
                        "order_uuid": deal.get().await["provider_reference"], "created_at": "2026-11-17 14:32:16" });
    (deal, event)
}

async fn outcomes(shop: &Shop, dry_run: bool) -> Vec<Value> {
    let told = replay(shop, &today("messages", dry_run)).await.expect(200);
    told.at("/data").as_array().unwrap().clone()
}

#[tokio::test]
async fn a_message_that_was_left_parked_is_rehearsed_and_then_applied_once() {
    let shop = Shop::at(At::Billie).await;
    let (deal, event) = parked(&shop).await;
    keep_parked(&shop, event_message(&shop, &event)).await;
    let before = shop.site.table().versions().await;
    let known = deal.timeline().await.len();
    let expected = json!([{ "type": "paylater.receivable.overdue.v1", "sequence": known + 1 }]);
    let rehearsed = outcomes(&shop, true).await;
    assert_eq!((rehearsed.len(), &rehearsed[0]["outcome"]), (1, &json!("changes")), "{rehearsed:#?}");
    assert_eq!((&rehearsed[0]["payment_id"], &rehearsed[0]["facts"]), (&json!(deal.id), &expected));
    let stands = standing(&deal.get().await);
    assert_eq!((&rehearsed[0]["before"], &rehearsed[0]["after"]), (&stands, &stands), "who pays whom is no status");
    assert_eq!(shop.site.table().versions().await, before, "a rehearsal writes nothing");
    assert_eq!(deal.get().await["receivable"], Value::Null);

    assert_eq!(outcomes(&shop, false).await[0]["facts"], expected);
    let entry = deal.timeline().await.pop().unwrap();
    assert_eq!((&entry["type"], &entry["cause"]["kind"]), (&expected[0]["type"], &json!("operator")));
    assert_eq!(deal.get().await["receivable"]["overdue"], true);

    let again = outcomes(&shop, false).await;
    assert_eq!((&again[0]["outcome"], &again[0]["facts"]), (&json!("look"), &json!([])));
    assert_eq!(deal.timeline().await.len(), known + 1);
}

/// A rehearsal tells how the payment would stand.
fn standing(payment: &Value) -> Value {
    json!({ "status": payment["status"], "amounts": payment["amounts"] })
}

#[tokio::test]
async fn a_rehearsal_shows_status_and_amounts_before_and_after() {
    let shop = Shop::with_page().await;
    shop.set(json!({ "push_format": "form" })).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.open(&tests::Order::buckaroo_billink()).await;
    let opened = deal.get().await;
    shop.sandbox.buyer(opened["provider_reference"].as_str().unwrap(), "accept").await;
    let push = shop.sandbox.deliveries().await.pop().unwrap();
    let (url, body) = (push["url"].as_str().unwrap(), push["body"].as_str().unwrap());
    let form = "application/x-www-form-urlencoded";
    let push = store::StoredMessage {
        proves: true,
        authentic: true,
        content_type: form.to_owned(),
        ..parked_message(&shop, url, body)
    };
    keep_parked(&shop, push).await;

    let rehearsed = outcomes(&shop, true).await;
    let (before, after) = (standing(&opened), rehearsed[0]["after"].clone());
    assert_eq!((rehearsed.len(), &rehearsed[0]["before"]), (1, &before), "{rehearsed:#?}");
    assert_eq!((&after["status"], &after["amounts"]["authorized"]), (&json!("authorized"), &json!(AMOUNT)));
    assert_eq!(deal.get().await, opened, "nothing happened yet");
    let done = outcomes(&shop, false).await;
    assert_eq!((&done[0]["before"], &done[0]["after"]), (&before, &after));
    assert_eq!(standing(&deal.get().await), after);
}

/// A message to this address that arrived now and was tried so often that the next time is hours away.
fn parked_message(shop: &Shop, url: &str, body: &str) -> store::StoredMessage {
    store::StoredMessage {
        provider: shop.at.name().parse().unwrap(),
        merchant: local::DEMO_MERCHANT.parse().unwrap(),
        identity: "parked".to_owned(),
        url: url.to_owned(),
        content_type: "application/json".to_owned(),
        body: body.as_bytes().to_vec(),
        received_at: Timestamp::now(),
        proves: false,
        authentic: false,
        tries: 10,
        applied: false,
    }
}

fn event_message(shop: &Shop, event: &Value) -> store::StoredMessage {
    parked_message(shop, &format!("{}v1/webhooks/billie-pad/demo", shop.api.base()), &event.to_string())
}

/// Puts a message into the table that nobody looks at again, as an older code left it.
async fn keep_parked(shop: &Shop, message: store::StoredMessage) {
    let stack = shop.site.stack().expect("this journey needs a stack of its own");
    let store =
        store::Store::new(aws_sdk_dynamodb::Client::new(&local::aws::sdk(&stack.aws.dynamodb_url)), &stack.aws.table);
    store.mark(&message, store::MessageState::Parked, message.received_at).await.unwrap();
}

#[tokio::test]
async fn a_claim_that_was_applied_is_old_news_and_only_makes_us_look() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&tests::Order::buckaroo_billink()).await;
    let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.buyer(&key, "accept").await;
    shop.sandbox.quiet().await;
    let _ = deal.post("cancel", &json!({})).await.expect(200);
    shop.sandbox.quiet().await;
    let story = deal.story().await;
    for line in outcomes(&shop, false).await {
        assert_eq!((&line["outcome"], &line["facts"]), (&json!("look"), &json!([])), "{line:#}");
    }
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    assert_eq!(deal.story().await, story);
}

#[tokio::test]
async fn another_merchants_events_and_messages_are_not_replayed() {
    let shop = Shop::at(At::Billie).await;
    let (_deal, event) = parked(&shop).await;
    keep_parked(&shop, event_message(&shop, &event)).await;
    let backstage = Backstage::of(&shop);
    let call = service::Call { merchant: "neighbour".parse().unwrap(), ..backstage.call() };
    let told = backstage.service.replay(&call, Some("k"), today("events", true).to_string().as_bytes()).await.unwrap();
    assert_eq!(told.body["payments"], 0);
    let told = backstage.service.replay(&call, Some("k"), today("messages", true).to_string().as_bytes()).await;
    assert!(told.is_err() || told.unwrap().body["messages"] == 0);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_by_name() {
    let shop = Shop::at(At::Billie).await;
    let good = today("events", true);
    let wrong = [
        ("/to", json!("2020-01-01T00:00:00Z")),
        ("/from", json!("yesterday")),
        ("/what", json!("money")),
        ("/cursor", json!("nonsense")),
        ("/dry_run", json!("no")),
    ];
    for (pointer, value) in wrong {
        let mut body = good.clone();
        body[pointer.trim_start_matches('/')] = value;
        let refused = replay(&shop, &body).await.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(refused.pointers(), [pointer]);
    }
    let mut crossed = today("messages", true);
    crossed["cursor"] =
        json!(data_encoding::BASE64URL_NOPAD.encode(b"2026-11-20T10:00:00.000Z#pay_00000000000000000000000000"));
    let refused = replay(&shop, &crossed).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(refused.pointers(), ["/cursor"]);
    let _ = shop.api.post("/v1/replays", &good).await.expect_problem(ProblemCode::Forbidden);
}

#[tokio::test]
async fn a_place_from_long_before_the_period_is_no_long_way_to_its_end() {
    let shop = Shop::at(At::Billie).await;
    let mut body = today("messages", true);
    body["cursor"] = json!(data_encoding::BASE64URL_NOPAD.encode(b"-009999-01-02T01:59:59Z#HOOK#x"));
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), replay(&shop, &body)).await.unwrap();
    assert_eq!(told.expect(200).at("/messages"), &json!(0));
}
