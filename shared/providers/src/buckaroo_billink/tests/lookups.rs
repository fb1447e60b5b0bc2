//! Observing a payment and probing an operation.

use payment::{Finding, OperationStatus, OrderState};

use super::gateway::{Gateway, Reply, is_genuine};
use super::*;
use crate::ReadError;

async fn observe(reply: Reply, payment: &Payment) -> (Result<String, ReadError>, Vec<String>) {
    let gateway = Gateway::start(reply).await;
    let urls = urls();
    let seen = gateway.adapter().observe(&context(payment, None, &urls)).await;
    let told = seen.map(|seen| {
        let news = seen.content();
        assert!(news.operations.is_empty());
        news.order.as_ref().map_or("nothing new".into(), |order| {
            format!("{:?} {:?} {:?}", order.state, order.amount.map(payment::Amount::minor), order.provider_reference)
        })
    });
    (told, requests(&gateway))
}

async fn probe(reply: Reply, payment: &Payment) -> (Result<String, ReadError>, Vec<String>) {
    let gateway = Gateway::start(reply).await;
    let urls = urls();
    let found = gateway.adapter().probe(newest(payment), &context(payment, None, &urls)).await;
    let told = found.map(|found| match found.content() {
        Finding::Found(outcome) => told(outcome),
        Finding::NotFound => "not found".into(),
        Finding::Unclear => "unclear".into(),
    });
    (told, requests(&gateway))
}

fn requests(gateway: &Gateway) -> Vec<String> {
    gateway
        .seen()
        .into_iter()
        .inspect(|seen| assert!(is_genuine(seen)))
        .map(|seen| format!("{} {}", seen.line, seen.body))
        .collect()
}

fn ok(json: String) -> Reply {
    Reply::Signed(200, json)
}

