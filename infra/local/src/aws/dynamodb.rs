//! DynamoDB with streams, embedded: `dynoxide` on SQLite behind its own HTTP server.
//!
//! What differs from AWS: reads are always consistent, indexes included; a write that changes nothing still makes a stream
//! record; a stream has one shard that is never split, keeps its records for ever, and its ARN says region `dynoxide`;
//! capacity, throttling and IAM do not exist.

mod table;

use std::path::Path;
use std::time::Duration;

use dynoxide::Database;

use super::StartError;
use super::server::{Listener, Stop};
pub use table::{TableError, create_table};

/// How often items past their TTL are removed. AWS promises no more than "within a few days".
const EXPIRY_SWEEP: Duration = Duration::from_mins(1);

/// A running DynamoDB without any table; dropping it stops it.
pub struct DynamoDb {
    url: String,
    _stop: Stop,
    sweeper: tokio::task::AbortHandle,
}

impl DynamoDb {
    /// Starts on the port (0 takes a free one), in memory or on a file in the data directory.
    ///
    /// # Errors
    /// When the port is taken or the database cannot be opened.
    pub async fn start(port: u16, data: Option<&Path>) -> Result<Self, StartError> {
        let database = open(data)?;
        let listener = Listener::bind(port).await?;
        let url = listener.url();
        let (stop, stopped) = Stop::new();
        let sweeper = tokio::spawn(sweep(database.clone())).abort_handle();
        tokio::spawn(async move {
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener.socket, database, stopped).await {
                tracing::error!(error, "dynamodb failed");
            }
        });
        Ok(Self { url, _stop: stop, sweeper })
    }

    /// The endpoint for SDK clients, of the table and of its stream.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.sweeper.abort();
    }
}

fn open(data: Option<&Path>) -> Result<Database, StartError> {
    let database = match data {
        None => Database::memory(),
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(StartError::Directory)?;
            Database::new(&directory.join("dynamodb.sqlite").to_string_lossy())
        }
    };
    database.map_err(|error| StartError::Database(Box::new(error)))
}

async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(EXPIRY_SWEEP).await;
        let database = database.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            tracing::warn!(%error, "expired items stay for now");
        }
    }
}
