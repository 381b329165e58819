//! The list's keys. Arrows, and letters that do something, belong to the list alone, so that no stray key changes a sound.

use egui::text::{CCursor, CCursorRange};
use egui::widgets::text_edit::TextEditState;
use egui::{Event, EventFilter, Id, Key, Modifiers, Ui};

use super::super::{Hands, Screen};
use super::{Browser, Focus, Ids, Instead};
use crate::bridge::{Desk, Order};
use crate::browser::history::Mark;
use crate::browser::usage::PresetId;

/// Rows of a page.
const PAGE: isize = 10;

/// Reads the keys that work wherever the focus is: Ctrl+F opens the list, Ctrl+Z takes a step back, Ctrl+Shift+Z does it
/// again, Ctrl+S saves, and brackets step through the list where no text is written. A form that is open has the keys to
/// itself.
pub(in crate::editor) fn everywhere(ui: &Ui, hands: &Hands, screen: &mut Screen) {
    if screen.typing.is_some() || screen.browser.form.is_open {
        return;
    }
    if pressed(ui, Modifiers::COMMAND, Key::F) {
        if screen.browser.open {
            screen.browser.wants = Some(Focus::Search);
        } else {
            screen.browser.toggle(hands);
        }
    }
    let again = [(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z), (Modifiers::COMMAND, Key::Y)];
    if again.into_iter().any(|(modifiers, key)| pressed(ui, modifiers, key)) {
        screen.browser.trial.redo(hands, screen.half.desk());
    }
    if pressed(ui, Modifiers::COMMAND, Key::Z) {
        screen.browser.trial.undo(hands, screen.half.desk());
    }
    if pressed(ui, Modifiers::COMMAND, Key::S) {
        screen.browser.ask_to_save(hands);
    }
    if !ui.ctx().text_edit_focused() {
        for bracket in typed(ui, |text| matches!(text, "[" | "]")) {
            screen.browser.turn(if bracket == "]" { 1 } else { -1 });
        }
    }
}

/// Reads the keys of the open list.
pub(super) fn read(ui: &Ui, ids: &Ids, hands: &Hands, screen: &mut Screen) {
    let (in_search, in_list) = ui.memory(|memory| (memory.has_focus(ids.search), memory.has_focus(ids.list)));
    let browser = &mut screen.browser;
    if pressed(ui, Modifiers::NONE, Key::Escape) {
        let writes = ui.memory(|memory| memory.has_focus(ids.tags) || memory.has_focus(ids.folder));
        return match browser.instead {
            _ if writes => browser.leave_field(),
            Some(Instead::Import) => browser.show_import(false),
            Some(Instead::Problems) | None => browser.cancel(hands),
        };
    }
    if !in_search && !in_list {
        return;
    }
    if pressed(ui, Modifiers::NONE, Key::Enter) {
        browser.keep(hands, screen.half.desk());
    }
    walk(ui, browser);
    if in_list {
        letters(ui, hands, screen);
    }
}

/// Up and down, which bring the focus to the list.
fn walk(ui: &Ui, browser: &mut Browser) {
    let steps = [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, PAGE), (Key::PageUp, -PAGE)];
    for (key, by) in steps {
        if pressed(ui, Modifiers::SHIFT, key) {
            browser.extend(by);
            browser.wants = Some(Focus::List);
        } else if pressed(ui, Modifiers::NONE, key) {
            browser.step(by, ui.input(|input| input.time));
            browser.wants = Some(Focus::List);
        }
    }
}

/// Letters with the list's focus: some do something, all others are looked for.
fn letters(ui: &Ui, hands: &Hands, screen: &mut Screen) {
    for text in typed(ui, |_| true) {
        let (browser, desk) = (&mut screen.browser, screen.half.desk());
        let about = browser.meant();
        match text.as_str() {
            "f" | "F" if !about.is_empty() => heart(&about, browser, desk),
            "x" | "X" if !about.is_empty() => hide(&about, browser, desk),
            "0" | "1" | "2" | "3" | "4" | "5" if !about.is_empty() => rate(&about, text.as_bytes()[0] - b'0', desk),
            "m" | "M" if browser.view.made.is_some() => browser.make_another(),
            "r" | "R" => browser.jump(ui.input(|input| input.time)),
            "." if about.len() == 1 => browser.show_similar(about[0]),
            "c" | "C" => browser.trial.compare(hands, desk),
            "/" => browser.wants = Some(Focus::Search),
            _ => {
                browser.filter.text.push_str(&text);
                browser.begin_anew();
                browser.wants = Some(Focus::Search);
            }
        }
    }
    if pressed(ui, Modifiers::NONE, Key::Backspace) {
        screen.browser.wants = Some(Focus::Search);
    }
}

/// Gives presets a heart, or takes it back where all have one.
pub(super) fn heart(presets: &[PresetId], browser: &Browser, desk: &Desk) {
    let has_heart = |preset| browser.view.marks.get(preset).is_some_and(|marks| marks.favourite);
    let gives = !presets.iter().all(has_heart);
    presets.iter().for_each(|&preset| desk.order(Order::Mark(preset, Mark::Favourite(gives))));
}

/// Gives presets so many stars.
pub(super) fn rate(presets: &[PresetId], stars: u8, desk: &Desk) {
    presets.iter().for_each(|&preset| desk.order(Order::Mark(preset, Mark::Rating(stars))));
}

/// Hides presets, or has them back where all are hidden. The one after them is selected then, but not tried by that.
pub(super) fn hide(presets: &[PresetId], browser: &mut Browser, desk: &Desk) {
    let is_hidden = |preset| browser.view.marks.get(preset).is_some_and(|marks| marks.hidden);
    let hides = !presets.iter().all(is_hidden);
    for &preset in presets {
        desk.order(Order::Mark(preset, Mark::Hidden(hides)));
        if hides {
            browser.trial.hidden(preset);
        }
    }
}

/// Keeps the arrow keys from moving the focus while the list has it.
pub(super) fn hold(ui: &Ui, list: Id) {
    let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list, filter));
}

/// Puts the cursor behind the last letter of a field.
pub(super) fn end_of(ui: &Ui, field: Id, text: &str) {
    let mut state = TextEditState::load(ui.ctx(), field).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(text.chars().count()))));
    state.store(ui.ctx(), field);
}

pub(super) fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}

/// Takes what was typed in this frame and is wanted.
fn typed(ui: &Ui, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    ui.input_mut(|input| {
        let mut typed = Vec::new();
        input.events.retain(|event| match event {
            Event::Text(text) if is_wanted(text) => {
                typed.push(text.clone());
                false
            }
            _ => true,
        });
        typed
    })
}
