//! The pump: reads a table's stream and hands the records to a function, as Lambda's event source mapping does.
//!
//! A batch that fails is tried again until it passes, with growing pauses, and nothing behind it is delivered before; AWS
//! gives up when the records are 24 hours old, this never does. The pump keeps no checkpoint: it starts at the oldest
//! record, because the queues behind it do not outlive the process either.

mod event;
mod shards;

use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::Record;
use serde_json::Value;

use shards::Stream;

/// Pause between two reads that found nothing: together with the read itself well under the 250 ms relay time.
const IDLE: Duration = Duration::from_millis(100);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// A running pump; dropping it stops it, a call of the function in progress included.
pub struct Pump {
    task: tokio::task::AbortHandle,
}

impl Pump {
    /// Pumps the stream of a table into `function`, from the oldest record on.
    ///
    /// The function gets the JSON of a Lambda DynamoDB stream event and answers like a Lambda with
    /// `ReportBatchItemFailures`: `{"batchItemFailures":[{"itemIdentifier":"<sequence number>"}]}` repeats the batch from
    /// the lowest of these on, an error repeats all of it, anything else is success. A stream that is not there yet is
    /// waited for.
    #[must_use]
    pub fn start<F, Fut, E>(client: Client, table: impl Into<String>, function: F) -> Self
    where
        F: Fn(Value) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, E>> + Send,
        E: Display + Send,
    {
        let table = table.into();
        let task = tokio::spawn(async move { run(&client, &table, &function).await });
        Self { task: task.abort_handle() }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run<F, Fut, E>(client: &Client, table: &str, function: &F)
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<Value, E>>,
    E: Display,
{
    let mut stream = Stream::new(client, table);
    loop {
        match stream.read().await {
            Ok(batch) if batch.records.is_empty() => tokio::time::sleep(IDLE).await,
            Ok(batch) => {
                deliver(&batch.stream_arn, &batch.records, function).await;
                stream.advance(batch);
            }
            Err(error) => {
                tracing::warn!(error = %DisplayErrorContext(&error), table, "cannot read the stream");
                tokio::time::sleep(LONGEST_RETRY).await;
            }
        }
    }
}

async fn deliver<F, Fut, E>(stream_arn: &str, mut records: &[Record], function: &F)
where
    F: Fn(Value) -> Fut,
    Fut: Future<Output = Result<Value, E>>,
    E: Display,
{
    let mut pause = FIRST_RETRY;
    while !records.is_empty() {
        let passed = match function(event::lambda_event(stream_arn, records)).await {
            Ok(response) => passed(&response, records),
            Err(error) => {
                tracing::warn!(%error, records = records.len(), "the stream function failed");
                0
            }
        };
        if passed > 0 {
            pause = FIRST_RETRY;
        }
        records = records.get(passed..).unwrap_or_default();
        if !records.is_empty() {
            tokio::time::sleep(pause).await;
            pause = LONGEST_RETRY.min(pause * 2);
        }
    }
}

/// How many records from the start of the batch are done with. An identifier that is missing or names no record of the
/// batch fails all of it, as in Lambda.
fn passed(response: &Value, records: &[Record]) -> usize {
    let failures = response.get("batchItemFailures").and_then(Value::as_array);
    let positions = failures.into_iter().flatten().map(|failure| {
        let identifier = failure.get("itemIdentifier").and_then(Value::as_str);
        let named = |record: &Record| identifier.is_some() && event::sequence_number(record) == identifier;
        records.iter().position(named).unwrap_or(0)
    });
    positions.min().unwrap_or(records.len())
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodbstreams::types::StreamRecord;
    use serde_json::json;

    use super::*;

    fn batch() -> Vec<Record> {
        let record =
            |number: &str| Record::builder().dynamodb(StreamRecord::builder().sequence_number(number).build()).build();
        ["101", "102", "103"].into_iter().map(record).collect()
    }

    #[test]
    fn an_answer_without_failures_passes_the_whole_batch() {
        for answer in [json!(null), json!({}), json!({ "batchItemFailures": null }), json!({ "batchItemFailures": [] })]
        {
            assert_eq!(passed(&answer, &batch()), 3, "{answer}");
        }
    }

    #[test]
    fn the_batch_is_repeated_from_the_lowest_failure() {
        let answer = json!({ "batchItemFailures": [{ "itemIdentifier": "103" }, { "itemIdentifier": "102" }] });
        assert_eq!(passed(&answer, &batch()), 1);
    }

    #[test]
    fn a_failure_that_names_no_record_fails_the_whole_batch() {
        for failure in [json!({}), json!({ "itemIdentifier": "" }), json!({ "itemIdentifier": "999" })] {
            assert_eq!(passed(&json!({ "batchItemFailures": [failure] }), &batch()), 0, "{failure}");
        }
    }
}
