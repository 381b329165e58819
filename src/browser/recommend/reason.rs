//! Why a row stands where it stands, in numbers that anyone can count in the history.

use std::fmt;

use super::catalogue::{Catalogue, Group, NO_GROUP, Number};
use super::context::Context;
use super::explore::Arm;
use super::features::{SIGNALS, Signal, Vector};
use super::past::Past;
use crate::browser::usage::PresetId;

/// What two presets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// The bank.
    Bank,
    /// The folder of a bank.
    Folder,
    /// The author.
    Author,
    /// A tag.
    Tag,
}

/// Since when something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In the running session.
    ThisSession,
    /// In the session that something was kept in last.
    LastSession,
    /// In so many days up to the request, of 24 hours each.
    Days(u32),
    /// As long as there is a history.
    Ever,
}

/// The strongest reason for a row. All numbers are counts of keeps in the history unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It was kept right after `preset`, in the same session, `times` of the `of` times that anything was.
    Follows {
        /// What was kept last.
        preset: PresetId,
        /// How often it came next.
        times: u32,
        /// How often anything did.
        of: u32,
    },
    /// It and `preset` were kept in so many same sessions.
    Together {
        /// One of the latest keeps.
        preset: PresetId,
        /// Sessions that hold both.
        sessions: u32,
    },
    /// It was kept.
    Kept {
        /// How often.
        times: u32,
        /// Since when.
        when: When,
    },
    /// It was kept in this project.
    InProject {
        /// How often.
        times: u32,
    },
    /// It was kept at this time of day: within the same three hours, UTC.
    AtThisHour {
        /// How often.
        times: u32,
    },
    /// So many sessions began with it: its keep was their first.
    Opens {
        /// How many.
        sessions: u32,
    },
    /// It was kept as often as it was loaded, or nearly.
    KeptOf {
        /// Keeps.
        times: u32,
        /// Loads.
        loads: u32,
    },
    /// It was changed, saved or exported.
    Care {
        /// How often.
        times: u32,
    },
    /// It has a heart.
    Favourite,
    /// It shares something with presets that were kept.
    Kin {
        /// What.
        kin: Kin,
        /// With how many different presets; of [`When::Ever`], how many keeps.
        presets: u32,
        /// Since when.
        when: When,
        /// Whether it was ever loaded itself.
        tried: bool,
    },
    /// It stands `places` after (below 0: before) `preset` in its folder or bank.
    Beside {
        /// What was kept last.
        preset: PresetId,
        /// How far.
        places: i32,
    },
    /// It sounds like what was kept last.
    Close {
        /// What was kept last.
        preset: PresetId,
        /// Cosine between the two in latent space, -1 to 1.
        cosine: f32,
    },
    /// It was loaded and not kept yet.
    Tried {
        /// How often it was loaded or dropped.
        times: u32,
    },
    /// It was never tried.
    New,
    /// To find out whether it is liked.
    Explore {
        /// Where it was looked for.
        arm: Arm,
    },
}

/// A reason with the names of presets.
pub struct Told<'a> {
    reason: &'a Reason,
    name: &'a dyn Fn(PresetId) -> String,
}

impl Reason {
    /// The reason as a sentence in which presets are called by `name`.
    #[must_use]
    pub fn told<'a>(&'a self, name: &'a dyn Fn(PresetId) -> String) -> Told<'a> {
        Told { reason: self, name }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told(&|id| id.to_string()).fmt(f)
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match *self.reason {
            Reason::Follows { preset, times, of } => {
                write!(f, "follows {}: {times} of {}", name(preset), counted(of, "time"))
            }
            Reason::Together { preset, sessions } => {
                write!(f, "kept with {} in {}", name(preset), counted(sessions, "session"))
            }
            Reason::Kept { times, when } => write!(f, "kept {}{when}", counted(times, "time")),
            Reason::InProject { times } => write!(f, "kept {} in this project", counted(times, "time")),
            Reason::AtThisHour { times } => write!(f, "kept {} at this time of day", counted(times, "time")),
            Reason::Opens { sessions } => write!(f, "began {} of yours", counted(sessions, "session")),
            Reason::KeptOf { times, loads } => write!(f, "kept {times} of {} loaded", counted(loads, "time")),
            Reason::Care { times } => write!(f, "changed or saved {}", counted(times, "time")),
            Reason::Favourite => write!(f, "a favourite"),
            Reason::Kin { kin, presets, when: When::Ever, tried } => {
                write!(f, "{kin}: {}{}", counted(presets, "keep"), never(tried))
            }
            Reason::Kin { kin, presets, when, tried } => {
                write!(f, "same {kin} as {} kept{when}{}", counted(presets, "preset"), never(tried))
            }
            Reason::Beside { preset, places: 1 } => write!(f, "next after {}", name(preset)),
            Reason::Beside { preset, places } if places > 0 => write!(f, "{places} places after {}", name(preset)),
            Reason::Beside { preset, places } => {
                write!(f, "{} before {}", counted(places.unsigned_abs(), "place"), name(preset))
            }
            Reason::Close { preset, cosine } => write!(f, "close to {} ({cosine:.2})", name(preset)),
            Reason::Tried { times } => write!(f, "tried {}, not kept yet", counted(times, "time")),
            Reason::New => write!(f, "never tried"),
            Reason::Explore { arm } => f.write_str(match arm {
                Arm::Close => "something new: close to what you kept last",
                Arm::Bank => "something new from the same bank",
                Arm::Tag => "something new, with a tag that you never tried",
                Arm::Any => "something new",
            }),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThisSession => write!(f, " this session"),
            Self::LastSession => write!(f, " last session"),
            Self::Days(1) => write!(f, " in the last 24 hours"),
            Self::Days(days) => write!(f, " in the last {days} days"),
            Self::Ever => Ok(()),
        }
    }
}

