//! The factory presets by program number, as they stand in `presets/`: built in, so that a MIDI file means the same on
//! every machine, whatever lies in the user's folder.

use super::preset::Preset;

/// In the order of their names, which is that of `presets/`.
static PROGRAMS: [&str; 16] = [
    include_str!("../../presets/Amber Electric.zither"),
    include_str!("../../presets/Bowed Breath.zither"),
    include_str!("../../presets/Cathedral Reeds.zither"),
    include_str!("../../presets/Clavinet Wire.zither"),
    include_str!("../../presets/Glass Grand.zither"),
    include_str!("../../presets/Lone Clarinet.zither"),
    include_str!("../../presets/Midnight Brass.zither"),
    include_str!("../../presets/Nylon Evening.zither"),
    include_str!("../../presets/Parlour Grand.zither"),
    include_str!("../../presets/Rosewood Mallets.zither"),
    include_str!("../../presets/Round Bass.zither"),
    include_str!("../../presets/Seam Lead.zither"),
    include_str!("../../presets/Silk Koto.zither"),
    include_str!("../../presets/Slow Halo.zither"),
    include_str!("../../presets/Velvet Section.zither"),
    include_str!("../../presets/Winter Bells.zither"),
];

/// The preset of a MIDI program, counted from 0; none beyond the last.
#[must_use]
pub fn program(number: u8) -> Option<Preset> {
    let text = PROGRAMS.get(usize::from(number))?;
    Some(Preset::from_json(text.as_bytes()).expect("the presets were checked when they were built in"))
}

/// Every preset that is built in, and the folder below that of the factory in which it lies; empty where it lies in none.
pub fn factory() -> impl Iterator<Item = (&'static str, Preset)> {
    (0..).map_while(program).map(|preset| ("", preset))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::browser::preset::scan;

    #[test]
    fn the_programs_are_the_factory_presets_in_the_order_of_their_names() {
        let (presets, problems) = scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("presets"));
        assert!(problems.is_empty());
        let programs: Vec<Preset> = (0..).map_while(program).collect();
        assert_eq!(programs, presets.into_iter().map(|(_, preset)| preset).collect::<Vec<_>>());
        assert!(program(127).is_none());
    }
}
