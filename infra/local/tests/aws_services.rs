//! The embedded services together: what is there after the start, and that nothing is left after the end.

#![cfg(test)]

use std::time::Duration;

use local::aws::secrets::Secrets;
use local::aws::{Aws, Options, StartError, sdk};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_table_the_queues_and_the_secrets_are_there_after_the_start() {
    let secrets = Secrets::from_iter([("paylater/demo", "{}")]);
    let aws = Aws::start(Options { secrets, ..Options::default() }).await.unwrap();

    let tables = aws_sdk_dynamodb::Client::new(&sdk(&aws.dynamodb_url)).list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), ["paylater"]);

    let queues = aws_sdk_sqs::Client::new(&sdk(&aws.sqs_url)).list_queues().send().await.unwrap();
    let names = ["events-1-dlq.fifo", "events-1.fifo", "events-2-dlq.fifo", "events-2.fifo", "wake"];
    assert_eq!(queues.queue_urls(), names.map(|name| format!("{}/000000000000/paylater-{name}", aws.sqs_url)));
    assert_eq!(aws.event_queue_urls, [&queues.queue_urls()[1], &queues.queue_urls()[3]].map(String::clone));
    assert_eq!(aws.wake_queue_url, queues.queue_urls()[4]);

    let client = aws_sdk_secretsmanager::Client::new(&sdk(&aws.secrets_url));
    let secret = client.get_secret_value().secret_id("paylater/demo").send().await.unwrap();
    assert_eq!(secret.secret_string(), Some("{}"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = Aws::start(Options::default()).await.unwrap();
    let port = first.sqs_url.rsplit(':').next().unwrap().parse().unwrap();
    let Err(error) = Aws::start(Options { sqs_port: port, ..Options::default() }).await else { panic!("it started") };
    assert!(matches!(error, StartError::Listen { address, .. } if address.port() == port), "{error}");
}

#[tokio::test]
async fn nobody_listens_after_the_drop() {
    let aws = Aws::start(Options::default()).await.unwrap();
    let urls = [aws.dynamodb_url.clone(), aws.sqs_url.clone(), aws.secrets_url.clone()];
    drop(aws);
    for url in urls {
        let address = url.trim_start_matches("http://");
        let refused = async { while TcpStream::connect(address).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, refused).await.unwrap();
    }
}
