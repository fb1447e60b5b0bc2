//! What a provider sends unasked: twice, late, reordered, contradicting, and by somebody else.

use payment::{CaptureMode, Flow, OperationKind};
use providers::BestEvidence;
use reqwest::Method;
use serde_json::{Value, json};
use url::{Position, Url};

use crate::bench::{Bench, capabilities, ways};
use crate::cases::spread;
use crate::deal::Deal;
use crate::step::fits;
use crate::table::{Contradiction, Drift, Drifts, Messages, Table};

type Way = (Flow, CaptureMode);

/// What is said how.
enum Case {
    Twice(Way),
    Late(Way, &'static str),
    Forged,
    AboutSomebodyElse(Way),
    AboutAnotherAmount(Way, &'static str),
    Contradicted(&'static Contradiction, Way),
    Drifted(&'static Drift, Way),
}

pub(crate) async fn check(table: &'static Table) {
    spread(table, cases(table), async |bench, cases, case| {
        match case {
            Case::Twice(way) => cases.case(&format!("{way:?} twice"), twice(bench, way)).await,
            Case::Late(way, order) => cases.case(&format!("{way:?} late, {order}"), late(bench, way, order)).await,
            Case::Forged => cases.case("forged", forged(bench)).await,
            Case::AboutSomebodyElse(way) => {
                cases.case(&format!("{way:?} about somebody else"), about_somebody_else(bench, way)).await;
            }
            Case::AboutAnotherAmount(way, look) => {
                cases.case(&format!("{way:?} about another amount"), about_another_amount(bench, way, look)).await;
            }
            Case::Contradicted(contradiction, way) if bench.gets_to(contradiction.at, way) => {
                let name = format!("{way:?} {:?} {}", contradiction.at, contradiction.what);
                cases.case(&name, contradicted(bench, contradiction, way)).await;
            }
            Case::Drifted(drift, way) if bench.gets_to(drift.at, way) => {
                let name = format!("{way:?} {:?} drift of {}", drift.at, drift.field);
                cases.case(&name, drifted(bench, drift, way)).await;
            }
            Case::Contradicted(..) | Case::Drifted(..) => {}
        }
        bench.sandbox.webhooks(json!({ "mode": "normal" })).await;
        bench.sandbox.no_faults().await;
    })
    .await;
}

/// Everything in every way of the provider.
fn cases(table: &'static Table) -> Vec<Case> {
    let mut cases = Vec::new();
    for way in ways(capabilities(table)) {
        cases.extend([Case::Twice(way), Case::Late(way, "normal"), Case::Late(way, "reversed")]);
        match table.messages {
            Messages::Open { look, .. } => {
                cases.extend([Case::AboutSomebodyElse(way), Case::AboutAnotherAmount(way, look)]);
            }
            Messages::Authentic { contradictions, .. } => {
                let here = contradictions.iter().filter(|row| fits(row.when, way, false));
                cases.extend(here.map(|row| Case::Contradicted(row, way)));
            }
        }
        if let Drifts::These(drifts) = table.drift {
            cases.extend(drifts.iter().map(|drift| Case::Drifted(drift, way)));
        }
    }
    if matches!(table.messages, Messages::Authentic { .. }) {
        cases.push(Case::Forged);
    }
    cases
}

/// A whole life; with messages that are held back, and that are the only evidence, released where nothing goes on
/// without them.
async fn life(bench: &Bench, way: Way, held: bool) -> Deal<'_> {
    let mut deal = bench.open(way).await;
    deal.buyer("accept").await;
    let confirms = bench.operation(OperationKind::Confirm, way.0).is_some_and(|confirm| confirm.calls);
    if held && bench.capabilities.evidence == BestEvidence::Webhook && !confirms {
        assert_eq!(deal.refreshed().await["status"], "requires_action", "nothing was told yet");
        bench.sandbox.release("normal").await;
    }
    deal.promised().await;
    if way.1 == CaptureMode::Manual && bench.operation(OperationKind::Capture, way.0).is_some() {
        let _ = deal.post("captures", &bench.capture(way.0, None)).await.expect(201);
    }
    if bench.operation(OperationKind::Refund, way.0).is_some() {
        let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(201);
    }
    deal
}

async fn sorted_story(deal: &Deal<'_>) -> Vec<String> {
    let mut story = deal.story().await;
    story.sort();
    story
}

async fn twice(bench: &Bench, way: Way) {
    bench.sandbox.webhooks(json!({ "mode": "normal" })).await;
    let once = life(bench, way, false).await;
    bench.sandbox.quiet().await;
    bench.sandbox.webhooks(json!({ "mode": "duplicate" })).await;
    let twice = life(bench, way, false).await;
    bench.sandbox.quiet().await;
    assert_eq!(sorted_story(&twice).await, sorted_story(&once).await);
    let (once, twice) = (once.agreed().await, twice.agreed().await);
    assert_eq!((&twice["status"], &twice["amounts"]), (&once["status"], &once["amounts"]));
}

async fn late(bench: &Bench, way: Way, order: &str) {
    bench.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = life(bench, way, true).await;
    let (before, story) = (deal.agreed().await, deal.story().await);
    let told = bench.sandbox.release(order).await;
    assert_eq!(told["released"], told["delivered"], "what is late is still taken");
    deal.refreshed().await;
    let after = deal.agreed().await;
    assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    assert_eq!(deal.story().await, story);
}

/// A message that cannot be so: no money moves, and a look shows that all is as it was.
async fn contradicted(bench: &Bench, contradiction: &Contradiction, way: Way) {
    let deal = bench.at(contradiction.at, way).await;
    bench.sandbox.quiet().await;
    let (before, mut story, effects) = (deal.agreed().await, deal.story().await, bench.effects().await);
    (contradiction.say)(&deal, contradiction.what).await;
    bench.sandbox.quiet().await;
    deal.refreshed().await;
    let after = deal.agreed().await;
    assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    story.extend(contradiction.tells.iter().map(|&event| event.to_owned()));
    assert_eq!(deal.story().await, story);
    assert_eq!(bench.effects().await, effects, "something was sent");
}

/// A look that cannot be so is told, once, and nothing moves.
async fn drifted(bench: &Bench, drift: &Drift, way: Way) {
    let deal = bench.at(drift.at, way).await;
    bench.sandbox.quiet().await;
    let (before, mut story) = (deal.agreed().await, deal.story().await);
    for _ in 0..2 {
        (drift.say)(&deal, drift.field).await;
        let after = deal.refreshed().await;
        assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    }
    story.push("payment.drift_detected".to_owned());
    assert_eq!(deal.story().await, story);
    assert_eq!(deal.timeline().await.last().unwrap()["drift"]["field"], drift.field);
}

/// The last message again, without its key or signature and with a wrong one.
async fn forged(bench: &Bench) {
    let deal = bench.captured(bench.ways()[0]).await;
    bench.sandbox.quiet().await;
    let deliveries = bench.sandbox.deliveries().await;
    let last = deliveries.last().expect("nothing was ever sent");
    let url: Url = last["url"].as_str().unwrap().parse().unwrap();
    let path = &url[Position::BeforePath..];
    let body = last["body"].as_str().unwrap();
    let now = jiff::Timestamp::now().as_second().to_string();
    let zeros = "0".repeat(64);
    let wrong: [&[(&str, &str)]; 4] = [
        &[],
        &[("x-api-key", "sandbox")],
        &[("authorization", "hmac WEBKEY1234:AAAA:1:1")],
        &[("x-billink-signature", &zeros), ("x-billink-timestamp", &now), ("x-billink-webhook-id", "x")],
    ];
    // Again where the provider sent something of its own meanwhile: that is written, too.
    for _ in 0..5 {
        bench.sandbox.quiet().await;
        let sent = bench.sandbox.deliveries().await.len();
        let (before, items) = (deal.agreed().await, bench.site.table().keys().await);
        for headers in wrong {
            let request = bench.api.request(Method::POST, path).without_key().authorization(None);
            let request = request.raw(body, Some("application/json"));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            let answer = request.send_and_tell().await.0;
            assert_eq!(answer.status, 401, "{headers:?}: {:#}", answer.body);
        }
        let after = bench.site.table().keys().await;
        if bench.sandbox.deliveries().await.len() == sent {
            assert_eq!(after, items, "something was written");
            assert_eq!(deal.agreed().await["version"], before["version"]);
            return;
        }
    }
    panic!("the provider never stops sending");
}

/// A message that anybody can send names another payment's transaction: it is looked at and not believed.
async fn about_somebody_else(bench: &Bench, way: Way) {
    let waiting = bench.open(way).await;
    let paid = bench.authorized(way).await;
    let stranger = paid.get().await["provider_reference"].clone();
    bench.sandbox.quiet().await;
    let deliveries = bench.sandbox.deliveries().await;
    let body: Value = serde_json::from_str(deliveries.last().unwrap()["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["transactionID"], stranger);
    let before = waiting.agreed().await;
    let path = format!("/v1/webhooks/{}/demo?payment={}", bench.capabilities.webhook_path, waiting.id);
    for path in [path.clone(), format!("{path}&token=guessed")] {
        let request = bench.api.request(Method::POST, &path).without_key().authorization(None).json(&body);
        let answer = request.send_and_tell().await.0;
        assert!(answer.status < 300 || answer.status == 401, "{:#}", answer.body);
        let after = waiting.agreed().await;
        assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    }
    paid.agreed().await;
}

/// A message that anybody can send names the payment's own transaction, of which a look tells another amount: nothing is
/// believed before the amount is the agreed one, and a person is asked, once.
async fn about_another_amount(bench: &Bench, way: Way, look: &str) {
    let deal = bench.open(way).await;
    let (before, mut story) = (deal.agreed().await, deal.story().await);
    bench.sandbox.forget_calls().await;
    bench.sandbox.fault(json!({ "call": look, "kind": "wrong_amount", "times": 100 })).await;
    bench.sandbox.buyer(&deal.session().await, "accept").await;
    bench.sandbox.quiet().await;
    deal.refreshed().await;
    let after = deal.refreshed().await;
    assert!(bench.sandbox.count(look).await > 1, "nobody looked twice");
    assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    story.extend(["payment.drift_detected", "operation.needs_operator"].map(str::to_owned));
    assert_eq!(deal.story().await, story);
    bench.sandbox.no_faults().await;
    deal.refreshed().await;
    let believed = deal.agreed().await;
    assert_ne!(believed["status"], before["status"]);
    assert_eq!(believed["operations"][0]["status"], "succeeded", "nobody asks any more");
}
