//! The hosted page where the buyer accepts, is refused, or walks away.

use std::borrow::Cow;

use quick_xml::escape::escape;
use url::Url;

use super::books::{Status, Transaction};
use super::{Settings, push};
use crate::message::Answer;
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

/// Where the buyer goes afterwards.
pub(crate) struct WayBack {
    pub(crate) url: String,
    /// The form that the browser posts there, encoded; none where it just goes.
    pub(crate) form: Option<String>,
}

impl WayBack {
    /// Sends the browser off.
    pub(crate) fn answer(self) -> Answer {
        let Some(form) = self.form else { return Answer::see_other(&self.url) };
        let field = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
        };
        let fields: String = form_urlencoded::parse(form.as_bytes()).map(field).collect();
        let action = escape(self.url.as_str());
        let page = format!(
            "<!doctype html><html><head><title>Billink (sandbox)</title></head><body>\
             <form method=\"post\" action=\"{action}\">{fields}<button>Back to the shop</button></form>\
             <script>document.forms[0].submit()</script></body></html>"
        );
        Answer::html(200, page)
    }
}

/// The way back with the signed fields of the outcome: in the query, or in a form of its own.
pub(crate) fn way_back(one: &Transaction, settings: &Settings) -> Option<WayBack> {
    let urls = &one.urls;
    let own = match one.status {
        Status::Rejected => &urls.reject,
        Status::Cancelled => &urls.cancel,
        Status::Failed | Status::Technical => &urls.error,
        _ => &urls.back,
    };
    let mut url = Url::parse(own.as_ref().or(urls.back.as_ref())?).ok()?;
    let outcome = push::returned(one, settings);
    if settings.returns_form {
        return Some(WayBack { url: url.into(), form: Some(outcome) });
    }
    let query = url.query().filter(|query| !query.is_empty()).map(|query| format!("{query}&{outcome}"));
    url.set_query(Some(&query.unwrap_or(outcome)));
    Some(WayBack { url: url.into(), form: None })
}
