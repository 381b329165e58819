use std::collections::HashSet;
use std::sync::LazyLock;

use super::*;

const DAY: i64 = 86_400;

fn id(number: u32) -> PresetId {
    PresetId::of(&number.to_le_bytes())
}

fn session(number: u32) -> SessionId {
    SessionId::of(&number.to_le_bytes())
}

/// 120 presets in ten banks of two folders; every other one has tags.
fn items() -> Vec<Item> {
    let item = |number: u32| Item {
        id: id(number),
        bank: format!("bank {}", number / 12),
        folder: format!("folder {}", number / 6),
        author: format!("author {}", number / 40),
        tags: if number.is_multiple_of(2) { vec![format!("tag {}", number % 5)] } else { vec![] },
        latent: vec![(number as f32).sin(), (number as f32).cos(), 0.2],
    };
    (0..120).map(item).collect()
}

fn event(time: i64, sitting: u32, preset: u32, deed: Deed) -> Event {
    let project = sitting.is_multiple_of(3).then(|| ProjectId::of(&(sitting % 2).to_le_bytes()));
    Event { time, session: session(sitting), project, preset: id(preset), deed, dwell_ms: 0, shown: None }
}

/// Forty sittings of courses through banks with drops, favourites and saves between.
fn life() -> Vec<Event> {
    let mut seed = Seed::new(11);
    let mut below = |most: f32| (seed.uniform() * most) as u32;
    let mut events = Vec::new();
    for sitting in 0..40 {
        let mut time = 1_600_000_000 + i64::from(sitting) * DAY / 2 + i64::from(below(9_000.0));
        let mut preset = below(30.0);
        for _ in 0..2 + below(9.0) {
            preset = if below(4.0) == 0 { below(40.0) } else { preset + 1 };
            events.push(event(time, sitting, preset, Deed::Load));
            let deed = [Deed::Keep, Deed::Keep, Deed::Keep, Deed::Audition, Deed::Abandon][below(5.0) as usize];
            events.push(event(time + 30, sitting, preset, deed));
            if deed == Deed::Keep && below(9.0) == 0 {
                events.push(event(time + 31, sitting, preset, [Deed::Favourite, Deed::Save][below(2.0) as usize]));
            }
            time += 200;
        }
    }
    events
}

fn request(task: Task, last: &Event) -> Request {
    Request {
        task,
        now: last.time + if task == Task::Open { 9 * 3_600 } else { 1 },
        session: if task == Task::Open { session(999) } else { last.session },
        project: last.project,
        rows: 10,
        exclude: if task == Task::Open { vec![] } else { vec![last.preset] },
        explore: false,
    }
}

/// A recommender that has read `events` without learning, so that two of them differ in the past alone.
fn after(events: &[Event]) -> Recommender {
    let mut recommender = Recommender::new(items());
    events.iter().for_each(|event| recommender.recall(event));
    recommender
}

/// Every keep after which something may be asked, with the events up to it.
fn moments(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    (1..=events.len()).map(|end| &events[..end]).filter(|past| past[past.len() - 1].deed == Deed::Keep)
}

/// The keeps of each sitting in order.
fn sittings(past: &[Event]) -> Vec<Vec<&Event>> {
    let mut sittings: Vec<Vec<&Event>> = Vec::new();
    for keep in past.iter().filter(|event| event.deed == Deed::Keep) {
        match sittings.iter_mut().find(|sitting| sitting[0].session == keep.session) {
            Some(sitting) => sitting.push(keep),
            None => sittings.push(vec![keep]),
        }
    }
    sittings
}

/// All items, to look one up.
static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(items);

fn place(preset: PresetId) -> usize {
    ITEMS.iter().position(|item| item.id == preset).unwrap()
}

fn item(preset: PresetId) -> &'static Item {
    &ITEMS[place(preset)]
}

fn akin(kin: Kin, a: &Item, b: &Item) -> bool {
    match kin {
        Kin::Bank => a.bank == b.bank,
        Kin::Folder => a.folder == b.folder,
        Kin::Author => a.author == b.author,
        Kin::Tag => a.tags.iter().any(|tag| b.tags.contains(tag)),
    }
}

