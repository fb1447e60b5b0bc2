//! What every function needs around its handler: configuration, merchants, HTTP in and out, telemetry, the boot.

mod aws;
mod aws_http;
mod boot;
mod config;
mod incoming;
mod merchants;
mod outgoing;

pub use aws::sdk_config;
pub use boot::{boot, boot_event};
pub use config::{Config, ConfigError};
pub use incoming::{Asked, Incoming};
pub use lambda_http::Context;
pub use merchants::{BELIEVED_FOR, FixedMerchants, SecretMerchants};
pub use outgoing::{LARGEST_BODY, Response, problem};

use lambda_http::RequestExt;
use payment::PaymentId;
use service::{Answer, Problem, ProblemCode, Service};

/// A request as a function gets it.
pub type Request = lambda_http::Request;

/// What a handler works with.
#[derive(Clone)]
pub struct App {
    /// The use cases.
    pub service: Service,
}

impl App {
    /// Handles a request of a checkout or an operator, whom the authorizer has let in.
    pub async fn checkout<F, T>(&self, request: Request, handle: F) -> Response
    where
        F: FnOnce(Service, Incoming) -> T,
        T: Future<Output = Result<Answer, Problem>>,
    {
        let asked = Asked::of(&request);
        let service = self.serving(&request);
        let result = match Incoming::of_checkout(request) {
            Ok(incoming) => Box::pin(handle(service, incoming)).await,
            Err(problem) => Err(problem),
        };
        outgoing::answer(result, &asked)
    }

    /// Handles a provider's message.
    pub async fn webhook(&self, provider_path: &str, request: Request) -> Response {
        let asked = Asked::of(&request);
        let result = self.take_in(provider_path, &request, &asked.request_id).await;
        outgoing::acknowledgement(result, &asked)
    }

    async fn take_in(
        &self,
        provider_path: &str,
        request: &Request,
        request_id: &str,
    ) -> Result<Option<PaymentId>, Problem> {
        if request.method() != http::Method::POST {
            return Err(Problem::new(ProblemCode::MethodNotAllowed, "Messages are sent with POST."));
        }
        let body = incoming::limited(request.body()).map_err(|problem| problem.because("too_large"))?;
        if !body.is_empty() && !incoming::is_message(request) {
            let detail = "Messages are application/json or application/x-www-form-urlencoded.";
            return Err(Problem::new(ProblemCode::UnsupportedMediaType, detail).because("media_type"));
        }
        let path = request.raw_http_path();
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let service = self.serving(request);
        let url = service.public_url()?.join(&format!("{path}{query}")).map_err(Problem::unavailable)?;
        let merchant = path.rsplit('/').next().unwrap_or_default();
        let inbound = providers::Inbound { url: url.as_str(), headers: request.headers(), body };
        let deadline = incoming::deadline(request);
        Box::pin(service.webhook(provider_path, merchant, inbound, request_id, deadline)).await
    }

    /// The use cases at the address that this request was sent to, where none was given.
    fn serving(&self, request: &Request) -> Service {
        let service = self.service.clone();
        match incoming::address(request) {
            Some(address) => service.reached_at(address),
            None => service,
        }
    }

    /// Handles a buyer who comes back from a provider's page. The body, which a page may make the browser post, is not
    /// read: the look tells what is so.
    pub async fn returned_buyer(&self, request: Request) -> Response {
        let asked = Asked::of(&request);
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let path = request.path_parameters_ref().and_then(|path| path.first("id"));
        let deadline = incoming::deadline(&request);
        let service = self.serving(&request);
        let result = service.return_buyer(path.unwrap_or_default(), &query, &asked.request_id, deadline).await;
        outgoing::redirect(result, &asked)
    }
}
