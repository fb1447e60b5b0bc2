//! Acts and reads against a server on loopback.

use payment::{
    DoubtPolicy, Finding, News, OperationNews, OperationStatus, OrderNews, OrderState, SignedClaim, Status, Whom,
};
use serde_json::value::RawValue;

use super::*;
use crate::{Adapter, Addressee, Effect, Evidence, Inbound, NotAuthentic, ReadError, Transport};

const CHECKED: &str = include_str!("../fixtures/check.response.xml");
const NOT_FOUND: &str = include_str!("../fixtures/status-unknown.response.xml");

#[derive(Clone)]
enum Reply {
    Says(u16, String),
    Hangs,
}

fn says(body: &str) -> Reply {
    Reply::Says(200, body.to_owned())
}

fn error(code: &str) -> Reply {
    says(&format!("<API><RESULT>ERROR</RESULT><ERROR><CODE>{code}</CODE></ERROR></API>"))
}

/// What is answered about the one invoice that was asked about.
fn item(payment: &Payment, code: &str) -> Reply {
    let number = &payment.order_reference;
    says(&format!(
        "<API><RESULT>MSG</RESULT><MSG><CODE>500</CODE><STATUSES><ITEM><INVOICENUMBER>{number}</INVOICENUMBER>\
         <CODE>{code}</CODE><MESSAGE>?</MESSAGE></ITEM></STATUSES></MSG></API>"
    ))
}

fn found(payment: &Payment, status: &str) -> Reply {
    let number = &payment.order_reference;
    says(&format!(
        "<API><RESULT>MSG</RESULT><MSG><CODE>200</CODE><INVOICES><INVOICE><INVOICENUMBER>{number}</INVOICENUMBER>\
         <STATUS>{status}</STATUS><DESCRIPTION>No steps given</DESCRIPTION></INVOICE></INVOICES></MSG></API>"
    ))
}

/// Billink, with this answer to everything.
async fn billink(reply: Reply) -> Server {
    Server::start(move |_| match &reply {
        Reply::Says(status, body) => Some(crate::testing::says(*status, body)),
        Reply::Hangs => None,
    })
    .await
}

fn adapter(base: &str) -> Box<dyn Adapter> {
    super::super::open(&account_document(base), Transport::default()).unwrap()
}

async fn act(adapter: &dyn Adapter, payment: &Payment) -> Outcome {
    let (order, urls) = (order(&consumer()), urls());
    let context = context(payment, Some(&order), &urls);
    adapter.act(act_of(payment), &context, Effect::of_reserved_attempt()).await
}

async fn told_by(reply: Reply, payment: &Payment) -> (String, Vec<Seen>) {
    let server = billink(reply).await;
    (told(&act(&*adapter(&server.base), payment).await), server.seen())
}

