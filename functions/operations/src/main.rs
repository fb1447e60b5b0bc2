//! The operator's desk: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(operations::handle)
}
