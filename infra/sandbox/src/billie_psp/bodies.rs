//! Every body of this API. The documentation prints only those of the webhooks; the others are our reading of it:
//! snake case, amounts in minor units, names of the hosted page of Billie's Direct API where there is one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::books::{Capture, Dispute};
use super::{Success, invalid, verdict};
use crate::amount::Units;
use crate::billie::parts::{Address, Company, Deal, legal_form, line_items, person, shipped_items};
use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::{Flaws, Reader};

/// A merchant to enable.
pub(crate) struct Enable {
    pub(crate) psp: Option<String>,
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) countries: Vec<String>,
}

impl Enable {
    pub(crate) fn read(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::new(body, &flaws);
        let enable = Self {
            psp: reader.optional("psp_id"),
            reference: reader.text("external_merchant_id"),
            name: reader.text("name"),
            countries: reader.texts("countries"),
        };
        legal_form(&reader, &reader.text("legal_form"));
        if enable.countries.is_empty() {
            reader.flaw("countries", "This collection should contain 1 element or more.");
        }
        if let Some(address) = reader.required("address") {
            Address::read(address, true);
        }
        for name in ["registration_court", "tax_number", "industry_sector"] {
            reader.optional(name);
        }
        web(&reader, "website");
        reader.end();
        verdict(flaws)?;
        Ok(enable)
    }
}

/// A session to open.
pub(crate) struct Open {
    pub(crate) merchant: String,
    pub(crate) external_code: Option<String>,
    pub(crate) deal: Option<Deal>,
    pub(crate) urls: Option<(String, String)>,
    pub(crate) webhook_url: Option<String>,
}

impl Open {
    /// With a payment page: everything is needed, the two ways back to the shop included.
    pub(crate) fn page(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::with_units(body, &flaws, Units::Minor);
        let urls = reader.required("merchant_urls").map(|urls| {
            let both = (web(&urls, "accept_url"), web(&urls, "decline_url"));
            for name in ["accept_url", "decline_url"] {
                if !urls.has(name) {
                    urls.flaw(name, "This value should not be blank.");
                }
            }
            urls.end();
            (both.0.unwrap_or_default(), both.1.unwrap_or_default())
        });
        let deal = Some(deal(&reader, true));
        let open = Self::finish(reader, deal, urls);
        verdict(flaws).map(|()| open)
    }

    /// For the widget: the merchant is enough, the order may be given already.
    pub(crate) fn widget(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::with_units(body, &flaws, Units::Minor);
        reader.optional("merchant_customer_id");
        let deal = reader.maybe("amount").then(|| deal(&reader, false));
        let open = Self::finish(reader, deal, None);
        verdict(flaws).map(|()| open)
    }

    fn finish(reader: Reader<'_>, deal: Option<Deal>, urls: Option<(String, String)>) -> Self {
        let open = Self {
            merchant: reader.text("merchant_id"),
            external_code: reader.optional("external_code"),
            deal,
            urls,
            webhook_url: web(&reader, "webhook_url"),
        };
        reader.optional("comment");
        reader.end();
        open
    }
}

/// What the widget hands to the shop, and the shop to the confirmation: the same details.
pub(crate) struct Details {
    pub(crate) deal: Deal,
    pub(crate) merchant: Option<String>,
    pub(crate) external_code: Option<String>,
}

impl Details {
    pub(crate) fn read(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::with_units(body, &flaws, Units::Minor);
        let company = reader.required("debtor_company").map(|part| company(part, body, false)).unwrap_or_default();
        let email = reader.object("debtor_person").map(person).unwrap_or_default();
        let mut deal = Deal::read(&reader, company, email, true);
        currency(&reader, body);
        if reader.has("line_items") {
            deal.items = line_items(&reader);
        }
        let details =
            Self { deal, merchant: reader.optional("merchant_id"), external_code: reader.optional("external_code") };
        // What the script says beside the details may come along.
        reader.optional("state");
        reader.optional("decline_reason");
        reader.end();
        verdict(flaws)?;
        Ok(details)
    }
}

/// The first detail of a confirmation that is not as the widget told it: "including the same order details as received
/// from the SDK", says the guide.
pub(crate) fn differs(confirmed: &Json, told: &Json) -> Option<&'static str> {
    let details = ["amount", "duration", "debtor_company", "debtor_person", "delivery_address", "line_items"];
    let of = |body: &Json, name: &str| body.get(name).cloned().unwrap_or(Json::Null);
    details.into_iter().find(|name| !of(confirmed, name).says_the_same(&of(told, name)))
}

fn deal(reader: &Reader<'_>, page: bool) -> Deal {
    let body = reader.raw();
    let company = reader.required("debtor_company").map(|part| company(part, body, page)).unwrap_or_default();
    let email = reader.required("debtor_person").map(person).unwrap_or_default();
    let mut deal = Deal::read(reader, company, email, true);
    currency(reader, body);
    deal.items = line_items(reader);
    if let Some(address) = reader.object("billing_address") {
        Address::read(address, true);
    }
    deal
}

/// The company in either of Billie's two shapes: with a nested address, or flat.
fn company(part: Reader<'_>, body: &Json, page: bool) -> Company {
    let nested = body.get("debtor_company").is_some_and(|company| company.get("company_address").is_some());
    if nested { Company::read(part) } else { Company::read_flat(part, page) }
}

