//! The rights panel and the settings panel, driven as a user drives them, without a window; and names of all that can be
//! clicked or focused in any panel.
#![cfg(feature = "plugin")]

mod desk;
#[path = "common/home.rs"]
mod home;

use std::sync::Arc;

use desk::{Desk, Told, recognition};
use egui::accesskit::{Action, Role, Toggled};
use egui::{Key, Modifiers, OutputCommand, Pos2, Rect, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use home::is_at_home;
use zither::bridge::{Export, HistoryOrder, HistoryView, IndexFacts, IndexView, Recognition, Standing, Stream};
use zither::browser::folders;
use zither::browser::history::Stat;
use zither::browser::settings::{Change, Scale, Settings, Theme};
use zither::browser::usage::Deed;
use zither::editor::Panel;
use zither::model::ModelReference;
use zither::params::DuckFor;
use zither::rights::attribution::Likeness;
use zither::rights::catalogue::{Policy, Work};
use zither::rights::ledger::{Source, Span};
use zither::synth::controls::Control;

impl Desk {
    fn press_button(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.run_steps(1);
    }

    /// What the last frame put into the clipboard.
    fn copied(&self) -> Option<String> {
        let commands = &self.harness.output().platform_output.commands;
        commands
            .iter()
            .find_map(|command| if let OutputCommand::CopyText(text) = command { Some(text.clone()) } else { None })
    }

    fn tell(&mut self, standing: &Standing) {
        self.clerk.tell(standing);
        self.harness.run_steps(4);
    }
}

#[test]
fn what_was_set_before_is_worn_as_soon_as_it_is_known_and_another_scale_is_two_clicks_away() {
    let mut desk = Desk::new();
    let settings = Settings { theme: Theme::Light, scale: Scale::percent(125) };
    desk.tell(&Standing { settings, ..Standing::default() });
    assert_eq!((desk.harness.ctx.theme(), desk.harness.ctx.zoom_factor()), (egui::Theme::Light, 1.25));
    desk.show(Panel::Settings);
    assert_eq!(
        desk.harness.get_by_role_and_label(Role::ComboBox, "Scale").accesskit_node().value().as_deref(),
        Some("125 %")
    );
    desk.harness.get_by_role_and_label(Role::ComboBox, "Scale").click();
    desk.harness.run_steps(2);
    desk.press_button("75 %");
    desk.frames(4);
    assert_eq!(desk.harness.ctx.zoom_factor(), 0.75);
    assert_eq!(desk.clerk.changes, [Change::Scale(Scale::percent(75))]);
}

#[test]
fn at_every_scale_the_editor_is_whole_or_scrolls_to_what_is_out_of_sight() {
    let mut desk = Desk::new();
    let native = vec2(1_000.0, 780.0);
    for percent in [50, 100, 200, 400] {
        let scale = Scale::percent(percent);
        desk.tell(&Standing { settings: Settings { scale, ..Settings::default() }, ..Standing::default() });
        // As a host does that gives the window no other size.
        desk.harness.set_size(native / scale.factor());
        desk.harness.run_steps(3);
        assert_eq!(desk.harness.ctx.zoom_factor(), scale.factor());
        let window = Rect::from_min_size(Pos2::ZERO, native / scale.factor());
        // What lies at the bottom, and what lies at the right.
        let is_seen = |desk: &Desk| ["What is heard", "Bypass"].map(|name| window.intersects(desk.rect(name)));
        let fits = percent <= 100;
        assert_eq!(is_seen(&desk), [fits; 2], "{percent} %");
        desk.wheel(vec2(0.0, -2_000.0));
        assert!(is_seen(&desk)[0], "{percent} %");
        desk.wheel(vec2(-2_000.0, 2_000.0));
        assert!(is_seen(&desk)[1], "{percent} %");
        desk.wheel(vec2(2_000.0, 0.0));
    }
}

fn standing(events: u32, recording: bool) -> Standing {
    let deeds = if events > 0 { vec![(Deed::Load, events)] } else { Vec::new() };
    let days = (events > 0).then(|| ("2026-11-01".to_owned(), "2026-11-26".to_owned()));
    let stat = Stat { recording, deeds, days, ..Stat::default() };
    Standing { history: HistoryView::Read(stat), ..Standing::default() }
}

#[test]
fn the_history_is_switched_off_by_a_click_and_erased_by_two() {
    let mut desk = Desk::new();
    desk.show(Panel::Settings);
    desk.tell(&standing(41, true));
    assert!(desk.sees("41 events since 2026-11-01") && desk.sees("Nothing leaves this machine"));
    let switch = "Remember which presets I use, to recommend others";
    desk.press_button(switch);
    desk.frames(2);
    assert_eq!(desk.clerk.history, [HistoryOrder::Record(false)]);
    desk.tell(&standing(41, false));
    assert!(desk.sees("nothing more is recorded"));
    assert_eq!(desk.harness.get_by_label(switch).accesskit_node().toggled(), Some(Toggled::False));
    desk.press_button("Erase the history");
    desk.frames(2);
    assert_eq!(desk.clerk.history.len(), 1, "one click erases nothing");
    desk.frames(420);
    desk.press_button("Erase the history");
    desk.frames(2);
    assert_eq!(desk.clerk.history.len(), 1, "the first click is forgotten after a while");
    desk.press_button("Click again to erase 41 events");
    desk.frames(2);
    assert_eq!(desk.clerk.history[1..], [HistoryOrder::Erase]);
    desk.tell(&Standing { doing: Some(HistoryOrder::Erase), ..standing(41, false) });
    assert!(desk.sees("being written anew"));
    desk.tell(&Standing { done: Some(Ok("Erased: 41 events.".to_owned())), ..standing(0, false) });
    assert!(desk.sees("Erased: 41 events.") && !desk.sees("being written anew"));
    assert!(desk.harness.get_by_label("Erase the history").accesskit_node().is_disabled(), "nothing is left");
    desk.tell(&Standing { trouble: Some("settings.json is no JSON object".to_owned()), ..standing(0, true) });
    assert!(desk.sees("settings.json is no JSON object"));
}

#[test]
fn the_panel_tells_model_index_and_folders_and_what_is_told_can_be_copied() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("the_panel_tells_model_index_and_folders_and_what_is_told_can_be_copied", room.path()) {
        return;
    }
    let mut desk = Desk::new();
    desk.show(Panel::Settings);
    let digest = ModelReference::factory().short_digest().to_owned();
    for told in
        [&digest, "16 latents to 64 partials and 48 noise bands", "MIT OR Apache-2.0", "Inter (OFL 1.1)", "plays by"]
    {
        assert!(desk.sees(told), "{told}");
    }
    let home = std::path::PathBuf::from(std::env::var_os("ZITHER_HOME").unwrap());
    for (name, path) in [("presets", "presets"), ("settings file", "settings.json"), ("history", "history/history.db")]
    {
        desk.press_button(&format!("Copy {name}"));
        assert_eq!(desk.copied().map(Into::into), Some(home.join(path)), "{name}");
    }
    desk.press_button("Copy build one");
    let index = folders::rights().unwrap().join(folders::INDEX);
    let command = format!("zitherctl rights index build --out \"{}\" --files-from LIST", index.display());
    assert_eq!(desk.copied().as_deref(), Some(command.as_str()));
    let facts = IndexFacts { digest: "0123456789abcdef".to_owned(), tracks: 26, hours: 1.5, ..IndexFacts::default() };
    desk.listener.tell(|report| report.index = IndexView::Open(facts));
    desk.harness.run_steps(2);
    assert!(desk.sees("Index: 26 recordings, 1.5 hours") && desk.sees("0123456789ab"));
}

