//! What the editor remembers from frame to frame.

use std::sync::Arc;

use super::Hands;
use super::browser::Browser;
use super::keyboard;
use super::map::Map;
use super::rights::Chosen;
use super::settings::Asked;
use crate::bridge::{Heard, Levels, Order, Report, ScreenHalf, Standing, Stream};
use crate::browser::settings::{Change, Settings};
use crate::model::Model;
use crate::model::latent::LATENTS;
use crate::params::{ModelChoice, ModelView};
use crate::rights::ledger::Source;
use crate::synth::controls::Control;
use crate::synth::engine;
use crate::synth::scene::Scene;

/// How fast a meter falls, in dB a second.
const FALL_DB: f32 = 24.0;
/// What is below no longer moves a meter.
const STILL: f32 = 1e-3;
/// How long the highest peak stays, in seconds.
const HOLD_S: f32 = 1.5;
/// How long a stream that was compared with the index counts as listened to, in seconds.
const LISTENS_S: f32 = 0.5;

/// What stands between header and keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// Latents, pad and knobs.
    Play,
    /// The list of presets.
    Browser,
    /// Whose music is heard.
    Rights,
    /// What the user sets for all projects.
    Settings,
}

impl Panel {
    /// All, in the order of their tabs.
    pub const ALL: [Self; 4] = [Self::Play, Self::Browser, Self::Rights, Self::Settings];

    /// What its tab says.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Play => "Play",
            Self::Browser => "Browser",
            Self::Rights => "Rights",
            Self::Settings => "Settings",
        }
    }
}

/// A value that is being typed.
pub(super) struct Typing {
    pub(super) control: Control,
    pub(super) text: String,
    /// The field has not had the focus yet.
    pub(super) fresh: bool,
    /// What the focus goes back to afterwards.
    back: Option<egui::Id>,
}

impl Typing {
    /// The value of `control` is about to be typed in place of `text`; afterwards the focus goes `back`.
    pub(super) fn of(control: Control, text: String, back: Option<egui::Id>) -> Self {
        Self { control, text, fresh: true, back }
    }

    /// What the focus goes back to, if the keyboard ended it.
    pub(super) fn back(&self) -> Option<egui::Id> {
        self.back
    }
}

/// The editor's memory, and its half of the bridge. Lives on the main thread as long as the instance.
pub struct Screen {
    /// Numbers and names of the latents: the number finds the host's `Latent 1`, the model gives the name.
    pub names: [String; LATENTS],
    /// Name of the model that plays.
    pub model: String,
    /// The model that plays; none until the background thread has opened it.
    pub(super) played: Option<Arc<Model>>,
    /// What there is to choose from, and what went wrong.
    pub(super) models: ModelView,
    /// Where another model lies, as it was written last.
    pub(super) model_path: String,
    /// The generation of the choice that is shown.
    seen: u64,
    pub(super) half: ScreenHalf,
    pub(super) typing: Option<Typing>,
    /// The on-screen key that the pointer or the keyboard holds.
    pub(super) held_key: Option<u8>,
    /// The on-screen key that the arrows have chosen.
    pub(super) key_cursor: u8,
    /// Peaks as shown: at once up, slowly down.
    pub(super) shown_peak: [f32; 2],
    /// The highest recent peak and its age in seconds.
    pub(super) held_peak: (f32, f32),
    pub(super) voices: u32,
    /// What sounds.
    pub(super) scene: Scene,
    /// What was heard of each stream.
    pub(super) heard: [Heard; 2],
    /// Their levels as shown, as `shown_peak`.
    pub(super) shown_heard: [f32; 2],
    /// For so many seconds more it counts as listening.
    pub(super) listens: f32,
    /// For so many seconds more each stream counts as one of which not all is checked.
    pub(super) starves: [f32; 2],
    pub(super) report: Report,
    /// The recognition of the list that is looked at; none is the newest.
    pub(super) chosen: Option<Chosen>,
    /// The stream whose recognitions are listed; none is all.
    pub(super) filter: Option<Source>,
    /// Whether the history is to be erased, once it is said again.
    pub(super) asked_to_erase: Asked,
    /// What holds for all projects.
    pub(super) standing: Standing,
    /// The standing that was taken up last.
    standing_seen: u64,
    /// The settings are known.
    is_settled: bool,
    /// What the window was last dressed in.
    pub(super) worn: Option<Settings>,
    /// What stands there while the list of presets does not.
    pub(super) behind: Panel,
    /// The list of presets.
    pub(super) browser: Browser,
    /// The map of presets stands where else the pad does.
    pub(super) shows_map: bool,
    /// The level of the processor that the engine plays by, as [`engine::processor`] names it.
    pub processor: &'static str,
    pub(super) map: Map,
}

