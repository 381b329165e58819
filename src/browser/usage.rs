//! What a user does with presets: the words that capture, history and recommendation share.

use std::fmt;
use std::str::FromStr;

/// Sixteen bytes by which something is known for good, written as 32 hexadecimal digits.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The id of any bytes: the first half of their BLAKE3.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                let mut id = [0; 16];
                id.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NoId;

            fn from_str(text: &str) -> Result<Self, NoId> {
                let mut id = [0; 16];
                if text.len() != 32 || !text.is_ascii() {
                    return Err(NoId);
                }
                for (at, byte) in id.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_no_digits| NoId)?;
                }
                Ok(Self(id))
            }
        }
    };
}

id! {
    /// A preset, wherever it lies and whatever it is called: a hash of its sound.
    PresetId
}
id! {
    /// A sitting: from when an instance was made, or first touched after an hour's rest, until it goes.
    SessionId
}
id! {
    /// A project of the host: never its name, only a salted hash of what the host or the saved state says.
    ProjectId
}

/// Text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no id of 32 hexadecimal digits")]
pub struct NoId;

/// What was done with a preset. The numbers stand in users' databases and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Deed {
    /// It became the sound of an instance.
    Load = 0,
    /// It was listened to for 10 to 30 seconds, or from the list without being loaded.
    Audition = 1,
    /// It was played for 30 seconds or more, changed, saved, hearted, exported, or saved with a project.
    Keep = 2,
    /// Its controls were changed.
    Tweak = 3,
    /// It was saved as a preset.
    Save = 4,
    /// It was given a heart.
    Favourite = 5,
    /// Its heart was taken back.
    Unfavourite = 6,
    /// It was written into a bank or a file to hand on.
    Export = 7,
    /// It was replaced within 10 seconds.
    Abandon = 8,
    /// The user does not want to see it again.
    Hide = 9,
    /// Loading it was taken back.
    Undo = 10,
}

impl Deed {
    /// Every deed in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Load,
        Self::Audition,
        Self::Keep,
        Self::Tweak,
        Self::Save,
        Self::Favourite,
        Self::Unfavourite,
        Self::Export,
        Self::Abandon,
        Self::Hide,
        Self::Undo,
    ];

    /// Its name in exported histories.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Audition => "audition",
            Self::Keep => "keep",
            Self::Tweak => "tweak",
            Self::Save => "save",
            Self::Favourite => "favourite",
            Self::Unfavourite => "unfavourite",
            Self::Export => "export",
            Self::Abandon => "abandon",
            Self::Hide => "hide",
            Self::Undo => "undo",
        }
    }

    /// The deed of this number; none that a later version may have added.
    #[must_use]
    pub fn by_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The deed of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.name() == name)
    }
}

/// A list of the browser in which presets are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Shelf {
    /// Ranked by the user's history.
    ForYou = 0,
    /// Of what was never kept.
    NewToYou = 1,
    /// By the time of the last use.
    Recents = 2,
    /// With a heart.
    Favourites = 3,
    /// Everything.
    All = 4,
}

impl Shelf {
    /// Every shelf in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::ForYou, Self::NewToYou, Self::Recents, Self::Favourites, Self::All];

    /// Its name in exported histories.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ForYou => "for you",
            Self::NewToYou => "new to you",
            Self::Recents => "recents",
            Self::Favourites => "favourites",
            Self::All => "all",
        }
    }

    /// The shelf of this number; none that a later version may have added.
    #[must_use]
    pub fn by_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The shelf of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.name() == name)
    }
}

/// One thing that was done with a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// Seconds since 1970-01-01, UTC.
    pub time: i64,
    /// In which sitting.
    pub session: SessionId,
    /// In which project, where that is known.
    pub project: Option<ProjectId>,
    /// With which preset.
    pub preset: PresetId,
    /// What.
    pub deed: Deed,
    /// How long the preset was loaded before, in milliseconds; 0 where that says nothing.
    pub dwell_ms: u32,
    /// The shelf it was taken from and its row there, from 0.
    pub shown: Option<(Shelf, u16)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_and_other_text_is_none() {
        let id = PresetId::of(b"glass harp");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, PresetId::of(b"glass harq"));
        for text in ["", "00", &"x".repeat(32), &"é".repeat(16), &"0".repeat(33)] {
            assert_eq!(text.parse::<PresetId>(), Err(NoId), "{text}");
        }
    }

    #[test]
    fn deeds_and_shelves_have_names_of_their_own_in_the_order_of_their_numbers() {
        for (number, deed) in (0..).zip(Deed::ALL) {
            assert_eq!(deed as u8, number);
            assert_eq!(Deed::by_number(number), Some(deed));
            assert_eq!(Deed::by_name(deed.name()), Some(deed));
        }
        for (number, shelf) in (0..).zip(Shelf::ALL) {
            assert_eq!(shelf as u8, number);
            assert_eq!(Shelf::by_number(number), Some(shelf));
            assert_eq!(Shelf::by_name(shelf.name()), Some(shelf));
        }
        assert_eq!((Deed::by_name("loaded"), Deed::by_number(11)), (None, None));
        assert_eq!((Shelf::by_name("best"), Shelf::by_number(5)), (None, None));
    }
}
