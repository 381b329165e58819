use super::Act::{Closed, Heard, Left, Loaded, ProjectSaved, Restored, Said, Saved, Taken, Tried, Tweaked, Undone};
use super::*;

fn preset(name: &str) -> PresetId {
    PresetId::of(name.as_bytes())
}

/// Acts at seconds on a fresh instance, and what they mean: `b keep` for each event of preset `b`.
fn check(acts: &[(i64, Act)], expected: &[&str]) {
    let mut sitting = Sitting::new(SessionId::of(b"first"), 0);
    let events: Vec<Event> = acts.iter().flat_map(|&(second, act)| sitting.act(act, second * 1_000)).collect();
    let name = |event: &Event| ["a", "b", "c"].into_iter().find(|name| preset(name) == event.preset);
    let told: Vec<String> =
        events.iter().map(|event| format!("{} {}", name(event).unwrap_or("?"), event.deed.name())).collect();
    assert_eq!(told, expected, "{acts:?}");
}

#[test]
fn a_load_ends_as_a_keep_an_audition_an_abandon_or_nothing() {
    let (a, b) = (preset("a"), preset("b"));
    let (load_a, load_b) = (Loaded(a, None), Loaded(b, None));
    // Played for long.
    check(&[(0, load_a), (31, Heard(29_999)), (40, Heard(0))], &["a load"]);
    check(&[(0, load_a), (31, Heard(30_000)), (50, Heard(30_000))], &["a load", "a keep"]);
    check(&[(0, load_a), (20, Heard(20_000)), (50, Heard(10_000)), (60, load_b)], &["a load", "a keep", "b load"]);
    // Played for a while.
    check(&[(0, load_a), (20, Heard(10_000)), (30, load_b)], &["a load", "a audition", "b load"]);
    check(&[(0, load_a), (20, Heard(10_000)), (30, Closed)], &["a load", "a audition"]);
    // Looked at for long and hardly heard.
    check(&[(0, load_a), (20, Heard(9_999)), (30, load_b)], &["a load", "b load"]);
    // Replaced soon, by a preset or by a state; but not where the instance goes, or by itself.
    check(&[(0, load_a), (9, load_b)], &["a load", "a abandon", "b load"]);
    check(&[(0, load_a), (9, Restored(None))], &["a load", "a abandon"]);
    check(&[(0, load_a), (10, load_b)], &["a load", "b load"]);
    check(&[(0, load_a), (9, Closed)], &["a load"]);
    check(&[(0, load_a), (9, load_a)], &["a load", "a load"]);
}

#[test]
fn what_is_done_to_a_preset_keeps_it_once() {
    let (a, b, c) = (preset("a"), preset("b"), preset("c"));
    let (load_a, load_b) = (Loaded(a, None), Loaded(b, None));
    check(&[(0, load_a), (20, Tweaked), (21, Tweaked)], &["a load", "a tweak", "a keep"]);
    check(&[(0, load_a), (5, Tweaked), (11, Heard(0))], &["a load", "a tweak", "a keep"]);
    check(&[(0, load_a), (5, Tweaked), (6, load_b)], &["a load", "a tweak", "a keep", "b load"]);
    check(&[(0, load_a), (5, Tweaked), (6, Closed)], &["a load", "a tweak", "a keep"]);
    let heart = Said(a, Deed::Favourite);
    check(&[(0, load_a), (20, heart), (30, Heard(30_000))], &["a load", "a favourite", "a keep"]);
    check(&[(0, load_a), (20, Said(a, Deed::Export))], &["a load", "a export", "a keep"]);
    check(&[(0, load_a), (20, Said(a, Deed::Unfavourite))], &["a load", "a unfavourite"]);
    check(&[(0, load_a), (20, Said(b, Deed::Favourite)), (21, load_b)], &["a load", "b favourite", "b load"]);
    check(&[(0, load_a), (20, ProjectSaved), (30, ProjectSaved)], &["a load", "a keep"]);
    // A host that saves at every change has not been told to.
    check(&[(0, load_a), (9, ProjectSaved), (12, load_b)], &["a load", "b load"]);
    // What is saved is another preset; what it was made from is kept too.
    let saved = ["a load", "a tweak", "a keep", "c save", "c keep"];
    check(&[(0, load_a), (20, Tweaked), (30, Saved(c)), (33, ProjectSaved)], &saved);
    check(&[(0, load_a), (20, Saved(a)), (40, Heard(40_000))], &["a load", "a keep", "a save"]);
    check(&[(20, Saved(c)), (25, load_a)], &["c save", "c keep", "a load"]);
}

