//! What the pictures show: panels of the editor in the midst of work.

use std::sync::Arc;

use anyhow::Result;
use egui::{Key, Modifiers, Theme};
use zither::bridge::{IndexFacts, IndexView, Recognition, Stream};
use zither::editor::Panel;
use zither::rights::catalogue::Work;
use zither::rights::ledger::{Source, Span};

use crate::desk::{Desk, recognition};
use crate::paint;
use crate::picture::Picture;
use crate::week;

/// Frames after which nothing moves any more.
const SETTLED: usize = 30;
/// Samples per second.
const RATE: f32 = 48_000.0;

/// A panel at a certain moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scene {
    /// A chord is held.
    Play,
    /// The presets that are recommended after a week of work; one is tried.
    Browser,
    /// A recording is recognised in the sidechain, after others.
    Rights,
    /// All that sounded was compared, and nothing was recognised.
    Unrecognised,
    /// The listener was behind, and some of what sounded was not compared.
    Unchecked,
    /// What is set for all projects.
    Settings,
}

impl Scene {
    /// Every scene.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] =
        [Self::Play, Self::Browser, Self::Rights, Self::Unrecognised, Self::Unchecked, Self::Settings];

    /// What its pictures are called.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Browser => "browser",
            Self::Rights => "rights",
            Self::Unrecognised => "rights-unrecognised",
            Self::Unchecked => "rights-unchecked",
            Self::Settings => "settings",
        }
    }

    /// Draws it, with so many pixels to a point.
    ///
    /// # Errors
    /// As [`paint::paint`].
    pub(crate) fn draw(self, theme: Theme, scale: f32) -> Result<Picture> {
        let mut desk = Desk::of(theme, scale);
        desk.audio.rate(RATE);
        load(&mut desk, "Winter Bells");
        match self {
            Self::Play => play(&mut desk),
            Self::Browser => browse(&mut desk),
            Self::Rights => recognise(&mut desk),
            Self::Unrecognised => listen(&mut desk, 155.0, 0.0),
            Self::Unchecked => listen(&mut desk, 118.0, 37.5),
            Self::Settings => desk.show(Panel::Settings),
        }
        desk.harness.remove_cursor();
        desk.frames(SETTLED);
        sound(&mut desk);
        desk.frames(1);
        paint::paint(&desk.harness.ctx, desk.harness.output())
    }
}

fn load(desk: &mut Desk, preset: &str) {
    desk.browse();
    desk.type_text(preset);
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
}

/// What the audio thread tells of a moment.
fn sound(desk: &mut Desk) {
    desk.audio.meter(&[0.31], &[0.24]);
    desk.audio.voices(3);
}

fn play(desk: &mut Desk) {
    let board = desk.rect("Keyboard");
    desk.harness.drag_at(board.lerp_inside(egui::vec2(0.52, 0.8)));
}

fn browse(desk: &mut Desk) {
    desk.clerk.ranked = week::ranked(&desk.clerk.library);
    desk.browse();
    for _ in 0..3 {
        desk.press(Modifiers::NONE, Key::ArrowDown);
    }
    desk.frames(SETTLED);
}

/// An index is open, and so many seconds of the sidechain were compared with it and were not.
fn listen(desk: &mut Desk, checked: f32, unchecked: f32) {
    let made = "2026-11-02".parse().ok();
    let facts = IndexFacts { tracks: 1_284, hours: 81.6, made, ..IndexFacts::default() };
    desk.listener.tell(|report| report.index = IndexView::Open(facts));
    desk.listener.count_checked(Stream::Sidechain, (checked * RATE) as usize);
    desk.listener.count_unchecked(Stream::Sidechain, (unchecked * RATE) as usize);
    desk.listener.count_checked(Stream::Output, (0.4 * checked * RATE) as usize);
    desk.audio.tap(Stream::Sidechain, &[0.25; 64], &[0.0; 64]);
    desk.listener.take(Stream::Sidechain, usize::MAX, |_, _| ());
    desk.show(Panel::Rights);
}

fn recognise(desk: &mut Desk) {
    listen(desk, 155.0, 0.0);
    desk.listener.tell(|report| {
        report.take(earlier());
        report.take(recognition(true));
    });
}

/// A work that may be used, heard in the first minute.
fn earlier() -> Recognition {
    let about =
        r#"{"id":"dawn","title":"Before Dawn","artists":["Ida Lund"],"owner":"Ida Lund","licence":"CC-BY-4.0"}"#;
    let work: Work = serde_json::from_str(about).expect("it is a work");
    Recognition {
        source: Source::Sidechain,
        policy: work.policy(),
        work: Arc::new(work),
        heard: Span { from: 12.0, to: 41.0 },
        place: Span { from: 64.0, to: 93.0 },
        rate: 1.0,
        pitch: 1.0,
        confidence: 0.9996,
        any_of: Vec::new(),
        after: 2.0,
        sounds: false,
    }
}
