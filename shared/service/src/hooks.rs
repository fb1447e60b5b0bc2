//! What arrives without an API key: a buyer who comes back, a provider's message, and the check of API keys itself.

use http::{HeaderMap, HeaderValue};
use payment::{Cause, CauseKind, Hint, MerchantId, Note, Payment, PaymentId, ProviderId, Status};
use providers::{Addressee, BestEvidence, Deadline, Evidence, Inbound, Message, Met, NotAuthentic};
use store::{Kept, MessageState, StoreError, StoredMessage};
use url::Url;

use crate::Service;
use crate::answer::Call;
use crate::look::INLINE;
use crate::merchant::{Caller, Merchant, merchant_of_key};
use crate::parse;
use crate::problem::{Problem, ProblemCode};
use crate::work::{RACES, Work};

/// The largest message without a signature that is kept, in bytes.
const LARGEST_HINT: usize = 16 * 1024;

impl Service {
    /// Who an `Authorization` header speaks for; `None` for anybody we do not know.
    ///
    /// # Errors
    /// When the merchants cannot be looked up.
    pub async fn authorize(&self, header: Option<&str>) -> Result<Option<Caller>, Problem> {
        let Some((scheme, key)) = header.and_then(|header| header.split_once(' ')) else { return Ok(None) };
        let key = key.trim_start_matches(' ');
        let Some(id) = merchant_of_key(key).filter(|_| scheme.eq_ignore_ascii_case("bearer")) else { return Ok(None) };
        let Some(merchant) = self.merchants.get(&id).await.map_err(Problem::unavailable)? else { return Ok(None) };
        Ok(merchant.key_of(key).map(|key| Caller { merchant: id, scope: key.scope, label: key.label.clone() }))
    }

    /// Where a buyer goes who comes back from the provider's page: `GET` or `POST /v1/return/{id}`. Looks at the provider
    /// for at most three seconds and never confirms.
    ///
    /// # Errors
    /// When the payment or its token is not right.
    pub async fn return_buyer(
        &self,
        id: &str,
        query: &[(String, String)],
        request_id: &str,
        deadline: Deadline,
    ) -> Result<Url, Problem> {
        let token = query.iter().find(|(name, _)| name == "token").map(|(_, value)| value.as_str());
        let id = parse::payment_id(id)?;
        let payment = self.store.load(&id).await?.filter(|p| token.is_some_and(|token| p.token.matches(token)));
        let payment = payment.ok_or_else(Problem::payment_not_found)?;
        let mut url = payment.return_url.clone().ok_or_else(Problem::payment_not_found)?;
        // The buyer goes on whatever happens to the look.
        let status = match self.look_for_a_buyer(payment.clone(), query, request_id, deadline).await {
            Ok(status) => status,
            Err(problem) => {
                let (payment_id, code) = (&payment.id, problem.code().as_str());
                tracing::warn!(request_id, %payment_id, code, "a buyer came back and nobody could look");
                payment.status
            }
        };
        url.query_pairs_mut().append_pair("payment_id", payment.id.as_str()).append_pair("status", status.as_str());
        Ok(url)
    }

    async fn look_for_a_buyer(
        &self,
        payment: Payment,
        query: &[(String, String)],
        request_id: &str,
        deadline: Deadline,
    ) -> Result<Status, Problem> {
        let mut work = self.work(payment).await?;
        if work.payment.status.is_open() || work.payment.is_given_up() {
            let cause = payment::Cause::new(CauseKind::Probe, request_id);
            let candidate = work.account()?.adapter.candidate_of_return(query);
            self.note_return(&mut work, candidate.as_deref()).await?;
            self.observe(&mut work, deadline.at_most(INLINE), &cause).await?;
        }
        Ok(work.payment.status)
    }

