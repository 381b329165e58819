//! One note: frames from the decoder, partials one after the other, noise, envelope.

use std::f64::consts::TAU;
use std::sync::Arc;

use zither::analysis::frames::{Frame, Motion, NOISE_BANDS, PARTIALS, SILENCE_DB, Swing, pitch_hz, slot_ratio};
use zither::dsp::random;
use zither::model::Model;
use zither::model::latent::LATENTS;
use zither::synth::controls::{Control, Controls};

use super::decoder::{Course, Point};
use super::noise::{Bands, Noise};
use super::{Channel, Expressions, NoteStart};

/// Samples between two values of pitch and gain.
const CHUNK: usize = 32;
/// Most unison copies.
const COPIES: usize = 8;
/// Gain of the side at full width.
const WIDEST: f32 = 0.75;
/// A partial below this amplitude is not computed.
const INAUDIBLE: f32 = 1e-6;
/// A voice quieter than this is over.
const OVER: f32 = 1e-5;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Life {
    Idle,
    Held,
    Released,
    Fading,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Attack,
    Decay,
    Release,
}

/// What partials and noise are about to do: their state now and at the next frame.
#[derive(Clone, Copy)]
struct Shape {
    amplitude: [f32; PARTIALS],
    cents: f32,
    power: f32,
    noise_side: f32,
    /// Gains of each copy: middle, the copy in the side, its partials in the side.
    copies: [[f32; 3]; COPIES],
}

const SILENT: Shape =
    Shape { amplitude: [0.0; PARTIALS], cents: 0.0, power: 0.0, noise_side: 0.0, copies: [[0.0; 3]; COPIES] };

pub(crate) struct Around<'a> {
    pub(crate) model: &'a Model,
    pub(crate) controls: &'a Controls,
    pub(crate) channels: &'a [Channel; 16],
}

pub(crate) struct Voice {
    pub(crate) note: NoteStart,
    pub(crate) life: Life,
    pub(crate) serial: u64,
    pub(crate) expressions: Expressions,
    pub(crate) offsets: [f32; LATENTS],
    rate: f32,
    hop: usize,
    course: Course,
    noise: Noise,
    fresh: bool,
    seed: u32,
    latents: [f32; LATENTS],
    latent_step: f32,
    clock: u64,
    /// Seconds after note-on, once the key went up.
    released_at: Option<f32>,
    peak_db: f32,
    slow: Slow,
    bend: f32,
    depth: f32,
    vibrato: f32,
    ratios: [f32; PARTIALS],
    places: [f32; PARTIALS],
    detune: [f32; COPIES],
    phase: Box<[[f64; PARTIALS]; COPIES]>,
    from: Shape,
    to: Shape,
    /// Samples since the frame `from`; samples left of the chunk, and what holds during it.
    position: usize,
    chunk: usize,
    turns: f64,
    gains: [f32; 2],
    gain_targets: [f32; 2],
    gain_length: usize,
    stage: Stage,
    envelope: f32,
    fade: f32,
}

/// Phases of what moves a held note by itself, in turns.
struct Slow {
    seconds: f32,
    swings: [f32; 2],
    sway: [f32; PARTIALS],
    wander: [f32; PARTIALS],
    wander_step: [f32; PARTIALS],
}

impl Voice {
    pub(crate) fn new(rate: f32, hop: usize, bands: &Arc<Bands>) -> Self {
        let zero = [0.0; PARTIALS];
        let hop_seconds = hop as f32 / rate;
        Self {
            note: NoteStart::default(),
            life: Life::Idle,
            serial: 0,
            expressions: Expressions::default(),
            offsets: [0.0; LATENTS],
            rate,
            hop,
            course: Course::new(),
            noise: Noise::new(Arc::clone(bands)),
            fresh: false,
            seed: 0,
            latents: [0.0; LATENTS],
            latent_step: 1.0 - (-hop_seconds / 0.010).exp(),
            clock: 0,
            released_at: None,
            peak_db: SILENCE_DB,
            slow: Slow { seconds: 0.0, swings: [0.0; 2], sway: zero, wander: zero, wander_step: zero },
            bend: 0.0,
            depth: 0.0,
            vibrato: 0.0,
            ratios: zero,
            places: zero,
            detune: [1.0; COPIES],
            phase: Box::new([[0.0; PARTIALS]; COPIES]),
            from: SILENT,
            to: SILENT,
            position: 0,
            chunk: 0,
            turns: 0.0,
            gains: [1.0; 2],
            gain_targets: [1.0; 2],
            gain_length: 1,
            stage: Stage::Attack,
            envelope: 0.0,
            fade: 1.0,
        }
    }