/// Line items may leave the currency out, the total may not.
fn currency(reader: &Reader<'_>, body: &Json) {
    if body.get("amount").is_some_and(|amount| amount.get("currency").is_none()) {
        reader.flaw("amount.currency", "This value should not be blank.");
    }
}

fn web(reader: &Reader<'_>, name: &'static str) -> Option<String> {
    let url = reader.limited(name, 2_000).filter(|url| !url.is_empty())?;
    if !url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        reader.flaw(name, "This value is not a valid URL.");
    }
    Some(url)
}

/// A capture to make.
pub(crate) struct Take {
    pub(crate) merchant: String,
    pub(crate) sum: i64,
    pub(crate) invoice: String,
    pub(crate) items: Vec<String>,
}

impl Take {
    pub(crate) fn read(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::new(body, &flaws);
        let take = Self {
            merchant: reader.text("merchant_id"),
            sum: reader.sum("amount"),
            invoice: reader.text("invoice_number"),
            items: shipped_items(&reader),
        };
        web(&reader, "invoice_url");
        reader.end();
        verdict(flaws)?;
        Ok(take)
    }
}

/// A refund to make.
pub(crate) struct Give {
    pub(crate) merchant: String,
    pub(crate) capture: String,
    pub(crate) sum: i64,
    pub(crate) items: Vec<String>,
}

impl Give {
    pub(crate) fn read(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::new(body, &flaws);
        let give = Self {
            merchant: reader.text("merchant_id"),
            capture: reader.text("capture_id"),
            sum: reader.sum("amount"),
            items: shipped_items(&reader),
        };
        reader.optional("reason");
        reader.end();
        verdict(flaws)?;
        Ok(give)
    }
}

/// Whose order is called off; there is nothing else to say.
pub(crate) fn canceler(body: &Json) -> Result<String, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let merchant = reader.text("merchant_id");
    reader.end();
    verdict(flaws)?;
    Ok(merchant)
}

/// A change of an order.
pub(crate) struct Change {
    pub(crate) merchant: String,
    pub(crate) gross: Option<i64>,
    pub(crate) external_code: Option<String>,
    pub(crate) items: Option<Vec<String>>,
}

impl Change {
    /// The amount may come with its parts or as a sum.
    pub(crate) fn read(body: &Json) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::with_units(body, &flaws, Units::Minor);
        let whole = body.get("amount").is_some_and(|amount| amount.get("gross").is_some());
        let gross =
            reader.maybe("amount").then(|| if whole { reader.positive("amount").gross } else { reader.sum("amount") });
        let duration = reader.maybe("duration").then(|| reader.whole("duration", 1..=120));
        let merchant = reader.text("merchant_id");
        let items = reader.has("line_items").then(|| line_items(&reader));
        let change = Self { merchant, gross, external_code: reader.optional("external_code"), items };
        reader.end();
        verdict(flaws)?;
        if change.gross.is_none() && change.external_code.is_none() && duration.is_none() && change.items.is_none() {
            return Err(invalid("", "There is nothing to change."));
        }
        Ok(change)
    }
}

/// A defence against a dispute, in the camel case of its page.
pub(crate) fn defence(body: &Json) -> Result<String, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let id = reader.text("disputeId");
    reader.text("defenseReason");
    for document in reader.list("defenseDocuments") {
        let content = document.limited("content", 4_000_000).unwrap_or_default();
        if content.is_empty() || STANDARD.decode(&content).is_err() {
            document.flaw("content", "This value is not base64.");
        }
        document.text("contentType");
        document.end();
    }
    reader.end();
    verdict(flaws)?;
    Ok(id)
}

/// `2024-01-31T23:59:59Z`.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The answer to a payment page.
pub(crate) fn opened(id: &str, url: &str, expires: Timestamp) -> Json {
    map! { "session_id": id, "hpp_url": url, "expires_at": time(expires) }
}

/// The authorization webhook.
pub(crate) fn authorization(order: &str, success: bool, style: Success) -> Json {
    let success = if style == Success::Flag { Json::Bool(success) } else { Json::Text(success.to_string()) };
    map! { "order_id": order, "success": success }
}

/// What the widget resolves with: the verdict and the details as they were given to it.
pub(crate) fn resolved(data: &Json, state: &str, reason: Option<&str>) -> Json {
    let mut told = map! { "state": state, "decline_reason": reason };
    for (name, value) in data.pairs().iter().filter(|(_, value)| *value != Json::Null) {
        told = told.with(name, value.clone());
    }
    told
}

/// The webhook of a dispute that was opened.
pub(crate) fn dispute(dispute: &Dispute, capture: &Capture) -> Json {
    map! {
        "disputeId": &dispute.id,
        "reasonCode": &dispute.code,
        "captureId": &capture.id,
        "reason": &dispute.reason,
        "amount": map! { "currency": "EUR", "amount": dispute.amount },
        "defenseDeadline": time(dispute.deadline),
    }
}

/// The webhook of a dispute that is over.
pub(crate) fn result(dispute: &Dispute, result: &str, details: &str, expired: bool, now: Timestamp) -> Json {
    map! {
        "disputeId": &dispute.id,
        "disputeResult": result,
        "disputeResultDetails": details,
        "deadlineExpired": expired,
        "closedAt": time(now),
    }
}
