//! The sound of one note, made from frames: partials and noise. The voices of the instrument use it, and so does the
//! resynthesis of analysed notes, so that what is measured is what is played.

mod format;
mod show;
mod unison;

use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Arc;

use crate::analysis::frames::{Frame, NOISE_BANDS, NoteFrames, PARTIALS, Slots, pitch_hz};
use crate::dsp::kernel::{self, DECIBELS_TO_OCTAVES, LANES, exp2};
use crate::dsp::noise::Noise;
use crate::dsp::oscillator::{Loudness, OscillatorBank, nyquist_fade};
use crate::dsp::random;
use crate::dsp::sines::{self, CHUNK, Sums};

use self::format::tilt_octaves;
pub use self::format::{FRAME_RATE, ToneFormat};
use self::unison::{CopyGain, Partials, UnisonCopy, WIDEST, places, spread};

/// Most detuned copies of a note.
pub const COPIES: usize = 8;
/// Stereo samples of one chunk: left and right.
pub type StereoChunk = [[f32; CHUNK]; 2];

/// A partial that stays below this amplitude (-120 dB) is not computed.
const INAUDIBLE: f32 = 1e-6;
const OCTAVES_PER_CENT: f32 = 1.0 / 1_200.0;
/// Seed offset that keeps noise and phases apart.
const NOISE_SEED: u32 = 0x6E6F_6973;
/// The same for the places of partials.
const PLACE_SEED: u32 = 0x706C_6163;

/// How a player bends the sound of frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Tilt of the spectrum about 1 kHz in dB per octave.
    pub tilt: f32,
    /// Gain of the noise in dB; `f32::NEG_INFINITY` for none.
    pub noise_db: f32,
    /// Detuned copies, 1..=[`COPIES`].
    pub copies: usize,
    /// Distance of the outermost copies in cents.
    pub detune: f32,
    /// Stereo width of partials, copies and noise, 0..1; 0 is mono, and the sum of both channels at any width.
    pub width: f32,
}

impl Style {
    /// The frames as they are, in mono.
    pub const NEUTRAL: Self = Self { tilt: 0.0, noise_db: 0.0, copies: 1, detune: 0.0, width: 0.0 };
}

/// The generator of one note. [`Tone::start`] begins a note with its first frame; whenever [`Tone::is_due`], the next
/// frame is given, which says how the note will be one hop later; [`Tone::render`] makes the samples in between.
///
/// Amplitudes, pitch deviation and gains are linear between frames. Allocates only when made. With AVX-512,
/// sixteen neighbouring partials, if any of them is audible, cost some 2.5 ns per sample and copy, noise some 4 ns per
/// sample, what is left some 3 ns; stereo adds a fifth.
pub struct Tone {
    format: ToneFormat,
    slot_cents: [f32; PARTIALS],
    octaves: [f32; PARTIALS],
    ratios: [f32; PARTIALS],
    /// Where each partial lies between the sides, -1..1.
    places: [f32; PARTIALS],
    amplitude: [f32; PARTIALS],
    next_amplitude: [f32; PARTIALS],
    density: [f32; NOISE_BANDS],
    loudness: Loudness<PARTIALS>,
    cents: [f32; 2],
    copies: [UnisonCopy; COPIES],
    noise: Noise,
    /// Gain of the side.
    side: [f32; 2],
    /// Samples from the last frame to the next: a hop, but for the first.
    span: usize,
    next_span: usize,
    /// Samples since the last frame.
    position: usize,
    power: [f32; 2],
}

impl Tone {
    /// A silent tone.
    #[must_use]
    pub fn new(format: &ToneFormat) -> Self {
        let copy = || UnisonCopy {
            bank: OscillatorBank::new(format.level, 0),
            detune: 1.0,
            gain: CopyGain::SILENT,
            next_gain: CopyGain::SILENT,
        };
        let mut tone = Self {
            slot_cents: [f32::NAN; PARTIALS],
            octaves: [0.0; PARTIALS],
            ratios: [0.0; PARTIALS],
            places: [0.0; PARTIALS],
            amplitude: [0.0; PARTIALS],
            next_amplitude: [0.0; PARTIALS],
            density: [0.0; NOISE_BANDS],
            loudness: Loudness::SILENT,
            cents: [0.0; 2],
            copies: std::array::from_fn(|_| copy()),
            noise: Noise::new(Arc::clone(&format.bands)),
            side: [0.0; 2],
            span: format.hop,
            next_span: format.hop,
            position: format.hop,
            power: [0.0; 2],
            format: format.clone(),
        };
        tone.place_slots(&[0.0; PARTIALS]);
        tone
    }

