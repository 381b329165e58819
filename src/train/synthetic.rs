//! Synthetic instruments: endless, and free of anybody's rights. They show training sounds between and beyond those of a
//! soundfont, so that the latent space has no holes.
//!
//! An instrument is a number: its family and all its parameters are drawn from it and a seed, and every note of it from
//! its own name, so that the same numbers give the same samples. A family draws parameters as a player would set them:
//! velocity changes level and brightness, high notes decay sooner, everything lies below the Nyquist frequency.

mod draw;
mod envelope;
mod filter;
mod fm;
mod modal;
mod movement;
mod organ;
mod pad;
mod strike;
mod string;
mod subtractive;
mod wavetable;
mod wind;

use std::ops::RangeInclusive;

use crate::dsp::denormal::DenormalsAreZero;
use crate::media::note::NoteName;
use crate::train::random::Random;
use strike::{Sound, Strike};

/// Name, share of twenty instruments, and how one is drawn.
type Family = (&'static str, usize, fn(&mut Random) -> Box<dyn Sound>);

const FAMILIES: [Family; 7] = [
    ("fm", 4, |random| Box::new(fm::Fm::draw(random))),
    ("subtractive", 3, |random| Box::new(subtractive::Subtractive::draw(random))),
    ("organ", 2, |random| Box::new(organ::Organ::draw(random))),
    ("string", 3, |random| Box::new(string::Plucked::draw(random))),
    ("modal", 3, |random| Box::new(modal::Modal::draw(random))),
    ("wind", 3, |random| Box::new(wind::Wind::draw(random))),
    ("pad", 2, |random| Box::new(pad::Pad::draw(random))),
];
/// Peak of an instrument's loudest note, in dB re full scale.
const PEAK_DB: (f32, f32) = (-20.0, -4.0);
/// Samples over which a note that is cut off fades.
const FADE: usize = 480;

/// One synthetic instrument.
pub struct Instrument {
    /// Name of its folder, such as `fm_syn_0012`; no soundfont's instrument is called like this.
    pub name: String,
    sound: Box<dyn Sound>,
    seed: u64,
    /// Peak of its loudest note.
    peak: f32,
}

impl Instrument {
    /// The instrument of this number.
    #[must_use]
    pub fn new(seed: u64, number: usize) -> Self {
        let mut random = Random::new(seed, number as u64);
        let all: usize = FAMILIES.iter().map(|(_, share, _)| share).sum();
        // A step that shares no divisor with the sum: a few instruments are of many families.
        let mut place = number * 7 % all;
        let family = FAMILIES.iter().find(|(_, share, _)| match place.checked_sub(*share) {
            Some(rest) => {
                place = rest;
                false
            }
            None => true,
        });
        let (family, _, draw) = family.expect("the place is less than the sum of the shares");
        let peak = 10.0_f32.powf(random.between(PEAK_DB.0, PEAK_DB.1) / 20.0);
        let seed = random.bits();
        Self { name: format!("{family}_syn_{number:04}"), sound: draw(&mut random), seed, peak }
    }

    /// Lowest and highest pitch that suit it.
    #[must_use]
    pub fn pitches(&self) -> RangeInclusive<u8> {
        self.sound.pitches()
    }

    /// Plays notes at 48 kHz, `tail_ms` longer than they are held. One gain for all of them brings the loudest to the
    /// instrument's level, so that none clips.
    #[must_use]
    pub fn play(&self, notes: &[NoteName], tail_ms: u32) -> Vec<Vec<f32>> {
        let _guard = DenormalsAreZero::new();
        let play = |note: &NoteName| {
            let position = u64::from(note.pitch) << 8 | u64::from(note.velocity);
            let mut samples = self.sound.play(&Strike::new(note, tail_ms), &mut Random::new(self.seed, position));
            fade_out(&mut samples);
            samples
        };
        let mut played: Vec<Vec<f32>> = notes.iter().map(play).collect();
        let loudest = played.iter().flatten().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
        played.iter_mut().flatten().for_each(|sample| *sample *= self.peak / loudest);
        played
    }
}

/// Notes that still ring at their end must not end with a click.
fn fade_out(samples: &mut [f32]) {
    let fade = FADE.min(samples.len());
    let start = samples.len() - fade;
    for (i, sample) in samples[start..].iter_mut().enumerate() {
        *sample *= 1.0 - i as f32 / fade as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::stft::Stft;

    /// The first instruments, of every family several.
    fn instruments() -> impl Iterator<Item = Instrument> {
        (0..40).map(|number| Instrument::new(7, number))
    }

    fn note(pitch: u8, velocity: u8, hold_ms: u32) -> NoteName {
        NoteName { pitch, velocity, hold_ms }
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    /// Power of each bin around 0.3 s, 2.93 Hz wide, and of those below and above 20.2 kHz.
    fn spectrum(samples: &[f32]) -> Vec<f32> {
        Stft::new(16_384).centred(samples, 12_000).iter().map(|bin| bin.norm_sqr()).collect()
    }

    #[test]
    fn every_family_has_its_share_and_names_no_soundfont_has() {
        let names: Vec<String> = instruments().map(|instrument| instrument.name).collect();
        for (family, share, _) in FAMILIES {
            assert_eq!(names.iter().filter(|name| name.starts_with(family)).count(), 2 * share, "{family}");
        }
        assert!(names.iter().all(|name| name.contains("_syn_")));
    }

    #[test]
    fn a_harder_stroke_is_louder_and_none_clips_or_is_less_than_it_should() {
        for instrument in instruments() {
            let notes = [note(60, 28, 500), note(60, 112, 500), note(40, 50, 500), note(84, 127, 500)];
            let played = instrument.play(&notes, 700);
            assert!(played.iter().all(|samples| samples.len() == 57_600));
            let peak = played.iter().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.09..0.65).contains(&peak), "{}: {peak}", instrument.name);
            assert!(played.iter().flatten().all(|sample| sample.is_finite()), "{}", instrument.name);
            let louder = power(&played[1]) / power(&played[0]);
            assert!(louder > 1.05, "{}: {louder}", instrument.name);
        }
    }

    #[test]
    fn notes_end_after_they_are_let_go() {
        for instrument in instruments().filter(|instrument| !instrument.name.starts_with("modal")) {
            let samples = &instrument.play(&[note(60, 90, 400)], 2_000)[0];
            let (held, ended) = (power(&samples[9_600..19_200]), power(&samples[105_600..110_000]));
            assert!(ended < 0.05 * held, "{}: {ended} after {held}", instrument.name);
        }
    }

    #[test]
    fn tones_are_in_tune_and_nothing_is_folded_back_from_above_the_band() {
        for instrument in instruments().filter(|instrument| !instrument.name.starts_with("modal")) {
            let spectrum = spectrum(&instrument.play(&[note(84, 112, 600)], 100)[0]);
            let total: f32 = spectrum.iter().sum();
            let bin = |hz: f32| (hz / 48_000.0 * 16_384.0) as usize;
            let above: f32 = spectrum[bin(20_800.0)..].iter().sum();
            assert!(above < 1e-5 * total, "{}: {}", instrument.name, above / total);
            if ["organ", "pad", "wind", "subtractive", "string"].iter().any(|name| instrument.name.starts_with(name)) {
                // Only lines at multiples of half the fundamental, widened by detuning and vibrato, and noise.
                let line = 0.5 * 1_046.5;
                let beside = |i: usize| {
                    let multiple = i as f32 * 48_000.0 / 16_384.0 / line;
                    (multiple - multiple.round()).abs() > 0.2
                };
                let between: f32 = (bin(4_000.0)..bin(20_000.0)).filter(|i| beside(*i)).map(|i| spectrum[i]).sum();
                assert!(between < 4e-3 * total, "{}: {}", instrument.name, between / total);
            }
        }
    }

    #[test]
    fn the_same_number_is_the_same_instrument() {
        let play = |seed, number| Instrument::new(seed, number).play(&[note(60, 90, 200)], 100);
        assert_eq!(play(1, 5), play(1, 5));
        assert_ne!(play(1, 5), play(2, 5));
        assert_ne!(play(1, 5), play(1, 25));
    }
}