    pub(crate) fn start(&mut self, note: NoteStart, serial: u64, seed: u32) {
        (self.note, self.serial, self.seed, self.life, self.fresh) = (note, serial, seed, Life::Held, true);
        (self.expressions, self.offsets) = (Expressions::default(), [0.0; LATENTS]);
        (self.clock, self.released_at, self.peak_db) = (0, None, SILENCE_DB);
        (self.position, self.chunk, self.vibrato) = (self.hop, 0, 0.0);
        (self.stage, self.envelope, self.fade) = (Stage::Attack, 0.0, 1.0);
        self.course.start();
        self.slow.start(seed, self.hop as f32 / self.rate);
    }

    pub(crate) fn release(&mut self) {
        if self.life == Life::Held {
            self.life = Life::Released;
        }
    }

    pub(crate) fn fade_out(&mut self) {
        if self.is_playing() {
            self.life = Life::Fading;
        }
    }

    pub(crate) fn is_playing(&self) -> bool {
        !matches!(self.life, Life::Idle | Life::Fading)
    }

    pub(crate) fn loudness(&self) -> f32 {
        self.from.power.max(self.to.power).sqrt() * self.envelope * self.gains[0].max(self.gains[1])
    }

    /// Adds the next samples, one at a time.
    pub(crate) fn add_to(&mut self, left: &mut [f32], right: &mut [f32], around: &Around<'_>) {
        for (left, right) in left.iter_mut().zip(right) {
            if self.chunk == 0 && !self.next_chunk(around) {
                self.life = Life::Idle;
                return;
            }
            let (middle, side) = self.sample();
            self.step_envelope(around.controls);
            if self.life == Life::Fading {
                self.fade -= 1.0 / (0.004 * self.rate);
            }
            let gain = self.envelope * self.fade.max(0.0);
            let along = 1.0 - (self.chunk - 1) as f32 / self.gain_length as f32;
            let channel = |c: usize| self.gains[c] + along * (self.gain_targets[c] - self.gains[c]);
            *left += (middle + side) * gain * channel(0);
            *right += (middle - side) * gain * channel(1);
            (self.position, self.chunk, self.clock) = (self.position + 1, self.chunk - 1, self.clock + 1);
        }
    }

    /// Sets pitch and gains for the samples ahead; false if the note is over.
    fn next_chunk(&mut self, around: &Around<'_>) -> bool {
        if self.fresh {
            self.begin(around);
        } else if self.is_over() {
            return false;
        } else if self.life == Life::Released && self.released_at.is_none() {
            self.released_at = Some(self.clock as f32 / self.rate);
            self.stage = Stage::Release;
        }
        if self.position == self.hop {
            self.next_frame(around);
        }
        self.chunk = CHUNK.min(self.hop - self.position);
        let middle = (self.position as f32 + 0.5 * self.chunk as f32) / self.hop as f32;
        let cents = self.from.cents + middle * (self.to.cents - self.from.cents);
        let semitones = self.next_bend(around) + cents / 100.0;
        self.turns = f64::from(pitch_hz(self.timbre_pitch(around) + semitones) / self.rate);
        (self.gains, self.gain_targets) = (self.gain_targets, self.targets(around));
        self.gain_length = self.chunk;
        true
    }

    fn begin(&mut self, around: &Around<'_>) {
        self.fresh = false;
        self.latents = std::array::from_fn(|i| self.latent_target(i, around));
        (self.bend, self.depth) = self.bend_targets(around);
        self.gain_targets = self.targets(around);
        let frame = self.decode(0.0, around);
        for (number, phases) in self.phase.iter_mut().enumerate() {
            let seed = random::hash(self.seed, number as u32);
            *phases = std::array::from_fn(|k| f64::from(random::hash(seed, k as u32)) / 4_294_967_296.0);
        }
        let noise_db = self.shape(&frame, around);
        self.places = self.places(self.seed ^ 0x706C_6163, self.frame_hz(around));
        self.noise.start(self.seed ^ 0x6E6F_6973, &noise_db, self.to.noise_side);
    }

