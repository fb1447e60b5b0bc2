//! Calls with an OAuth token: fetched once, kept until it is old, renewed once when it is refused.

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::Mutex;

use super::account::Account;
use crate::object::Body;
use crate::{Answer, Context, Deadline, Effect, ReadError, Request, Response, Transport};

const JSON: &str = "application/json";

/// A token is renewed this long before it ends, so that it outlives the call.
const MARGIN_SECONDS: i64 = 60;

/// How long a token may be waited for; the rest of the deadline belongs to the call itself.
const TOKEN_WAIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    /// Seconds; usually 28800.
    #[serde(default)]
    expires_in: i64,
}

/// A granted token.
#[derive(Clone)]
pub(super) struct Token {
    bearer: SecretString,
    renew_at: Timestamp,
}

impl Token {
    fn sign(&self, request: Request) -> Request {
        let value = format!("Bearer {}", self.bearer.expose_secret());
        request.with_header(ACCEPT, JSON, false).with_header(AUTHORIZATION, &value, true)
    }
}

/// The account with a way to call it.
pub(super) struct Client {
    pub(super) account: Account,
    transport: Transport,
    token: Mutex<Option<Token>>,
}

impl Client {
    pub(super) fn new(account: Account, transport: Transport) -> Self {
        Self { account, transport, token: Mutex::new(None) }
    }

    /// The one effectful call. A 401 means that nothing was done, so the same effect is used again with a new token.
    pub(super) async fn act(&self, effect: Effect, request: Request, context: &Context<'_>) -> Answer {
        let Ok(token) = self.token(context, None).await else { return Answer::NotSent };
        match self.transport.act(effect, token.sign(request.clone()), context.deadline).await {
            Answer::Unauthorized(effect) => {
                let Ok(token) = self.token(context, Some(&token)).await else { return Answer::NotSent };
                self.transport.act(effect, token.sign(request), context.deadline).await
            }
            answer => answer,
        }
    }

    pub(super) async fn read(&self, request: Request, context: &Context<'_>) -> Result<Response, ReadError> {
        let token = self.token(context, None).await?;
        let response = self.transport.read(token.sign(request.clone()), context.deadline).await?;
        if response.status != 401 {
            return Ok(response);
        }
        let token = self.token(context, Some(&token)).await?;
        let response = self.transport.read(token.sign(request), context.deadline).await?;
        if response.status == 401 { Err(ReadError::Unauthorized) } else { Ok(response) }
    }

    /// The token at hand, or a new one when there is none, it is old, or it is the one that was refused.
    async fn token(&self, context: &Context<'_>, refused: Option<&Token>) -> Result<Token, ReadError> {
        let mut kept = self.token.lock().await;
        let good = |t: &&Token| {
            context.now < t.renew_at && refused.is_none_or(|r| r.bearer.expose_secret() != t.bearer.expose_secret())
        };
        if let Some(token) = kept.as_ref().filter(good) {
            return Ok(token.clone());
        }
        *kept = None;
        Ok(kept.insert(self.fetch(context.deadline, context.now).await?).clone())
    }

    /// A new token.
    pub(super) async fn fetch(&self, deadline: Deadline, now: Timestamp) -> Result<Token, ReadError> {
        let body = Body::default()
            .with("grant_type", "client_credentials")
            .with("client_id", &self.account.client_id)
            .with("client_secret", self.account.client_secret.expose_secret());
        let request = Request::new(Method::POST, self.account.url(&["oauth", "token"])).with_json(&body);
        let request = request.ok_or(ReadError::Unreadable)?.with_header(ACCEPT, JSON, false);
        let response = self.transport.read(request, deadline.at_most(TOKEN_WAIT)).await?;
        match response.status {
            200..=299 => {}
            400 | 401 | 403 => return Err(ReadError::Unauthorized),
            _ => return Err(ReadError::Unreadable),
        }
        let granted: Granted = serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable)?;
        let life = SignedDuration::from_secs(granted.expires_in.saturating_sub(MARGIN_SECONDS).max(0));
        let renew_at = now.checked_add(life).map_err(|_| ReadError::Unreadable)?;
        Ok(Token { bearer: granted.access_token, renew_at })
    }
}
