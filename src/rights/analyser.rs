//! From a stereo stream to reliefs: resampling, windows, spectra of the middle and, where it says something, of the sides.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::axis::{HOP, RATE, ROWS, WINDOW};
use super::spectrum::{Relief, Spectrum};

/// Input frames that the resampler takes at a time, roughly: 20 ms.
const CHUNKS_PER_SECOND: u32 = 50;
/// Sample rates that are analysed, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;
/// Samples beyond this are as good as no numbers.
const LOUDEST: f32 = 1e6;
/// The side is analysed where it has at least this share of the middle's power, as where one channel's polarity is turned.
const SIDE_SHARE: f32 = 0.5;
/// Middle and side that are correlated by more than this (squared) say the same, as where one channel is silent.
const SAME: f32 = 0.8;

/// What stands out at a moment.
pub struct Frame<'a> {
    /// In the middle: half the sum of the channels. `None` in silence.
    pub middle: Option<&'a Relief>,
    /// At the sides: half their difference. `None` in silence, and where it says no more than the middle.
    pub side: Option<&'a Relief>,
}

/// Analyses a stereo stream. The centre of frame `n` lies at sample `n * HOP` of the stream at [`RATE`].
///
/// Allocates when it is made, never afterwards. One per thread.
pub struct Analyser {
    resampler: Option<Conversion>,
    /// The latest samples of middle and side at [`RATE`], oldest first.
    samples: [Vec<f32>; 2],
    spectrum: Spectrum,
    reliefs: Box<[Relief; 2]>,
}

/// A resampler of two channels with its buffers, interleaved.
struct Conversion {
    resampler: Fft<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
    /// Frames that still have to be left out of its output: its delay.
    late: usize,
}

impl Analyser {
    /// For a stream of `rate` samples per second; `None` outside [`RATES`].
    #[must_use]
    pub fn new(rate: u32) -> Option<Self> {
        if !RATES.contains(&rate) {
            return None;
        }
        let resampler = if rate == RATE { None } else { Some(Conversion::new(rate)?) };
        let chunk = resampler.as_ref().map_or(1, |conversion| conversion.output.len() / 2);
        let samples = [(); 2].map(|()| {
            let mut samples = Vec::with_capacity(WINDOW + HOP + chunk);
            samples.resize(WINDOW / 2, 0.0);
            samples
        });
        Some(Self { resampler, samples, spectrum: Spectrum::default(), reliefs: Box::new([[0.0; ROWS]; 2]) })
    }

