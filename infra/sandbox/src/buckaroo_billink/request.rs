//! The transaction request: its fields as the gateway binds them, and everything that is wrong with them.
//!
//! Source: docs.buckaroo.io/docs/transaction-post.

use jiff::civil::Date;
use url::Url;

use super::books::{Action, Side};
use crate::json::Json;
use crate::money;

/// Every top-level field that the gateway knows.
const FIELDS: &[&str] = &[
    "Currency",
    "AmountDebit",
    "AmountCredit",
    "Invoice",
    "Order",
    "Description",
    "ClientIP",
    "ClientUserAgent",
    "ReturnURL",
    "ReturnURLCancel",
    "ReturnURLError",
    "ReturnURLReject",
    "PushURL",
    "PushURLFailure",
    "OriginalTransactionKey",
    "OriginalTransactionReference",
    "StartRecurrent",
    "ContinueOnIncomplete",
    "ServicesSelectableByClient",
    "ServicesExcludedForClient",
    "Services",
    "CustomParameters",
    "AdditionalParameters",
];

/// What the gateway knows inside of them: the way to an object, or to the objects of a list, and its members.
const INSIDE: &[(&[&str], &[&str])] = &[
    (&["ClientIP"], &["Type", "Address"]),
    (&["OriginalTransactionReference"], &["Type", "Reference"]),
    (&["Services"], &["ServiceList", "Global"]),
    (&["Services", "ServiceList"], &["Name", "Action", "Version", "Parameters"]),
    (&["Services", "ServiceList", "Parameters"], &["Name", "Value", "GroupType", "GroupID"]),
    (&["CustomParameters"], &["List"]),
    (&["CustomParameters", "List"], &["Name", "Value"]),
    (&["AdditionalParameters"], &["AdditionalParameter"]),
    (&["AdditionalParameters", "AdditionalParameter"], &["Name", "Value"]),
];

/// Where in `RequestErrors` a flaw is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Service,
    Action,
    Parameter,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) error: &'static str,
    pub(crate) message: String,
}

impl Flaw {
    /// A field or parameter that is not there.
    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("Parameter \"{name}\" is required");
        Self { place: Place::Parameter, name: name.to_owned(), error: "ParameterMissing", message }
    }

    /// A field or parameter with a value that cannot be.
    pub(crate) fn invalid(name: &str, why: &str) -> Self {
        let message = format!("Invalid {name}: {why}");
        Self { place: Place::Parameter, name: name.to_owned(), error: "ParameterInvalid", message }
    }
}

/// One service parameter; group and name as written.
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) group: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Where the buyer and the pushes go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Urls {
    pub(crate) back: Option<String>,
    pub(crate) cancel: Option<String>,
    pub(crate) reject: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) push: Option<String>,
    pub(crate) push_failure: Option<String>,
}

/// A transaction request as bound.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) action: Option<Action>,
    pub(crate) side: Side,
    pub(crate) minor: i64,
    pub(crate) invoice: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) original: Option<String>,
    pub(crate) urls: Urls,
    pub(crate) params: Vec<Param>,
    pub(crate) custom: Vec<(String, String)>,
    pub(crate) additional: Vec<(String, String)>,
    pub(crate) flaws: Vec<Flaw>,
}

/// Binds a request; `Err` names a field that the gateway does not know.
pub(crate) fn bind(body: &Json) -> Result<Wanted, String> {
    only(body, &[], FIELDS)?;
    for (way, members) in INSIDE {
        only(body, way, members)?;
    }
    let mut flaws = Vec::new();
    let (side, minor) = amount(body, &mut flaws);
    let text = |name: &str| body.find(name).and_then(Json::text).map(|text| text.trim().to_owned());
    let mut wanted = Wanted {
        action: None,
        side,
        minor,
        invoice: text("Invoice").filter(|invoice| !invoice.is_empty()),
        order: text("Order"),
        description: text("Description"),
        original: text("OriginalTransactionKey"),
        urls: urls(body, &mut flaws),
        params: Vec::new(),
        custom: named(body.find("CustomParameters").and_then(|list| list.find("List"))),
        additional: named(body.find("AdditionalParameters").and_then(|list| list.find("AdditionalParameter"))),
        flaws,
    };
    match body.find("Currency").and_then(Json::text) {
        Some("EUR") => {}
        Some(_) => wanted.flaws.push(Flaw::invalid("Currency", "Billink takes EUR only")),
        None => wanted.flaws.push(Flaw::missing("Currency")),
    }
    client_ip(body, &mut wanted.flaws);
    service(body, &mut wanted);
    wanted.check_side();
    Ok(wanted)
}

/// What lies this way must be objects with these members.
fn only(object: &Json, way: &[&str], members: &[&str]) -> Result<(), String> {
    if let [step, rest @ ..] = way {
        let Some(next) = object.find(step) else { return Ok(()) };
        let one = std::slice::from_ref(next);
        let all = if let Json::List(items) = next { items.as_slice() } else { one };
        return all.iter().try_for_each(|next| only(next, rest, members));
    }
    let unknown = |(key, _): &&(String, Json)| !members.iter().any(|member| member.eq_ignore_ascii_case(key));
    match object {
        Json::Map(pairs) => {
            pairs.iter().find(unknown).map_or(Ok(()), |(key, _)| Err(format!("Unknown member '{key}' in the request")))
        }
        _ => Err("A value in the request is not an object".to_owned()),
    }
}

