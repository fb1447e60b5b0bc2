//! Everything at once: AWS services, sandboxes, gateway, stream pump and sweep.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use payment::ProviderId;
use providers::{Deadline, Transport};
use relay_events::{Queues, Relay};
use runtime::{App, FixedMerchants};
use serde_json::json;
use service::{Faults, Service, World};
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use crate::aws::{self, Aws};
use crate::console::Console;
use crate::demo_merchant::{DEMO_MERCHANT, DEMO_OPERATOR_KEY, document};
use crate::gateway;
use crate::routes::{Routes, RoutesError};
use crate::sandboxes::{Sandboxes, wanted_or_any};

/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// How to start.
#[derive(Clone, Default)]
pub struct StackOptions {
    /// Port of the gateway; 0 takes a free one.
    pub port: u16,
    /// Directory that keeps the table over restarts.
    pub data: Option<PathBuf>,
    /// A JSON array of merchant documents in place of the demo merchant.
    pub merchants: Option<String>,
    /// Whether the caller sweeps, and nothing is swept by itself.
    pub without_sweep: bool,
    /// Whether nothing is handed to the relay.
    pub without_relay: bool,
    /// Whether the sweep runs only when the relay wakes it.
    pub without_schedule: bool,
    /// Where buyers and providers reach the API, if not at this gateway.
    pub public_url: Option<Url>,
    /// Where no new payments are opened, whoever the merchant is.
    pub disabled_providers: Vec<ProviderId>,
    /// Whether there are pages to look at it.
    pub console: bool,
    /// How long a provider's call that changes something may take, if less than its capabilities say.
    pub patience: Option<Duration>,
}

