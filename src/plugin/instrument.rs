//! The instrument as a plugin: one generic type, and the two that CLAP and VST3 export.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use nice_plug::plugin::PluginState;
use nice_plug::prelude::*;

use super::code;
use super::events::{announce_end, translate};
use super::format::{Clap, Format, Sidechain, Vst3};
use super::librarian::{self, Membership};
use super::listener::{self, Subscription};
use super::offline::Offline;
use crate::bridge::{self, AudioHalf, Key, ScreenHalf, Stream};
use crate::dsp::denormal::DenormalsAreZero;
use crate::dsp::duck::Duck;
use crate::editor::window::InstrumentEditor;
use crate::params::{self, InstrumentParams, ModelInlet, PAGES, TransferInlet, with_param};
use crate::synth::controls::Control;
use crate::synth::engine::{self, Engine, VOICES};
use crate::synth::event::{Event, NoteAddress};

/// Frames that are rendered at once, at most.
const CHUNK: usize = 64;
/// Rates at which the instrument activates, in Hz: what validators try, far beyond what hosts use.
const RATES: std::ops::RangeInclusive<f32> = engine::LOWEST_RATE..=engine::HIGHEST_RATE;
/// Largest blocks with which it activates, in frames.
const BLOCKS: std::ops::RangeInclusive<u32> = 1..=65_536;
/// Events of a block that are taken: far more than hosts send, with every latent of every voice modulated at once.
pub(super) const EVENTS: usize = 16_384;
/// MIDI channel of the on-screen keyboard.
const SCREEN_CHANNEL: u8 = 0;

/// The instrument that CLAP hosts and the standalone application load.
pub type ClapInstrument = Instrument<Clap>;
/// The instrument that VST3 hosts load.
pub type Vst3Instrument = Instrument<Vst3>;

thread_local! {
    /// Of the instance that was made last on this thread.
    static LAST_MADE: RefCell<Weak<InstrumentParams>> = const { RefCell::new(Weak::new()) };
}

/// The parameters of the instance that was made last on this thread: the framework makes instances and keeps them where
/// nobody else gets at them.
pub(super) fn last_made() -> Option<Arc<InstrumentParams>> {
    LAST_MADE.with_borrow(Weak::upgrade)
}

/// One instance. The framework makes it on the main thread and lends it to the audio thread.
pub struct Instrument<F> {
    params: Arc<InstrumentParams>,
    /// Made by `activate`, for the host's rate.
    engine: Option<Engine>,
    bridge: AudioHalf,
    duck: Duck,
    offline: Offline,
    models: ModelInlet,
    transfers: TransferInlet,
    /// Until the editor takes it.
    screen: Option<ScreenHalf>,
    /// A panic has happened in `process`: silence from then on.
    fault: bool,
    _listening: Subscription,
    _looked_after: Membership,
    _format: PhantomData<F>,
}

impl<F: Format> Default for Instrument<F> {
    fn default() -> Self {
        let params = Arc::new(InstrumentParams::default());
        let (bridge, screen, listener) = bridge::halves();
        LAST_MADE.set(Arc::downgrade(&params));
        Self {
            models: params.kept.model.connect(),
            transfers: params.kept.transfer.connect(),
            _listening: listener::listen(listener, Arc::clone(&params)),
            _looked_after: librarian::look_after(screen.librarian(), Arc::clone(&params)),
            params,
            engine: None,
            bridge,
            duck: Duck::new(engine::LOWEST_RATE),
            offline: Offline::default(),
            screen: Some(screen),
            fault: false,
            _format: PhantomData,
        }
    }
}

