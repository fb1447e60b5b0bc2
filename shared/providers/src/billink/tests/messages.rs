//! Webhooks: signed ones prove what they say, unsigned ones only make us look, and nothing else gets in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use payment::{ReceivableNews, SignedClaim, Status};
use sha2::Sha256;

use super::*;
use crate::billink_common::{events, webhook};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

const URL: &str = "https://pay.example/v1/webhooks/billink/demo";
const SESSION: &str = include_str!("../fixtures/session.webhook.json");
const ORDER: &str = include_str!("../fixtures/order.webhook.json");

fn signing() -> Account {
    let mut document = account_document("https://api.billink.nl");
    document["webhook_secrets"] = json!([SECRET, OLD_SECRET]);
    parse(&document).unwrap()
}

fn signature(key: &[u8], time: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(time).chain_update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair =
        |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    pairs.iter().map(pair).collect()
}

fn receive(account: &Account, headers: &HeaderMap, body: &str) -> Result<Message, NotAuthentic> {
    webhook::receive(account.webhooks(), Inbound { url: URL, headers, body: body.as_bytes() }, now())
}

/// Received with a right signature of now.
fn signed(body: &str) -> Result<Message, NotAuthentic> {
    let time = now().as_second().to_string();
    let signature = signature(SECRET.as_bytes(), &time, body);
    let headers = headers(&[
        ("x-billink-signature", &signature),
        ("x-billink-timestamp", &time),
        ("x-billink-webhook-id", "delivery-1"),
    ]);
    receive(&signing(), &headers, body)
}

fn unsigned(body: &str) -> Result<Message, NotAuthentic> {
    receive(&account(), &HeaderMap::new(), body)
}

fn claim(message: &Message) -> Option<SignedClaim<payment::News>> {
    match &message.evidence {
        Evidence::Claim(claim) => Some(claim.clone()),
        Evidence::Hint => None,
        Evidence::Attested(_) => panic!("nothing is attested"),
    }
}

fn session(payment: &Payment, status: &str) -> String {
    SESSION.replace("invoice-1234", &payment.order_reference).replace("session_active", status)
}

fn event(payment: &Payment, event: &str) -> String {
    ORDER.replace("\"INVOICE1234\"", &format!("\"{}\"", payment.order_reference)).replace("order_placed", event)
}

/// Where a payment stands once it learned this.
fn after(mut payment: Payment, body: &str) -> Status {
    payment.learn(claim(&signed(body).unwrap()).unwrap(), &cause(), now());
    payment.status
}

#[test]
fn both_samples_name_their_order_in_every_way_that_they_do() {
    let named = |message: Message| message.addressees;
    let (ours, theirs) =
        (|text: &str| Addressee::Reference(text.into()), |text: &str| Addressee::ProviderReference(text.into()));
    assert_eq!(named(unsigned(SESSION).unwrap()), [ours("invoice-1234"), theirs("1ABinvoice-1234")]);
    let number = unsigned(&ORDER.replace("\"123456\"", "123456")).unwrap();
    assert_eq!(number.addressees, named(unsigned(ORDER).unwrap()));
    assert_eq!(named(unsigned(ORDER).unwrap()), [ours("INVOICE1234"), theirs("1ABINVOICE1234"), ours("123456")]);
}

#[test]
fn a_message_that_nobody_signed_is_a_hint_and_nothing_else() {
    let words = events::SESSION.iter().map(|row| SESSION.replace("session_active", row.0));
    let events =
        events::ORDER.iter().map(|row| row.0).chain(["new_event"]).map(|word| ORDER.replace("order_placed", word));
    for body in words.chain(events) {
        let message = unsigned(&body).unwrap();
        assert!(matches!(message.evidence, Evidence::Hint));
        assert_eq!((message.receivable, message.unrecognized), (None, None));
    }
    let named = receive(&account(), &headers(&[("x-billink-webhook-id", "chosen by anybody")]), SESSION).unwrap();
    assert_eq!(named.identity, unsigned(SESSION).unwrap().identity);
    assert_ne!(named.identity, unsigned(ORDER).unwrap().identity);
}

#[test]
fn what_a_session_came_to_moves_a_waiting_payment_and_that_it_ended_makes_us_look() {
    let payment = || opened(OrderState::AwaitingBuyer(None));
    for (word, expected) in [("order_created", Status::Authorized), ("failed", Status::Declined)] {
        assert_eq!(after(payment(), &session(&payment(), word)), expected, "{word}");
    }
    for word in ["cancelled", "session_expired"] {
        let message = signed(&session(&payment(), word)).unwrap();
        assert!(claim(&message).is_none(), "{word}: an order may have come after it");
    }
    assert!(claim(&signed(SESSION).unwrap()).is_none(), "where the buyer has to act is only in the answer");
}

