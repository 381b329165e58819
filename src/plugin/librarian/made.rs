//! *Make one for me*: a sound that does not exist yet, drawn from those that the user kept. It stands on *New to you* until
//! the user saves it or asks for another.

use std::collections::HashMap;
use std::sync::Arc;

use super::level;
use super::past::Past;
use crate::browser::history::Marks;
use crate::browser::library::{Entry, Library};
use crate::browser::models;
use crate::browser::preset::Preset;
use crate::browser::recommend::{FreshPoint, Kept, fresh_point};
use crate::browser::usage::{PresetId, ProjectId};
use crate::synth::controls::Control;

/// What stands where other rows name their bank.
const BANK: &str = "Made for you, not saved";
/// Sounds of one model that have to be kept before one is made of them: of fewer it would be a copy.
pub(super) const ENOUGH: usize = 8;
/// How often a point is drawn again because the user knows the sound already.
const DRAWS: u64 = 16;
/// How much more a sound weighs for each root of its keeps in the project at hand.
const PROJECT: f32 = 4.0;
const DAY: i64 = 86_400;

/// A sound that was made.
pub(super) struct Made {
    /// As the list shows it, with author and licence of what its other settings come from.
    pub(super) entry: Arc<Entry>,
    pub(super) preset: Arc<Preset>,
    pub(super) reason: String,
}

/// For what a sound is made.
#[derive(Clone, Copy)]
pub(super) struct Occasion {
    /// Seconds since 1970-01-01, UTC: each day has another sound.
    pub(super) now: i64,
    pub(super) project: Option<ProjectId>,
    /// How many the user has passed over.
    pub(super) another: u64,
}

/// Makes a sound of those that were kept; none where too few were, or what is near them is all there already. The same
/// past, library and occasion give the same sound. Reads a file, and plays two notes to match their loudness.
pub(super) fn make(past: &Past, library: &Library, marks: &HashMap<PresetId, Marks>, at: Occasion) -> Option<Made> {
    let sources = Sources::of(past, library, at.project);
    let is_known =
        |preset: PresetId| past.uses().contains_key(&preset) || marks.get(&preset).is_some_and(|marks| marks.hidden);
    let made = (0..DRAWS).map_while(|draw| {
        let project = at.project.map(|project| project.0).unwrap_or_default();
        let numbers = [at.now.div_euclid(DAY) as u64, at.another, draw].map(u64::to_le_bytes);
        let seed = PresetId::of(&[numbers.as_flattened(), &project].concat()).0;
        sources.make(u64::from_le_bytes(std::array::from_fn(|at| seed[at])))
    });
    let mut made = made.filter(|made| !is_known(made.entry.id));
    made.next()
}

/// What sounds are made of: the kept ones of the model of which most were kept, and what is there beside them.
struct Sources<'a> {
    library: &'a Library,
    kept: Vec<(&'a Entry, Kept)>,
}

impl<'a> Sources<'a> {
    fn of(past: &Past, library: &'a Library, project: Option<ProjectId>) -> Self {
        // What a recording left is not the user's to vary, and says little elsewhere in the latent space.
        let own = |kept: Kept| Some((library.entry(kept.preset)?, kept)).filter(|(e, _)| !e.card().is_of_recording);
        let mut kept: Vec<(&Entry, Kept)> = past.recommender().kept(project).filter_map(own).collect();
        let mut models: HashMap<&str, usize> = HashMap::new();
        kept.iter().for_each(|(entry, _)| *models.entry(&entry.card().model.digest).or_default() += 1);
        let most = models.into_iter().max_by_key(|(digest, count)| (*count, *digest)).map(|(digest, _)| digest);
        kept.retain(|(entry, _)| Some(&*entry.card().model.digest) == most);
        Self { library, kept }
    }

    fn make(&self, seed: u64) -> Option<Made> {
        if self.kept.len() < ENOUGH {
            return None;
        }
        let weight = |kept: &Kept| (kept.times as f32).sqrt() + PROJECT * (kept.in_project as f32).sqrt();
        let points: Vec<(&[f32], f32)> =
            self.kept.iter().map(|(entry, kept)| (&entry.card().latents[..], weight(kept))).collect();
        let model = &self.kept[0].0.card().model.digest;
        let of_model = self.library.entries().iter().filter(|entry| entry.card().model.digest == *model);
        let there: Vec<&[f32]> = of_model.map(|entry| &entry.card().latents[..]).collect();
        let point = fresh_point(&points, &there, seed)?;
        let near = self.kept[point.nearest];
        let preset = self.preset(&point, near.0)?;
        let entry = Entry::unsaved(&preset, BANK);
        let reason = reason(near, point.beyond.map(|at| self.kept[at]));
        Some(Made { entry: Arc::new(entry), preset: Arc::new(preset), reason })
    }