#[test]
fn all_settings_are_seen_at_once_at_the_default_size() {
    let mut desk = Desk::new();
    let room = std::path::Path::new("/home/somebody/Music/Zither/rights/index");
    desk.tell(&standing(41, true));
    let facts = IndexFacts { digest: "0123456789abcdef".to_owned(), tracks: 26, hours: 1.5, ..IndexFacts::default() };
    desk.listener.tell(|report| report.index = IndexView::Open(facts));
    desk.show(Panel::Settings);
    let keyboard = desk.rect("Keyboard").top();
    for last in ["Erase the history", "VST is a trademark of Steinberg Media Technologies GmbH."] {
        let bottom = desk.rect(last).bottom();
        assert!(bottom < keyboard - 10.0, "{last} ends at {bottom}, the panel above {keyboard}");
    }
    desk.listener.tell(|report| report.index = IndexView::Missing(room.to_owned()));
    desk.harness.run_steps(2);
    let before = desk.rect("Appearance").top();
    desk.wheel(vec2(0.0, -500.0));
    assert_eq!(desk.rect("Appearance").top(), before, "there is nothing to scroll");
}

#[test]
fn a_model_that_lies_elsewhere_is_chosen_by_its_path_and_refused_by_name() {
    let mut desk = Desk::new();
    let field = |desk: &mut Desk, text: &str| {
        desk.harness.get_by_label("Path of another model").focus();
        desk.harness.run_steps(2);
        desk.press(Modifiers::COMMAND, Key::A);
        desk.type_text(text);
        desk.press(Modifiers::NONE, Key::Enter);
        desk.params.kept.model.tend();
        desk.frames(2);
    };
    desk.show(Panel::Settings);
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("no model.safetensors");
    std::fs::write(&path, b"none").unwrap();
    field(&mut desk, &format!("file://{}", path.display().to_string().replace(' ', "%20")));
    let alert = desk.harness.get_by_role(Role::Alert).accesskit_node().label().unwrap();
    assert!(alert.contains("no model.safetensors"), "{alert}");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/models/factory.safetensors"), &path).unwrap();
    field(&mut desk, &path.display().to_string());
    assert!(desk.harness.query_by_role(Role::Alert).is_none());
}