/// The events that a reason counts, and what it should say their number is.
fn evidence<'a>(past: &'a [Event], request: &Request, row: &Row) -> (Vec<&'a Event>, u32, u32) {
    let keeps = |fits: &dyn Fn(&Event) -> bool| -> Vec<&'a Event> {
        past.iter().filter(|event| event.deed == Deed::Keep && fits(event)).collect()
    };
    let own = |event: &Event| event.preset == row.preset;
    let last = past.iter().rev().find(|event| event.deed == Deed::Keep).unwrap().session;
    let one = |events: Vec<&'a Event>, told: u32| {
        let count = events.len() as u32;
        (events, count, told)
    };
    match row.why {
        Reason::Follows { preset, times, of } => {
            let follows = |pair: &&[&'a Event]| pair[0].preset == preset;
            let sittings = sittings(past);
            let pairs: Vec<&[&Event]> = sittings.iter().flat_map(|plays| plays.windows(2)).filter(follows).collect();
            assert_eq!(pairs.len() as u32, of);
            one(pairs.iter().map(|pair| pair[1]).filter(|event| own(event)).collect(), times)
        }
        Reason::Together { preset, sessions } => {
            let both = sittings(past).into_iter().filter(|plays| {
                plays.iter().any(|event| own(event)) && plays.iter().any(|event| event.preset == preset)
            });
            let both: Vec<Vec<&Event>> = both.collect();
            let count = both.len() as u32;
            (both.into_iter().flatten().filter(|event| own(event)).collect(), count, sessions)
        }
        Reason::Kept { times, when } => {
            let fits = |event: &Event| match when {
                When::ThisSession => event.session == request.session,
                When::LastSession if request.task == Task::Open => event.session == last,
                When::LastSession => {
                    let others: Vec<_> =
                        sittings(past).into_iter().filter(|plays| plays[0].session != request.session).collect();
                    event.session == others[others.len() - 1][0].session
                }
                When::Days(days) => event.time >= request.now - i64::from(days) * DAY,
                When::Ever => true,
            };
            one(keeps(&|event| own(event) && fits(event)), times)
        }
        Reason::InProject { times } => one(keeps(&|event| own(event) && event.project == request.project), times),
        Reason::AtThisHour { times } => {
            let part = |time: i64| time.rem_euclid(DAY) / 10_800;
            one(keeps(&|event| own(event) && part(event.time) == part(request.now)), times)
        }
        Reason::Opens { sessions } => {
            one(sittings(past).iter().map(|plays| plays[0]).filter(|event| own(event)).collect(), sessions)
        }
        Reason::KeptOf { times, loads } => {
            let loaded = past.iter().filter(|event| own(event) && event.deed == Deed::Load).count();
            assert_eq!(loaded as u32, loads);
            one(keeps(&own), times)
        }
        Reason::Care { times } => {
            let care = |event: &&Event| own(event) && matches!(event.deed, Deed::Tweak | Deed::Save | Deed::Export);
            one(past.iter().filter(care).collect(), times)
        }
        Reason::Favourite => {
            let hearts: Vec<&Event> = past.iter().filter(|event| own(event) && event.deed == Deed::Favourite).collect();
            (hearts, 1, 1)
        }
        Reason::Kin { kin, presets, when, tried } => {
            assert_eq!(tried, past.iter().any(own));
            let this = item(row.preset);
            let mates = keeps(&|event| {
                let here = match when {
                    When::Ever => true,
                    When::ThisSession => event.session == request.session && !own(event),
                    _ => event.session == last && !own(event),
                };
                here && akin(kin, this, item(event.preset))
            });
            let different: HashSet<PresetId> = mates.iter().map(|event| event.preset).collect();
            let count = if when == When::Ever { mates.len() } else { different.len() };
            (mates, count as u32, presets)
        }
        Reason::Tried { times } => {
            let loads: Vec<&Event> = past.iter().filter(|event| own(event)).collect();
            (loads, past.iter().filter(|event| own(event) && event.deed == Deed::Load).count() as u32, times)
        }
        Reason::Beside { preset, places } => {
            let apart = place(row.preset) as i32 - place(preset) as i32;
            (keeps(&|event| event.preset == preset), apart as u32, places as u32)
        }
        Reason::Close { .. } | Reason::New | Reason::Explore { .. } => (vec![], 0, 0),
    }
}

#[test]
fn the_number_in_every_reason_is_a_plain_count_over_the_events() {
    let events = life();
    let (mut rows, mut kinds) = (0, HashSet::new());
    for past in moments(&events).step_by(4) {
        let mut recommender = after(past);
        for task in [Task::Open, Task::Next] {
            let request = request(task, &past[past.len() - 1]);
            let shelves = recommender.recommend(&request);
            for row in shelves.mixed.iter().chain(&shelves.novel) {
                let (_, count, told) = evidence(past, &request, row);
                assert_eq!(count, told, "{}: {row:?}", past.len());
                rows += 1;
                kinds.insert(std::mem::discriminant(&row.why));
            }
        }
    }
    assert!(rows > 1_000 && kinds.len() >= 6, "{rows} rows with {} kinds of reason", kinds.len());
}

