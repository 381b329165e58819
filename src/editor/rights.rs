//! The rights panel: whose music is heard, what to do about it, and on what evidence. It tells and never judges.

use egui::{Align, Button, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::{Screen, theme};
use crate::bridge::{Heard, IndexFacts, IndexView, Recognition, Stream};
use crate::rights::catalogue::{Licence, Work};
use crate::rights::report::words;

/// The left part of the panel, of what is heard now.
const NOW_SHARE: f32 = 0.44;
/// Height of a line of text, and of one that stands out.
const LINE: f32 = 19.0;
const HEADLINE: f32 = 26.0;

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui, screen: &Screen) {
    let inside = super::panel(ui, "Whose music is this?");
    let (left, right) = inside.split_left_right_at_fraction(NOW_SHARE);
    now(ui, left.with_max_x(left.right() - theme::INSET), screen);
    let foot = right.with_min_y(right.bottom() - 2.0 * LINE - 30.0);
    history(ui, right.with_max_y(foot.top() - 6.0), &screen.report.matches);
    footer(ui, foot, screen);
}

/// What is heard now, or was last.
fn now(ui: &mut Ui, area: Rect, screen: &Screen) {
    let mut lines = Lines { ui, area };
    match screen.report.matches.first() {
        Some(found) => {
            let work = &found.work;
            let tense = if found.sounds { "Heard now" } else { "Heard last" };
            lines.put(&format!("{tense}, {}", words::source(found.source)), LINE, theme::small(), theme::MUTED);
            lines.put(words::title(work), HEADLINE, theme::wordmark(), theme::TEXT);
            lines.put(&by(work), LINE, theme::body(), theme::TEXT);
            lines.put(&terms(found), LINE, theme::body(), theme::ACCENT);
            lines.put(&evidence(found), LINE, theme::small(), theme::MUTED);
            lines.put(&place(found), LINE, theme::small(), theme::MUTED);
            lines.wrap(&to_do(found));
        }
        None => lines.wrap(&nothing(screen)),
    }
}

/// Lines of text from the top of an area down.
struct Lines<'a> {
    ui: &'a mut Ui,
    area: Rect,
}

impl Lines<'_> {
    fn put(&mut self, text: &str, height: f32, font: egui::FontId, colour: egui::Color32) {
        let line = self.area.with_max_y(self.area.top() + height);
        super::text(self.ui, line, text, Align::Min, font, colour);
        let response = self.ui.interact(line, self.ui.scope_id().with(("line", line.top() as i32)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Label, true, text));
        response.on_hover_text(text);
        self.area.min.y += height;
    }

    /// The rest of the area for a text of several lines.
    fn wrap(&mut self, text: &str) {
        let inside = self.area.with_min_y(self.area.top() + 4.0);
        self.ui.scope_builder(UiBuilder::new().max_rect(inside).id_salt("rest"), |ui| {
            ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(theme::TEXT)).wrap());
        });
    }
}

/// What was recognised, the newest first.
fn history(ui: &mut Ui, area: Rect, matches: &[Recognition]) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("history"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for found in matches {
                let text = RichText::new(line(found)).font(theme::small());
                let colour = if found.sounds { theme::TEXT } else { theme::MUTED };
                ui.add(egui::Label::new(text.color(colour)).truncate()).on_hover_text(to_do(found));
            }
        });
    });
}

/// The index in use, how much was checked, and the report.
fn footer(ui: &mut Ui, area: Rect, screen: &Screen) {
    let [first, second] =
        [0.0, LINE].map(|down| Rect::from_min_size(area.min + vec2(0.0, down), vec2(area.width(), LINE)));
    super::text(ui, first, &index(&screen.report.index), Align::Min, theme::small(), theme::MUTED);
    let (said, colour) = match (&screen.report.trouble, &screen.report.exported) {
        (Some(trouble), _) => (format!("The ledger is not written: {trouble}"), theme::ACCENT),
        (None, Some(Ok(folder))) => (format!("Written to {}", folder.display()), theme::TEXT),
        (None, Some(Err(reason))) => (format!("No report: {reason}"), theme::TEXT),
        (None, None) => (coverage(&screen.heard), theme::MUTED),
    };
    super::text(ui, second, &said, Align::Min, theme::small(), colour);
    let response = ui.interact(second, ui.scope_id().with("said"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Status, true, &said));
    response.on_hover_text(&said);
    let button = Rect::from_min_max(area.left_bottom() - vec2(0.0, 26.0), area.left_bottom() + vec2(210.0, 0.0));
    if ui.put(button, Button::new("Export clearance report")).clicked() {
        screen.half.wish_export();
    }
}

