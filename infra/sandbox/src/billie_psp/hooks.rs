//! Webhooks: a POST with the agreed key in the agreed header, nothing signed.

use super::Settings;
use crate::json::Json;
use crate::webhooks::Hook;

/// A webhook about an order or a dispute, if there is a URL for it.
pub(crate) fn hook(settings: &Settings, url: Option<&String>, event: &str, about: &str, body: &Json) -> Option<Hook> {
    let key = match settings.webhook_header.to_ascii_lowercase().as_str() {
        "authorization" => format!("Basic {}", settings.webhook_key),
        _ => settings.webhook_key.clone(),
    };
    let headers =
        vec![("content-type".to_owned(), "application/json".to_owned()), (settings.webhook_header.clone(), key)];
    let (event, about, url) = (event.to_owned(), about.to_owned(), url?.clone());
    Some(Hook { event, about, url, headers, body: body.to_string(), sign: None })
}
