//! The whole autoencoder, forward and backward, for one batch.

use ndarray::{Array2, ArrayView2, Axis, concatenate, s};

use super::batch::Batch;
use super::layers::{Dense, Stack, StackKind};
use super::loss::{self, LossWeights, Terms, Values};
use super::motion::{Distance, MotionTarget};
use crate::analysis::frames::PARTIALS;
use crate::model::architecture::{
    CENTS_SCALE, CONDITIONS, ENCODER_INPUTS, HELD_KNOTS, HIDDEN, KNOTS, LEVEL_OFFSET, LEVEL_SCALE, LEVELS, NOTE_HIDDEN,
    NOTE_OUTPUTS, OUTPUTS, SLOT_SCALE, conditions,
};
use crate::model::latent::{LATENTS, Latent};
use crate::model::weights::{LINEARS, Linear, Weights, layer};
use crate::train::random::Random;

/// Limits of the logarithm of the posterior's variance.
const LOG_VARIANCE: std::ops::RangeInclusive<f32> = -10.0..=4.0;

/// Where each layer lies in the parameters.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    trunk: Stack,
    head: Dense,
    note: Stack,
    /// Its last layer gives the means of the latents, then the logarithms of their variances.
    encoder: Stack,
    /// Where the places of the known instruments begin, `[places, LATENTS]`, and how many there are.
    places: (usize, usize),
}

