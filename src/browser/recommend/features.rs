//! The signals: everything that is known of a candidate, as numbers of about 0 to 3.

use super::catalogue::{Catalogue, Home, NO_GROUP, Number};
use super::context::{Context, Evidence, REACH};
use super::decay::{MONTH, SCALES, Trace, WEEK, ln_1p, power_law};
use super::past::{Habit, PARTS, Past};

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// One signal of the score.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Signal { $($(#[$doc])* $name,)* }

        impl Signal {
            /// Every signal in the order of the weights.
            pub const ALL: [Self; SIGNALS] = [$(Self::$name,)*];

            /// The name by which weights are stored.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        /// How many signals there are.
        pub const SIGNALS: usize = [$($text,)*].len();
    };
}

signals! {
    /// Keeps, fading by half in 75 minutes.
    Use75Minutes "use-75m",
    /// Keeps, fading by half in 6 hours.
    Use6Hours "use-6h",
    /// Keeps, fading by half in a day.
    UseDay "use-1d",
    /// Keeps, fading by half in a week.
    UseWeek "use-7d",
    /// Keeps, fading by half in 30 days.
    UseMonth "use-30d",
    /// Keeps, fading by half in 180 days.
    UseHalfYear "use-180d",
    /// The logarithm of the sum of age^-0.5 over all keeps (ACT-R).
    BaseLevel "base-level",
    /// All keeps.
    Count "count",
    /// Days since the last keep, as a logarithm.
    Rest "rest",
    /// All drops.
    Drops "drops",
    /// Drops, fading by half in a day.
    DropsDay "drops-1d",
    /// Changed, saved or exported.
    Care "care",
    /// Keeps at this time of day, beside other times.
    Hour "hour",
    /// Sittings that it began.
    Opened "opened",
    /// Keeps for each sitting that has it.
    Loop "loop",
    /// How often it was kept in this sitting.
    HereTimes "here-times",
    /// How often it followed what was kept last.
    FollowsTimes "follows-times",
    /// How long the course was that led to it.
    Course "course",
    /// Kept in this project lately.
    ProjectLately "project-lately",
    /// Keeps of its bank, fading by half in a day.
    BankDay "bank-1d",
    /// Keeps of its bank, fading by half in a week.
    BankWeek "bank-7d",
    /// Keeps of its bank, fading by half in 30 days.
    BankMonth "bank-30d",
    /// Keeps of its folder, fading by half in a week.
    FolderWeek "folder-7d",
    /// Keeps of its author, fading by half in a week.
    AuthorWeek "author-7d",
    /// Keeps of its tags, fading by half in a week.
    TagsWeek "tags-7d",
    /// It was kept before.
    Known "known",
    /// One over days since the last keep.
    Recency "recency",
    /// Keeps for each load.
    KeepRatio "keep-ratio",
    /// Loaded, but never kept.
    Tried "tried",
    /// It has a heart.
    Favourite "favourite",
    /// The share of its sittings that it began.
    Opener "opener",
    /// Kept in this sitting.
    Here "here",
    /// One over the number of keeps since.
    HereAgo "here-ago",
    /// Loaded in this sitting and not kept.
    Declined "declined",
    /// The share of times that it followed what was kept last.
    Follows "follows-1",
    /// The same two places ago.
    Follows2 "follows-2",
    /// The same three places ago.
    Follows3 "follows-3",
    /// The share of times, lately.
    FollowsLately "follows-lately",
    /// It followed last time.
    FollowedLast "followed-last",
    /// It came right before.
    Precedes "precedes",
    /// In the same sittings as what was kept last, as a cosine.
    Together "together",
    /// In sittings like this one.
    Alike "alike",
    /// In the sitting before.
    LastSitting "last-sitting",
    /// In the sitting before, where that is fresh.
    LastSittingFresh "last-sitting-fresh",
    /// One over the number of keeps from the end of the sitting before, where that is fresh.
    LastSittingEnd "last-sitting-end",
    /// The share of the last 8 sittings.
    RecentSittings "recent-sittings",
    /// Kept in this project.
    Project "project",
    /// The share of the latest keeps that are of its bank.
    BankHere "bank-here",
    /// The same bank as what was kept last.
    SameBank "same-bank",
    /// The share of the latest keeps that are in its folder.
    FolderHere "folder-here",
    /// The same folder as what was kept last.
    SameFolder "same-folder",
    /// It stands next after what was kept last.
    NextInOrder "next-in-order",
    /// One over the places that it stands after what was kept last.
    Ahead "ahead",
    /// One over the places that it stands before.
    Behind "behind",
    /// First of its folder or bank.
    First "first",
    /// The share of the latest keeps that have its tags.
    TagsHere "tags-here",
    /// Cosine to the latest keeps in latent space.
    LatentHere "latent-here",
    /// Cosine to what was kept last in latent space.
    LatentCurrent "latent-current",
}

