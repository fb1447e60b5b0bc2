//! What is declared has a row in the provider's table: whatever is missing is told by its name.

use payment::{InstructionKind, OperationKind};
use providers::{BestEvidence, Registered};

use crate::bench::{registered, ways};
use crate::step::{declared, fits};
use crate::table::{Answers, Call, Codes, Drifts, Event, Meaning, Messages, Review, Stage, Table};

/// Fails with the names of what is declared and has no row, and of rows for what is not declared.
pub(crate) fn check(table: &'static Table) {
    let gaps = gaps(registered(table), table);
    assert!(gaps.is_empty(), "{} in the table of {}:\n{}", gaps.len(), table.provider, gaps.join("\n"));
}

/// Everything that does not fit together, in words.
fn gaps(registered: &Registered, table: &'static Table) -> Vec<String> {
    [
        calls(registered, table),
        told(registered, table),
        refusals(registered, table),
        buyers(registered, table),
        messages(registered, table),
    ]
    .concat()
}

fn calls(registered: &Registered, table: &'static Table) -> Vec<String> {
    let (steps, missing) = declared(registered.capabilities, table);
    let unused = |call: &&Call| !steps.iter().any(|step| std::ptr::eq(step.call, *call));
    let unused = table.calls.iter().filter(unused);
    let missing = missing.into_iter().map(|name| format!("{name}: declared, and without a row"));
    missing.chain(unused.map(|call| format!("{}: a row, and not declared", call.name))).collect()
}

/// What is told and nobody can see afterwards may have gone nowhere.
fn told(registered: &Registered, table: &Table) -> Vec<String> {
    let declared = |kind| registered.capabilities.operations.iter().any(|o| o.kind == OperationKind::Tell(kind));
    let shown = |kind| table.told.iter().any(|row| row.0 == kind);
    let kinds = InstructionKind::ALL.into_iter();
    let gap = |kind: InstructionKind| format!("{}: what the books show of it", kind.as_str());
    kinds.filter(|kind| declared(*kind) != shown(*kind)).map(gap).collect()
}

fn refusals(registered: &Registered, table: &Table) -> Vec<String> {
    let mut gaps = Vec::new();
    for call in table.calls {
        if (registered.refusals)(call.kind).is_empty() {
            gaps.push(format!("{}: the adapter has no definite refusal of it", call.name));
        }
        let shapes = |row: &Answers| row.call == call.name && matches!(row.codes, Codes::Refusals(_));
        if !table.answers.iter().any(shapes) {
            gaps.push(format!("{}: no row says how a definite refusal looks", call.name));
        }
    }
    gaps
}

/// What a buyer can do before anything is promised, and a provider that takes its time.
fn buyers(registered: &Registered, table: &Table) -> Vec<String> {
    let capabilities = registered.capabilities;
    let mut gaps = Vec::new();
    for flow in capabilities.flows {
        if !table.declines.iter().any(|declined| declined.flow == *flow) {
            gaps.push(format!("{flow:?}: no row has a buyer who is declined"));
        }
    }
    match table.review {
        Review::Of(flow, ..) if !capabilities.flows.contains(&flow) => {
            gaps.push(format!("{flow:?}: decided about later, and not declared"));
        }
        Review::Never("") => gaps.push("why nothing is decided about later".to_owned()),
        Review::Of(..) | Review::Never(_) => {}
    }
    gaps
}

