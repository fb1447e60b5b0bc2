//! Genuine pushes are understood, and nothing else is.

use http::{HeaderMap, HeaderValue, Method, header};
use payment::{OrderState, Payment, SignedClaim};
use sha1::{Digest as _, Sha1};

use super::super::push;
use super::super::sign::{Signed, Stamp};
use super::*;
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

const URL: &str = "https://pay.example/v1/webhooks/buckaroo/demo?payment=pay_1&token=t0ken";

fn headers(media_type: &'static str, authorization: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(value) = authorization {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn signature(url: &str, body: &str) -> String {
    let signed = Signed { method: &Method::POST, url, body: body.as_bytes() };
    account().authorization(signed, Stamp { nonce: "n1", timestamp: "1605622335" }).unwrap()
}

fn receive(headers: &HeaderMap, body: &str) -> Result<Message, NotAuthentic> {
    push::receive(&account(), Inbound { url: URL, headers, body: body.as_bytes() })
}

fn json_push(body: &str) -> Result<Message, NotAuthentic> {
    receive(&headers("application/json; charset=utf-8", Some(&signature(URL, body))), body)
}

fn form_push(fields: &[(&str, &str)]) -> Result<Message, NotAuthentic> {
    let mut sorted = fields.to_vec();
    sorted.push(("brq_websitekey", WEBSITE_KEY));
    sorted.sort_unstable();
    let text: String = sorted.iter().flat_map(|(name, value)| [*name, "=", value]).chain([SECRET]).collect();
    sorted.push(("brq_signature", ""));
    let digest = data_encoding::HEXLOWER.encode(&Sha1::digest(text));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(sorted).finish() + &digest;
    receive(&headers("application/x-www-form-urlencoded", None), &body)
}

