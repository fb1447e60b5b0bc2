//! Where webhooks go: set and disabled by the client, with or without signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::State;
use super::answers::service;
use crate::billink_shared::hooks::Target;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::webhooks::is_loopback;

fn admit(state: &State, body: &Json, more: &[&str]) -> Result<(), Answer> {
    for name in ["billinkUsername", "billinkID"] {
        if body.text_of(name).is_none_or(str::is_empty) {
            return Err(service(400, &format!("{name} parameter missing")));
        }
    }
    let known = |name: &str| ["billinkUsername", "billinkID"].contains(&name) || more.contains(&name);
    if let Some((name, _)) = body.pairs().iter().find(|(name, _)| !known(name)) {
        return Err(service(400, &format!("Unknown parameter {name}")));
    }
    let ours = state.knows(body.text_of("billinkUsername"), body.text_of("billinkID"));
    if ours { Ok(()) } else { Err(service(404, "Client not found")) }
}

/// Makes a new secret and shows it once; what is registered already is signed with it from now on.
pub(crate) fn generate(state: &mut State, body: &Json) -> Result<Answer, Answer> {
    admit(state, body, &[])?;
    let random = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
    let secret = STANDARD.encode(random);
    state.settings.webhook_secret = Some(secret.clone());
    for target in [&mut state.session_target, &mut state.order_target].into_iter().flatten() {
        if target.secret.is_some() {
            target.secret = Some(secret.clone());
        }
    }
    let message = "Webhook V3 secret is generated successfully";
    Ok(Answer::json(200, map! { "status": "success", "message": message, "secret": secret }))
}

/// `https`, or this machine.
fn is_good(url: &str) -> bool {
    let https = Url::parse(url).is_ok_and(|url| url.scheme() == "https");
    https || (is_loopback(url) && url.starts_with("http:"))
}

/// Registers a URL; the newest registration for sessions, or for orders, counts.
pub(crate) fn set(state: &mut State, path: &str, body: &Json) -> Result<Answer, Answer> {
    admit(state, body, &["url"])?;
    let url = body.text_of("url").unwrap_or_default().to_owned();
    if url.is_empty() {
        return Err(service(400, "url parameter is empty"));
    }
    if !is_good(&url) {
        return Err(service(400, "Invalid url parameter"));
    }
    let secret = state.settings.webhook_secret.clone().filter(|_| path.contains("/webhook-v3/"));
    if secret.is_none() && path.contains("/webhook-v3/") {
        return Err(service(400, "Webhook signing secret is not set. Please, generate the secret first"));
    }
    *slot(state, path) = Some(Target { url, secret });
    Ok(Answer::json(200, map! { "status": "success", "message": "Webhook has been set" }))
}

/// Forgets a URL.
pub(crate) fn disable(state: &mut State, path: &str, body: &Json) -> Result<Answer, Answer> {
    admit(state, body, &[])?;
    *slot(state, path) = None;
    Ok(Answer::json(200, map! { "status": "success", "message": "Webhook has been disabled" }))
}

fn slot<'a>(state: &'a mut State, path: &str) -> &'a mut Option<Target> {
    if path.starts_with("/v2/session/") { &mut state.session_target } else { &mut state.order_target }
}
