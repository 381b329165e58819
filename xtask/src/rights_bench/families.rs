//! The families of what a producer's sidechain carries: how an excerpt is changed before it is looked for.

use super::dynamics::Dynamics;
use super::filter::Shape;
use super::step::Step;
use super::tools::{Codec, Stretcher};

/// One way to change an excerpt.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) family: &'static str,
    pub(super) label: String,
    /// Length of the query in seconds; drawn from [`LENGTHS`] unless given.
    pub(super) seconds: Option<f64>,
    pub(super) steps: Vec<Step>,
    /// Queries made with it from catalogue tracks; half as many from held-out ones.
    pub(super) copies: usize,
}

/// Lengths of a query, in seconds.
pub(super) const LENGTHS: [f64; 4] = [3.0, 4.0, 5.0, 6.0];

/// The families, in the order of the table; [`both`] comes after them.
pub(super) const FAMILIES: [&str; 19] = [
    "clean 1 s",
    "clean 2 s",
    "clean 3 s",
    "clean 5 s",
    "clean 10 s",
    "noise",
    "codec",
    "eq",
    "reverb",
    "dynamics",
    "varispeed",
    "pitch",
    "stretch",
    "drums",
    "music",
    "vocals",
    "loops",
    "plumbing",
    "chains",
];

/// Recipes for which no other program is needed, for `copies` queries each.
pub(super) fn short(copies: usize) -> Vec<Recipe> {
    let ours = |step: &Step| !matches!(step, Step::Codec(_) | Step::Pitch(..) | Step::Tempo(..));
    let ours = all().into_iter().filter(|recipe| recipe.steps.iter().all(ours));
    ours.map(|recipe| Recipe { copies, ..recipe }).collect()
}

/// All recipes.
pub(super) fn all() -> Vec<Recipe> {
    let mut list = List(Vec::new());
    clean_and_noise(&mut list);
    list.add("codec", 8, codecs().map(|codec| (format!("{} {}", codec.encoder, codec.bits), vec![Step::Codec(codec)])));
    colours(&mut list);
    speeds(&mut list);
    mixtures(&mut list);
    loops(&mut list);
    plumbing(&mut list);
    chains(&mut list);
    list.0
}

/// Recipes that change tempo and pitch, each on its own. A list apart, because sessions are drawn from the others: so they
/// are the same sessions as ever.
pub(super) fn both() -> Vec<Recipe> {
    let changes =
        [(0.8, 1.0), (0.84, -1.0), (0.88, 2.0), (0.94, -2.0), (1.07, -1.5), (1.13, 1.0), (1.19, -2.0), (1.25, 1.5)];
    let recipe = |(number, (speed, semitones)): (usize, (f64, f64))| {
        let program = stretcher(number);
        let steps = vec![Step::Tempo(program, speed), Step::Pitch(program, 2_f64.powf(semitones / 12.0))];
        (format!("tempo x {speed}, {semitones:+} semitones, {program:?}"), steps)
    };
    let mut list = List(Vec::new());
    list.add("both", 8, changes.into_iter().enumerate().map(recipe));
    list.0
}

struct List(Vec<Recipe>);

impl List {
    fn add(&mut self, family: &'static str, copies: usize, recipes: impl IntoIterator<Item = (String, Vec<Step>)>) {
        self.add_long(family, copies, None, recipes);
    }

    fn add_long(
        &mut self,
        family: &'static str,
        copies: usize,
        seconds: Option<f64>,
        recipes: impl IntoIterator<Item = (String, Vec<Step>)>,
    ) {
        let recipe = |(label, steps)| Recipe { family, label, seconds, steps, copies };
        self.0.extend(recipes.into_iter().map(recipe));
    }
}

