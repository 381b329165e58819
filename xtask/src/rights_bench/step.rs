//! One thing that is done to an excerpt, and what it does to the excerpt's time and pitch.

use anyhow::Result;

use super::clip::{Clip, RATE};
use super::dynamics::{self, Dynamics};
use super::filter::{Biquad, Shape};
use super::random::Random;
use super::tools::{self, Codec, Stretcher};
use super::truth::Part;
use super::voice::{self, Manner};
use super::{drums, noise, resample, room};

/// What is done. Levels are the excerpt's, in dB above what is added.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Pink(f64),
    Babble(f64),
    Drums(f64),
    /// Other music, see [`Stage::others`].
    Music(f64),
    Sung(f64),
    Spoken(f64),
    Codec(Codec),
    /// Two filters of the same shape in a row: frequency in Hz and quality.
    Filter(Shape, f64, f64),
    /// 300 to 3400 Hz, 8 bits on a logarithmic scale, one channel.
    Phone,
    /// Seconds of decay, the room's share.
    Reverb(f64, f64),
    Dynamics(Dynamics),
    /// Speed, pitch with it.
    Varispeed(f64),
    /// Frequencies alone.
    Pitch(Stretcher, f64),
    /// Tempo alone.
    Tempo(Stretcher, f64),
    /// The first so many seconds, again and again.
    Loop(f64),
    /// Four beats of so many seconds, in another order, again and again.
    Shuffle(f64),
    /// Raised by so many dB, cut off at full scale.
    Gain(f64),
    /// Both sides upside down.
    Invert,
    /// The right side upside down.
    InvertOne,
    /// The right side silent.
    LeftOnly,
    /// Both sides added up.
    Mono,
    /// Another sample rate.
    Rate(u32),
}

/// What steps may use beside the excerpt.
pub(super) struct Stage<'a> {
    pub(super) random: Random,
    /// Gives so many seconds of other music.
    pub(super) others: &'a dyn Fn(f64, &mut Random) -> Result<Clip>,
}

impl Step {
    /// How many seconds of the source one second of the result takes.
    pub(super) fn rate(self) -> f64 {
        match self {
            Self::Varispeed(speed) | Self::Tempo(_, speed) => speed,
            _ => 1.0,
        }
    }

    /// By how much frequencies are multiplied.
    pub(super) fn pitch(self) -> f64 {
        match self {
            Self::Varispeed(ratio) | Self::Pitch(_, ratio) => ratio,
            _ => 1.0,
        }
    }

    /// Does it. `parts` tells where each piece of the clip comes from and is kept true.
    ///
    /// # Errors
    /// If another program fails.
    pub(super) fn apply(self, mut clip: Clip, parts: &mut Vec<Part>, stage: &mut Stage) -> Result<Clip> {
        let seconds = clip.seconds();
        retime(parts, self.rate(), self.pitch());
        let random = &mut stage.random;
        match self {
            Self::Pink(level) => clip.mix(&noise::pink(seconds, random), level),
            Self::Babble(level) => clip.mix(&voice::babble(seconds, random), level),
            Self::Drums(level) => clip.mix(&drums::play(seconds, random), level),
            Self::Music(level) => clip.mix(&(stage.others)(seconds, random)?, level),
            Self::Sung(level) => clip.mix(&voice::utter(seconds, Manner::Sung, random), level),
            Self::Spoken(level) => clip.mix(&voice::utter(seconds, Manner::Spoken, random), level),
            Self::Codec(codec) => return tools::encoded(&clip.tamed(), codec),
            Self::Filter(shape, frequency, q) => twice(&mut clip, shape, frequency, q),
            Self::Phone => phone(&mut clip),
            Self::Reverb(decay, wet) => return Ok(room::reverb(&clip, decay, wet)),
            Self::Dynamics(how) => return Ok(dynamics::apply(&clip, how)),
            Self::Varispeed(speed) => return Ok(resample::varispeed(&clip, speed)),
            Self::Pitch(stretcher, ratio) => return tools::stretched(&clip.tamed(), stretcher, 1.0, ratio),
            Self::Tempo(stretcher, speed) => return tools::stretched(&clip.tamed(), stretcher, speed, 1.0),
            Self::Loop(length) => return Ok(repeated(&clip, &[0], length, parts)),
            Self::Shuffle(beat) => {
                let mut order = [0, 1, 2, 3];
                while order.windows(2).any(|pair| pair[0] + 1 == pair[1]) {
                    random.shuffle(&mut order); // Until no beat follows the one that it followed before.
                }
                return Ok(repeated(&clip, &order, beat, parts));
            }
            Self::Gain(level) => {
                clip.scale(super::clip::decibels(level));
                clip.sides.iter_mut().flatten().for_each(|sample| *sample = sample.clamp(-1.0, 1.0));
            }
            Self::Invert => clip.scale(-1.0),
            Self::InvertOne => clip.sides[1].iter_mut().for_each(|sample| *sample = -*sample),
            Self::LeftOnly => clip.sides[1].fill(0.0),
            Self::Mono => mono(&mut clip),
            Self::Rate(rate) => return Ok(resample::at_rate(&clip, rate)),
        }
        Ok(clip)
    }
}

