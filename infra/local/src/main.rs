//! `cargo run`: the whole of paylater on one machine.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use local::{DEMO_KEY, DEMO_OPERATOR_KEY, Stack, StackOptions, run_demo};
use tracing_subscriber::EnvFilter;

/// paylater on one machine: the API, its AWS services and the providers' stand-ins, all on loopback.
#[derive(Parser)]
#[command(name = "paylater", bin_name = "cargo run --", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Port of the API.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// A file with a JSON array of merchant documents, in place of the demo merchant.
    #[arg(long, value_name = "FILE")]
    merchants: Option<PathBuf>,
    /// Keeps the payments in this directory over restarts; in memory otherwise. The providers' stand-ins forget.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How the log is written.
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,
}

#[derive(Subcommand)]
enum Command {
    /// Plays one whole payment per provider and prints its timeline and events.
    Demo {
        /// Only this provider.
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    Text,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let demo = matches!(arguments.command, Some(Command::Demo { .. }));
    start_log(arguments.log, if demo { "error" } else { "info,dynoxide=error,rustack_sqs_core=warn" });
    let done = match &arguments.command {
        Some(Command::Demo { provider }) => demo_once(provider.as_deref()).await,
        None => serve(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut next = error.source();
            while let Some(cause) = next {
                text.push_str(&format!(": {cause}"));
                next = cause.source();
            }
            let _ = writeln!(io::stderr(), "paylater: {text}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn demo_once(provider: Option<&str>) -> Outcome {
    Ok(run_demo(provider, &mut io::stdout()).await?)
}

async fn serve(arguments: Arguments) -> Outcome {
    let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let merchants = arguments.merchants.as_ref().map(read).transpose()?;
    let own_merchants = merchants.is_some();
    let options = StackOptions { port: arguments.port, data: arguments.data, merchants, ..StackOptions::default() };
    let stack = Stack::start(options).await?;
    greet(&stack, own_merchants)?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The addresses, one plain line each, then the demo key and a first call.
fn greet(stack: &Stack, own_merchants: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = stack.url.as_str().trim_end_matches('/');
    writeln!(out, "paylater {url}")?;
    writeln!(out, "DynamoDB {} (table {}, any credentials)", stack.aws.dynamodb_url, stack.aws.table)?;
    writeln!(out, "SQS {} (any credentials)", stack.aws.sqs_url)?;
    for queue in &stack.aws.event_queue_urls {
        writeln!(out, "Queue {queue}")?;
    }
    writeln!(out, "SecretsManager {} (any credentials)", stack.aws.secrets_url)?;
    for line in stack.sandboxes.lines() {
        writeln!(out, "{line}")?;
    }
    if !own_merchants {
        writeln!(out, "\nKey {DEMO_KEY}")?;
        writeln!(out, "Operator key {DEMO_OPERATOR_KEY}")?;
        writeln!(out, "Try curl -s {url}/v1/capabilities -H 'Authorization: Bearer {DEMO_KEY}'")?;
    }
    writeln!(out, "Stop with Ctrl-C.")
}

fn start_log(log: Log, default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match log {
        Log::Json => builder.json().flatten_event(true).init(),
        Log::Text => builder.with_target(false).init(),
    }
}
