//! Code that panics, in whichever task: the runtime would let the others go on as if nothing had happened.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    /// What panicked in the history on this thread; nothing where no history is played.
    static SEEN: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// From now on panics on this thread are written down.
pub(crate) fn watch() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let kept = SEEN.with_borrow_mut(|seen| seen.as_mut().map(|seen| seen.push(panic.to_string())));
            if kept.is_none() {
                usual(panic);
            }
        }));
    });
    SEEN.set(Some(Vec::new()));
}

/// What panicked since then.
pub(crate) fn since_watched() -> Vec<String> {
    SEEN.take().unwrap_or_default()
}
