//! The list's keys. Arrows, and letters that do something, belong to the list alone, so that no stray key changes a sound.

use egui::text::{CCursor, CCursorRange};
use egui::widgets::text_edit::TextEditState;
use egui::{Event, EventFilter, Id, Key, Modifiers, Ui};

use super::super::{Hands, Screen};
use super::{Browser, Focus, Ids};
use crate::bridge::{Desk, Order};
use crate::browser::history::Mark;
use crate::browser::usage::PresetId;

/// Rows of a page.
const PAGE: isize = 10;

/// Reads the keys that work wherever the focus is: Ctrl+F opens the list, Ctrl+Z takes a load back, Ctrl+S
/// saves. A form that is open has the keys to itself.
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
    if pressed(ui, Modifiers::COMMAND, Key::Z) {
        screen.browser.trial.undo(hands, screen.half.desk());
    }
    if pressed(ui, Modifiers::COMMAND, Key::S) {
        screen.browser.ask_to_save(hands);
    }
}

/// Reads the keys of the open list.
pub(super) fn read(ui: &Ui, ids: &Ids, hands: &Hands, screen: &mut Screen) {
    let (in_search, in_list) = ui.memory(|memory| (memory.has_focus(ids.search), memory.has_focus(ids.list)));
    let browser = &mut screen.browser;
    if pressed(ui, Modifiers::NONE, Key::Escape) {
        return browser.cancel(hands);
    }
    if !in_search && !in_list {
        return;
    }
    if pressed(ui, Modifiers::NONE, Key::Enter) {
        browser.keep(hands, screen.half.desk());
    }
    walk(ui, browser);
    if in_list {
        letters(ui, screen);
    }
}

/// Up and down, which bring the focus to the list.
fn walk(ui: &Ui, browser: &mut Browser) {
    let steps = [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, PAGE), (Key::PageUp, -PAGE)];
    for (key, by) in steps {
        if pressed(ui, Modifiers::NONE, key) {
            browser.step(by, ui.input(|input| input.time));
            browser.wants = Some(Focus::List);
        }
    }
}

/// Letters with the list's focus: some do something, all others are looked for.
fn letters(ui: &Ui, screen: &mut Screen) {
    let browser = &mut screen.browser;
    for text in typed(ui) {
        let selected = browser.selected;
        match (text.as_str(), selected) {
            ("f" | "F", Some(preset)) => heart(preset, browser, screen.half.desk()),
            ("x" | "X", Some(preset)) => hide(preset, browser, screen.half.desk()),
            ("m" | "M", _) if browser.view.made.is_some() => browser.make_another(),
            ("/", _) => browser.wants = Some(Focus::Search),
            _ => {
                browser.filter.text.push_str(&text);
                browser.begin_anew();
                browser.wants = Some(Focus::Search);
            }
        }
    }
    if pressed(ui, Modifiers::NONE, Key::Backspace) {
        browser.wants = Some(Focus::Search);
    }
}

/// Gives a preset a heart, or takes it back.
pub(super) fn heart(preset: PresetId, browser: &Browser, desk: &Desk) {
    let has_heart = browser.view.marks.get(&preset).is_some_and(|marks| marks.favourite);
    desk.order(Order::Mark(preset, Mark::Favourite(!has_heart)));
}

/// Hides a preset. The one after it is selected then, but not tried by that.
fn hide(preset: PresetId, browser: &mut Browser, desk: &Desk) {
    desk.order(Order::Mark(preset, Mark::Hidden(true)));
    browser.trial.hidden(preset);
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

/// Takes what was typed in this frame.
fn typed(ui: &Ui) -> Vec<String> {
    ui.input_mut(|input| {
        let mut typed = Vec::new();
        input.events.retain(|event| match event {
            Event::Text(text) => {
                typed.push(text.clone());
                false
            }
            _ => true,
        });
        typed
    })
}
