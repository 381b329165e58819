//! An editor without a window: it is drawn by the functions that draw in one, and stands between a host, an audio thread,
//! a listener and a librarian that do what they are told.
#![allow(dead_code, reason = "each program that drives an editor uses a part")]

mod clerk;
mod host;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Pos2, Rect, Theme, UiBuilder, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use nice_plug::prelude::ParamSetter;
use zither::bridge::{self, AudioHalf, ListenerHalf, Recognition};
use zither::browser::sitting::Act;
use zither::browser::usage::PresetId;
use zither::editor::{Hands, Panel, Screen, draw, theme};
use zither::params::InstrumentParams;
use zither::rights::alignment::Evidence;
use zither::rights::attribution::Likeness;
use zither::rights::ledger::{Source, Span};
use zither::synth::controls::Control;

pub(crate) use self::clerk::Clerk;
use self::host::Host;
pub(crate) use self::host::Told;

/// Width and height of the editor in points.
const SIZE: Vec2 = vec2(1_000.0, 780.0);

/// An open editor, and all that it has to do with.
pub(crate) struct Desk {
    pub(crate) harness: Harness<'static, Screen>,
    pub(crate) params: Arc<InstrumentParams>,
    pub(crate) audio: AudioHalf,
    pub(crate) listener: ListenerHalf,
    pub(crate) clerk: Clerk,
    host: Arc<Host>,
}

impl Desk {
    /// In the default size, a point to a pixel.
    pub(crate) fn new() -> Self {
        Self::of(Theme::Dark, 1.0)
    }

    /// In this theme, with so many pixels to a point.
    pub(crate) fn of(theme: Theme, scale: f32) -> Self {
        let mut desk = Self::unopened(theme, scale);
        desk.params.kept.model.open();
        desk.harness.run_steps(3);
        desk
    }

    /// The same, before the background thread has opened the model.
    pub(crate) fn unopened(theme: Theme, scale: f32) -> Self {
        let params = Arc::new(InstrumentParams::default());
        let host = Arc::new(Host::new(&params));
        let (audio, half, listener) = bridge::halves();
        let clerk = Clerk::new(half.librarian(), Arc::clone(&params));
        let screen = Screen::new(half, &params.kept.model);
        let (drawn, told) = (Arc::clone(&params), Arc::clone(&host));
        let builder = Harness::builder().with_size(SIZE).with_theme(theme).with_pixels_per_point(scale);
        let mut harness = builder.with_step_dt(1.0 / 60.0).with_context_setup(theme::apply).build_ui_state(
            move |ui, screen: &mut Screen| {
                screen.look(1.0 / 60.0);
                screen.follow(&drawn.kept.model);
                let hands = Hands::new(&drawn, ParamSetter::new(&*told));
                // Without the margin that the harness leaves.
                let window = UiBuilder::new().max_rect(ui.ctx().content_rect());
                ui.scope_builder(window, |ui| draw(ui, &hands, screen));
            },
            screen,
        );
        harness.run_steps(3);
        Self { harness, params, audio, listener, clerk, host }
    }

    /// Whether a text is to be seen that has this in it.
    pub(crate) fn sees(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    pub(crate) fn rect(&self, label: &str) -> Rect {
        self.harness.get_by_label(label).rect()
    }

    pub(crate) fn latent_name(&self, index: usize) -> String {
        self.harness.state().names[index].clone()
    }

    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.harness.hover_at(from);
        self.harness.run_steps(2);
        self.harness.drag_at(from);
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.run_steps(2);
        for step in 1..=4 {
            self.harness.hover_at(from.lerp(to, step as f32 / 4.0));
            self.harness.run_steps(2);
        }
        self.harness.drop_at(to);
        self.harness.run_steps(2);
    }

    pub(crate) fn click(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.harness.run_steps(1);
        self.harness.drag_at(at);
        self.harness.drop_at(at);
        self.harness.run_steps(2);
    }

