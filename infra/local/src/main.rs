//! `cargo run`: the whole of paylater on one machine.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use local::{DEMO_KEY, DEMO_OPERATOR_KEY, Documents, Stack, StackError, StackOptions, run_demo};
use payment::{MerchantId, ProviderId};
use runtime::Config;
use service::Scope;
use tracing_subscriber::EnvFilter;
use url::Url;

const OF_ENVIRONMENT: &str = "Environment: DISABLED_PROVIDERS names providers, separated by commas, that open no new \
                              payments, as in a deployment.";

/// paylater on one machine: the API, its AWS services and the providers' stand-ins, all on loopback.
#[derive(Parser)]
#[command(name = "paylater", bin_name = "cargo run --", version, after_help = OF_ENVIRONMENT)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Port of the API.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// A file with a JSON array of merchant documents, or with one, in place of the demo merchant; - is standard input.
    #[arg(long, value_name = "FILE", global = true)]
    merchants: Option<PathBuf>,
    /// Where buyers and providers reach the API when it runs elsewhere, as under `sam local start-api`.
    #[arg(long, value_name = "URL")]
    public_url: Option<Url>,
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
    /// Says what is wrong with the merchant documents; exits with 1 where something is.
    Doctor {
        /// Asks every provider whether it knows the credentials, by a call that changes nothing.
        #[arg(long)]
        live: bool,
    },
    /// API keys.
    #[command(subcommand)]
    Keys(Keys),
}

#[derive(Subcommand)]
enum Keys {
    /// Makes a key, and the entry that lets it in.
    New {
        /// Whose key it is: the id in the merchant's document.
        #[arg(long, value_name = "ID")]
        merchant: MerchantId,
        /// What it may do.
        #[arg(long, value_enum, default_value_t = KeyScope::Checkout)]
        scope: KeyScope,
        /// What people call it; its scope where not given.
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyScope {
    /// Everything a checkout needs.
    Checkout,
    /// That, and the operator's desk.
    Operator,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    Text,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let serves = arguments.command.is_none();
    start_log(arguments.log, if serves { "info,settle=warn,dynoxide=error,rustack_sqs_core=warn" } else { "error" });
    let done = match &arguments.command {
        Some(Command::Demo { provider }) => demo_once(provider.as_deref()).await,
        Some(Command::Doctor { live }) => examine(arguments.merchants.as_deref(), *live).await,
        Some(Command::Keys(Keys::New { merchant, scope, label })) => new_key(merchant, *scope, label.as_deref()),
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

fn new_key(merchant: &MerchantId, scope: KeyScope, label: Option<&str>) -> Outcome {
    let (scope, usual) = match scope {
        KeyScope::Checkout => (Scope::Checkout, "checkout"),
        KeyScope::Operator => (Scope::Operator, "operator"),
    };
    let key = local::new_key(merchant)?;
    let entry = local::key_entry(&key, scope, label.unwrap_or(usual));
    Ok(write!(io::stdout(), "{}", local::instructions(&key, &entry))?)
}

async fn examine(file: Option<&Path>, live: bool) -> Outcome {
    let fine = match file {
        Some(file) => documents(file)?.examine(live, &mut io::stdout()).await?,
        None => {
            // The stand-ins answer the questions about the demo merchant.
            let stack = Stack::start(StackOptions::default()).await?;
            let demo = Documents { name: "demo merchant".to_owned(), text: stack.demo_merchant.to_string() };
            demo.examine(live, &mut io::stdout()).await?
        }
    };
    if fine { Ok(()) } else { Err("something has to be mended, see above; then run the doctor again".into()) }
}

fn documents(file: &Path) -> Result<Documents, String> {
    let read = match file.to_str() {
        Some("-") => io::read_to_string(io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    let name = file.display().to_string();
    let unreadable =
        |error| format!("{name}: {error}; --merchants takes a file as README.md, \"First merchant\", has it");
    Ok(Documents { text: read.map_err(unreadable)?, name })
}

async fn serve(arguments: Arguments) -> Outcome {
    let merchants = arguments.merchants.as_deref().map(documents).transpose()?;
    let text = merchants.as_ref().map(|documents| documents.text.clone());
    let options = StackOptions {
        port: arguments.port,
        public_url: arguments.public_url,
        data: arguments.data,
        merchants: text,
        disabled_providers: Config::disabled_providers()?,
        console: true,
        ..StackOptions::default()
    };
    let disabled = options.disabled_providers.clone();
    let stack = Stack::start(options).await.map_err(|error| match (&error, &merchants) {
        (StackError::Merchants(faults), Some(documents)) => {
            format!("the merchants cannot be used; mend these:\n{}", documents.wrong(faults)).into()
        }
        _ => Box::<dyn std::error::Error>::from(error),
    })?;
    greet(&stack, &disabled, merchants.is_some())?;
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The addresses, one plain line each, then the demo key and a first call.
fn greet(stack: &Stack, disabled: &[ProviderId], own_merchants: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = stack.url.as_str().trim_end_matches('/');
    writeln!(out, "paylater {url}")?;
    if let Some(console) = &stack.console_url {
        writeln!(out, "Console {}", console.as_str().trim_end_matches('/'))?;
    }
    writeln!(out, "DynamoDB {} (table {}, any credentials)", stack.aws.dynamodb_url, stack.aws.table)?;
    writeln!(out, "SQS {} (any credentials)", stack.aws.sqs_url)?;
    for queue in &stack.aws.event_queue_urls {
        writeln!(out, "Queue {queue}")?;
    }
    writeln!(out, "SecretsManager {} (any credentials)", stack.aws.secrets_url)?;
    for line in stack.sandboxes.lines() {
        writeln!(out, "{line}")?;
    }
    for provider in disabled {
        writeln!(out, "Switched off {provider}: no new payments are opened there")?;
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
