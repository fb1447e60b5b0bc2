//! POST /v1/webhooks/billagain/{merchant}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(webhook_billagain::handle)
}
