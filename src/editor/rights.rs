//! The rights panel: whose music is heard, what to do about it, and on what evidence. It tells and never judges.

use egui::{Align, Button, Color32, ComboBox, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::theme::{Colours, Themed as _};
use super::{Hands, Screen, meter, theme};
use crate::bridge::{Heard, IndexFacts, IndexView, Recognition, Stream};
use crate::params::DuckFor;
use crate::rights::catalogue::{Licence, Work};
use crate::rights::report::words;

/// The left part of the panel, of what is heard now.
const NOW_SHARE: f32 = 0.44;
/// Height of a line of text, and of one that stands out.
const LINE: f32 = 19.0;
const HEADLINE: f32 = 26.0;

/// Width of a stream's name, and of its level.
const NAME: f32 = 76.0;
const METER: f32 = 110.0;
/// Height of the row of buttons, and width of the one that exports.
const BUTTONS: f32 = 26.0;
const EXPORT: f32 = 190.0;
/// Width of the name of the choice of a duck.
const DUCK_NAME: f32 = 104.0;
/// What the streams are called.
const NAMES: [&str; 2] = ["sidechain", "own output"];
/// What the choice of a duck means.
const DUCK: &str = "While music is heard whose catalogue says this of it, in the sidechain or in what Zither plays, the \
    output is 12 dB lower, so that it cannot be bounced unnoticed. Kept with the project; off unless you choose it.";

/// Draws the panel.
pub(super) fn draw(ui: &mut Ui, hands: &Hands, screen: &Screen) {
    let inside = super::panel(ui, "Whose music is this?");
    let title = inside.with_min_y(inside.top() - theme::TITLE).with_max_y(inside.top());
    let (_, beside_title) = title.split_left_right_at_fraction(NOW_SHARE);
    super::text(ui, beside_title, &index(&screen.report.index), Align::Max, theme::small(), ui.colours().muted);
    let (left, right) = inside.split_left_right_at_fraction(NOW_SHARE);
    now(ui, left.with_max_x(left.right() - theme::INSET), screen);
    let said = said(screen, ui.colours());
    let lines = if said.is_some() { 3.0 } else { 2.0 };
    let foot = right.with_min_y(right.bottom() - lines * LINE - BUTTONS - 6.0);
    history(ui, right.with_max_y(foot.top() - 6.0), &screen.report.matches);
    footer(ui, foot, hands, screen, said);
}

/// What is heard now, or was last.
fn now(ui: &mut Ui, area: Rect, screen: &Screen) {
    let colours = ui.colours();
    let mut lines = Lines { ui, area };
    match screen.report.matches.first() {
        Some(found) => {
            let work = &found.work;
            let tense = if found.sounds { "Heard now" } else { "Heard last" };
            let ducked = if screen.half.ducks() { " \u{b7} the output is 12 dB lower" } else { "" };
            let head = format!("{tense}, {}{ducked}", words::source(found.source));
            lines.put(&head, LINE, theme::small(), colours.muted);
            lines.put(words::title(work), HEADLINE, theme::wordmark(), colours.text);
            lines.put(&by(work), LINE, theme::body(), colours.text);
            lines.put(&terms(found), LINE, theme::body(), colours.accent);
            lines.put(&evidence(found), LINE, theme::small(), colours.muted);
            lines.put(&place(found), LINE, theme::small(), colours.muted);
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
    fn put(&mut self, text: &str, height: f32, font: egui::FontId, colour: Color32) {
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
            ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(ui.colours().text)).wrap());
        });
    }
}

/// What was recognised, the newest first.
fn history(ui: &mut Ui, area: Rect, matches: &[Recognition]) {
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("history"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for found in matches {
                let text = RichText::new(line(found)).font(theme::small());
                let colour = if found.sounds { ui.colours().text } else { ui.colours().muted };
                ui.add(egui::Label::new(text.color(colour)).truncate()).on_hover_text(to_do(found));
            }
        });
    });
}

