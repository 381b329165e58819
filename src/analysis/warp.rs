//! The pitch of a note over time, and time warped so that it stands still.

use realfft::num_complex::Complex32;

use super::frames::{ANALYSIS_HOP, ANALYSIS_RATE};
use super::partials::Envelopes;
use crate::dsp::resample::SincInterpolator;

/// The track is read from the strongest [`TRACKED`] of the first [`CANDIDATES`] slots.
const CANDIDATES: usize = 16;
const TRACKED: usize = 6;
/// Furthest deviation that is believed, in cents.
const FURTHEST: f32 = 150.0;
/// Level under the note's loudest frame at which its pitch is no longer followed: -50 dB.
const AUDIBLE: f32 = 3e-3;
/// Advances on each side of a frame that the track is averaged over.
const SMOOTHING: isize = 2;
/// Deviation below which warping would change nothing.
const STANDS_STILL: f32 = 4.0;

/// Deviation in cents from the static slot frequencies at every frame.
pub(super) fn pitch_track(envelopes: &Envelopes) -> Vec<f32> {
    let slots = strongest_slots(envelopes);
    let frames = envelopes.frames();
    let level = |frame: usize| slots.iter().map(|&slot| envelopes.at(frame, slot).norm_sqr()).sum::<f32>();
    let mut raw: Vec<f32> = (1..frames).map(|frame| deviation(envelopes, &slots, frame)).collect();
    raw.insert(0, raw.first().copied().unwrap_or_default());
    let loudest = (0..frames).map(level).fold(0.0, f32::max);
    // Advance `m` is the one from frame `m - 1` to `m`, so these lie evenly about the frame.
    let smooth = |frame: usize| {
        let window = (1 - SMOOTHING..=SMOOTHING).map(|offset| frame as isize + offset);
        window.map(|at| raw[at.clamp(0, frames as isize - 1) as usize]).sum::<f32>() / (2 * SMOOTHING) as f32
    };
    let heard = |frame: usize| level(frame) >= loudest * AUDIBLE * AUDIBLE;
    (0..frames).map(|frame| if heard(frame) { smooth(frame) } else { 0.0 }).collect()
}

fn strongest_slots(envelopes: &Envelopes) -> Vec<usize> {
    let mean = |slot: usize| (0..envelopes.frames()).map(|frame| envelopes.at(frame, slot).norm()).sum::<f32>();
    let candidates = envelopes.hz().len().min(CANDIDATES);
    let mut slots: Vec<(f32, usize)> = (0..candidates).map(|slot| (mean(slot), slot)).collect();
    slots.sort_by(|a, b| b.0.total_cmp(&a.0));
    slots.truncate(TRACKED);
    slots.into_iter().map(|(_, slot)| slot).collect()
}

/// Cents by which the partials advanced faster than their slots from the frame before to this one, by power.
fn deviation(envelopes: &Envelopes, slots: &[usize], frame: usize) -> f32 {
    let (mut sum, mut weights) = (0.0, 1e-20);
    for &slot in slots {
        let (before, now) = (envelopes.at(frame - 1, slot), envelopes.at(frame, slot));
        let hz = envelopes.hz()[slot];
        let turn = std::f64::consts::TAU * f64::from(hz) * ANALYSIS_HOP as f64 / f64::from(ANALYSIS_RATE);
        let expected = Complex32::cis((turn % std::f64::consts::TAU) as f32);
        let advance = (now * before.conj() * expected.conj()).arg();
        let beyond = advance / std::f32::consts::TAU * ANALYSIS_RATE as f32 / ANALYSIS_HOP as f32;
        let cents = 1_200.0 * (1.0 + beyond / hz).clamp(0.8, 1.25).log2();
        let weight = now.norm_sqr().min(before.norm_sqr()) * (slot + 1) as f32;
        sum += weight * cents;
        weights += weight;
    }
    (sum / weights).clamp(-FURTHEST, FURTHEST)
}

/// A map between real time and the time in which the pitch stands still.
pub(super) struct Warp {
    /// Warped time of every real sample; rises strictly.
    warped: Vec<f64>,
    sinc: SincInterpolator,
}

