//! The right to change something at a provider, once.

/// The right to make one effectful call. It exists once per reserved attempt of an operation and is used up by the
/// call, so a second one in the same attempt does not compile.
///
/// ```compile_fail
/// # async fn demo(transport: providers::Transport, effect: providers::Effect, request: providers::Request, deadline: providers::Deadline) {
/// transport.act(effect, request.clone(), deadline).await;
/// transport.act(effect, request, deadline).await; // the effect was used up
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an operation that was reserved must be acted on or left to the sweep"]
pub struct Effect {
    pub(crate) renewed: bool,
}

impl Effect {
    /// For the code that has just written the reservation of an attempt, and for nobody else.
    pub const fn of_reserved_attempt() -> Self {
        Self { renewed: false }
    }
}