    /// The preset nearest to a point, moved there, as loud as it was.
    fn preset(&self, point: &FreshPoint, near: &Entry) -> Option<Preset> {
        let base = near.read().ok()?;
        let mut controls = base.controls();
        for (number, latent) in point.latent.iter().enumerate() {
            controls.set(Control::latent(number), *latent);
        }
        if let Some(opened) = models::find(&base.model, None) {
            let change = level::loudness(&opened.model, &base.controls()) - level::loudness(&opened.model, &controls);
            let gain = controls.get(Control::GAIN) + change;
            controls.set(Control::GAIN, if change.is_finite() { gain } else { controls.get(Control::GAIN) });
        }
        let other = point.beyond.map_or(near, |at| self.kept[at].0);
        let name = self.name(near, other);
        let author = if near.is_factory() { String::new() } else { base.author };
        let tags = base.tags.into_iter().filter(|tag| other.card().tags.iter().any(|theirs| **theirs == **tag));
        Some(Preset {
            author,
            tags: tags.collect(),
            category: base.category,
            licence: base.licence,
            model: base.model,
            ..Preset::new(&name, &controls)
        })
    }

    /// The first word of one name and the last of the other, unless a preset is called so.
    fn name(&self, near: &Entry, other: &Entry) -> String {
        let (near, other) = (&near.card().name, &other.card().name);
        let first = near.split_whitespace().next().unwrap_or_default();
        let last = other.split_whitespace().last().unwrap_or_default();
        let name = if first == last { format!("{first} II") } else { format!("{first} {last}") };
        let is_taken = self.library.entries().iter().any(|entry| *entry.card().name == *name);
        if is_taken { format!("{name} II") } else { name }
    }
}

/// Between which sounds it lies, with how often each was kept: in this project, where all were.
fn reason(near: (&Entry, Kept), beyond: Option<(&Entry, Kept)>) -> String {
    let name = |(entry, _): (&Entry, Kept)| entry.card().name.to_string();
    let is_here = near.1.in_project > 0 && beyond.is_none_or(|(_, kept)| kept.in_project > 0);
    let count = |(_, kept): (&Entry, Kept)| if is_here { kept.in_project } else { kept.times };
    let place = if is_here { " in this project" } else { "" };
    match beyond {
        Some(beyond) => format!(
            "Between {} and {}, which you kept {} and {}{place}",
            name(near),
            name(beyond),
            count(near),
            times(count(beyond)),
        ),
        None => format!("Near {}, which you kept {}{place}", name(near), times(count(near))),
    }
}

