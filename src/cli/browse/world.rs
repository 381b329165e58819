//! A made-up catalogue: banks with folders and presets, some loved by all, in families that sound alike.

use crate::browser::recommend::Item;
use crate::browser::usage::PresetId;
use crate::train::random::Random;

/// How many families of sound there are, and dimensions of latent space.
const FAMILIES: usize = 24;
const LATENTS: usize = 16;

/// How a catalogue tells what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    /// Items name their folders.
    pub(super) folders: bool,
    /// Items stand in the order of their folders, not in any.
    pub(super) ordered: bool,
    /// Items have tags, authors and latents.
    pub(super) described: bool,
}

/// A folder of a bank: its presets in order.
pub(super) struct Folder {
    pub(super) presets: Vec<usize>,
}

/// A bank.
pub(super) struct Bank {
    pub(super) family: usize,
    /// How well known it is, heavy-tailed.
    pub(super) fame: f32,
    pub(super) folders: Vec<usize>,
    /// Its presets, best known first.
    pub(super) best: Vec<usize>,
}

/// A preset.
pub(super) struct Preset {
    pub(super) bank: usize,
    pub(super) folder: usize,
    pub(super) place: usize,
    latent: [f32; LATENTS],
    tags: Vec<String>,
}

/// All there is.
pub(super) struct World {
    pub(super) presets: Vec<Preset>,
    pub(super) folders: Vec<Folder>,
    pub(super) banks: Vec<Bank>,
    /// Banks of each family.
    pub(super) families: Vec<Vec<usize>>,
}

impl World {
    /// A world of so many banks.
    pub(super) fn new(seed: u64, banks: usize) -> Self {
        let mut random = Random::new(seed, 0xb0);
        let centres: Vec<[f32; LATENTS]> = (0..FAMILIES).map(|_| std::array::from_fn(|_| random.normal())).collect();
        let mut world = Self { presets: vec![], folders: vec![], banks: vec![], families: vec![vec![]; FAMILIES] };
        for bank in 0..banks {
            let family = random.below(FAMILIES);
            let own: [f32; LATENTS] = std::array::from_fn(|at| centres[family][at] + 0.5 * random.normal());
            let fame = (-random.uniform().max(1e-4).ln()).powi(2);
            let mut made = Bank { family, fame, folders: vec![], best: vec![] };
            let most = 1 + random.below(8);
            for _ in 0..1 + random.below(most) {
                made.folders.push(world.folders.len());
                let size = [1, 2, 5, 8, 10, 11, 12, 13, 14, 18][random.below(10)];
                let first = world.presets.len();
                for place in 0..size {
                    let latent = std::array::from_fn(|at| own[at] + 0.4 * random.normal());
                    let tags = vec![format!("family {family}"), format!("mood {}", random.below(6))];
                    world.presets.push(Preset { bank, folder: world.folders.len(), place, latent, tags });
                }
                world.folders.push(Folder { presets: (first..first + size).collect() });
            }
            made.best = made.folders.iter().flat_map(|folder| world.folders[*folder].presets.clone()).collect();
            let mut ranks: Vec<(f32, usize)> = made.best.iter().map(|preset| (random.normal(), *preset)).collect();
            ranks.sort_by(|a, b| a.0.total_cmp(&b.0));
            made.best = ranks.into_iter().map(|(_, preset)| preset).collect();
            world.families[family].push(bank);
            world.banks.push(made);
        }
        world
    }

    /// The catalogue as one user sees it.
    pub(super) fn catalogue(&self, telling: Telling, random: &mut Random) -> Vec<Item> {
        let mut order: Vec<usize> = (0..self.presets.len()).collect();
        if !telling.ordered {
            (1..order.len()).rev().for_each(|last| order.swap(last, random.below(last + 1)));
        }
        order.into_iter().map(|number| self.item(number, telling)).collect()
    }

    fn item(&self, number: usize, telling: Telling) -> Item {
        let preset = &self.presets[number];
        let told = |said: bool, text: String| if said { text } else { String::new() };
        Item {
            id: id(number),
            bank: format!("bank {}", preset.bank),
            folder: told(telling.folders, format!("folder {}", preset.folder)),
            author: told(telling.described, format!("author {}", preset.bank / 3)),
            tags: if telling.described { preset.tags.clone() } else { vec![] },
            latent: if telling.described { preset.latent.to_vec() } else { vec![] },
        }
    }

    /// A bank, the well known ones more often.
    pub(super) fn bank_of(&self, family: Option<usize>, random: &mut Random) -> usize {
        let any: Vec<usize>;
        let banks = match family {
            Some(family) if !self.families[family].is_empty() => &self.families[family],
            _ => {
                any = (0..self.banks.len()).collect();
                &any
            }
        };
        (0..4)
            .map(|_| banks[random.below(banks.len())])
            .max_by(|a, b| self.banks[*a].fame.total_cmp(&self.banks[*b].fame))
            .unwrap_or(0)
    }

    /// How many families there are.
    pub(super) fn families(&self) -> usize {
        FAMILIES
    }
}

/// The id of a preset of the world.
pub(super) fn id(number: usize) -> PresetId {
    PresetId::of(&(number as u64).to_le_bytes())
}
