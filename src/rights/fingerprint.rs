//! What an index keeps of a recording.

use super::analyser::{Analyser, Frame};
use super::axis::TICKS_PER_SECOND;
use super::peaks::{Density, Peak, Picker};

/// The peaks of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// In order of time.
    pub peaks: Vec<Peak>,
    /// Length of the recording, in ticks.
    pub ticks: u32,
}

/// Makes a fingerprint of a stream. For the companion and background threads.
pub struct Fingerprinter {
    analyser: Analyser,
    picker: Picker,
    peaks: Vec<Peak>,
    frames: u64,
    rate: u32,
}

impl Fingerprinter {
    /// For a stream of `rate` samples per second; `None` for rates outside [`RATES`](super::analyser::RATES).
    #[must_use]
    pub fn new(rate: u32) -> Option<Self> {
        let analyser = Analyser::new(rate)?;
        Some(Self { analyser, picker: Picker::new(Density::INDEX), peaks: Vec::new(), frames: 0, rate })
    }

    /// Takes the next frames of left and right.
    pub fn feed(&mut self, frames: impl IntoIterator<Item = [f32; 2]>) {
        let count = &mut self.frames;
        let (picker, peaks) = (&mut self.picker, &mut self.peaks);
        let frames = frames.into_iter().inspect(|_| *count += 1);
        self.analyser.feed(frames, |frame| pick(picker, peaks, &frame));
    }

    /// Length of the stream so far, in ticks.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.frames * u64::from(TICKS_PER_SECOND) / u64::from(self.rate)
    }

    /// Ends the stream.
    #[must_use]
    pub fn finish(mut self) -> Fingerprint {
        let (picker, peaks) = (&mut self.picker, &mut self.peaks);
        self.analyser.finish(|frame| pick(picker, peaks, &frame));
        let ticks = u32::try_from(self.frames * u64::from(TICKS_PER_SECOND) / u64::from(self.rate)).unwrap_or(u32::MAX);
        // Peaks between two frames come in the order of frames.
        self.peaks.sort_by_key(|peak| peak.tick);
        self.peaks.retain(|peak| peak.tick < ticks);
        Fingerprint { peaks: self.peaks, ticks }
    }
}

/// A master whose channels cancel each other is known by its sides.
fn pick(picker: &mut Picker, peaks: &mut Vec<Peak>, frame: &Frame<'_>) {
    picker.push(frame.middle.or(frame.side), |peak| peaks.push(peak));
}

#[cfg(test)]
mod tests {
    use super::super::axis::row_hz;
    use super::*;

    #[test]
    fn notes_are_peaks_at_their_attacks_and_the_length_is_kept() {
        let rate = 44_100;
        let mut fingerprinter = Fingerprinter::new(rate).unwrap();
        let rows = [60.0, 110.0, 160.0, 210.0_f32];
        for row in rows {
            let angle = std::f32::consts::TAU * row_hz(row) / rate as f32;
            let note = (0..rate / 2).map(move |i| (angle * i as f32).sin() * (-8.0 * i as f32 / rate as f32).exp());
            fingerprinter.feed(note.map(|sample| [sample, 0.5 * sample]));
        }
        let fingerprint = fingerprinter.finish();
        assert_eq!(fingerprint.ticks, 2 * TICKS_PER_SECOND);
        for (number, row) in rows.iter().enumerate() {
            let attack = number as f32 * 0.5 * TICKS_PER_SECOND as f32;
            let found = fingerprint.peaks.iter().any(|peak| {
                (f32::from(peak.step) - 2.0 * row).abs() <= 2.0 && (peak.tick as f32 - attack - 7.0).abs() < 9.0
            });
            assert!(found, "{row}: {:?}", fingerprint.peaks);
        }
    }
}
