//! The table of paylater: keys, indexes, stream and TTL, as the template deploys them.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};

/// Each sparse index with its hash key and, if it has one, its range key. All keys are strings.
const INDEXES: [(&str, &str, Option<&str>); 5] = [
    ("by_provider_reference", "provider_ref", None),
    ("by_due", "due_shard", Some("due_at")),
    ("by_created", "created_month", Some("created_key")),
    ("by_reference", "merchant_ref", Some("created_key")),
    ("by_attention", "attention", Some("created_key")),
];
/// Every attribute that is part of a key.
const KEY_ATTRIBUTES: [&str; 9] =
    ["PK", "SK", "provider_ref", "due_shard", "due_at", "created_month", "created_key", "merchant_ref", "attention"];
const TTL_ATTRIBUTE: &str = "expires_at";

const ACTIVE_POLL: Duration = Duration::from_millis(50);
const ACTIVE_POLLS: usize = 200;

/// Creates the table, or leaves the one that exists, and returns once it is active.
///
/// # Errors
/// When DynamoDB refuses, or an existing table of this name has other indexes.
pub async fn create_table(client: &Client, table: &str) -> Result<(), TableError> {
    let created = definition(client, table)?.send().await;
    if let Err(error) = created
        && !error.as_service_error().is_some_and(|refused| refused.is_resource_in_use_exception())
    {
        return Err(TableError::dynamodb(error));
    }
    let description = active(client, table).await?;
    for (name, ..) in INDEXES {
        if !description.global_secondary_indexes().iter().any(|index| index.index_name() == Some(name)) {
            return Err(TableError::MissingIndex { table: table.to_owned(), index: name });
        }
    }
    enable_ttl(client, table).await
}

fn definition(client: &Client, table: &str) -> Result<CreateTableFluentBuilder, BuildError> {
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()?;
    let mut request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream)
        .set_key_schema(Some(key_schema("PK", Some("SK"))?));
    for name in KEY_ATTRIBUTES {
        let attribute =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()?;
        request = request.attribute_definitions(attribute);
    }
    for (name, hash, range) in INDEXES {
        let index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(Some(key_schema(hash, range)?))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()?;
        request = request.global_secondary_indexes(index);
    }
    Ok(request)
}

fn key_schema(hash: &str, range: Option<&str>) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut schema = vec![element(hash, KeyType::Hash)?];
    if let Some(range) = range {
        schema.push(element(range, KeyType::Range)?);
    }
    Ok(schema)
}

async fn active(client: &Client, table: &str) -> Result<TableDescription, TableError> {
    for _ in 0..ACTIVE_POLLS {
        let answer = client.describe_table().table_name(table).send().await.map_err(TableError::dynamodb)?;
        match answer.table {
            Some(description) if description.table_status() == Some(&TableStatus::Active) => return Ok(description),
            _ => tokio::time::sleep(ACTIVE_POLL).await,
        }
    }
    Err(TableError::NotActive { table: table.to_owned() })
}

/// DynamoDB refuses to enable what is enabled already, so this looks first.
async fn enable_ttl(client: &Client, table: &str) -> Result<(), TableError> {
    let answer = client.describe_time_to_live().table_name(table).send().await.map_err(TableError::dynamodb)?;
    let status = answer.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL_ATTRIBUTE).build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(TableError::dynamodb)?;
    Ok(())
}

/// Why there is no usable table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// DynamoDB refused or did not answer.
    #[error("dynamodb refused")]
    DynamoDb(#[source] Box<aws_sdk_dynamodb::Error>),
    /// The definition is incomplete.
    #[error("the table's definition is incomplete")]
    Definition(#[from] BuildError),
    /// A table of an earlier version is in the way.
    #[error("table {table} exists without index {index}: remove its data directory")]
    MissingIndex {
        /// The table.
        table: String,
        /// The first index that it lacks.
        index: &'static str,
    },
    /// The table was created and did not become active in time.
    #[error("table {table} did not become active")]
    NotActive {
        /// The table.
        table: String,
    },
}

impl TableError {
    fn dynamodb(error: impl Into<aws_sdk_dynamodb::Error>) -> Self {
        Self::DynamoDb(Box::new(error.into()))
    }
}