impl Network {
    /// `knot-vae-2`, with so many places of known instruments.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let mut offset = 0;
        let mut dense = |inputs, outputs| {
            let dense = Dense { inputs, outputs, offset };
            offset += dense.len();
            dense
        };
        let trunk = [dense(CONDITIONS, HIDDEN), dense(HIDDEN, HIDDEN), dense(HIDDEN, HIDDEN)];
        let head = dense(HIDDEN, KNOTS * OUTPUTS);
        let note = [dense(CONDITIONS, NOTE_HIDDEN), dense(NOTE_HIDDEN, NOTE_HIDDEN), dense(NOTE_HIDDEN, NOTE_OUTPUTS)];
        let encoder = [dense(ENCODER_INPUTS, HIDDEN), dense(HIDDEN, HIDDEN), dense(HIDDEN, 2 * LATENTS)];
        let plain = |layers| Stack { layers, kind: StackKind::Plain };
        Self {
            trunk: Stack { layers: trunk, kind: StackKind::Residual },
            head,
            note: plain(note),
            encoder: plain(encoder),
            places: (offset, places),
        }
    }

    fn layers(&self) -> impl Iterator<Item = Dense> {
        let [a, b, c] = [self.trunk.layers, self.note.layers, self.encoder.layers];
        a.into_iter().chain([self.head]).chain(b).chain(c)
    }

    /// Number of parameters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.layers().map(|dense| dense.len()).sum::<usize>() + self.places.1 * LATENTS
    }

    /// Number of places.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.1
    }

    /// The place of a known instrument.
    #[must_use]
    pub fn place(&self, parameters: &[f32], number: usize) -> Latent {
        Latent(*parameters[self.places.0 + number * LATENTS..].first_chunk().expect("within the parameters"))
    }

    /// Moves the place of a known instrument.
    pub fn set_place(&self, parameters: &mut [f32], number: usize, place: &Latent) {
        parameters[self.places.0 + number * LATENTS..][..LATENTS].copy_from_slice(&place.0);
    }

    /// Whether there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Parameters to begin with.
    #[must_use]
    pub fn untrained(&self, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed, u64::MAX);
        let mut parameters = vec![0.0; self.len()];
        for (dense, linear) in self.layers().zip(Weights::untrained(seed).linears) {
            let place = &mut parameters[dense.offset..][..dense.len()];
            let bound = (dense.inputs as f32).sqrt().recip();
            place[..dense.inputs * dense.outputs].fill_with(|| random.between(-bound, bound));
            place[..linear.weight.len()].copy_from_slice(&linear.weight);
            place[dense.inputs * dense.outputs..][..linear.bias.len()].copy_from_slice(&linear.bias);
        }
        parameters
    }

    /// The bias of the head's knots after note-on, to begin training at the mean of the data.
    pub fn head_bias<'a>(&self, parameters: &'a mut [f32]) -> &'a mut [f32] {
        &mut parameters[self.head.offset + self.head.inputs * self.head.outputs..][..HELD_KNOTS * OUTPUTS]
    }

    /// The weights that a model keeps: all but those of the variances.
    #[must_use]
    pub fn weights(&self, parameters: &[f32]) -> Weights {
        let linears = self.layers().zip(LINEARS).map(|(dense, (_, inputs, outputs))| Linear {
            inputs,
            outputs,
            weight: dense.weight(parameters)[..inputs * outputs].to_vec(),
            bias: dense.bias(parameters)[..outputs].to_vec(),
        });
        let weights = Weights { linears: linears.collect() };
        debug_assert_eq!(weights.linears.len(), layer::ENCODER + 3);
        weights
    }

    /// The means of the latents for rows of encoder inputs.
    #[must_use]
    pub fn encode(&self, parameters: &[f32], inputs: Array2<f32>) -> Vec<Latent> {
        let encoded = self.encoder.forward(parameters, inputs);
        encoded.output().rows().into_iter().map(|row| Latent(std::array::from_fn(|i| row[i]))).collect()
    }

    /// The loss of a batch; with `gradient`, adds its gradient to it.
    #[must_use]
    pub fn evaluate(
        &self,
        parameters: &[f32],
        batch: &Batch,
        weights: LossWeights,
        gradient: Option<&mut [f32]>,
    ) -> Terms {
        let encoded = self.encoder.forward(parameters, batch.encoder_inputs.clone());
        let posterior = Posterior::new(encoded.output().to_owned(), &batch.noise);
        let places = self.known_places(parameters, batch);
        let latents = concatenate![Axis(0), posterior.latents, places];
        let inputs = decoder_inputs(batch, &latents);
        let trunk = self.trunk.forward(parameters, inputs.clone());
        let pictures = self.head.forward(parameters, trunk.output());
        let note = self.note.forward(parameters, inputs);
        let (mut terms, frame_gradient) =
            loss::frames(&batch.notes, &batch.moments, &look_up(batch, &pictures), weights);
        let (slot_loss, slot_gradient) = loss::slots(&batch.notes, &slot_cents(note.output()));
        terms.slots = slot_loss;
        let motion = motion(batch, note.output());
        (terms.sway, terms.swings) = (motion.sway, motion.swings);
        terms.kl = posterior.divergence();
        if let Some(gradient) = gradient {
            let pictures = pictures_gradient(batch, &frame_gradient);
            self.head.backward(trunk.output(), pictures.view(), gradient);
            let hidden = self.head.input_gradient(parameters, pictures.view());
            let mut inputs = self.trunk.backward(parameters, &trunk, hidden, gradient);
            let note_gradient = Array2::from_shape_fn((batch.notes.len(), NOTE_OUTPUTS), |(note, output)| match output
                .checked_sub(PARTIALS)
            {
                None => slot_gradient[note][output] * SLOT_SCALE,
                Some(output) => motion.gradient[note][output],
            });
            inputs += &self.note.backward(parameters, &note, note_gradient, gradient);
            let latents = sum_by_row(batch, &inputs);
            let (heard, known) = latents.view().split_at(Axis(0), batch.noise.nrows());
            self.add_place_gradients(batch, &places, known, weights.kl, gradient);
            let encoded_gradient = posterior.backward(heard, &batch.noise, weights.kl);
            let _ = self.encoder.backward(parameters, &encoded, encoded_gradient, gradient);
        }
        terms
    }

    fn known_places(&self, parameters: &[f32], batch: &Batch) -> Array2<f32> {
        let mut places = Array2::zeros((batch.known.len(), LATENTS));
        for (&number, mut row) in batch.known.iter().zip(places.rows_mut()) {
            row.iter_mut().zip(self.place(parameters, number).0).for_each(|(to, from)| *to = from);
        }
        places
    }

    /// Places are drawn to the middle as the encoder's means are.
    fn add_place_gradients(
        &self,
        batch: &Batch,
        places: &Array2<f32>,
        known: ArrayView2<'_, f32>,
        kl: f32,
        gradient: &mut [f32],
    ) {
        let kl = kl / batch.known.len().max(1) as f32;
        for ((&number, place), known) in batch.known.iter().zip(places.rows()).zip(known.rows()) {
            let gradient = &mut gradient[self.places.0 + number * LATENTS..][..LATENTS];
            for ((gradient, known), place) in gradient.iter_mut().zip(known).zip(place) {
                *gradient += known + kl * place;
            }
        }
    }
}

/// The encoder's output, `[rows, 2 * LATENTS]`, and the latents drawn from it.
struct Posterior {
    encoded: Array2<f32>,
    latents: Array2<f32>,
}

impl Posterior {
    fn new(encoded: Array2<f32>, noise: &Array2<f32>) -> Self {
        let latents = Array2::from_shape_fn(noise.dim(), |(row, i)| {
            encoded[[row, i]] + noise[[row, i]] * (0.5 * clamped(encoded[[row, LATENTS + i]])).exp()
        });
        Self { encoded, latents }
    }

    /// Mean divergence of a row from the unit normal distribution.
    fn divergence(&self) -> f64 {
        let one = |row: usize, i: usize| {
            let (mean, log) = (self.encoded[[row, i]], clamped(self.encoded[[row, LATENTS + i]]));
            f64::from(0.5 * (mean * mean + log.exp() - 1.0 - log))
        };
        let rows = self.encoded.nrows();
        (0..rows).flat_map(|row| (0..LATENTS).map(move |i| (row, i))).map(|(row, i)| one(row, i)).sum::<f64>()
            / rows.max(1) as f64
    }

