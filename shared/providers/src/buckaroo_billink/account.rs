//! The merchant's account document.

use payment::CaptureMode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AccountError;
use crate::account::{BaseUrl, before_colon, check, filled, read, segments};

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(document: &Value) -> AccountError {
        Account::parse(document).err().unwrap()
    }

    #[test]
    fn an_account_needs_an_address_a_website_key_and_a_secret() {
        let good = json!({"base_url": "https://testcheckout.buckaroo.nl", "website_key": "W", "secret_key": "S", "disabled": true});
        assert!(Account::parse(&good).is_ok());
        for (field, bad) in [
            ("base_url", json!("http://checkout.example")),
            ("base_url", json!("https://user@checkout.example")),
            ("website_key", json!("a:b")),
            ("website_key", json!("")),
            ("secret_key", json!("")),
        ] {
            let mut document = good.clone();
            document[field] = bad;
            assert_eq!(refused(&document).field, field);
        }
        let mut short = good.clone();
        short.as_object_mut().unwrap().remove("secret_key");
        assert_eq!(refused(&short).to_string(), "account document: secret_key: is required");
    }

    #[test]
    fn a_refusal_never_holds_a_value() {
        let good = json!({"base_url": "https://a.example", "website_key": "W", "secret_key": "S"});
        for (field, bad) in [
            ("website_key", json!(["hunter2"])),
            ("base_url", json!("hunter2")),
            ("action", json!("hunter2")),
            ("wire", json!({"push_hash": "hunter2"})),
        ] {
            let mut document = good.clone();
            document[field] = bad;
            assert!(!refused(&document).to_string().contains("hunter2"));
        }
        let typo = json!({"base_url": "https://a.example", "website_key": "W", "secret_key": "S", "secretkey": "x"});
        assert_eq!(refused(&typo).to_string(), "account document: secretkey: is not a field of this account");
    }

    #[test]
    fn a_transaction_key_is_one_segment_of_the_address() {
        let document = json!({"base_url": "https://a.example/base/", "website_key": "W", "secret_key": "S"});
        let account = Account::parse(&document).unwrap();
        let url = account.url(&account.wire.status_path, Some("A/../B?c"));
        assert_eq!(url.as_str(), "https://a.example/base/json/Transaction/Status/A%2F..%2FB%3Fc");
    }
}
