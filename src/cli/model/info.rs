//! `zitherctl model info`: what a model file holds.

use std::path::PathBuf;

use crate::model::Model;
use crate::model::architecture::ARCHITECTURE;
use crate::model::latent::LATENTS;

/// Says what a model file holds, or why it cannot be played.
#[derive(clap::Args)]
pub(in crate::cli) struct Info {
    /// The model file.
    file: PathBuf,
}

impl Info {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let model = Model::open(&self.file)?;
        let weights: usize = model.weights().linears.iter().map(|linear| linear.weight.len() + linear.bias.len()).sum();
        let card = &model.card;
        println!("{}: {} ({ARCHITECTURE}, {weights} weights, {} Hz)", self.file.display(), card.name, card.sample_rate);
        println!("trained on  {}", card.training_data);
        println!("licence     {}", card.licence);
        println!("command     {}", card.command);
        println!("seed        {}", card.seed);
        for (name, value) in &card.figures {
            println!("{name:<32} {value:.3}");
        }
        println!("\nlatent              centre   range");
        for i in 0..LATENTS {
            let space = &model.space;
            println!("{:>2} {:<16} {:>6.3}  {:>6.3}", i + 1, space.names[i], space.centre.0[i], space.range[i]);
        }
        println!("\n{} instruments", model.instruments.len());
        for instrument in &model.instruments {
            println!("  {:<32} {}", instrument.name, instrument.program);
        }
        Ok(())
    }
}
