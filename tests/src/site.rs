//! Where the journeys run: a stack of their own, or one that somebody else started.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use ::sandbox::{STAND_INS, billie_pad};
use local::{DEMO_KEY, DEMO_MERCHANT, DEMO_OPERATOR_KEY, Stack, StackOptions, key_entry};
use providers::Deadline;
use serde_json::{Value, json};
use service::Scope;
use tokio::net::TcpListener;

use crate::{Api, Queues, Sandbox, Table};

/// A running paylater and what is around it. A stack of its own starts within a tenth of a second, so every test has one.
/// At a site that the environment names the tests run one after the other: `-- --test-threads=1`.
///
/// | variable | what it is |
/// |---|---|
/// | `PAYLATER_URL`, `PAYLATER_KEY` | the API and a checkout key; with these nothing is started |
/// | `PAYLATER_OPERATOR_KEY` | an operator key, where a journey needs one |
/// | `PAYLATER_DYNAMODB_URL`, `PAYLATER_TABLE` | the table (`paylater`), where a journey looks into it |
/// | `PAYLATER_SQS_URL`, `PAYLATER_EVENT_QUEUES` | SQS and the URLs of its event queues, separated by commas |
/// | `PAYLATER_SANDBOX_BILLIE_PAD`, `PAYLATER_SANDBOX_BUCKAROO_BILLINK`, … | the providers' stand-ins |
pub struct Site {
    /// The API, called with a checkout's key.
    pub api: Api,
    stack: Option<Stack>,
    /// The stand-in of Billie PaD in place of the stack's own.
    billie_pad: Option<::sandbox::Running>,
}

impl Site {
    /// The site that the environment names, or a new stack on free ports.
    pub async fn start() -> Self {
        Self::start_like(StackOptions::default()).await
    }

    /// The same; a stack of its own is as the options say.
    pub async fn start_like(options: StackOptions) -> Self {
        match given("PAYLATER_URL") {
            Some(url) => {
                let url = url.parse().unwrap_or_else(|_| panic!("PAYLATER_URL is no URL"));
                // What the journey before left behind.
                let given_ones = STAND_INS.iter().filter_map(|stand_in| given(&of_sandbox(stand_in.provider)));
                for sandbox in given_ones.map(Sandbox::new) {
                    sandbox.no_faults().await;
                    sandbox.webhooks(json!({ "mode": "normal" })).await;
                    sandbox.quiet().await;
                    sandbox.forget_calls().await;
                }
                Self { api: Api::new(&url, &needed("PAYLATER_KEY")), stack: None, billie_pad: None }
            }
            None => Self::start_own(options).await,
        }
    }

    /// A new stack on free ports, whatever the environment says.
    pub async fn start_own(options: StackOptions) -> Self {
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("the stack does not start: {error:?}"));
        Self { api: Api::new(&stack.url, DEMO_KEY), stack: Some(stack), billie_pad: None }
    }

    /// A new stack with two merchants, both at `billie_pad` only, and the API as the second one calls it.
    pub async fn start_with_neighbour() -> (Self, Api) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = billie_pad::start(listener, billie_pad::Settings::default()).await.unwrap();
        let merchants =
            json!([merchant(DEMO_MERCHANT, DEMO_KEY, &provider), merchant("neighbour", NEIGHBOURS_KEY, &provider)]);
        let options = StackOptions { merchants: Some(merchants.to_string()), ..StackOptions::default() };
        let site = Self { billie_pad: Some(provider), ..Self::start_own(options).await };
        let neighbour = site.api.with_credential(NEIGHBOURS_KEY);
        (site, neighbour)
    }

    /// The API, called with an operator's key.
    #[must_use]
    pub fn operator(&self) -> Api {
        let key = self.stack.as_ref().map_or_else(|| needed("PAYLATER_OPERATOR_KEY"), |_| DEMO_OPERATOR_KEY.to_owned());
        self.api.with_credential(&key)
    }

    /// The stand-in of Billie PaD.
    #[must_use]
    pub fn billie_pad(&self) -> Sandbox {
        self.sandbox("billie_pad")
    }

    /// The stand-in of Buckaroo with Billink.
    #[must_use]
    pub fn buckaroo_billink(&self) -> Sandbox {
        self.sandbox("buckaroo_billink")
    }

    /// The stand-in of this provider.
    #[must_use]
    pub fn sandbox(&self, provider: &str) -> Sandbox {
        let of = |stack: &Stack| {
            let own = self.billie_pad.as_ref().filter(|_| provider == "billie_pad");
            let own = own.or_else(|| stack.sandboxes.of(provider));
            own.unwrap_or_else(|| panic!("{provider} has no sandbox")).url()
        };
        Sandbox::new(self.stack.as_ref().map_or_else(|| needed(&of_sandbox(provider)), of))
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Table {
        match &self.stack {
            Some(stack) => Table::new(&stack.aws.dynamodb_url, &stack.aws.table),
            None => {
                let name = given("PAYLATER_TABLE").unwrap_or_else(|| "paylater".to_owned());
                Table::new(&needed("PAYLATER_DYNAMODB_URL"), &name)
            }
        }
    }

    /// Everything in the table with its version: two equal answers, and nothing was written. At a stack that others use, too,
    /// which payments and messages there are, since those of others go on.
    pub async fn written(&self) -> BTreeMap<(String, String), u64> {
        let mut all = self.table().versions().await;
        if self.stack.is_none() {
            all.retain(|(key, _), version| {
                *version = 0;
                key.starts_with("PAY#") || key.starts_with("HOOK#")
            });
        }
        all
    }

    /// New consumers of the event queues.
    #[must_use]
    pub fn queues(&self) -> Queues {
        match &self.stack {
            Some(stack) => Queues::new(&stack.aws.sqs_url, &stack.aws.event_queue_urls),
            None => {
                let urls: Vec<String> = needed("PAYLATER_EVENT_QUEUES").split(',').map(str::to_owned).collect();
                Queues::new(&needed("PAYLATER_SQS_URL"), &urls)
            }
        }
    }

    /// Looks at everything that is due, as the schedule does every minute; at a stack of its own.
    pub async fn sweep(&self) {
        let stack = self.stack.as_ref().expect("this journey needs a stack of its own");
        let swept = stack.app.service.settle_due("sweep", Deadline::within(Duration::from_secs(26))).await;
        swept.unwrap_or_else(|problem| panic!("sweep: {:#}", problem.to_json("sweep")));
    }

    /// The stack, where this started one.
    #[must_use]
    pub const fn stack(&self) -> Option<&Stack> {
        self.stack.as_ref()
    }
}

/// The variable with a stand-in's address.
fn of_sandbox(provider: &str) -> String {
    format!("PAYLATER_SANDBOX_{}", provider.to_uppercase())
}

const NEIGHBOURS_KEY: &str = "sk_neighbour_works-in-tests-only";

fn merchant(id: &str, key: &str, provider: &::sandbox::Running) -> Value {
    json!({
        "merchant": id,
        "api_keys": [key_entry(key, Scope::Checkout, "checkout")],
        "accounts": { "billie_pad": billie_pad::account(&provider.url()) },
    })
}

fn given(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn needed(name: &str) -> String {
    given(name).unwrap_or_else(|| panic!("set {name}: this journey needs it"))
}