#[test]
fn the_polyphony_is_typed_or_stepped_as_one_gesture() {
    let mut desk = Desk::new();
    desk.show(Panel::Settings);
    desk.type_value("Polyphony value", "12");
    assert_eq!(desk.params.plain(Control::VOICES), 12.0);
    let told = desk.told();
    assert!(matches!(told[..], [Told::Begin("voices"), Told::Set("voices", _), Told::End("voices")]), "{told:?}");
    desk.harness.get_by_role_and_label(Role::Slider, "Polyphony").focus();
    desk.harness.run_steps(2);
    desk.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(desk.params.plain(Control::VOICES), 11.0);
}

#[test]
fn a_recognition_is_told_with_owner_terms_place_evidence_and_what_to_do() {
    let mut desk = Desk::new();
    let facts = IndexFacts { tracks: 26, hours: 1.5, ..IndexFacts::default() };
    desk.listener.tell(|report| {
        report.index = IndexView::Open(facts);
        report.take(recognition(true));
    });
    desk.harness.run_steps(2);
    let line = desk.harness.get_by_label("What is heard").accesskit_node().value().unwrap();
    assert_eq!(line, "Heard: Regen by Mo \u{b7} ask \u{b7} 99.8 %");
    desk.click(desk.rect("What is heard").center());
    for told in [
        "Heard now, sidechain",
        "Regen",
        "Nightfall",
        "LicenseRef-Nightfall-Sync",
        "0:31\u{2013}0:38 of the work's 3:05",
        "1:30\u{2013}1:37",
        "3.0 % faster, 0.5 semitones up",
        "practically certain: about 1 in 760 such reports is wrong (99.8 %)",
        "the recording itself",
        "first told after 2.0 s of it; of 60 points of its fingerprint 41 are met, by chance 12 would be",
        "Ask Nightfall for a licence",
        "no legal statement",
    ] {
        assert!(desk.sees(told), "{told}");
    }
    assert!(desk.harness.query_by_role(Role::Alert).is_none(), "evidence is no alarm");
    desk.click(desk.rect("What is heard").center());
    assert!(desk.harness.query_by_label("Export clearance report").is_none());
    desk.listener.tell(|report| report.take(recognition(false)));
    desk.harness.run_steps(2);
    let line = desk.harness.get_by_label("What is heard").accesskit_node().value().unwrap();
    assert_eq!(line, "Rights: sidechain silent, own output silent");
}

#[test]
fn a_report_is_asked_for_by_a_click_which_says_so_until_it_is_written() {
    let mut desk = Desk::new();
    desk.show(Panel::Rights);
    assert!(!desk.listener.export_is_wished());
    desk.press_button("Export clearance report");
    desk.harness.run_steps(2);
    assert!(desk.listener.export_is_wished());
    assert!(desk.harness.get_by_label_contains("Writing the report").accesskit_node().is_disabled());
    desk.listener.tell(|report| report.exported = Export::Written("/reports/3f2a".into()));
    desk.harness.run_steps(2);
    assert!(desk.sees("Written to /reports/3f2a"));
    desk.press_button("Copy the path of the report");
    assert_eq!(desk.copied().as_deref(), Some("/reports/3f2a"));
    desk.press_button("Export clearance report");
    desk.listener.tell(|report| report.exported = Export::Refused("nothing was heard".into()));
    desk.harness.run_steps(2);
    assert!(desk.sees("No report: nothing was heard"));
}