/// What to say where nothing was recognised.
fn nothing(screen: &Screen) -> String {
    match &screen.report.index {
        IndexView::Missing(folder) => format!(
            "No rights index. Make one with\nzitherctl rights index build --out {} --files-from LIST\nand it is taken up \
             at once. Until then nothing is checked.",
            folder.display()
        ),
        IndexView::Refused(reason) => format!("The rights index is not used: {reason}."),
        IndexView::Unopened => "Nothing has sounded yet.".to_owned(),
        IndexView::Open(_) => "Nothing of the index was recognised so far. What is in no index is not recognised: a \
                               passage without a match may still be somebody's."
            .to_owned(),
    }
}

/// The status line: one sentence of the whole.
pub(super) fn summary(screen: &Screen) -> String {
    if let Some(found) = screen.report.matches.first().filter(|found| found.sounds) {
        return format!("Heard: {} \u{b7} {} \u{b7} {}", titled(&found.work), found.policy, sure(found));
    }
    match &screen.report.index {
        IndexView::Missing(_) => "Rights: no index, nothing is checked".to_owned(),
        IndexView::Refused(_) => "Rights: the index cannot be used, nothing is checked".to_owned(),
        IndexView::Unopened | IndexView::Open(_) => format!("Rights: {}", coverage(&screen.heard)),
    }
}

/// How much was listened to, of what sounded in each stream.
fn coverage(heard: &[Heard; 2]) -> String {
    let each = Stream::ALL.map(|stream| {
        let name = ["sidechain", "own output"][stream as usize];
        let heard = &heard[stream as usize];
        let unchecked = match heard.unchecked_seconds {
            0.0 => String::new(),
            seconds => format!(", unchecked: {seconds:.1} s"),
        };
        match heard.checked_seconds {
            0.0 => format!("{name} silent{unchecked}"),
            seconds => format!("{name} {} checked{unchecked}", words::clock(f64::from(seconds))),
        }
    });
    each.join(", ")
}

fn index(view: &IndexView) -> String {
    match view {
        IndexView::Unopened => "Index: not opened yet".to_owned(),
        IndexView::Missing(_) => "Index: none".to_owned(),
        IndexView::Refused(_) => "Index: cannot be used".to_owned(),
        IndexView::Open(IndexFacts { damage: Some(damage), .. }) => format!("Index: partly unreadable: {damage}"),
        IndexView::Open(IndexFacts { tracks, hours, made, .. }) => {
            let made = made.map(|made| format!(", of {made}")).unwrap_or_default();
            format!("Index: {tracks} recordings, {hours:.1} hours{made}")
        }
    }
}

fn titled(work: &Work) -> String {
    let by = work.artists.join(", ");
    if by.is_empty() { words::title(work).to_owned() } else { format!("{} by {by}", words::title(work)) }
}

fn by(work: &Work) -> String {
    let artists = if work.artists.is_empty() { "artist unknown".to_owned() } else { work.artists.join(", ") };
    if work.owner.is_empty() { artists } else { format!("{artists}; owned by {}", work.owner) }
}

fn terms(found: &Recognition) -> String {
    let licence = found.work.licence.as_ref().map_or("no licence known", Licence::as_str);
    format!("{licence} \u{b7} {}", found.policy)
}

fn sure(found: &Recognition) -> String {
    format!("{:.1} %", (found.confidence * 1_000.0).floor() / 10.0)
}

fn evidence(found: &Recognition) -> String {
    let others = match found.any_of.len() {
        0 => String::new(),
        count => format!("; or one of {count} alike"),
    };
    format!("{}, {}{others}", words::how_sure(found.confidence), sure(found))
}

fn place(found: &Recognition) -> String {
    format!("{} of the work, {}", words::span(found.place), words::transform(found.rate, found.pitch))
}

fn to_do(found: &Recognition) -> String {
    words::to_do(&found.work, found.policy)
}

/// One recognition in a line.
fn line(found: &Recognition) -> String {
    let (heard, source) = (words::span(found.heard), words::source(found.source));
    format!("{heard}  {} \u{b7} {} \u{b7} {} \u{b7} {source}", titled(&found.work), found.policy, sure(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_checked_is_said_and_nothing_is_ever_called_clear() {
        let checked = Heard { seconds: 70.0, sounding_seconds: 65.0, checked_seconds: 65.0, ..Heard::default() };
        let behind = Heard { unchecked_seconds: 3.0, ..checked };
        assert_eq!(coverage(&[checked, Heard::default()]), "sidechain 1:05 checked, own output silent");
        assert_eq!(coverage(&[behind, checked]), "sidechain 1:05 checked, unchecked: 3.0 s, own output 1:05 checked");
        for heard in [[Heard::default(); 2], [checked; 2], [behind; 2]] {
            assert!(!coverage(&heard).contains("clear"));
        }
    }

    #[test]
    fn an_index_is_told_by_what_is_in_it() {
        let facts = IndexFacts { tracks: 26, hours: 1.58, ..IndexFacts::default() };
        assert_eq!(index(&IndexView::Open(facts.clone())), "Index: 26 recordings, 1.6 hours");
        let damaged = IndexFacts { damage: Some("its postings".to_owned()), ..facts };
        assert!(index(&IndexView::Open(damaged)).contains("its postings"));
    }
}