#[test]
fn without_the_evidence_that_its_reason_names_a_row_scores_less() {
    let events = life();
    let mut checked = 0;
    for past in moments(&events).skip(20).step_by(4) {
        let request = request(Task::Next, &past[past.len() - 1]);
        for row in after(past).recommend(&request).mixed {
            let (named, ..) = evidence(past, &request, &row);
            // What was kept last is the moment itself.
            let gone = |event: &Event| named.iter().any(|named| std::ptr::eq(*named, event));
            let last = past.len() - 1;
            if named.is_empty() || gone(&past[last]) || matches!(row.why, Reason::Beside { .. }) {
                continue;
            }
            let without: Vec<Event> = past.iter().filter(|event| !gone(event)).copied().collect();
            let mut everything = request.clone();
            everything.rows = 200;
            let then = after(&without).recommend(&everything).mixed;
            let score = then.iter().find(|other| other.preset == row.preset).map(|other| other.score);
            assert!(score.is_none_or(|score| score < row.score), "{row:?} scores {score:?} without");
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn the_same_events_give_the_same_shelves_and_weights() {
    let run = || {
        let mut recommender = Recommender::new(items());
        let mut answers = Vec::new();
        for event in life() {
            recommender.note(&event);
            answers.push(recommender.recommend(&request(Task::Next, &event)));
        }
        (answers, recommender.weights().clone())
    };
    assert_eq!(run(), run());
}

#[test]
fn shelves_hold_distinct_presets_none_excluded_or_hidden_and_the_novel_one_none_that_was_kept() {
    let mut recommender = Recommender::new(items());
    let mut kept: HashSet<PresetId> = HashSet::new();
    let hidden = 5;
    recommender.note(&event(1_600_000_000, 0, hidden, Deed::Hide));
    for event in life() {
        recommender.note(&event);
        if event.deed == Deed::Keep {
            kept.insert(event.preset);
        }
        for task in [Task::Open, Task::Next] {
            let request = request(task, &event);
            let shelves = recommender.recommend(&request);
            assert_eq!((shelves.mixed.len(), shelves.novel.len()), (10, 10));
            for shelf in [&shelves.mixed, &shelves.novel] {
                let distinct: HashSet<PresetId> = shelf.iter().map(|row| row.preset).collect();
                assert_eq!(distinct.len(), shelf.len());
                assert!(!distinct.contains(&id(hidden)));
                assert!(request.exclude.iter().all(|preset| !distinct.contains(preset)));
                assert!(shelf.is_sorted_by(|a, b| a.score >= b.score));
            }
            assert!(shelves.novel.iter().all(|row| !kept.contains(&row.preset)));
        }
    }
}

#[test]
fn a_stranger_is_shown_one_preset_of_each_bank() {
    let shelves = Recommender::new(items()).recommend(&request(Task::Open, &event(0, 0, 0, Deed::Load)));
    let banks: HashSet<&String> = shelves.mixed.iter().map(|row| &item(row.preset).bank).collect();
    assert_eq!(banks.len(), 10);
    assert!(shelves.novel.iter().all(|row| row.why == Reason::New));
}

#[test]
fn weights_follow_what_is_kept_and_come_back_from_storage() {
    let mut recommender = Recommender::new(items());
    let shipped = recommender.weights().clone();
    life().iter().for_each(|event| recommender.note(event));
    let learned = recommender.weights().clone();
    assert_ne!(learned, shipped);
    let mut restored = Weights::default();
    Head::ALL.into_iter().for_each(|head| restored.restore(head, &learned.values(head)));
    assert_eq!(restored, learned);
    restored.restore(Head::Open, &[(f64::NAN, 1.0)]);
    assert_eq!(restored.head(Head::Open), learned.head(Head::Open));
}

#[test]
fn a_lesson_lifts_what_was_kept() {
    let mut weights = Weights::default();
    let (mut kept, mut other) = ([0.0; SIGNALS], [0.0; SIGNALS]);
    kept[Signal::Hour as usize] = 1.0;
    other[Signal::Count as usize] = 1.0;
    let lead = |weights: &Weights| weights.score(Head::Open, &kept) - weights.score(Head::Open, &other);
    let before = lead(&weights);
    weights.learn(Head::Open, &kept, &[&other], 1.0);
    assert!(lead(&weights) > before);
}

#[test]
fn exploring_takes_the_last_of_ten_rows_after_thirty_sessions_the_same_one_all_session_and_counts_what_was_kept() {
    let events = life();
    let mut recommender = after(&events[..40]);
    let mut asked = request(Task::Next, &events[39]);
    asked.explore = true;
    let explored = |shelves: &Shelves| -> Vec<PresetId> {
        let rows = shelves.mixed.iter().filter(|row| matches!(row.why, Reason::Explore { .. }));
        rows.map(|row| row.preset).collect()
    };
    assert_eq!(explored(&recommender.recommend(&asked)), []);
    let mut recommender = after(&events);
    let last = events.iter().rfind(|event| event.deed == Deed::Keep).unwrap();
    let mut asked = request(Task::Next, last);
    assert_eq!(explored(&recommender.recommend(&asked)), []);
    asked.explore = true;
    let shelves = recommender.recommend(&asked);
    let found = explored(&shelves);
    assert_eq!(found, [shelves.mixed[9].preset]);
    assert_eq!(explored(&recommender.recommend(&asked)), found);
    assert_eq!(explored(&after(&events).recommend(&asked)), found);
    recommender.note(&Event { preset: found[0], time: last.time + 60, ..*last });
    assert_eq!(recommender.arms().iter().map(|arm| (arm.kept, arm.passed)).max(), Some((1, 0)));
}