impl fmt::Display for Kin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bank => "bank",
            Self::Folder => "folder",
            Self::Author => "author",
            Self::Tag => "tag",
        })
    }
}

fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn never(tried: bool) -> &'static str {
    if tried { "" } else { ", never tried" }
}

/// The signal that lifts a row most and can be put into a number, as a reason.
pub(super) fn strongest(
    context: &Context,
    past: &Past,
    catalogue: &Catalogue,
    preset: Number,
    x: &Vector,
    weights: &[f32; SIGNALS],
) -> Reason {
    let witness = Witness { context, past, catalogue, preset };
    let mut lifts = Signal::ALL.map(|signal| (x[signal as usize] * weights[signal as usize], signal));
    lifts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let lifting = lifts.into_iter().take_while(|(lift, _)| *lift > 0.0);
    lifting.filter_map(|(_, signal)| witness.says(signal)).next().unwrap_or_else(|| witness.at_least())
}

/// Counts in the past what a signal rests on.
struct Witness<'a> {
    context: &'a Context,
    past: &'a Past,
    catalogue: &'a Catalogue,
    preset: Number,
}

impl Witness<'_> {
    fn says(&self, signal: Signal) -> Option<Reason> {
        let home = self.catalogue.home(self.preset);
        match signal {
            Signal::Follows | Signal::FollowsTimes | Signal::FollowsLately | Signal::FollowedLast | Signal::Course => {
                self.follows()
            }
            Signal::Follows2 | Signal::Follows3 | Signal::Precedes | Signal::Together | Signal::Alike => {
                self.together()
            }
            Signal::Use75Minutes | Signal::Use6Hours => self.kept(When::Days(1)),
            Signal::UseDay | Signal::Recency => self.kept(When::Days(3)),
            Signal::UseWeek => self.kept(When::Days(14)),
            Signal::UseMonth | Signal::RecentSittings => self.kept(When::Days(60)),
            Signal::Known | Signal::UseHalfYear | Signal::BaseLevel | Signal::Count | Signal::Rest | Signal::Loop => {
                self.kept(When::Ever)
            }
            Signal::Here | Signal::HereTimes | Signal::HereAgo => self.kept(When::ThisSession),
            Signal::LastSitting | Signal::LastSittingFresh | Signal::LastSittingEnd => self.kept(When::LastSession),
            Signal::KeepRatio | Signal::Care | Signal::Favourite | Signal::Hour => self.habit(signal),
            Signal::Opener | Signal::Opened => self.habit(Signal::Opened),
            Signal::Drops | Signal::DropsDay | Signal::Declined | Signal::Tried => self.tried(),
            Signal::Project | Signal::ProjectLately => self.project(),
            Signal::BankDay | Signal::BankWeek | Signal::BankMonth => self.kin_ever(Kin::Bank, home.bank),
            Signal::FolderWeek => self.kin_ever(Kin::Folder, home.folder),
            Signal::AuthorWeek => self.kin_ever(Kin::Author, home.author),
            Signal::TagsWeek => self.tag().and_then(|tag| self.kin_ever(Kin::Tag, tag)),
            Signal::BankHere | Signal::SameBank => self.kin(Kin::Bank, home.bank),
            Signal::FolderHere | Signal::SameFolder => self.kin(Kin::Folder, home.folder),
            Signal::TagsHere => self.tag().and_then(|tag| self.kin(Kin::Tag, tag)),
            Signal::NextInOrder | Signal::Ahead | Signal::Behind => self.beside(),
            Signal::LatentHere | Signal::LatentCurrent => self.close(),
            Signal::First => None,
        }
    }

    /// What can be said of any row.
    fn at_least(&self) -> Reason {
        self.kept(When::Ever).or_else(|| self.tried()).unwrap_or(Reason::New)
    }

    fn follows(&self) -> Option<Reason> {
        let current = self.context.current?;
        let plays = |sitting: u32| &self.past.sittings()[sitting as usize].plays;
        let after = |use_: &&(u32, u32)| use_.1 > 0 && plays(use_.0)[use_.1 as usize - 1].preset == current;
        let times = self.past.habit(self.preset)?.uses.iter().filter(after).count() as u32;
        let followed = |use_: &&(u32, u32)| plays(use_.0).len() > use_.1 as usize + 1;
        let of = self.past.habit(current)?.uses.iter().filter(followed).count() as u32;
        (times > 0).then(|| Reason::Follows { preset: self.catalogue.id(current), times, of })
    }

    /// The one of the latest keeps that it shares most sessions with.
    fn together(&self) -> Option<Reason> {
        let sessions = |other: &Number| {
            let sitting_of = |number| self.past.habit(number).map(|habit| habit.uses.iter().map(|use_| use_.0));
            let (Some(mine), Some(others)) = (sitting_of(self.preset), sitting_of(*other)) else { return 0 };
            let (mut mine, mut others): (Vec<u32>, Vec<u32>) = (mine.collect(), others.collect());
            [&mut mine, &mut others].into_iter().for_each(|sittings| {
                sittings.sort_unstable();
                sittings.dedup();
            });
            mine.iter().filter(|sitting| others.binary_search(sitting).is_ok()).count() as u32
        };
        let named_by = self.context.named_by.iter().filter(|other| **other != self.preset);
        let counts = named_by.map(|other| (sessions(other), *other));
        let best = counts.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        (best.0 > 0).then(|| Reason::Together { preset: self.catalogue.id(best.1), sessions: best.0 })
    }

    fn kept(&self, when: When) -> Option<Reason> {
        let sitting = |sitting: Option<u32>| {
            sitting.map_or(0, |sitting| self.past.sittings()[sitting as usize].times(self.preset))
        };
        let times = match when {
            When::Ever => self.past.habit(self.preset).map_or(0, |habit| habit.kept),
            When::Days(days) => self.past.kept_since(self.preset, self.context.now - i64::from(days) * 86_400),
            When::ThisSession => sitting(self.context.here),
            When::LastSession => sitting(self.context.before),
        };
        (times > 0).then_some(Reason::Kept { times, when })
    }

    fn habit(&self, signal: Signal) -> Option<Reason> {
        let habit = self.past.habit(self.preset)?;
        match signal {
            Signal::KeepRatio if habit.kept > 0 && habit.loads >= habit.kept => {
                Some(Reason::KeptOf { times: habit.kept, loads: habit.loads })
            }
            Signal::Care if habit.care > 0 => Some(Reason::Care { times: habit.care }),
            Signal::Favourite if habit.favourite => Some(Reason::Favourite),
            Signal::Opened if habit.opened > 0 => Some(Reason::Opens { sessions: habit.opened }),
            Signal::Hour => {
                let times = u32::from(habit.parts[self.context.part]);
                (times > 0).then_some(Reason::AtThisHour { times })
            }
            _ => None,
        }
    }

    fn tried(&self) -> Option<Reason> {
        let habit = self.past.habit(self.preset).filter(|habit| habit.kept == 0)?;
        let times = habit.loads.max(habit.dropped);
        (times > 0).then_some(Reason::Tried { times })
    }

    fn project(&self) -> Option<Reason> {
        let times = self.context.evidence.get(self.preset)?.project.kept;
        (times > 0).then_some(Reason::InProject { times })
    }

    /// Of a tag, the one with most keeps.
    fn tag(&self) -> Option<Group> {
        let tags = self.catalogue.tags(self.preset).iter().copied();
        tags.max_by_key(|tag| (self.past.group_keeps(*tag), std::cmp::Reverse(*tag)))
    }

    fn kin_ever(&self, kin: Kin, group: Group) -> Option<Reason> {
        let presets = self.past.group_keeps(group);
        (presets > 0).then(|| Reason::Kin { kin, presets, when: When::Ever, tried: self.was_tried() })
    }

    /// Presets of a group that were kept in the sitting that the context is taken from.
    fn kin(&self, kin: Kin, group: Group) -> Option<Reason> {
        let (sitting, when) = match self.context.here {
            Some(here) => (here, When::ThisSession),
            None => (self.context.before?, When::LastSession),
        };
        let shares = |number: &&Number| {
            let home = self.catalogue.home(**number);
            let groups = [home.bank, home.folder, home.author];
            group != NO_GROUP && (groups.contains(&group) || self.catalogue.tags(**number).contains(&group))
        };
        let kept = &self.past.sittings()[sitting as usize].kept;
        let presets = kept.iter().filter(|number| **number != self.preset).filter(shares).count() as u32;
        (presets > 0).then(|| Reason::Kin { kin, presets, when, tried: self.was_tried() })
    }

    fn was_tried(&self) -> bool {
        self.past.habit(self.preset).is_some_and(|habit| habit.loads + habit.kept + habit.dropped > 0)
    }

    fn beside(&self) -> Option<Reason> {
        let current = self.context.current?;
        let (mine, other) = (self.catalogue.home(self.preset), self.catalogue.home(current));
        let places = mine.place.cast_signed() - other.place.cast_signed();
        let same = mine.row() != NO_GROUP && mine.row() == other.row() && places != 0;
        same.then(|| Reason::Beside { preset: self.catalogue.id(current), places })
    }

    fn close(&self) -> Option<Reason> {
        let current = self.context.current?;
        let (mine, other) = (self.catalogue.latent(self.preset), self.catalogue.latent(current));
        let cosine = super::features::dot(mine, other);
        (cosine > 0.0).then(|| Reason::Close { preset: self.catalogue.id(current), cosine })
    }
}
