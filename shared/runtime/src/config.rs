//! The environment of a function. What is missing or wrong is named at start, never at the first payment.

use url::Url;

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
    /// Where providers and buyers reach us.
    pub public_url: Url,
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
        let public_url: Url = variable("PUBLIC_URL")?
            .parse()
            .map_err(|_| ConfigError::Invalid { name: "PUBLIC_URL", rule: "an https URL, or http on loopback" })?;
        Ok(Self {
            table_name: variable("TABLE_NAME")?,
            public_url,
            secrets_prefix: variable("SECRETS_PREFIX")?,
            stage: variable("STAGE")?,
        })
    }

    /// A comma-separated list in the environment, at least one entry.
    ///
    /// # Errors
    /// When it is not set or empty.
    pub fn list(name: &'static str) -> Result<Vec<String>, ConfigError> {
        Ok(variable(name)?.split(',').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect())
    }

    /// A variable that may be absent.
    #[must_use]
    pub fn optional(name: &'static str) -> Option<String> {
        variable(name).ok()
    }
}

/// A variable of the process's environment.
///
/// # Errors
/// When it is not set or empty.
pub(crate) fn variable(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name))
}
