//! The environment of a function. What is missing or wrong is named at start, never at the first payment.

use std::collections::BTreeSet;

use payment::ProviderId;
use url::{Host, Url};

/// Why a function cannot start. Names the variable, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// Not of the required form.
    #[error("environment variable {name} must be {rule}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

/// The environment of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The table.
    pub table_name: String,
    /// Where providers and buyers reach us; absent where each request tells it.
    pub public_url: Option<Url>,
    /// Where no new payments are opened.
    pub disabled_providers: Vec<ProviderId>,
    /// What stands before the merchant's id in the name of its secret.
    pub secrets_prefix: String,
    /// `prod`, `test`, …
    pub stage: String,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        let public_url = Self::optional("PUBLIC_URL").map(|text| public_url(&text)).transpose()?;
        Ok(Self {
            table_name: variable("TABLE_NAME")?,
            public_url,
            disabled_providers: Self::disabled_providers()?,
            secrets_prefix: variable("SECRETS_PREFIX")?,
            stage: variable("STAGE")?,
        })
    }

    /// Where no new payments are opened, which is nowhere where nobody says so.
    ///
    /// # Errors
    /// When it names what is no provider of this build.
    pub fn disabled_providers() -> Result<Vec<ProviderId>, ConfigError> {
        known_providers(&Self::optional("DISABLED_PROVIDERS").unwrap_or_default())
    }

    /// A comma-separated list in the environment, at least one entry.
    ///
    /// # Errors
    /// When it is not set, empty, or has an entry twice.
    pub fn list(name: &'static str) -> Result<Vec<String>, ConfigError> {
        entries(name, &variable(name)?)
    }

    /// A variable that must be there and may be empty, as on one machine where nobody listens.
    ///
    /// # Errors
    /// When it is not set.
    pub fn given(name: &'static str) -> Result<Option<String>, ConfigError> {
        let value = std::env::var(name).map_err(|_| ConfigError::Missing(name))?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// A variable that may be absent.
    fn optional(name: &'static str) -> Option<String> {
        variable(name).ok()
    }
}

/// The entries of a comma-separated list.
fn entries(name: &'static str, list: &str) -> Result<Vec<String>, ConfigError> {
    let entries: Vec<String> = list.split(',').map(|entry| entry.trim().to_owned()).filter(|e| !e.is_empty()).collect();
    if entries.is_empty() {
        return Err(ConfigError::Missing(name));
    }
    let different = entries.iter().collect::<BTreeSet<_>>().len();
    let rule = "a list of different entries, separated by commas";
    if different == entries.len() { Ok(entries) } else { Err(ConfigError::Invalid { name, rule }) }
}

/// The public address of a text. A placeholder must not reach a payment: buyers would be sent to it, and providers.
fn public_url(text: &str) -> Result<Url, ConfigError> {
    let rule = "an https URL, or http on loopback, without a path and not of the domain .invalid";
    let wrong = ConfigError::Invalid { name: "PUBLIC_URL", rule };
    let url: Url = text.parse().map_err(|_| wrong.clone())?;
    let placeholder = |host: &Host<&str>| match host {
        Host::Domain(name) => name.trim_end_matches('.').rsplit('.').next() == Some("invalid"),
        Host::Ipv4(_) | Host::Ipv6(_) => false,
    };
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let kept = providers::is_https_or_loopback(&url) && bare && nobody && !url.host().is_some_and(|h| placeholder(&h));
    if kept { Ok(url) } else { Err(wrong) }
}

/// Providers of this build by their ids, separated by commas.
fn known_providers(list: &str) -> Result<Vec<ProviderId>, ConfigError> {
    let wrong = ConfigError::Invalid { name: "DISABLED_PROVIDERS", rule: "ids of providers, separated by commas" };
    let known = |word: &str| word.trim().parse().ok().filter(|id| providers::find(id).is_some());
    let words = list.split(',').filter(|word| !word.trim().is_empty());
    words.map(|word| known(word).ok_or_else(|| wrong.clone())).collect()
}

/// A variable of the process's environment.
///
/// # Errors
/// When it is not set or empty.
pub(crate) fn variable(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_https_or_http_on_loopback() {
        for good in
            ["https://pay.example.com", "https://pay.example.com:8443/", "http://127.0.0.1:3000", "http://[::1]:3000"]
        {
            assert!(public_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://pay.example.com",
            "ftp://pay.example.com",
            "pay.example.com",
            "https://pay.example.com/v1",
            "https://pay.example.com?a=b",
            "https://pay.example.com#a",
            "https://user@pay.example.com",
        ] {
            let told = public_url(bad).unwrap_err().to_string();
            assert!(told.starts_with("environment variable PUBLIC_URL must be an https URL"), "{bad}: {told}");
            assert!(!told.contains(bad), "a value is never told");
        }
    }

    #[test]
    fn a_placeholder_never_becomes_the_public_address() {
        for placeholder in
            ["https://placeholder.invalid", "https://INVALID", "https://a.invalid.", "https://a.b.invalid:1"]
        {
            assert!(public_url(placeholder).is_err(), "{placeholder}");
        }
        assert!(public_url("https://invalid.example.com").is_ok());
    }

    #[test]
    fn a_list_names_everything_once() {
        assert_eq!(entries("EVENT_QUEUES", "a, b,,c ").unwrap(), ["a", "b", "c"]);
        assert_eq!(entries("EVENT_QUEUES", " , "), Err(ConfigError::Missing("EVENT_QUEUES")));
        let twice = entries("EVENT_QUEUES", "a,b, a").unwrap_err().to_string();
        assert_eq!(twice, "environment variable EVENT_QUEUES must be a list of different entries, separated by commas");
    }

    #[test]
    fn only_providers_of_this_build_can_be_switched_off() {
        assert_eq!(known_providers(""), Ok(Vec::new()));
        let all: Vec<_> = providers::REGISTRY.iter().map(|known| known.capabilities.provider).collect();
        assert_eq!(known_providers(&all.join(", ")).unwrap().len(), all.len());
        let typo = known_providers("nobody_knows").unwrap_err().to_string();
        assert_eq!(typo, "environment variable DISABLED_PROVIDERS must be ids of providers, separated by commas");
    }
}