#[test]
fn a_load_that_is_taken_back_soon_was_never_kept() {
    let (a, b) = (preset("a"), preset("b"));
    let load_b = Loaded(b, None);
    check(&[(0, load_b), (5, Tweaked), (9, Undone(None))], &["b load", "b tweak", "b abandon"]);
    check(&[(0, load_b), (15, Undone(None))], &["b load", "b undo"]);
    check(&[(0, load_b), (5, Tweaked), (15, Undone(None))], &["b load", "b tweak", "b keep", "b undo"]);
    // What comes back was chosen before.
    let back = [(0, load_b), (3, Undone(Some(a))), (50, Heard(40_000)), (60, ProjectSaved)];
    check(&back, &["b load", "b abandon"]);
    check(&[(0, load_b), (3, Undone(Some(a))), (30, Tweaked)], &["b load", "b abandon", "a tweak", "a keep"]);
}

#[test]
fn what_a_project_brings_is_no_load_and_kept_by_what_is_done_to_it() {
    let (a, b) = (preset("a"), preset("b"));
    check(&[(0, Restored(Some(a))), (60, Heard(60_000)), (70, ProjectSaved), (80, Closed)], &[]);
    check(&[(0, Restored(Some(a))), (5, Loaded(b, None))], &["b load"]);
    check(&[(0, Restored(Some(a))), (60, Tweaked)], &["a tweak", "a keep"]);
    // The state that is there already changes nothing.
    let again = [(0, Loaded(a, None)), (5, Restored(Some(a))), (31, Heard(30_000))];
    check(&again, &["a load", "a keep"]);
    check(&[(0, Restored(None)), (60, Heard(60_000)), (61, Tweaked), (62, ProjectSaved)], &[]);
}

#[test]
fn a_preset_of_the_list_is_an_audition_until_it_is_taken() {
    let (a, b, c) = (preset("a"), preset("b"), preset("c"));
    let [try_b, try_c] = [b, c].map(|preset| Tried(preset, None));
    let load_a = (0, Loaded(a, None));
    check(&[load_a, (2, try_b), (3, Heard(400)), (4, try_c), (5, Heard(600)), (6, Left)], &["a load", "c audition"]);
    // What was there before goes on as if nothing had been.
    check(&[load_a, (2, try_b), (6, Left), (31, Heard(30_000))], &["a load", "a keep"]);
    check(&[load_a, (2, Tweaked), (3, try_b), (12, Left)], &["a load", "a tweak", "a keep"]);
    // Taken: now the one before is replaced.
    check(&[load_a, (2, try_b), (3, Taken)], &["a load", "a abandon", "b load"]);
    check(&[load_a, (20, try_b), (23, Taken), (25, Loaded(c, None))], &["a load", "b load", "b abandon", "c load"]);
    check(&[load_a, (2, Tweaked), (3, try_b), (4, Taken)], &["a load", "a tweak", "a keep", "b load"]);
    // Playing it for long, or turning it, takes it too.
    check(&[(0, try_b), (50, Heard(30_000)), (70, Heard(0))], &["b load", "b keep"]);
    check(&[(0, try_b), (20, Tweaked), (40, Heard(0))], &["b load", "b tweak", "b keep"]);
    // But it is still only tried, until it is taken.
    let back = [load_a, (2, try_b), (50, Heard(30_000)), (60, Left), (70, Heard(30_000))];
    check(&back, &["a load", "b load", "b keep", "a keep"]);
    let taken = [load_a, (2, try_b), (5, Said(b, Deed::Favourite)), (6, Taken), (20, Closed)];
    check(&taken, &["a load", "b load", "b favourite", "a abandon", "b keep"]);
    check(&[(0, try_b), (1, Heard(1_000)), (2, Closed)], &["b audition"]);
    check(&[(0, Taken), (1, Left)], &[]);
}

#[test]
fn an_hour_without_an_act_begins_another_session() {
    let mut sitting = Sitting::new(SessionId::of(b"first"), 0);
    let first = sitting.act(Act::Loaded(preset("a"), Some((Shelf::All, 3))), 5_500)[0];
    assert_eq!((first.time, first.session, first.shown), (5, SessionId::of(b"first"), Some((Shelf::All, 3))));
    assert!(sitting.act(Act::Heard(10), 3_000_000).is_empty());
    assert!(sitting.act(Act::Heard(0), 6_000_000).is_empty());
    let second = sitting.act(Act::Tweaked, 6_600_000);
    assert_eq!((second[0].session, second[0].dwell_ms), (first.session, 6_594_500));
    let third = sitting.act(Act::Loaded(preset("b"), None), 6_600_000 + REST + 1);
    assert_ne!(third.last().map(|event| event.session), Some(first.session));
    assert_eq!(third.last().map(|event| event.session), Some(sitting.session()));
}
