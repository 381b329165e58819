//! The line below the list: what the keys do or what went wrong, or how far long work is, and how many rows there are.

use egui::accesskit::Role;
use egui::{Align, Button, ProgressBar, Rect, RichText, Sense, Ui, UiBuilder, WidgetInfo};

use super::super::Screen;
use super::super::theme::{self, Themed as _};
use super::{Browser, Instead};
use crate::bridge::{Desk, Order, Work, WorkKind};

/// Width of the bar of long work.
const PROGRESS: f32 = 260.0;
/// Width of what ends the reading of files.
const READING: f32 = 92.0;
const KEYS: &str = "Up, Down try \u{b7} Enter keeps \u{b7} Esc goes back \u{b7} F heart \u{b7} X hide \u{b7} R random \u{b7} C compare";
/// All of them.
const ALL_KEYS: &str = "Up, Down try; Enter keeps; Esc goes back; letters and / search\n\
    F heart; 1 to 5 stars, 0 none; X hide; R any other; . similar; C compare with what is saved\n\
    Ctrl+Z, Ctrl+Shift+Z back and forth through loads and edits; [ and ] before and after, here and elsewhere\n\
    Shift or Ctrl with an arrow or a click: several; Ctrl+S saves";

/// Draws the line below: what the keys do or what went wrong, how many rows there are, and what could not be read.
pub(super) fn footer(ui: &mut Ui, area: Rect, screen: &mut Screen) {
    let browser = &mut screen.browser;
    let problems = browser.view.library.problems().len();
    let mut rest = area;
    if problems > 0 {
        let name = match problems {
            1 => "1 file could not be read".to_owned(),
            count => format!("{count} files could not be read"),
        };
        let width = 170.0;
        let place = area.with_min_x(area.right() - width);
        let shows = browser.instead == Some(Instead::Problems);
        let button = Button::selectable(shows, egui::RichText::new(name).font(theme::small()));
        if ui.put(place, button).on_hover_text("Lists them with the reasons").clicked() {
            browser.instead = (!shows).then_some(Instead::Problems);
        }
        rest = area.with_max_x(place.left() - 8.0);
    }
    let count = count(browser);
    if !browser.view.is_complete {
        let place = rest.with_min_x(rest.right() - READING);
        read(ui, place, browser.view.is_halted, screen.half.desk());
        rest = rest.with_max_x(place.left() - 8.0);
    }
    let counted = rest.with_min_x(rest.right() - if browser.view.is_complete { 96.0 } else { 250.0 });
    status(ui, counted, &count, Align::Max);
    let left = rest.with_max_x(counted.left() - 8.0);
    if let Some(work) = browser.work {
        return self::work(ui, left, work, screen.half.desk());
    }
    let (said, colour) = match browser.trial.trouble() {
        Some(trouble) => (trouble, ui.colours().alert),
        None => (KEYS, ui.colours().muted),
    };
    super::super::text(ui, left, said, Align::Min, theme::small(), colour);
    let response = ui.interact(left, ui.scope_id().with("said"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
    response.on_hover_text(browser.trial.trouble().unwrap_or(ALL_KEYS));
}

/// What ends the first reading of files, or goes on with it.
fn read(ui: &mut Ui, place: Rect, is_halted: bool, desk: &Desk) {
    let (name, tip) = match is_halted {
        false => ("Stop reading", "What was read is there; the rest is read when you want it"),
        true => ("Read on", "Reads the files that are left"),
    };
    let button = Button::new(RichText::new(name).font(theme::small()));
    if ui.put(place, button).on_hover_text(tip).clicked() {
        desk.order(Order::Read(is_halted));
    }
}

/// How far long work is, with what ends it.
fn work(ui: &mut Ui, area: Rect, work: Work, desk: &Desk) {
    let doing = match work.kind {
        WorkKind::Import => "Importing presets",
        WorkKind::Export => "Exporting presets",
    };
    let (done, of) = work.so_far;
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("work"), |ui| {
        ui.horizontal_centered(|ui| {
            let text = RichText::new(format!("{doing}, {done} of {of}")).font(theme::small());
            let share = done as f32 / of.max(1) as f32;
            let bar = ui.add(ProgressBar::new(share).desired_width(PROGRESS).text(text));
            ui.ctx().accesskit_node_builder(bar.id, |node| node.set_label(doing));
            let stop = ui.add(Button::new(RichText::new("Stop").font(theme::small())));
            if stop.on_hover_text("Ends it with what was done so far").clicked() {
                desk.order(Order::Stop);
            }
        });
    });
}

/// A text that assistive technology tells when it changes.
fn status(ui: &Ui, area: Rect, said: &str, align: Align) {
    super::super::text(ui, area, said, align, theme::small(), ui.colours().muted);
    let response = ui.interact(area.intersect(ui.max_rect()), ui.scope_id().with("count"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, said));
}

fn count(browser: &Browser) -> String {
    let view = &browser.view;
    let count = match view.count() {
        1 => "1 preset".to_owned(),
        count => format!("{count} presets"),
    };
    match view.progress {
        _ if view.is_complete => count,
        (read, files) if view.is_halted => format!("{count}, stopped at {read} of {files} files"),
        (_, 0) => format!("{count}, more are looked for"),
        (read, files) => format!("{count}, {read} of {files} files read"),
    }
}
