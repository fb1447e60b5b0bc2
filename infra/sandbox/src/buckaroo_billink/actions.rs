//! What the gateway does with a sound request: opens, captures, refunds, cancels, and settles what was pending.

use jiff::Timestamp;

use super::books::{Action, Books, Doom, Status, Transaction, key};
use super::request::{Flaw, Wanted};

/// Every payment has an invoice of its own, says the PHP SDK's readme; Billink takes it for the order's number.
pub(crate) const TAKEN: &str = "Billink: order number already exists";

/// What an action depends on besides the request.
pub(crate) struct Means {
    pub(crate) now: Timestamp,
    /// Answers with a hosted page.
    pub(crate) hosted: bool,
    /// The action stays pending until it is settled by hand.
    pub(crate) pending: bool,
    /// What follows another transaction is kept under that one's invoice, whatever its own is.
    pub(crate) under_original: bool,
    pub(crate) doom: Option<Doom>,
}

/// Carries the request out and returns the key of the new transaction.
pub(crate) fn perform(books: &mut Books, mut wanted: Wanted, means: &Means) -> String {
    if let Some(flaw) = wanted.flaws.is_empty().then(|| unfit(books, &wanted)).flatten() {
        wanted.flaws.push(flaw);
    }
    let (status, reason) = match wanted.action {
        Some(action) if wanted.flaws.is_empty() => decide(books, action, &wanted, means),
        _ => (Status::Invalid, None),
    };
    if wanted.invoice.is_none() || means.under_original {
        let original = wanted.original.as_deref().and_then(|key| books.find(key));
        wanted.invoice = original.and_then(|original| original.invoice.clone()).or(wanted.invoice);
    }
    let mut transaction = Transaction::new(wanted, status, means.now);
    transaction.reason = reason;
    transaction.doom = means.doom;
    transaction.redirect = (status == Status::PendingInput).then(key);
    let made = transaction.key.clone();
    books.transactions.push(transaction);
    made
}

/// The original must exist, be of the right kind and, for whole-amount actions, of the same amount.
fn unfit(books: &Books, wanted: &Wanted) -> Option<Flaw> {
    let action = wanted.action.filter(|action| !matches!(action, Action::Pay | Action::Authorize))?;
    let original = wanted.original.as_deref().and_then(|key| books.find(key));
    let Some(original) = original.filter(|one| one.leads_to(action)) else {
        return Some(Flaw::invalid("OriginalTransactionKey", "no such transaction to act upon"));
    };
    let whole = action != Action::Refund;
    let differs = whole && original.minor != wanted.minor;
    differs.then(|| Flaw::invalid(wanted.side.field(), "only the full amount is possible"))
}

fn decide(books: &Books, action: Action, wanted: &Wanted, means: &Means) -> (Status, Option<String>) {
    let original = wanted.original.as_deref().unwrap_or_default();
    let failed = |why: &str| (Status::Failed, Some(why.to_owned()));
    match action {
        Action::Pay | Action::Authorize if wanted.invoice.as_deref().is_some_and(|invoice| books.ordered(invoice)) => {
            failed(TAKEN)
        }
        Action::Pay | Action::Authorize if means.hosted => (Status::PendingInput, None),
        Action::Pay | Action::Authorize if means.pending => (Status::PendingProcessing, None),
        Action::Pay | Action::Authorize => fate(means.doom),
        Action::Capture | Action::CancelAuthorize if books.used(original) => {
            failed("The authorization is no longer open")
        }
        Action::Refund => {
            let (settled, pending) = books.refunds(original);
            let whole = books.find(original).map_or(0, |original| original.minor);
            if settled + pending + wanted.minor > whole {
                return failed("The refund is higher than the amount that is left");
            }
            (if means.pending { Status::PendingApproval } else { Status::Success }, None)
        }
        _ if means.pending => (Status::PendingProcessing, None),
        _ => (Status::Success, None),
    }
}

/// What becomes of a buyer's transaction.
pub(crate) fn fate(doom: Option<Doom>) -> (Status, Option<String>) {
    match doom {
        None => (Status::Success, None),
        Some(Doom::Rejected) => {
            (Status::Rejected, Some("Billink: the credit check did not approve this buyer".to_owned()))
        }
        Some(Doom::Failed) => (Status::Failed, Some("Billink: the transaction has failed".to_owned())),
        Some(Doom::Technical) => (Status::Technical, Some("Billink: technical failure".to_owned())),
        Some(Doom::Pending) => (Status::PendingProcessing, None),
    }
}
