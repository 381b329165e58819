//! What there is to say while nothing is recognised: why, how much was compared with what, and what a match would tell.

use egui::accesskit::Role;
use egui::{Align, Label, ProgressBar, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::rows::{explain, fact, row, section, takeaway, tell};
use super::super::theme::{self, Themed as _};
use super::super::{Screen, settings, text};
use super::details::{LONGEST, NOT_SAID};
use super::{NAMES, build_command, checked};
use crate::bridge::{Heard, IndexFacts, IndexView, Stream};

/// Height of a bar of coverage, with what is written above it, and of the bar alone.
const COVERAGE: f32 = 34.0;
const BAR: f32 = 10.0;
/// Distance of the lines that fill what was not checked.
const HATCH: f32 = 6.0;
/// Why not all was compared, and what helps.
const BEHIND: &str =
    "The machine was busy, so that some was left out. Bounced offline nothing is: then the host waits (in CLAP).";
/// What each row of a match says.
const MATCH: [(&str, &str); 5] = [
    ("Whose it is", "title, artist and owner, as the catalogue of your index has them"),
    ("On what terms", "its licence, and what you are asked to do: allow, attribute, ask or deny"),
    ("Where", "the part of the work that is heard, on a timeline, and when that is in your project"),
    ("How sure", "how many such reports are wrong, measured on recordings with known answers"),
    ("Afterwards", "a row in the list on the right and in the ledger of this project, which the report is made of"),
];

/// Draws it.
pub(super) fn draw(ui: &mut Ui, screen: &Screen) {
    why(ui, &screen.report.index);
    if let IndexView::Open(facts) = &screen.report.index {
        section(ui, "Compared with the index", |ui| {
            Stream::ALL
                .into_iter()
                .for_each(|stream| coverage(ui, NAMES[stream as usize], &screen.heard[stream as usize]));
        });
        if screen.heard.iter().any(|heard| heard.unchecked_seconds > 0.0) {
            explain(ui, BEHIND);
            ui.add_space(theme::GAP);
        }
        section(ui, "The index", |ui| index(ui, facts));
    }
    section(ui, "What a match tells", |ui| MATCH.iter().for_each(|(caption, text)| fact(ui, caption, text)));
    explain(ui, NOT_SAID);
}

/// Why nothing is told, and what to do.
fn why(ui: &mut Ui, index: &IndexView) {
    match index {
        IndexView::Missing(folder) => {
            headline(ui, "There is no rights index yet");
            explain(ui, "Without one nothing is checked. Make one of the recordings that you want recognised:");
            takeaway(ui, "Command", &build_command(folder));
            explain(
                ui,
                "LIST is a file with a path of a recording on each line. The index is taken up within seconds.",
            );
        }
        IndexView::Refused(reason) => {
            headline(ui, "The rights index is not used");
            tell(ui, &format!("{reason}."));
            explain(ui, "Until it can be, nothing is checked.");
        }
        IndexView::Opening { done, of } => {
            headline(ui, "The rights index is being opened");
            let share = *done as f32 / (*of).max(1) as f32;
            let bar = ui.add(ProgressBar::new(share).desired_width(LONGEST).text(format!("{done} of {of} parts")));
            ui.ctx().accesskit_node_builder(bar.id, |node| node.set_label("Opening the rights index"));
        }
        IndexView::Unopened => headline(ui, "Nothing has sounded yet"),
        IndexView::Open(_) => headline(ui, "Nothing of the index was recognised so far"),
    }
    ui.add_space(theme::GAP);
}

/// How much of what sounded in a stream was compared: a bar, hatched where it was not.
fn coverage(ui: &mut Ui, name: &str, heard: &Heard) {
    row(ui, name, |ui| {
        let (area, response) =
            ui.allocate_exact_size(vec2(ui.available_width().min(LONGEST), COVERAGE), Sense::hover());
        let said = in_words(heard);
        let line = area.with_max_y(area.bottom() - BAR);
        text(ui, line, &said, Align::Min, theme::small(), ui.colours().text);
        bar(ui, area.with_min_y(area.bottom() - BAR), heard);
        response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, format!("{name}, compared: {said}")));
    });
    ui.add_space(4.0);
}

fn in_words(heard: &Heard) -> String {
    let (done, missed) = (heard.checked_seconds, heard.unchecked_seconds);
    match (done + missed, missed) {
        (0.0, _) => "nothing has sounded yet".to_owned(),
        (_, 0.0) => format!("{}, all that sounded", checked(heard)),
        (all, _) => format!("{} ({:.0} % of what sounded)", checked(heard), (100.0 * done / all).floor()),
    }
}

fn bar(ui: &Ui, area: Rect, heard: &Heard) {
    let (painter, colours) = (ui.painter(), ui.colours());
    painter.rect_filled(area, BAR / 2.0, colours.well);
    let all = heard.checked_seconds + heard.unchecked_seconds;
    if all == 0.0 {
        return;
    }
    let split = area.left() + area.width() * heard.checked_seconds / all;
    painter.rect_filled(area.with_max_x(split), BAR / 2.0, colours.sound);
    let hatched = painter.with_clip_rect(area.with_min_x(split));
    for number in 0..((area.right() - split) / HATCH).ceil() as usize + 1 {
        let x = split + HATCH * number as f32;
        let ends = [pos2(x - BAR / 2.0, area.bottom()), pos2(x + BAR / 2.0, area.top())];
        hatched.line_segment(ends, Stroke::new(1.5, colours.muted));
    }
}

/// What is listened for.
fn index(ui: &mut Ui, facts: &IndexFacts) {
    let holds = format!("{} recordings, {:.1} hours of music", facts.tracks, facts.hours);
    fact(ui, "It holds", &holds);
    let made = facts.made.map_or_else(|| "not known".to_owned(), |made| made.to_string());
    fact(ui, "Made on", &made);
    if let Some(damage) = &facts.damage {
        fact(ui, "Not readable", damage);
    }
    fact(ui, "It lies in", &settings::index_place());
}

fn headline(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).font(theme::title()).color(ui.colours().text)).wrap());
    ui.add_space(4.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_told_in_words_and_never_rounded_up_to_all() {
        let heard =
            |checked_seconds, unchecked_seconds| Heard { checked_seconds, unchecked_seconds, ..Heard::default() };
        assert_eq!(in_words(&heard(0.0, 0.0)), "nothing has sounded yet");
        assert_eq!(in_words(&heard(155.0, 0.0)), "2:35 checked, all that sounded");
        assert_eq!(in_words(&heard(999.9, 0.1)), "16:39 checked, unchecked: 0.1 s (99 % of what sounded)");
    }
}