    /// Gradient of the encoder's output from that of the latents, with that of `kl` times the divergence.
    fn backward(&self, latents: ArrayView2<'_, f32>, noise: &Array2<f32>, kl: f32) -> Array2<f32> {
        let kl = kl / latents.nrows() as f32;
        Array2::from_shape_fn(self.encoded.dim(), |(row, output)| {
            if output < LATENTS {
                return latents[[row, output]] + kl * self.encoded[[row, output]];
            }
            let (i, log) = (output - LATENTS, self.encoded[[row, output]]);
            let half = 0.5 * latents[[row, i]] * noise[[row, i]] * (0.5 * log).exp();
            if LOG_VARIANCE.contains(&log) { half + kl * 0.5 * (log.exp() - 1.0) } else { 0.0 }
        })
    }
}

fn clamped(log_variance: f32) -> f32 {
    log_variance.clamp(*LOG_VARIANCE.start(), *LOG_VARIANCE.end())
}

fn decoder_inputs(batch: &Batch, latents: &Array2<f32>) -> Array2<f32> {
    let mut inputs = Array2::zeros((batch.notes.len(), CONDITIONS));
    for (note, mut input) in batch.notes.iter().zip(inputs.rows_mut()) {
        let latent = Latent(std::array::from_fn(|i| latents[[note.row, i]]));
        input.iter_mut().zip(conditions(&latent, note.pitch, note.velocity)).for_each(|(to, from)| *to = from);
    }
    inputs
}

/// Gradient of the latents of each row: the sum over the notes that were decoded from them.
fn sum_by_row(batch: &Batch, inputs: &Array2<f32>) -> Array2<f32> {
    let mut latents = Array2::zeros((batch.noise.nrows() + batch.known.len(), LATENTS));
    for (note, gradient) in batch.notes.iter().zip(inputs.rows()) {
        let mut row = latents.row_mut(note.row);
        row += &gradient.slice(s![..LATENTS]);
    }
    latents
}

fn slot_cents(note: ArrayView2<'_, f32>) -> Vec<[f32; PARTIALS]> {
    note.rows().into_iter().map(|row| std::array::from_fn(|k| row[k] * SLOT_SCALE)).collect()
}

fn motion(batch: &Batch, note: ArrayView2<'_, f32>) -> Distance {
    let targets: Vec<&MotionTarget> = batch.notes.iter().map(|note| &note.motion).collect();
    let predicted: Vec<_> = note.rows().into_iter().map(|row| std::array::from_fn(|o| row[PARTIALS + o])).collect();
    Distance::of(&targets, &predicted)
}

/// The knots that a moment lies between, with their weights: two after note-on, up to two after note-off, which move
/// the levels only.
fn knots(moment: &super::batch::Moment) -> impl Iterator<Item = (usize, f32, usize)> {
    let (j, f) = moment.held;
    let held = [(j, 1.0 - f, OUTPUTS), (j + 1, f, OUTPUTS)];
    let released = moment.released.map(|(j, f)| {
        let left = (j > 0).then(|| (HELD_KNOTS + j - 1, 1.0 - f, LEVELS));
        left.into_iter().chain([(HELD_KNOTS + j, f, LEVELS)])
    });
    held.into_iter().chain(released.into_iter().flatten())
}

/// The moments as the decoder's pictures `[notes, KNOTS * OUTPUTS]` have them, in dB and cents.
fn look_up(batch: &Batch, pictures: &Array2<f32>) -> Vec<Values> {
    let moment = |moment: &super::batch::Moment| {
        let picture = pictures.row(moment.note).to_slice().expect("rows lie together");
        let mut values = [0.0; OUTPUTS];
        for (knot, weight, width) in knots(moment) {
            let knot = &picture[knot * OUTPUTS..][..width];
            values.iter_mut().zip(knot).for_each(|(value, knot)| *value += weight * knot);
        }
        values[..LEVELS].iter_mut().for_each(|value| *value = *value * LEVEL_SCALE + LEVEL_OFFSET);
        values[LEVELS] *= CENTS_SCALE;
        values
    };
    batch.moments.iter().map(moment).collect()
}

/// Gradient of the pictures from that of the moments.
fn pictures_gradient(batch: &Batch, frames: &[Values]) -> Array2<f32> {
    let mut pictures = Array2::zeros((batch.notes.len(), KNOTS * OUTPUTS));
    for (moment, gradient) in batch.moments.iter().zip(frames) {
        let mut row = pictures.row_mut(moment.note);
        let picture = row.as_slice_mut().expect("rows lie together");
        for (knot, weight, width) in knots(moment) {
            let knot = &mut picture[knot * OUTPUTS..][..width];
            knot.iter_mut().zip(&gradient[..LEVELS]).for_each(|(knot, g)| *knot += weight * LEVEL_SCALE * g);
            if width == OUTPUTS {
                knot[LEVELS] += weight * CENTS_SCALE * gradient[LEVELS];
            }
        }
    }
    pictures
}
