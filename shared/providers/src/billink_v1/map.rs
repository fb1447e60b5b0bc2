//! What Billink's codes mean. The same number means something else at every endpoint, so each has its own table.

use payment::{Doubt, InstructionKind, OperationKind, OrderNews, OrderState, Outcome, Receipt, ReceivableFacts, Text};

use super::xml::Element;
use crate::billink_common::codes::Class::{Declined, Done, Exists, Limited, Refused, Unprocessed};
use crate::billink_common::codes::{self, Row};
use crate::billink_common::standing::{self, Standing};
use crate::{ReadError, Response, billink_common};

/// One call of the API.
pub(super) struct Endpoint {
    pub(super) action: &'static str,
    pub(super) path: &'static str,
    /// The list that has the code of the one invoice that the call was about; none where the call has the code.
    list: Option<&'static str>,
    /// What was done, where the answer has what it must; of our one invoice.
    news: fn(&Self, &Element, &str) -> Option<Receipt>,
    pub(super) codes: &'static [Row],
}

const STATUSES: Option<&str> = Some("STATUSES");

pub(super) static CHECK: Endpoint =
    Endpoint { action: "Check", path: "check", list: None, news: checked, codes: CHECK_CODES };
pub(super) static ORDER: Endpoint =
    Endpoint { action: "Order", path: "order", list: None, news: ordered, codes: ORDER_CODES };
pub(super) static START: Endpoint =
    Endpoint { action: "activate order", path: "start-workflow", list: STATUSES, news: told, codes: codes::START };
pub(super) static CREDIT: Endpoint =
    Endpoint { action: "Credit", path: "credit", list: STATUSES, news: applied, codes: codes::CREDIT };
pub(super) static PAYMENT: Endpoint =
    Endpoint { action: "Payment", path: "payment", list: Some("INVOICES"), news: applied, codes: codes::PAYMENT };
pub(super) static ON_HOLD: Endpoint =
    Endpoint { action: "Onhold", path: "on-hold", list: None, news: told, codes: codes::ON_HOLD };
/// The end of a hold has its path.
pub(super) static RESUME: Endpoint =
    Endpoint { action: "resume", path: "on-hold", list: None, news: told, codes: codes::ON_HOLD };
pub(super) static MESSAGE: Endpoint =
    Endpoint { action: "message", path: "message", list: None, news: told, codes: codes::MESSAGE };
pub(super) static STATUS: Endpoint =
    Endpoint { action: "Status", path: "status", list: None, news: told, codes: STATUS_CODES };

/// developers.billink.nl, legacy API, errors, check, to 428; the rest and 500, 501 from Billink's shop plug-ins.
const CHECK_CODES: &[Row] = &[
    ("500", Done, "accepted"),
    ("501", Declined, "rejected by the credit check"),
    ("701", Declined, "rejected by the credit check"),
    ("104", Unprocessed, "workflow number missing"),
    ("105", Unprocessed, "wrong workflow number"),
    ("402", Refused, "phone number must have 9 to 18 characters: digits, spaces, + ( ) -"),
    ("406", Refused, "type missing"),
    ("407", Refused, "wrong type"),
    ("408", Refused, "company name missing"),
    ("409", Refused, "wrong sex"),
    ("410", Refused, "last name missing"),
    ("411", Refused, "chamber of commerce number missing"),
    ("412", Refused, "first name or initials missing"),
    ("414", Refused, "house number missing"),
    ("415", Refused, "postal code missing"),
    ("416", Refused, "wrong postal code"),
    ("417", Refused, "phone number missing"),
    ("418", Refused, "wrong birth date"),
    ("419", Refused, "e-mail address missing"),
    ("420", Refused, "wrong e-mail address"),
    ("421", Refused, "birth date missing"),
    ("422", Refused, "the buyer is too young"),
    ("424", Refused, "wrong house number"),
    ("425", Refused, "wrong house number of the delivery address"),
    ("426", Refused, "a delivery address is not allowed"),
    ("427", Refused, "order amount missing"),
    ("428", Refused, "wrong order amount"),
    ("429", Refused, "the amount is higher than agreed"),
    ("430", Refused, "company name must have 2 to 50 characters"),
    ("431", Refused, "house number addition must have at most 10 characters"),
    // The plug-ins disagree about what of these it is.
    ("432", Refused, "city missing, or wrong type of check"),
    ("433", Refused, "wrong city or country"),
    ("434", Refused, "wrong country of the delivery address"),
    ("607", Refused, "customer not found"),
    ("703", Refused, "financial arrangement missing"),
];

