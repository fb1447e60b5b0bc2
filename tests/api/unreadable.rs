//! One payment that cannot be read is left out of what is told of many, and is told to whoever reads the log.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use local::StackOptions;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Item, Log, Order, Site, orders};

/// More than any page looks at.
const MANY: usize = 205;

/// A site where nothing happens by itself but that messages come.
async fn site_with_messages() -> Site {
    Site::start_own(StackOptions { without_sweep: true, without_relay: true, ..StackOptions::default() }).await
}

/// A site where nothing happens by itself: a message that comes late would write a payment as it was before it was broken.
async fn site() -> Site {
    let site = site_with_messages().await;
    site.billie_pad().webhooks(json!({ "mode": "held" })).await;
    site
}

async fn open(site: &Site, reference: &str) -> String {
    let order = Order::billie_pad_at_once().with("/reference", reference);
    site.api.post("/v1/payments", order.json()).await.expect(201).id().to_owned()
}

/// A payment with a capture whose outcome nobody knows.
async fn in_doubt(site: &Site, reference: &str) -> String {
    let id = open(site, reference).await;
    site.billie_pad().fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let _ = site.api.post(&format!("/v1/payments/{id}/captures"), &orders::capture()).await.expect(202);
    id
}

/// What is done to an item by hand.
type Change = fn(&mut Item);

/// What makes an item unreadable, and what the log says of it.
const BREAKS: [(Change, &str); 3] = [
    (of_newer_code, "the item has schema 99, newer than this code"),
    (|item| drop(item.remove("currency")), "an item cannot be read or written (currency)"),
    (|item| drop(item.insert("lines".to_owned(), text("Zyzzyva"))), "an item cannot be read or written (lines)"),
];

fn of_newer_code(item: &mut Item) {
    item.insert("schema".to_owned(), AttributeValue::N("99".to_owned()));
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Puts a payment as it was before, but for one thing.
async fn broken(site: &Site, intact: &Item, breaks: Change) {
    let mut item = intact.clone();
    breaks(&mut item);
    site.table().put(item).await;
}

/// Puts so many payments beside one, as of newer code, created an hour before it or after.
async fn surrounded(site: &Site, id: &str, hours: i64, count: usize) {
    let mut item = site.table().state(id).await;
    of_newer_code(&mut item);
    let created: Timestamp = item["created_at"].as_s().unwrap().parse().unwrap();
    let moved = (created + SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    for n in 0..count {
        let id = format!("pay_{n:026}");
        let key = text(&format!("{moved}#{id}"));
        item.extend([("PK".to_owned(), text(&format!("PAY#{id}"))), ("created_key".to_owned(), key)]);
        site.table().put(item.clone()).await;
    }
}

fn ids(page: &Value, field: &str) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|line| line[field].as_str().unwrap().to_owned()).collect()
}

/// Every page from the first one on.
async fn pages(api: &tests::Api, path: &str) -> Vec<Value> {
    let (mut pages, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = api.get(&next).await.expect(200).body;
        next = format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
        let last = page["next_cursor"].is_null();
        pages.push(page);
        assert!(pages.len() < 50, "the list does not end");
        if last {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_payment_that_cannot_be_read_is_left_out_of_lists_and_unavailable_by_itself() {
    let site = site().await;
    let (older, one, newer) = (open(&site, "ORD-1").await, open(&site, "ORD-2").await, open(&site, "ORD-3").await);
    let name = site.api.payment(&one).await["order_reference"].as_str().unwrap().to_owned();
    let intact = site.table().state(&one).await;
    for (breaks, _) in BREAKS {
        broken(&site, &intact, breaks).await;
        for limit in [1, 2, 100] {
            let pages = pages(&site.api, &format!("/v1/payments?limit={limit}")).await;
            let told: Vec<String> = pages.iter().flat_map(|page| ids(page, "id")).collect();
            assert_eq!(told, [newer.clone(), older.clone()], "{limit} a page");
        }
        for query in ["reference=ORD-2".to_owned(), format!("order_reference={name}")] {
            let page = site.api.get(&format!("/v1/payments?{query}")).await.expect(200).body;
            assert_eq!(page, json!({ "data": [], "next_cursor": null }), "{query}");
        }
        let _ = site.api.get(&format!("/v1/payments/{one}")).await.expect_problem(ProblemCode::Unavailable);
    }
}

#[tokio::test]
async fn a_page_of_which_nothing_can_be_read_leads_to_the_next_one() {
    let site = site().await;
    let one = open(&site, "ORD-1").await;
    surrounded(&site, &one, 1, MANY).await;
    let pages = pages(&site.api, "/v1/payments?limit=20").await;
    assert_eq!((ids(&pages[0], "id"), pages.len()), (vec![], 2));
    assert_eq!(ids(&pages[1], "id"), [one]);
}

#[tokio::test]
async fn a_payment_that_cannot_be_read_leaves_the_desk_to_the_others() {
    let site = site().await;
    site.billie_pad().fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 1_000 })).await;
    let (older, one) = (in_doubt(&site, "ORD-1").await, in_doubt(&site, "ORD-2").await);
    let newer = in_doubt(&site, "ORD-3").await;
    let intact = site.table().state(&one).await;
    for (breaks, _) in BREAKS {
        broken(&site, &intact, breaks).await;
        for limit in [1, 100] {
            let pages = pages(&site.operator(), &format!("/v1/operations?status=in_doubt&limit={limit}")).await;
            let told: Vec<String> = pages.iter().flat_map(|page| ids(page, "payment_id")).collect();
            assert_eq!(told, [older.clone(), newer.clone()], "{limit} a page");
        }
    }
}