/// Another recognition than that of "Regen".
fn other(id: &str, source: Source, from: f64, sounds: bool) -> Recognition {
    let work = Work { id: id.to_owned(), title: id.to_uppercase(), ..Work::default() };
    let heard = Span { from, to: from + 9.0 };
    Recognition { work: Arc::new(work), source, heard, sounds, ..recognition(sounds) }
}

#[test]
fn a_click_in_the_list_shows_what_was_heard_before_and_esc_leads_back_to_what_is_heard_now() {
    let mut desk = Desk::new();
    desk.show(Panel::Rights);
    desk.listener.tell(|report| {
        report.index = IndexView::Open(IndexFacts::default());
        report.take(other("old", Source::Output, 10.0, false));
        report.take(other("new", Source::Sidechain, 50.0, true));
    });
    desk.harness.run_steps(2);
    assert!(desk.sees("Heard now, sidechain") && !desk.sees("Back to now"));
    let row = |desk: &Desk, name: &str| {
        let rows = desk.harness.query_all_by(|node| node.role() == Role::ListBoxOption);
        rows.filter(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with(name))).count()
    };
    assert_eq!((row(&desk, "OLD"), row(&desk, "NEW")), (1, 1));
    desk.press_button("Show own output");
    desk.harness.run_steps(2);
    assert_eq!((row(&desk, "OLD"), row(&desk, "NEW")), (1, 0));
    let old = |desk: &Desk| desk.harness.get_by(|node| node.role() == Role::ListBoxOption).rect().center();
    desk.click(old(&desk));
    assert!(desk.sees("From the list, own output") && desk.sees("0:10\u{2013}0:19"));
    desk.listener.tell(|report| report.take(other("new", Source::Sidechain, 55.0, true)));
    desk.harness.run_steps(2);
    assert!(desk.sees("From the list, own output"), "what is heard meanwhile does not take it away");
    desk.press(Modifiers::NONE, Key::Escape);
    assert!(desk.sees("Heard now, sidechain"));
    desk.click(old(&desk));
    desk.press_button("Back to now (Esc)");
    desk.harness.run_steps(2);
    assert!(desk.sees("Heard now, sidechain"));
}

#[test]
fn what_was_recognised_in_earlier_sessions_is_listed_as_that() {
    let mut desk = Desk::new();
    desk.show(Panel::Rights);
    desk.listener.tell(|report| {
        let old = other("old", Source::Sidechain, 10.0, false);
        report.matches.push(Recognition { is_earlier: true, length: 0.0, ..old });
    });
    desk.harness.run_steps(2);
    assert!(desk.sees("From an earlier session, sidechain") && !desk.sees("Heard now") && !desk.sees("of the work's"));
    let row = desk.harness.get_by(|node| node.role() == Role::ListBoxOption).accesskit_node();
    assert!(row.label().is_some_and(|label| label.ends_with(", earlier")), "{:?}", row.label());
    let line = desk.harness.get_by_label("What is heard").accesskit_node().value().unwrap();
    assert_eq!(line, "Rights: sidechain silent, own output silent");
}

#[test]
fn what_only_resembles_a_recording_is_not_told_as_one() {
    let mut desk = Desk::new();
    desk.show(Panel::Rights);
    let version = Recognition { likeness: Likeness::Version, confidence: 0.6, ..recognition(true) };
    desk.listener.tell(|report| report.take(version));
    desk.harness.run_steps(2);
    assert!(desk.sees("possibly a version, played anew: about 1 in 2 such reports is wrong"));
    assert!(desk.sees("maybe a version") && !desk.sees("the recording itself"));
}

#[test]
fn the_panel_shows_what_comes_in_and_lets_the_user_choose_a_duck() {
    let mut desk = Desk::new();
    desk.audio.rate(48_000.0);
    desk.show(Panel::Rights);
    assert!(desk.sees("Sidechain: silent, waiting, 0:00 checked"));
    let tap = |desk: &mut Desk, take: bool| {
        desk.audio.tap(Stream::Sidechain, &[0.5; 480], &[0.0; 480]);
        if take {
            desk.listener.take(Stream::Sidechain, usize::MAX, |_, _| ());
        }
        desk.harness.run_steps(1);
    };
    tap(&mut desk, true);
    assert!(desk.sees("Sidechain: -6.0 dB, unchecked"), "there is no index yet");
    desk.listener.tell(|report| report.index = IndexView::Open(IndexFacts::default()));
    tap(&mut desk, true);
    assert!(desk.sees("Sidechain: -6.0 dB, listening"));
    desk.listener.count_unchecked(Stream::Sidechain, 96_000);
    tap(&mut desk, true);
    assert!(desk.sees("Sidechain: -6.0 dB, unchecked, 0:00 checked, unchecked: 2.0 s"), "the machine is busy");
    desk.harness.run_steps(400);
    assert!(desk.sees("Sidechain: silent, silent, 0:00 checked, unchecked: 2.0 s"));
    assert_eq!(desk.params.kept.duck.get(), DuckFor::Nothing);
    desk.click(desk.rect("Duck output for").center());
    desk.click(desk.rect("deny and ask").center());
    assert_eq!(desk.params.kept.duck.get(), DuckFor::Ask);
    desk.listener.tell(|report| report.take(recognition(true)));
    desk.listener.duck(desk.listener.hears(Policy::Ask));
    desk.harness.run_steps(2);
    assert!(desk.sees("the output is 12 dB lower"));
    assert!(desk.told().is_empty(), "no parameter stands for it");
}

