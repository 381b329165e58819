//! The course of a training run.
//!
//! Every step draws its data from the seed and its own number, and a batch is always evaluated in the same two halves
//! whose gradients are added in the same order. So the result depends neither on timing nor on where a run was
//! interrupted and resumed: the same seed and data give the same bytes on the same kind of processor.

mod adam;
mod checkpoint;

use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use adam::Adam;
pub use checkpoint::CheckpointError;

use super::batch::{Batch, Drawing, encoder_inputs};
use super::dataset::Dataset;
use super::finish::mean;
use super::loss::{LossWeights, Terms};
use super::network::Network;
use super::random::Random;
use crate::model::architecture::{KNOTS_S, LEVEL_OFFSET, LEVEL_SCALE, LEVELS, OUTPUTS};
use crate::train::dataset::FRAMES_PER_SECOND;

/// One note in so many of each instrument is validated with, and never trained on.
pub const VALIDATE_ONE_IN: usize = 24;
/// How a validation draws its instruments: [`VALIDATED`] that are heard, and as many that are known.
const VALIDATION: Drawing =
    Drawing { heard: 0, known: 0, notes: 2, moments: 20, augmentation: 0.0, mixing: 0.0, synthetic: 0.0 };
const VALIDATED: usize = 128;
/// Instruments in each half of a batch.
const HALF_BATCH: usize = 16;
/// How many of them are known by their place once [`KNOWN_FROM`] of the run is over: until then the encoder alone
/// finds out where instruments belong.
const KNOWN: usize = 8;
const KNOWN_FROM: f32 = 0.2;
/// Steps over which the learning rate rises at the start.
const WARM_UP: f32 = 60.0;
/// Share of the learning rate that is left at the end.
const LAST_RATE: f32 = 0.02;
/// Largest norm of a gradient.
const CLIP: f64 = 1.0;
/// Share of the run from which on mel bands count.
const BANDS_FROM: f32 = 0.25;
/// The loss of a run is a running mean over about this many steps.
const SMOOTHING: f64 = 300.0;

/// What a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Steps in all.
    pub steps: u64,
    /// Where all chance comes from.
    pub seed: u64,
    /// Highest learning rate.
    pub learning_rate: f32,
    /// Weight of the mel bands.
    pub bands: f32,
    /// Weight of the divergence.
    pub kl: f32,
    /// Share of instruments mixed with another.
    pub mixing: f32,
    /// Strength of the augmentation.
    pub augmentation: f32,
    /// Share of synthetic instruments, where the data has such.
    pub synthetic: f32,
    /// Steps between two validations.
    pub validate_every: u64,
    /// Validations without a better one after which the run ends.
    pub patience: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            steps: 40_000,
            seed: 1,
            learning_rate: 2e-3,
            bands: 5.0,
            kl: 2e-4,
            mixing: 0.1,
            augmentation: 1.0,
            synthetic: 0.2,
            validate_every: 1_000,
            patience: 20,
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Running mean of the loss.
    pub training: Terms,
    /// The latest validation.
    pub validation: Option<Validation>,
}

/// How far off notes are that are not trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// With latents from the encoder, which heard another note of the instrument.
    pub heard: Terms,
    /// With the instruments' own places.
    pub known: Terms,
}

impl Validation {
    fn total(&self, weights: LossWeights) -> f64 {
        self.heard.total(weights) + self.known.total(weights)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Steps done.
    pub steps: u64,
    /// Running mean of the loss at the end.
    pub training: Terms,
    /// The best validation; its parameters are kept.
    pub validation: Validation,
    /// Step of the best validation.
    pub best_step: u64,
    /// Steps whose gradient was not finite and that changed nothing.
    pub skipped: u64,
    /// Whether validation had stopped getting better.
    pub stopped_early: bool,
    /// Time in seconds, without what came before a resume.
    pub seconds: f64,
}

/// A run in progress.
pub struct Run {
    settings: Settings,
    network: Network,
    adam: Adam,
    step: u64,
    best: Best,
    skipped: u64,
    running: Option<Terms>,
}

/// The best parameters so far.
#[derive(Clone, Debug, PartialEq)]
struct Best {
    step: u64,
    validation: Option<Validation>,
    parameters: Vec<f32>,
}

impl Run {
    /// A run from the start: the decoder begins at the mean of the data.
    #[must_use]
    pub fn new(settings: Settings, data: &Dataset) -> Self {
        let network = Network::new(data.instruments.len());
        let mut parameters = network.untrained(settings.seed);
        set_to_mean(network.head_bias(&mut parameters), data);
        let best = Best { step: 0, validation: None, parameters: parameters.clone() };
        Self { settings, network, adam: Adam::new(parameters), step: 0, best, skipped: 0, running: None }
    }