#[test]
fn every_order_event_says_what_its_table_says() {
    let waiting = || opened(OrderState::AwaitingBuyer(None));
    assert_eq!(after(waiting(), &event(&waiting(), "order_placed")), Status::Authorized);
    for (word, receivable) in [
        ("partial_payment_added", Some(ReceivableNews::BuyerPaid)),
        ("order_paid", Some(ReceivableNews::BuyerPaid)),
        ("customer_fully_paid", Some(ReceivableNews::Closed)),
        ("order_on_hold", Some(ReceivableNews::Dunning { level: 0, paused: true })),
    ] {
        let message = signed(&event(&waiting(), word)).unwrap();
        assert!(claim(&message).is_none());
        let told = message.receivable.map(|told| (Some(told.news), told.detail));
        assert_eq!(told, Some((receivable, Some(word.to_owned()))));
        assert_eq!(message.unrecognized, None);
    }
    let unknown = signed(&event(&waiting(), "order_sold\\n")).unwrap();
    assert_eq!(unknown.unrecognized.as_deref(), Some("order_sold"));
    assert!(claim(&unknown).is_none() && unknown.receivable.is_none());
}

#[test]
fn a_workflow_that_started_settles_a_capture_in_doubt_and_is_drift_where_none_is_ours() {
    let learn = |mut payment: Payment| {
        let body = event(&payment, "order_workflow_started");
        payment.learn(claim(&signed(&body).unwrap()).unwrap(), &cause(), now());
        payment
    };
    let mut payment = capturing();
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let payment = learn(payment);
    assert_eq!((payment.status, payment.amounts().captured), (Status::Captured, payment.amount));
    let before = captured();
    assert!(learn(before.clone()) == before);
    let foreign = learn(opened(OrderState::Authorized));
    let last = foreign.history.last().unwrap().fact.event_type();
    assert_eq!((foreign.status, last), (Status::Authorized, "payment.drift_detected"));
}

#[test]
fn a_part_that_was_credited_moves_nothing_and_is_drift_where_no_credit_is_ours() {
    for (mut payment, drift) in
        [(captured(), true), (refunding(150), false), (canceling(OrderState::Authorized), false)]
    {
        let (before, body) = (payment.amounts(), event(&payment, "partial_credit_added"));
        payment.learn(claim(&signed(&body).unwrap()).unwrap(), &cause(), now());
        assert_eq!(payment.amounts(), before);
        assert_eq!(payment.history.last().unwrap().fact.event_type() == "payment.drift_detected", drift);
    }
}

#[test]
fn a_credit_in_full_settles_a_cancellation_in_doubt_and_reverses_what_was_captured() {
    let mut payment = canceling(OrderState::Authorized);
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let body = event(&payment, "order_fully_accredited");
    payment.learn(claim(&signed(&body).unwrap()).unwrap(), &cause(), now());
    assert_eq!(payment.status, Status::Canceled);
    assert_eq!(newest(&payment).status, payment::OperationStatus::Succeeded);
    assert_eq!(after(captured(), &body), Status::Captured);
    let mut reversed = captured();
    reversed.learn(claim(&signed(&body).unwrap()).unwrap(), &cause(), now());
    assert_eq!((reversed.amounts().captured.minor(), reversed.amounts().released), (0, reversed.amount));
    assert_eq!(after(capturing(), &body), Status::Authorized);
}

#[test]
fn a_genuine_message_says_nothing_about_another_payment() {
    let body = session(&opened(OrderState::AwaitingBuyer(None)), "order_created");
    let mut other = opened(OrderState::AwaitingBuyer(None));
    let before = other.clone();
    let body = body.replace(&other.order_reference, "SOMEBODY-ELSE").replace("1ABSOMEBODY-ELSE", "1ABELSE");
    other.learn(claim(&signed(&body).unwrap()).unwrap(), &cause(), now());
    assert!(other == before);
}

#[test]
fn the_delivery_names_a_signed_message_and_its_body_does_otherwise() {
    assert_eq!(signed(SESSION).unwrap().identity, "delivery-1");
    let time = now().as_second().to_string();
    let signature = signature(SECRET.as_bytes(), &time, SESSION);
    let required = [("x-billink-signature", signature.as_str()), ("x-billink-timestamp", &time)];
    for id in [None, Some("i".repeat(129))] {
        let id = id.as_deref().map(|id| ("x-billink-webhook-id", id));
        let headers = headers(&required.into_iter().chain(id).collect::<Vec<_>>());
        assert_eq!(receive(&signing(), &headers, SESSION).unwrap().identity, unsigned(SESSION).unwrap().identity);
    }
}