impl Wanted {
    /// Debit to pay, authorize and capture; credit to refund and to cancel.
    fn check_side(&mut self) {
        let Some(action) = self.action else { return };
        if self.side != action.side() && self.minor > 0 {
            self.flaws.push(Flaw::invalid(self.side.field(), "wrong direction for this action"));
        }
    }
}

fn amount(body: &Json, flaws: &mut Vec<Flaw>) -> (Side, i64) {
    let (side, value) = match (body.find("AmountDebit"), body.find("AmountCredit")) {
        (Some(value), None) => (Side::Debit, value),
        (None, Some(value)) => (Side::Credit, value),
        (Some(_), Some(_)) => {
            flaws.push(Flaw::invalid("AmountCredit", "either AmountDebit or AmountCredit, not both"));
            return (Side::Debit, 0);
        }
        (None, None) => {
            flaws.push(Flaw::missing("AmountDebit"));
            return (Side::Debit, 0);
        }
    };
    let minor = if let Json::Number(literal) = value { money::minor(literal) } else { None };
    match minor {
        Some(minor) if minor > 0 => (side, minor),
        _ => {
            flaws.push(Flaw::invalid(side.field(), "must be a positive number with at most two decimals"));
            (side, 0)
        }
    }
}

fn urls(body: &Json, flaws: &mut Vec<Flaw>) -> Urls {
    let mut url = |name: &str| {
        let text = body.find(name)?.text().unwrap_or_default().to_owned();
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(text),
            _ => {
                flaws.push(Flaw::invalid(name, "must be an absolute URL"));
                None
            }
        }
    };
    Urls {
        back: url("ReturnURL"),
        cancel: url("ReturnURLCancel"),
        reject: url("ReturnURLReject"),
        error: url("ReturnURLError"),
        push: url("PushURL"),
        push_failure: url("PushURLFailure"),
    }
}

fn client_ip(body: &Json, flaws: &mut Vec<Flaw>) {
    let Some(ip) = body.find("ClientIP") else { return };
    let family = match ip.find("Type") {
        Some(Json::Number(literal)) => literal.as_str(),
        _ => "",
    };
    let address = ip.find("Address").and_then(Json::text).unwrap_or_default();
    let fits = match family {
        "0" => address.parse::<std::net::Ipv4Addr>().is_ok(),
        "1" => address.parse::<std::net::Ipv6Addr>().is_ok(),
        _ => false,
    };
    if !fits {
        flaws.push(Flaw::invalid("ClientIP", "Type 0 with an IPv4 or Type 1 with an IPv6 Address"));
    }
}

fn service(body: &Json, wanted: &mut Wanted) {
    let list = body.find("Services").and_then(|services| services.find("ServiceList")).map_or(&[][..], Json::items);
    let [service] = list else {
        let message = "Exactly one service is needed".to_owned();
        wanted.flaws.push(Flaw { place: Place::Service, name: String::new(), error: "ServiceInvalid", message });
        return;
    };
    let name = service.find("Name").and_then(Json::text).unwrap_or_default();
    if !name.eq_ignore_ascii_case("billink") {
        let message = format!("Service {name} is not active for this website");
        wanted.flaws.push(Flaw { place: Place::Service, name: name.to_owned(), error: "ServiceInvalid", message });
    }
    let action = service.find("Action").and_then(Json::text).unwrap_or_default();
    wanted.action = Action::read(action);
    if wanted.action.is_none() {
        let message = format!("Billink has no action {action}");
        wanted.flaws.push(Flaw { place: Place::Action, name: action.to_owned(), error: "ActionInvalid", message });
    }
    if !matches!(service.find("Version"), None | Some(Json::Number(_))) {
        wanted.flaws.push(Flaw::invalid("Version", "must be a number"));
    }
    for entry in service.find("Parameters").map_or(&[][..], Json::items) {
        parameter(entry, wanted);
    }
}

fn parameter(entry: &Json, wanted: &mut Wanted) {
    let plain = |name: &str| match entry.find(name) {
        Some(Json::Text(text)) => Some(text.trim().to_owned()),
        Some(Json::Number(literal)) => Some(literal.clone()),
        _ => None,
    };
    let name = plain("Name").unwrap_or_default();
    let Some(value) = plain("Value") else {
        return wanted.flaws.push(Flaw::invalid(&name, "Value must be a string or a number"));
    };
    let (group, id) = (plain("GroupType").unwrap_or_default(), plain("GroupID").unwrap_or_default());
    let same = |other: &Param| {
        let same_group = other.group.eq_ignore_ascii_case(&group) && other.id == id;
        same_group && other.name.eq_ignore_ascii_case(&name)
    };
    if wanted.params.iter().any(same) {
        return wanted.flaws.push(Flaw::invalid(&name, "given twice in the same group"));
    }
    wanted.params.push(Param { group, id, name, value });
}

fn named(list: Option<&Json>) -> Vec<(String, String)> {
    let pair = |item: &Json| {
        let value = match item.find("Value")? {
            Json::Text(text) => text.clone(),
            Json::Number(literal) => literal.clone(),
            _ => return None,
        };
        Some((item.find("Name")?.text()?.to_owned(), value))
    };
    list.map_or(&[][..], Json::items).iter().filter_map(pair).collect()
}

/// Reads `dd-mm-yyyy`.
pub(crate) fn dutch_date(text: &str) -> Option<Date> {
    let well_formed = text.len() == 10 && text.is_ascii();
    let (day, rest) = text.split_once('-').filter(|_| well_formed)?;
    let (month, year) = rest.split_once('-')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<i8>().ok()).flatten();
    Date::new(year.parse().ok()?, two(month)?, two(day)?).ok()
}