    /// Trains to the end. `checkpoint` is written at every validation; `watch` hears of every step.
    ///
    /// # Errors
    /// If a checkpoint cannot be written.
    pub fn train(
        &mut self,
        training: &Dataset,
        validation: &Dataset,
        checkpoint: Option<&PathBuf>,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Report, CheckpointError> {
        let start = Instant::now();
        let mut stopped_early = false;
        let mut gradients = [vec![0.0; self.network.len()], vec![0.0; self.network.len()]];
        while self.step < self.settings.steps && !stopped_early {
            self.take_step(training, &mut gradients);
            let mut validated = None;
            if self.step.is_multiple_of(self.settings.validate_every) || self.step == self.settings.steps {
                validated = Some(self.validate(validation));
                let waited = (self.step - self.best.step) / self.settings.validate_every;
                stopped_early = waited >= self.settings.patience;
                checkpoint.map_or(Ok(()), |path| self.save(path))?;
            }
            watch(Progress { step: self.step, training: self.running.unwrap_or_default(), validation: validated });
        }
        Ok(Report {
            steps: self.step,
            training: self.running.unwrap_or_default(),
            validation: self.best.validation.unwrap_or_default(),
            best_step: self.best.step,
            skipped: self.skipped,
            stopped_early: stopped_early && self.step < self.settings.steps,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// The network and its best parameters.
    #[must_use]
    pub fn best(&self) -> (&Network, &[f32]) {
        (&self.network, &self.best.parameters)
    }

    /// What the run was told.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    fn take_step(&mut self, data: &Dataset, gradients: &mut [Vec<f32>; 2]) {
        let Settings { mixing, augmentation, synthetic, seed, .. } = self.settings;
        let first_known = (KNOWN_FROM * self.settings.steps as f32) as u64;
        if self.step == first_known {
            self.place_instruments(data);
        }
        let known = if self.step < first_known { 0 } else { KNOWN };
        let heard = HALF_BATCH - known;
        let drawing = Drawing { heard, known, notes: 2, moments: 20, augmentation, mixing, synthetic };
        let weights = self.loss_weights();
        let (network, parameters, step) = (self.network, self.adam.parameters(), self.step);
        let half = |number: u64, gradient: &mut Vec<f32>| {
            gradient.fill(0.0);
            let batch = Batch::draw(data, drawing, &mut Random::new(seed, 2 * step + number));
            network.evaluate(parameters, &batch, weights, Some(gradient))
        };
        let [first, second] = gradients;
        let (a, b) = both(|| half(0, first), || half(1, second));
        let terms = a.mean(b);
        if terms.total(weights).is_finite() && self.adam.step(gradients, self.learning_rate(), CLIP) {
            let share = (1.0 / SMOOTHING).max(1.0 / (step + 1) as f64);
            self.running = Some(self.running.map_or(terms, |running| running.mix(terms, share)));
        } else {
            self.skipped += 1;
        }
        self.step += 1;
    }

    /// Puts the known instruments where the encoder hears them.
    fn place_instruments(&mut self, data: &Dataset) {
        for instrument in &data.instruments {
            let heard = self.network.encode(self.adam.parameters(), encoder_inputs(instrument));
            self.network.set_place(&mut self.adam.parameters, instrument.place, &mean(&heard));
        }
    }

    /// Rises, then falls along a cosine.
    fn learning_rate(&self) -> f32 {
        let step = self.step as f32;
        let rise = ((step + 1.0) / WARM_UP).min(1.0);
        let fall = 0.5 * (1.0 + (std::f32::consts::PI * step / self.settings.steps as f32).cos());
        self.settings.learning_rate * rise * (fall * (1.0 - LAST_RATE) + LAST_RATE)
    }

    fn loss_weights(&self) -> LossWeights {
        let counts = self.step as f32 >= BANDS_FROM * self.settings.steps as f32;
        LossWeights { bands: if counts { self.settings.bands } else { 0.0 }, kl: self.settings.kl }
    }

    /// Always the same notes, from means, and with all terms, so that the numbers can be compared.
    fn validate(&mut self, data: &Dataset) -> Validation {
        let weights = LossWeights { bands: self.settings.bands.max(f32::MIN_POSITIVE), kl: self.settings.kl };
        let (network, parameters) = (self.network, self.adam.parameters());
        let validate = |drawing: Drawing| {
            let batch = Batch::draw(data, drawing, &mut Random::new(u64::MAX, 0));
            network.evaluate(parameters, &batch, weights, None)
        };
        let (heard, known) = both(
            || validate(Drawing { heard: VALIDATED, ..VALIDATION }),
            || validate(Drawing { known: VALIDATED, ..VALIDATION }),
        );
        let validation = Validation { heard, known };
        let best = self.best.validation.map_or(f64::INFINITY, |best| best.total(weights));
        if validation.total(weights) < best {
            let parameters = self.adam.parameters().to_vec();
            self.best = Best { step: self.step, validation: Some(validation), parameters };
        }
        validation
    }
}

/// Runs both at once.
fn both<A: Send, B: Send>(first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        (first, second.join().expect("training does not panic"))
    })
}

/// Sets the bias of the knots after note-on to the mean of all long notes.
fn set_to_mean(bias: &mut [f32], data: &Dataset) {
    for (knot, bias) in bias.chunks_exact_mut(OUTPUTS).enumerate() {
        let mut sum = [0.0_f64; LEVELS];
        let mut count = 0.0;
        for instrument in &data.instruments {
            for &index in &instrument.long {
                let note = &instrument.notes[index];
                let frame = note.nearest_held(KNOTS_S[knot] * FRAMES_PER_SECOND);
                let values = &note.values[frame * OUTPUTS..][..LEVELS];
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(value.to_f32()));
                count += 1.0;
            }
        }
        for (bias, sum) in bias.iter_mut().zip(sum) {
            *bias = ((sum / f64::max(count, 1.0)) as f32 - LEVEL_OFFSET) / LEVEL_SCALE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::dataset::tests::tones;

    fn settings(steps: u64) -> Settings {
        Settings { steps, validate_every: 10, ..Settings::default() }
    }

    fn quiet(_: Progress) {}

    #[test]
    fn the_gradient_of_the_whole_network_agrees_with_finite_differences() {
        let data = tones(4);
        let drawing =
            Drawing { heard: 2, known: 2, notes: 2, moments: 20, augmentation: 1.0, mixing: 0.5, synthetic: 0.0 };
        let network = Network::new(4);
        let parameters = network.untrained(3);
        let weights = LossWeights { bands: 1.0, kl: 1e-2 };
        let batch = Batch::draw(&data, drawing, &mut Random::new(1, 2));
        let mut gradient = vec![0.0; network.len()];
        let _ = network.evaluate(&parameters, &batch, weights, Some(&mut gradient));
        for seed in 0..6 {
            // Along the gradient's own signs, on a random tenth of the parameters, so that the change is large against
            // rounding.
            let mut random = Random::new(seed, 0);
            let direction: Vec<f32> =
                gradient.iter().map(|g| if random.chance(0.1) { g.signum() * g.abs().sqrt() } else { 0.0 }).collect();
            let expected: f64 = gradient.iter().zip(&direction).map(|(&g, &d)| f64::from(g) * f64::from(d)).sum();
            let at = |by: f32| {
                let moved: Vec<f32> = parameters.iter().zip(&direction).map(|(p, d)| p + by * d).collect();
                network.evaluate(&moved, &batch, weights, None).total(weights)
            };
            let numeric = (at(2e-4) - at(-2e-4)) / 4e-4;
            assert!((numeric / expected - 1.0).abs() < 0.03, "{numeric} {expected}");
        }
    }

    #[test]
    fn training_makes_the_validation_better() {
        let (training, validation) = tones(4).split(6);
        let mut run = Run::new(settings(120), &training);
        let mut seen = Vec::new();
        let watch = &mut |progress: Progress| seen.extend(progress.validation);
        let report = run.train(&training, &validation, None, watch).unwrap();
        let [first, last] = [seen[0], report.validation].map(|validation| validation.heard.partials);
        assert!(last < 0.6 * first, "{report:?} after {first}");
        assert!(report.validation.known.partials < report.validation.heard.partials, "{report:?}");
        assert_eq!((report.steps, report.skipped, report.stopped_early), (120, 0, false));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_interrupted_or_not() {
        let (training, validation) = tones(3).split(6);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.checkpoint");
        let mut whole = Run::new(settings(20), &training);
        let _ = whole.train(&training, &validation, None, &mut quiet).unwrap();
        let mut begun = Run::new(settings(20), &training);
        let mut gradients = [vec![0.0; begun.network.len()], vec![0.0; begun.network.len()]];
        for _ in 0..10 {
            begun.take_step(&training, &mut gradients);
        }
        begun.validate(&validation);
        begun.save(&path).unwrap();
        let mut resumed = Run::resume(&path).unwrap();
        assert_eq!(resumed.step, 10);
        let _ = resumed.train(&training, &validation, None, &mut quiet).unwrap();
        assert_eq!(resumed.adam.parameters(), whole.adam.parameters());
        assert_eq!(resumed.best, whole.best);
        let mut other = Run::new(Settings { seed: 2, ..settings(20) }, &training);
        let _ = other.train(&training, &validation, None, &mut quiet).unwrap();
        assert_ne!(other.adam.parameters(), whole.adam.parameters());
    }

    #[test]
    fn a_run_that_gets_no_better_ends_early() {
        let (training, validation) = tones(2).split(6);
        let settings = Settings { learning_rate: 0.0, validate_every: 2, patience: 3, ..settings(100) };
        let report = Run::new(settings, &training).train(&training, &validation, None, &mut quiet).unwrap();
        assert_eq!((report.stopped_early, report.steps, report.best_step), (true, 8, 2));
    }
}
