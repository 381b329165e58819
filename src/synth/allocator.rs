//! Which voice plays a new note, and which one has to go for it.

/// What the choice depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// What the voice does.
    pub(super) standing: Standing,
    /// Its loudness as amplitude.
    pub(super) loudness: f32,
    /// Number of its note: the lowest is the oldest.
    pub(super) serial: u64,
}

/// What a voice does, as far as stealing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Free.
    Idle,
    /// Fading out to make room: no note any more, but not to be cut either.
    Fading,
    /// Released: its end has been asked for.
    Released,
    /// Held by key or pedal.
    Held,
}

/// Where a new note goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The slot that plays the note. It is idle, or (when notes come faster than fades end) the fading one that is the
    /// quietest.
    pub(super) slot: usize,
    /// The voice that must fade because `polyphony` is reached.
    pub(super) stolen: Option<usize>,
}

/// Chooses among `voices` (at least one more than `polyphony`). Stolen is the quietest of the released, or else the
/// oldest of the held.
pub(super) fn choose(voices: impl Iterator<Item = Candidate> + Clone, polyphony: usize) -> Choice {
    let least = |standing: Standing, rank: fn(&Candidate) -> f64| {
        let among = voices.clone().enumerate().filter(move |(_, voice)| voice.standing == standing);
        among.min_by(|(_, a), (_, b)| rank(a).total_cmp(&rank(b))).map(|(slot, _)| slot)
    };
    let playing = voices.clone().filter(|v| matches!(v.standing, Standing::Released | Standing::Held)).count();
    let quietest: fn(&Candidate) -> f64 = |voice| f64::from(voice.loudness);
    let oldest: fn(&Candidate) -> f64 = |voice| voice.serial as f64;
    let stolen = if playing < polyphony {
        None
    } else {
        least(Standing::Released, quietest).or_else(|| least(Standing::Held, oldest))
    };
    let slot = least(Standing::Idle, oldest).or_else(|| least(Standing::Fading, quietest)).or(stolen).unwrap_or(0);
    Choice { slot, stolen: stolen.filter(|&stolen| stolen != slot) }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Fading, Held, Idle, Released};
    use super::*;

    fn check(voices: &[(Standing, f32, u64)], polyphony: usize, slot: usize, stolen: Option<usize>) {
        let voices = voices.iter().map(|&(standing, loudness, serial)| Candidate { standing, loudness, serial });
        assert_eq!(choose(voices, polyphony), Choice { slot, stolen });
    }

    #[test]
    fn a_free_voice_is_taken_before_any_is_stolen() {
        check(&[(Held, 1.0, 1), (Idle, 0.0, 0), (Idle, 0.0, 0)], 2, 1, None);
    }

    #[test]
    fn the_quietest_released_goes_first_then_the_oldest_held() {
        check(&[(Held, 0.1, 1), (Released, 0.5, 2), (Released, 0.2, 3), (Idle, 0.0, 0)], 3, 3, Some(2));
        check(&[(Held, 0.1, 5), (Held, 0.9, 2), (Held, 0.2, 3), (Idle, 0.0, 0)], 3, 3, Some(1));
    }

    #[test]
    fn fading_voices_do_not_count_and_are_cut_only_when_nothing_else_is_left() {
        check(&[(Fading, 0.1, 1), (Held, 0.5, 2), (Idle, 0.0, 0)], 2, 2, None);
        check(&[(Fading, 0.2, 1), (Held, 0.5, 2), (Fading, 0.1, 3)], 1, 2, Some(1));
    }
}
