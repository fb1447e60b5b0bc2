//! Every event that a guide names leads to what it means; what nobody knows is kept.

use serde_json::Value;

use crate::bench::Bench;
use crate::cases::spread;
use crate::table::{Event, Meaning, Messages, Stage, Table};

pub(crate) async fn check(table: &'static Table) {
    let Messages::Authentic { events, .. } = table.messages else { return };
    assert!(events.iter().any(|event| event.meaning == Meaning::Unrecognized), "no row has an event that nobody knows");
    // Those that make us look wait longest, and wait together.
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| event.at != Stage::Review);
    spread(table, events, async |bench, cases, event| {
        cases.case(&format!("{:?} {}", event.at, event.name), happens(bench, event)).await;
    })
    .await;
}

async fn happens(bench: &Bench, event: &Event) {
    let deal = bench.at(event.at, bench.ways()[0]).await;
    bench.sandbox.quiet().await;
    // What a look finds by itself is no news of the event.
    if event.at == Stage::Captured {
        deal.refreshed().await;
    }
    let (before, story) = (deal.agreed().await, deal.story().await);
    (event.say)(&deal, event.name).await;
    bench.sandbox.quiet().await;
    let after = deal.get().await;
    let told = deal.story().await;
    let news = told.strip_prefix(story.as_slice()).unwrap_or_else(|| panic!("{told:?} does not begin with {story:?}"));
    if !matches!(event.meaning, Meaning::Status(_) | Meaning::Story(_)) {
        assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    }
    match event.meaning {
        Meaning::Nothing => {
            assert_eq!(news, [""; 0], "{:#}", after["receivable"]);
            assert_eq!(after["receivable"], before["receivable"]);
        }
        Meaning::Status(status) => _ = deal.becomes(&[status]).await,
        Meaning::Story(story) => assert_eq!(news, story),
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
