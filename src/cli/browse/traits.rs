//! What made-up people are like: no two are alike.

use super::world::World;
use crate::train::random::Random;

/// What somebody mostly does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// Plays folders through.
    Folders,
    /// Has lists and plays them in their order or any.
    Lists,
    /// Takes what comes to mind.
    Mind,
    /// Goes round in a few favourites.
    Loops,
    /// Looks for new things.
    Scouts,
    /// Works on projects, each with its own few presets.
    Projects,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Folders, Self::Lists, Self::Mind, Self::Loops, Self::Scouts, Self::Projects];

    /// How often each course is begun: folder, list, mind, bank, loop, scout, project, stream.
    fn courses(self) -> [f32; 8] {
        match self {
            Self::Folders => [6.0, 0.5, 1.5, 1.0, 0.3, 1.0, 0.0, 0.8],
            Self::Lists => [0.7, 6.0, 1.5, 0.7, 0.3, 0.5, 0.0, 1.2],
            Self::Mind => [0.7, 1.0, 6.0, 2.0, 0.5, 0.7, 0.0, 1.5],
            Self::Loops => [0.5, 1.0, 2.5, 0.8, 4.0, 0.6, 0.0, 0.8],
            Self::Scouts => [2.0, 0.7, 1.5, 1.5, 0.3, 3.0, 0.0, 4.0],
            Self::Projects => [0.3, 0.5, 1.0, 0.7, 0.3, 1.2, 6.0, 0.8],
        }
    }
}

/// One person's habits.
pub(super) struct Traits {
    pub(super) courses: [f32; 8],
    /// Keeps in a session: the logarithm's mean and spread.
    pub(super) length: (f32, f32),
    /// Sessions a day.
    pub(super) pace: f32,
    /// Of ACT-R: the decay of memory and its noise.
    pub(super) decay: f32,
    pub(super) noise: f32,
    /// How often what followed last time is taken again.
    pub(super) habit: f32,
    /// How often a course goes on with the next session.
    pub(super) resume: f32,
    /// How often a new folder or bank is taken where a known one could be.
    pub(super) novelty: f32,
    /// How often a load is not kept.
    pub(super) pickiness: f32,
    pub(super) outcomes: bool,
    /// How often what is kept is changed or saved.
    pub(super) care: f32,
    /// The family preferred in each part of the day.
    pub(super) families: [usize; 4],
    /// Hours of the day at which sessions start.
    pub(super) hours: [f32; 2],
    /// Days after which somebody feels like something else, and how much.
    pub(super) boredom: f32,
    pub(super) moods: f32,
}

impl Traits {
    pub(super) fn new(kind: Kind, world: &World, random: &mut Random) -> Self {
        let spread = |middle: f32, factor: f32, random: &mut Random| middle * (factor.ln() * random.normal()).exp();
        let jitter = kind.courses().map(|share| share * (0.6 * random.normal()).exp());
        Self {
            courses: jitter,
            length: (spread(8.0, 1.7, random).ln(), random.between(0.5, 1.1)),
            pace: spread(1.6, 1.7, random),
            decay: random.between(0.4, 0.8),
            noise: random.between(0.3, 1.2),
            habit: random.between(0.0, 0.55),
            resume: random.between(0.1, 0.6),
            novelty: random.between(0.1, 0.6),
            pickiness: random.between(0.02, 0.5).powf(1.3),
            outcomes: random.chance(0.5),
            care: if kind == Kind::Projects { 0.2 } else { 0.0 },
            families: std::array::from_fn(|_| random.below(world.families())),
            hours: std::array::from_fn(|_| random.between(0.0, 24.0)),
            boredom: spread(15.0, 2.0, random),
            moods: random.between(0.5, 1.8),
        }
    }
}