fn retime(parts: &mut [Part], rate: f64, pitch: f64) {
    for part in parts {
        part.t /= rate;
        part.length /= rate;
        part.rate *= rate;
        part.pitch *= pitch;
    }
}

/// Pieces of `length` seconds in this order, until the clip is as long as before. Pieces meet in a ramp of 3 ms.
fn repeated(clip: &Clip, order: &[usize], length: f64, parts: &mut Vec<Part>) -> Clip {
    let (piece, ramp) = (clip.frames_in(length), clip.frames_in(0.003));
    let (source, frames) = (parts[0].clone(), clip.frames());
    let mut out = Clip { rate: clip.rate, ..Clip::silence(0) };
    parts.clear();
    for at in 0..frames.div_ceil(piece) {
        let first = order[at % order.len()] * piece;
        let mut part = clip.part(first, piece.min(frames - out.frames()));
        fade(&mut part, ramp);
        let start = source.start + source.rate * first as f64 / f64::from(clip.rate);
        parts.push(Part { t: out.seconds(), length: part.seconds(), start, ..source.clone() });
        out.append(&part);
    }
    out
}

fn fade(clip: &mut Clip, ramp: usize) {
    for side in &mut clip.sides {
        let ramp = ramp.min(side.len());
        for at in 0..ramp {
            let gain = at as f32 / ramp as f32;
            let end = side.len() - 1 - at;
            side[at] *= gain;
            side[end] *= gain;
        }
    }
}

fn twice(clip: &mut Clip, shape: Shape, frequency: f64, q: f64) {
    let filter = Biquad::new(shape, frequency, q, clip.rate);
    for side in &mut clip.sides {
        filter.clone().run(side);
        filter.clone().run(side);
    }
}

fn mono(clip: &mut Clip) {
    let [left, right] = &mut clip.sides;
    left.iter_mut().zip(right.iter()).for_each(|(left, right)| *left = f32::midpoint(*left, *right));
    right.clone_from(left);
}

fn phone(clip: &mut Clip) {
    const MU: f32 = 255.0;
    mono(clip);
    twice(clip, Shape::High, 300.0, 0.7);
    twice(clip, Shape::Low, 3_400.0, 0.7);
    *clip = resample::at_rate(clip, 8_000);
    for sample in clip.sides.iter_mut().flatten() {
        let loud = (1.0 + MU * sample.abs().min(1.0)).ln() / (1.0 + MU).ln();
        let coded = (loud * 127.0).round() / 127.0;
        *sample = sample.signum() * (((1.0 + MU).powf(coded) - 1.0) / MU);
    }
    *clip = resample::at_rate(clip, RATE);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt() -> (Clip, Vec<Part>) {
        let clip = drums::play(8.0, &mut Random::new(9, 9));
        let part = Part { t: 0.0, length: 8.0, track: "a".into(), start: 100.0, rate: 1.0, pitch: 1.0 };
        (clip, vec![part])
    }

    fn apply(step: Step) -> (Clip, Vec<Part>) {
        let others = |_: f64, _: &mut Random| -> Result<Clip> { anyhow::bail!("no other music in this test") };
        let (clip, mut parts) = excerpt();
        let clip = step.apply(clip, &mut parts, &mut Stage { random: Random::new(1, 1), others: &others }).unwrap();
        (clip, parts)
    }

    #[test]
    fn a_loop_says_of_each_turn_where_it_comes_from() {
        let (clip, parts) = apply(Step::Loop(1.5));
        assert_eq!(parts.len(), 6);
        assert!(parts.iter().all(|part| part.start == 100.0));
        let (first, second) = (clip.part(1_000, 50_000), clip.part(1_000 + 66_150, 50_000));
        assert_eq!(first.sides[0], second.sides[0]);
    }

    #[test]
    fn no_beat_of_a_shuffled_bar_follows_its_neighbour() {
        let (clip, parts) = apply(Step::Shuffle(0.5));
        assert_eq!(clip.frames(), excerpt().0.frames());
        assert_eq!(parts.len(), 16);
        assert!(parts.windows(2).take(3).all(|pair| (pair[1].start - pair[0].start - 0.5).abs() > 1e-6));
        let (part, source) = (&parts[1], excerpt().0);
        let from = source.frames_in(part.start - 100.0);
        assert_eq!(clip.part(22_050 + 500, 20_000).sides[0], source.part(from + 500, 20_000).sides[0]);
    }

    #[test]
    fn varispeed_moves_time_and_pitch_together() {
        let (clip, parts) = apply(Step::Varispeed(1.1));
        assert!((clip.seconds() - 8.0 / 1.1).abs() < 1e-3);
        assert!((parts[0].rate - 1.1).abs() < 1e-12 && (parts[0].pitch - 1.1).abs() < 1e-12);
        assert!((parts[0].length * parts[0].rate - 8.0).abs() < 1e-9);
    }

    #[test]
    fn a_phone_lets_nothing_through_above_its_band() {
        let (clip, _) = apply(Step::Phone);
        let mut treble = clip.clone();
        twice(&mut treble, Shape::High, 8_000.0, 0.7);
        assert!(treble.rms() < 0.02 * clip.rms(), "{}", treble.rms() / clip.rms());
        assert_eq!(clip.sides[0], clip.sides[1]);
    }
}
