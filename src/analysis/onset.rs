//! The first moments of a note, which the windows of the partials are too long to see.

use super::frames::{ANALYSIS_HOP, ANALYSIS_RATE};
use super::partials::Envelopes;
use crate::dsp::mel::{MelBank, Norm, mel};
use crate::dsp::stft::Stft;

/// Window in samples: 2.7 ms.
const WINDOW: usize = 128;
/// Bands between these frequencies in Hz.
const BANDS: usize = 12;
const RANGE: (f32, f32) = (20.0, 20_000.0);
/// Furthest that a partial is taken down: 30 dB.
const LEAST: f32 = 0.03;

/// Takes partials down, band by band, to what short windows hear in the frames that begin within `reach` samples of the
/// onset. Windows that reach across the onset see the mean of what follows; a note that rises would begin too loud.
pub(super) fn soften_onset(envelopes: &mut Envelopes, samples: &[f32], reach: usize) {
    let frames = reach.div_ceil(ANALYSIS_HOP).min(envelopes.frames());
    let sum = envelopes.resynthesise(samples.len().min(frames * ANALYSIS_HOP + WINDOW));
    let mut meter = Meter::new();
    for frame in 0..frames {
        let centre = frame * ANALYSIS_HOP;
        let (heard, summed) = (meter.powers(samples, centre), meter.powers(&sum, centre));
        let gains: [f32; BANDS] =
            std::array::from_fn(|band| (heard[band] / (summed[band] + 1e-20)).sqrt().clamp(LEAST, 1.0));
        envelopes.shape(frame, |hz| read(&gains, hz));
    }
}

/// A band's value at a frequency, linear in mel between the centres.
fn read(bands: &[f32; BANDS], hz: f32) -> f32 {
    let (low, high) = (mel(RANGE.0), mel(RANGE.1));
    let place = (mel(hz) - low) / (high - low) * (BANDS + 1) as f32 - 1.0;
    let place = place.clamp(0.0, (BANDS - 1) as f32);
    let below = (place as usize).min(BANDS - 2);
    bands[below] + (place - below as f32) * (bands[below + 1] - bands[below])
}

struct Meter {
    stft: Stft,
    bank: MelBank,
}

impl Meter {
    fn new() -> Self {
        let bank = MelBank::new(BANDS, WINDOW, ANALYSIS_RATE as f32, RANGE, Norm::Peak);
        Self { stft: Stft::new(WINDOW), bank }
    }

    fn powers(&mut self, samples: &[f32], centre: usize) -> [f32; BANDS] {
        let power: Vec<f32> = self.stft.centred(samples, centre).iter().map(|bin| bin.norm_sqr()).collect();
        let mut bands = [0.0; BANDS];
        self.bank.apply(&power, &mut bands);
        bands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_rises_within_a_window_begins_quietly_and_one_that_does_not_keeps_its_level() {
        let tone = |rise: f32| -> Vec<f32> {
            let sample =
                |i: usize| (i as f32 / rise).min(1.0) * (std::f32::consts::TAU * 110.0 * i as f32 / 48e3).sin();
            (0..24_000).map(sample).collect()
        };
        let level = |samples: &[f32], frame| Envelopes::of(samples, vec![110.0], 110.0).at(frame, 0).norm();
        let slow = tone(960.0);
        assert!(level(&slow, 0) < 0.15, "{}", level(&slow, 0));
        assert!(level(&slow, 1) < 0.4 && level(&slow, 8) > 0.95);
        assert!(level(&tone(1.0), 1) > 0.9);
    }
}
