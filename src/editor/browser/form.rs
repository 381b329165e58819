//! The form in which the present sound is saved as a preset: five texts, until the librarian has made a file of them.

use egui::text::{CCursor, CCursorRange};
use egui::widgets::text_edit::TextEditState;
use egui::{Align, Id, Key, Modifiers, Rect, TextEdit, Ui, UiBuilder, pos2, vec2};

use super::super::theme::Themed as _;
use super::super::{Hands, Screen, theme};
use super::filter::Filter;
use super::keys::pressed;
use super::{Browser, Focus};
use crate::bridge::{Desk, Draft, Order, View};
use crate::browser::library::{Entry, Library, USER_BANK};
use crate::browser::preset::Preset;
use crate::browser::usage::{PresetId, Shelf};
use crate::params::{Named, Sound};

const NAME: usize = 0;
/// What is asked for, and what helps to answer; the name first.
const FIELDS: [(&str, &str); 5] = [
    ("Preset name", ""),
    ("Bank", "a folder of your presets"),
    ("Category", "Keys, Pads, Bass ..."),
    ("Tags", "warm, wide, slow"),
    ("Description", "a sentence about it"),
];
const LABEL: f32 = 110.0;
const FIELD: f32 = 420.0;
const LINE: f32 = 38.0;
const KEYS: &str = "Enter saves, Esc closes, Tab goes on";

/// What stands in the form. Texts stay until they are saved or another preset is loaded.
#[derive(Default)]
pub(super) struct Form {
    pub(super) is_open: bool,
    /// The list was opened for the form alone.
    pub(super) is_alone: bool,
    /// The loaded preset when it was opened.
    about: Option<Named>,
    texts: [String; FIELDS.len()],
    /// What was put there: a field where something else stands was edited.
    given: [String; FIELDS.len()],
    /// The field that is to have the keyboard's focus.
    wants: Option<usize>,
    /// The librarian has it.
    waits: bool,
    trouble: Option<String>,
}

impl Form {
    /// Opens it for the loaded preset.
    pub(super) fn show(&mut self, loaded: Named, view: &View, is_alone: bool) {
        if self.about.as_ref() != Some(&loaded) {
            *self = Self { about: Some(loaded), waits: self.waits, ..Self::default() };
        }
        (self.is_open, self.is_alone, self.wants) = (true, is_alone, Some(NAME));
        self.learn(&view.library);
    }

    /// Puts into the fields what is known of the preset by now, where the user has not been faster.
    pub(super) fn learn(&mut self, library: &Library) {
        let Some((name, id)) = &self.about else { return };
        let card = id.and_then(|id| library.entry(id)).map(Entry::card);
        let (category, tags, description) = card.map_or_else(Default::default, |card| {
            (card.category.to_string(), card.tags.join(", "), card.description.to_string())
        });
        let given = [name.clone(), last_bank(library), category, tags, description];
        for ((text, old), new) in self.texts.iter_mut().zip(&self.given).zip(&given) {
            if text == old {
                text.clone_from(new);
            }
        }
        self.given = given;
    }

    /// Whether it can be given to the librarian; if not, it says why.
    pub(super) fn is_ready(&mut self) -> bool {
        if self.texts[NAME].trim().is_empty() {
            self.trouble = Some("Give the preset a name.".to_owned());
            self.wants = Some(NAME);
        }
        !self.waits && !self.texts[NAME].trim().is_empty()
    }

    /// Gives it to the librarian.
    pub(super) fn save(&mut self, sound: &Sound, desk: &Desk) {
        let [name, bank, category, tags, description] = self.texts.each_ref().map(|text| text.trim());
        let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let (category, description) = (category.to_owned(), description.to_owned());
        let preset = Preset { category, tags, description, ..sound.to_preset(name) };
        let draft = Draft { preset, bank: bank.to_owned(), made_from: sound.made_from() };
        desk.order(Order::Save(Box::new(draft)));
        (self.waits, self.trouble) = (true, None);
    }

    /// Takes up what the librarian says; the preset, if it was saved. What was not is there to be tried again.
    pub(super) fn settle(&mut self, outcome: Result<PresetId, String>) -> Option<PresetId> {
        self.waits = false;
        match outcome {
            Ok(preset) => {
                self.about = None;
                Some(preset)
            }
            Err(reason) => {
                (self.is_open, self.trouble) = (true, Some(reason));
                None
            }
        }
    }
}

impl Browser {
    /// Opens the form in which the sound is saved, and the list for it where that is closed.
    pub(in crate::editor) fn ask_to_save(&mut self, hands: &Hands) {
        if self.form.is_open {
            return;
        }
        let is_alone = !self.open;
        if is_alone {
            self.show(hands);
        }
        (self.enter, self.wants) = (false, None);
        self.trial.stay();
        self.form.show(hands.params.kept.preset.named(), &self.view, is_alone);
    }

