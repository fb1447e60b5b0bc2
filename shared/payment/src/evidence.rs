//! What we know a thing by. The type says how far it may be trusted.

use jiff::Timestamp;

/// Somebody says that something may have happened: a browser that came back, a webhook with a static key or none.
/// It can start an observation and nothing else.
///
/// ```compile_fail
/// # fn demo(payment: &mut payment::Payment, hint: payment::Hint, cause: payment::Cause, now: jiff::Timestamp) {
/// payment.learn(hint, cause, now); // moving money on a hint does not compile
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// When it reached us.
    pub at: Timestamp,
}

/// A message whose signature over its raw bytes was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedClaim<T>(T);

impl<T> SignedClaim<T> {
    /// For the code that has just verified the signature, and for nobody else.
    pub const fn verified(content: T) -> Self {
        Self(content)
    }

    /// What it says, without giving up the claim.
    pub const fn content(&self) -> &T {
        &self.0
    }
}

/// The parsed answer to a read that we made ourselves, authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation<T>(T);

impl<T> Observation<T> {
    /// For the code that has just read and parsed the provider's answer.
    pub const fn read(content: T) -> Self {
        Self(content)
    }

    /// What was seen, without giving up the observation.
    pub const fn content(&self) -> &T {
        &self.0
    }
}

/// A message that carried a key which only the provider and we know, from a provider that cannot be read: the best
/// evidence that it gives. Providers with a read never make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation<T>(T);

impl<T> Attestation<T> {
    /// For the code that has just compared the key, at a provider whose capabilities say that this is its best evidence.
    pub const fn attested(content: T) -> Self {
        Self(content)
    }

    /// What it says, without giving up the attestation.
    pub const fn content(&self) -> &T {
        &self.0
    }
}

mod sealed {
    pub trait Sealed {}
    impl<T> Sealed for super::SignedClaim<T> {}
    impl<T> Sealed for super::Observation<T> {}
    impl<T> Sealed for super::Attestation<T> {}
}

/// Evidence that may change a payment: a [`SignedClaim`], an [`Observation`] or an [`Attestation`], never a [`Hint`].
pub trait Proof<T>: sealed::Sealed {
    /// Whether nothing better can be had: our own read, or the word of a provider that cannot be read.
    const OBSERVED: bool;

    /// What it proves.
    fn into_content(self) -> T;
}

impl<T> Proof<T> for SignedClaim<T> {
    const OBSERVED: bool = false;

    fn into_content(self) -> T {
        self.0
    }
}

impl<T> Proof<T> for Observation<T> {
    const OBSERVED: bool = true;

    fn into_content(self) -> T {
        self.0
    }
}

impl<T> Proof<T> for Attestation<T> {
    const OBSERVED: bool = true;

    fn into_content(self) -> T {
        self.0
    }
}