fn transaction(wire: &Wire<'_>) -> String {
    format!(r#"{{"Transaction":{}}}"#, wire.json())
}

fn claim(message: Message) -> SignedClaim<payment::News> {
    match message.evidence {
        Evidence::Claim(claim) => claim,
        Evidence::Hint | Evidence::Attested(_) => panic!("not a claim"),
    }
}

fn learn(payment: &mut Payment, message: Message) {
    payment.learn(claim(message), &cause(), now());
}

/// What a push tells, with whom it is about.
fn told_push(message: &Message) -> String {
    let name = |addressee: &Addressee| match addressee {
        Addressee::Reference(reference) => format!("ref {reference}"),
        Addressee::ProviderReference(key) => format!("key {key}"),
    };
    let names: Vec<_> = message.addressees.iter().map(name).collect();
    let what = match &message.evidence {
        Evidence::Hint | Evidence::Attested(_) => "hint".to_owned(),
        Evidence::Claim(claim) => {
            assert!(claim.content().order.is_none());
            let line = |news: &payment::OperationNews| {
                let given_back = match &news.outcome {
                    Outcome::Done(receipt) => receipt.given_back.as_ref(),
                    _ => None,
                };
                let given_back = given_back.map(|given_back| format!(" gives back {given_back:?}")).unwrap_or_default();
                format!("{:?} {}{given_back}", news.whom, told(&news.outcome))
            };
            claim.content().operations.iter().map(line).collect::<Vec<_>>().join("\n  and ")
        }
    };
    format!("{what}\n  to {}\n  {:?} {}", names.join(", "), message.unrecognized, message.identity)
}

#[test]
fn every_push_of_the_guide_is_understood() {
    let pushes = [
        include_str!("../fixtures/pay.push.json"),
        include_str!("../fixtures/authorize.push.json"),
        include_str!("../fixtures/capture.push.json"),
        include_str!("../fixtures/refund.push.json"),
        include_str!("../fixtures/cancel.push.json"),
    ];
    let told: Vec<_> = pushes.iter().map(|body| told_push(&json_push(body).unwrap())).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_push_names_the_order_of_the_operation_that_it_is_about() {
    let body = transaction(&Wire::new(190, "C073", "ORD-1001-7QK3MZ-CABC123"));
    let named = json_push(&body).unwrap().addressees;
    let reference = |text: &str| Addressee::Reference(text.into());
    let key = Addressee::ProviderReference("A1".into());
    assert_eq!(named, [reference("ORD-1001-7QK3MZ-CABC123"), reference("ORD-1001-7QK3MZ"), key]);
    let body = transaction(&Wire::new(190, "I069", "ORD-1-CABC12"));
    let named = json_push(&body).unwrap().addressees;
    assert_eq!(named, [reference("ORD-1-CABC12"), Addressee::ProviderReference("A1".into())]);
}

#[test]
fn a_form_push_tells_the_same_as_its_json_push() {
    let fields = [
        ("brq_amount", "121.00"),
        ("brq_currency", "EUR"),
        ("brq_invoicenumber", "ORD-1001-7QK3MZ-CABC123"),
        ("brq_statuscode", "190"),
        ("brq_timestamp", "2026-11-20 13:00:00"),
        ("brq_transaction_type", "C073"),
        ("brq_transactions", "A1"),
    ];
    let form = form_push(&fields).unwrap();
    let json = json_push(&transaction(&Wire::new(190, "C073", "ORD-1001-7QK3MZ-CABC123"))).unwrap();
    assert_eq!(told_push(&form), told_push(&json));
}

#[test]
fn a_pushed_refund_reads_the_credit() {
    let fields = [
        ("brq_amount_credit", "2.50"),
        ("brq_invoicenumber", "ORD-1001-7QK3MZ-RABC123"),
        ("brq_relatedtransaction_refund", CAPTURE_KEY),
        ("brq_statuscode", "190"),
        ("brq_transaction_type", "C070"),
        ("brq_transactions", "A2"),
    ];
    assert!(told_push(&form_push(&fields).unwrap()).contains("done A2 250"));
}

#[test]
fn a_form_without_a_readable_status_or_amount_is_unreadable() {
    let unreadable = |fields: &[(&str, &str)]| form_push(fields).err() == Some(NotAuthentic::Unreadable);
    assert!(unreadable(&[("brq_transactions", "A1")]));
    assert!(unreadable(&[("brq_transactions", "A1"), ("brq_statuscode", "abc")]));
    assert!(unreadable(&[("brq_transactions", "A1"), ("brq_statuscode", "190"), ("brq_amount", "ten")]));
}

#[test]
fn a_forged_json_push_is_refused() {
    let body = transaction(&Wire::new(190, "I069", "ORD-1001-7QK3MZ"));
    let good = signature(URL, &body);
    assert!(receive(&headers("application/json", Some(&good)), &body).is_ok());
    let tampered = body.replace("190", "890");
    let foreign = good.replace(WEBSITE_KEY, "OTHERKEY99");
    let elsewhere = signature("https://pay.example/v1/webhooks/buckaroo/demo?payment=pay_2&token=t0ken", &body);
    for (media_type, authorization, body) in [
        ("application/json", None, &body),
        ("application/json", Some(""), &body),
        ("application/json", Some(foreign.as_str()), &body),
        ("application/json", Some(elsewhere.as_str()), &body),
        ("application/json", Some(good.as_str()), &tampered),
        ("application/x-www-form-urlencoded", Some(good.as_str()), &body),
    ] {
        let refused = receive(&headers(media_type, authorization), body).err();
        assert_eq!(refused, Some(NotAuthentic::Forged), "{media_type} {authorization:?}");
    }
    let other = receive(&headers("text/plain", Some(&good)), &body).err();
    assert_eq!(other, Some(NotAuthentic::MediaType), "the media type comes before the signature");
    assert_eq!(receive(&HeaderMap::new(), &body).err(), Some(NotAuthentic::MediaType));
}

#[test]
fn an_authentic_push_that_cannot_be_read_says_so() {
    for body in ["", "{}", "[]", "nonsense", r#"{"Transaction":{"Key":"A1"}}"#] {
        assert_eq!(json_push(body).err(), Some(NotAuthentic::Unreadable), "{body}");
    }
}

#[test]
fn what_nobody_knows_is_named_and_only_a_hint() {
    let data_request = format!(r#"{{"DataRequest":{}}}"#, Wire::new(190, "I999", "INV").json());
    let long = format!("C021{}", "x".repeat(96));
    for (body, name) in [
        (data_request, Some("DataRequest")),
        (transaction(&Wire::new(190, "C021", "INV")), Some("C021")),
        (transaction(&Wire::new(190, &format!(r"\u0000C021{}", "x".repeat(200)), "INV")), Some(long.as_str())),
        (transaction(&Wire { transaction_type: None, ..Wire::new(190, "I069", "ORD-1-7QK3MZ") }), None),
    ] {
        let message = json_push(&body).unwrap();
        assert!(matches!(message.evidence, Evidence::Hint), "{name:?}");
        assert_eq!(message.unrecognized.as_deref(), name);
    }
    let message = form_push(&[("brq_datarequest", "D1"), ("brq_statuscode", "190")]).unwrap();
    assert_eq!(message.unrecognized.as_deref(), Some("DataRequest"));
    assert_eq!(message.addressees, [Addressee::ProviderReference("D1".into())]);
}

#[test]
fn a_push_that_settles_nothing_is_only_a_hint() {
    for wire in [
        Wire::new(492, "C073", "I-CABC123"),
        Wire::new(790, "I069", "I"),
        Wire { currency: "USD", ..Wire::new(190, "I069", "I") },
        Wire { key: None, ..Wire::new(190, "I069", "I") },
    ] {
        let message = json_push(&transaction(&wire)).unwrap();
        assert!(matches!(message.evidence, Evidence::Hint));
        assert_eq!(message.unrecognized, None);
    }
}

#[test]
fn a_push_with_a_status_that_nobody_knows_is_kept_and_settles_nothing() {
    for (code, kind) in [(691, "I069"), (692, "C068"), (777, "C073"), (999, "C070"), (691, "I072")] {
        let message = json_push(&transaction(&Wire::new(code, kind, "I"))).unwrap();
        assert!(matches!(message.evidence, Evidence::Hint));
        assert_eq!(message.unrecognized, Some(format!("status {code}")));
        assert_eq!(message.addressees.first(), Some(&Addressee::Reference("I".into())));
    }
    let code = [("brq_statuscode", "777"), ("brq_invoicenumber", "I")];
    assert_eq!(form_push(&code).unwrap().unrecognized.as_deref(), Some("status 777"));
}

#[test]
fn repeats_have_one_identity_and_news_has_another() {
    let identity = |wire: &Wire<'_>| json_push(&transaction(wire)).unwrap().identity;
    let first = Wire::new(791, "I069", "I");
    assert_eq!(identity(&first), identity(&Wire::new(791, "I069", "I")));
    assert_ne!(identity(&first), identity(&Wire::new(190, "I069", "I")));
    assert_ne!(identity(&first), identity(&Wire { key: Some("B2"), ..Wire::new(791, "I069", "I") }));
}

#[test]
fn a_push_of_the_opening_may_overtake_its_answer() {
    let mut payment = created(&order(&consumer()));
    let reference = payment.order_reference.clone();
    learn(&mut payment, json_push(&transaction(&Wire::new(190, "I069", &reference))).unwrap());
    assert_eq!(payment.status, payment::Status::Authorized);
    assert_eq!(payment.provider_reference.as_deref(), Some("A1"));
    assert_eq!(newest(&payment).provider_reference.as_deref(), Some("A1"));
}

#[test]
fn a_push_of_another_payments_transaction_changes_nothing() {
    let mut payment = created(&order(&consumer()));
    let before = payment.clone();
    learn(&mut payment, json_push(&transaction(&Wire::new(190, "I069", "ORD-9999-AAAAAA"))).unwrap());
    assert!(payment == before);
}

#[test]
fn a_late_refusal_of_a_waiting_order_asks_for_a_look() {
    let mut payment = opened(&order(&consumer()), OrderState::AwaitingBuyer(None));
    let reference = payment.order_reference.clone();
    learn(&mut payment, json_push(&transaction(&Wire::new(490, "I069", &reference))).unwrap());
    assert_eq!(payment.status, payment::Status::RequiresAction);
    assert_eq!(payment.observe_at, Some(now()));
}

#[test]
fn a_capture_is_found_by_its_reference_before_its_key_is_known() {
    let mut payment = with_capture(opened(&order(&consumer()), OrderState::Authorized), json!({}));
    let reference = newest(&payment).reference.clone();
    learn(&mut payment, json_push(&transaction(&Wire::new(190, "C073", &reference))).unwrap());
    assert_eq!(payment.status, payment::Status::Captured);
    assert_eq!(newest(&payment).provider_reference.as_deref(), Some("A1"));
}

#[test]
fn a_refund_under_the_orders_invoice_is_not_taken_for_the_opening() {
    let mut payment = captured();
    let before = payment.clone();
    let reference = payment.order_reference.clone();
    learn(&mut payment, json_push(&transaction(&Wire::new(690, "C070", &reference))).unwrap());
    assert!(payment == before);
}

#[test]
fn what_was_kept_is_read_again_without_its_signature() {
    let body = transaction(&Wire::new(190, "C073", "ORD-1001-7QK3MZ-CABC123"));
    let headers = headers("application/json", None);
    let again = push::read(Inbound { url: URL, headers: &headers, body: body.as_bytes() }).unwrap();
    assert_eq!(told_push(&again), told_push(&json_push(&body).unwrap()));
}

#[test]
fn a_refund_at_buckaroos_own_desk_is_counted_once() {
    let mut payment = captured();
    for _ in 0..2 {
        let order = payment.order_reference.clone();
        let body = transaction(&Wire { key: Some("DESK1"), ..Wire::new(190, "C070", &order) });
        learn(&mut payment, json_push(&body).unwrap());
    }
    let (a, desk) = (payment.amounts(), payment::Amount::new(12_100).unwrap());
    assert_eq!((a.released, a.captured.plus(desk), a.refunded.is_zero()), (desk, Some(payment.amount), true));
}

#[test]
fn a_push_about_test_money_makes_somebody_look_at_a_payment_of_real_money() {
    let mut payment = opened(&order(&consumer()), OrderState::AwaitingBuyer(None));
    payment.livemode = true;
    let (status, known) = (payment.status, payment.history.len());
    let reference = payment.order_reference.clone();
    let of = |test| Wire { key: Some(FIRST_KEY), more: test, ..Wire::new(190, "I069", &reference) };
    learn(&mut payment, json_push(&transaction(&of(r#","IsTest":true"#))).ok().unwrap());
    let form = form_push(&[
        ("brq_statuscode", "190"),
        ("brq_transactions", FIRST_KEY),
        ("brq_transaction_type", "I069"),
        ("brq_invoicenumber", &reference),
        ("brq_amount", "121.00"),
        ("brq_currency", "EUR"),
        ("brq_test", "true"),
    ]);
    learn(&mut payment, form.ok().unwrap());
    assert_eq!((payment.status, payment.history.len(), payment.observe_at), (status, known, Some(now())));
    learn(&mut payment, json_push(&transaction(&of(r#","IsTest":false"#))).ok().unwrap());
    assert_eq!(payment.status, payment::Status::Authorized);
}

#[test]
fn a_name_that_is_too_long_to_be_kept_makes_a_push_unreadable() {
    let pushed = |key: &str, invoice: &str| {
        let json = json_push(&transaction(&Wire { key: Some(key), ..Wire::new(190, "C073", invoice) }));
        let form = [("brq_invoicenumber", invoice), ("brq_statuscode", "190"), ("brq_transactions", key)];
        [json.map(drop), form_push(&form).map(drop)]
    };
    let (longest, longer) = ("x".repeat(200), "x".repeat(201));
    assert_eq!(pushed(&longest, &longest), [Ok(()); 2]);
    assert_eq!(pushed(&longer, "I"), [Err(NotAuthentic::Unreadable); 2]);
    assert_eq!(pushed("A1", &longer), [Err(NotAuthentic::Unreadable); 2]);
}
