//! The look of a hosted page: what it is about, and three buttons.

/// A page whose buttons post to the addresses that `action` gives for `accept`, `decline` and `cancel`.
pub(crate) fn html(name: &str, says: &str, action: impl Fn(&str) -> String) -> String {
    let button = |choice: &str, label: &str| {
        format!("<form method=\"post\" action=\"{}\"><button name=\"{choice}\">{label}</button></form>", action(choice))
    };
    let buttons = [button("accept", "Accept"), button("decline", "Decline"), button("cancel", "Cancel")].concat();
    format!(
        "<!doctype html><html><head><title>{name} (sandbox)</title></head>\
         <body><h1>{name}</h1><p>{says}</p>{buttons}</body></html>"
    )
}
