//! From process start to the first event: configuration, clients, the runtime loop. No I/O until an event asks for it.

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::{Deadline, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::{Service, World};
use store::Store;

use crate::config::{Config, ConfigError};
use crate::merchants::SecretMerchants;
use crate::{App, Request, Response, sdk_config};

impl App {
    /// The app as the environment describes it.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        let config = Config::from_env()?;
        let store = Store::new(aws_sdk_dynamodb::Client::new(&sdk_config("DYNAMODB")?), config.table_name);
        let secrets = aws_sdk_secretsmanager::Client::new(&sdk_config("SECRETS_MANAGER")?);
        let merchants = SecretMerchants::new(secrets, config.secrets_prefix, Transport::default());
        let world = World::real(|| uuid::Uuid::new_v4().into_bytes());
        let service = Service::new(store, Arc::new(merchants), config.public_url, world);
        Ok(Self { service: service.without(config.disabled_providers) })
    }

    /// The same for a function that no request tells its public address.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env_with_address() -> Result<Self, ConfigError> {
        let app = Self::from_env()?;
        app.service.public_url().map_err(|_| ConfigError::Missing("PUBLIC_URL"))?;
        Ok(app)
    }
}

/// Runs a function behind API Gateway.
pub fn boot<F, T>(handle: F) -> ExitCode
where
    F: Fn(App, Request) -> T,
    T: Future<Output = Response> + Send + 'static,
{
    run(App::from_env(), async |app: App| {
        lambda_http::run(lambda_http::service_fn(|request: Request| {
            let answer = handle(app.clone(), request);
            async move { Ok::<_, Error>(answer.await) }
        }))
        .await
    })
}

/// Runs a function that takes events of another source; the deadline is the event's.
pub fn boot_event<A, F, T, E, R>(app: Result<A, ConfigError>, handle: F) -> ExitCode
where
    A: Clone,
    F: Fn(A, E, Deadline, String) -> T,
    T: Future<Output = Result<R, Error>> + Send + 'static,
    E: DeserializeOwned,
    R: Serialize,
{
    run(app, async |app: A| {
        lambda_runtime::run(service_fn(|event: LambdaEvent<E>| {
            let deadline = Deadline::within(crate::incoming::time_left(event.context.deadline));
            handle(app.clone(), event.payload, deadline, event.context.request_id)
        }))
        .await
    })
}

fn run<A>(app: Result<A, ConfigError>, serve: impl AsyncFnOnce(A) -> Result<(), Error>) -> ExitCode {
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_target(false).with_current_span(false);
    log.with_max_level(tracing::Level::INFO).init();
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        tracing::error!("cannot start an async runtime");
        return ExitCode::FAILURE;
    };
    match runtime.block_on(serve(app)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "stopped");
            ExitCode::FAILURE
        }
    }
}
