//! OAuth client credentials: short-lived bearer tokens.
//!
//! Source: docs.billie.io/reference/oauth_token_create.

use jiff::Timestamp;

use super::Settings;
use super::{invalid, verdict};
use crate::billie::refusal;
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};
use crate::reader::{Flaws, Reader};

/// Eight hours.
const LIFETIME: i64 = 28_800;

/// The tokens that are alive, with the moment they die.
#[derive(Default)]
pub(crate) struct Tokens(Vec<(String, Timestamp)>);

impl Tokens {
    /// Gives out a token for the right credentials, asked for in JSON or as a form.
    pub(crate) fn create(&mut self, request: &Incoming, settings: &Settings, now: Timestamp) -> Result<Answer, Answer> {
        let body = body(request)?;
        let flaws = Flaws::default();
        let reader = Reader::new(&body, &flaws);
        let (grant, id, secret) = (reader.text("grant_type"), reader.text("client_id"), reader.text("client_secret"));
        if !grant.is_empty() && grant != "client_credentials" {
            reader.flaw("grant_type", "The value you selected is not a valid choice.");
        }
        reader.end();
        verdict(flaws)?;
        if id != settings.client_id || secret != settings.client_secret {
            return Err(unauthorized());
        }
        let token = format!("sandbox.{}.{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        self.0.push((token.clone(), after(now, LIFETIME)));
        Ok(Answer::json(200, map! { "token_type": "Bearer", "expires_in": LIFETIME, "access_token": token }))
    }

    /// Lets a request in whose token is alive.
    pub(crate) fn check(&self, request: &Incoming, now: Timestamp) -> Result<(), Answer> {
        let token = bearer(request);
        let alive = |(known, until): &(String, Timestamp)| Some(known.as_str()) == token && now < *until;
        if self.0.iter().any(alive) { Ok(()) } else { Err(unauthorized()) }
    }

    /// Ends the token of the request.
    pub(crate) fn revoke(&mut self, request: &Incoming) -> Answer {
        let token = bearer(request);
        self.0.retain(|(known, _)| Some(known.as_str()) != token);
        Answer::empty(204)
    }

    /// Ends all tokens.
    pub(crate) fn expire(&mut self) {
        self.0.clear();
    }
}

fn bearer(request: &Incoming) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}

fn body(request: &Incoming) -> Result<Json, Answer> {
    match request.media_type().as_str() {
        "application/json" => Json::parse(&request.body).ok_or_else(|| invalid("", "The body is not valid JSON.")),
        "application/x-www-form-urlencoded" => {
            let pairs = form_urlencoded::parse(&request.body).into_owned();
            Ok(Json::Map(pairs.map(|(name, value)| (name, Json::Text(value))).collect()))
        }
        _ => Err(invalid("", "The Content-Type must be JSON or a form.")),
    }
}

fn unauthorized() -> Answer {
    refusal(401, "unauthorized", "Unauthorized")
}