fn clean_and_noise(list: &mut List) {
    for (family, seconds) in FAMILIES.into_iter().zip([1.0, 2.0, 3.0, 5.0, 10.0]) {
        list.add_long(family, 16, Some(seconds), [(family.to_owned(), Vec::new())]);
    }
    for level in [20.0, 10.0, 5.0, 0.0] {
        list.add(
            "noise",
            8,
            [
                (format!("pink noise, {level} dB"), vec![Step::Pink(level)]),
                (format!("babble, {level} dB"), vec![Step::Babble(level)]),
            ],
        );
    }
}

fn codecs() -> [Codec; 6] {
    let codec = |encoder, extension, bits| Codec { encoder, extension, bits };
    [
        codec("libmp3lame", "mp3", "32k"),
        codec("libmp3lame", "mp3", "64k"),
        codec("libvorbis", "ogg", "48k"),
        codec("libopus", "opus", "16k"),
        codec("libopus", "opus", "32k"),
        codec("aac", "m4a", "32k"),
    ]
}

fn colours(list: &mut List) {
    list.add(
        "eq",
        8,
        [
            ("treble cut at 1.5 kHz".to_owned(), vec![Step::Filter(Shape::Low, 1_500.0, 0.7)]),
            ("bass cut at 600 Hz".to_owned(), vec![Step::Filter(Shape::High, 600.0, 0.7)]),
            (
                "bass +16 dB, treble -16 dB".to_owned(),
                vec![
                    Step::Filter(Shape::LowShelf(8.0), 250.0, 0.7),
                    Step::Filter(Shape::HighShelf(-8.0), 3_000.0, 0.7),
                ],
            ),
            ("middle -24 dB".to_owned(), vec![Step::Filter(Shape::Peak(-12.0), 1_000.0, 0.5)]),
            ("presence +20 dB".to_owned(), vec![Step::Filter(Shape::Peak(10.0), 2_500.0, 1.0)]),
            ("phone".to_owned(), vec![Step::Phone]),
        ],
    );
    let rooms = [(0.8, 0.6), (1.5, 0.7), (2.5, 0.8), (4.0, 0.9)];
    list.add("reverb", 8, rooms.map(|(decay, wet)| (format!("{decay} s, {wet} wet"), vec![Step::Reverb(decay, wet)])));
    let dynamics = [
        ("compressor", Dynamics::Compressor),
        ("limiter", Dynamics::Limiter),
        ("hard clipping", Dynamics::HardClip),
        ("soft clipping", Dynamics::SoftClip),
        ("pump", Dynamics::Pump),
    ];
    list.add("dynamics", 8, dynamics.map(|(label, how)| (label.to_owned(), vec![Step::Dynamics(how)])));
}

fn speeds(list: &mut List) {
    let percents = [-12.0, -9.0, -6.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 6.0, 9.0, 12.0];
    list.add(
        "varispeed",
        6,
        percents.map(|percent| (format!("{percent:+} %"), vec![Step::Varispeed(1.0 + percent / 100.0)])),
    );
    for (number, semitones) in [-2.0, -1.5, -1.0, -0.17, 0.35, 0.75, 1.25, 2.0].into_iter().enumerate() {
        let step = Step::Pitch(stretcher(number), 2_f64.powf(semitones / 12.0));
        list.add("pitch", 8, [(format!("{semitones:+} semitones, {:?}", stretcher(number)), vec![step])]);
    }
    for (number, speed) in [0.8, 0.84, 0.88, 0.94, 1.07, 1.13, 1.19, 1.25].into_iter().enumerate() {
        let step = Step::Tempo(stretcher(number), speed);
        list.add("stretch", 8, [(format!("tempo x {speed}, {:?}", stretcher(number)), vec![step])]);
    }
}

/// Programs take turns, so that each sees small and large changes.
fn stretcher(number: usize) -> Stretcher {
    if number.is_multiple_of(2) { Stretcher::Rubberband } else { Stretcher::Sox }
}