    /// Writes down an id that the returning buyer's address named, and of a payment that was given up that somebody must
    /// look: the buyer comes only once, and the look may fail.
    async fn note_return(&self, work: &mut Work, candidate: Option<&str>) -> Result<(), Problem> {
        for _ in 0..RACES {
            let named = candidate.is_some_and(|candidate| work.payment.consider(candidate));
            if work.payment.is_given_up() {
                work.payment.hint(Hint { at: self.now() });
            } else if !named {
                return Ok(());
            }
            match self.store.save(&mut work.payment).await {
                Err(StoreError::Conflict) => self.reload(work).await?,
                saved => return saved.map_err(Problem::from),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Takes in a provider's message: verified, kept, applied. `Ok` means that it is in the table, and names the payment
    /// that it was found to be about by now.
    ///
    /// # Errors
    /// One uniform 401 for anything that is not authentic; 503 when it could not be kept, so that it is sent again.
    pub async fn webhook(
        &self,
        provider_path: &str,
        merchant: &str,
        inbound: Inbound<'_>,
        request_id: &str,
        deadline: Deadline,
    ) -> Result<Option<PaymentId>, Problem> {
        let unknown = || forged("unknown_merchant");
        let merchant: MerchantId = merchant.parse().map_err(|_| unknown())?;
        let merchant = self.merchants.get(&merchant).await.map_err(Problem::unavailable)?.ok_or_else(unknown)?;
        let mut about = None;
        let (id, request_id) = (merchant.id.clone(), request_id.to_owned());
        let call = Call { merchant: id, request_id, deadline, key_label: None };
        for (stored, message) in self.taken(&merchant, provider_path, inbound).await? {
            // A repeated hint may still mean something new: it says only that it is time to look.
            if self.store.keep(&stored).await? == Kept::Repeat && stored.proves {
                continue;
            }
            let (state, payment) = self.apply(&call, &stored, &message, CauseKind::Webhook).await?;
            self.store.mark(&stored, state, self.now()).await?;
            about = about.or(payment);
        }
        Ok(about)
    }

    /// A message as the merchant's accounts at this address take it, of which several APIs can share one: as that
    /// account's whose payment it is about, and as long as there is none as everybody's who takes it.
    async fn taken(
        &self,
        merchant: &Merchant,
        provider_path: &str,
        inbound: Inbound<'_>,
    ) -> Result<Vec<(StoredMessage, Message)>, Problem> {
        let (mut taken, mut refused) = (Vec::new(), forged("no_account"));
        for (provider, account) in merchant.accounts_at(provider_path) {
            let (received, met) = Met::within(|| account.adapter.receive(inbound));
            match received {
                Ok(message) if matches!(message.evidence, Evidence::Hint) && inbound.body.len() > LARGEST_HINT => {
                    let detail = format!("A message without a signature must have at most {LARGEST_HINT} bytes.");
                    refused = Problem::new(ProblemCode::BodyTooLarge, detail).because("too_large");
                }
                Ok(message) => taken.push((self.stored(merchant, provider, inbound, &message), message)),
                Err(error) => refused = not_authentic(error, met),
            }
        }
        if taken.is_empty() {
            return Err(refused);
        }
        for (n, (stored, message)) in taken.iter().enumerate().filter(|_| taken.len() > 1) {
            if self.addressed(stored, message).await?.is_some() {
                return Ok(vec![taken.swap_remove(n)]);
            }
        }
        Ok(taken)
    }

    fn stored(
        &self,
        merchant: &Merchant,
        provider: &ProviderId,
        inbound: Inbound<'_>,
        message: &Message,
    ) -> StoredMessage {
        let hints = matches!(message.evidence, Evidence::Hint);
        let authentic = !hints || message.receivable.is_some() || message.unrecognized.is_some();
        let readable =
            providers::find(provider).is_none_or(|known| known.capabilities.evidence == BestEvidence::Observation);
        // What no look can tell is lost with the message.
        let proves = !hints || (authentic && !readable);
        StoredMessage {
            provider: provider.clone(),
            merchant: merchant.id.clone(),
            identity: message.identity.clone(),
            url: inbound.url.to_owned(),
            content_type: inbound.media_type().unwrap_or_default(),
            body: inbound.body.to_vec(),
            received_at: self.now(),
            proves,
            authentic,
            tries: 0,
            applied: false,
        }
    }

    /// Applies a message to the payment it is about; parked when there is none yet. Which payment it is comes back too.
    pub(crate) async fn apply(
        &self,
        call: &Call,
        stored: &StoredMessage,
        message: &Message,
        cause: CauseKind,
    ) -> Result<(MessageState, Option<PaymentId>), Problem> {
        let Some(payment) = self.addressed(stored, message).await? else { return Ok((MessageState::Parked, None)) };
        let id = payment.id.clone();
        let state = self.apply_to(payment, call, (stored, message), cause).await;
        state.map_err(|problem| problem.of(&id)).map(|state| (state, Some(id.clone())))
    }

    async fn apply_to(
        &self,
        payment: Payment,
        call: &Call,
        (stored, message): (&StoredMessage, &Message),
        cause: CauseKind,
    ) -> Result<MessageState, Problem> {
        let mut work = self.work(payment).await?;
        let cause = call.cause(cause);
        for _ in 0..8 {
            tell(&mut work.payment, stored, message, &cause, self.now());
            match self.save_told(&mut work, message).await {
                Ok(()) => {
                    self.look_after_a_hint(call, &mut work, &cause).await;
                    return Ok(MessageState::Applied);
                }
                Err(StoreError::Conflict) => self.reload(&mut work).await?,
                // It names what is another payment's, so whom it is about is for a person to find out.
                Err(StoreError::Taken) => {
                    let (payment_id, request_id) = (&work.payment.id, &call.request_id);
                    tracing::error!(request_id, %payment_id, "a message names an id of another payment");
                    return Ok(MessageState::Parked);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Writes a payment that a message was about, with the ids that later messages of a provider without any read may
    /// carry alone.
    async fn save_told(&self, work: &mut Work, message: &Message) -> Result<(), StoreError> {
        let unreadable = work.capabilities().is_ok_and(|c| c.evidence == BestEvidence::Webhook);
        let ids = message.addressees.iter().filter_map(|addressee| match addressee {
            Addressee::ProviderReference(id) if unreadable => Some(id.clone()),
            _ => None,
        });
        let ids: Vec<String> = ids.collect();
        if ids.is_empty() {
            return self.store.save(&mut work.payment).await;
        }
        self.store.save_with_references(&mut work.payment, &ids).await
    }

    /// A message that made the payment due is followed by a look, as long as there is time; the sweep does it otherwise.
    async fn look_after_a_hint(&self, call: &Call, work: &mut Work, cause: &Cause) {
        if work.payment.observe_at.is_none_or(|at| at > self.now()) {
            return;
        }
        if let Err(problem) = self.observe(work, call.deadline.at_most(INLINE), cause).await {
            let (request_id, payment_id, code) = (&call.request_id, &work.payment.id, problem.code().as_str());
            tracing::warn!(request_id, %payment_id, code, "a hint is left to the sweep");
        }
    }

    /// The payment that a message is about: by the id and token in its address, or by the names it gives.
    pub(crate) async fn addressed(
        &self,
        stored: &StoredMessage,
        message: &Message,
    ) -> Result<Option<Payment>, Problem> {
        let ours = |payment: &Payment| payment.merchant == stored.merchant && payment.provider == stored.provider;
        if let Some((id, token)) = in_address(&stored.url) {
            let payment = self.store.load(&id).await?;
            if let Some(payment) = payment.filter(|p| ours(p) && p.token.matches(&token) && named_in(p, message)) {
                return Ok(Some(payment));
            }
        }
        for addressee in &message.addressees {
            let (provider, merchant) = (&stored.provider, &stored.merchant);
            let id = match addressee {
                Addressee::Reference(told) => self.store.find_by_order_reference(merchant, told).await?,
                Addressee::ProviderReference(id) => self.store.find_by_id_of_provider(provider, merchant, id).await?,
            };
            if let Some(id) = id
                && let Some(payment) = self.store.load(&id).await?.filter(ours)
            {
                return Ok(Some(payment));
            }
        }
        Ok(None)
    }
}

/// Whoever sent it learns nothing else; the reason is for the log.
fn forged(reason: &'static str) -> Problem {
    Problem::new(ProblemCode::Unauthorized, "The message is not authentic.").because(reason)
}

fn not_authentic(error: NotAuthentic, met: Met) -> Problem {
    match error {
        NotAuthentic::Forged => forged(met.obstacle.unwrap_or("wrong_signature")),
        NotAuthentic::MediaType => {
            let detail = "The provider does not send this media type.";
            Problem::new(ProblemCode::UnsupportedMediaType, detail).because("media_type")
        }
        NotAuthentic::Unreadable => {
            let detail = "The message is authentic but cannot be read.";
            Problem::new(ProblemCode::InvalidJson, detail).because("unreadable")
        }
    }
}

/// What a kept message means by today's code; it was verified when it arrived.
pub(crate) fn reread(merchant: &Merchant, stored: &StoredMessage) -> Option<Message> {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&stored.content_type) {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    let inbound = Inbound { url: &stored.url, headers: &headers, body: &stored.body };
    merchant.account(&stored.provider)?.adapter.reread(inbound, stored.authentic).ok()
}

/// What a message makes true of the payment that it is about.
pub(crate) fn tell(
    payment: &mut Payment,
    stored: &StoredMessage,
    message: &Message,
    cause: &Cause,
    now: jiff::Timestamp,
) {
    match &message.evidence {
        Evidence::Hint => {
            payment.hint(Hint { at: now });
            for candidate in named(message) {
                payment.consider(candidate);
            }
        }
        Evidence::Claim(claim) => payment.learn(claim.clone(), cause, now),
        Evidence::Attested(attestation) => payment.learn(attestation.clone(), cause, now),
    }
    let note = Note {
        identity: &stored.identity,
        receivable: message.receivable.as_ref(),
        unrecognized: message.unrecognized.as_deref(),
    };
    let says = note.receivable.is_some() || note.unrecognized.is_some();
    if !payment.note_message(note, cause, now) && says && payment.is_full() {
        let (provider, merchant, payment_id) = (&payment.provider, &payment.merchant, &payment.id);
        tracing::error!(%provider, %merchant, %payment_id, "a message is kept and told nobody, for want of room");
    }
}

/// The provider's own ids that a message names.
fn named(message: &Message) -> impl Iterator<Item = &str> {
    message.addressees.iter().filter_map(|addressee| match addressee {
        Addressee::ProviderReference(id) => Some(id.as_str()),
        Addressee::Reference(_) => None,
    })
}

/// Whether a message that names references names one of this payment: an address is not covered by every signature.
fn named_in(payment: &Payment, message: &Message) -> bool {
    let mut references = message.addressees.iter().filter_map(|addressee| match addressee {
        Addressee::Reference(told) => Some(told),
        Addressee::ProviderReference(_) => None,
    });
    let own = |told: &String| {
        let rest = told.strip_prefix(payment.order_reference.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let mut references = references.by_ref().peekable();
    references.peek().is_none() || references.any(own)
}

fn in_address(url: &str) -> Option<(PaymentId, String)> {
    let url: Url = url.parse().ok()?;
    let get = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    Some((get("payment")?.parse().ok()?, get("token")?))
}
