//! The words that presets are filed under, so that a facet means the same for all: banks, characters, instruments.

/// Banks of the factory presets, which are their categories too, in the order in which they are shown.
pub const BANKS: [&str; 14] = [
    "Keys", "Plucked", "Mallets", "Bass", "Strings", "Brass", "Winds", "Organ", "Voices", "Pads", "Leads", "Bells",
    "Textures", "Hybrids",
];

/// What a sound is like.
pub const CHARACTERS: [&str; 24] = [
    "aggressive",
    "airy",
    "breathy",
    "bright",
    "dark",
    "detuned",
    "dry",
    "evolving",
    "fat",
    "glassy",
    "glide",
    "hard",
    "hollow",
    "intimate",
    "lush",
    "metallic",
    "mono",
    "nasal",
    "plucky",
    "slow",
    "soft",
    "warm",
    "wide",
    "woody",
];

/// What a sound is made like.
pub const INSTRUMENTS: [&str; 62] = [
    "accordion",
    "bagpipe",
    "banjo",
    "bass guitar",
    "bassoon",
    "bell",
    "bottle",
    "brass",
    "celesta",
    "cello",
    "choir",
    "clarinet",
    "clavinet",
    "contrabass",
    "dulcimer",
    "electric piano",
    "fiddle",
    "flute",
    "glockenspiel",
    "gong",
    "guitar",
    "harmonica",
    "harp",
    "harpsichord",
    "horn",
    "kalimba",
    "koto",
    "marimba",
    "music box",
    "oboe",
    "ocarina",
    "orchestra",
    "organ",
    "pan flute",
    "percussion",
    "piano",
    "pipe",
    "pizzicato",
    "recorder",
    "saw",
    "sax",
    "shakuhachi",
    "shamisen",
    "shanai",
    "sitar",
    "square",
    "steel drums",
    "strings",
    "synth",
    "synth bass",
    "timpani",
    "tremolo",
    "trombone",
    "trumpet",
    "tuba",
    "upright bass",
    "vibraphone",
    "viola",
    "violin",
    "voice",
    "whistle",
    "xylophone",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings() {
        let mut words: Vec<String> =
            [&BANKS[..], &CHARACTERS, &INSTRUMENTS].concat().iter().map(|w| w.to_lowercase()).collect();
        let all = words.len();
        words.sort();
        words.dedup();
        // "Strings", "Brass" and "Organ" are banks and instruments alike.
        assert_eq!(words.len(), all - 3);
    }
}
