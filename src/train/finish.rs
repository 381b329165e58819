//! From trained parameters to a model that is good to play: axes turned to where instruments differ most, ordered by
//! what they do to the sound, scaled, and named after it.

mod axes;
mod naming;
mod qualities;
mod titles;

use super::dataset::Dataset;
use super::network::Network;
use crate::model::latent::{LATENTS, Latent, LatentSpace};
use crate::model::sketch::effects;
use crate::model::weights::{Weights, layer};
use crate::model::{Card, Instrument, Model};
use axes::{Matrix, principal_axes};

/// Least range of a control: a direction that no instrument uses still moves a little.
const LEAST_RANGE: f32 = 0.3;
/// A control reaches at least so many standard deviations of the instruments.
const REACH: f32 = 2.0;

/// Makes the model of trained `parameters`: places the instruments of `data` in the latent space, turns the space to
/// their principal axes, the one with the most effect on the sound first, and names the axes.
#[must_use]
pub fn model(network: &Network, parameters: &[f32], data: &Dataset, card: Card) -> Model {
    let means: Vec<Latent> =
        data.instruments.iter().map(|instrument| network.place(parameters, instrument.place)).collect();
    let centre = mean(&means);
    let axes = axes_by_effect(network, parameters, &means, &centre);
    let mut weights = network.weights(parameters);
    turn(&mut weights, &axes, &centre);
    let mut points: Vec<Latent> = means.iter().map(|point| axes.coordinates(point, &centre)).collect();
    let mut space = LatentSpace { range: ranges(&points), ..LatentSpace::default() };
    let draft = Model::new(card.clone(), space.clone(), weights.clone(), Vec::new());
    let naming = naming::Naming::of(&draft, &points);
    let signs = Matrix::signs(&naming.signs);
    turn(&mut weights, &signs, &Latent::default());
    points.iter_mut().for_each(|point| *point = signs.coordinates(point, &Latent::default()));
    space.names = naming.names;
    let instruments = data.instruments.iter().zip(points).map(|(instrument, latent)| Instrument {
        name: instrument.name.clone(),
        program: titles::title(&instrument.name),
        latent,
    });
    Model::new(card, space, weights, instruments.collect())
}

/// The principal axes of `means`, ordered by how much a move of one standard deviation changes the sound.
fn axes_by_effect(network: &Network, parameters: &[f32], means: &[Latent], centre: &Latent) -> Matrix {
    let axes = principal_axes(means, centre);
    let mut weights = network.weights(parameters);
    turn(&mut weights, &axes, centre);
    let points: Vec<Latent> = means.iter().map(|point| axes.coordinates(point, centre)).collect();
    let draft = Model::new(Card::default(), LatentSpace::default(), weights, Vec::new());
    let effects = effects(&draft, &points);
    let mut order: [usize; LATENTS] = std::array::from_fn(|i| i);
    order.sort_by(|&a, &b| effects[b].total_cmp(&effects[a]));
    axes.in_order(&order)
}

/// The middle of some points.
pub(super) fn mean(points: &[Latent]) -> Latent {
    let sum = |i: usize| points.iter().map(|point| f64::from(point.0[i])).sum::<f64>();
    Latent(std::array::from_fn(|i| (sum(i) / points.len().max(1) as f64) as f32))
}

/// How far the instruments reach from 0 in each direction.
fn ranges(points: &[Latent]) -> [f32; LATENTS] {
    std::array::from_fn(|i| {
        let square = points.iter().map(|point| point.0[i] * point.0[i]).sum::<f32>() / points.len().max(1) as f32;
        let farthest = points.iter().map(|point| point.0[i].abs()).fold(0.0, f32::max);
        farthest.max(REACH * square.sqrt()).max(LEAST_RANGE)
    })
}

/// Rewrites the weights for latents `axes^T (z - centre)` in place of `z`: the same sounds from other numbers.
fn turn(weights: &mut Weights, axes: &Matrix, centre: &Latent) {
    for first in [layer::TRUNK, layer::NOTE] {
        let linear = &mut weights.linears[first];
        for (row, bias) in linear.weight.chunks_exact_mut(linear.inputs).zip(&mut linear.bias) {
            let latents = row.first_chunk_mut().expect("the latents come first");
            *bias += latents.iter().zip(centre.0).map(|(weight, centre)| weight * centre).sum::<f32>();
            *latents = axes.coordinates(&Latent(*latents), &Latent::default()).0;
        }
    }
    let linear = &mut weights.linears[layer::ENCODER + 2];
    let inputs = linear.inputs;
    for input in 0..inputs {
        let column = Latent(std::array::from_fn(|i| linear.weight[i * inputs + input]));
        let turned = axes.coordinates(&column, &Latent::default());
        (0..LATENTS).for_each(|i| linear.weight[i * inputs + input] = turned.0[i]);
    }
    let bias = Latent(*linear.bias.first_chunk().expect("one bias per latent"));
    linear.bias.copy_from_slice(&axes.coordinates(&bias, centre).0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::frames::Frame;
    use crate::model::Contour;
    use crate::train::dataset::tests::{tone, tones};

    fn frame(model: &Model, latent: &Latent) -> Frame {
        let mut out = Frame::SILENT;
        Contour::new().frame(&model.decoder, latent, 55.0, 90.0, 0.3, None, &mut out);
        out
    }

    #[test]
    fn turning_the_space_changes_numbers_but_no_sound() {
        let network = Network::new(6);
        let parameters = network.untrained(4);
        let plain = Model::new(Card::default(), LatentSpace::default(), network.weights(&parameters), Vec::new());
        let turned = model(&network, &parameters, &tones(5), Card::default());
        let note = tone(60.0, 0.2, 500.0);
        let (a, b) = (plain.encoder.encode(&note, 90.0), turned.encoder.encode(&note, 90.0));
        assert!(a.0.iter().zip(b.0).any(|(a, b)| (a - b).abs() > 0.02), "the axes are the same");
        let (a, b) = (frame(&plain, &a), frame(&turned, &b));
        for (a, b) in a.partial_db.iter().chain(&a.noise_db).zip(b.partial_db.iter().chain(&b.noise_db)) {
            assert!((a - b).abs() < 0.1, "{a} {b}");
        }
    }

    #[test]
    fn instruments_lie_within_reach_and_the_direction_of_most_effect_comes_first() {
        let network = Network::new(6);
        let model = model(&network, &network.untrained(4), &tones(6), Card::default());
        let points: Vec<Latent> = model.instruments.iter().map(|instrument| instrument.latent).collect();
        let effects = effects(&model, &points);
        assert!((1..LATENTS).all(|i| effects[i] <= effects[i - 1] + 1e-3), "{effects:?}");
        for instrument in &model.instruments {
            assert!(model.space.controls(&instrument.latent).iter().all(|control| control.abs() <= 1.001));
        }
        assert_eq!(model.instruments[2].name, "tone_000_002");
    }
}
