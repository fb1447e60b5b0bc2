//! What broken code would look like from outside. Each is caught, or the simulation proves nothing.

/// One way to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Writes do not ask whether somebody else wrote in between.
    NoVersionCondition,
    /// The reservation is not in the table while the provider is asked.
    ReservationAfterCall,
    /// A call without an answer is taken for one that was not made.
    TimeoutMeansFailed,
    /// An operation in doubt is called rejected, and its reservation given back.
    DoubtReleases,
    /// An operation that nobody can find out about is called rejected by age.
    AgeMeansFailed,
    /// An effectful call without an answer is sent again.
    ActTwice,
    /// A provider's message that came before is taken for new.
    NoDeduplication,
    /// A message is acknowledged before it is kept.
    AcknowledgedNotKept,
    /// The relay takes what a queue refused for sent.
    RelaySwallowsErrors,
    /// A queue that fell behind is not written down.
    LagForgotten,
    /// Only the first write of a transaction happens.
    TornTransaction,
    /// The relay does not come back to a batch that died with its function.
    BatchForgotten,
    /// Nothing is looked at again by itself.
    NoSweep,
    /// What was not found once was not processed.
    OneNotFoundCounts,
    /// What was not found is looked for again at once, and then counts.
    NoQuietPeriod,
    /// Somebody else's operation is taken over while its worker is alive.
    LeaseIgnored,
    /// A look is answered with what the first look saw.
    OlderNews,
    /// A message that proves nothing is taken for the authorization that it hints at.
    HintMovesMoney,
    /// A message that proves nothing is taken for the refusal that it may hint at.
    HintDeclines,
    /// A message that no payment was found for is not tried again.
    ParkedForgotten,
    /// The relay goes on past an event that a queue refused, and sends it later.
    RelayGoesOn,
    /// A buyer of whom nothing was seen has let the session expire.
    UnseenExpires,
    /// A payment that is promised or captured is not looked at again, whatever hints or contradicts.
    SettledForgotten,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::NoVersionCondition,
        Self::ReservationAfterCall,
        Self::TimeoutMeansFailed,
        Self::DoubtReleases,
        Self::AgeMeansFailed,
        Self::ActTwice,
        Self::NoDeduplication,
        Self::AcknowledgedNotKept,
        Self::RelaySwallowsErrors,
        Self::LagForgotten,
        Self::TornTransaction,
        Self::BatchForgotten,
        Self::NoSweep,
        Self::OneNotFoundCounts,
        Self::NoQuietPeriod,
        Self::LeaseIgnored,
        Self::OlderNews,
        Self::HintMovesMoney,
        Self::HintDeclines,
        Self::ParkedForgotten,
        Self::RelayGoesOn,
        Self::UnseenExpires,
        Self::SettledForgotten,
    ];
}

/// The defects of one run: none, or one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defects(Option<Defect>);

impl Defects {
    /// Sound code.
    pub const NONE: Self = Self(None);

    /// Code with this defect.
    #[must_use]
    pub const fn only(defect: Defect) -> Self {
        Self(Some(defect))
    }

    /// The defect, where there is one.
    pub(crate) const fn one(self) -> Option<Defect> {
        self.0
    }

    /// Whether the code has it.
    pub(crate) fn has(self, defect: Defect) -> bool {
        self.0 == Some(defect)
    }
}