/// developers.billink.nl, legacy API, errors, order, to 433; the rest and 200 from Billink's shop plug-ins.
const ORDER_CODES: &[Row] = &[
    ("200", Done, "added"),
    ("401", Refused, "workflow number missing"),
    ("402", Refused, "the workflow does not exist"),
    ("403", Exists, "the order number exists already"),
    ("404", Refused, "order number missing"),
    ("405", Refused, "date missing"),
    ("406", Refused, "type missing"),
    ("407", Refused, "wrong type"),
    ("408", Refused, "company name missing"),
    ("409", Refused, "first name or initials missing"),
    ("410", Refused, "last name missing"),
    ("411", Refused, "sex missing"),
    ("412", Refused, "wrong sex"),
    ("413", Refused, "street missing"),
    ("414", Refused, "house number missing"),
    ("415", Refused, "postal code missing"),
    ("416", Refused, "city missing"),
    ("417", Refused, "phone number missing"),
    ("418", Refused, "e-mail address missing"),
    ("419", Refused, "city must be letters"),
    ("420", Refused, "wrong country"),
    ("421", Refused, "birth date missing"),
    ("422", Refused, "wrong IP address"),
    ("423", Refused, "order items missing"),
    ("425", Refused, "wrong bank account number, or a delivery address is not allowed"),
    ("426", Refused, "account holder missing"),
    ("427", Refused, "chamber of commerce number missing"),
    ("428", Refused, "an item's code is too long"),
    ("429", Refused, "chamber of commerce number must have 5 to 25 characters"),
    ("430", Refused, "wrong VAT rate"),
    ("431", Refused, "wrong VAT number"),
    ("432", Refused, "wrong e-mail address"),
    ("433", Refused, "wrong second e-mail address"),
    ("434", Refused, "wrong characters in the invoice number"),
    ("435", Refused, "an item's amount is missing"),
    ("436", Refused, "wrong characters in the merchant's invoice number"),
    ("437", Refused, "additional text missing"),
    ("438", Refused, "wrong characters in the additional text"),
    ("439", Refused, "invoice number must have at most 50 characters"),
    ("440", Refused, "unknown check"),
    ("441", Refused, "mandate id must be digits"),
    ("442", Refused, "wrong type of mandate"),
    ("443", Refused, "wrong IBAN"),
    ("444", Refused, "the order's amount is higher than the checked one"),
    ("445", Refused, "the check has expired"),
    ("446", Exists, "the check was used already"),
    ("447", Refused, "check missing"),
    ("448", Refused, "company name must have 2 to 50 characters"),
    ("449", Refused, "phone number must be digits"),
    ("450", Refused, "house number addition must have at most 10 characters"),
    ("451", Refused, "the check was for a workflow without guarantee"),
    ("452", Refused, "the amount is higher than agreed"),
    ("453", Refused, "the buyer is too young"),
    ("701", Declined, "rejected by the credit check"),
];

/// Status, from Billink's shop plug-ins.
const STATUS_CODES: &[Row] = &[
    ("110", Refused, "more than 100 invoices"),
    ("111", Limited, "too many requests"),
    ("420", Refused, "invoice numbers missing"),
    ("705", Refused, "no invoice"),
];

impl Endpoint {
    /// The call that an operation of this kind is; nothing is amended.
    pub(super) const fn of(kind: OperationKind) -> Option<&'static Self> {
        match kind {
            OperationKind::CreateSession => Some(&CHECK),
            OperationKind::Confirm => Some(&ORDER),
            OperationKind::Capture => Some(&START),
            OperationKind::Refund | OperationKind::Cancel => Some(&CREDIT),
            OperationKind::Amend => None,
            OperationKind::Tell(InstructionKind::Hold) => Some(&ON_HOLD),
            OperationKind::Tell(InstructionKind::Resume) => Some(&RESUME),
            OperationKind::Tell(InstructionKind::Message) => Some(&MESSAGE),
            OperationKind::Tell(InstructionKind::DirectPayment) => Some(&PAYMENT),
        }
    }

    /// Something of the answer: of its one invoice, or of the call.
    fn part<'a>(&self, answer: &'a Element, name: &str) -> Option<&'a str> {
        match self.list {
            Some(list) => answer.text(&["MSG", list, "ITEM", name]),
            None => answer.text(&["MSG", name]),
        }
    }

    /// The code that an answer has about this invoice, and whether it says itself that it is an error.
    fn code<'a>(&self, answer: &'a Element, number: &str) -> Option<(&'a str, bool)> {
        match answer.text(&["RESULT"])? {
            "ERROR" => Some((answer.text(&["ERROR", "CODE"])?, true)),
            "MSG" if self.part(answer, "INVOICENUMBER").is_none_or(|name| names(name, number)) => {
                Some((self.part(answer, "CODE")?, false))
            }
            _ => None,
        }
    }
}

