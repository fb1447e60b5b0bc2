//! Payment sessions: one hour to pay or walk away.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::answers::{form, service};
use super::input::{Urls, Wanted};
use super::{State, page};
use crate::billink_shared::hooks;
use crate::billink_shared::ledger::public_number;
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::Flaw;
use crate::webhooks::Hook;

/// One hour.
const LIFETIME: i64 = 3_600;

/// One session.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) transaction: String,
    pub(crate) number: String,
    pub(crate) public: String,
    pub(crate) custom: Option<String>,
    pub(crate) workflow: String,
    pub(crate) minor: i64,
    pub(crate) email: String,
    pub(crate) urls: Urls,
    pub(crate) status: &'static str,
    pub(crate) expires: Timestamp,
}

impl Session {
    pub(crate) fn line(&self) -> Json {
        map! { "id": &self.id, "reference": &self.number, "state": self.status, "amount": self.minor }
    }

    /// What the webhook of a session says when it is in this status.
    pub(crate) fn told_as(&self, status: &str) -> Json {
        map! {
            "status": status,
            "invoiceNumber": &self.number,
            "transactionId": &self.transaction,
            "billinkInvoiceNumber": &self.public,
        }
    }
}

/// Opens a session.
pub(crate) fn create(state: &mut State, body: &Json, root: &str, now: Timestamp) -> Result<Answer, Answer> {
    let wanted = Wanted::read(body, &state.settings)?;
    admit(state, Some(&wanted.username), Some(&wanted.id))?;
    if state.ledger.find(&wanted.number).is_some() {
        let source = "transaction.orderNumber".to_owned();
        let taken = Flaw { source, title: "Order with this number already exists".to_owned() };
        return Err(form(state.settings.form_errors, &[taken]));
    }
    let Some(urls) = wanted.urls else { return Err(service(500, "Something went wrong")) };
    let id = uuid::Uuid::new_v4().simple().to_string();
    let transaction: String = id.chars().take(6).collect();
    let session = Session {
        transaction: format!("tx_{transaction}"),
        public: public_number(&wanted.workflow, &wanted.number),
        number: wanted.number,
        custom: wanted.custom,
        workflow: wanted.workflow,
        minor: wanted.minor,
        email: wanted.email,
        urls,
        status: "session_active",
        expires: after(now, LIFETIME),
        id,
    };
    let expires = session.expires.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let answer = map! {
        "status": "success",
        "sessionID": &session.id,
        "sessionURL": page::address(root, &session.id),
        "invoice": &session.public,
        "expiresAt": expires,
        "customerID": (10_001 + state.sessions.len()).to_string(),
        "customInvoiceID": session.custom.clone().unwrap_or_default(),
    };
    let hooks = state.about(&session).into_iter().collect();
    state.sessions.push(session);
    Ok(Answer::json(200, answer).with_hooks(hooks))
}

/// Tells the status of a session, by its id or by Billink's invoice number.
pub(crate) fn status(state: &State, body: &Json) -> Result<Answer, Answer> {
    let known = ["billinkUsername", "billinkID", "sessionID", "billinkInvoiceNumber"];
    if let Some((name, _)) = body.pairs().iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(service(400, &format!("Unknown parameter {name}")));
    }
    for name in ["billinkUsername", "billinkID"] {
        if body.text_of(name).is_none_or(str::is_empty) {
            return Err(service(400, &format!("{name} parameter missing")));
        }
    }
    admit(state, body.text_of("billinkUsername"), body.text_of("billinkID"))?;
    let found = match (body.text_of("sessionID"), body.text_of("billinkInvoiceNumber")) {
        (Some(id), _) => state.sessions.iter().find(|session| session.id == id),
        (None, Some(public)) => state.sessions.iter().rfind(|session| session.public == public),
        (None, None) => return Err(service(400, "sessionID parameter missing")),
    };
    let session = found.ok_or_else(|| service(404, "Session not found"))?;
    let mut answer = Answer::json(200, map! { "status": session.status });
    answer.outcome = session.status.to_owned();
    Ok(answer)
}

fn admit(state: &State, username: Option<&str>, id: Option<&str>) -> Result<(), Answer> {
    if state.settings.denied {
        return Err(service(403, "Access denied"));
    }
    if !state.knows(username, id) {
        return Err(service(404, "No client found with such billinkID or billinkUsername"));
    }
    Ok(())
}

impl State {
    /// The webhook of a session.
    pub(crate) fn about(&self, session: &Session) -> Option<Hook> {
        Some(hooks::hook(
            self.session_target.as_ref()?,
            session.status,
            &session.number,
            &session.told_as(session.status),
            0,
        ))
    }

    /// Ends the sessions whose hour is over.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Vec<Hook> {
        let mut over = Vec::new();
        for session in self.sessions.iter_mut().filter(|one| one.status == "session_active" && now >= one.expires) {
            session.status = "session_expired";
            over.push(session.id.clone());
        }
        self.sessions.iter().filter(|one| over.contains(&one.id)).filter_map(|one| self.about(one)).collect()
    }
}