    fn next_frame(&mut self, around: &Around<'_>) {
        for i in 0..LATENTS {
            self.latents[i] += self.latent_step * (self.latent_target(i, around) - self.latents[i]);
        }
        let frame = self.decode((self.clock + self.hop as u64) as f32 / self.rate, around);
        self.from = self.to;
        let noise_db = self.shape(&frame, around);
        self.noise.advance(&noise_db, self.to.noise_side);
        self.position = 0;
    }

    /// The next sample: the middle, and what the left has more than the right.
    fn sample(&mut self) -> (f32, f32) {
        let along = self.position as f32 / self.hop as f32;
        let between = |from: f32, to: f32| from + along * (to - from);
        let (mut middle, mut side) = self.noise.sample(self.position);
        for (number, phases) in self.phase.iter_mut().enumerate() {
            let gains: [f32; 3] =
                std::array::from_fn(|i| between(self.from.copies[number][i], self.to.copies[number][i]));
            if gains == [0.0; 3] {
                continue;
            }
            let turns = self.turns * f64::from(self.detune[number]);
            let (mut sum, mut apart) = (0.0, 0.0);
            for (k, phase) in phases.iter_mut().enumerate() {
                let (from, to) = (self.from.amplitude[k], self.to.amplitude[k]);
                if from <= INAUDIBLE && to <= INAUDIBLE {
                    continue;
                }
                let wave = between(from, to) * ((TAU * *phase) as f32).cos();
                sum += wave;
                apart += wave * self.places[k];
                *phase += turns * f64::from(self.ratios[k]);
                *phase -= phase.floor();
            }
            middle += gains[0] * sum;
            side += gains[1] * sum + gains[2] * apart;
        }
        (middle, side)
    }

    fn decode(&mut self, time: f32, around: &Around<'_>) -> Frame {
        let controls = around.controls;
        let point = Point {
            latent: around.model.space.latent(&self.latents),
            pitch: self.timbre_pitch(around),
            velocity: {
                let followed = controls.get(Control::VELOCITY) / 100.0;
                (100.0 + followed * (127.0 * self.note.velocity - 100.0)).clamp(1.0, 127.0)
            },
        };
        let stretch = controls.get(Control::RELEASE_STRETCH) / 100.0;
        let (time, released) = match self.released_at {
            Some(at) => (at + (time - at) / stretch, Some((time - at) / stretch)),
            None => (time, None),
        };
        let weights = around.model.weights();
        let mut frame = self.course.frame(weights, point, time, released);
        let (slots, motion) = self.course.note(weights, point);
        self.ratios = std::array::from_fn(|k| {
            if slots.in_band[k] { slot_ratio(k) * (slots.cents[k] / 1_200.0).exp2() } else { f32::INFINITY }
        });
        let levels = frame.partial_db.iter().chain(&frame.noise_db);
        self.peak_db = levels.fold(self.peak_db, |peak, &level| peak.max(level));
        let floor = self.peak_db - 70.0;
        for level in frame.partial_db.iter_mut().chain(&mut frame.noise_db) {
            *level = level.min(floor + (*level - floor) * 4.0).max(SILENCE_DB);
        }
        self.slow.apply(motion, controls.get(Control::MOTION) / 100.0, &mut frame);
        self.slow.step(motion, self.hop as f32 / self.rate);
        frame
    }

    /// Turns a frame into what lies ahead; returns the levels of the noise.
    fn shape(&mut self, frame: &Frame, around: &Around<'_>) -> [f32; NOISE_BANDS] {
        let controls = around.controls;
        let hz = self.frame_hz(around);
        let expressed = around.channels[usize::from(self.note.channel)].timbre + self.expressions.brightness;
        let tilt = controls.get(Control::BRIGHTNESS) + 6.0 * expressed.clamp(-1.0, 1.0) + 2.0 * self.pressure(around);
        let tilted = |hz: f32| tilt * (hz / 1_000.0).log2().clamp(-5.0, 4.5);
        let mut power = 0.0;
        for k in 0..PARTIALS {
            let turns = self.ratios[k] * hz / self.rate;
            let fade = ((0.49 - turns) / 0.03).clamp(0.0, 1.0);
            let level = if fade > 0.0 { frame.partial_db[k] + tilted(self.ratios[k] * hz) } else { SILENCE_DB };
            self.to.amplitude[k] = fade * 10.0_f32.powf(level / 20.0);
            power += 0.5 * self.to.amplitude[k] * self.to.amplitude[k];
        }
        let gain = controls.get(Control::NOISE);
        let gain = if gain <= Control::NOISE.spec().min { f32::NEG_INFINITY } else { gain };
        let centres = super::centres();
        let noise_db = std::array::from_fn(|band| frame.noise_db[band] + gain + tilted(centres[band]));
        self.to.power = power + noise_db.iter().map(|db: &f32| 10.0_f32.powf(db / 10.0)).sum::<f32>();
        self.to.cents = frame.cents;
        self.to.noise_side = WIDEST * controls.get(Control::WIDTH) / 100.0;
        self.spread(controls);
        noise_db
    }

