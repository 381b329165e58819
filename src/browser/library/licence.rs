//! What a preset's licence permits.

use serde_json::Value;

use crate::browser::preset::Preset;
use crate::rights::catalogue::{Licence, Policy};

/// Key of a transfer that names the recording's licence, an SPDX expression.
pub const RECORDING_LICENCE: &str = "licence";

/// Whether a preset may be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Nothing is asked for.
    Free,
    /// With its author named, as every export does.
    Credit,
    /// Not without asking: the licence says so, is none, or is not stated.
    Ask,
}

impl Permission {
    /// All of them, the most lenient first.
    pub const ALL: [Self; 3] = [Self::Free, Self::Credit, Self::Ask];

    /// What the licence of a preset, and that of the recording it was made of, permit: the stricter of both.
    #[must_use]
    pub fn of(preset: &Preset) -> Self {
        let own = Self::of_licence(&preset.licence);
        let recording = preset.transfer.as_ref().and_then(|transfer| transfer.other.get(RECORDING_LICENCE));
        match recording {
            None => own,
            Some(Value::String(licence)) => own.max(Self::of_licence(licence)),
            Some(_) => Self::Ask,
        }
    }

    fn of_licence(text: &str) -> Self {
        match text.parse().as_ref().map(Licence::policy) {
            Ok(Policy::Allow) => Self::Free,
            Ok(Policy::Attribute) => Self::Credit,
            Ok(Policy::Ask | Policy::Deny) | Err(_) => Self::Ask,
        }
    }

    /// Whether it is safe to export.
    #[must_use]
    pub fn may_export(self) -> bool {
        self < Self::Ask
    }

    /// The badge.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "Free to export",
            Self::Credit => "Export with credit",
            Self::Ask => "Ask before export",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transfer::{StoredTransfer, Transfer};
    use crate::synth::controls::Controls;

    fn permission(licence: &str, recording: Option<Value>) -> Permission {
        let transfer = recording.map(|licence| {
            let mut stored = StoredTransfer::from(&Transfer::of_gain(0.0));
            stored.other.insert(RECORDING_LICENCE.to_owned(), licence);
            stored
        });
        Permission::of(&Preset { licence: licence.to_owned(), transfer, ..Preset::new("x", &Controls::default()) })
    }

    #[test]
    fn a_licence_permits_what_its_text_says_and_nothing_where_it_is_not_understood() {
        for (licence, expected) in [
            ("CC0-1.0", Permission::Free),
            ("CC-BY-4.0", Permission::Credit),
            ("CC0-1.0 AND CC-BY-SA-4.0", Permission::Credit),
            ("CC-BY-NC-4.0", Permission::Ask),
            ("LicenseRef-Mine", Permission::Ask),
            ("", Permission::Ask),
            ("do what you like", Permission::Ask),
        ] {
            assert_eq!(permission(licence, None), expected, "{licence}");
        }
    }

    #[test]
    fn the_recordings_licence_counts_where_it_is_stricter() {
        let recording = |licence: &str| Some(Value::from(licence));
        assert_eq!(permission("CC0-1.0", recording("CC-BY-4.0")), Permission::Credit);
        assert_eq!(permission("CC0-1.0", recording("CC-BY-NC-4.0")), Permission::Ask);
        assert_eq!(permission("CC-BY-4.0", recording("CC0-1.0")), Permission::Credit);
        assert_eq!(permission("CC0-1.0", Some(Value::from(7))), Permission::Ask);
        assert!(Permission::Credit.may_export() && !Permission::Ask.may_export());
    }
}
