//! Every event that a guide names leads to what it means; what nobody knows is kept.

use serde_json::Value;

use crate::bench::Bench;
use crate::cases::Cases;
use crate::table::{Event, Meaning, Messages, Table};

pub(crate) async fn check(table: &'static Table) {
    let Messages::Authentic { events, .. } = table.messages else { return };
    let bench = Bench::of(table).await;
    let mut cases = Cases::of(table);
    for event in events {
        cases.case(&format!("{:?} {}", event.at, event.name), happens(&bench, event)).await;
    }
    assert!(events.iter().any(|event| event.meaning == Meaning::Unrecognized), "no row has an event that nobody knows");
    cases.end();
}

async fn happens(bench: &Bench, event: &Event) {
    let deal = bench.at(event.at, bench.ways()[0]).await;
    bench.sandbox.quiet().await;
    let (before, story) = (deal.agreed().await, deal.story().await);
    (event.say)(&deal, event.name).await;
    bench.sandbox.quiet().await;
    let after = deal.get().await;
    let told = deal.story().await;
    let news = told.strip_prefix(story.as_slice()).unwrap_or_else(|| panic!("{told:?} does not begin with {story:?}"));
    if !matches!(event.meaning, Meaning::Status(_)) {
        assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    }
    match event.meaning {
        Meaning::Nothing => {
            assert_eq!(news, [""; 0], "{:#}", after["receivable"]);
            assert_eq!(after["receivable"], before["receivable"]);
        }
        Meaning::Status(status) => _ = deal.becomes(&[status]).await,
        Meaning::Receivable(kind, field, json) => {
            assert_eq!(news, [format!("receivable.{kind}")]);
            let (shown, expected): (&Value, Value) = (&after["receivable"][field], serde_json::from_str(json).unwrap());
            assert!(*shown == expected || (expected == "*" && !shown.is_null()), "{:#}", after["receivable"]);
        }
        Meaning::Unrecognized => {
            assert_eq!(news, ["provider_event.unrecognized"]);
            assert_eq!(after["receivable"], before["receivable"]);
        }
    }
}
