//! Enabling a merchant at a provider that enables merchants by its API.

use jiff::SignedDuration;
use payment::{Fingerprint, IdempotencyKey, Outcome};
use providers::{Activation, Effect, Met};
use serde_json::json;
use store::{ActivationState, Issued};

use crate::Service;
use crate::answer::{Answer, Call};
use crate::note::{Asked, note_asked};
use crate::parse;
use crate::problem::{Problem, ProblemCode};

/// Longer than a function may run.
const LEASE: SignedDuration = SignedDuration::from_secs(35);

impl Service {
    /// Enables a merchant at a provider: `POST /v1/merchants/{merchant}/activations`. The account that the provider
    /// issues is used by every payment that is opened from then on.
    ///
    /// # Errors
    /// Bad input, a provider that enables nobody, that refused, or that could not be asked.
    pub async fn activate(
        &self,
        call: &Call,
        merchant: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        if merchant != call.merchant.as_str() {
            return Err(Problem::new(ProblemCode::Forbidden, "The key is another merchant's."));
        }
        let asked: Activation = parse::body(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let merchant = self.merchants.get(&call.merchant).await.map_err(Problem::unavailable)?;
        let merchant =
            merchant.ok_or_else(|| Problem::new(ProblemCode::Forbidden, "This merchant is not configured."))?;
        let wrong = |rule| Problem::at(ProblemCode::ValidationFailed, "/provider", rule);
        let no_account = || wrong("must be a provider that this merchant has an account at");
        let account = merchant.account(&asked.provider).ok_or_else(no_account)?;
        if account.disabled {
            return Err(wrong("is switched off: nobody is enabled there"));
        }
        let activates = account.adapter.activation().ok_or_else(|| {
            Problem::at(ProblemCode::NotSupportedByProvider, "/provider", "enables no merchants by its API")
        })?;

        let known = self.store.load_issued(&call.merchant, &asked.provider).await?;
        if let Some(known) = &known {
            match self.known(known, &key, &fingerprint, asked.account.is_some())? {
                Known::Answer(answer) => return Ok(answer),
                Known::GoOn => {}
            }
        }
        let mut issued = self.running(call, &asked, known, &key, fingerprint);
        self.store.save_issued(&mut issued).await?;
        let outcome = match &asked.account {
            Some(account) => Outcome::Done(payment::Receipt {
                provider_reference: Some(account.to_string()),
                ..payment::Receipt::default()
            }),
            None => {
                let seconds = account.registered.capabilities.timeout_seconds;
                let deadline = call.deadline.at_most(std::time::Duration::from_secs(u64::from(seconds)));
                let effect = Effect::of_reserved_attempt();
                let activating = activates.activate(&asked, call.merchant.as_str(), deadline, effect);
                let (outcome, met) = Met::during(activating).await;
                let asked = Asked {
                    provider: &asked.provider,
                    merchant: &call.merchant,
                    payment_id: None,
                    operation_id: None,
                    kind: "activate",
                    request_id: Some(&call.request_id),
                };
                note_asked(&asked, &outcome, met);
                outcome
            }
        };
        self.conclude(&mut issued, outcome);
        self.store.save_issued(&mut issued).await?;
        answer(&issued, false)
    }

    /// What an activation that was here before means for this one.
    fn known(
        &self,
        known: &Issued,
        key: &IdempotencyKey,
        fingerprint: &Fingerprint,
        tells_the_account: bool,
    ) -> Result<Known, Problem> {
        let same = known.key == key.as_str();
        if same && known.fingerprint != *fingerprint {
            let detail = "the Idempotency-Key was used with another request";
            return Err(Problem::new(ProblemCode::IdempotencyKeyReused, detail));
        }
        match known.state {
            ActivationState::Active | ActivationState::Rejected if same => answer(known, true).map(Known::Answer),
            ActivationState::Active | ActivationState::Rejected => Ok(Known::GoOn),
            ActivationState::Running if self.now() < known.lease_until => {
                Err(Problem::new(ProblemCode::OperationInProgress, "Another activation is still running."))
            }
            // A worker that died leaves doubt behind.
            ActivationState::Running | ActivationState::InDoubt if tells_the_account => Ok(Known::GoOn),
            ActivationState::Running | ActivationState::InDoubt if same => {
                let in_doubt = Issued { state: ActivationState::InDoubt, ..known.clone() };
                answer(&in_doubt, true).map(Known::Answer)
            }
            ActivationState::Running | ActivationState::InDoubt => {
                let detail =
                    "An earlier activation may have happened. Ask the provider, then send its account as `account`.";
                Err(Problem::new(ProblemCode::OperationInDoubt, detail))
            }
        }
    }

    fn running(
        &self,
        call: &Call,
        asked: &Activation,
        known: Option<Issued>,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
    ) -> Issued {
        let now = self.now();
        Issued {
            merchant: call.merchant.clone(),
            provider: asked.provider.clone(),
            state: ActivationState::Running,
            account: known.as_ref().and_then(|known| known.account.clone()),
            key: key.as_str().to_owned(),
            fingerprint,
            reason: None,
            lease_until: now.checked_add(LEASE).unwrap_or(now),
            updated_at: now,
            version: known.map_or(0, |known| known.version),
        }
    }

    fn conclude(&self, issued: &mut Issued, outcome: Outcome) {
        issued.updated_at = self.now();
        match outcome {
            Outcome::Done(receipt) if receipt.provider_reference.is_some() => {
                issued.state = ActivationState::Active;
                issued.account = receipt.provider_reference;
            }
            Outcome::Refused(refusal) => {
                issued.state = ActivationState::Rejected;
                issued.reason = refusal.provider_code.or(refusal.message);
            }
            // Nothing happened: the same key may ask again at once.
            Outcome::NotSent => {
                issued.state = ActivationState::Rejected;
                issued.key = String::new();
                issued.reason = Some(NOT_SENT.to_owned());
            }
            Outcome::Done(_) | Outcome::Pending(_) | Outcome::InDoubt(_) => issued.state = ActivationState::InDoubt,
        }
    }
}

const NOT_SENT: &str = "not_sent";

enum Known {
    Answer(Answer),
    GoOn,
}

fn answer(issued: &Issued, replayed: bool) -> Result<Answer, Problem> {
    let status = match issued.state {
        ActivationState::Active => 201,
        ActivationState::Running | ActivationState::InDoubt => 202,
        ActivationState::Rejected if issued.reason.as_deref() == Some(NOT_SENT) => {
            let detail = "Nothing happened at the provider. Send the same request with the same Idempotency-Key again.";
            return Err(Problem::new(ProblemCode::ProviderUnavailable, detail));
        }
        ActivationState::Rejected => {
            let code = issued.reason.as_deref().unwrap_or("without a code");
            let detail = format!("The provider refused ({code}).");
            return Err(Problem::new(ProblemCode::ProviderRefused, detail).as_replay(replayed));
        }
    };
    let body = json!({
        "merchant": issued.merchant,
        "provider": issued.provider,
        "status": issued.state,
        "account": issued.account,
        "updated_at": issued.updated_at,
    });
    Ok(Answer { status, replayed, ..Answer::ok(body) })
}
