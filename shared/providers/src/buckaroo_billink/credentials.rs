//! Whether Buckaroo knows the website: the description of its Billink service, which Buckaroo's own clients ask for to
//! check a key.

use http::Method;
use serde_json::{Map, Value};

use super::client::Buckaroo;
use crate::{Deadline, ReadError};

/// Below the address of transactions.
const SPECIFICATION: &str = "Specification";

pub(super) async fn specification(client: &Buckaroo, deadline: Deadline) -> Result<Map<String, Value>, ReadError> {
    let wire = &client.account.wire;
    let mut url = client.account.url(&format!("{}/{SPECIFICATION}", wire.transaction_path), Some(&wire.service));
    url.set_query(Some("serviceVersion=0"));
    client.read(Method::GET, url, Vec::new(), deadline).await
}
