//! A merchant whose every credential is a canary.

use data_encoding::HEXLOWER;
use local::StackOptions;
use reqwest::Method;
use sandbox::{Running, billie_pad, buckaroo_billink};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Api, Sandbox, Site};
use tokio::net::TcpListener;

use super::{API_KEY, CLIENT_ID, CLIENT_SECRET, SECRET_KEY, WEBHOOK_KEY};
use crate::support::{Accounts, At, Shop};

/// A stack whose accounts have canaries for credentials.
pub(super) struct Secretive {
    gateway: Running,
    billie: Running,
    site: Site,
}

impl Secretive {
    pub(super) async fn start() -> Self {
        let port = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = buckaroo_billink::Settings { secret_key: SECRET_KEY.to_owned(), ..Default::default() };
        let gateway = buckaroo_billink::start(port().await, gateway).await.unwrap();
        let billie = billie_pad::Settings {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            webhook_key: WEBHOOK_KEY.to_owned(),
            ..Default::default()
        };
        let billie = billie_pad::start(port().await, billie).await.unwrap();
        let mut accounts = Accounts::at(&gateway.url(), &billie.url());
        accounts.buckaroo["secret_key"] = json!(SECRET_KEY);
        (accounts.billie["client_id"], accounts.billie["client_secret"]) = (json!(CLIENT_ID), json!(CLIENT_SECRET));
        accounts.billie["webhook_keys"][0]["value"] = json!(WEBHOOK_KEY);
        let mut merchants: Value = serde_json::from_str(&accounts.merchants()).unwrap();
        merchants[0]["api_keys"][0]["sha256"] = json!(HEXLOWER.encode(&Sha256::digest(API_KEY)));
        let options = StackOptions { merchants: Some(merchants.to_string()), ..StackOptions::default() };
        let mut site = Site::start_own(options).await;
        site.api = Api::new(site.api.base(), API_KEY);
        let webhook_url = format!("{}v1/webhooks/billie-pad/demo", site.api.base());
        let settings = json!({ "webhook_url": webhook_url });
        Sandbox::new(billie.url()).control(Method::POST, "settings", &settings).await;
        Self { gateway, billie, site }
    }

    pub(super) fn shop(self, at: At) -> (Shop, [Running; 2]) {
        let sandbox = Sandbox::new(if at == At::Buckaroo { self.gateway.url() } else { self.billie.url() });
        let shop = Shop { api: self.site.api.clone(), site: self.site, at, sandbox };
        (shop, [self.gateway, self.billie])
    }
}
