//! `zitherctl presets list` and `search`: the library as lines.

use anyhow::Result;
use serde_json::{Value, json};

use super::filter::Filter;
use crate::browser::library::{Entry, Facet, Library, Order};

/// Lists your presets and those that come with Zither, by name.
#[derive(clap::Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    show: Show,
}

/// Finds presets by beginnings of words of name, author, bank, folder, category, tags and description: all must be found.
/// What has them in its name comes first.
#[derive(clap::Args)]
pub(in crate::cli) struct Search {
    /// The words.
    #[arg(required = true)]
    words: Vec<String>,
    #[command(flatten)]
    show: Show,
}

#[derive(clap::Args)]
struct Show {
    #[command(flatten)]
    filter: Filter,
    /// Prints one JSON object a line.
    #[arg(long)]
    jsonl: bool,
    /// Prints instead what the presets have in common, and how many have it.
    #[arg(long, conflicts_with = "jsonl")]
    facets: bool,
}

impl List {
    pub(super) fn run(self) -> Result<()> {
        self.show.run(&[])
    }
}

impl Search {
    pub(super) fn run(self) -> Result<()> {
        self.show.run(&self.words)
    }
}

impl Show {
    fn run(&self, words: &[String]) -> Result<()> {
        let library = self.filter.library()?;
        for problem in library.problems() {
            eprintln!("{}: {}", problem.path.display(), problem.error);
        }
        if self.facets {
            self.print_facets(&library, words);
            return Ok(());
        }
        for entry in self.filter.entries(&library, words) {
            if self.jsonl {
                println!("{}", as_json(entry));
            } else {
                println!("{}", as_text(entry));
            }
        }
        Ok(())
    }

    fn print_facets(&self, library: &Library, words: &[String]) {
        let found = library.find(&self.filter.query(words), &Default::default(), Order::Name);
        for facet in Facet::ALL {
            for count in found.facet(facet) {
                println!("{}\t{}\t{}", facet.name(), count.name, count.presets);
            }
        }
    }
}

/// Name, bank with folder, category and tags, parted by tabs.
fn as_text(entry: &Entry) -> String {
    let (card, place) = (entry.card(), &entry.places[0]);
    let bank =
        if place.folder.is_empty() { place.bank.to_string() } else { format!("{}/{}", place.bank, place.folder) };
    let plain = |text: &str| text.replace(char::is_control, " ");
    [&*card.name, &bank, &*card.category, &*card.tags.join(", ")].map(plain).join("\t")
}

/// All that the library knows of a preset, with the keys of a catalogue for `zitherctl browse eval`.
fn as_json(entry: &Entry) -> Value {
    let (card, place) = (entry.card(), &entry.places[0]);
    let tags: Vec<&str> = card.tags.iter().map(|tag| &**tag).collect();
    let paths: Vec<String> = entry.places.iter().filter_map(|p| Some(p.path.as_ref()?.display().to_string())).collect();
    // Each with the digits of an f32.
    let latent: Vec<Value> = card.latents.iter().filter_map(|latent| latent.to_string().parse().ok()).collect();
    json!({
        "preset": entry.id.to_string(),
        "name": *card.name,
        "bank": *place.bank,
        "folder": *place.folder,
        "author": *card.author,
        "category": *card.category,
        "tags": tags,
        "description": *card.description,
        "licence": *card.licence,
        "permission": card.permission.name(),
        "model": { "name": card.model.name, "digest": card.model.digest },
        "latent": latent,
        "paths": paths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::Scanner;

    #[test]
    fn a_preset_is_one_line_either_way() {
        let library = Scanner::new(None).library();
        for entry in library.entries() {
            assert_eq!((as_text(entry).lines().count(), as_json(entry).to_string().lines().count()), (1, 1));
        }
        let entry = &library.entries()[0];
        let line = as_json(entry);
        assert_eq!(line["preset"].as_str().unwrap().parse(), Ok(entry.id));
        let latents: Vec<f32> = line["latent"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect();
        assert_eq!(latents, entry.card().latents);
    }
}
