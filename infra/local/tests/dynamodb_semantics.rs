//! What the store relies on, shown on the embedded DynamoDB with the ordinary SDK client.

#![cfg(test)]

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CancellationReason, KeySchemaElement, KeyType, Put,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, StreamViewType, TimeToLiveStatus, TransactWriteItem,
};
use local::aws::dynamodb::{DynamoDb, TableError, create_table};
use local::aws::{Aws, Options, sdk};

const TABLE: &str = "paylater";

type Item = HashMap<String, AttributeValue>;

/// A fresh database with the table in it.
struct Table {
    client: Client,
    _dynamodb: DynamoDb,
}

impl Table {
    async fn start() -> Self {
        let dynamodb = DynamoDb::start(0, None).await.unwrap();
        let client = Client::new(&sdk(dynamodb.url()));
        create_table(&client, TABLE).await.unwrap();
        Self { client, _dynamodb: dynamodb }
    }

    async fn put(&self, item: Item) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// What an index answers for a hash key, by SK, in its order.
    async fn query(&self, index: &str, hash: (&str, &str)) -> Vec<Item> {
        let request = self.client.query().table_name(TABLE).index_name(index);
        let request = request.key_condition_expression("#hash = :hash").expression_attribute_names("#hash", hash.0);
        let answer = request.expression_attribute_values(":hash", text(hash.1)).send().await.unwrap();
        answer.items.unwrap_or_default()
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn item(attributes: &[(&str, &str)]) -> Item {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
}

fn sort_keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item["SK"].as_s().unwrap().as_str()).collect()
}

#[tokio::test]
async fn the_table_has_the_stream_and_the_ttl_and_can_be_created_twice() {
    let table = Table::start().await;
    create_table(&table.client, TABLE).await.unwrap();

    let description = table.client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    let stream = description.stream_specification().unwrap();
    assert_eq!(stream.stream_view_type(), Some(&StreamViewType::NewAndOldImages));
    let ttl = table.client.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name(), Some("expires_at"));
    assert_eq!(ttl.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
}

#[tokio::test]
async fn a_table_of_the_same_name_without_an_index_is_not_taken_for_ours() {
    let dynamodb = DynamoDb::start(0, None).await.unwrap();
    let client = Client::new(&sdk(dynamodb.url()));
    let key = KeySchemaElement::builder().attribute_name("PK").key_type(KeyType::Hash).build().unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("PK").attribute_type(ScalarAttributeType::S);
    let request = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest).key_schema(key);
    request.attribute_definitions(attribute.build().unwrap()).send().await.unwrap();

    let error = create_table(&client, TABLE).await.unwrap_err();
    assert!(matches!(error, TableError::MissingIndex { index: "by_provider_reference", .. }), "{error}");
}

#[tokio::test]
async fn a_put_whose_condition_fails_changes_nothing_and_can_show_what_is_there() {
    let table = Table::start().await;
    table.put(item(&[("PK", "PAY#1"), ("SK", "STATE"), ("version", "7")])).await;

    let put = |expected: &str| {
        let request = table.client.put_item().table_name(TABLE);
        let request = request.set_item(Some(item(&[("PK", "PAY#1"), ("SK", "STATE"), ("version", "8")])));
        let request =
            request.condition_expression("version = :seen").expression_attribute_values(":seen", text(expected));
        request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).send()
    };
    let refused = put("6").await.unwrap_err().into_service_error();
    let PutItemError::ConditionalCheckFailedException(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.item().unwrap()["version"], text("7"));

    put("7").await.unwrap();
}

#[tokio::test]
async fn a_transaction_is_written_whole_or_cancelled_with_a_reason_per_item() {
    let table = Table::start().await;
    let write = |keys: [&str; 2]| {
        let puts = keys.map(|key| {
            let put = Put::builder().table_name(TABLE).set_item(Some(item(&[("PK", key), ("SK", "STATE")])));
            let put = put.condition_expression("attribute_not_exists(PK)").build().unwrap();
            TransactWriteItem::builder().put(put).build()
        });
        table.client.transact_write_items().set_transact_items(Some(puts.to_vec())).send()
    };
    write(["PAY#1", "PAY#2"]).await.unwrap();

    let error = write(["PAY#3", "PAY#2"]).await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(canceled) = &error else { panic!("{error:?}") };
    let codes: Vec<_> = canceled.cancellation_reasons().iter().filter_map(CancellationReason::code).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);

    let request = table.client.get_item().table_name(TABLE).key("PK", text("PAY#3")).key("SK", text("STATE"));
    assert!(request.send().await.unwrap().item.is_none(), "nothing of it was written");
}

#[tokio::test]
async fn an_index_holds_the_keys_of_the_items_that_carry_its_attributes_in_range_order() {
    let table = Table::start().await;
    table.put(item(&[("PK", "PAY#1"), ("SK", "B"), ("due_shard", "3"), ("due_at", "2030"), ("secret", "x")])).await;
    table.put(item(&[("PK", "PAY#2"), ("SK", "A"), ("due_shard", "3"), ("due_at", "2029")])).await;
    table.put(item(&[("PK", "PAY#3"), ("SK", "C"), ("provider_ref", "billie#9")])).await;

    let due = table.query("by_due", ("due_shard", "3")).await;
    assert_eq!(sort_keys(&due), ["A", "B"]);
    assert_eq!(due[1], item(&[("PK", "PAY#1"), ("SK", "B"), ("due_shard", "3"), ("due_at", "2030")]), "keys only");
    assert_eq!(sort_keys(&table.query("by_provider_reference", ("provider_ref", "billie#9")).await), ["C"]);

    table.put(item(&[("PK", "PAY#2"), ("SK", "A")])).await;
    assert_eq!(sort_keys(&table.query("by_due", ("due_shard", "3")).await), ["B"], "no longer due, no longer listed");
}

#[tokio::test]
async fn lists_by_creation_and_by_reference_share_their_range_key() {
    let table = Table::start().await;
    for (key, created) in [("PAY#1", "2026-01-02"), ("PAY#2", "2026-01-01")] {
        let listed = [("created_month", "demo#2026-01"), ("merchant_ref", "demo#ORD-1"), ("created_key", created)];
        table.put(item(&[&[("PK", key), ("SK", created)], &listed[..]].concat())).await;
    }
    assert_eq!(
        sort_keys(&table.query("by_created", ("created_month", "demo#2026-01")).await),
        ["2026-01-01", "2026-01-02"]
    );
    assert_eq!(
        sort_keys(&table.query("by_reference", ("merchant_ref", "demo#ORD-1")).await),
        ["2026-01-01", "2026-01-02"]
    );
}

#[tokio::test]
async fn a_data_directory_keeps_the_table_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options { data: Some(directory.path().join("new")), ..Options::default() };
    let put = item(&[("PK", "PAY#1"), ("SK", "STATE")]);

    let first = Aws::start(options()).await.unwrap();
    let client = Client::new(&sdk(&first.dynamodb_url));
    client.put_item().table_name(TABLE).set_item(Some(put.clone())).send().await.unwrap();
    drop(first);

    let second = Aws::start(options()).await.unwrap();
    let client = Client::new(&sdk(&second.dynamodb_url));
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().items(), [put]);
}