/// The codes that definitely refuse an operation.
pub(crate) fn refusals(kind: OperationKind) -> Vec<String> {
    codes::refusals(Endpoint::of(kind).map_or(&[], |endpoint| endpoint.codes)).collect()
}

/// What the webhooks of orders can say; there are no sessions here.
pub(crate) fn events() -> Vec<String> {
    billink_common::events::ORDER.iter().map(|(word, _)| (*word).to_owned()).collect()
}

/// What the answer to an effectful call means. Errors come with HTTP 200, so another status is not Billink's word.
pub(super) fn outcome(endpoint: &Endpoint, answer: &Response, number: &str) -> Outcome {
    let read = || Element::read(&answer.body).filter(|root| root.is("API"));
    let unreadable = Outcome::InDoubt(Doubt::Unreadable);
    let Some(root) = (answer.status == 200).then(read).flatten() else {
        return if answer.status >= 500 { Outcome::InDoubt(Doubt::ServerError) } else { unreadable };
    };
    let Some((code, is_error)) = endpoint.code(&root, number) else { return unreadable };
    let Some(row) = codes::row(endpoint.codes, code) else { return Outcome::InDoubt(Doubt::UnknownCode) };
    let names_none = !is_error && endpoint.list.is_some() && endpoint.part(&root, "INVOICENUMBER").is_none();
    match codes::outcome(row, if is_error { None } else { (endpoint.news)(endpoint, &root, number) }) {
        // An order that Billink does not know can have no number there; what was done has one.
        Outcome::Done(_) if names_none => unreadable,
        outcome => outcome,
    }
}

/// What a status says of the order under this number; none where there is none.
pub(super) fn standing(answer: &Response, number: &str) -> Result<Option<ReceivableFacts>, ReadError> {
    match answer.status {
        200 => {}
        401 | 403 => return Err(ReadError::Unauthorized),
        _ => return Err(ReadError::Unreadable),
    }
    let root = Element::read(&answer.body).filter(|root| root.is("API")).ok_or(ReadError::Unreadable)?;
    if root.text(&["RESULT"]) != Some("MSG") {
        let row = root.text(&["ERROR", "CODE"]).and_then(|code| codes::row(STATUS.codes, code));
        return Err(match row.map(|(_, class, _)| *class) {
            Some(Unprocessed) => ReadError::Unauthorized,
            Some(Limited) => ReadError::Unreachable,
            _ => ReadError::Unreadable,
        });
    }
    // The recorded answer has INVOICE, all other lists ITEM.
    let found = [root.all(&["MSG", "INVOICES", "INVOICE"]), root.all(&["MSG", "INVOICES", "ITEM"])].concat();
    let [one] = <[&Element; 1]>::try_from(found).map_err(|_| ReadError::Unreadable)?;
    let name = one.text(&["INVOICENUMBER"]);
    let standing = one.text(&["STATUS"]).and_then(|status| standing::standing(status.parse().ok()?));
    let standing = standing.ok_or(ReadError::Unreadable)?;
    let found = standing != Standing::NotFound;
    // What is not found has an empty number.
    if name.is_some_and(|name| !names(name, number)) || (found && name.is_none()) {
        return Err(ReadError::Unreadable);
    }
    Ok(found.then(|| standing.facts(one.text(&["PAIDOUT"]) == Some("1"))))
}

/// Whether an invoice number is ours, or Billink's public one: workflow and merchant, then ours.
fn names(name: &str, number: &str) -> bool {
    name.to_ascii_lowercase().ends_with(&number.to_ascii_lowercase())
}

fn checked(_: &Endpoint, root: &Element, _: &str) -> Option<Receipt> {
    let session_reference = Some(reference(root.text(&["UUID"])?)?);
    Some(about_order(OrderNews { session_reference, ..OrderNews::of(OrderState::AwaitingConfirmation) }))
}

/// An order under another number is not ours.
fn ordered(_: &Endpoint, root: &Element, number: &str) -> Option<Receipt> {
    let public = root.text(&["MSG", "INVOICE"]).filter(|public| names(public, number))?;
    let provider_reference = Some(reference(public)?);
    Some(about_order(OrderNews { provider_reference, ..OrderNews::of(OrderState::Authorized) }))
}

fn told(_: &Endpoint, _: &Element, _: &str) -> Option<Receipt> {
    Some(Receipt::default())
}

fn applied(endpoint: &Endpoint, root: &Element, _: &str) -> Option<Receipt> {
    let message = endpoint.part(root, "MESSAGE");
    Some(Receipt { amount: message.and_then(billink_common::applied), ..Receipt::default() })
}

fn about_order(order: OrderNews) -> Receipt {
    Receipt { order: Some(order), ..Receipt::default() }
}

/// A name short enough to be kept.
fn reference(text: &str) -> Option<String> {
    text.parse::<Text<1, 100>>().ok().map(String::from)
}
