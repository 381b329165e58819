//! What becomes of loudness: compressor, limiter, clipping, a sidechain that pumps.

use super::clip::{Clip, decibels};

/// How loudness is changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dynamics {
    /// Eight to one above 12 dB below the clip's mean level; slow enough to breathe.
    Compressor,
    /// Raised by 18 dB against a ceiling, each peak turned down at once and let go within 60 ms.
    Limiter,
    /// Cut off at the clip's mean level.
    HardClip,
    /// Driven 18 dB into a curve.
    SoftClip,
    /// Ducked by 15 dB on every beat of 125 a minute.
    Pump,
}

/// The clip with its loudness changed.
pub(super) fn apply(clip: &Clip, how: Dynamics) -> Clip {
    let (mut out, rms) = (clip.clone(), clip.rms().max(1e-6));
    match how {
        Dynamics::Compressor => follow(&mut out, 0.005, 0.12, |level| {
            let over = level / (rms * decibels(-12.0));
            if over > 1.0 { over.powf(1.0 / 8.0 - 1.0) } else { 1.0 }
        }),
        Dynamics::Limiter => {
            out.scale(decibels(18.0) * 0.25 / rms);
            follow(&mut out, 0.0, 0.06, |level| (0.9 / level.max(1e-6)).min(1.0));
        }
        Dynamics::HardClip => each(&mut out, |sample| sample.clamp(-rms, rms)),
        Dynamics::SoftClip => each(&mut out, |sample| 0.9 * (decibels(18.0) * 0.3 / rms * sample).tanh()),
        Dynamics::Pump => pump(&mut out),
    }
    out
}

fn each(clip: &mut Clip, curve: impl Fn(f32) -> f32) {
    clip.sides.iter_mut().flatten().for_each(|sample| *sample = curve(*sample));
}

/// Multiplies both sides by a gain that follows from their level; times in seconds.
fn follow(clip: &mut Clip, attack: f64, release: f64, gain: impl Fn(f32) -> f32) {
    let pole = |time: f64| if time > 0.0 { (-1.0 / (time * f64::from(clip.rate))).exp() as f32 } else { 0.0 };
    let (rise, fall, mut level) = (pole(attack), pole(release), 0.0_f32);
    let [left, right] = &mut clip.sides;
    for (left, right) in left.iter_mut().zip(right) {
        let now = left.abs().max(right.abs());
        let pole = if now > level { rise } else { fall };
        level = now + pole * (level - now);
        let gain = gain(level);
        *left *= gain;
        *right *= gain;
    }
}

fn pump(clip: &mut Clip) {
    let beat = f64::from(clip.rate) * 60.0 / 125.0;
    for side in &mut clip.sides {
        for (at, sample) in side.iter_mut().enumerate() {
            let open = ((at as f64 / beat).fract() / 0.7).min(1.0);
            *sample *= decibels(-15.0 * (1.0 - open));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::{drums, random::Random};

    /// Peak above the mean level, in dB.
    fn crest(clip: &Clip) -> f32 {
        20.0 * (clip.peak() / clip.rms()).log10()
    }

    #[test]
    fn limiter_and_clipping_lower_the_crest() {
        let clip = drums::play(4.0, &mut Random::new(5, 5));
        for how in [Dynamics::Limiter, Dynamics::HardClip, Dynamics::SoftClip] {
            assert!(crest(&apply(&clip, how)) < crest(&clip) - 1.0, "{how:?}");
        }
    }

    #[test]
    fn the_compressor_brings_loud_and_soft_together() {
        let tone = |at: i32| 0.5 * (0.1 * at as f32).sin() * if at < 22_050 { 1.0 } else { 0.1 };
        let played = apply(&Clip::mono((0..44_100).map(tone).collect()), Dynamics::Compressor);
        let step = 20.0 * (played.part(11_025, 8_000).rms() / played.part(35_000, 8_000).rms()).log10();
        assert!((1.0..12.0).contains(&step), "{step}"); // 20 dB before.
    }

    #[test]
    fn the_pump_leaves_the_end_of_a_beat_alone_and_ducks_its_start() {
        let clip = Clip::mono(vec![0.5; 44_100]);
        let pumped = apply(&clip, Dynamics::Pump);
        assert!((pumped.sides[0][0] - 0.5 * decibels(-15.0)).abs() < 1e-6);
        assert!((pumped.sides[0][20_000] - 0.5).abs() < 1e-6);
    }
}
