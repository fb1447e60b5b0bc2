//! The AWS SDK's configuration, from what Lambda puts into the environment and without the chain of guesses.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::aws_http;
use crate::config::{ConfigError, variable};

/// The configuration for the clients of one service; `service` is its word in `AWS_ENDPOINT_URL_…`.
///
/// # Errors
/// When region or credentials are not in the environment.
pub fn sdk_config(service: &str) -> Result<SdkConfig, ConfigError> {
    let credentials = Credentials::from_keys(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN").ok(),
    );
    // An empty one is none: `sam local` passes on only what the template declares.
    let given = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let endpoint = given(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| given("AWS_ENDPOINT_URL"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_http::client());
    config.set_endpoint_url(endpoint);
    Ok(config.build())
}
