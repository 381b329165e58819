//! What the pictures show: panels of the editor in the midst of work, while a chord is held.

use std::sync::{Arc, Once};

use anyhow::Result;
use egui::{Key, Modifiers, Theme};
use zither::bridge::{HistoryView, IndexFacts, IndexView, Recognition, Standing, Stream};
use zither::browser::history::Stat;
use zither::browser::settings::{self, Settings};
use zither::browser::usage::Deed;
use zither::editor::Panel;
use zither::model::Model;
use zither::rights::catalogue::Work;
use zither::rights::ledger::Span;
use zither::synth::controls::Control;
use zither::synth::engine::Engine;
use zither::synth::event::Event;

use crate::desk::{Desk, recognition};
use crate::paint;
use crate::picture::Picture;
use crate::week;

/// Keys, their velocities, and what modulates the first two latents of each.
const CHORD: [(u8, f32, [f32; 2]); 4] =
    [(76, 0.8, [0.3, -0.2]), (67, 0.6, [-0.3, 0.1]), (60, 0.9, [0.15, 0.35]), (48, 0.7, [0.0, 0.0])];
/// Samples of the chord that were played.
const SOUNDED: usize = 12_000;
/// Where the pictures' user keeps everything. Nothing is written there.
const HOME: &str = "/home/you/zither";
/// Frames after which nothing moves any more.
const SETTLED: usize = 30;
/// Samples per second.
const RATE: f32 = 48_000.0;

/// A panel at a certain moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scene {
    /// Latents, knobs and what sounds.
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
    /// One of each panel.
    pub(crate) const PANELS: [Self; 4] = [Self::Play, Self::Browser, Self::Rights, Self::Settings];
    /// Other moments of a panel.
    pub(crate) const MOMENTS: [Self; 2] = [Self::Unrecognised, Self::Unchecked];

    /// What its pictures are called.
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
        keep_apart();
        let mut desk = Desk::of(theme, scale);
        desk.audio.rate(RATE);
        load(&mut desk, "Winter Bells");
        match self {
            Self::Play => {}
            Self::Browser => browse(&mut desk),
            Self::Rights => recognise(&mut desk),
            Self::Unrecognised => listen(&mut desk, 155.0, 0.0),
            Self::Unchecked => listen(&mut desk, 118.0, 37.5),
            Self::Settings => set(&mut desk, theme),
        }
        desk.harness.remove_cursor();
        desk.frames(SETTLED);
        sound(&mut desk);
        desk.frames(2);
        paint::paint(&desk.harness.ctx, desk.harness.output())
    }
}

/// Has the same folders shown on every machine, whoever draws.
fn keep_apart() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: nothing but the standard library reads the environment before this, in turn.
        unsafe { std::env::set_var("ZITHER_HOME", HOME) };
    });
}

fn load(desk: &mut Desk, preset: &str) {
    desk.browse();
    desk.type_text(preset);
    desk.press(Modifiers::NONE, Key::Enter);
    desk.frames(4);
}

/// A chord of the sound that is loaded, a quarter of a second after its keys went down: by the engine itself, and told to the
/// screen as the audio thread does.
fn sound(desk: &mut Desk) {
    let mut engine = Engine::new(Model::factory(), RATE);
    engine.set_controls(&desk.params.snapshot());
    for (place, (key, velocity, offsets)) in CHORD.into_iter().enumerate() {
        let voice_id = place as i32;
        engine.handle(Event::NoteOn { voice_id: Some(voice_id), channel: 0, key, velocity });
        for (latent, offset) in offsets.into_iter().enumerate() {
            engine.handle(Event::Modulate { voice_id, control: Control::latent(latent), offset });
        }
    }
    let (mut left, mut right) = (vec![0.0; SOUNDED], vec![0.0; SOUNDED]);
    engine.render(&mut left, &mut right);
    desk.audio.meter(&left, &right);
    desk.audio.voices(engine.active_voices());
    desk.harness.state_mut().set_open(true);
    desk.audio.show(SOUNDED, |scene| engine.show(scene));
}

fn browse(desk: &mut Desk) {
    desk.clerk.ranked = week::ranked(&desk.clerk.library);
    desk.browse();
    for _ in 0..3 {
        desk.press(Modifiers::NONE, Key::ArrowDown);
    }
    desk.frames(SETTLED);
}

fn open_index(desk: &mut Desk) {
    let made = "2026-11-02".parse().ok();
    let digest = "9c41e07d52ab".to_owned();
    let facts = IndexFacts { digest, tracks: 1_284, hours: 81.6, made, ..IndexFacts::default() };
    desk.listener.tell(|report| report.index = IndexView::Open(facts));
}

/// An index is open, and so many seconds of the sidechain were compared with it and were not.
fn listen(desk: &mut Desk, checked: f32, unchecked: f32) {
    open_index(desk);
    desk.listener.count_checked(Stream::Sidechain, (checked * RATE) as usize);
    desk.listener.count_unchecked(Stream::Sidechain, (unchecked * RATE) as usize);
    desk.listener.count_checked(Stream::Output, (0.4 * checked * RATE) as usize);
    desk.audio.tap(Stream::Sidechain, &[0.25; 64], &[0.0; 64]);
    desk.listener.take(Stream::Sidechain, usize::MAX, |_, _| ());
    desk.show(Panel::Rights);
}

/// Some weeks of use are recorded. The processor is the same whichever draws.
fn set(desk: &mut Desk, theme: Theme) {
    let theme = if theme == Theme::Light { settings::Theme::Light } else { settings::Theme::Dark };
    let deeds = vec![(Deed::Load, 214), (Deed::Keep, 96)];
    let days = Some(("2026-10-28".to_owned(), "2026-11-20".to_owned()));
    let history = HistoryView::Read(Stat { recording: true, deeds, days, ..Stat::default() });
    let settings = Settings { theme, ..Settings::default() };
    desk.clerk.tell(&Standing { settings, history, ..Standing::default() });
    desk.harness.state_mut().processor = "avx2";
    open_index(desk);
    desk.show(Panel::Settings);
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
        policy: work.policy(),
        work: Arc::new(work),
        heard: Span { from: 12.0, to: 41.0 },
        place: Span { from: 64.0, to: 93.0 },
        rate: 1.0,
        pitch: 1.0,
        confidence: 0.9996,
        ..recognition(false)
    }
}
