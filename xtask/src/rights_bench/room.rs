//! A room: eight delay lines that feed each other (Jot 1991), with walls that swallow the treble.

use super::clip::Clip;

/// Lengths of the delay lines in ms, with no common measure.
const LINES: [f64; 8] = [29.7, 37.1, 41.1, 43.7, 53.3, 61.9, 71.3, 79.9];
/// Time until the first echo, in ms.
const BEFORE: f64 = 12.0;

/// The clip played in a room that takes `decay` seconds to fall by 60 dB; `wet` is the room's share of the power,
/// 0..1. The tail beyond the clip's end is cut off.
pub(super) fn reverb(clip: &Clip, decay: f64, wet: f64) -> Clip {
    let mut room = echoes(clip, decay);
    let (dry_gain, wet_gain) = ((1.0 - wet).sqrt() as f32, wet.sqrt() as f32 * clip.rms() / room.rms().max(1e-9));
    for (side, dry) in room.sides.iter_mut().zip(&clip.sides) {
        side.iter_mut().zip(dry).for_each(|(sample, dry)| *sample = dry_gain * dry + wet_gain * *sample);
    }
    room
}

/// The room alone.
fn echoes(clip: &Clip, decay: f64) -> Clip {
    let mut lines: Vec<Line> =
        LINES.iter().map(|length| Line::new(clip.frames_in(length / 1_000.0), clip, decay)).collect();
    let mut out = Clip { rate: clip.rate, ..Clip::silence(clip.frames()) };
    let before = clip.frames_in(BEFORE / 1_000.0);
    for at in before..clip.frames() {
        let input = clip.sides.each_ref().map(|side| side[at - before]);
        let ends: [f32; 8] = std::array::from_fn(|line| lines[line].read());
        let common = ends.iter().sum::<f32>() / 4.0; // Householder: 1 - 2/8 of the sum to each.
        for (number, line) in lines.iter_mut().enumerate() {
            line.write(input[number % 2] + ends[number] - common);
        }
        for (side, out) in out.sides.iter_mut().enumerate() {
            out[at] = ends[side] - ends[side + 2] + ends[side + 4] - ends[side + 6];
        }
    }
    out
}

struct Line {
    samples: Vec<f32>,
    at: usize,
    /// Gain of one pass, by which the whole falls 60 dB in `decay` seconds.
    gain: f32,
    damped: f32,
}

impl Line {
    fn new(length: usize, clip: &Clip, decay: f64) -> Self {
        let gain = 10_f64.powf(-3.0 * length as f64 / f64::from(clip.rate) / decay) as f32;
        Self { samples: vec![0.0; length], at: 0, gain, damped: 0.0 }
    }

    /// What was written one length ago, without part of its treble.
    fn read(&mut self) -> f32 {
        self.damped += 0.6 * (self.samples[self.at] - self.damped);
        self.gain * self.damped
    }

    fn write(&mut self, sample: f32) {
        self.samples[self.at] = sample;
        self.at = (self.at + 1) % self.samples.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights_bench::clip::RATE;

    #[test]
    fn the_room_falls_by_sixty_decibels_in_its_decay_time() {
        let mut click = Clip::silence(2 * RATE as usize);
        click.sides.iter_mut().for_each(|side| side[..400].iter_mut().for_each(|sample| *sample = 0.5));
        let room = echoes(&click, 1.0);
        let rms = |from: f64| room.part(room.frames_in(from), room.frames_in(0.2)).rms();
        let fall = 20.0 * f64::from(rms(0.2) / rms(0.8)).log10();
        assert!((30.0..45.0).contains(&fall), "{fall}"); // 36 dB without the damping.
    }

    #[test]
    fn more_wet_is_less_like_the_clip() {
        let clip = crate::rights_bench::drums::play(2.0, &mut crate::rights_bench::random::Random::new(1, 1));
        let likeness = |wet| {
            let room = reverb(&clip, 1.5, wet);
            let dot: f32 = room.sides[0].iter().zip(&clip.sides[0]).map(|(a, b)| a * b).sum();
            dot / (room.rms() * clip.rms() * clip.frames() as f32)
        };
        assert!(likeness(0.2) > likeness(0.5) && likeness(0.5) > likeness(0.9));
    }
}