    /// Turns the wheel over the middle of the window, and waits until what it moves is at rest.
    pub(crate) fn wheel(&mut self, delta: Vec2) {
        self.harness.hover_at(self.harness.ctx.content_rect().center());
        let (unit, phase) = (egui::MouseWheelUnit::Point, egui::TouchPhase::Move);
        let source = egui::MouseWheelSource::Wheel;
        self.harness.event(Event::MouseWheel { unit, delta, phase, source, modifiers: Modifiers::NONE });
        self.harness.run_steps(60);
    }

    /// Types a value into the field of a control.
    pub(crate) fn type_value(&mut self, label: &str, text: &str) {
        self.click(self.rect(label).center());
        self.harness.run_steps(2);
        let field =
            self.harness.get_by(|node| node.role() == Role::TextInput && node.label().as_deref() == Some(label));
        assert!(field.is_focused(), "{label} is ready for typing");
        field.type_text(text);
        self.harness.run_steps(2);
        self.harness.key_press(Key::Enter);
        self.harness.run_steps(3);
    }

    /// What the host was told since the last call.
    pub(crate) fn told(&self) -> Vec<Told> {
        std::mem::take(&mut *self.host.told.lock().expect("no test thread panicked"))
    }

    /// So many frames, with a librarian that is quick.
    pub(crate) fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.harness.run_steps(1);
            self.clerk.work();
        }
    }

    /// Presses keys, and lets what follows from them happen.
    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frames(4);
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.harness.event(Event::Text(letter.to_string()));
            self.frames(2);
        }
        self.frames(2);
    }

    /// Opens the list and waits until it is there.
    pub(crate) fn browse(&mut self) {
        self.press(Modifiers::COMMAND, Key::F);
        assert!(self.harness.query_by_label("Preset list").is_some());
    }

    /// Has a panel shown, by a click on its tab.
    pub(crate) fn show(&mut self, panel: Panel) {
        let tab = self.harness.get_by(|node| node.role() == Role::Tab && node.label().as_deref() == Some(panel.name()));
        let tab = tab.rect();
        self.click(tab.center());
        self.frames(4);
    }

    /// The name of the preset that sounds, and every value of the sound by its bits.
    pub(crate) fn sound(&self) -> (String, Vec<u32>) {
        let controls = Control::all().filter(|&control| control != Control::BYPASS);
        let bits = controls.map(|control| self.params.plain(control).to_bits()).collect();
        (self.params.kept.preset.name(), bits)
    }

    /// What was done with presets since the last call.
    pub(crate) fn acts(&self) -> Vec<Act> {
        self.params.kept.doings.take().into_iter().map(|done| done.act).collect()
    }

    /// The preset that stands in a row while nothing is looked for, and its name.
    pub(crate) fn row(&self, place: usize) -> (PresetId, String) {
        let entry = &self.clerk.library.entries()[place];
        (entry.id, entry.card().name.to_string())
    }

    pub(crate) fn preset(&self, name: &str) -> (PresetId, zither::browser::preset::Preset) {
        let entry = self.clerk.library.entries().iter().find(|entry| &*entry.card().name == name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is built in"));
        (entry.id, entry.read().expect("what is built in reads"))
    }
}

/// A recognition of "Regen" at half past one in the project.
pub(crate) fn recognition(sounds: bool) -> Recognition {
    let about =
        r#"{"id":"rain","title":"Regen","artists":["Mo"],"owner":"Nightfall","licence":"LicenseRef-Nightfall-Sync"}"#;
    let work: zither::rights::catalogue::Work = serde_json::from_str(about).expect("it is a work");
    Recognition {
        source: Source::Sidechain,
        policy: work.policy(),
        work: Arc::new(work),
        heard: Span { from: 90.0, to: 97.0 },
        place: Span { from: 31.0, to: 38.0 },
        rate: 1.03,
        pitch: 1.03,
        confidence: 0.9987,
        any_of: Vec::new(),
        after: 2.0,
        length: 185.0,
        likeness: Likeness::Recording,
        evidence: Evidence { points: 60, hits: 41.2, chance: 11.9, ..Evidence::default() },
        sounds,
        is_earlier: false,
    }
}
