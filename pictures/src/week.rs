//! What a musician did with presets in a week, and what is recommended after it: by the program's own ranking, so that the
//! pictures show reasons that it gives.

use zither::browser::library::Library;
use zither::browser::recommend::{Item, Recommender, Request, Row, Task};
use zither::browser::usage::{Deed, Event, PresetId, ProjectId, SessionId};

/// The moment of the pictures: 2026-11-20, 18:00 UTC.
const NOW: i64 = 1_795_197_600;
const DAY: i64 = 86_400;
/// Presets that were loaded on each day, today's last, and whether they were kept.
const DAYS: [&[(&str, bool)]; 5] = [
    &[("Velvet Section", true), ("Silk Koto", false), ("Round Bass", true)],
    &[("Winter Bells", true), ("Velvet Section", true), ("Silk Koto", true)],
    &[("Round Bass", true), ("Winter Bells", true)],
    &[("Velvet Section", true), ("Round Bass", true), ("Winter Bells", false)],
    &[("Velvet Section", true), ("Winter Bells", true)],
];

/// Presets in the order in which they are recommended, each with the reason.
pub(crate) fn ranked(library: &Library) -> Vec<(PresetId, String)> {
    let mut recommender = Recommender::new(library.entries().iter().map(Item::from).collect());
    events(library).iter().for_each(|event| recommender.note(event));
    let request = Request {
        task: Task::Next,
        now: NOW,
        session: session(DAYS.len() - 1),
        project: project(DAYS.len() - 1),
        rows: 200,
        exclude: Vec::new(),
        explore: true,
    };
    let name = |preset| library.entry(preset).map_or_else(String::new, |entry| entry.card().name.to_string());
    let told = |row: &Row| (row.preset, row.why.told(&name).to_string());
    recommender.recommend(&request).mixed.iter().map(told).collect()
}

fn events(library: &Library) -> Vec<Event> {
    let mut events = Vec::new();
    for (day, loads) in DAYS.iter().enumerate() {
        let evening = NOW - (DAYS.len() - 1 - day) as i64 * DAY - 3_600;
        for (place, &(name, is_kept)) in loads.iter().enumerate() {
            let entry = library.entries().iter().find(|entry| &*entry.card().name == name);
            let preset = entry.unwrap_or_else(|| panic!("{name} is built in")).id;
            let time = evening + 300 * place as i64;
            let event = |time, deed| Event {
                time,
                session: session(day),
                project: project(day),
                preset,
                deed,
                dwell_ms: 0,
                shown: None,
            };
            events.push(event(time, Deed::Load));
            events.extend(is_kept.then(|| event(time + 60, Deed::Keep)));
        }
    }
    events
}

fn session(day: usize) -> SessionId {
    SessionId::of(&[day as u8])
}

/// Two projects, by turns.
fn project(day: usize) -> Option<ProjectId> {
    Some(ProjectId::of(&[(day % 2) as u8]))
}