    fn spread(&mut self, controls: &Controls) {
        let count = (controls.get(Control::UNISON) as usize).clamp(1, COPIES);
        let loudness = (count as f32).sqrt().recip();
        self.to.copies = [[0.0; 3]; COPIES];
        for number in 0..count {
            let place = if count == 1 { 0.0 } else { 2.0 * number as f32 / (count - 1) as f32 - 1.0 };
            self.detune[number] = (0.5 * controls.get(Control::DETUNE) * place / 1_200.0).exp2();
            let reach = self.to.noise_side * loudness;
            let lean = if number % 2 == 0 { reach * place } else { -reach * place };
            self.to.copies[number] = [loudness, lean, if place == 0.0 { reach } else { 0.0 }];
        }
    }

    /// Where each partial lies between the sides.
    fn places(&self, seed: u32, hz: f32) -> [f32; PARTIALS] {
        let turned = (random::hash(seed, u32::MAX) & 1) as usize;
        std::array::from_fn(|k| {
            let octaves = self.ratios[k].log2();
            let reach = (octaves - 1.0).min((hz / 200.0).log2() + octaves).clamp(0.0, 1.0);
            let size = 0.75 + 0.25 * random::bipolar(seed, k as u32);
            if (k.div_ceil(2) + turned).is_multiple_of(2) { reach * size } else { -reach * size }
        })
    }

    fn latent_target(&self, i: usize, around: &Around<'_>) -> f32 {
        (around.controls.latents()[i] + self.offsets[i]).clamp(-1.0, 1.0)
    }

    fn timbre_pitch(&self, around: &Around<'_>) -> f32 {
        f32::from(self.note.key) + around.controls.get(Control::TRANSPOSE)
    }

    fn frame_hz(&self, around: &Around<'_>) -> f32 {
        pitch_hz(self.timbre_pitch(around) + self.bend)
    }

    /// Bend and depth of vibrato in semitones.
    fn bend_targets(&self, around: &Around<'_>) -> (f32, f32) {
        let (controls, channel) = (around.controls, &around.channels[usize::from(self.note.channel)]);
        let wheel = (channel.wheel + self.expressions.vibrato).min(1.0);
        let bend = channel.bend * controls.get(Control::BEND_RANGE)
            + self.expressions.tuning
            + controls.get(Control::TUNE) / 100.0;
        (bend, (controls.get(Control::VIBRATO_DEPTH) + wheel * 50.0) / 100.0)
    }

    /// The pitch for the chunk ahead in semitones about the key.
    fn next_bend(&mut self, around: &Around<'_>) -> f32 {
        let (bend, depth) = self.bend_targets(around);
        let step = 1.0 - (-(CHUNK as f32) / (0.002 * self.rate)).exp();
        self.bend += step * (bend - self.bend);
        self.depth += step * (depth - self.depth);
        let vibrato = self.depth * (std::f32::consts::TAU * self.vibrato).sin();
        self.vibrato += around.controls.get(Control::VIBRATO_RATE) * self.chunk as f32 / self.rate;
        self.vibrato -= self.vibrato.floor();
        self.bend + vibrato
    }

    fn pressure(&self, around: &Around<'_>) -> f32 {
        around.channels[usize::from(self.note.channel)].pressure.max(self.expressions.pressure)
    }

