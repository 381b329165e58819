//! Taking presets in, in place of the rows: a path is written, the librarian copies what lies there into the user's folder,
//! and what came of it is told, each file that could not be taken with its reason.

use egui::{Button, Key, Label, Rect, RichText, ScrollArea, TextEdit, Ui, UiBuilder, vec2};

use super::super::Screen;
use super::super::rows::{explain, status};
use super::super::theme::{self, Themed as _};
use super::{Browser, Focus, Ids, Instead, keys, tags};
use crate::bridge::Order;
use crate::browser::library::Intake;

const ABOUT: &str = "A .zither file, a .zitherbank file, or a folder with any number of both. They are copied into your \
    presets; what is there already is left as it is, and nothing is replaced.";

/// What is to be taken in, and what came of it.
#[derive(Default)]
pub(super) struct Import {
    /// The path, as it was written last.
    path: String,
    /// The field is to have the keyboard's focus.
    wants: bool,
    pub(super) said: Option<Result<Intake, String>>,
}

impl Browser {
    /// Shows what takes presets in, or the rows again.
    pub(super) fn show_import(&mut self, shows: bool) {
        self.instead = shows.then_some(Instead::Import);
        self.import.wants = shows;
        if !shows {
            self.wants = Some(Focus::List);
        }
    }
}

/// Draws it.
pub(super) fn draw(ui: &mut Ui, ids: &Ids, area: Rect, screen: &mut Screen) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("import"), |ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        ui.add(Label::new(RichText::new("Import presets").font(theme::title()).color(ui.colours().text)));
        explain(ui, ABOUT);
        path(ui, ids, screen);
        match &screen.browser.import.said {
            Some(Ok(intake)) => told(ui, intake),
            Some(Err(reason)) => status(ui, reason),
            None => {}
        }
    });
}

/// The field, and what becomes of what is written there.
fn path(ui: &mut Ui, ids: &Ids, screen: &mut Screen) {
    let browser = &mut screen.browser;
    let import = &mut browser.import;
    let field = TextEdit::singleline(&mut import.path).id(ids.file).hint_text("Path of a file or a folder");
    let field = field.desired_width(ui.available_width()).background_color(ui.colours().well);
    let response = ui.add(field.margin(egui::Margin::symmetric(8, 5)));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("File or folder to import"));
    tags::hold_escape(ui, &response);
    if std::mem::take(&mut import.wants) {
        keys::end_of(ui, ids.file, &import.path);
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let can = browser.work.is_none() && !import.path.trim().is_empty();
    let (takes, leaves) = ui
        .horizontal(|ui| {
            let takes = ui.add_enabled(can, Button::new("Take in")).clicked() || (entered && can);
            (takes, ui.button("Back to the presets").clicked())
        })
        .inner;
    if takes {
        import.said = None;
        screen.half.desk().order(Order::Import(import.path.trim().to_owned()));
    }
    if leaves {
        browser.show_import(false);
    }
}

/// What came of it, and what could not be taken.
fn told(ui: &mut Ui, intake: &Intake) {
    status(ui, &intake.to_string());
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for problem in &intake.problems {
            explain(ui, problem);
        }
        if intake.failed > intake.problems.len() {
            explain(ui, &format!("and {} more", intake.failed - intake.problems.len()));
        }
    });
}