/// The first signals are counts, of which half the logarithm of one more is taken: all at once, in SIMD lanes.
const COUNTS: usize = Signal::TagsWeek as usize + 1;

/// The signals of one candidate.
pub(super) type Vector = [f32; SIGNALS];

/// As far as a neighbour in a folder or bank is one.
const NEAR: u32 = 16;

/// The power law's share of each scale, which is the same for ever.
pub(super) struct Measure {
    power: Trace,
}

impl Measure {
    pub(super) fn new() -> Self {
        Self { power: power_law() }
    }

    /// How strongly a preset with such a trace comes to mind, before the logarithm.
    pub(super) fn base_level(&self, context: &Context, keeps: &Trace) -> f32 {
        (0..SCALES).map(|scale| keeps[scale] * context.fading[scale] * self.power[scale]).sum()
    }

    /// All signals of `preset`.
    pub(super) fn vector(&self, context: &Context, past: &Past, catalogue: &Catalogue, preset: Number) -> Vector {
        let mut x = [0.0; SIGNALS];
        self.fill(&mut x, context, past, catalogue, preset);
        x
    }

    /// Puts all signals of `preset` in place of what was there.
    pub(super) fn fill(&self, x: &mut Vector, context: &Context, past: &Past, catalogue: &Catalogue, preset: Number) {
        x.fill(0.0);
        if let Some((habit, keeps)) = past.habit_and_keeps(preset) {
            self.habit(x, context, habit, keeps);
        }
        if let Some(evidence) = context.evidence.get(preset) {
            course(x, context, past, evidence, preset);
        }
        groups(x, context, past, catalogue, preset);
        x[..COUNTS].iter_mut().for_each(|count| *count = 0.5 * ln_1p(*count));
    }

    fn habit(&self, x: &mut Vector, context: &Context, habit: &Habit, keeps: &Trace) {
        let uses: Trace = std::array::from_fn(|scale| keeps[scale] * context.fading[scale]);
        set(x, Signal::Drops, habit.dropped as f32);
        set(x, Signal::DropsDay, habit.drops[WEEK - 1] * context.fading[WEEK - 1]);
        set(x, Signal::Tried, f32::from(habit.kept == 0 && habit.loads > 0));
        set(x, Signal::Care, habit.care as f32);
        set(x, Signal::Favourite, f32::from(habit.favourite));
        if habit.kept == 0 {
            return;
        }
        let kept = habit.kept as f32;
        x[Signal::Use75Minutes as usize..][..SCALES].copy_from_slice(&uses);
        let days = (context.now - habit.last).max(0) as f32 / 86_400.0;
        set(x, Signal::Known, 1.0);
        // So that one keep years ago counts, too.
        set(x, Signal::BaseLevel, 300.0 * self.base_level(context, keeps));
        set(x, Signal::Count, kept);
        set(x, Signal::Recency, 1.0 / (1.0 + days));
        set(x, Signal::Rest, days);
        set(x, Signal::KeepRatio, (kept + 1.0) / (habit.loads.max(habit.kept) as f32 + 2.0));
        let part = f32::from(habit.parts[context.part]);
        let beside = f32::from(habit.parts[(context.part + 1) % PARTS])
            + f32::from(habit.parts[(context.part + PARTS - 1) % PARTS]);
        let expected = kept / PARTS as f32;
        set(x, Signal::Hour, (0.6 * part + 0.2 * beside + 0.5) / (expected + 0.5));
        set(x, Signal::Opener, habit.opened as f32 / (habit.sittings as f32 + 1.0));
        set(x, Signal::Opened, habit.opened as f32);
        set(x, Signal::Loop, kept / habit.sittings as f32 - 1.0);
    }
}