    /// Begins a note of fundamental `hz` with its state at note-on. `seed` settles the phases and the noise. A frame is
    /// due afterwards, for a moment that is a hop later.
    pub fn start(&mut self, seed: u32, slots: &Slots, first: &Frame, hz: f32, style: &Style) {
        self.next_span = self.format.hop;
        for (number, copy) in self.copies.iter_mut().enumerate() {
            copy.bank = OscillatorBank::new(self.format.level, random::hash(seed, number as u32));
            copy.gain = CopyGain::SILENT;
        }
        self.shape(slots, first, hz, style);
        self.places = places(seed ^ PLACE_SEED, &self.octaves, hz);
        self.noise.start(seed ^ NOISE_SEED, &self.density, self.side[1] != 0.0);
        self.arrive();
    }

    /// Brings the second frame of a note that has just been started forward to `samples` after the first, 1 to a hop.
    pub fn bring_forward(&mut self, samples: usize) {
        self.next_span = samples.clamp(1, self.format.hop);
    }

    /// Whether a frame is due before more can be rendered.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.position == self.span
    }

    /// Samples until a frame is due.
    #[must_use]
    pub fn until_due(&self) -> usize {
        self.span - self.position
    }

    /// How far ahead the moment lies that the next frame is to describe, in samples from when it is due.
    #[must_use]
    pub fn look_ahead(&self) -> usize {
        self.next_span
    }

    /// How many samples the next [`Tone::render`] makes.
    #[must_use]
    pub fn next_length(&self) -> usize {
        CHUNK.min(self.until_due())
    }

    /// Gives the state of the note [`Tone::look_ahead`] samples from here.
    pub fn frame(&mut self, slots: &Slots, next: &Frame, hz: f32, style: &Style) {
        self.arrive();
        self.shape(slots, next, hz, style);
        self.noise.advance(&self.density, self.is_wide());
        self.span = std::mem::replace(&mut self.next_span, self.format.hop);
        self.loudness.set(&self.amplitude, &self.next_amplitude, self.span, INAUDIBLE);
        self.position = 0;
    }

    /// Writes the next samples at fundamental `hz` and returns how many, at most [`CHUNK`] and never past a frame; 0 if
    /// a frame is due. What `out` holds beyond them means nothing.
    pub fn render(&mut self, hz: f32, out: &mut StereoChunk) -> usize {
        let length = self.next_length();
        let part = self.position..self.position + length;
        let along = (self.position as f32 + 0.5 * length as f32) / self.span as f32;
        let cents = self.cents[0] + (self.cents[1] - self.cents[0]) * along;
        let base = hz / self.format.rate * exp2(cents * OCTAVES_PER_CENT);
        let [left, right] = out;
        if self.is_wide() {
            self.sound_apart(base, part, left, right);
            self.widen(left, right);
        } else {
            self.sound(base, part, left);
            *right = *left;
        }
        self.position += length;
        length
    }

    /// The middle of the samples at `part`.
    fn sound(&mut self, base: f32, part: Range<usize>, middle: &mut [f32; CHUNK]) {
        middle.copy_from_slice(self.noise_at(0, part.start));
        if self.loudness.is_silent() {
            return;
        }
        let mut place = MaybeUninit::uninit();
        let sums = Sums::silent(self.format.level, &mut place);
        let partials = Partials { loudness: &self.loudness, ratios: &self.ratios, places: &self.places };
        for copy in self.copies.iter_mut().filter(|copy| copy.sounds()) {
            copy.add(&partials, base, part.clone(), self.span, sums, None);
        }
        sines::collect(self.format.level, sums, middle);
    }

    /// Middle and side, the latter at full width.
    fn sound_apart(&mut self, base: f32, part: Range<usize>, middle: &mut [f32; CHUNK], side: &mut [f32; CHUNK]) {
        for (channel, out) in [&mut *middle, &mut *side].into_iter().enumerate() {
            out.copy_from_slice(self.noise_at(channel, part.start));
        }
        if self.loudness.is_silent() {
            return;
        }
        let level = self.format.level;
        let mut places = [const { MaybeUninit::uninit() }; 2];
        let [sums, apart] = places.each_mut().map(|place| Sums::silent(level, place));
        let partials = Partials { loudness: &self.loudness, ratios: &self.ratios, places: &self.places };
        for copy in self.copies.iter_mut().filter(|copy| copy.sounds()) {
            copy.add(&partials, base, part.clone(), self.span, sums, Some(apart));
        }
        sines::collect(level, sums, middle);
        sines::collect(level, apart, side);
    }

    /// A chunk of the noise of one channel, whose hop ends where the span does.
    fn noise_at(&self, channel: usize, position: usize) -> &[f32] {
        &self.noise.hop()[channel][self.format.hop - self.span + position..][..CHUNK]
    }

    /// Makes left and right of middle and side.
    fn widen(&self, middle: &mut [f32; CHUNK], side: &mut [f32; CHUNK]) {
        let step = (self.side[1] - self.side[0]) / self.span as f32;
        let from = self.side[0] + step * self.position as f32;
        for n in 0..CHUNK {
            let apart = side[n] * (from + step * n as f32);
            (middle[n], side[n]) = (middle[n] + apart, middle[n] - apart);
        }
    }

    /// Effective level of the louder of the last two frames, as amplitude.
    #[must_use]
    pub fn level(&self) -> f32 {
        self.power[0].max(self.power[1]).sqrt()
    }

    /// Whether left and right differ before the next frame.
    fn is_wide(&self) -> bool {
        self.side != [0.0; 2]
    }

    /// What lay ahead is now.
    fn arrive(&mut self) {
        self.amplitude = self.next_amplitude;
        self.cents[0] = self.cents[1];
        self.power[0] = self.power[1];
        self.side[0] = self.side[1];
        for copy in &mut self.copies {
            copy.gain = copy.next_gain;
        }
        self.position = self.span;
    }

    fn place_slots(&mut self, cents: &[f32; PARTIALS]) {
        let moved = self.slot_cents.iter().zip(cents).fold(false, |moved, (was, is)| moved | (was != is));
        if moved {
            self.slot_cents = *cents;
            for ((octaves, slot), cents) in self.octaves.iter_mut().zip(&self.format.slot_octaves).zip(cents) {
                *octaves = slot + cents * OCTAVES_PER_CENT;
            }
            kernel::powers(self.format.level, cents, OCTAVES_PER_CENT, &self.format.slot_ratios, &mut self.ratios);
        }
    }

    /// Turns a frame into the amplitudes and densities that lie ahead.
    fn shape(&mut self, slots: &Slots, frame: &Frame, hz: f32, style: &Style) {
        self.place_slots(&slots.cents);
        self.cents[1] = if frame.cents.is_finite() { frame.cents } else { 0.0 };
        let mut decibels = frame.partial_db;
        if style.tilt != 0.0 {
            let fundamental = hz.log2();
            for (level, octaves) in decibels.iter_mut().zip(&self.octaves) {
                *level += style.tilt * tilt_octaves(fundamental + octaves);
            }
        }
        let turns = hz / self.format.rate;
        let mut fade = self.ratios;
        for (fade, in_band) in fade.iter_mut().zip(slots.in_band) {
            *fade = if in_band { nyquist_fade(*fade * turns) } else { 0.0 };
        }
        kernel::powers(self.format.level, &decibels, DECIBELS_TO_OCTAVES, &fade, &mut self.next_amplitude);
        self.power[1] = 0.5 * power(&self.next_amplitude) + self.shape_noise(frame, style);
        self.side[1] = WIDEST * style.width;
        spread(&mut self.copies, style);
    }

    /// Sets the densities of the noise; returns its power.
    fn shape_noise(&mut self, frame: &Frame, style: &Style) -> f32 {
        let decibels: [f32; NOISE_BANDS] = std::array::from_fn(|band| {
            frame.noise_db[band] + style.noise_db + style.tilt * self.format.band_octaves[band]
        });
        for ((density, decibels), to_density) in self.density.iter_mut().zip(&decibels).zip(&self.format.to_density) {
            *density = (decibels + to_density) * DECIBELS_TO_OCTAVES;
        }
        let mut amplitudes = [0.0; NOISE_BANDS];
        kernel::powers(self.format.level, &decibels, DECIBELS_TO_OCTAVES, &[1.0; NOISE_BANDS], &mut amplitudes);
        power(&amplitudes)
    }
}