impl<F: Format> Instrument<F> {
    /// Renders one block of the host. Panics are the caller's to catch.
    fn render(
        &mut self,
        buffer: &mut Buffer,
        sidechain: Option<&Buffer>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let (Some(engine), [left, right]) = (self.engine.as_mut(), buffer.as_slice()) else {
            silence(buffer);
            return ProcessStatus::Normal;
        };
        let controls = self.params.snapshot();
        context.set_current_voice_capacity(controls.polyphony() as u32);
        engine.set_controls(&controls);
        self.models.take_up(|model| engine.exchange_model(model));
        self.transfers.take_up(|transfer| engine.exchange_transfer(transfer));
        while let Some(key) = self.bridge.next_key() {
            engine.handle(screen_event(key));
        }
        let frames = left.len().min(right.len());
        let (left, right) = (&mut left[..frames], &mut right[..frames]);
        self.bridge.begin(position(context.transport()), frames);
        self.offline.tap(&mut self.bridge, Stream::Sidechain, heard::<F>(sidechain, left, right));
        let ducks = self.bridge.ducks();
        let mut next = context.next_event();
        let mut at = 0;
        while at < frames {
            next = handle_until(at, at, next, engine, context);
            let event_at = next.as_ref().map_or(frames, |event| event.timing() as usize);
            let end = frames.min(at + CHUNK).min(event_at);
            let (left, right) = (&mut left[at..end], &mut right[at..end]);
            engine.render(left, right);
            self.duck.run(ducks, left, right);
            self.bridge.meter(left, right);
            announce_ends(end - 1, engine, context);
            at = end;
        }
        handle_until(usize::MAX, frames.saturating_sub(1), next, engine, context);
        self.offline.tap(&mut self.bridge, Stream::Output, [left, right]);
        let voices = engine.active_voices();
        self.bridge.voices(voices);
        self.bridge.show(frames, |scene| engine.show(scene));
        // A host must not put to sleep what sounds, nor what a press of an on-screen key is about to wake.
        if voices > 0 || self.bridge.screen_is_open() { ProcessStatus::KeepAlive } else { ProcessStatus::Normal }
    }
}

/// Hands the engine every event up to sample `last`, as of sample `at`; returns the first that is later.
fn handle_until<F: Format>(
    last: usize,
    at: usize,
    mut next: Option<NoteEvent<()>>,
    engine: &mut Engine,
    context: &mut impl ProcessContext<Instrument<F>>,
) -> Option<NoteEvent<()>> {
    while let Some(event) = next.take_if(|event| event.timing() as usize <= last) {
        translate(event).into_iter().for_each(|event| engine.handle(event));
        // At once: the engine does not keep the ends of a whole flood.
        announce_ends(at, engine, context);
        next = context.next_event();
    }
    next
}

/// Tells the host which notes have ended, as of sample `at`.
fn announce_ends<F: Format>(at: usize, engine: &mut Engine, context: &mut impl ProcessContext<Instrument<F>>) {
    while let Some(note) = engine.ended() {
        announce_end(context, note, at as u32);
    }
}

/// Where the host's transport is in the project, in frames, while it moves.
fn position(transport: &Transport) -> Option<i64> {
    transport.pos_samples().filter(|_| transport.playing)
}

/// The sidechain of a block. A main input still stands in the output, which is about to be overwritten.
///
/// An auxiliary buffer may be shorter than the block (where a host connects nothing): what is missing is not there.
fn heard<'a, F: Format>(auxiliary: Option<&'a Buffer>, left: &'a [f32], right: &'a [f32]) -> [&'a [f32]; 2] {
    let whole: [&[f32]; 2] = match (F::SIDECHAIN, auxiliary.map(Buffer::as_slice_immutable)) {
        (Sidechain::MainInput, _) => [left, right],
        (Sidechain::Auxiliary, Some([aux_left, aux_right])) => [aux_left, aux_right],
        (Sidechain::Auxiliary, _) => [&[]; 2],
    };
    let frames = whole.iter().fold(left.len(), |least, channel| least.min(channel.len()));
    whole.map(|channel| &channel[..frames])
}