/// Why the stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A port cannot be listened on.
    #[error("cannot listen on {address}; choose another one with --port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The AWS services do not start.
    #[error(transparent)]
    Aws(#[from] aws::StartError),
    /// A sandbox does not start.
    #[error("a sandbox does not start")]
    Sandbox(#[source] std::io::Error),
    /// The console does not start.
    #[error("the console does not start")]
    Console(#[source] std::io::Error),
    /// There is no HTTP client.
    #[error("there is no HTTP client")]
    Http(#[from] reqwest::Error),
    /// A merchant document is wrong.
    #[error(transparent)]
    Merchants(#[from] Faults),
    /// The template is wrong.
    #[error(transparent)]
    Routes(#[from] RoutesError),
    /// An address is none.
    #[error("an address of the stack is not a URL")]
    Url(#[from] url::ParseError),
}

/// The whole of paylater, running; dropping it stops it.
pub struct Stack {
    /// The API.
    pub url: Url,
    /// The pages to look at it, where there are any.
    pub console_url: Option<Url>,
    /// The AWS services.
    pub aws: Aws,
    /// The providers' stand-ins.
    pub sandboxes: Sandboxes,
    /// The demo merchant's document, with an account at each of them.
    pub demo_merchant: serde_json::Value,
    /// What the functions work with.
    pub app: App,
    _pump: Option<aws::streams::Pump>,
    tasks: Vec<JoinHandle<()>>,
}

impl Stack {
    /// Starts everything.
    ///
    /// # Errors
    /// Says which part does not start, and why.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let listener = listen(options.port).await?;
        let url: Url = format!("http://{}", listener.local_addr().map_err(StackError::Sandbox)?).parse()?;
        // Next to the API, so that a merchant document can name them before they start.
        let first_port = options.port.checked_add(1).filter(|_| options.port != 0);
        let public_url = options.public_url.unwrap_or_else(|| url.clone());
        let sandboxes = Sandboxes::start(&public_url, first_port).await.map_err(StackError::Sandbox)?;
        let demo = document(&sandboxes);
        let secrets = [(format!("paylater/local/{DEMO_MERCHANT}"), demo.to_string())].into_iter().collect();
        let aws = Aws::start(aws::Options { data: options.data, secrets, ..aws::Options::default() }).await?;

        // Own merchants have keys of their own.
        let usual_key = options.merchants.is_none().then_some(DEMO_OPERATOR_KEY);
        let documents = options.merchants.unwrap_or_else(|| format!("[{demo}]"));
        let transport = match options.patience {
            Some(patience) => Transport::default().with_patience(patience),
            None => Transport::default(),
        };
        let merchants = FixedMerchants::from_json(&documents, &transport)?;
        let world = World::real(|| uuid::Uuid::new_v4().into_bytes());
        let service = Service::new(store(&aws), Arc::new(merchants), public_url, world);
        let app = App { service: service.without(options.disabled_providers) };

        let pump = (!options.without_relay).then(|| start_pump(&aws));
        let mut tasks = vec![start_gateway(listener, &app)?];
        let mut console_url = None;
        if options.console {
            let (url, task) = start_console(&url, &sandboxes, first_port, usual_key).await?;
            console_url = Some(url);
            tasks.push(task);
        }
        if !options.without_sweep {
            tasks.push(start_wake_ups(&app, &aws));
            if !options.without_schedule {
                tasks.push(start_schedule(&app));
            }
        }
        Ok(Self { url, console_url, aws, sandboxes, demo_merchant: demo, app, _pump: pump, tasks })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| StackError::Listen { address, source })
}

fn start_gateway(listener: TcpListener, app: &App) -> Result<JoinHandle<()>, StackError> {
    let (app, routes) = (app.clone(), Routes::of_template()?);
    Ok(tokio::spawn(async move {
        if let Err(error) = gateway::serve(listener, app, routes).await {
            tracing::error!(%error, "the gateway stopped");
        }
    }))
}

async fn start_console(
    api: &Url,
    sandboxes: &Sandboxes,
    first_port: Option<u16>,
    usual_key: Option<&'static str>,
) -> Result<(Url, JoinHandle<()>), StackError> {
    let stand_ins: Vec<_> = sandboxes.all().map(|(name, running)| (name, running.url())).collect();
    let behind = u16::try_from(stand_ins.len()).unwrap_or_default();
    let port = first_port.map_or(0, |port| port.saturating_add(behind));
    let listener = wanted_or_any(port).await.map_err(StackError::Console)?;
    let address = listener.local_addr().map_err(StackError::Console)?;
    let url: Url = format!("http://{address}").parse()?;
    let console = Console::new(api, stand_ins, (url.clone(), usual_key))?;
    let serving = async move {
        if let Err(error) = console.serve(listener).await {
            tracing::error!(%error, "the console stopped");
        }
    };
    Ok((url, tokio::spawn(serving)))
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url)), &aws.table)
}

fn start_pump(aws: &Aws) -> aws::streams::Pump {
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    let queues = Queues::new(sqs, aws.event_queue_urls.clone(), Some(aws.wake_queue_url.clone()));
    let relay = Relay::new(queues, store(aws));
    let streams = aws_sdk_dynamodbstreams::Client::new(&aws::sdk(&aws.dynamodb_url));
    aws::streams::Pump::start(streams, aws.table.clone(), move |event| {
        let relay = relay.clone();
        async move {
            let event = serde_json::from_value(event).map_err(lambda_http::Error::from)?;
            let deadline = Deadline::within(Duration::from_secs(60));
            let answer = relay_events::handle(relay, event, deadline, "relay".to_owned()).await?;
            serde_json::to_value(answer).map_err(lambda_http::Error::from)
        }
    })
}

fn start_schedule(app: &App) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SWEEP_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // It logs what failed; the next tick tries again.
            let _ = sweep(&app, settle::Event::default()).await;
        }
    })
}

/// Sweeps when the relay asks for it, as the mapping of the wake queue does; what failed is delivered again.
fn start_wake_ups(app: &App, aws: &Aws) -> JoinHandle<()> {
    let (app, queue) = (app.clone(), aws.wake_queue_url.clone());
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    tokio::spawn(async move {
        loop {
            let request = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).wait_time_seconds(20);
            let Ok(woken) = request.send().await else {
                tokio::time::sleep(SWEEP_EVERY).await;
                continue;
            };
            let messages = woken.messages.unwrap_or_default();
            let bodies = messages.iter().map(|message| json!({ "body": message.body }));
            let event = json!({ "Records": bodies.collect::<Vec<_>>() });
            let event = serde_json::from_value(event).unwrap_or_default();
            if messages.is_empty() || sweep(&app, event).await.is_err() {
                continue;
            }
            for message in messages {
                let delete = sqs.delete_message().queue_url(&queue).set_receipt_handle(message.receipt_handle);
                let _ = delete.send().await;
            }
        }
    })
}

async fn sweep(app: &App, event: settle::Event) -> Result<(), lambda_http::Error> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let deadline = Deadline::within(Duration::from_secs(26));
    settle::handle(app.clone(), event, deadline, request_id).await.map(|_| ())
}
