//! The buyer: opens the provider's page, presses Accept, and is sent back to the shop.

use url::Url;

use super::DemoError;

/// Presses Accept on the provider's page and follows every redirect until the shop's address, which is returned.
pub(crate) async fn accept(http: &reqwest::Client, page: &Url, shop: &Url) -> Result<Url, DemoError> {
    let html = http.get(page.clone()).send().await?.text().await?;
    let form =
        accept_form(&html).ok_or_else(|| DemoError::deviation("buyer", "a page with an Accept button", &html))?;
    let action = page.join(&form).map_err(|_| DemoError::deviation("buyer", "an address behind the button", form))?;
    let mut next = location(&action, http.post(action.clone()).send().await?)?;
    for _ in 0..5 {
        if next.origin() == shop.origin() && next.path() == shop.path() {
            return Ok(next);
        }
        next = location(&next, http.get(next.clone()).send().await?)?;
    }
    Err(DemoError::deviation("buyer", "an end of the redirects at the shop", next))
}

/// The address of the form whose button is called accept.
fn accept_form(html: &str) -> Option<String> {
    let form = html.split("<form ").find(|form| form.contains("name=\"accept\""))?;
    let (_, rest) = form.split_once("action=\"")?;
    Some(rest.split_once('"')?.0.replace("&amp;", "&"))
}

fn location(from: &Url, response: reqwest::Response) -> Result<Url, DemoError> {
    let status = response.status();
    let header = response.headers().get("location").and_then(|value| value.to_str().ok());
    let target = header.and_then(|header| from.join(header).ok());
    target.ok_or_else(|| DemoError::deviation("buyer", "a redirect", format!("HTTP {status} from {}", from.path())))
}
