//! One slot of the mixed shelf for what nobody could foretell, so that habits do not close in on themselves.

use super::catalogue::{Catalogue, NO_GROUP, Number};
use super::context::Context;
use super::features::dot;
use super::past::Past;
use super::pool::{may_show, was_kept};
use super::seed::Seed;
use crate::browser::usage::SessionId;

/// A way to find something that was never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Arm {
    /// Close in latent space to what was kept last.
    Close = 0,
    /// Of the bank of what was kept last.
    Bank = 1,
    /// With a tag of which nothing was kept yet.
    Tag = 2,
    /// Anything.
    Any = 3,
}

impl Arm {
    /// Every arm in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Close, Self::Bank, Self::Tag, Self::Any];
}

/// How often what an arm proposed was kept and was not: rows that a user may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArmCount {
    /// Proposals that were kept in their session.
    pub kept: u32,
    /// Proposals that were not.
    pub passed: u32,
}

/// Sessions before anything is proposed: until then all is new anyway.
pub(super) const SESSIONS: usize = 30;
/// How many presets an arm looks at: from a place that the session chooses.
const LOOKED_AT: usize = 256;

/// The arms, and what waits to be kept or passed.
#[derive(Debug, Default)]
pub(super) struct Explorer {
    pub(super) counts: [ArmCount; Arm::ALL.len()],
    waiting: Option<(SessionId, Number, Arm)>,
}

impl Explorer {
    /// What to propose in this session: always the same there, until it is kept.
    ///
    /// The arm is drawn by Thompson's rule: each has a chance sampled from its counts, and the highest wins.
    pub(super) fn propose(
        &mut self,
        session: SessionId,
        context: &Context,
        past: &Past,
        catalogue: &Catalogue,
    ) -> Option<(Number, Arm)> {
        if past.sittings().len() < SESSIONS {
            return None;
        }
        if let Some((_, number, arm)) = self.waiting.filter(|waiting| waiting.0 == session) {
            let fits = may_show(past, catalogue, number) && !was_kept(past, number);
            return fits.then_some((number, arm));
        }
        let hash = session.0.iter().fold(0_u64, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
        let mut seed = Seed::new(hash);
        let mut arms = Arm::ALL.map(|arm| {
            let ArmCount { kept, passed } = self.counts[arm as usize];
            (seed.beta(kept as f32 + 1.0, passed as f32 + 1.0), arm)
        });
        arms.sort_by(|a, b| b.0.total_cmp(&a.0));
        let found = arms.into_iter().find_map(|(_, arm)| Some((find(arm, &mut seed, context, past, catalogue)?, arm)));
        if let Some((number, arm)) = found {
            self.settle(false);
            self.waiting = Some((session, number, arm));
        }
        found
    }

    /// A preset was kept: if it is the one proposed, its arm has won.
    pub(super) fn kept(&mut self, number: Number) {
        if self.waiting.is_some_and(|waiting| waiting.1 == number) {
            self.settle(true);
        }
    }

    fn settle(&mut self, kept: bool) {
        if let Some((_, _, arm)) = self.waiting.take() {
            let count = &mut self.counts[arm as usize];
            *(if kept { &mut count.kept } else { &mut count.passed }) += 1;
        }
    }
}

/// What an arm finds.
fn find(arm: Arm, seed: &mut Seed, context: &Context, past: &Past, catalogue: &Catalogue) -> Option<Number> {
    let current = context.current?;
    let fits = |number: &Number| may_show(past, catalogue, *number) && !was_kept(past, *number);
    let from = (seed.uniform() * catalogue.len() as f32) as usize;
    let anywhere = (0..catalogue.len()).map(|at| ((from + at) % catalogue.len()) as Number).filter(fits);
    match arm {
        Arm::Close => {
            let latent = catalogue.latent(current);
            let close = anywhere.take(LOOKED_AT).map(|number| (dot(catalogue.latent(number), latent), number));
            let best = close.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
            (best.0 > 0.0).then_some(best.1)
        }
        Arm::Bank => {
            let bank = catalogue.home(current).bank;
            let mates: Vec<Number> = catalogue.members(bank).iter().copied().filter(fits).take(LOOKED_AT).collect();
            let number = mates.get((seed.uniform() * mates.len() as f32) as usize).copied();
            number.filter(|_| bank != NO_GROUP)
        }
        Arm::Tag => {
            let unused = |number: &Number| catalogue.tags(*number).iter().any(|tag| past.group_keeps(*tag) == 0);
            anywhere.take(LOOKED_AT).find(unused)
        }
        Arm::Any => anywhere.take(1).next(),
    }
}
