//! What holds for all projects: set in one instance, known in all, and kept.

use super::*;
use crate::bridge::{HistoryOrder, HistoryView, Order, ScreenHalf, Standing};
use crate::browser::folders;
use crate::browser::settings::{Change, Scale, Theme};
use crate::plugin::home::is_at_home;

/// Waits until an editor is told something.
fn wait_until(screen: &ScreenHalf, told: &mut Standing, is_reached: impl Fn(&Standing) -> bool) {
    let mut seen = 0;
    wait_for(|| {
        if let Some(standing) = screen.desk().standing(&mut seen) {
            *told = standing;
        }
        is_reached(told)
    });
}

#[test]
fn what_is_set_in_one_instance_is_known_in_all_and_what_other_programs_set_when_a_window_opens() {
    let home = tempfile::tempdir().unwrap();
    let name = "plugin::instrument::tests::settings::\
                what_is_set_in_one_instance_is_known_in_all_and_what_other_programs_set_when_a_window_opens";
    if !is_at_home(name, home.path()) {
        return;
    }
    let (mut one, mut other) = (active::<Clap>(), active::<Clap>());
    let (one, other) = (one.screen.take().unwrap(), other.screen.take().unwrap());
    let mut told = Standing::default();
    one.desk().order(Order::Set(Change::Theme(Theme::Light)));
    wait_until(&other, &mut told, |told| told.settings.theme == Theme::Light);
    let file = folders::settings().unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("\"light\""));
    std::fs::write(&file, r#"{"version":1,"scale":200}"#).unwrap();
    other.desk().order(Order::Reread);
    wait_until(&one, &mut told, |told| told.settings.scale == Scale::percent(200));
    assert_eq!(told.settings.theme, Theme::Dark);
    one.desk().look_at_history(true);
    wait_until(&one, &mut told, |told| told.history == HistoryView::Empty);
    one.desk().order(Order::History(HistoryOrder::Record(false)));
    wait_until(&other, &mut told, |told| matches!(&told.history, HistoryView::Read(stat) if !stat.recording));
    assert_eq!(told.done, Some(Ok("Nothing is recorded any more.".to_owned())));
}