#[test]
fn without_an_index_the_panel_says_how_to_make_one_and_one_that_takes_long_to_open_is_waited_for() {
    let mut desk = Desk::new();
    desk.listener.tell(|report| report.index = IndexView::Missing("zither/rights/index".into()));
    desk.show(Panel::Rights);
    let command = "zitherctl rights index build --out \"zither/rights/index\" --files-from LIST";
    assert!(desk.sees(command));
    desk.press_button("Copy command");
    assert_eq!(desk.copied().as_deref(), Some(command));
    desk.listener.tell(|report| report.index = IndexView::Opening { done: 1, of: 4 });
    desk.harness.run_steps(2);
    let bar = desk.harness.get_by_label("Opening the rights index").accesskit_node();
    assert_eq!(bar.numeric_value(), Some(25.0));
    desk.listener.tell(|report| report.index = IndexView::Refused("its header cannot be trusted".into()));
    desk.harness.run_steps(2);
    assert!(desk.sees("its header cannot be trusted"));
}

#[test]
fn without_a_match_the_panel_tells_what_was_compared_with_what_and_what_a_match_would_tell() {
    let mut desk = Desk::new();
    desk.audio.rate(48_000.0);
    let made = "2026-11-02".parse().ok();
    let facts = IndexFacts { tracks: 1_284, hours: 81.6, made, ..IndexFacts::default() };
    desk.listener.tell(|report| report.index = IndexView::Open(facts));
    desk.listener.count_checked(Stream::Sidechain, 48_000 * 118);
    desk.show(Panel::Rights);
    for told in [
        "Nothing of the index was recognised",
        "1:58 checked, all that sounded",
        "1284 recordings, 81.6 hours of music",
    ] {
        assert!(desk.sees(told), "{told}");
    }
    assert!(desk.sees("2026-11-02") && desk.sees("how many such reports are wrong") && desk.sees("no legal statement"));
    assert!(desk.sees("Own output, compared: nothing has sounded yet") && !desk.sees("The machine was busy"));
    desk.listener.count_unchecked(Stream::Sidechain, 48_000 * 38);
    desk.harness.run_steps(2);
    assert!(desk.sees("Sidechain, compared: 1:58 checked, unchecked: 38.0 s (75 % of what sounded)"));
    assert!(desk.sees("The machine was busy"));
    desk.listener.tell(|report| report.take(recognition(true)));
    desk.harness.run_steps(2);
    assert!(!desk.sees("how many such reports are wrong"), "what is known stands there then");
}

#[test]
fn all_that_can_be_clicked_or_focused_has_a_name() {
    let mut desk = Desk::new();
    desk.tell(&standing(3, true));
    desk.listener.tell(|report| {
        let digest = "0123456789abcdef".to_owned();
        report.index = IndexView::Open(IndexFacts { digest, ..IndexFacts::default() });
        report.take(recognition(true));
        report.exported = Export::Written("/reports/3f2a".into());
    });
    for panel in Panel::ALL {
        desk.show(panel);
        let mut seen = 0;
        for node in desk.harness.root().children_recursive() {
            let node = node.accesskit_node();
            let data = node.data();
            let can_be_reached = data.supports_action(Action::Click) || data.supports_action(Action::Focus);
            // Egui's scroll bars take clicks and have no name to be given.
            if can_be_reached && node.role() != Role::ScrollBar {
                seen += 1;
                let name = node.label().or(node.value()).unwrap_or_default();
                assert!(!name.trim().is_empty(), "{panel:?}: {data:?}");
            }
        }
        assert!(seen > 10, "{panel:?}: {seen}");
    }
}