#[tokio::test]
async fn an_order_lives_from_the_check_to_the_refund() {
    let order = order(&consumer());
    let ordered = |payment: &Payment| {
        says(&include_str!("../fixtures/order.response.xml").replace("O2014-05-28-2443", &payment.order_reference))
    };
    let (confirm, capture, refund, cancel) =
        (confirming(&order), capturing(), refunding(None), with_cancel(authorized()));
    for (payment, reply, line, expected) in [
        (&created(&order), says(CHECKED), "check", format!("done AwaitingConfirmation {UUID}")),
        (&confirm, ordered(&confirm), "order", format!("done Authorized 1TST{}", confirm.order_reference)),
        (&capture, item(&capture, "500"), "start-workflow", "done".into()),
        (&refund, item(&refund, "200"), "credit", "done".into()),
        (&cancel, item(&cancel, "200"), "credit", "done".into()),
    ] {
        let (told, seen) = told_by(reply, payment).await;
        assert_eq!(told, expected);
        let [seen] = seen.as_slice() else { panic!("an act is sent once") };
        assert_eq!(seen.line, format!("POST /v1/client/{line}"));
        assert_eq!(seen.header("content-type"), Some("text/xml"));
        assert!(seen.body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><API><VERSION>BILLINK2.0</VERSION>"));
    }
    assert_eq!(checked(&order).status, Status::RequiresConfirmation);
    assert_eq!(
        (authorized().status, authorized().provider_reference.as_deref()),
        (Status::Authorized, Some("1TSTO2014-05-28-2443"))
    );
}

#[tokio::test]
async fn what_is_not_billinks_word_about_an_act_is_never_a_success_or_a_refusal() {
    let (order, capture, refund) = (order(&consumer()), capturing(), refunding(None));
    let done = |payment: &Payment| match item(payment, "200") {
        Reply::Says(_, body) => body,
        Reply::Hangs => unreachable!(),
    };
    for payment in [&confirming(&order), &capture, &refund, &with_cancel(authorized())] {
        for (reply, expected) in [
            (Reply::Hangs, "in doubt TimedOut"),
            (Reply::Says(500, done(payment)), "in doubt ServerError"),
            (Reply::Says(502, "<html>Bad gateway</html>".into()), "in doubt ServerError"),
            (Reply::Says(404, done(payment)), "in doubt Unreadable"),
            (Reply::Says(302, String::new()), "in doubt Unreadable"),
            (Reply::Says(201, done(payment)), "in doubt Unreadable"),
            (says("garbage"), "in doubt Unreadable"),
            (says(""), "in doubt Unreadable"),
            (says("<API><RESULT>MSG</RESULT></API>"), "in doubt Unreadable"),
            (says("<!DOCTYPE API><API/>"), "in doubt Unreadable"),
            (says(&"<A>".repeat(100)), "in doubt Unreadable"),
            (error("603"), "in doubt ServerError"),
            (error("999"), "in doubt UnknownCode"),
            (error("101"), "not sent"),
            (Reply::Says(401, String::new()), "not sent"),
            (Reply::Says(429, String::new()), "not sent"),
        ] {
            let (told, seen) = told_by(reply, payment).await;
            assert_eq!((told.as_str(), seen.len()), (expected, 1));
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_sending_leaves_doubt_and_one_that_was_never_made_does_not() {
    let base = breaking().await;
    for expected in ["in doubt ConnectionLost", "not sent"] {
        assert_eq!(told(&act(&*adapter(&base), &refunding(None)).await), expected);
    }
}

#[tokio::test]
async fn a_refused_check_declines_the_buyer_and_doubt_about_one_is_harmless() {
    let order = order(&consumer());
    for reply in [says(include_str!("../fixtures/check-rejected.response.xml")), error("701")] {
        let mut payment = created(&order);
        let server = billink(reply).await;
        let outcome = act(&*adapter(&server.base), &payment).await;
        settle(&mut payment, outcome);
        assert_eq!(payment.status, Status::Declined);
    }
    assert_eq!(told_by(error("603"), &created(&order)).await.0, "in doubt ServerError");
}

#[tokio::test]
async fn an_order_that_exists_already_is_looked_for() {
    let payment = confirming(&order(&consumer()));
    for code in ["403", "446"] {
        assert_eq!(told_by(error(code), &payment).await.0, "in doubt UnknownCode");
    }
    assert_eq!(told_by(error("445"), &payment).await.0, "refused 445 the check has expired");
}

#[tokio::test]
async fn a_workflow_is_started_again_to_find_out_and_having_been_started_is_success() {
    let mut payment = capturing();
    assert_eq!(told_by(item(&payment, "706"), &payment).await.0, "refused 706 not allowed to manage this order");
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    for (reply, expected) in [
        (item(&payment, "707"), "done"),
        (error("707"), "done"),
        (item(&payment, "500"), "done"),
        (item(&payment, "706"), "in doubt UnknownCode"),
        (error("704"), "in doubt UnknownCode"),
        (error("101"), "in doubt UnknownCode"),
    ] {
        assert_eq!(told_by(reply, &payment).await.0, expected);
    }
}

#[tokio::test]
async fn before_the_order_a_cancellation_has_nothing_to_ask() {
    let payment = with_cancel(checked(&order(&consumer())));
    let (told, seen) = told_by(Reply::Hangs, &payment).await;
    assert_eq!((told.as_str(), seen.len()), ("done", 0));
    assert_eq!(probed(Reply::Hangs, &payment).await, Ok("done".into()));
}

async fn probed(reply: Reply, payment: &Payment) -> Result<String, ReadError> {
    let (server, urls) = (billink(reply).await, urls());
    let finding = adapter(&server.base).probe(newest(payment), &context(payment, None, &urls)).await?;
    Ok(match finding.content() {
        Finding::Found(outcome) => told(outcome),
        Finding::NotFound => "not found".into(),
        Finding::Unclear => "unclear".into(),
    })
}

#[tokio::test]
async fn an_order_in_doubt_is_found_by_its_number_or_not() {
    let payment = confirming(&order(&consumer()));
    for status in ["0", "1", "2"] {
        assert_eq!(probed(found(&payment, status), &payment).await, Ok("done Authorized -".into()));
    }
    assert_eq!(probed(says(NOT_FOUND), &payment).await, Ok("not found".into()));
    for (reply, expected) in [
        (found(&payment, "7"), ReadError::Unreadable),
        (says("garbage"), ReadError::Unreadable),
        (error("111"), ReadError::Unreachable),
        (error("110"), ReadError::Unreadable),
        (error("102"), ReadError::Unauthorized),
        (Reply::Says(503, String::new()), ReadError::Unreachable),
        (Reply::Hangs, ReadError::Unreachable),
    ] {
        assert_eq!(probed(reply, &payment).await, Err(expected));
    }
}

#[tokio::test]
async fn nothing_tells_what_became_of_a_credit_or_a_workflow() {
    for payment in [created(&order(&consumer())), capturing(), refunding(None), with_cancel(authorized())] {
        assert_eq!(probed(found(&payment, "0"), &payment).await, Ok("unclear".into()));
    }
}

async fn observed(reply: Reply, payment: &Payment) -> Result<Option<OrderState>, ReadError> {
    let (server, urls) = (billink(reply).await, urls());
    let news = adapter(&server.base).observe(&context(payment, None, &urls)).await?;
    Ok(news.content().order.as_ref().map(|order| order.state.clone()))
}

#[tokio::test]
async fn an_order_that_is_there_is_authorized_until_it_was_credited_in_full() {
    let order = order(&consumer());
    let unasked = checked(&order);
    assert_eq!(observed(found(&unasked, "0"), &unasked).await, Err(ReadError::Nothing));
    for payment in [confirming(&order), authorized(), capturing(), with_cancel(authorized())] {
        assert_eq!(observed(found(&payment, "0"), &payment).await, Ok(Some(OrderState::Authorized)));
        assert_eq!(observed(says(NOT_FOUND), &payment).await, Err(ReadError::Nothing));
    }
    let mut canceled = with_cancel(authorized());
    settle(&mut canceled, Outcome::Done(Receipt::default()));
    assert_eq!(canceled.status, Status::Canceled);
    assert_eq!(observed(found(&canceled, "0"), &canceled).await, Ok(None));
    // Credited at Billink, without an operation of ours.
    let mut credited = authorized();
    let whom = vec![Whom::Reference(credited.order_reference.clone())];
    let receipt = Receipt { order: Some(OrderNews::of(OrderState::Canceled)), ..Receipt::default() };
    let news = OperationNews { whom, outcome: Outcome::Done(receipt) };
    let claim = SignedClaim::verified(News { operations: vec![news], ..News::default() });
    credited.learn(claim, &cause(), now());
    assert_eq!(credited.status, Status::Canceled);
    assert_eq!(observed(found(&credited, "0"), &credited).await, Ok(None));
}

#[tokio::test]
async fn doubt_about_an_order_ends_with_what_a_look_finds() {
    let mut payment = confirming(&order(&consumer()));
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let (server, urls) = (billink(found(&payment, "0")).await, urls());
    let finding = adapter(&server.base).probe(newest(&payment), &context(&payment, None, &urls)).await.ok().unwrap();
    let id = newest(&payment).id.clone();
    payment.found(&id, finding, 60, DoubtPolicy::Lookup, &cause(), now());
    assert_eq!((payment.status, newest(&payment).status), (Status::Authorized, OperationStatus::Succeeded));
}

#[test]
fn a_message_about_an_order_is_that_of_the_other_api() {
    let signing = |secrets: Value| {
        let mut document = account_document("https://api.billink.nl");
        document["webhook_secrets"] = secrets;
        super::super::open(&document, crate::Transport::default()).unwrap()
    };
    let body = json!({"event": "order_paid", "invoice_number_clean": "ORD-1001", "invoice_number": "1TSTORD-1001"});
    let body = body.to_string();
    let headers = &HeaderMap::new();
    let inbound = Inbound { url: "https://pay.example/v1/webhooks/billink/demo", headers, body: body.as_bytes() };
    let hint = signing(json!([])).receive(inbound).unwrap();
    assert!(matches!(hint.evidence, Evidence::Hint) && hint.receivable.is_none());
    let (ours, theirs) = (Addressee::Reference("ORD-1001".into()), Addressee::ProviderReference("1TSTORD-1001".into()));
    assert_eq!(hint.addressees, [ours, theirs]);
    assert_eq!(signing(json!(["secret"])).receive(inbound).err(), Some(NotAuthentic::Forged));
    assert!(signing(json!(["secret"])).reread(inbound, true).unwrap().receivable.is_some());
}

#[test]
fn what_this_api_does_not_have_is_said() {
    let adapter = adapter("https://api.billink.nl");
    assert_eq!(adapter.candidate_of_return(&[("uuid".into(), UUID.into())]), None);
    assert_eq!(adapter.broken_widget_rules(&authorized(), RawValue::NULL).len(), 1);
    assert_eq!(adapter.broken_rules(&order(&consumer())).len(), 0);
}
