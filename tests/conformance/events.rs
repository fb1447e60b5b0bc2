//! Every event that a guide names leads to what it means; what nobody knows is kept.

use payment::{CaptureMode, Flow};
use serde_json::Value;

use crate::bench::Bench;
use crate::cases::spread;
use crate::step::fits;
use crate::table::{Event, Meaning, Messages, Stage, Table};

type Way = (Flow, CaptureMode);

pub(crate) async fn check(table: &'static Table) {
    let (Messages::Open { events, .. } | Messages::Authentic { events, .. }) = table.messages;
    // Those that make us look wait longest, and wait together.
    let mut events: Vec<(usize, &Event)> = events.iter().enumerate().collect();
    events.sort_by_key(|(_, event)| event.at != Stage::Review);
    spread(table, events, async |bench, cases, (n, event)| {
        // What a message means is the same however the buyer was met, so the flows take turns.
        let possible = |way: &Way| fits(event.when, *way, false) && bench.gets_to(event.at, *way);
        let ways: Vec<Way> = bench.ways().into_iter().filter(possible).collect();
        assert!(!ways.is_empty(), "{} {:?}: no flow gets there", event.name, event.at);
        let way = ways[n % ways.len()];
        cases.case(&format!("{way:?} {:?} {}", event.at, event.name), happens(bench, event, way)).await;
    })
    .await;
}

async fn happens(bench: &Bench, event: &Event, way: Way) {
    let deal = bench.at(event.at, way).await;
    bench.sandbox.quiet().await;
    // What a look finds by itself is no news of the event.
    if event.at == Stage::Captured {
        deal.refreshed().await;
    }
    // What waits for its money is a promise in the books of the provider and none of ours before it came.
    let open = matches!(bench.table.messages, Messages::Open { .. });
    let before = if open && event.at == Stage::Review { deal.get().await } else { deal.agreed().await };
    let story = deal.story().await;
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
        Meaning::Status(status) => {
            let _ = deal.becomes(&[status]).await;
            if open && status != "under_review" {
                deal.agreed().await;
            }
        }
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
