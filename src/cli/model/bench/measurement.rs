//! What is measured of a note, and how many notes are summed up.

use super::choice::{Choice, Group};
use super::take::{Player, Take};
use crate::analysis::distance::{Distances, LevelMatch, distances, level_match};
use crate::media::note::{NoteName, family};

/// What notes are judged for. Each section has its own table, bars and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    /// Notes that training left out, of trained instruments.
    Trained,
    /// Single notes of trained instruments, dropped on the model and played back.
    Dropped,
    /// Instruments that training left out, told by one note.
    Unseen,
    /// Those single notes themselves.
    UnseenDropped,
    /// Instruments of another soundfont, told by one note.
    Other,
    /// Those single notes themselves.
    OtherDropped,
}

impl Section {
    pub(super) const ALL: [Self; 6] =
        [Self::Trained, Self::Dropped, Self::Unseen, Self::UnseenDropped, Self::Other, Self::OtherDropped];

    pub(super) fn of(group: Group, is_dropped: bool) -> Self {
        match (group, is_dropped) {
            (Group::Trained, false) => Self::Trained,
            (Group::Trained, true) => Self::Dropped,
            (Group::Unseen, false) => Self::Unseen,
            (Group::Unseen, true) => Self::UnseenDropped,
            (Group::Other, false) => Self::Other,
            (Group::Other, true) => Self::OtherDropped,
        }
    }

    /// Its name in lines and lists.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Dropped => "dropped",
            Self::Unseen => "unseen",
            Self::UnseenDropped => "unseen_dropped",
            Self::Other => "other",
            Self::OtherDropped => "other_dropped",
        }
    }
}

/// How near one player comes to one note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judgement {
    pub(super) distances: Distances,
    pub(super) level: LevelMatch,
}

/// One judged note.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    pub(super) section: Section,
    pub(super) instrument: String,
    pub(super) note: NoteName,
    pub(super) judgements: Vec<(Player, Judgement)>,
}

impl Measurement {
    pub(super) fn of(choice: &Choice, take: &Take) -> Self {
        let judge = |(player, samples): &(Player, Vec<f32>)| {
            let (distances, level) = (distances(&take.reference, samples), level_match(&take.reference, samples));
            (*player, Judgement { distances, level })
        };
        Self {
            section: Section::of(choice.group, take.is_dropped),
            instrument: choice.instrument.clone(),
            note: take.note,
            judgements: take.played.iter().map(judge).collect(),
        }
    }

    /// The instrument's family.
    pub(super) fn family(&self) -> &str {
        family(&self.instrument)
    }

    /// What a player came to, if it played.
    pub(super) fn by(&self, player: Player) -> Option<&Judgement> {
        self.judgements.iter().find(|(who, _)| *who == player).map(|(_, judgement)| judgement)
    }
}

/// One figure of a note: what it is called, and how it is read.
pub(super) type Column = (&'static str, fn(&Judgement) -> f32);

/// The four distances; the level of the whole note against the original's, the size of that, and what `lmd` is when
/// levels are matched.
pub(super) const COLUMNS: [Column; 7] = [
    ("lmd", |j| j.distances.lmd),
    ("att", |j| j.distances.att),
    ("mrlog", |j| j.distances.mrlog),
    ("ton", |j| j.distances.ton),
    ("level", |j| j.level.offset),
    ("off", |j| j.level.offset.abs()),
    ("matched", |j| j.level.lmd),
];

/// How a set of values, at least one, is spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: f32,
    pub(super) median: f32,
    pub(super) p90: f32,
}

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut values: Vec<f32> = values.collect();
        values.sort_by(f32::total_cmp);
        let last = values.len() - 1;
        let quantile = |share: f32| values[(share * last as f32).round() as usize];
        Self { mean: values.iter().sum::<f32>() / values.len() as f32, median: quantile(0.5), p90: quantile(0.9) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_the_sorted_values() {
        let spread = Spread::of([10.0, 2.0, 1.0, 3.0, 9.0, 4.0, 5.0, 7.0, 6.0, 8.0, 0.0].into_iter());
        assert_eq!(spread, Spread { mean: 5.0, median: 5.0, p90: 9.0 });
    }
}
