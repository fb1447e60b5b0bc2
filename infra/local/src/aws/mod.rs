//! The AWS services of paylater, inside this process and on loopback only.
//!
//! [`Aws::start`] starts a DynamoDB with the table, an SQS with the queues and a Secrets Manager with the secrets it is
//! given. The ordinary AWS SDK clients reach them by the configuration that [`sdk`] builds; any signature is accepted.

pub mod dynamodb;
pub mod secrets;
mod server;
pub mod sqs;
pub mod streams;

use std::net::SocketAddr;
use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_types::SdkConfig;
use aws_types::region::Region;

use dynamodb::DynamoDb;
use secrets::{Secrets, SecretsManager};
use sqs::Sqs;

/// The region that every service here answers for.
pub const REGION: &str = "eu-central-1";
/// The account that every ARN and queue URL here carries.
pub const ACCOUNT: &str = "000000000000";
/// The access key to show people; any other works as well.
pub const ACCESS_KEY_ID: &str = "local";
/// The secret key to show people; any other works as well.
pub const SECRET_ACCESS_KEY: &str = "local";

/// Where the services listen and what they start with.
#[derive(Clone)]
pub struct Options {
    /// Port of DynamoDB and its streams; 0 takes a free one.
    pub dynamodb_port: u16,
    /// Port of SQS; 0 takes a free one.
    pub sqs_port: u16,
    /// Port of Secrets Manager; 0 takes a free one.
    pub secrets_port: u16,
    /// Directory that keeps the table over restarts; without it everything is in memory. Queues never outlive the process.
    pub data: Option<PathBuf>,
    /// Name of the table.
    pub table: String,
    /// Names of the FIFO queues that receive the events, each ending in `.fifo`.
    pub event_queues: Vec<String>,
    /// Name of the standard queue that wakes `settle`.
    pub wake_queue: String,
    /// The secrets to answer; the caller keeps a clone to change them later.
    pub secrets: Secrets,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dynamodb_port: 0,
            sqs_port: 0,
            secrets_port: 0,
            data: None,
            table: "paylater".to_owned(),
            event_queues: vec!["paylater-events-1.fifo".to_owned(), "paylater-events-2.fifo".to_owned()],
            wake_queue: "paylater-wake".to_owned(),
            secrets: Secrets::default(),
        }
    }
}

/// The running services; dropping it stops them.
pub struct Aws {
    /// Endpoint of DynamoDB and of its streams.
    pub dynamodb_url: String,
    /// Endpoint of SQS.
    pub sqs_url: String,
    /// Endpoint of Secrets Manager.
    pub secrets_url: String,
    /// Name of the table.
    pub table: String,
    /// URLs of the event queues, in the order of [`Options::event_queues`].
    pub event_queue_urls: Vec<String>,
    /// URL of the queue that wakes `settle`.
    pub wake_queue_url: String,
    _services: (DynamoDb, Sqs, SecretsManager),
}

impl Aws {
    /// Starts the services and creates what is not there yet: the table, the queues.
    ///
    /// # Errors
    /// When a port is taken, the data directory cannot be used, or the table or a queue cannot be created.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let dynamodb = DynamoDb::start(options.dynamodb_port, options.data.as_deref()).await?;
        dynamodb::create_table(&aws_sdk_dynamodb::Client::new(&sdk(dynamodb.url())), &options.table).await?;

        let sqs = Sqs::start(options.sqs_port).await?;
        let client = aws_sdk_sqs::Client::new(&sdk(sqs.url()));
        let mut event_queue_urls = Vec::new();
        for name in &options.event_queues {
            event_queue_urls.push(sqs::create_event_queue(&client, name).await?);
        }
        let wake_queue_url = sqs::create_queue(&client, &options.wake_queue).await?;

        let secrets = SecretsManager::start(options.secrets_port, options.secrets).await?;
        Ok(Self {
            dynamodb_url: dynamodb.url().to_owned(),
            sqs_url: sqs.url().to_owned(),
            secrets_url: secrets.url().to_owned(),
            table: options.table,
            event_queue_urls,
            wake_queue_url,
            _services: (dynamodb, sqs, secrets),
        })
    }
}

/// The SDK configuration for one loopback endpoint: plain HTTP, fixed credentials, the local region.
#[must_use]
pub fn sdk(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .endpoint_url(endpoint)
        .build()
}

/// Why the services did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The data directory cannot be created.
    #[error("cannot create the data directory; choose another one with --data")]
    Directory(#[source] std::io::Error),
    /// The database cannot be opened.
    #[error("cannot open the database; stop what uses it, or choose another directory with --data")]
    Database(#[source] Box<::dynoxide::errors::DynoxideError>),
    /// The table cannot be created.
    #[error("cannot create the table")]
    Table(#[from] dynamodb::TableError),
    /// A queue cannot be created.
    #[error("cannot create a queue")]
    Queue(#[from] sqs::QueueError),
}
