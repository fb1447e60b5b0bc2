//! The merchant's account document.

use payment::CaptureMode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::parameters::{OF_ARTICLES, OF_CUSTOMERS};
use crate::AccountError;
use crate::account::{BaseUrl, Rule, before_colon, check, filled, read, segments};

/// One website at Buckaroo. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    base_url: BaseUrl,
    pub(super) website_key: String,
    pub(super) secret_key: SecretString,
    /// What the account may do; both when absent.
    #[serde(default)]
    action: Option<Only>,
    #[serde(default)]
    pub(super) wire: Wire,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Only {
    Authorize,
    Pay,
}

/// The algorithm of signed form pushes, as chosen in the merchant's settings at Buckaroo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PushHash {
    Sha1,
    Sha256,
    Sha512,
}

/// Everything on the wire that no page of the provider says for sure.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) transaction_path: String,
    pub(super) status_path: String,
    pub(super) statuses_path: String,
    pub(super) cancel_path: String,
    /// The service's name; matched without case by the gateway.
    pub(super) service: String,
    /// The guide's table says `CareOff` once, its samples and every later page `CareOf`.
    pub(super) care_of: String,
    /// The guide's table says `GrossUnitPriceExl`, its samples and every later page `GrossUnitPriceExcl`.
    pub(super) gross_unit_price_excl: String,
    /// The guide's Capture has no articles; the shop plug-ins sent them again.
    pub(super) repeat_articles_on_capture: bool,
    /// The only algorithm that a form push may use; any of the three, told by its length, when absent.
    pub(super) push_hash: Option<PushHash>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            transaction_path: "json/Transaction".into(),
            status_path: "json/Transaction/Status".into(),
            statuses_path: "json/Transaction/Statuses".into(),
            cancel_path: "json/Transaction/Cancel".into(),
            service: "Billink".into(),
            care_of: "CareOf".into(),
            gross_unit_price_excl: "GrossUnitPriceExcl".into(),
            repeat_articles_on_capture: false,
            push_hash: None,
        }
    }
}

impl Account {
    /// Reads the document and checks what its types cannot say.
    pub(super) fn parse(document: &Value) -> Result<Self, AccountError> {
        let account: Self = read(document)?;
        check([
            before_colon("website_key", &account.website_key),
            filled("secret_key", account.secret_key.expose_secret()),
            free("wire/care_of", &account.wire.care_of, OF_CUSTOMERS),
            free("wire/gross_unit_price_excl", &account.wire.gross_unit_price_excl, OF_ARTICLES),
        ])?;
        Ok(account)
    }

    /// The only capture mode of this account, where it is limited to one.
    pub(super) fn only(&self) -> Option<CaptureMode> {
        self.action.map(|only| match only {
            Only::Authorize => CaptureMode::Manual,
            Only::Pay => CaptureMode::Automatic,
        })
    }

    /// The address of a path below the base, with a transaction key as the last segment where there is one.
    pub(super) fn url(&self, path: &str, key: Option<&str>) -> Url {
        self.base_url.join(segments(path).chain(key))
    }
}

/// The rule for a parameter's name beside the others of its group, which the gateway compares without case.
fn free(field: &'static str, name: &str, others: &str) -> Rule {
    let free = !name.is_empty() && !others.split(' ').any(|other| other.eq_ignore_ascii_case(name));
    (free, field, "must be a name, and not that of another parameter")
}