/// What the running sitting and the ones before say.
fn course(x: &mut Vector, context: &Context, past: &Past, evidence: &Evidence, preset: Number) {
    let share = |distance: usize| evidence.follows[distance] / (context.followed[distance] + 1.0);
    let shares: [f32; REACH] = std::array::from_fn(share);
    set(x, Signal::Follows, shares[0]);
    set(x, Signal::Follows2, shares[1]);
    set(x, Signal::Follows3, shares[2]);
    set(x, Signal::FollowsTimes, evidence.follows[0]);
    set(x, Signal::FollowsLately, evidence.follows_lately * 0.2);
    set(x, Signal::FollowedLast, f32::from(evidence.followed_last));
    set(x, Signal::Course, evidence.longest as f32);
    set(x, Signal::Precedes, evidence.precedes / (context.followed[0] + 1.0));
    set(x, Signal::Alike, evidence.alike);
    set(x, Signal::Here, f32::from(evidence.here > 0));
    set(x, Signal::HereTimes, evidence.here as f32);
    set(x, Signal::HereAgo, if evidence.ago > 0 { 1.0 / evidence.ago as f32 } else { 0.0 });
    set(x, Signal::Declined, f32::from(evidence.declined));
    let last = evidence.last_sitting;
    set(x, Signal::LastSitting, f32::from(last > 0));
    set(x, Signal::LastSittingFresh, f32::from(last > 0) * context.fresh);
    set(x, Signal::LastSittingEnd, if last > 0 { context.fresh / last as f32 } else { 0.0 });
    set(x, Signal::RecentSittings, evidence.recent_sittings as f32 / 8.0);
    if evidence.together > 0 {
        let sittings = |preset| past.habit(preset).map_or(1, |habit| habit.sittings.max(1)) as f32;
        let both = (context.current.map_or(1.0, sittings) * sittings(preset)).sqrt();
        set(x, Signal::Together, evidence.together as f32 / both);
    }
    if evidence.project.kept > 0 {
        let days = (context.now - evidence.project.last).max(0) as f32 / 86_400.0;
        set(x, Signal::Project, evidence.project.kept as f32 / (context.project_keeps + 1.0));
        set(x, Signal::ProjectLately, evidence.project.kept as f32 * (-days / 30.0).exp2());
    }
}

/// What its bank, folder, author, tags and latent say.
fn groups(x: &mut Vector, context: &Context, past: &Past, catalogue: &Catalogue, preset: Number) {
    let home = catalogue.home(preset);
    if home.bank != NO_GROUP {
        let keeps = context.keeps(past, home.bank);
        for (scale, signal) in [(WEEK - 1, Signal::BankDay), (WEEK, Signal::BankWeek), (MONTH, Signal::BankMonth)] {
            set(x, signal, keeps[scale]);
        }
        set(x, Signal::BankHere, context.share(home.bank));
    }
    if home.folder != NO_GROUP {
        set(x, Signal::FolderWeek, context.keeps(past, home.folder)[WEEK]);
        set(x, Signal::FolderHere, context.share(home.folder));
    }
    set(x, Signal::First, f32::from(home.row() != NO_GROUP && home.place == 0));
    if home.author != NO_GROUP {
        set(x, Signal::AuthorWeek, context.keeps(past, home.author)[WEEK]);
    }
    let tags = catalogue.tags(preset);
    if !tags.is_empty() {
        let (week, here) = tags
            .iter()
            .fold((0.0, 0.0), |(week, here), tag| (week + context.keeps(past, *tag)[WEEK], here + context.share(*tag)));
        set(x, Signal::TagsWeek, week / tags.len() as f32);
        set(x, Signal::TagsHere, here / tags.len() as f32);
    }
    if let Some(current) = context.current {
        neighbourhood(x, home, catalogue.home(current));
        let latent = catalogue.latent(preset);
        set(x, Signal::LatentHere, dot(latent, &context.centre));
        set(x, Signal::LatentCurrent, dot(latent, catalogue.latent(current)));
    }
}

/// Where it stands beside what was kept last.
fn neighbourhood(x: &mut Vector, home: Home, current: Home) {
    set(x, Signal::SameBank, f32::from(home.bank != NO_GROUP && home.bank == current.bank));
    set(x, Signal::SameFolder, f32::from(home.folder != NO_GROUP && home.folder == current.folder));
    if home.row() == NO_GROUP || home.row() != current.row() {
        return;
    }
    let (ahead, behind) = (home.place.saturating_sub(current.place), current.place.saturating_sub(home.place));
    set(x, Signal::NextInOrder, f32::from(ahead == 1));
    if (1..=NEAR).contains(&ahead) {
        set(x, Signal::Ahead, 1.0 / ahead as f32);
    }
    if (1..=NEAR).contains(&behind) {
        set(x, Signal::Behind, 1.0 / behind as f32);
    }
}

fn set(x: &mut Vector, signal: Signal, value: f32) {
    x[signal as usize] = value;
}

/// The sum of products, in a fixed order.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
