//! A merchant's account at BillAgain, as its document gives it.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::map::{MESSAGES, Unknown, is_same};
use crate::account::{BaseUrl, BasicCredentials, SessionSeconds, before_colon, check, filled, read, segments};
use crate::{AccountError, Request};

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// `https://api.billagain.com/v1`.
    base_url: BaseUrl,
    /// The numeric account identifier, which is the user name.
    account_id: String,
    api_key: SecretString,
    /// Where an order names no gateway of its own.
    pub(super) gateway_id: Option<u64>,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// What no page of the provider says for sure. Names are compared without case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    pub(super) initiate_path: String,
    pub(super) transaction_path: String,
    pub(super) payment_path: String,
    /// What the return address and the notification call the transaction's id.
    pub(super) transaction_id: Vec<String>,
    /// Whether a transaction's `Token` is the last part of the address of its page, as it looks in the guide's samples.
    /// Where it is not, a transaction is known as its payment's by our own addresses, which it tells.
    pub(super) token_in_transaction: bool,
    /// What a transaction calls its text result. The guide gives it the name `Description`, which is also the goods';
    /// the others are the words of the vendor's own gateway library.
    pub(super) result_text: Vec<String>,
    /// What more messages say that BillAgain does not know.
    messages: BTreeMap<String, Unknown>,
    /// How long a page works.
    pub(super) session_seconds: SessionSeconds,
}

impl Default for Wire {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            initiate_path: "secure/initiate".into(),
            transaction_path: "secure/transactions".into(),
            payment_path: "payments".into(),
            transaction_id: names(&["transactionID", "transaction_id"]),
            token_in_transaction: true,
            result_text: names(&["ResultText", "Result", "ResultDescription"]),
            messages: BTreeMap::new(),
            session_seconds: SessionSeconds::default(),
        }
    }
}

impl Wire {
    /// A message of theirs in our words, by the account or by our table; none for any other, which may name the buyer.
    pub(super) fn message(&self, theirs: &str) -> Option<String> {
        let own = self.messages.iter().find(|(text, _)| is_same(text, theirs)).map(|(_, unknown)| *unknown);
        let usual = || MESSAGES.iter().find(|(text, _)| is_same(text, theirs)).map(|(_, unknown)| *unknown);
        own.or_else(usual).map(|unknown| unknown.told().to_owned())
    }
}

impl Account {
    pub(super) fn read(document: &Value) -> Result<Self, AccountError> {
        let account: Self = read(document)?;
        check([before_colon("account_id", &account.account_id), filled("api_key", account.api_key.expose_secret())])?;
        Ok(account)
    }

    /// An address below the base; an id is one segment of it.
    pub(super) fn url(&self, path: &str, id: Option<&str>) -> Url {
        self.base_url.join(segments(path).chain(id))
    }

    pub(super) fn sign(&self, request: Request) -> Request {
        BasicCredentials { user: &self.account_id, password: &self.api_key }.sign(request)
    }
}
