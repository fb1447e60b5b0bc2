//! The calls beside payments: disputes, reconciliation, shop settings, new merchants.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::State;
use super::answers::{failed, service};
use crate::billink_shared::is_email;
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};
use crate::money::two_places;

/// This page and the next spell the id with a small d.
fn small_d(state: &State, body: &Json) -> bool {
    state.knows(body.text_of("billinkUsername"), body.text_of("billinkId"))
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// Opens a dispute about an invoice.
pub(crate) fn dispute(state: &State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    const KINDS: [&str; 6] = ["png", "pdf", "jpg", "jpeg", "doc", "docx"];
    let refuse =
        |message: &str| Answer::json(400, map! { "code": 400_i64, "message": message, "error": "Bad Request" });
    let of = |name: &str| body.text_of(name).filter(|text| !text.trim().is_empty());
    if !small_d(state, body) {
        return Err(refuse("Client not found"));
    }
    for name in ["category", "customerEmail", "customerName", "invoice", "locale", "message"] {
        if of(name).is_none() {
            return Err(refuse(&format!("{name} is required")));
        }
    }
    let kind = of("fileName").map(|name| name.rsplit('.').next().unwrap_or_default().to_lowercase());
    if kind.is_some_and(|kind| kind != "heic" && !KINDS.contains(&kind.as_str())) {
        return Err(refuse("The file is of an unknown kind"));
    }
    let number = of("invoice").unwrap_or_default();
    if state.ledger.find(number).is_none() {
        return Err(refuse("Unknown invoice"));
    }
    let customer = map! { "name": of("customerName"), "email": of("customerEmail") };
    Ok(Answer::json(
        200,
        map! {
            "id": format!("{number}-dispute"),
            "category": of("category"),
            "client": map! { "username": &state.settings.username },
            "createdAt": map! { "date": day(now) },
            "currentStep": map! { "name": "opened" },
            "customer": customer,
            "disputeContent": vec![map! { "message": of("message") }],
            "emails": Vec::<Json>::new(),
            "freshDeskTicket": map! {},
            "notificationMode": "email",
            "owner": map! {},
            "resolved": false,
            "resolvedAt": map! {},
            "status": "open",
            "steps": Vec::<Json>::new(),
        },
    ))
}

/// Lists the invoices whose workflow was started, a hundred a page.
pub(crate) fn reconciliation(state: &State, request: &Incoming, body: &Json) -> Result<Answer, Answer> {
    const SIZE: usize = 100;
    if !small_d(state, body) {
        return Err(service(404, "Client not found"));
    }
    let page = request.query("page").map_or(Some(1), |page| page.parse::<usize>().ok()).filter(|page| *page > 0);
    let page = page.ok_or_else(|| service(404, "Page not found"))?;
    let from = request.query("date_from").unwrap_or_default();
    let to = request.query("date_to").unwrap_or_else(|| "9999-12-31".to_owned());
    let rows: Vec<Json> = (state.ledger.orders.iter())
        .filter_map(|order| Some((order, day(order.started?))))
        .filter(|(_, date)| *date >= from && *date <= to)
        .map(|(order, date)| map! { "invoiceNumber": &order.public, "date": date, "amount": two_places(order.minor) })
        .collect();
    let (count, pages) = (rows.len(), rows.len().div_ceil(SIZE).max(1));
    let shown: Vec<Json> = rows.into_iter().skip((page - 1).saturating_mul(SIZE)).take(SIZE).collect();
    let client = map! { "username": &state.settings.username };
    Ok(Answer::json(
        200,
        map! {
            "invoices": shown,
            "master_client": client,
            "page": page,
            "total_invoices": count.to_string(),
            "total_pages": pages,
        },
    ))
}

/// Tells the rules by which a shop may trust a buyer.
pub(crate) fn webshop_settings(state: &State, body: &Json) -> Result<Answer, Answer> {
    if !state.knows(body.text_of("billinkUsername"), body.text_of("billinkID")) {
        return Err(service(404, "Client not found"));
    }
    Ok(Answer::json(
        200,
        map! {
            "status": "success",
            "whitelist": Vec::<Json>::new(),
            "minimum_paid_orders": "3",
            "period": "365",
            "total_amount_higher_than": "250.00",
        },
    ))
}

/// Signs a merchant up; the first field that is wrong has its code.
pub(crate) fn create(state: &State, body: &Json) -> Result<Answer, Answer> {
    let shape = super::Errors::Flat;
    if body.text_of("billinkUsername") != Some(state.settings.username.as_str()) {
        return Err(failed(shape, "101", "Unknown client"));
    }
    if body.text_of("billinkID") != Some(state.settings.id.as_str()) {
        return Err(failed(shape, "102", "Unknown client"));
    }
    let of = |name: &str| body.text_of(name).unwrap_or_default().trim();
    let long = |name: &str, least: usize, most: usize| (least..=most).contains(&of(name).chars().count());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let rules = [
        (!long("companyName", 2, 100), "401", "Company name must have 2 to 100 characters"),
        (!long("firstName", 2, 255), "402", "First name must have 2 to 255 characters"),
        (of("bankAccountNumber").is_empty(), "404", "Missing IBAN"),
        (!is_iban(of("bankAccountNumber")), "405", "Invalid IBAN"),
        (!long("bic", 8, 11), "406", "Invalid BIC"),
        (of("city").is_empty(), "407", "Missing city"),
        (of("cocNumber").len() != 8 || !digits(of("cocNumber")), "408", "COC number must have 8 digits"),
        (!is_email(of("contactEmail")), "409", "Invalid contact email"),
        (of("countryCode").len() != 2, "410", "Invalid country"),
        (!long("contactPhone", 9, 18), "411", "Contact phone must have 9 to 18 characters"),
        (!is_email(of("email")), "412", "Invalid email"),
        (of("houseNumber").is_empty(), "413", "Missing house number"),
        (!digits(of("houseNumber")), "414", "Wrong house number"),
    ];
    if let Some((_, code, description)) = rules.iter().find(|(broken, ..)| *broken) {
        return Err(failed(shape, code, description));
    }
    Ok(Answer::json(
        200,
        map! {
            "code": "200",
            "description": "Client is created",
            "result": "MSG",
            "uid": uuid::Uuid::new_v4().simple().to_string(),
            "username": of("username"),
            "changePasswordLink": "https://billink.example/password",
        },
    ))
}

/// Two letters, two check digits, the rest; the check digits are right.
fn is_iban(text: &str) -> bool {
    let good = (15..=34).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some((head, rest)) = text.split_at_checked(4).filter(|_| good) else { return false };
    let value = |letter: char| letter.to_digit(36).map(u64::from);
    let folded = format!("{rest}{head}").chars().try_fold(0_u64, |sum, letter| {
        let value = value(letter)?;
        Some((sum * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    folded == Some(1)
}
