//! Deliberate errors: each takes one rule away, so that it is seen that the checkers notice.
//!
//! Invariant: they live in the simulator's driver alone; the daemon has no such switch.

/// A rule taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// All rules hold.
    None,
    /// A position is compared by feed and offset, not by the running hash.
    NoRunningHash,
    /// A position passes what could not be taken, and nothing asks for it again.
    NoWants,
    /// The route epoch is not part of the position.
    NoRouteEpoch,
    /// The route epoch is looked at when the session opens only.
    EpochAtOpen,
    /// A position that does not hold leads to a comparison of heads in that direction only. Where everything that came
    /// from a peer is named to it, the other direction's tail brings all that the comparison would; so the rule is
    /// taken away on top of [`Self::EchoDropped`], and seen where that alone loses nothing.
    OneDirection,
    /// What came from a peer is not named to it.
    EchoDropped,
    /// The second branch of a fork is refused.
    SecondBranchRefused,
    /// The second branch is refused, and a known restore goes on in the old incarnation.
    FirstSeenWins,
    /// Wants are forgotten when a session ends.
    WantsInMemory,
    /// A position is moved in a transaction before that of the entries.
    PositionFirst,
    /// Heads, feed and answers are not filtered by the peer's route.
    Unfiltered,
    /// A feed number is given before the commit, and readers pass over it.
    NumberFirst,
    /// A node of an older version drops the kinds that it does not know.
    UnknownKindsDropped,
    /// Entries whose payload was erased are refused.
    ErasedRefused,
    /// An entry that comes without its payload is taken for one whose payload was erased.
    BareIsErased,
    /// Admission does not ask who may write about a division.
    AnyoneWrites,
    /// Of several decisions on a submission the first to arrive counts.
    ArrivalOrder,
    /// An opinion holds for equal content wherever it stands in the line.
    CarriedByContent,
    /// A decision holds for the catalog: for whatever submission was the last to arrive.
    DecisionOnLatest,
    /// A restored node submits, decides and publishes before it has compared heads.
    ActsWhileHeld,
    /// A certificate counts wherever it stands, also where its division does not see it.
    HiddenMint,
    /// What a revoked key signed beyond its last good heads counts where it had arrived before.
    RevokedCounts,
    /// Of what a revoked key signed everything counts up to the sequence of the last good entry, on whatever branch.
    GoodBySequence,
    /// An entry counts wherever it stands: also under a subject that is not the division of what it is about, or with
    /// the reach or the lane of another kind.
    MisplacedCounts,
    /// Signatures are not checked.
    SignaturesUnchecked,
    /// A bundle moves the position wherever it begins at or before it.
    BundleMovesOn,
    /// What a peer merely says of a machine's past holds it.
    ClaimsHold,
    /// A machine that gets entries of its own back goes on as if nothing had been.
    RevertsUnseen,
    /// That a machine found that it fell back is not kept with the entries that prove it.
    HoldInMemory,
    /// A position passes what there was no room to want.
    PassesWhatHasNoRoom,
    /// Opinions go on along a merge's own line, whatever its other sides say.
    CarryAlongOneParent,
    /// A decision is about whatever step has its number in the chain that counts.
    StepsByIndex,
    /// A decision beyond the end of the chain that counts is nowhere.
    DecisionLost,
    /// Whoever submits is taken for the only writer.
    LastWriterOnly,
}

impl Mutation {
    /// All rules that are taken away.
    pub const ALL: [Self; 34] = [
        Self::NoRunningHash,
        Self::NoWants,
        Self::NoRouteEpoch,
        Self::EpochAtOpen,
        Self::OneDirection,
        Self::EchoDropped,
        Self::SecondBranchRefused,
        Self::FirstSeenWins,
        Self::WantsInMemory,
        Self::PositionFirst,
        Self::Unfiltered,
        Self::NumberFirst,
        Self::UnknownKindsDropped,
        Self::ErasedRefused,
        Self::BareIsErased,
        Self::AnyoneWrites,
        Self::ArrivalOrder,
        Self::CarriedByContent,
        Self::DecisionOnLatest,
        Self::ActsWhileHeld,
        Self::HiddenMint,
        Self::RevokedCounts,
        Self::GoodBySequence,
        Self::MisplacedCounts,
        Self::SignaturesUnchecked,
        Self::BundleMovesOn,
        Self::ClaimsHold,
        Self::RevertsUnseen,
        Self::HoldInMemory,
        Self::PassesWhatHasNoRoom,
        Self::CarryAlongOneParent,
        Self::StepsByIndex,
        Self::DecisionLost,
        Self::LastWriterOnly,
    ];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NoRunningHash => "no-running-hash",
            Self::NoWants => "no-wants",
            Self::NoRouteEpoch => "no-route-epoch",
            Self::EpochAtOpen => "epoch-at-open",
            Self::OneDirection => "one-direction",
            Self::EchoDropped => "echo-dropped",
            Self::SecondBranchRefused => "second-branch-refused",
            Self::FirstSeenWins => "first-seen-wins",
            Self::WantsInMemory => "wants-in-memory",
            Self::PositionFirst => "position-first",
            Self::Unfiltered => "unfiltered",
            Self::NumberFirst => "number-first",
            Self::UnknownKindsDropped => "unknown-kinds-dropped",
            Self::ErasedRefused => "erased-refused",
            Self::BareIsErased => "bare-is-erased",
            Self::AnyoneWrites => "anyone-writes",
            Self::ArrivalOrder => "arrival-order",
            Self::CarriedByContent => "carried-by-content",
            Self::DecisionOnLatest => "decision-on-latest",
            Self::ActsWhileHeld => "acts-while-held",
            Self::HiddenMint => "hidden-mint",
            Self::RevokedCounts => "revoked-counts",
            Self::GoodBySequence => "good-by-sequence",
            Self::MisplacedCounts => "misplaced-counts",
            Self::SignaturesUnchecked => "signatures-unchecked",
            Self::BundleMovesOn => "bundle-moves-on",
            Self::ClaimsHold => "claims-hold",
            Self::RevertsUnseen => "reverts-unseen",
            Self::HoldInMemory => "hold-in-memory",
            Self::PassesWhatHasNoRoom => "passes-what-has-no-room",
            Self::CarryAlongOneParent => "carry-along-one-parent",
            Self::StepsByIndex => "steps-by-index",
            Self::DecisionLost => "decision-lost",
            Self::LastWriterOnly => "last-writer-only",
        }
    }

    /// The rules that are taken away as well: a seed on which these alone are found says nothing of this one.
    pub fn beneath(self) -> Self {
        if self == Self::OneDirection { Self::EchoDropped } else { Self::None }
    }

    /// The mutation of a name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::None]).find(|mutation| mutation.word() == word)
    }
}