/// What comes in and how much of it was checked, the report, and the duck.
fn footer(ui: &mut Ui, area: Rect, hands: &Hands, screen: &Screen, said: Option<(String, Color32)>) {
    let line =
        |number: usize| Rect::from_min_size(area.min + vec2(0.0, number as f32 * LINE), vec2(area.width(), LINE));
    Stream::ALL.into_iter().for_each(|which| stream(ui, line(which as usize), screen, which));
    if let Some((said, colour)) = said {
        super::text(ui, line(2), &said, Align::Min, theme::small(), colour);
        let response = ui.interact(line(2), ui.scope_id().with("said"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Status, true, &said));
        response.on_hover_text(&said);
    }
    let buttons = area.with_min_y(area.bottom() - BUTTONS);
    if ui.put(buttons.with_max_x(buttons.left() + EXPORT), Button::new("Export clearance report")).clicked() {
        screen.half.wish_export();
    }
    duck(ui, buttons.with_min_x(buttons.left() + EXPORT + theme::INSET), hands);
}

/// A stream's name, its level, and how much of it was checked.
fn stream(ui: &Ui, line: Rect, screen: &Screen, stream: Stream) {
    let (name, level) = (NAMES[stream as usize], screen.shown_heard[stream as usize]);
    let checked = checked(&screen.heard[stream as usize]);
    super::text(ui, line.with_max_x(line.left() + NAME), name, Align::Min, theme::small(), ui.colours().muted);
    let meter = line.with_min_x(line.left() + NAME).with_max_x(line.left() + NAME + METER);
    meter::bar(ui, meter.shrink2(vec2(0.0, 6.5)), level);
    let rest = line.with_min_x(meter.right() + theme::INSET);
    super::text(ui, rest, &checked, Align::Min, theme::small(), ui.colours().muted);
    let response = ui.interact(line, ui.scope_id().with(name), Sense::hover());
    let told = format!("{name}: {}, {checked}", meter::in_words(level));
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Meter, true, &told));
    response.on_hover_text(told);
}

/// The choice of the music for which the output steps back.
fn duck(ui: &mut Ui, area: Rect, hands: &Hands) {
    let choice = &hands.params.kept.duck;
    let (label, menu) = (area.with_max_x(area.left() + DUCK_NAME), area.with_min_x(area.left() + DUCK_NAME));
    super::text(ui, label, "Duck output for", Align::Min, theme::small(), ui.colours().muted);
    ui.scope_builder(UiBuilder::new().max_rect(menu).id_salt("duck"), |ui| {
        ui.spacing_mut().interact_size.y = area.height();
        let chosen = choice.get();
        let response = ComboBox::from_id_salt("duck")
            .width(menu.width())
            .truncate()
            .selected_text(ducked(chosen))
            .show_ui(ui, |ui| {
                for each in DuckFor::ALL {
                    if ui.selectable_label(each == chosen, ducked(each)).clicked() {
                        choice.set(each);
                    }
                }
            });
        ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Duck output for"));
        response.response.on_hover_text(DUCK);
    });
}

fn ducked(choice: DuckFor) -> &'static str {
    match choice {
        DuckFor::Nothing => "nothing",
        DuckFor::Deny => "deny",
        DuckFor::Ask => "deny and ask",
    }
}

/// What became of the ledger or of the report, where there is something to say.
fn said(screen: &Screen, colours: &Colours) -> Option<(String, Color32)> {
    match (&screen.report.trouble, &screen.report.exported) {
        (Some(trouble), _) => Some((format!("The ledger is not written: {trouble}"), colours.accent)),
        (None, Some(Ok(folder))) => Some((format!("Written to {}", folder.display()), colours.text)),
        (None, Some(Err(reason))) => Some((format!("No report: {reason}"), colours.text)),
        (None, None) => None,
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
    let each = Stream::ALL.map(|stream| format!("{} {}", NAMES[stream as usize], checked(&heard[stream as usize])));
    each.join(", ")
}

/// How much was listened to, of what sounded.
fn checked(heard: &Heard) -> String {
    let unchecked = match heard.unchecked_seconds {
        0.0 => String::new(),
        seconds => format!(", unchecked: {seconds:.1} s"),
    };
    match heard.checked_seconds {
        0.0 => format!("silent{unchecked}"),
        seconds => format!("{} checked{unchecked}", words::clock(f64::from(seconds))),
    }
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