fn times(count: u32) -> String {
    if count == 1 { "1 time".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::library::Scanner;
    use crate::browser::usage::{Deed, Event, SessionId};

    const HOME: ProjectId = ProjectId([1; 16]);

    /// Keeps of built-in presets by their numbers, the odd ones in the project.
    fn events(library: &Library, numbers: &[usize]) -> Vec<Event> {
        let event = |(time, number): (i64, &usize)| Event {
            time,
            session: SessionId::of(b"s"),
            project: (number % 2 == 1).then_some(HOME),
            preset: library.entries()[*number].id,
            deed: Deed::Keep,
            dwell_ms: 0,
            shown: None,
        };
        (1_000..).zip(numbers).map(event).collect()
    }

    fn past(library: &Arc<Library>, events: &[Event]) -> Past {
        let mut past = Past::empty(library);
        events.iter().for_each(|event| past.take(event));
        past
    }

    fn at(day: i64, another: u64) -> Occasion {
        Occasion { now: day * DAY + 5, project: None, another }
    }

    fn made(past: &Past, library: &Library, at: Occasion) -> Option<Made> {
        make(past, library, &HashMap::new(), at)
    }

    #[test]
    fn a_sound_is_made_of_what_was_kept_and_its_reason_counts_keeps() {
        let library = Arc::new(Scanner::new(None).library());
        let numbers: Vec<usize> = (0..12).flat_map(|number| vec![3 * number; number % 3 + 1]).collect();
        let events = events(&library, &numbers);
        let past = past(&library, &events);
        let mut betweens = 0;
        for day in 0..20 {
            let made = made(&past, &library, at(day, 0)).expect("there is room");
            assert!(library.entry(made.entry.id).is_none() && made.entry.path().is_none());
            assert_eq!(made.entry.id, made.preset.id());
            let kept = |name: &str| {
                let id = library.entries().iter().find(|entry| &*entry.card().name == name).expect("it is built in").id;
                events.iter().filter(|event| event.preset == id).count()
            };
            betweens += usize::from(made.reason.starts_with("Between "));
            let (names, counts) = made.reason.split_once(", which you kept ").expect(&made.reason);
            let names = names.trim_start_matches("Between ").trim_start_matches("Near ");
            let names: Vec<&str> = names.split(" and ").collect();
            let counts: Vec<usize> = counts.split(' ').filter_map(|word| word.parse().ok()).collect();
            assert_eq!(names.iter().map(|name| kept(name)).collect::<Vec<_>>(), counts, "{}", made.reason);
            assert!(counts.iter().all(|count| *count > 0));
        }
        assert!(betweens > 0);
    }

    #[test]
    fn the_same_day_makes_the_same_sound_and_another_is_another() {
        let library = Arc::new(Scanner::new(None).library());
        let past = past(&library, &events(&library, &(0..20).collect::<Vec<_>>()));
        let id = |at| made(&past, &library, at).expect("there is room").entry.id;
        assert_eq!(id(at(3, 0)), id(Occasion { now: 4 * DAY - 1, ..at(3, 0) }));
        assert_ne!(id(at(3, 0)), id(at(3, 1)));
        assert_ne!(id(at(3, 0)), id(at(4, 0)));
    }

    #[test]
    fn too_few_sounds_make_none_and_what_is_known_or_not_wanted_is_not_made_again() {
        let library = Arc::new(Scanner::new(None).library());
        let few = past(&library, &events(&library, &(0..ENOUGH - 1).collect::<Vec<_>>()));
        assert!(made(&few, &library, at(0, 0)).is_none());
        let kept = events(&library, &(0..ENOUGH).collect::<Vec<_>>());
        let mut past = past(&library, &kept);
        let first = made(&past, &library, at(0, 0)).expect("that is enough").entry.id;
        let marks = HashMap::from([(first, Marks { hidden: true, ..Marks::default() })]);
        assert_ne!(make(&past, &library, &marks, at(0, 0)).unwrap().entry.id, first);
        past.take(&Event { preset: first, deed: Deed::Load, ..kept[0] });
        assert_ne!(made(&past, &library, at(0, 0)).unwrap().entry.id, first);
    }

    #[test]
    fn what_was_kept_in_the_project_draws_sounds_to_it() {
        let library = Arc::new(Scanner::new(None).library());
        let past = past(&library, &events(&library, &(0..40).collect::<Vec<_>>()));
        let of_project = |project| {
            let is_odd = |day| {
                let made = made(&past, &library, Occasion { project, ..at(day, 0) }).expect("there is room");
                made.reason.ends_with("in this project")
            };
            (0..30).filter(|day| is_odd(*day)).count()
        };
        let (elsewhere, here) = (of_project(None), of_project(Some(HOME)));
        assert!(elsewhere == 0 && here > 5, "{elsewhere}, {here}");
        let near = |project| {
            let nearest = |day| {
                let sources = Sources::of(&past, &library, project);
                let made = made(&past, &library, Occasion { project, ..at(day, 0) }).expect("there is room");
                let to = |kept: &Entry| -> f32 {
                    let apart = kept.card().latents.iter().zip(made.entry.card().latents).map(|(a, b)| (a - b).powi(2));
                    apart.sum()
                };
                let nearest = sources.kept.iter().min_by(|a, b| to(a.0).total_cmp(&to(b.0))).expect("some were kept");
                nearest.1.preset
            };
            (0..30).filter(|day| library.number(nearest(*day)).is_some_and(|number| number % 2 == 1)).count()
        };
        assert!(near(Some(HOME)) > near(None), "{} {}", near(Some(HOME)), near(None));
    }

    #[test]
    fn a_sound_is_as_loud_as_what_its_settings_come_from_and_named_by_both() {
        let library = Arc::new(Scanner::new(None).library());
        let past = past(&library, &events(&library, &(0..40).collect::<Vec<_>>()));
        for day in 0..4 {
            let made = made(&past, &library, at(day, 0)).expect("there is room");
            let sources = Sources::of(&past, &library, None);
            let name = made.reason.trim_start_matches("Between ").trim_start_matches("Near ");
            let near = sources.kept.iter().find(|(entry, _)| name.starts_with(&*entry.card().name)).expect(name).0;
            let base = near.read().unwrap();
            let model = crate::model::Model::factory();
            let [new, old] = [&made.preset, &base].map(|preset| level::loudness(&model, &preset.controls()));
            assert!((new - old).abs() < 0.5, "{new} and {old}");
            assert_eq!((made.preset.licence.as_str(), made.preset.author.as_str()), ("CC0-1.0", ""));
            assert!(made.preset.name.starts_with(near.card().name.split(' ').next().unwrap()), "{}", made.preset.name);
            assert!(library.entries().iter().all(|entry| *entry.card().name != *made.preset.name));
        }
    }
}