fn mixtures(list: &mut List) {
    list.add(
        "drums",
        16,
        [0.0, -6.0, -12.0].map(|level| (format!("{level} dB under drums"), vec![Step::Drums(level)])),
    );
    list.add("music", 16, [0.0, -6.0].map(|level| (format!("{level} dB under music"), vec![Step::Music(level)])));
    for level in [0.0, -6.0, -10.0] {
        list.add(
            "vocals",
            6,
            [
                (format!("{level} dB under song"), vec![Step::Sung(level)]),
                (format!("{level} dB under speech"), vec![Step::Spoken(level)]),
            ],
        );
    }
}

fn loops(list: &mut List) {
    let turns = [1.0, 1.5, 2.0].map(|seconds| (format!("loop of {seconds} s"), vec![Step::Loop(seconds)]));
    list.add_long("loops", 8, Some(6.0), turns);
    list.add_long("loops", 8, Some(6.0), [("shuffled bar".to_owned(), vec![Step::Shuffle(0.5)])]);
}

fn plumbing(list: &mut List) {
    list.add(
        "plumbing",
        4,
        [
            ("-30 dB".to_owned(), vec![Step::Gain(-30.0)]),
            ("+9 dB, cut off".to_owned(), vec![Step::Gain(9.0)]),
            ("upside down".to_owned(), vec![Step::Invert]),
            ("one side upside down".to_owned(), vec![Step::InvertOne]),
            ("left side only".to_owned(), vec![Step::LeftOnly]),
            ("both sides added".to_owned(), vec![Step::Mono]),
            ("48 kHz".to_owned(), vec![Step::Rate(48_000)]),
            ("96 kHz".to_owned(), vec![Step::Rate(96_000)]),
        ],
    );
}

fn chains(list: &mut List) {
    let slow = (Step::Varispeed(0.94), Step::Filter(Shape::Low, 4_000.0, 0.7));
    let fast = (Step::Varispeed(1.05), Step::Filter(Shape::High, 250.0, 0.7));
    let looped =
        |(speed, filter)| vec![Step::Loop(2.0), speed, filter, Step::Drums(-3.0), Step::Dynamics(Dynamics::Compressor)];
    let stretched = |speed, semitones: f64| {
        let pitch = 2_f64.powf(semitones / 12.0);
        vec![Step::Tempo(Stretcher::Rubberband, speed), Step::Pitch(Stretcher::Rubberband, pitch), Step::Drums(-3.0)]
    };
    list.add_long(
        "chains",
        8,
        Some(10.0),
        [
            ("loop, slower, treble cut, drums, compressor".to_owned(), looped(slow)),
            ("loop, faster, bass cut, drums, compressor".to_owned(), looped(fast)),
            ("tempo x 0.92, +1 semitone, drums".to_owned(), stretched(0.92, 1.0)),
            ("tempo x 1.1, -1 semitone, drums".to_owned(), stretched(1.1, -1.0)),
        ],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_queries_and_there_are_as_many_as_planned() {
        let recipes = all();
        for family in FAMILIES {
            assert!(recipes.iter().any(|recipe| recipe.family == family), "{family}");
        }
        assert!(recipes.iter().all(|recipe| FAMILIES.contains(&recipe.family)));
        assert!(recipes.iter().all(|recipe| recipe.copies.is_multiple_of(2)));
        let queries: usize = recipes.iter().map(|recipe| recipe.copies).sum();
        assert!((680..760).contains(&queries), "{queries}");
    }

    #[test]
    fn where_both_are_changed_the_pitch_is_not_that_of_the_speed() {
        for recipe in both() {
            let ratio = |of: fn(Step) -> f64| recipe.steps.iter().map(|step| of(*step)).product::<f64>();
            let (rate, pitch) = (ratio(Step::rate), ratio(Step::pitch));
            assert!((0.79..1.27).contains(&rate) && (0.89..1.13).contains(&pitch), "{}", recipe.label);
            assert!([rate, pitch, rate / pitch].iter().all(|ratio| (ratio - 1.0).abs() > 0.04), "{}", recipe.label);
        }
    }
}
