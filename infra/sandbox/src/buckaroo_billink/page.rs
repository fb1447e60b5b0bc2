//! The hosted page where the buyer accepts, is refused, or walks away.

use url::Url;

use super::books::{Status, Transaction};
use super::{Settings, push};
use crate::money;
use crate::page;

const PATH: &str = "/html/redirect.ashx";

/// The page of one redirect token.
pub(crate) fn address(root: &str, token: &str) -> String {
    format!("{root}{PATH}?r={token}")
}

/// Whether a path is the page's.
pub(crate) fn is_page(path: &str) -> bool {
    path.eq_ignore_ascii_case(PATH)
}

/// The page itself: three buttons.
pub(crate) fn html(one: &Transaction, token: &str) -> String {
    let amount = money::two_places(one.minor);
    page::html("Billink", &format!("Pay EUR {amount} later"), |choice| format!("{PATH}?r={token}&amp;choice={choice}"))
}

/// Where the buyer goes afterwards, with the signed fields of the outcome in the query.
pub(crate) fn way_back(one: &Transaction, settings: &Settings) -> Option<String> {
    let urls = &one.urls;
    let own = match one.status {
        Status::Rejected => &urls.reject,
        Status::Cancelled => &urls.cancel,
        Status::Failed | Status::Technical => &urls.error,
        _ => &urls.back,
    };
    let mut url = Url::parse(own.as_ref().or(urls.back.as_ref())?).ok()?;
    let outcome = push::form(&push::fields(one, settings, "brq_payment_method"), settings);
    let query = url.query().filter(|query| !query.is_empty()).map(|query| format!("{query}&{outcome}"));
    url.set_query(Some(&query.unwrap_or(outcome)));
    Some(url.into())
}
