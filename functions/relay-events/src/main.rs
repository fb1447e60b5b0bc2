//! DynamoDB stream to SQS queues: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot_event(relay_events::Relay::from_env(), relay_events::handle)
}