#[test]
fn only_a_fresh_signature_of_a_known_secret_over_the_very_bytes_gets_in() {
    let now = now().as_second();
    let at = |offset: i64| (now + offset).to_string();
    let good = |key: &str, time: &str| (signature(key.as_bytes(), time, SESSION), time.to_owned());
    for (signature, time) in
        [good(SECRET, &at(0)), good(OLD_SECRET, &at(0)), good(SECRET, &at(-300)), good(SECRET, &at(300))]
    {
        let headers = headers(&[("x-billink-signature", &signature), ("x-billink-timestamp", &time)]);
        assert!(receive(&signing(), &headers, SESSION).is_ok());
    }
    let upper = |(signature, time): (String, String)| (signature.to_uppercase(), time);
    for (signature, time) in [
        good("another secret", &at(0)),
        good("", &at(0)),
        good(SECRET, &at(-301)),
        good(SECRET, &at(301)),
        good(SECRET, "yesterday"),
        good(SECRET, &i64::MIN.to_string()),
        upper(good(SECRET, &at(0))),
        (good(SECRET, &at(0)).0, at(1)),
        (format!("sha256={}", good(SECRET, &at(0)).0), at(0)),
        (good(SECRET, &at(0)).0[..62].to_owned(), at(0)),
        (String::new(), at(0)),
        (self::signature(SECRET.as_bytes(), &at(0), &SESSION.replace("active", "expired")), at(0)),
    ] {
        let headers = headers(&[("x-billink-signature", &signature), ("x-billink-timestamp", &time)]);
        assert_eq!(receive(&signing(), &headers, SESSION).err(), Some(NotAuthentic::Forged), "{signature} {time}");
    }
    for headers in [headers(&[]), headers(&[("x-billink-timestamp", &at(0))])] {
        assert_eq!(receive(&signing(), &headers, SESSION).err(), Some(NotAuthentic::Forged));
        assert_eq!(receive(&signing(), &headers, "garbage").err(), Some(NotAuthentic::Forged));
    }
}

#[test]
fn an_account_can_name_other_headers_and_the_decoded_key() {
    let mut document = account_document("https://api.billink.nl");
    document["webhook_secrets"] = json!([SECRET]);
    document["wire"] =
        json!({"decode_webhook_secrets": true, "signature_header": "X-Sig", "timestamp_header": "X-Time"});
    let account = parse(&document).unwrap();
    let time = now().as_second().to_string();
    for (key, expected) in [(STANDARD.decode(SECRET).unwrap(), true), (SECRET.into(), false)] {
        let signature = signature(&key, &time, SESSION);
        let headers = headers(&[("x-sig", &signature), ("x-time", &time)]);
        assert_eq!(receive(&account, &headers, SESSION).is_ok(), expected);
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for body in ["", "garbage", "[]", "{}", r#"{"invoiceNumber":"A"}"#, r#"{"status":7}"#] {
        assert_eq!(unsigned(body).err(), Some(NotAuthentic::Unreadable), "{body}");
        assert_eq!(signed(body).err(), Some(NotAuthentic::Unreadable), "{body}");
    }
}

#[test]
fn another_media_type_than_json_comes_before_everything() {
    for (given, expected) in [
        ("application/json; charset=utf-8", None),
        ("text/plain", Some(NotAuthentic::MediaType)),
        ("application/x-www-form-urlencoded", Some(NotAuthentic::MediaType)),
    ] {
        assert_eq!(receive(&account(), &headers(&[("content-type", given)]), SESSION).err(), expected);
    }
    let text = headers(&[("content-type", "text/plain")]);
    assert_eq!(receive(&signing(), &text, "garbage").err(), Some(NotAuthentic::MediaType));
}

#[test]
fn a_kept_message_says_what_it_said_when_it_arrived_whatever_became_of_the_secrets() {
    use crate::Adapter as _;
    let told = |account: Account, event: &str, authentic| {
        let body = ORDER.replace("order_placed", event);
        let inbound = Inbound { url: URL, headers: &HeaderMap::new(), body: body.as_bytes() };
        let adapter = super::super::Billink { account, transport: crate::Transport::default() };
        let message = adapter.reread(inbound, authentic).unwrap();
        (claim(&message).is_some(), message.receivable.is_some(), message.unrecognized.is_some())
    };
    for secrets in [signing, account] {
        // No look tells of a credit.
        assert_eq!(told(secrets(), "order_fully_accredited", true), (true, false, false));
        assert_eq!(told(secrets(), "order_paid", true), (false, true, false));
        assert_eq!(told(secrets(), "order_teleported", true), (false, false, true));
        for event in ["order_placed", "order_fully_accredited", "order_paid", "order_teleported"] {
            assert_eq!(told(secrets(), event, false), (false, false, false), "{event}");
        }
    }
}

#[test]
fn the_window_is_measured_by_the_adapters_clock() {
    use crate::Adapter as _;
    fn much_later() -> Timestamp {
        now().checked_add(jiff::SignedDuration::from_hours(1)).unwrap()
    }
    let time = now().as_second().to_string();
    let signature = signature(SECRET.as_bytes(), &time, SESSION);
    let headers = headers(&[("x-billink-signature", &signature), ("x-billink-timestamp", &time)]);
    let inbound = Inbound { url: URL, headers: &headers, body: SESSION.as_bytes() };
    let adapter =
        |clock| super::super::Billink { account: signing(), transport: crate::Transport::default().with_clock(clock) };
    assert!(adapter(now).receive(inbound).is_ok());
    assert!(adapter(much_later).receive(inbound).is_err());
    assert!(adapter(much_later).reread(inbound, true).is_ok());
}
