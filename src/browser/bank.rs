//! The factory presets, built in, so that a MIDI file means the same on every machine, whatever lies in the user's
//! folder; each in its bank, a subfolder of `presets/`.

mod programs;

use self::programs::PROGRAMS;
use super::preset::Preset;

/// Programs that MIDI can name.
pub const MIDI_PROGRAMS: usize = 128;

/// All factory presets with their banks, in the order of their programs; each is read as it is asked for, in some 20 µs.
pub fn factory() -> impl ExactSizeIterator<Item = (&'static str, Preset)> {
    PROGRAMS.iter().map(|(place, text)| (bank_of(place), read(text)))
}

/// The preset of a MIDI program, counted from 0; none beyond [`MIDI_PROGRAMS`].
#[must_use]
pub fn program(number: u8) -> Option<Preset> {
    PROGRAMS[..MIDI_PROGRAMS.min(PROGRAMS.len())].get(usize::from(number)).map(|(_, text)| read(text))
}

fn read(text: &str) -> Preset {
    Preset::from_json(text.as_bytes()).expect("the presets were checked when they were built in")
}

fn bank_of(place: &'static str) -> &'static str {
    place.split_once('/').map_or(place, |(bank, _)| bank)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::browser::preset::scan;
    use crate::browser::vocabulary::BANKS;

    #[test]
    fn all_factory_presets_are_built_in_as_they_lie_in_their_banks() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
        let (presets, problems) = scan(&folder);
        assert!(problems.is_empty());
        let place = |path: &Path| {
            let place = path.strip_prefix(&folder).unwrap().with_extension("");
            place.to_str().unwrap().replace('\\', "/")
        };
        let lying: BTreeMap<String, Preset> =
            presets.into_iter().map(|(path, preset)| (place(&path), preset)).collect();
        let built_in: BTreeMap<String, Preset> =
            factory().map(|(bank, preset)| (format!("{bank}/{}", preset.name), preset)).collect();
        let missing: Vec<_> = lying.keys().filter(|place| !built_in.contains_key(*place)).collect();
        assert!(missing.is_empty(), "to be added at the end of src/browser/bank/programs.rs: {missing:#?}");
        assert_eq!(built_in, lying);
        assert_eq!(factory().len(), lying.len());
        assert!(factory().all(|(bank, preset)| BANKS.contains(&bank) && preset.category == bank));
    }

    #[test]
    fn programs_that_midi_files_name_today_stay_what_they_are() {
        let names: Vec<String> = (0..16).filter_map(program).map(|preset| preset.name).collect();
        let first = [
            "Amber Electric",
            "Bowed Breath",
            "Cathedral Reeds",
            "Clavinet Wire",
            "Glass Grand",
            "Lone Clarinet",
            "Midnight Brass",
            "Nylon Evening",
            "Parlour Grand",
            "Rosewood Mallets",
            "Round Bass",
            "Seam Lead",
            "Silk Koto",
            "Slow Halo",
            "Velvet Section",
            "Winter Bells",
        ];
        assert_eq!(names, first);
        assert!(program(127).is_some() && program(128).is_none());
        assert_eq!(program(127), factory().nth(127).map(|(_, preset)| preset));
    }
}
