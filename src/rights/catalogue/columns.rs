//! What the columns of a catalogue are called, and how a row of named texts becomes a work.

use std::fmt::Display;
use std::str::FromStr;

use super::{MAX_FIELD_BYTES, Policy, Work};

/// A column that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    File,
    Title,
    Artists,
    Owner,
    Licence,
    Isrc,
    Iswc,
    Ipi,
    Territory,
    From,
    Until,
    Policy,
    Attribution,
    Contact,
}

/// Names of the columns: small letters and digits only, as [`Column::named`] compares them. The first is the name that
/// `docs/rights.md` gives.
const NAMES: &[(Column, &[&str])] = &[
    (Column::Id, &["id", "trackid", "track", "catalogueid", "catalogid", "cataloguenumber", "catalognumber", "key"]),
    (Column::File, &["file", "filename", "path", "filepath", "audio", "audiofile"]),
    (Column::Title, &["title", "tracktitle", "recordingtitle", "songtitle", "song", "name"]),
    (
        Column::Artists,
        &["artists", "artist", "mainartist", "displayartist", "displayartistname", "performer", "performers"],
    ),
    (
        Column::Owner,
        &["owner", "rightsholder", "rightsowner", "label", "copyrightowner", "masterowner", "pline", "publisher"],
    ),
    (Column::Licence, &["licence", "license", "spdx", "licencespdx", "licensespdx"]),
    (Column::Isrc, &["isrc", "isrccode", "recordingcode"]),
    (Column::Iswc, &["iswc", "iswccode", "workcode"]),
    (Column::Ipi, &["ipi", "ipinumber", "ipinamenumber", "ipicae", "cae", "caeipi"]),
    (Column::Territory, &["territory", "territories", "territorycode", "country", "countries"]),
    (Column::From, &["from", "validfrom", "startdate", "start", "validityfrom"]),
    (Column::Until, &["until", "validuntil", "enddate", "end", "to", "validto", "expires", "validityuntil"]),
    (Column::Policy, &["policy", "usagepolicy", "action"]),
    (Column::Attribution, &["attribution", "attributiontext", "credit", "creditline", "credits"]),
    (Column::Contact, &["contact", "url", "contacturl", "licensingurl", "licencingurl", "licensingcontact", "email"]),
];

impl Column {
    /// The column of this name, whatever its case, spaces and signs.
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect();
        NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[0])
    }
}

/// Puts the text of a column into a work. An empty text is no problem; what cannot be understood is told and left out.
pub(super) fn put(work: &mut Work, column: Column, text: &str) -> Result<(), String> {
    if text.len() > MAX_FIELD_BYTES {
        return Err(refuse(work, column, &format!("has {} bytes, at most {MAX_FIELD_BYTES} are taken", text.len())));
    }
    let text = clean(text);
    if text.is_empty() {
        return Ok(());
    }
    let wrong = match column {
        Column::Id => return set(&mut work.id, text),
        Column::File => return set(&mut work.file, text),
        Column::Title => return set(&mut work.title, text),
        Column::Owner => return set(&mut work.owner, text),
        Column::Attribution => return set(&mut work.attribution, text),
        Column::Contact => return set(&mut work.contact, text),
        Column::Artists => {
            // A comma belongs to names: Earth, Wind & Fire.
            work.artists
                .extend(text.split([';', '|']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
            return Ok(());
        }
        Column::Territory => territories(work, &text),
        Column::Licence => read(&mut work.licence, &text),
        Column::Isrc => read(&mut work.isrc, &text),
        Column::Iswc => read(&mut work.iswc, &text),
        Column::Ipi => read(&mut work.ipi, &text),
        Column::From => read(&mut work.from, &text),
        Column::Until => read(&mut work.until, &text),
        Column::Policy => read(&mut work.stated_policy, &text),
    };
    wrong.map_err(|error| refuse(work, column, &format!("holds what it cannot: {error}")))
}

/// Leaves a field empty and says why. Where a licence, its bounds or a policy cannot be understood, asking is the only
/// safe policy.
pub(super) fn refuse(work: &mut Work, column: Column, why: &str) -> String {
    let said = format!("`{}` {why}; left empty", column.name());
    let narrows = [Column::Licence, Column::Policy, Column::From, Column::Until].contains(&column);
    if !narrows || work.stated_policy == Some(Policy::Deny) {
        return said;
    }
    work.stated_policy = Some(Policy::Ask);
    format!("{said}, policy `ask`")
}

fn set(field: &mut String, text: String) -> Result<(), String> {
    *field = text;
    Ok(())
}

fn read<T: FromStr<Err: Display>>(field: &mut Option<T>, text: &str) -> Result<(), String> {
    *field = Some(text.parse().map_err(|error: T::Err| error.to_string())?);
    Ok(())
}

fn territories(work: &mut Work, text: &str) -> Result<(), String> {
    for code in text.split([' ', ',', ';', '|', '/']).filter(|code| !code.is_empty()) {
        work.territory.push(code.parse().map_err(|error| format!("{error}"))?);
    }
    Ok(())
}

/// A text fit for one line on a screen: no control signs, none that turn the direction of writing, no space around it.
pub(super) fn clean(text: &str) -> String {
    let plain = |sign: char| match sign {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => None,
        sign if sign.is_control() => Some(' '),
        sign => Some(sign),
    };
    text.chars().filter_map(plain).collect::<String>().trim().to_owned()
}

/// What a finished row says against itself.
pub(super) fn contradiction(work: &Work) -> Option<String> {
    match (work.from, work.until) {
        (Some(from), Some(until)) if from > until => {
            Some(format!("`from` {from} is later than `until` {until}: the licence never holds"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_known_by_one_name_and_no_name_means_two() {
        let mut all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for name in &all {
            assert_eq!(NAMES.iter().filter(|(_, names)| names.contains(name)).count(), 1, "{name}");
        }
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(Column::named("\u{feff}Licensing URL "), Some(Column::Contact));
        assert_eq!(Column::named("IPI/CAE"), Some(Column::Ipi));
        assert_eq!(Column::named("Tempo"), None);
    }

    #[test]
    fn a_licence_or_policy_that_cannot_be_understood_never_opens_a_work() {
        let row = |fields: &[(Column, &str)]| {
            let mut work = Work::default();
            let said: Vec<_> = fields.iter().filter_map(|(column, text)| put(&mut work, *column, text).err()).collect();
            (work.policy(), said.len())
        };
        assert_eq!(row(&[(Column::Licence, "CC0-1.0"), (Column::Policy, "alow")]), (Policy::Ask, 1));
        assert_eq!(row(&[(Column::Licence, "CC0-1.0"), (Column::Until, "soon")]), (Policy::Ask, 1));
        assert_eq!(row(&[(Column::Policy, "deny"), (Column::Licence, "free as air")]), (Policy::Deny, 1));
        assert_eq!(row(&[(Column::Licence, "CC0-1.0"), (Column::Isrc, "none")]), (Policy::Allow, 1));
    }

    #[test]
    fn control_signs_and_turns_of_direction_do_not_reach_a_screen() {
        assert_eq!(clean(" a\u{202e}b\nc\0d\u{7f} "), "ab c d");
    }
}