/// The sum of the squares, in lanes.
fn power(amplitudes: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for amplitudes in amplitudes.chunks_exact(LANES) {
        for (sum, amplitude) in sums.iter_mut().zip(amplitudes) {
            *sum += amplitude * amplitude;
        }
    }
    sums.iter().sum()
}

/// Gains of left and right for a place -1..1, with equal power and 1 in the middle.
#[must_use]
pub(super) fn pan(place: f32) -> [f32; 2] {
    if place == 0.0 {
        return [1.0; 2];
    }
    let (right, left) = ((place.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4).sin_cos();
    [left * std::f32::consts::SQRT_2, right * std::f32::consts::SQRT_2]
}

/// The note that an analysis describes, in mono: `samples` long at `format`'s rate, note-on at the first sample.
#[must_use]
pub fn resynthesise(note: &NoteFrames, format: &ToneFormat, seed: u32, samples: usize) -> Vec<f32> {
    let hz = pitch_hz(note.pitch);
    let frame = |number: usize| note.frames.get(number).unwrap_or(&Frame::SILENT);
    let mut tone = Tone::new(format);
    tone.start(seed, &note.slots, frame(0), hz, &Style::NEUTRAL);
    let mut out = Vec::with_capacity(samples + CHUNK);
    let mut ahead = 1;
    let mut chunk = [[0.0; CHUNK]; 2];
    while out.len() < samples {
        if tone.is_due() {
            tone.frame(&note.slots, frame(ahead), hz, &Style::NEUTRAL);
            ahead += 1;
        }
        let length = tone.render(hz, &mut chunk);
        out.extend_from_slice(&chunk[0][..length]);
    }
    out.truncate(samples);
    out
}

#[cfg(test)]
mod tests;
