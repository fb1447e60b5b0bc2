//! POST /v1/webhooks/billink/{merchant}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(webhook_billink::handle)
}
