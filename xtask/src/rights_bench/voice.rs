//! A voice, singing or speaking: a glottal pulse through four formants, with breath for consonants.

use std::f64::consts::PI;

use super::clip::{Clip, RATE};
use super::filter::{Biquad, Shape};
use super::random::Random;

/// Centres of the first four formants of five vowels, in Hz (Peterson and Barney 1952, men; the fourth is common).
const VOWELS: [[f64; 4]; 5] = [
    [730.0, 1_090.0, 2_440.0, 3_400.0],
    [530.0, 1_840.0, 2_480.0, 3_400.0],
    [270.0, 2_290.0, 3_010.0, 3_500.0],
    [570.0, 840.0, 2_410.0, 3_300.0],
    [300.0, 870.0, 2_240.0, 3_300.0],
];
/// Levels of the formants.
const LEVELS: [f32; 4] = [1.0, 0.6, 0.3, 0.15];

/// What a voice does.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// Held notes of a scale, with vibrato.
    Sung,
    /// Short syllables, pitch falling and rising freely.
    Spoken,
}

/// `seconds` of one voice; its pitch, size and words are drawn.
pub(super) fn utter(seconds: f64, manner: Manner, random: &mut Random) -> Clip {
    let frames = (seconds * f64::from(RATE)) as usize;
    let mut samples = Vec::with_capacity(frames);
    let mut singer = Singer::new(random);
    while samples.len() < frames {
        singer.syllable(manner, random, &mut samples);
    }
    samples.truncate(frames);
    Clip::mono(samples)
}

/// Several voices that speak at once.
pub(super) fn babble(seconds: f64, random: &mut Random) -> Clip {
    let mut crowd = utter(seconds, Manner::Spoken, random);
    for _ in 0..5 {
        let one = utter(seconds, Manner::Spoken, random);
        let pan = random.range(0.2, 1.0) as f32;
        for (side, gain) in crowd.sides.iter_mut().zip([pan, 1.2 - pan]) {
            side.iter_mut().zip(&one.sides[0]).for_each(|(sample, more)| *sample += gain * more);
        }
    }
    crowd
}

struct Singer {
    /// The pitch around which it sings or speaks, in Hz.
    home: f64,
    /// Formants are so many times those of the table.
    size: f64,
    /// Place in the glottal cycle, 0..1.
    phase: f64,
    /// Degree of the scale that was sung last.
    degree: i32,
}

impl Singer {
    fn new(random: &mut Random) -> Self {
        let home = random.range(95.0, 230.0);
        Self { home, size: 0.85 + 0.3 * (home - 95.0) / 135.0, phase: 0.0, degree: 0 }
    }

    /// Appends one syllable: perhaps a pause, perhaps a consonant, a vowel.
    fn syllable(&mut self, manner: Manner, random: &mut Random, out: &mut Vec<f32>) {
        let (length, pause) = match manner {
            Manner::Sung => (random.range(0.25, 1.1), 0.1),
            Manner::Spoken => (random.range(0.09, 0.26), 0.12),
        };
        if random.chance(pause) {
            out.resize(out.len() + (random.range(0.1, 0.4) * f64::from(RATE)) as usize, 0.0);
        }
        if random.chance(0.6) {
            breath(random, out);
        }
        let start = self.home * random.range(0.85, 1.3);
        let (from, to) = match manner {
            Manner::Spoken => (start, start * random.range(0.75, 1.1)),
            Manner::Sung => {
                let note = self.next_note(random);
                (note, note)
            }
        };
        self.vowel(length, from, to, matches!(manner, Manner::Sung), random, out);
    }

    /// The next note of a tune in the minor pentatonic, in Hz.
    fn next_note(&mut self, random: &mut Random) -> f64 {
        const SCALE: [f64; 5] = [0.0, 3.0, 5.0, 7.0, 10.0];
        self.degree = (self.degree + random.pick(&[-2, -1, -1, 0, 1, 1, 2])).clamp(0, 9);
        let semitones = SCALE[self.degree as usize % 5] + 12.0 * f64::from(self.degree / 5);
        self.home * 2_f64.powf(semitones / 12.0)
    }

    fn vowel(&mut self, seconds: f64, from: f64, to: f64, vibrato: bool, random: &mut Random, out: &mut Vec<f32>) {
        let formants = VOWELS[random.below(5)].map(|centre| centre * self.size);
        let mut filters = formants.map(|centre| Biquad::new(Shape::Band, centre, centre / 90.0, RATE));
        let frames = (seconds * f64::from(RATE)) as usize;
        for at in 0..frames {
            let (part, time) = (at as f64 / frames as f64, at as f64 / f64::from(RATE));
            let wobble =
                if vibrato { 1.0 + 0.012 * (2.0 * PI * 5.5 * time).sin() * (time * 3.0).min(1.0) } else { 1.0 };
            self.phase = (self.phase + (from + (to - from) * part) * wobble / f64::from(RATE)).fract();
            let source = (glottis(self.phase) + 0.03 * f64::from(random.noise())) as f32;
            let sound: f32 = filters.iter_mut().zip(LEVELS).map(|(filter, level)| level * filter.next(source)).sum();
            let edge = (time / 0.02).min((seconds - time) / 0.04).clamp(0.0, 1.0) as f32;
            out.push(sound * edge);
        }
    }
}

/// Flow of air, differentiated: rises for six tenths of the cycle, shuts quickly (Rosenberg 1971).
fn glottis(phase: f64) -> f64 {
    match phase {
        rise if rise < 0.6 => (PI * rise / 0.6).sin(),
        fall if fall < 0.75 => -2.5 * (PI * (fall - 0.6) / 0.15).sin(),
        _ => 0.0,
    }
}

/// A consonant: 30 to 110 ms of noise around a frequency between 2 and 7 kHz.
fn breath(random: &mut Random, out: &mut Vec<f32>) {
    let frames = (random.range(0.03, 0.11) * f64::from(RATE)) as usize;
    let mut filter = Biquad::new(Shape::Band, random.range(2_000.0, 7_000.0), 1.5, RATE);
    for at in 0..frames {
        let swell = (PI * at as f64 / frames as f64).sin() as f32;
        out.push(0.3 * swell * filter.next(random.noise()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_as_long_as_asked_and_never_silent_for_long() {
        for manner in [Manner::Sung, Manner::Spoken] {
            let clip = utter(4.0, manner, &mut Random::new(3, 0));
            assert_eq!(clip.frames(), 4 * RATE as usize);
            for second in 0..4 {
                assert!(clip.part(second * RATE as usize, RATE as usize).rms() > 1e-3);
            }
        }
    }

    #[test]
    fn a_vowel_has_its_power_where_its_formants_are() {
        let mut singer = Singer { home: 120.0, size: 1.0, phase: 0.0, degree: 0 };
        let mut samples = Vec::new();
        singer.vowel(1.0, 120.0, 120.0, false, &mut Random::new(1, 0), &mut samples);
        let power = |low: f64, high: f64| {
            let mut band = samples.clone();
            Biquad::new(Shape::High, low, 0.7, RATE).run(&mut band);
            Biquad::new(Shape::Low, high, 0.7, RATE).run(&mut band);
            band.iter().map(|sample| sample * sample).sum::<f32>()
        };
        assert!(power(200.0, 3_500.0) > 20.0 * power(6_000.0, 20_000.0));
    }
}