#[tokio::test]
async fn the_desk_goes_on_behind_many_that_cannot_be_read() {
    let site = site().await;
    site.billie_pad().fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 1_000 })).await;
    let one = in_doubt(&site, "ORD-1").await;
    surrounded(&site, &one, -1, MANY).await;
    let pages = pages(&site.operator(), "/v1/operations?status=in_doubt").await;
    assert_eq!((ids(&pages[0], "payment_id"), pages.len()), (vec![], 2), "it looks at some 200 and says where it was");
    assert_eq!(ids(&pages[1], "payment_id"), [one]);
}

#[tokio::test]
async fn events_are_sent_again_of_all_that_can_be_read_and_the_others_are_named() {
    let site = site().await;
    let (one, other) = (open(&site, "ORD-1").await, open(&site, "ORD-2").await);
    let around = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    let intact = site.table().state(&one).await;
    for (breaks, _) in BREAKS {
        broken(&site, &intact, breaks).await;
        for dry_run in [true, false] {
            let body = json!({ "from": around(-12), "to": around(12), "what": "events", "dry_run": dry_run });
            let told = site.operator().post("/v1/replays", &body).await.expect(200);
            assert_eq!(ids(&told.body, "payment_id"), std::slice::from_ref(&other));
            assert_eq!(told.at("/unreadable"), &json!([one]));
        }
    }
}

#[tokio::test]
async fn messages_are_read_anew_of_all_whose_payment_can_be_read() {
    let site = site_with_messages().await;
    let mut opened = [open(&site, "ORD-1").await, open(&site, "ORD-2").await];
    site.billie_pad().quiet().await;
    opened.sort_unstable();
    let [one, other] = &opened;
    let around = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    let body = json!({ "from": around(-12), "to": around(12), "what": "messages" });
    let lines = async || {
        let told = site.operator().post("/v1/replays", &body).await.expect(200);
        let line = |line: &Value| format!("{} {}", line["payment_id"].as_str().unwrap(), line["outcome"]);
        let mut lines: Vec<String> = told.at("/data").as_array().unwrap().iter().map(line).collect();
        lines.sort_unstable();
        (lines, told.at("/unreadable").clone())
    };
    let (before, none) = lines().await;
    assert!(before.iter().any(|line| line.starts_with(one.as_str())) && none == json!([]), "{before:?}");
    let intact = site.table().state(one).await;
    for (breaks, _) in BREAKS {
        broken(&site, &intact, breaks).await;
        let (told, unreadable) = lines().await;
        let of = |lines: &[String], id: &String| -> Vec<String> {
            lines.iter().filter(|line| line.starts_with(id.as_str())).cloned().collect()
        };
        assert_eq!((told.len(), of(&told, other)), (before.len(), of(&before, other)));
        assert!(of(&told, one).iter().all(|line| line.ends_with("\"unreadable\"")), "{told:?}");
        assert_eq!(unreadable, json!([one]));
    }
}

#[tokio::test]
async fn the_log_names_the_payment_and_what_is_wrong_without_its_value() {
    let site = site().await;
    let one = open(&site, "ORD-1").await;
    let intact = site.table().state(&one).await;
    for (breaks, cause) in BREAKS {
        broken(&site, &intact, breaks).await;
        let (log, guard) = Log::of_thread();
        let _ = site.api.get("/v1/payments").await.expect(200);
        let _ = site.api.get(&format!("/v1/payments/{one}")).await.expect(503);
        drop(guard);
        let (text, lines) = (log.text(), log.lines());
        let said =
            |message: &str| lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{text}"));
        let left_out = said("a payment cannot be read");
        assert_eq!((&left_out["level"], &left_out["payment_id"]), (&json!("ERROR"), &json!(one)));
        assert_eq!((&left_out["cause"], &left_out["route"]), (&json!(cause), &json!("GET /v1/payments")));
        assert_eq!(said("failed")["cause"], format!("{one} cannot be read: {cause}"));
        assert!(!text.contains("Zyzzyva"), "{text}");
    }
}
