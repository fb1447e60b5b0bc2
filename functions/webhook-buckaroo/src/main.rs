//! POST /v1/webhooks/buckaroo/{merchant}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(webhook_buckaroo::handle)
}