    /// Gains of left and right.
    fn targets(&self, around: &Around<'_>) -> [f32; 2] {
        let gain = 10.0_f32.powf(6.0 / 20.0 * self.pressure(around)) * self.expressions.volume;
        let (right, left) = ((self.expressions.pan + 1.0) * std::f32::consts::FRAC_PI_4).sin_cos();
        [left, right].map(|side| (side * std::f32::consts::SQRT_2 * gain).min(16.0))
    }

    fn step_envelope(&mut self, controls: &Controls) {
        let samples = |control: Control, least: f32| (controls.get(control) * 0.001 * self.rate).max(least);
        match self.stage {
            Stage::Attack => {
                self.envelope += 1.0 / samples(Control::ATTACK, 0.001 * self.rate);
                if self.envelope >= 1.0 {
                    (self.envelope, self.stage) = (1.0, Stage::Decay);
                }
            }
            Stage::Decay => {
                let sustain = controls.get(Control::SUSTAIN);
                let floor = if sustain <= Control::SUSTAIN.spec().min { 0.0 } else { 10.0_f32.powf(sustain / 20.0) };
                if self.envelope < floor {
                    self.envelope = (self.envelope + 0.1 / (0.001 * self.rate)).min(floor);
                } else if self.envelope > floor {
                    let fall = 10.0_f32.powf(sustain / 20.0 / samples(Control::DECAY, 1.0));
                    self.envelope = (self.envelope * fall).max(floor);
                }
            }
            Stage::Release if controls.get(Control::RELEASE) >= Control::RELEASE.spec().max => {}
            Stage::Release => self.envelope *= 10.0_f32.powf(-3.0 / samples(Control::RELEASE, 1.0)),
        }
    }

    fn is_over(&self) -> bool {
        let patience = self.stage == Stage::Release || self.clock as f32 > 3.0 * self.rate;
        let level = self.from.power.max(self.to.power).sqrt() * self.envelope;
        self.fade <= 0.0 || (patience && level < OVER) || (self.stage != Stage::Attack && self.envelope < OVER)
    }
}

impl Slow {
    fn start(&mut self, seed: u32, frame_seconds: f32) {
        let unit = |salt: u32, k: usize| 0.5 * random::bipolar(seed ^ salt, k as u32);
        (self.seconds, self.swings) = (0.0, [0.0; 2]);
        for k in 0..PARTIALS {
            self.sway[k] = unit(0x7377_6179, k);
            self.wander[k] = unit(0x7761_6E64, k);
            self.wander_step[k] = frame_seconds / (5.0 + (0.5 + unit(0x7761_6E64, PARTIALS + k)) * 8.0);
        }
    }

    fn apply(&self, motion: &Motion, amount: f32, frame: &mut Frame) {
        let turn = |phase: f32| std::f32::consts::TAU * phase;
        let swing = |swing: &Swing, phase: f32| {
            let delay = (2.0 * swing.delay_s).max(f32::MIN_POSITIVE);
            amount * swing.depth * smoothstep(self.seconds / delay) * turn(phase).sin()
        };
        frame.cents += swing(&motion.vibrato, self.swings[0]);
        let tremolo = swing(&motion.tremolo, self.swings[1]);
        let sway = amount * smoothstep(self.seconds / 0.3);
        for k in 0..PARTIALS {
            let nepers = sway * motion.sway_db[k] * std::f32::consts::LN_10 / 20.0;
            let y = (nepers * nepers).min(1.46);
            let square = y - y * y * (0.25 - y / 72.0);
            let beat = 10.0 * (1.0 + square + 2.0 * square.sqrt() * turn(self.sway[k]).cos()).log10();
            frame.partial_db[k] += tremolo + beat;
        }
        frame.noise_db.iter_mut().for_each(|level| *level += tremolo);
    }

    fn step(&mut self, motion: &Motion, frame_seconds: f32) {
        let wrap = |phase: f32| phase - (phase + 0.5).floor();
        for (phase, swing) in self.swings.iter_mut().zip([motion.vibrato, motion.tremolo]) {
            *phase = wrap(*phase + swing.hz * frame_seconds);
        }
        for k in 0..PARTIALS {
            let rate = motion.sway_hz[k] * (1.0 + 0.3 * (std::f32::consts::TAU * self.wander[k]).cos());
            self.sway[k] = wrap(self.sway[k] + rate * frame_seconds);
            self.wander[k] = wrap(self.wander[k] + self.wander_step[k]);
        }
        self.seconds += frame_seconds;
    }
}

fn smoothstep(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
