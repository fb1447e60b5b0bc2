//! POST /v1/merchants/{merchant}/activations: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(activate_merchant::handle)
}
