//! How near sounds are to each other.

use super::entry::Entry;
use crate::model::latent::LATENTS;

/// Where every sound lies in the latent space of its model.
#[derive(Debug, Default)]
pub(super) struct Map {
    latents: Vec<[f32; LATENTS]>,
    /// The number of each entry's model; entries of one model have the same.
    models: Vec<u32>,
}

impl Map {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut known = std::collections::HashMap::new();
        let mut number = |digest| {
            let next = known.len() as u32;
            *known.entry(digest).or_insert(next)
        };
        Self {
            latents: entries.iter().map(|entry| entry.card().latents).collect(),
            models: entries.iter().map(|entry| number(&*entry.card().model.digest)).collect(),
        }
    }

    /// Minus the distance of each entry from one; infinitely far where the model is another.
    pub(super) fn nearness(&self, from: u32) -> Vec<f32> {
        let (here, model) = (&self.latents[from as usize], self.models[from as usize]);
        let nearness = |(there, of): (&[f32; LATENTS], &u32)| match *of == model {
            true => -distance(here, there),
            false => f32::NEG_INFINITY,
        };
        self.latents.iter().zip(&self.models).map(nearness).collect()
    }
}

fn distance(a: &[f32; LATENTS], b: &[f32; LATENTS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}
