//! The functions behind the gateway, by their folder's name.

use futures::future::BoxFuture;
use runtime::{App, Request, Response};

type Handler = fn(App, Request) -> BoxFuture<'static, Response>;

macro_rules! functions {
    ($($folder:literal => $lib:ident),+ $(,)?) => {
        /// The handler in this folder.
        pub(crate) fn find(folder: &str) -> Option<Handler> {
            match folder {
                $($folder => Some(|app, request| Box::pin($lib::handle(app, request))),)+
                _ => None,
            }
        }
    };
}

functions! {
    "activate-merchant" => activate_merchant,
    "cancel" => cancel,
    "capabilities" => capabilities,
    "capture" => capture,
    "confirm" => confirm,
    "create-session" => create_session,
    "get-payment" => get_payment,
    "list-payments" => list_payments,
    "manage-order" => manage_order,
    "operations" => operations,
    "refund" => refund,
    "return-buyer" => return_buyer,
    "webhook-billagain" => webhook_billagain,
    "webhook-billie-pad" => webhook_billie_pad,
    "webhook-billie-psp" => webhook_billie_psp,
    "webhook-billink" => webhook_billink,
    "webhook-buckaroo" => webhook_buckaroo,
}

#[cfg(test)]
mod tests {
    use crate::Routes;

    #[test]
    fn every_route_of_the_template_leads_to_a_function() {
        for route in Routes::of_template().unwrap().iter() {
            assert!(super::find(&route.function).is_some(), "{}", route.function);
        }
    }
}
