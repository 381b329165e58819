//! A drummer: kick, snare, toms and hats, made of sines and noise, in patterns of sixteen steps.

use std::f64::consts::PI;

use super::clip::{Clip, RATE};
use super::filter::{Biquad, Shape};
use super::random::Random;

/// Steps that are played, one letter a step: `x` loud, `o` soft, `.` nothing.
struct Pattern {
    kick: &'static str,
    snare: &'static str,
    hat: &'static str,
    tom: &'static str,
}

const PATTERNS: &[Pattern] = &[
    Pattern { kick: "x...x...x...x...", snare: "....x.......x...", hat: "..x...x...x...x.", tom: "................" },
    Pattern { kick: "x.....x.x.......", snare: "....x.......x..o", hat: "x.o.x.o.x.o.x.o.", tom: "......o...o...xo" },
    Pattern { kick: "x..o..x...x.....", snare: "....x..o.o..x...", hat: "xoxoxoxoxoxoxoxo", tom: "..x..o.x..x..o.x" },
    Pattern { kick: "x.........x.....", snare: "....x..o....x...", hat: "x.x.x.x.x.x.x.xo", tom: "o..o..o..o..o.oo" },
    Pattern { kick: "x..x..x...x.x...", snare: "......x.......x.", hat: "xooxooxooxooxoxo", tom: "...........oxoxo" },
    Pattern { kick: "x.......x..o....", snare: "........x.......", hat: "xoxxoxoxxoxoxxox", tom: "..o..o..o..o..o." },
];

/// `seconds` of drums; tempo, pattern, swing and drums are all drawn.
pub(super) fn play(seconds: f64, random: &mut Random) -> Clip {
    let tempo = random.range(78.0, 172.0);
    play_at(seconds, tempo, random)
}

/// `seconds` of drums at a tempo in beats a minute.
pub(super) fn play_at(seconds: f64, tempo: f64, random: &mut Random) -> Clip {
    let kit = Kit::new(random);
    let pattern = &PATTERNS[random.below(PATTERNS.len())];
    let step = 15.0 / tempo; // A sixteenth, in seconds.
    let swing = random.range(0.0, 0.3) * step;
    let mut clip = Clip::silence((seconds * f64::from(RATE)) as usize);
    let first = random.below(16);
    for at in 0..(seconds / step) as usize + 1 {
        let time = at as f64 * step + if at % 2 == 1 { swing } else { 0.0 };
        let letter = |voice: &str| voice.as_bytes()[(first + at) % 16];
        for (voice, sound, pan) in [
            (pattern.kick, &kit.kick, 0.0),
            (pattern.snare, &kit.snare, 0.1),
            (pattern.tom, &kit.tom, 0.35),
            (pattern.hat, if random.chance(0.08) { &kit.open } else { &kit.hat }, -0.3),
        ] {
            let level = match letter(voice) {
                b'x' => random.range(0.85, 1.0),
                b'o' => random.range(0.3, 0.5),
                _ => continue,
            };
            let late = time + random.range(0.0, 0.006);
            strike(&mut clip, sound, (late * f64::from(RATE)) as usize, level as f32, pan);
        }
    }
    clip
}

fn strike(clip: &mut Clip, sound: &[f32], at: usize, level: f32, pan: f32) {
    for (side, gain) in clip.sides.iter_mut().zip([level * (1.0 - pan), level * (1.0 + pan)]) {
        side.iter_mut().skip(at).zip(sound).for_each(|(sample, more)| *sample += gain * more);
    }
}

/// One hit of each drum.
struct Kit {
    kick: Vec<f32>,
    snare: Vec<f32>,
    tom: Vec<f32>,
    hat: Vec<f32>,
    open: Vec<f32>,
}

impl Kit {
    fn new(random: &mut Random) -> Self {
        let (bottom, depth, hold) = (random.range(42.0, 62.0), random.range(90.0, 300.0), random.range(0.12, 0.4));
        let kick = tone(0.5, hold, |time| bottom + depth * (-time / 0.025).exp());
        let pitch = random.range(160.0, 240.0);
        let mut snare = tone(0.3, 0.06, |_| pitch);
        let rattle = rustle(0.3, random.range(0.06, 0.16), random.range(1_200.0, 2_500.0), random);
        snare.iter_mut().zip(&rattle).for_each(|(sample, more)| *sample = 0.5 * *sample + 0.8 * more);
        let (skin, bend) = (random.range(90.0, 420.0), random.range(0.2, 0.8));
        let tom = tone(0.4, random.range(0.05, 0.18), |time| skin * (1.0 + bend * (-time / 0.04).exp()));
        let bright = random.range(6_000.0, 9_000.0);
        let hat = rustle(0.1, random.range(0.015, 0.04), bright, random);
        let open = rustle(0.5, 0.18, bright, random);
        Self { kick: scaled(kick, 0.7), snare, tom: scaled(tom, 0.6), hat: scaled(hat, 0.7), open: scaled(open, 0.6) }
    }
}

fn scaled(mut sound: Vec<f32>, gain: f32) -> Vec<f32> {
    sound.iter_mut().for_each(|sample| *sample *= gain);
    sound
}

/// A sine whose frequency (Hz) changes with time and which dies away within about `decay` seconds.
fn tone(seconds: f64, decay: f64, frequency: impl Fn(f64) -> f64) -> Vec<f32> {
    let mut phase = 0.0;
    let sample = |at: usize| {
        let time = at as f64 / f64::from(RATE);
        phase += 2.0 * PI * frequency(time) / f64::from(RATE);
        (phase.sin() * (-time / decay).exp()) as f32
    };
    (0..(seconds * f64::from(RATE)) as usize).map(sample).collect()
}

/// Noise above `bottom` Hz which dies away within about `decay` seconds.
fn rustle(seconds: f64, decay: f64, bottom: f64, random: &mut Random) -> Vec<f32> {
    let mut filter = Biquad::new(Shape::High, bottom, 0.8, RATE);
    let sample = |at: usize| {
        let time = at as f64 / f64::from(RATE);
        filter.next(random.noise()) * (-time / decay).exp() as f32
    };
    (0..(seconds * f64::from(RATE)) as usize).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drums_last_as_long_as_asked_and_differ_from_seed_to_seed() {
        let clip = play(3.0, &mut Random::new(1, 1));
        assert!((clip.seconds() - 3.0).abs() < 1e-3);
        assert!(clip.rms() > 0.02, "{}", clip.rms());
        assert_ne!(clip.sides[0], play(3.0, &mut Random::new(1, 2)).sides[0]);
        assert_eq!(clip.sides[0], play(3.0, &mut Random::new(1, 1)).sides[0]);
    }
}
