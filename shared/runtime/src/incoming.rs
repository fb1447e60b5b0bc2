//! HTTP in: what API Gateway hands over, as what a use case needs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Method;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use payment::{MerchantId, OperationId, PaymentId};
use providers::Deadline;
use service::{Call, Problem, ProblemCode, Scope};
use url::Url;

use crate::Request;
use crate::outgoing::LARGEST_BODY;

/// Kept back of the function's time for writing the outcome.
const RESERVE: Duration = Duration::from_secs(3);

/// The time a request has where nobody says how much: what API Gateway waits, less the reserve.
const DEFAULT_TIME: Duration = Duration::from_secs(26);

/// A request that the authorizer has let in.
pub struct Incoming {
    /// Who asks, and until when there is time.
    pub call: Call,
    scope: Scope,
    path: Vec<(String, String)>,
    key: Option<String>,
    body: Vec<u8>,
    query: Vec<(String, String)>,
}

impl Incoming {
    pub(crate) fn of_checkout(request: Request) -> Result<Self, Problem> {
        let merchant = merchant(&request).ok_or_else(Problem::unauthorized)?;
        // What a GET carries has no meaning (RFC 9110, 9.3.1).
        let body = if request.method() == Method::GET { &[] } else { limited(request.body())? }.to_vec();
        if !body.is_empty() && !is_json(&request) {
            return Err(Problem::new(ProblemCode::UnsupportedMediaType, "Send the body as application/json."));
        }
        let header =
            |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // What was meant for the body must not be overlooked.
        if let Some((name, _)) = query.first().filter(|_| request.method() == Method::POST) {
            return Err(Problem::at(ProblemCode::ValidationFailed, format!("?{name}"), "is not a parameter here"));
        }
        Ok(Self {
            call: Call {
                merchant,
                request_id: request_id(&request),
                deadline: deadline(&request),
                key_label: of_authorizer(&request, "label").map(str::to_owned),
            },
            scope: scope(&request),
            path: path_parameters(&request),
            key: header("idempotency-key"),
            body,
            query,
        })
    }

    /// The payment in the path.
    #[must_use]
    pub fn id(&self) -> &str {
        self.path("id")
    }

    /// A parameter of the path.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Lets only an operator's key pass.
    ///
    /// # Errors
    /// 403 for any other key.
    pub fn operator(&self) -> Result<(), Problem> {
        if self.scope == Scope::Operator {
            return Ok(());
        }
        Err(Problem::new(ProblemCode::Forbidden, "This needs a key of scope operator."))
    }

    /// The `Idempotency-Key` header.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The body, byte for byte.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The query parameters, in their order.
    #[must_use]
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }
}

/// What the log calls a request by.
#[derive(Default)]
pub struct Asked {
    /// Its id.
    pub request_id: String,
    /// Method and path as the template writes them, so without an id in it; none where no route was found.
    pub route: Option<String>,
    /// Whose key it came with, or whose messages its address takes.
    pub merchant: Option<MerchantId>,
    /// The payment in its path.
    pub payment: Option<PaymentId>,
    /// The operation in its path.
    pub operation: Option<OperationId>,
    /// The version of the function that answers, by which a deployment judges it.
    pub version: Option<String>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let route = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.route_key.clone(),
            _ => None,
        };
        let path = request.path_parameters_ref();
        let in_path = |name: &str| path.and_then(|path| path.first(name));
        let version = request.lambda_context_ref().map(|context| context.env_config.version.clone());
        Self {
            request_id: request_id(request),
            route,
            merchant: merchant(request).or_else(|| in_path("merchant")?.parse().ok()),
            payment: in_path("id").and_then(|id| id.parse().ok()),
            operation: in_path("operation").and_then(|id| id.parse().ok()),
            version: version.filter(|version| !version.is_empty()),
        }
    }
}

/// The request's id: API Gateway's, or the function's own.
pub(crate) fn request_id(request: &Request) -> String {
    let of_gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let of_function = || request.lambda_context_ref().map(|context| context.request_id.clone());
    of_gateway.or_else(of_function).unwrap_or_default()
}

/// The address that a request was sent to: API Gateway lets none in that is not its own or a domain mapped to it.
pub(crate) fn address(request: &Request) -> Option<Url> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    Url::parse(&format!("https://{}/", context.domain_name.as_ref()?)).ok()
}

/// When the answer must be ready: the function's time less a reserve.
pub(crate) fn deadline(request: &Request) -> Deadline {
    Deadline::within(request.lambda_context_ref().map_or(DEFAULT_TIME, |context| time_left(context.deadline)))
}

/// The time until a moment in milliseconds since 1970, less a reserve.
pub(crate) fn time_left(deadline_ms: u64) -> Duration {
    if deadline_ms == 0 {
        return DEFAULT_TIME;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline_ms).saturating_sub(now).saturating_sub(RESERVE)
}

/// What the key may do that the authorizer has seen; the least where it does not say.
fn scope(request: &Request) -> Scope {
    if of_authorizer(request, "scope") == Some("operator") { Scope::Operator } else { Scope::Checkout }
}

fn path_parameters(request: &Request) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    request.path_parameters_ref().map(|path| path.iter().map(owned).collect()).unwrap_or_default()
}

/// Whose key the authorizer has seen.
fn merchant(request: &Request) -> Option<MerchantId> {
    of_authorizer(request, "merchant")?.parse().ok()
}

/// What the authorizer says of the key.
fn of_authorizer<'a>(request: &'a Request, field: &str) -> Option<&'a str> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    context.authorizer.as_ref()?.fields.get(field)?.as_str()
}

fn is_json(request: &Request) -> bool {
    media_type(request).eq_ignore_ascii_case("application/json")
}

/// Whether the body is of a media type that some provider sends.
pub(crate) fn is_message(request: &Request) -> bool {
    let media_type = media_type(request);
    let known = ["application/json", "application/x-www-form-urlencoded"];
    known.iter().any(|known| media_type.eq_ignore_ascii_case(known))
}

fn media_type(request: &Request) -> &str {
    let value = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

/// The body, unless it is too large.
pub(crate) fn limited(body: &Body) -> Result<&[u8], Problem> {
    let bytes: &[u8] = match body {
        Body::Empty => &[],
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    };
    if bytes.len() > LARGEST_BODY {
        return Err(Problem::new(
            ProblemCode::BodyTooLarge,
            format!("The body must have at most {LARGEST_BODY} bytes."),
        ));
    }
    Ok(bytes)
}