fn screen_event(key: Key) -> Event {
    let on_screen = NoteAddress { voice_id: None, channel: Some(SCREEN_CHANNEL), key: None };
    match key {
        Key::Down { key, velocity } => {
            Event::NoteOn { voice_id: None, channel: SCREEN_CHANNEL, key: key.min(127), velocity }
        }
        Key::Up { key } => Event::NoteOff { address: NoteAddress { key: Some(key.min(127)), ..on_screen } },
        Key::AllUp => Event::NoteOff { address: on_screen },
    }
}

/// Plays a note to nobody, so that memory that nobody has used yet is there before it is due.
fn rehearse(engine: &mut Engine) {
    let [mut left, mut right] = [[0.0; CHUNK]; 2];
    engine.handle(Event::NoteOn { voice_id: None, channel: 0, key: 60, velocity: 0.8 });
    engine.render(&mut left, &mut right);
    engine.reset();
}

fn silence(buffer: &mut Buffer) {
    buffer.as_slice().iter_mut().for_each(|channel| channel.fill(0.0));
}

impl<F: Format> Plugin for Instrument<F> {
    const NAME: &'static str = "Zither";
    const VENDOR: &'static str = "Zither";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = F::LAYOUTS;
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    const INPUT_EVENT_CAPACITY: usize = EVENTS;

    type Editor = InstrumentEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        Arc::clone(&self.params) as Arc<dyn Params>
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<InstrumentEditor> {
        Some(InstrumentEditor::new(Arc::clone(&self.params), self.screen.take()?))
    }

    fn filter_state(state: &mut PluginState) {
        params::filter(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        if !RATES.contains(&config.sample_rate) || !BLOCKS.contains(&config.max_buffer_size) {
            return false;
        }
        context.set_latency_samples(0);
        self.bridge.rate(config.sample_rate);
        self.duck = Duck::new(config.sample_rate);
        self.offline = Offline::new(F::KNOWS_MODE && config.process_mode == ProcessMode::Offline);
        self.bridge.waits(self.offline.is_on());
        code::make_resident();
        let mut engine = Engine::new(self.params.kept.model.played(), config.sample_rate);
        rehearse(&mut engine);
        // A new engine has nothing to give back.
        let _none = engine.exchange_transfer(self.params.kept.transfer.played());
        self.engine = Some(engine);
        true
    }

    fn reset(&mut self) {
        if let Some(engine) = self.engine.as_mut() {
            engine.reset();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let _guard = DenormalsAreZero::new();
        if self.fault {
            silence(buffer);
            return ProcessStatus::Normal;
        }
        let sidechain = aux.inputs.first();
        // After a panic the engine is never touched again, so nothing can see it half changed.
        match catch_unwind(AssertUnwindSafe(|| self.render(buffer, sidechain, context))) {
            Ok(status) => status,
            Err(_panic) => {
                self.fault = true;
                self.bridge.fail();
                silence(buffer);
                ProcessStatus::Normal
            }
        }
    }
}

impl<F: Format> ClapPlugin for Instrument<F> {
    const CLAP_ID: &'static str = "audio.zither.zither";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("An instrument that plays a latent space");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::Instrument, ClapFeature::Synthesizer, ClapFeature::Stereo];
    const CLAP_POLY_MODULATION_CONFIG: Option<PolyModulationConfig> =
        Some(PolyModulationConfig { max_voice_capacity: VOICES as u32, supports_overlapping_voices: true });

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        context.add_section("Zither", |section| {
            for page in &PAGES {
                section
                    .add_page(page.name, |slots| page.controls.iter().for_each(|&control| self.slot(slots, control)));
            }
        });
    }
}

impl<F: Format> Instrument<F> {
    fn slot(&self, page: &mut impl RemoteControlsPage, control: Control) {
        with_param!(self.params.row(control), param => page.add_param(param));
    }
}

impl<F: Format> Vst3Plugin for Instrument<F> {
    const VST3_CLASS_ID: [u8; 16] = *b"ZitherInstrument";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Synth, Vst3SubCategory::Stereo];
}

#[cfg(test)]
mod tests;
