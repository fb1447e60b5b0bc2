//! Buyers who are refused: an answer with a reason, not an error.

use payment::{CaptureMode, Flow};
use serde_json::Value;

use crate::bench::Bench;
use crate::cases::Cases;
use crate::table::{Declined, Table};

pub(crate) async fn check(table: &'static Table) {
    let bench = Bench::of(table).await;
    let mut cases = Cases::of(table);
    for declined in table.declines {
        for (_, mode) in bench.ways().into_iter().filter(|(flow, _)| *flow == declined.flow) {
            let name = format!("{:?} {mode:?} {:?} {}", declined.flow, declined.order, declined.choice);
            cases.case(&name, decline(&bench, declined, mode)).await;
        }
    }
    cases.end();
}

async fn decline(bench: &Bench, declined: &Declined, mode: CaptureMode) {
    let mut order = bench.order((declined.flow, mode)).await;
    let in_order = if declined.flow == Flow::Widget { &[] } else { declined.order };
    for (pointer, json) in in_order {
        let value: Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("{json} is no JSON"));
        order = order.with(pointer, value);
    }
    let mut deal = bench.open_with((declined.flow, mode), order).await;
    match declined.flow {
        Flow::Direct => {}
        Flow::Redirect => deal.buyer(declined.choice).await,
        Flow::Widget => {
            deal.in_widget(declined.order).await;
            let confirmed = deal.post("confirm", &deal.confirmation).await;
            assert_eq!(confirmed.status, 422, "what the widget refused cannot be confirmed: {:#}", confirmed.body);
            assert_eq!(deal.agreed().await["amounts"]["authorized"], 0);
            return;
        }
    }
    let payment = deal.becomes(&["declined"]).await;
    assert_eq!(payment["decline"]["reason"], declined.reason, "{:#}", payment["decline"]);
    if let Some(code) = declined.code {
        assert_eq!(payment["decline"]["provider_code"], code, "{:#}", payment["decline"]);
    }
    assert_eq!(payment["allowed_actions"], serde_json::json!([]));
    deal.ends("declined", [0, 0, 0, 0]).await;
}