fn statuses(found: &[Wire<'_>], missing: &[&str]) -> Reply {
    let found: Vec<_> = found.iter().map(Wire::json).collect();
    let missing: Vec<_> =
        missing.iter().map(|invoice| format!(r#"{{"Key":null,"Invoice":"{invoice}","ErrorMessage":"?"}}"#)).collect();
    ok(format!(r#"{{"Transactions":[{}],"ErrorTransactions":[{}]}}"#, found.join(","), missing.join(",")))
}

fn waiting() -> Payment {
    opened(&order(&consumer()), OrderState::AwaitingBuyer(None))
}

#[tokio::test]
async fn a_payment_with_a_key_is_observed_by_it() {
    let order = waiting().order_reference;
    let of = |code| ok(Wire { key: Some(FIRST_KEY), ..Wire::new(code, "I069", &order) }.json());
    let (told, requests) = observe(of(190), &waiting()).await;
    assert_eq!(told.unwrap(), format!("Authorized Some(12100) Some({FIRST_KEY:?})"));
    assert_eq!(requests, [format!("GET /json/Transaction/Status/{FIRST_KEY} ")]);
    let (told, _) = observe(of(791), &waiting()).await;
    assert!(told.unwrap().starts_with("AwaitingBuyer(None)"));
    let (told, _) = observe(of(890), &waiting()).await;
    assert!(told.unwrap().starts_with("Canceled None"));
    let (told, _) = observe(of(492), &waiting()).await;
    assert_eq!(told.unwrap(), "nothing new");
}

#[tokio::test]
async fn a_payment_without_a_key_is_observed_by_its_reference() {
    let payment = created(&order(&consumer()));
    let reference = payment.order_reference.clone();
    let (told, requests) = observe(statuses(&[Wire::new(690, "I069", &reference)], &[]), &payment).await;
    assert!(told.unwrap().starts_with("Declined"));
    assert_eq!(
        requests,
        [format!(r#"POST /json/Transaction/Statuses {{"Transactions":[{{"Invoice":"{reference}"}}]}}"#)]
    );
    let (told, _) = observe(statuses(&[], &[&reference]), &payment).await;
    assert_eq!(told, Err(ReadError::Nothing));
}

/// All of a request but its signature, which has a nonce.
fn shown(gateway: &Gateway) -> String {
    gateway.seen().iter().inspect(|seen| assert!(is_genuine(seen))).map(|seen| seen.told(SHOWN)).collect()
}

const SHOWN: &[&str] = &["accept", "content-length", "content-type", "culture"];

#[tokio::test]
async fn a_status_and_statuses_are_asked_for_by_these_bytes() {
    for (name, payment) in [("status", waiting()), ("statuses", created(&order(&consumer())))] {
        let gateway = Gateway::start(ok("{}".to_owned())).await;
        let urls = urls();
        let _ = gateway.adapter().observe(&context(&payment, None, &urls)).await;
        insta::assert_snapshot!(name, shown(&gateway));
    }
}

#[tokio::test]
async fn what_waits_is_called_off_and_the_credentials_are_asked_for_by_these_bytes() {
    let gateway = Gateway::start(ok("{}".to_owned())).await;
    let (adapter, payment, urls) = (gateway.adapter(), with_cancel(waiting()), urls());
    let context = context(&payment, None, &urls);
    adapter.act(crate::Act::Cancel(newest(&payment)), &context, crate::Effect::of_reserved_attempt()).await;
    adapter.check_credentials(context.deadline).await;
    insta::assert_snapshot!(shown(&gateway));
}

#[tokio::test]
async fn a_pending_opening_is_not_news_before_its_answer() {
    let payment = created(&order(&consumer()));
    let reference = payment.order_reference.clone();
    let (told, _) = observe(statuses(&[Wire::new(790, "I069", &reference)], &[]), &payment).await;
    assert_eq!(told.unwrap(), "nothing new");
}

#[tokio::test]
async fn what_cannot_be_trusted_is_no_observation() {
    let order = waiting().order_reference;
    let good = || Wire { key: Some(FIRST_KEY), ..Wire::new(190, "I069", &order) };
    for (reply, expected) in [
        (Reply::Missigned(good().json()), ReadError::Unreadable),
        (Reply::Plain(200, "garbage".into()), ReadError::Unreadable),
        (Reply::Plain(404, "{}".into()), ReadError::Unreadable),
        (ok("{}".into()), ReadError::Unreadable),
        (ok(Wire::new(190, "I069", &order).json()), ReadError::Unreadable),
        // The key of another payment, of the same amount.
        (ok(Wire { invoice: "OTHER-ABCDEF", ..good() }.json()), ReadError::Unreadable),
        (ok(Wire { transaction_type: Some("C073"), ..good() }.json()), ReadError::Unreadable),
        (ok(Wire { currency: "USD", ..good() }.json()), ReadError::Unreadable),
        (ok(Wire { code: 777, ..good() }.json()), ReadError::Unreadable),
        (Reply::Plain(400, r#"{"Message":"Access denied"}"#.into()), ReadError::Unauthorized),
        (Reply::Plain(401, String::new()), ReadError::Unauthorized),
        (Reply::Plain(403, String::new()), ReadError::Unauthorized),
        (Reply::Plain(503, String::new()), ReadError::Unreachable),
        (Reply::Never, ReadError::Unreachable),
    ] {
        assert_eq!(observe(reply, &waiting()).await.0, Err(expected));
    }
}

#[tokio::test]
async fn an_authorization_that_was_given_back_is_not_news() {
    let mut payment = with_cancel(opened(&order(&consumer()), OrderState::Authorized));
    settle(&mut payment, Outcome::Done(Receipt { provider_reference: Some("X1".into()), ..Receipt::default() }));
    assert_eq!(payment.status, payment::Status::Canceled);
    let order = payment.order_reference.clone();
    let reply = || ok(Wire { key: Some(FIRST_KEY), ..Wire::new(190, "I069", &order) }.json());
    assert_eq!(observe(reply(), &payment).await.0.unwrap(), "nothing new");

    let mut payment = with_cancel(waiting());
    settle(&mut payment, Outcome::Done(Receipt::default()));
    assert!(observe(reply(), &payment).await.0.unwrap().starts_with("Authorized"), "one that was called off is drift");
}

#[tokio::test]
async fn doubt_about_an_operation_ends_by_its_own_reference() {
    let in_doubt = || {
        let mut payment = with_refund(captured(), 250, Some("came back"));
        settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
        payment
    };
    let payment = in_doubt();
    let captured = captured().operations.remove(1);
    let reference = newest(&payment).reference.clone();
    let refund = |code, key| Wire {
        key: Some(key),
        amount: Some(("AmountCredit", "2.5")),
        ..Wire::new(code, "C070", &reference)
    };
    let known = |key| Wire { key: Some(key), ..Wire::new(190, "C073", &reference) };
    for (reply, expected) in [
        (statuses(&[refund(190, "R1")], &[]), "done R1 250"),
        (statuses(&[refund(794, "R1")], &[]), "pending R1 250"),
        (statuses(&[refund(690, "R1")], &[]), "refused 690 Rejected"),
        (statuses(&[refund(491, "R1")], &[]), "refused 491 Validation failure"),
        (statuses(&[refund(492, "R1")], &[]), "unclear"),
        (statuses(&[refund(777, "R1")], &[]), "unclear"),
        (statuses(&[], &[&reference]), "not found"),
        (statuses(&[known(CAPTURE_KEY), known(FIRST_KEY)], &[&reference]), "not found"),
        (statuses(&[known(CAPTURE_KEY), refund(190, "R1")], &[]), "done R1 250"),
        (statuses(&[known("C9")], &[&reference]), "unclear"),
        (statuses(&[refund(190, "R1"), refund(190, "R2")], &[]), "unclear"),
        (statuses(&[refund(490, "R1"), refund(190, "R2")], &[]), "done R2 250"),
        (statuses(&[Wire { invoice: "OTHER", ..refund(190, "R1") }], &[]), "unclear"),
        (statuses(&[], &[]), "unclear"),
        (ok("{}".into()), "unclear"),
    ] {
        let (told, requests) = probe(reply, &payment).await;
        assert_eq!(told.unwrap(), expected);
        let names = [&reference, &payment.order_reference, &captured.reference];
        let asked = names.map(|name| format!(r#"{{"Invoice":"{name}"}}"#)).join(",");
        assert_eq!(requests, [format!(r#"POST /json/Transaction/Statuses {{"Transactions":[{asked}]}}"#)]);
    }
}

/// Buckaroo may put a refund under the name of the order or of the capture, so one like ours may be ours.
#[tokio::test]
async fn what_is_not_under_its_own_name_is_not_missing_while_one_like_it_is_under_what_it_follows() {
    let mut payment = with_refund(captured(), 250, Some("came back"));
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let (refund, capture) = (newest(&payment), captured().operations[1].reference.clone());
    for name in [&payment.order_reference, &capture] {
        let like = |code, amount| Wire {
            key: Some("R1"),
            amount: Some(("AmountCredit", amount)),
            ..Wire::new(code, "C070", name)
        };
        let own = Wire { invoice: &refund.reference, key: Some("R2"), ..like(190, "2.5") };
        let first = Wire { key: Some(FIRST_KEY), ..Wire::new(190, "I069", &payment.order_reference) };
        for (found, expected) in [
            (vec![like(190, "2.5")], "unclear"),
            (vec![like(791, "2.5")], "unclear"),
            (vec![Wire { transaction_type: None, amount: None, ..like(790, "2.5") }], "unclear"),
            (vec![like(190, "2.51")], "not found"),
            (vec![like(490, "2.5")], "not found"),
            (vec![Wire { key: Some(CAPTURE_KEY), ..like(190, "2.5") }], "not found"),
            (vec![Wire { transaction_type: Some("C073"), ..like(190, "2.5") }], "not found"),
            (vec![first], "not found"),
            (vec![like(190, "2.5"), own], "done R2 250"),
        ] {
            let reply = statuses(&found, &[&refund.reference]);
            assert_eq!(probe(reply, &payment).await.0.unwrap(), expected, "{name}");
        }
    }
    // What cannot be told of the others says nothing of this one.
    for errors in [vec![payment.order_reference.as_str()], vec!["OTHER"]] {
        assert_eq!(probe(statuses(&[], &errors), &payment).await.0.unwrap(), "unclear");
    }
}

/// Every attempt has the same reference, so what was refused may be an earlier attempt's.
#[tokio::test]
async fn a_refused_transaction_ends_no_attempt_after_it() {
    let mut payment = with_refund(captured(), 250, Some("came back"));
    settle(&mut payment, Outcome::NotSent);
    let id = newest(&payment).id.clone();
    payment.next_attempt(&id, newest(&payment).accepted_at).unwrap();
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let reference = newest(&payment).reference.clone();
    let refund = |code, key| Wire {
        key: Some(key),
        amount: Some(("AmountCredit", "2.5")),
        ..Wire::new(code, "C070", &reference)
    };
    for (found, expected) in [
        (vec![refund(690, "R1")], "not found"),
        (vec![refund(690, "R1"), refund(491, "R2")], "refused 491 Validation failure"),
        (vec![refund(690, "R1"), refund(190, "R2")], "done R2 250"),
    ] {
        assert_eq!(probe(statuses(&found, &[]), &payment).await.0.unwrap(), expected);
    }
}

/// What a look said of the attempt that has a key says nothing of the one that nobody found.
#[tokio::test]
async fn a_key_ends_no_operation_of_which_an_attempt_was_not_found() {
    let mut payment = with_refund(captured(), 250, None);
    settle(&mut payment, Outcome::Pending(Receipt { provider_reference: Some("R2".into()), ..Receipt::default() }));
    let refund = payment.operations.last_mut().unwrap();
    (refund.was_not_processed, refund.attempt) = (true, 2);
    let reference = refund.reference.clone();
    let refused = |key| Wire { key: Some(key), ..Wire::new(490, "C070", &reference) };
    let reply = statuses(&[refused("R2")], &[]);
    assert_eq!(probe(reply, &payment).await.0.unwrap(), "not found");
    let reply = statuses(&[refused("R1"), refused("R2")], &[]);
    assert_eq!(probe(reply, &payment).await.0.unwrap(), "refused 490 Failed");
}

#[tokio::test]
async fn the_openings_key_is_known_even_where_only_the_payment_has_it() {
    let mut payment = with_capture(opened(&order(&consumer()), OrderState::Authorized), json!({}));
    payment.operations[0].provider_reference = None;
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let reference = newest(&payment).reference.clone();
    let first = Wire { key: Some(FIRST_KEY), transaction_type: None, ..Wire::new(190, "C073", &reference) };
    assert_eq!(probe(statuses(&[first], &[&reference]), &payment).await.0.unwrap(), "not found");
}

#[tokio::test]
async fn a_pending_operation_is_probed_by_its_key() {
    let mut payment = with_capture(opened(&order(&consumer()), OrderState::Authorized), json!({}));
    settle(&mut payment, Outcome::Pending(Receipt { provider_reference: Some("C1".into()), ..Receipt::default() }));
    for invoice in [&newest(&payment).reference, &payment.order_reference] {
        let reply = ok(Wire { key: Some("C1"), ..Wire::new(190, "C073", invoice) }.json());
        let (told, requests) = probe(reply, &payment).await;
        assert_eq!(told.unwrap(), "done C1 12100");
        assert_eq!(requests, ["GET /json/Transaction/Status/C1 "]);
    }
    // A person can have told the key of another payment's, or of something else: the one that was meant is not found.
    let own = &newest(&payment).reference;
    for other in [Wire::new(190, "C073", "OTHER-CABCDEF"), Wire::new(190, "C070", own), Wire::new(190, "I069", own)] {
        let reply = ok(Wire { key: Some("C1"), ..other }.json());
        assert_eq!(probe(reply, &payment).await.0.unwrap(), "not found");
    }
}

/// Which of two attempts made the order, a key does not tell.
#[tokio::test]
async fn an_opening_of_which_an_attempt_was_not_found_is_looked_for_by_its_name_until_it_is_settled() {
    let mut payment = opened(&order(&consumer()), OrderState::UnderReview);
    let opening = &mut payment.operations[0];
    (opening.attempt, opening.was_not_processed, opening.status) = (2, true, OperationStatus::NeedsOperator);
    let reference = payment.order_reference.clone();
    let by = |key, code| Wire { key: Some(key), ..Wire::new(code, "I069", &reference) };
    for (found, expected) in [
        (vec![by(FIRST_KEY, 690)], "not found"),
        (vec![by(FIRST_KEY, 690), by("A1", 190)], "done A1 12100 Authorized"),
        (vec![by(FIRST_KEY, 791), by("A1", 190)], "unclear"),
        (vec![by(FIRST_KEY, 690), by("A1", 690)], "done A1 - Declined"),
    ] {
        let told = probe(statuses(&found, &[]), &payment).await.0.unwrap();
        assert!(told.starts_with(expected), "{told}");
    }
    payment.operations[0].status = OperationStatus::Succeeded;
    let (told, _) = observe(ok(by(FIRST_KEY, 190).json()), &payment).await;
    assert!(told.unwrap().starts_with("Authorized"));
}

#[tokio::test]
async fn doubt_about_the_opening_ends_the_way_its_answer_would_have() {
    let mut payment = created(&order(&consumer()));
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    assert_eq!(newest(&payment).status, OperationStatus::InDoubt);
    let reference = payment.order_reference.clone();
    for (code, expected) in
        [(190, "done A1 12100 Authorized"), (791, "done A1 12100 UnderReview"), (890, "done A1 - Canceled")]
    {
        let (told, _) = probe(statuses(&[Wire::new(code, "I069", &reference)], &[]), &payment).await;
        assert_eq!(told.unwrap(), expected);
    }
}

#[tokio::test]
async fn doubt_about_calling_off_ends_by_the_status_of_what_was_called_off() {
    let payment = with_cancel(waiting());
    let order = payment.order_reference.clone();
    for (code, expected) in [
        (890, "done - -"),
        (891, "done - -"),
        (790, "not found"),
        (190, "refused - the transaction can no longer be called off"),
        (690, "refused - the transaction can no longer be called off"),
        (492, "unclear"),
        (777, "unclear"),
    ] {
        let (told, requests) =
            probe(ok(Wire { key: Some(FIRST_KEY), ..Wire::new(code, "I069", &order) }.json()), &payment).await;
        assert_eq!(told.unwrap(), expected);
        assert_eq!(requests, [format!("GET /json/Transaction/Status/{FIRST_KEY} ")]);
    }
    let others = Wire { key: Some(FIRST_KEY), ..Wire::new(890, "I069", "OTHER-ABCDEF") };
    assert_eq!(probe(ok(others.json()), &payment).await.0, Err(ReadError::Unreadable));
}

#[tokio::test]
async fn a_transaction_in_test_money_proves_nothing_of_real_money_and_the_other_way_round() {
    let order = waiting().order_reference;
    let of =
        |test: &'static str| ok(Wire { key: Some(FIRST_KEY), more: test, ..Wire::new(190, "I069", &order) }.json());
    for (livemode, other, own) in
        [(true, r#","IsTest":true"#, r#","IsTest":false"#), (false, r#","IsTest":false"#, r#","IsTest":true"#)]
    {
        let mut payment = waiting();
        payment.livemode = livemode;
        let look = async |payment: &Payment, reply: Reply| {
            let (gateway, urls) = (Gateway::start(reply).await, urls());
            gateway.adapter().observe(&context(payment, None, &urls)).await.ok().unwrap()
        };
        let seen = look(&payment, of(other)).await;
        payment.learn(seen, &cause(), now());
        let story: Vec<_> = payment.history.iter().map(|entry| entry.fact.event_type()).collect();
        assert_eq!(story[story.len() - 2..], ["payment.drift_detected", "operation.needs_operator"]);
        assert_eq!(payment.status, payment::Status::RequiresAction);
        assert_eq!(probe(of(other), &payment).await.0.unwrap(), "unclear");
        assert!(probe(of(own), &payment).await.0.unwrap().starts_with("done"));
        let seen = look(&payment, of(own)).await;
        payment.learn(seen, &cause(), now());
        assert_eq!(payment.status, payment::Status::Authorized);
    }
}