fn messages(registered: &Registered, table: &Table) -> Vec<String> {
    let (capabilities, known) = (registered.capabilities, (registered.events)());
    let mut gaps = Vec::new();
    let (Messages::Open { events, .. } | Messages::Authentic { events, .. }) = table.messages;
    let unknown = known.iter().filter(|name| !events.iter().any(|event| is_of(event, name)));
    gaps.extend(unknown.map(|name| format!("{name}: an event without a row")));
    let later = events.iter().any(|event| event.at == Stage::Review);
    if later != matches!(table.review, Review::Of(..)) {
        gaps.push("no row has an event that ends a review".to_owned());
    }
    if let Messages::Authentic { contradictions, .. } = table.messages {
        if !events.iter().any(|event| event.meaning == Meaning::Unrecognized) {
            gaps.push("no row has an event that nobody knows".to_owned());
        }
        for way in ways(capabilities) {
            if !contradictions.iter().any(|row| fits(row.when, way, false)) {
                gaps.push(format!("{way:?}: no row has a message that cannot be so"));
            }
        }
    }
    match (capabilities.evidence, table.drift) {
        (BestEvidence::Webhook, Drifts::These(_)) => gaps.push("drift of what cannot be read".to_owned()),
        (_, Drifts::These([]) | Drifts::Never("")) => gaps.push("no row has a look that cannot be so".to_owned()),
        _ => {}
    }
    gaps
}

/// Whether a row is of this event.
fn is_of(row: &Event, event: &str) -> bool {
    row.name.strip_prefix(event).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The check itself, of a provider that declares more than its table has.
mod tests {
    use payment::DoubtPolicy;
    use providers::{Capabilities, OperationCapability};

    use super::*;
    use crate::tables::billink::TABLE;

    fn leaked<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    fn real() -> Registered {
        let Registered { capabilities, refusals, events, open } = *registered(&TABLE);
        Registered { capabilities, refusals, events, open }
    }

    #[test]
    fn a_declared_operation_without_a_row_is_named() {
        let of = real();
        let new = OperationCapability {
            kind: OperationKind::Amend,
            flows: &[],
            partial: true,
            doubt: DoubtPolicy::None,
            calls: true,
            needs_order: false,
            once_ordered: false,
            requires: &[],
            ranges: &[],
        };
        let operations = leaked([of.capabilities.operations, &[new]].concat());
        let more = Registered { capabilities: leaked(Capabilities { operations, ..*of.capabilities }), ..of };
        let missing =
            ["", " of a part"].map(|part| format!("billink redirect manual amend{part}: declared, and without a row"));
        assert_eq!(gaps(&more, &TABLE), missing);
    }

    #[test]
    fn an_operation_that_is_not_declared_any_more_leaves_a_row_that_is_named() {
        let of = real();
        let operations: Vec<_> =
            of.capabilities.operations.iter().filter(|o| o.kind != OperationKind::Capture).copied().collect();
        let less = Registered {
            capabilities: leaked(Capabilities { operations: leaked(operations), ..*of.capabilities }),
            ..of
        };
        assert_eq!(gaps(&less, &TABLE), ["start_workflow: a row, and not declared"]);
    }

    #[test]
    fn what_a_provider_is_told_and_the_books_do_not_show_is_named() {
        let table = leaked(Table { told: &TABLE.told[1..], ..TABLE });
        assert_eq!(gaps(&real(), table), ["hold: what the books show of it"]);
    }

    #[test]
    fn a_refusal_that_has_no_shape_is_named() {
        let table = leaked(Table { answers: &[], ..TABLE });
        let found = gaps(&real(), table);
        assert!(found.contains(&"credit: no row says how a definite refusal looks".to_owned()), "{found:?}");
    }

    #[test]
    fn an_event_without_a_row_is_named() {
        let more =
            Registered { events: || vec!["order order_placed".to_owned(), "order order_new".to_owned()], ..real() };
        assert_eq!(gaps(&more, &TABLE), ["order order_new: an event without a row"]);
    }

    #[test]
    fn messages_that_never_contradict_and_looks_that_never_drift_are_named() {
        let Messages::Authentic { events, .. } = TABLE.messages else { panic!("Billink signs its messages") };
        let silent = Messages::Authentic { contradictions: &[], events };
        let table = leaked(Table { messages: silent, drift: Drifts::These(&[]), review: Review::Never(""), ..TABLE });
        let found = gaps(&real(), table);
        assert_eq!(
            found,
            [
                "why nothing is decided about later",
                "(Redirect, Manual): no row has a message that cannot be so",
                "no row has a look that cannot be so",
            ]
        );
    }
}
