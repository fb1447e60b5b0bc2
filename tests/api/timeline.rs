//! `GET /v1/payments/{id}/timeline`, and the events, which are the same facts.

use serde_json::{Value, json};
use tests::{Order, Site, orders};

/// Two captures, the second one final, and a refund.
async fn played(site: &Site) -> String {
    let api = &site.api;
    let id = api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201).id().to_owned();
    let mut part = orders::capture();
    part["lines"] = json!([{ "reference": "CHAIR", "quantity": 1 }]);
    let _ = api.post(&format!("/v1/payments/{id}/captures"), &part).await.expect(201);
    let mut rest = orders::capture();
    (rest["amount"], rest["final"]) = (json!(500), json!(true));
    let _ = api.post(&format!("/v1/payments/{id}/captures"), &rest).await.expect(201);
    let refund = json!({ "amount": 250, "reason": "Late" });
    let _ = api.post(&format!("/v1/payments/{id}/refunds"), &refund).await.expect(201);
    site.billie_pad().quiet().await;
    id
}

async fn timeline(site: &Site, id: &str) -> Vec<Value> {
    let answer = site.api.get(&format!("/v1/payments/{id}/timeline")).await.expect(200);
    assert_eq!(answer.at("/next_cursor"), &Value::Null);
    answer.at("/data").as_array().unwrap().clone()
}

#[tokio::test]
async fn the_timeline_leads_from_nothing_to_the_payment_as_it_is() {
    let site = Site::start().await;
    let id = played(&site).await;
    let (timeline, payment) = (timeline(&site, &id).await, site.api.payment(&id).await);
    let mut status = json!("created");
    let mut time = jiff::Timestamp::MIN;
    for (entry, sequence) in timeline.iter().zip(1..) {
        assert_eq!(entry["sequence"], json!(sequence), "{entry:#}");
        assert_eq!(entry["previous_status"], status, "{entry:#}");
        let at: jiff::Timestamp = entry["time"].as_str().unwrap().parse().unwrap();
        assert!(at >= time, "{entry:#}");
        (status, time) = (entry["status"].clone(), at);
    }
    let last = timeline.last().unwrap();
    assert_eq!((&last["status"], &last["amounts"]), (&payment["status"], &payment["amounts"]));
    assert_eq!(payment["status"], "captured");
    let of = |kind: &str| timeline.iter().filter(|entry| entry["type"] == format!("paylater.{kind}.v1")).count();
    assert_eq!((of("payment.created"), of("payment.authorized"), of("payment.captured")), (1, 1, 1));
    assert_eq!((of("capture.succeeded"), of("refund.succeeded"), of("payment.remainder_released")), (2, 1, 1));
}

#[tokio::test]
async fn every_event_of_both_queues_is_an_entry_of_the_timeline() {
    let site = Site::start().await;
    let id = played(&site).await;
    let timeline = timeline(&site, &id).await;
    let mut queues = site.queues();
    let events = queues.of_payment(&id, timeline.len() as u64).await;
    for (entry, event) in timeline.iter().zip(&events) {
        assert_eq!(entry["sequence"].to_string(), event["sequence"].as_str().unwrap());
        for field in ["type", "time"] {
            assert_eq!(entry[field], event[field], "{event:#}");
        }
        for field in ["status", "previous_status", "amounts", "cause", "capture", "refund", "operation"] {
            assert_eq!(entry.get(field), event["data"].get(field), "{field} of {event:#}");
        }
    }
    queues.check_gaps();
}

#[tokio::test]
async fn no_personal_data_is_in_the_timeline_or_in_an_event() {
    let site = Site::start().await;
    let id = played(&site).await;
    let timeline = timeline(&site, &id).await;
    let events = site.queues().of_payment(&id, timeline.len() as u64).await;
    let payment = site.api.payment(&id).await;
    let text = format!("{}{}", json!(timeline), json!(events));
    let iban = payment["bank_transfer"]["iban"].as_str();
    let personal = [
        "Uno",
        "Eins",
        "1990-01-31",
        "uno@example.com",
        "+4930120111111",
        "Zeta",
        "HRB",
        "DE812345678",
        "203.0.113.10",
        "Tannenweg",
        "77716",
        "Haslach",
    ];
    for word in personal.into_iter().chain(iban) {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn the_cause_of_an_entry_is_the_request_that_made_it() {
    let site = Site::start().await;
    let answer = site.api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201);
    let first = &timeline(&site, answer.id()).await[0];
    assert_eq!(first["cause"]["kind"], "api");
    assert_eq!(first["cause"]["request_id"].as_str(), answer.header("request-id"));
    assert_eq!(first["cause"]["operation_id"], *answer.at("/operations/0/id"));
}