    /// Saves the sound as the form says. What is tried is taken with that.
    fn save(&mut self, hands: &Hands, desk: &Desk) {
        if self.form.is_ready() {
            // Before the host hears of what is tried, and rounds it.
            let sound = Sound::of(hands.params);
            self.trial.keep(hands, &self.view);
            self.form.save(&sound, desk);
        }
    }

    /// Takes up what became of it: a preset that is there now, or why the form has to be seen again.
    pub(super) fn settle_saved(&mut self, outcome: Result<PresetId, String>) {
        match self.form.settle(outcome) {
            None => self.open = true,
            Some(_) if !self.form.is_open => {}
            Some(_) if self.form.is_alone => self.hide(),
            Some(preset) => {
                self.leave_form();
                self.shelf = Shelf::All;
                self.filter = Filter::default();
                self.look += 1;
                self.sought = Some(preset);
            }
        }
    }

    /// Closes the form; what was typed is there when it opens again.
    fn leave_form(&mut self) {
        self.form.is_open = false;
        if self.form.is_alone {
            self.hide();
        } else {
            self.wants = Some(Focus::List);
        }
    }
}

/// The user's bank that was changed last.
fn last_bank(library: &Library) -> String {
    let places = library.entries().iter().flat_map(|entry| &entry.places);
    let own = places.filter(|place| !place.is_factory() && place.path.is_some());
    own.max_by_key(|place| place.modified).map_or(USER_BANK, |place| &place.bank).to_owned()
}

/// Draws it in place of the list, and reads its keys.
pub(super) fn draw(ui: &mut Ui, area: Rect, hands: &Hands, screen: &mut Screen) {
    let browser = &mut screen.browser;
    let ids: [Id; FIELDS.len()] = std::array::from_fn(|field| ui.scope_id().with(("save", field)));
    let is_typing = ids.iter().any(|id| ui.memory(|memory| memory.has_focus(*id)));
    let mut saves = is_typing && pressed(ui, Modifiers::NONE, Key::Enter);
    let mut leaves = pressed(ui, Modifiers::NONE, Key::Escape);
    let line =
        |number: usize| Rect::from_min_size(area.min + vec2(0.0, LINE * number as f32), vec2(area.width(), LINE - 8.0));
    super::super::text(ui, line(0), "Save the sound as a preset", Align::Min, theme::title(), ui.colours().muted);
    for (field, id) in ids.into_iter().enumerate() {
        self::field(ui, line(field + 1), field, id, &mut browser.form);
    }
    let buttons = line(FIELDS.len() + 1).with_min_x(area.left() + LABEL);
    ui.scope_builder(UiBuilder::new().max_rect(buttons).id_salt("save buttons"), |ui| {
        ui.horizontal_centered(|ui| {
            saves |=
                ui.button("Save preset").on_hover_text("Nothing is replaced: another file name is found").clicked();
            leaves |= ui.button("Cancel").on_hover_text("Closes the form; the sound stays").clicked();
        });
    });
    let (said, colour) = match (&browser.form.trouble, browser.form.waits) {
        (_, true) => ("It is being saved.", ui.colours().muted),
        (Some(trouble), false) => (trouble.as_str(), ui.colours().alert),
        (None, false) => (KEYS, ui.colours().muted),
    };
    tell(ui, line(FIELDS.len() + 2).with_min_x(area.left() + LABEL), said, colour);
    if leaves {
        browser.leave_form();
    } else if saves {
        browser.save(hands, screen.half.desk());
    }
}

/// A field with its name before it.
fn field(ui: &mut Ui, line: Rect, field: usize, id: Id, form: &mut Form) {
    let (label, hint) = FIELDS[field];
    super::super::text(ui, line.with_max_x(line.left() + LABEL), label, Align::Min, theme::body(), ui.colours().text);
    let area =
        Rect::from_min_max(pos2(line.left() + LABEL, line.top()), pos2(line.left() + LABEL + FIELD, line.bottom()));
    let text = &mut form.texts[field];
    let edit = TextEdit::singleline(text).id(id).hint_text(hint).desired_width(FIELD - 16.0);
    let response = ui.put(area, edit.margin(egui::Margin::symmetric(8, 6)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    if form.wants == Some(field) {
        form.wants = None;
        // All of it is selected: who types gives another name.
        let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        let end = CCursor::new(text.chars().count());
        state.cursor.set_char_range(Some(CCursorRange::two(CCursor::default(), end)));
        state.store(ui.ctx(), id);
        response.request_focus();
    }
}

/// The line below the buttons; what does not fit is read by pointing at it.
fn tell(ui: &Ui, area: Rect, said: &str, colour: egui::Color32) {
    super::super::text(ui, area, said, Align::Min, theme::small(), colour);
    let response = ui.interact(area, ui.scope_id().with("said"), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Status, true, said));
    response.on_hover_text(said);
}