    /// Takes the next frames of left and right, calls `each` with the frames of analysis that they complete.
    pub fn feed(&mut self, frames: impl IntoIterator<Item = [f32; 2]>, mut each: impl FnMut(Frame<'_>)) {
        for frame in frames {
            let [left, right] = frame.map(|sample| if sample.abs() < LOUDEST { sample } else { 0.0 });
            let frame = [0.5 * (left + right), 0.5 * (left - right)];
            match &mut self.resampler {
                None => self.samples.iter_mut().zip(frame).for_each(|(samples, sample)| samples.push(sample)),
                Some(conversion) => {
                    let Some(output) = conversion.push(frame) else { continue };
                    for frame in output.chunks_exact(2) {
                        self.samples.iter_mut().zip(frame).for_each(|(samples, sample)| samples.push(*sample));
                    }
                }
            }
            self.transform(&mut each);
        }
    }

    /// Ends the stream: calls `each` with the frames whose centre lies in it, and a few silent ones.
    pub fn finish(&mut self, each: impl FnMut(Frame<'_>)) {
        let waiting = self.resampler.as_ref().map_or(WINDOW / 2, Conversion::frames_to_the_end);
        self.feed(std::iter::repeat_n([0.0; 2], waiting), each);
    }

    fn transform(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        let mut start = 0;
        while start + WINDOW <= self.samples[0].len() {
            let [middle, side] = [0, 1].map(|channel: usize| &self.samples[channel][start..start + WINDOW]);
            let wide = is_wide(middle, side);
            let [middle_relief, side_relief] = &mut *self.reliefs;
            let middle = self.spectrum.relief(middle, middle_relief).then_some(&*middle_relief);
            let side = (wide && self.spectrum.relief(side, side_relief)).then_some(&*side_relief);
            each(Frame { middle, side });
            start += HOP;
        }
        if start > 0 {
            self.samples.iter_mut().for_each(|samples| drop(samples.drain(..start)));
        }
    }
}

/// Whether the side says something that the middle does not.
fn is_wide(middle: &[f32], side: &[f32]) -> bool {
    let (mut of_middle, mut of_side, mut of_both) = (0.0, 0.0, 0.0);
    for (a, b) in middle.iter().zip(side) {
        of_middle += a * a;
        of_side += b * b;
        of_both += a * b;
    }
    of_side > SIDE_SHARE * of_middle && of_both * of_both < SAME * of_middle * of_side
        || of_side > 0.0 && of_middle < 1e-3 * of_side
}

impl Conversion {
    fn new(rate: u32) -> Option<Self> {
        let chunk = (rate / CHUNKS_PER_SECOND).max(1) as usize;
        let resampler = Fft::<f32>::new(rate as usize, RATE as usize, chunk, 2, FixedSync::Both).ok()?;
        let (input, output) = (resampler.input_frames_max(), resampler.output_frames_max());
        let late = resampler.output_delay();
        Some(Self { resampler, input: Vec::with_capacity(2 * input), output: vec![0.0; 2 * output], late })
    }

    /// Takes a frame; returns the output where a chunk is complete.
    fn push(&mut self, frame: [f32; 2]) -> Option<&[f32]> {
        self.input.extend(frame);
        let frames = self.input.len() / 2;
        if frames < self.resampler.input_frames_next() {
            return None;
        }
        let room = self.output.len() / 2;
        let input = InterleavedSlice::new(&self.input[..], 2, frames).ok()?;
        let mut output = InterleavedSlice::new_mut(&mut self.output[..], 2, room).ok()?;
        let made = self.resampler.process_into_buffer(&input, &mut output, None).map_or(0, |(_, made)| made);
        self.input.clear();
        let skip = self.late.min(made);
        self.late -= skip;
        Some(&self.output[2 * skip..2 * made])
    }

    /// Frames to push after the last one until its frame of analysis is complete.
    fn frames_to_the_end(&self) -> usize {
        let (input, output) = (self.resampler.input_frames_next(), self.output.len() / 2);
        (WINDOW / 2).div_ceil(output).saturating_add(2) * input - self.input.len() / 2
    }
}

#[cfg(test)]
mod tests {
    use super::super::axis::{FRAMES_PER_SECOND, row_hz};
    use super::*;

    fn tone(rate: u32, row: f32, seconds: f32) -> impl Iterator<Item = f32> {
        let angle = std::f32::consts::TAU * row_hz(row) / rate as f32;
        (0..(seconds * rate as f32) as usize).map(move |i| (angle * i as f32).sin() * 0.3)
    }

    /// The highest rows of middle and side, frame by frame.
    fn rows(rate: u32, frames: impl Iterator<Item = [f32; 2]>) -> Vec<[Option<usize>; 2]> {
        let mut rows = Vec::new();
        let highest = |relief: &Relief| (0..ROWS).max_by(|&a, &b| relief[a].total_cmp(&relief[b])).unwrap();
        let mut each = |frame: Frame<'_>| rows.push([frame.middle.map(highest), frame.side.map(highest)]);
        let mut analyser = Analyser::new(rate).unwrap();
        analyser.feed(frames, &mut each);
        analyser.finish(&mut each);
        rows
    }

    #[test]
    fn a_tone_has_its_row_at_every_rate_and_lasts_as_long() {
        for rate in [16_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let rows = rows(rate, tone(rate, 200.0, 2.0).map(|sample| [sample; 2]));
            let sounding = rows.iter().filter(|[middle, _]| *middle == Some(200)).count() as f32 / FRAMES_PER_SECOND;
            assert!((sounding - 2.1).abs() < 0.1, "{rate}: {sounding} s");
            assert!(rows.iter().all(|[_, side]| side.is_none()), "{rate}");
        }
    }

    #[test]
    fn one_turned_channel_is_heard_at_the_side_and_one_silent_channel_in_the_middle() {
        let turned = rows(48_000, tone(48_000, 150.0, 1.0).map(|sample| [sample, -sample]));
        assert!(turned[20..40].iter().all(|rows| *rows == [None, Some(150)]));
        let alone = rows(48_000, tone(48_000, 150.0, 1.0).map(|sample| [sample, 0.0]));
        assert!(alone[20..40].iter().all(|rows| *rows == [Some(150), None]));
    }

    #[test]
    fn rates_beyond_the_limits_are_refused_and_samples_that_are_no_numbers_are_silent() {
        assert!(Analyser::new(0).is_none() && Analyser::new(1_000_000).is_none());
        let rows = rows(44_100, std::iter::repeat_n([f32::NAN, f32::INFINITY], 44_100));
        assert!(rows.iter().all(|rows| *rows == [None, None]));
    }
}