impl Warp {
    /// The warp of `length` samples that a pitch track asks for, if it asks for any.
    pub(super) fn of(cents: &[f32], length: usize) -> Option<Self> {
        if cents.iter().all(|cents| cents.abs() < STANDS_STILL) {
            return None;
        }
        let speed = |i: usize| {
            let position = i as f32 / ANALYSIS_HOP as f32;
            let frame = (position as usize).min(cents.len() - 1);
            let next = cents[(frame + 1).min(cents.len() - 1)];
            let between = (position - frame as f32).min(1.0);
            f64::from(((cents[frame] + between * (next - cents[frame])) / 1_200.0).exp2())
        };
        let mut now = 0.0;
        let warped = (0..length).map(|i| {
            now += if i == 0 { 0.0 } else { speed(i) };
            now
        });
        Some(Self { warped: warped.collect(), sinc: SincInterpolator::new(1.0) })
    }

    /// The note with its pitch standing still.
    pub(super) fn straighten(&self, samples: &[f32]) -> Vec<f32> {
        let mut after = 0;
        let read = |i: usize| {
            let time = i as f64;
            while after < self.warped.len() && self.warped[after] < time {
                after += 1;
            }
            let position = match (after, self.warped.get(after)) {
                (0, _) => 0.0,
                (_, None) => samples.len() as f64 - 1.0,
                (_, Some(next)) => {
                    let before = self.warped[after - 1];
                    (after - 1) as f64 + (time - before) / (next - before)
                }
            };
            self.sinc.read(samples, position)
        };
        (0..samples.len()).map(read).collect()
    }

    /// A straightened note with its pitch moving again.
    pub(super) fn bend(&self, straight: &[f32]) -> Vec<f32> {
        let last = straight.len() as f64 - 1.0;
        self.warped.iter().map(|&time| self.sinc.read(straight, time.min(last))).collect()
    }

    /// Warped time, in frames, of a real frame.
    pub(super) fn frame(&self, frame: usize) -> f32 {
        let sample = (frame * ANALYSIS_HOP).min(self.warped.len() - 1);
        (self.warped[sample] / ANALYSIS_HOP as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone of 440 Hz with a vibrato of 40 cents at 5 Hz, and its deviation in cents.
    fn vibrato() -> (Vec<f32>, impl Fn(f32) -> f32) {
        let cents = |seconds: f32| 40.0 * (std::f32::consts::TAU * 5.0 * seconds).sin();
        let mut phase = 0.0_f64;
        let tone = (0..48_000).map(|i| {
            let sample = 0.3 * phase.sin() as f32;
            let hz = 440.0 * f64::from((cents(i as f32 / 48_000.0) / 1_200.0).exp2());
            phase += std::f64::consts::TAU * hz / 48_000.0;
            sample
        });
        (tone.collect(), cents)
    }

    #[test]
    fn vibrato_is_tracked() {
        let (tone, cents) = vibrato();
        let track = pitch_track(&Envelopes::of(&tone, vec![440.0], 440.0));
        for (frame, &tracked) in track.iter().enumerate().skip(4).take(190) {
            let expected = cents(frame as f32 * 0.005);
            assert!((tracked - expected).abs() < 1.5, "frame {frame}: {tracked} cents, expected {expected}");
        }
    }

    #[test]
    fn a_straightened_note_bends_back_to_itself() {
        let (tone, _) = vibrato();
        let track = pitch_track(&Envelopes::of(&tone, vec![440.0], 440.0));
        let warp = Warp::of(&track, tone.len()).unwrap();
        let straight = warp.straighten(&tone);
        let again = pitch_track(&Envelopes::of(&straight, vec![440.0], 440.0));
        let wobble = again[10..190].iter().fold(0.0_f32, |most, cents| most.max(cents.abs()));
        assert!(wobble < 1.5, "{wobble} cents are left");
        let bent = warp.bend(&straight);
        let worst = (1_000..47_000).map(|i| (bent[i] - tone[i]).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "{worst}");
    }
}