impl Screen {
    /// The memory of an editor of an instance with this choice of a model.
    #[must_use]
    pub fn new(half: ScreenHalf, choice: &ModelChoice) -> Self {
        let mut screen = Self {
            names: std::array::from_fn(|_| String::new()),
            model: String::new(),
            played: None,
            models: ModelView::default(),
            model_path: String::new(),
            seen: 0,
            half,
            typing: None,
            held_key: None,
            key_cursor: keyboard::MIDDLE,
            shown_peak: [0.0; 2],
            held_peak: (0.0, 0.0),
            voices: 0,
            scene: Scene::default(),
            heard: [Heard::default(); 2],
            shown_heard: [0.0; 2],
            listens: 0.0,
            starves: [0.0; 2],
            report: Report::default(),
            chosen: None,
            filter: None,
            asked_to_erase: Asked::default(),
            standing: Standing::default(),
            standing_seen: 0,
            is_settled: false,
            worn: None,
            behind: Panel::Play,
            browser: Browser::default(),
            shows_map: true,
            processor: engine::processor(),
            map: Map::default(),
        };
        screen.name(choice);
        screen
    }

    /// The panel that stands there now.
    #[must_use]
    pub fn panel(&self) -> Panel {
        if self.browser.is_open() { Panel::Browser } else { self.behind }
    }

    /// Puts another panel there. What is tried in the list of presets is kept when it goes.
    pub fn show(&mut self, panel: Panel, hands: &Hands) {
        if panel != Panel::Browser {
            self.behind = panel;
        }
        if (panel == Panel::Browser) != self.browser.is_open() {
            self.browser.toggle(hands);
        }
    }

    /// What the user has set, once it is known.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        self.is_settled.then_some(self.standing.settings)
    }

    /// Sets something for all projects: here at once, elsewhere as soon as it is written.
    pub(super) fn set(&mut self, change: Change) {
        self.standing.settings.set(change);
        self.is_settled = true;
        self.half.desk().order(Order::Set(change));
    }

    /// Takes the names of another model, if another plays, and what else the choice of the model has to say.
    pub fn follow(&mut self, choice: &ModelChoice) {
        if choice.generation() != self.seen || self.played.is_none() {
            self.name(choice);
        }
    }

    fn name(&mut self, choice: &ModelChoice) {
        // The generation first: what changes in between is seen at the next look.
        self.seen = choice.generation();
        self.models = choice.view();
        self.played = choice.opened();
        let Some(model) = &self.played else { return };
        self.names = std::array::from_fn(|index| format!("{} {}", index + 1, model.space.names[index]));
        self.model.clone_from(&model.card.name);
    }

    /// Tells the audio thread that the editor is open or closed; closing lets go of every key.
    pub fn set_open(&mut self, open: bool) {
        self.half.set_open(open);
        if open {
            // Another window is dressed anew, in what other programs may have set.
            self.worn = None;
            self.half.desk().order(Order::Reread);
        } else {
            self.half.play(crate::bridge::Key::AllUp);
            self.held_key = None;
            self.typing = None;
            // Nobody sees the list: nothing is looked for until the window opens again.
            self.half.desk().wish(None);
            self.half.desk().look_at_history(false);
            self.half.desk().wish_chart(false);
        }
    }

    /// Whether something moves without news: a meter that falls, a peak that is held, a lamp that goes out.
    pub(super) fn is_moving(&self) -> bool {
        let levels = self.shown_peak.iter().chain(&self.shown_heard);
        let lamps = self.starves.iter().chain([&self.listens]);
        lamps.copied().any(|left| left > 0.0) || levels.chain([&self.held_peak.0]).any(|&level| level > STILL)
    }

    /// Takes a look at the audio thread's and the background thread's reports, `elapsed` seconds after the last.
    pub fn look(&mut self, elapsed: f32) {
        let Levels { peak, voices } = self.half.levels();
        let fall = 10.0_f32.powf(-FALL_DB * elapsed / 20.0);
        for (shown, new) in self.shown_peak.iter_mut().zip(peak) {
            *shown = new.max(*shown * fall);
        }
        let highest = peak[0].max(peak[1]);
        let (held, age) = self.held_peak;
        let outdated = age > HOLD_S;
        self.held_peak = if highest >= held || outdated { (highest, 0.0) } else { (held, age + elapsed) };
        self.voices = voices;
        self.scene.clone_from(self.half.scene());
        let heard = Stream::ALL.map(|stream| self.half.heard(stream));
        for (shown, new) in self.shown_heard.iter_mut().zip(heard) {
            *shown = new.peak.max(*shown * fall);
        }
        let lasts = |goes_on: bool, left: f32| if goes_on { LISTENS_S } else { (left - elapsed).max(0.0) };
        let checked = |heard: &[Heard; 2]| heard[0].checked_seconds + heard[1].checked_seconds;
        self.listens = lasts(checked(&heard) > checked(&self.heard), self.listens);
        for (stream, starves) in self.starves.iter_mut().enumerate() {
            *starves = lasts(heard[stream].unchecked_seconds > self.heard[stream].unchecked_seconds, *starves);
        }
        self.heard = heard;
        self.half.follow(&mut self.report);
        self.half.desk().look_at_history(self.panel() == Panel::Settings);
        self.hear();
    }

    /// Hears what holds for all projects.
    pub(super) fn hear(&mut self) {
        if let Some(standing) = self.half.desk().standing(&mut self.standing_seen) {
            (self.standing, self.is_settled) = (standing, true);
        }
    }
}
