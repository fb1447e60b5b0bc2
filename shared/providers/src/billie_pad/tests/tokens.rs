//! The token: kept, renewed, given up.

use jiff::SignedDuration;
use payment::Flow;
use serde_json::json;

use super::desk::{Billie, Case, ORDER, Reply, says, tell};
use crate::ReadError;

const SESSION: &str = include_str!("../fixtures/widget-session.json");

fn bearers(billie: &Billie) -> Vec<String> {
    let bearer = |call: &String| call.lines().find_map(|line| line.strip_prefix("authorization: ")).map(str::to_owned);
    billie.calls().iter().filter_map(bearer).collect()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept_until_a_minute_before_its_end() {
    let (billie, mut case) = (Billie::start().await, Case::new(Flow::Widget));
    billie.on("POST /checkout-sessions", [says(200, SESSION)]);
    let adapter = billie.adapter();
    for seconds in [0, 0, 28_739, 28_740] {
        case.now = super::desk::now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
        case.act(&*adapter, &case.first()).await;
    }
    assert_eq!(bearers(&billie), ["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_token_is_sent_as_in_the_guides_example() {
    let example = concat!(
        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ",
        ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    );
    let granted = json!({ "access_token": example.trim_start_matches("Bearer "), "expires_in": 28_800 });
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    billie.on("POST /oauth/token", [says(200, &granted.to_string())]);
    billie.on("POST /checkout-sessions", [says(200, SESSION)]);
    assert!(tell(&case.act(&*billie.adapter(), &case.first()).await).starts_with("Done"));
    assert_eq!(bearers(&billie), [example]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_call_sent_once_more() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    billie.on("POST /checkout-sessions", [says(401, ""), says(200, SESSION)]);
    assert!(tell(&case.act(&*billie.adapter(), &case.first()).await).starts_with("Done"));
    assert_eq!(bearers(&billie), ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_second_401_means_that_nothing_was_sent() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    billie.on("POST /checkout-sessions", [says(401, "")]);
    assert_eq!(tell(&case.act(&*billie.adapter(), &case.first()).await), "NotSent");
    assert_eq!(bearers(&billie).len(), 2);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    for reply in [says(401, ""), says(500, ""), says(200, "{}"), says(200, "<html>"), says(302, ""), Reply::Resets] {
        let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
        billie.on("POST /oauth/token", [reply]);
        assert_eq!(tell(&case.act(&*billie.adapter(), &case.first()).await), "NotSent");
        assert!(bearers(&billie).is_empty());
    }
}

#[tokio::test]
async fn a_renewal_that_fails_means_that_nothing_was_sent() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    let granted = says(200, r#"{"access_token":"token-1","expires_in":28800}"#);
    billie.on("POST /oauth/token", [granted, says(401, "")]);
    billie.on("POST /checkout-sessions", [says(401, "")]);
    assert_eq!(tell(&case.act(&*billie.adapter(), &case.first()).await), "NotSent");
}

#[tokio::test]
async fn a_read_renews_its_token_once_too() {
    let (billie, case) = (Billie::start().await, Case::authorized());
    let order = says(200, &case.at_billie("created", &json!({})));
    billie.on(&format!("GET /orders/{ORDER}"), [says(401, ""), order]);
    assert!(case.observe(&*billie.adapter()).await.is_ok());
    billie.on(&format!("GET /orders/{ORDER}"), [says(401, "")]);
    assert!(case.observe(&*billie.adapter()).await.err() == Some(ReadError::Unauthorized));
    billie.on("POST /oauth/token", [says(401, "")]);
    assert!(case.observe(&*billie.adapter()).await.err() == Some(ReadError::Unauthorized));
}
