//! Handing presets on: a folder is written, and the librarian puts a file there.

use egui::{Key, TextEdit, Ui};

use super::super::Screen;
use super::super::theme::Themed as _;
use super::tags::hold_escape;
use super::{Focus, Ids};
use crate::bridge::{Order, Parcel};
use crate::browser::usage::PresetId;

/// What is to be handed on, and where to.
#[derive(Default)]
pub(super) struct Export {
    /// The field is shown for this.
    parcel: Option<Parcel>,
    /// As it was written last.
    folder: String,
    /// The field is to have the keyboard's focus.
    wants: bool,
}

impl Export {
    /// Closes the field; what was written is there when it opens again.
    pub(super) fn close(&mut self) {
        self.parcel = None;
    }

    fn open(&mut self, parcel: Parcel) {
        if self.folder.is_empty() {
            self.folder = std::env::home_dir().map(|home| home.display().to_string()).unwrap_or_default();
        }
        (self.parcel, self.wants) = (Some(parcel), true);
    }
}

/// Draws what hands on these presets or their bank.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, about: &[PresetId], bank: Option<String>, screen: &mut Screen) {
    let export = &mut screen.browser.details.export;
    ui.horizontal_wrapped(|ui| {
        let name =
            if about.len() == 1 { "Export preset".to_owned() } else { format!("Export {} presets", about.len()) };
        if ui.button(name).on_hover_text("Writes a file that others can take in").clicked() {
            export.open(Parcel::Presets(about.to_vec()));
        }
        if let Some(bank) = bank
            && ui.button("Export bank").on_hover_text(format!("Writes all of {bank} into one file")).clicked()
        {
            export.open(Parcel::Bank(bank));
        }
    });
    if export.parcel.is_some() {
        folder(ui, ids, screen);
    }
}

fn folder(ui: &mut Ui, ids: &Ids, screen: &mut Screen) {
    let browser = &mut screen.browser;
    let export = &mut browser.details.export;
    let field =
        TextEdit::singleline(&mut export.folder).id(ids.folder).hint_text("Folder").desired_width(ui.available_width());
    let field = field.background_color(ui.colours().well);
    let response = ui.add(field.margin(egui::Margin::symmetric(8, 4)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Folder to export to"));
    hold_escape(ui, &response);
    if std::mem::take(&mut export.wants) {
        super::keys::end_of(ui, ids.folder, &export.folder);
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut leaves = false;
    ui.horizontal(|ui| {
        if (ui.button("Export here").clicked() || entered)
            && let Some(parcel) = export.parcel.take()
        {
            screen.half.desk().order(Order::Export { parcel, folder: export.folder.trim().to_owned() });
            leaves = true;
        }
        if ui.button("Cancel").clicked() {
            export.close();
            leaves = true;
        }
    });
    if leaves {
        browser.wants = Some(Focus::List);
    }
}
