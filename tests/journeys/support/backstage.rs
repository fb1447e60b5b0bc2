//! The use cases themselves over a stack's table, with a clock that can be pushed forward and any patience: what would
//! take a minute or an hour of real time behind the gateway.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::DEMO_MERCHANT;
use providers::{Deadline, Transport};
use runtime::FixedMerchants;
use service::{Call, Service, SweepReport, World};
use store::Store;

use super::Shop;
use super::merchant::Accounts;

/// How long a request may take behind API Gateway, less the reserve.
const USUAL: Duration = Duration::from_secs(26);

/// The use cases.
pub(crate) struct Backstage {
    pub(crate) service: Service,
    ahead: Arc<AtomicI64>,
}

impl Backstage {
    /// Over the table of a shop's stack.
    pub(crate) fn of(shop: &Shop) -> Self {
        let stack = shop.site.stack().expect("this journey needs a stack of its own");
        Self::through(shop, &stack.aws.dynamodb_url)
    }

    /// The same, reached at another address.
    pub(crate) fn through(shop: &Shop, endpoint: &str) -> Self {
        let stack = shop.site.stack().expect("this journey needs a stack of its own");
        Self::with(shop, endpoint, &Accounts::of(&stack.sandboxes).merchants())
    }

    /// Over the table of a shop's stack, for a merchant with other accounts.
    pub(crate) fn of_accounts(shop: &Shop, accounts: &Accounts) -> Self {
        let stack = shop.site.stack().expect("this journey needs a stack of its own");
        Self::with(shop, &stack.aws.dynamodb_url, &accounts.merchants())
    }

    /// Over the table of a shop's stack, for the demo merchant with accounts everywhere and this policy for those who
    /// finish too late.
    pub(crate) fn with_policy(shop: &Shop, late_authorization: &str) -> Self {
        let stack = shop.site.stack().expect("this journey needs a stack of its own");
        let mut demo = local::demo_document(&stack.sandboxes);
        for account in demo["accounts"].as_object_mut().unwrap().values_mut() {
            account["late_authorization"] = late_authorization.into();
        }
        Self::with(shop, &stack.aws.dynamodb_url, &serde_json::json!([demo]).to_string())
    }

    /// Over the table at this address, for these merchants.
    pub(crate) fn with(shop: &Shop, endpoint: &str, merchants: &str) -> Self {
        let stack = shop.site.stack().expect("this journey needs a stack of its own");
        let merchants = FixedMerchants::from_json(merchants, &Transport::default()).unwrap();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&local::aws::sdk(endpoint)), &stack.aws.table);
        let ahead = Arc::new(AtomicI64::new(0));
        let seconds = Arc::clone(&ahead);
        let now = move || Timestamp::now() + SignedDuration::from_secs(seconds.load(Ordering::SeqCst));
        let world = World::new(now, || uuid::Uuid::new_v4().into_bytes());
        Self { service: Service::new(store, Arc::new(merchants), stack.url.clone(), world), ahead }
    }

    /// Pushes the clock forward.
    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// One sweep of everything that is due by this clock.
    pub(crate) async fn sweep(&self) -> SweepReport {
        self.service.settle_due("sweep", Deadline::within(USUAL)).await.unwrap()
    }

    /// A request with the usual time.
    pub(crate) fn call(&self) -> Call {
        self.call_within(USUAL)
    }

    /// A request with that much time.
    pub(crate) fn call_within(&self, time: Duration) -> Call {
        Call {
            merchant: DEMO_MERCHANT.parse().unwrap(),
            request_id: "backstage".to_owned(),
            deadline: Deadline::within(time),
            key_label: None,
        }
    }
}
