//! The transition table.

use std::collections::BTreeSet;

use payment::{Happened, Status, Transition, diagram};

#[test]
fn the_diagram_in_the_readme_is_drawn_from_the_table() {
    insta::assert_snapshot!(diagram());
}

#[test]
fn every_status_has_an_answer_to_everything_that_can_happen() {
    let mut table = String::new();
    for status in Status::ALL {
        for happened in Happened::ALL {
            table.push_str(&format!("{status} + {}: {:?}\n", happened.label(), status.after(happened)));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_status_and_everything_that_can_happen_is_listed_once() {
    assert_eq!(Status::ALL.iter().collect::<BTreeSet<_>>().len(), Status::ALL.len());
    assert_eq!(Happened::ALL.iter().collect::<BTreeSet<_>>().len(), Happened::ALL.len());
    // A new variant must be added here, and so is remembered in `ALL`.
    for status in Status::ALL {
        match status {
            Status::Created | Status::RequiresAction | Status::RequiresConfirmation | Status::UnderReview => {}
            Status::Authorized | Status::PartiallyCaptured | Status::Captured => {}
            Status::Declined | Status::Canceled | Status::Expired => {}
        }
    }
    assert_eq!((Status::ALL.len(), Happened::ALL.len()), (10, 10));
}

#[test]
fn every_status_can_be_reached() {
    let mut reached = BTreeSet::from([Status::Created]);
    for _ in Status::ALL {
        for from in reached.clone() {
            reached.extend(Happened::ALL.into_iter().filter_map(|happened| match from.after(happened) {
                Transition::To(next) => Some(next),
                _ => None,
            }));
        }
    }
    assert_eq!(reached.len(), Status::ALL.len());
}

#[test]
fn captured_money_is_never_declined_canceled_or_expired() {
    for status in [Status::PartiallyCaptured, Status::Captured] {
        for happened in [Happened::Declined, Happened::Canceled, Happened::Expired] {
            assert_eq!(status.after(happened), Transition::Contradiction);
        }
    }
}
