//! Plays a song offline in the bundle and measures each block.

use std::ffi::CString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clack_extensions::params::PluginParams;
use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::preset_data::Location;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_host::events::event_types::{MidiEvent, NoteEndEvent, ParamValueEvent};
use clack_host::prelude::*;

use super::Options;
use super::automation::{INTERVAL, LANES, START};
use super::figures::{Block, Figures};
use super::song::{Action, Song};
use crate::allocations;
use crate::host::{Host, Parameter, Ports};
use crate::thread_time::thread_time;

/// The plugin is asked to ring out for at most this long.
const LONGEST_TAIL: f64 = 12.0;
/// It has rung out when a second stays below this.
const SILENCE: f32 = 1e-4;

/// The bundle, ready to play, on its main thread.
pub(super) struct Player {
    host: Host,
    lanes: Vec<Parameter>,
    /// What is set at the first sample.
    start: Vec<(ClapId, f64)>,
    planted: Option<allocations::Calls>,
}

/// What came of playing.
pub(super) struct Performance {
    /// Left and right.
    pub(super) audio: Vec<[f32; 2]>,
    /// What was measured.
    pub(super) figures: Figures,
}

impl Player {
    /// Loads the first plugin of the bundle.
    ///
    /// # Errors
    /// If there is none, or it lacks what the demo needs.
    pub(super) fn load(bundle: &Path) -> Result<Self> {
        let mut host = Host::load(bundle)?;
        let lanes = LANES.iter().map(|lane| parameter(&mut host, lane.parameter)).collect::<Result<Vec<_>>>()?;
        let start = START.iter().map(|&(name, text)| parse(&mut host, name, text)).collect::<Result<_>>()?;
        let planted = planted(&mut host, &lanes)?;
        Ok(Self { host, lanes, start, planted })
    }

    /// Loads the first plugin of the bundle and a preset, which then plays as it is: nothing is automated.
    ///
    /// # Errors
    /// If there is none, or it refuses the preset.
    pub(super) fn with_preset(bundle: &Path, preset: &Path) -> Result<Self> {
        let mut host = Host::load(bundle)?;
        let load: PluginPresetLoad = host.extension()?;
        let path = CString::new(preset.as_os_str().as_encoded_bytes())?;
        let loaded = load.load_from_location(&host.instance.plugin_handle(), Location::File { path: &path }, None);
        loaded.with_context(|| format!("the plugin refuses {}", preset.display()))?;
        Ok(Self { host, lanes: Vec::new(), start: Vec::new(), planted: None })
    }

    /// The plugin's name.
    pub(super) fn name(&self) -> &str {
        &self.host.name
    }

    /// Plays the song on a thread of its own, as a host does, until it has rung out.
    ///
    /// # Errors
    /// If the plugin refuses to be activated or to process.
    pub(super) fn play(self, song: &Song, options: &Options) -> Result<Performance> {
        self.perform(song, options, None)
    }

    /// Renders the song offline, with `sidechain` in the sidechain from sample `entry` on.
    ///
    /// # Errors
    /// If the plugin cannot render offline, refuses to be activated or to process.
    pub(super) fn listen(
        mut self,
        song: &Song,
        options: &Options,
        sidechain: &[Vec<f32>; 2],
        entry: usize,
    ) -> Result<()> {
        let render: PluginRender = self.host.extension()?;
        render.set(&self.host.instance.plugin_handle(), RenderMode::Offline).context("the plugin renders live only")?;
        self.perform(song, options, Some((sidechain, entry))).map(drop)
    }

    fn perform(mut self, song: &Song, options: &Options, sidechain: Option<Sidechain<'_>>) -> Result<Performance> {
        let (rate, block) = (f64::from(options.rate), options.block);
        let configuration =
            PluginAudioConfiguration { sample_rate: rate, min_frames_count: block, max_frames_count: block };
        let processor = self.host.instance.activate(|_, _| (), configuration)?;
        let budget = Duration::from_secs_f64(f64::from(block) / rate);
        let length = options.seconds.map_or(song.length, |seconds| song.length.min((seconds * rate) as u64));
        let longest = length + (LONGEST_TAIL * rate) as u64;
        let mut stage = Stage::new(&self, block, song, length, Figures::new(budget, self.planted));
        stage.sidechain = sidechain;
        stage.figures.reserve((longest / u64::from(block)) as usize + 1);
        stage.audio.reserve((longest + u64::from(block)) as usize);
        let processor = std::thread::scope(|scope| {
            let audio = std::thread::Builder::new().name("audio".into());
            let playing = audio.spawn_scoped(scope, || -> Result<_> {
                let mut started = processor.start_processing().ok().context("the plugin refuses to start")?;
                while stage.now < length || (stage.now < longest && !stage.has_rung_out(options.rate)) {
                    stage.block(&mut started)?;
                }
                Ok(started.stop_processing())
            });
            playing.context("no thread")?.join().expect("the audio thread does not panic")
        })?;
        let Stage { audio, figures, .. } = stage;
        self.host.instance.deactivate(processor);
        Ok(Performance { audio, figures })
    }
}

/// Finds a parameter by its name.
fn parameter(host: &mut Host, name: &str) -> Result<Parameter> {
    let named = host.parameters()?.into_iter().find(|parameter| parameter.name == name);
    named.with_context(|| format!("the plugin has no parameter {name}"))
}

/// Has the plugin read a value from a text.
fn parse(host: &mut Host, name: &str, text: &str) -> Result<(ClapId, f64)> {
    let id = parameter(host, name)?.id;
    let params: PluginParams = host.extension()?;
    let value = params.text_to_value(&host.instance.plugin_handle(), id, &CString::new(text)?);
    Ok((id, value.with_context(|| format!("{name} cannot be {text}"))?))
}

/// Counts the heap calls of a call that does allocate in the plugin: printing a value.
fn planted(host: &mut Host, lanes: &[Parameter]) -> Result<Option<allocations::Calls>> {
    let params: PluginParams = host.extension()?;
    let plugin = host.instance.plugin_handle();
    let mut text = [0; 64];
    let (printed, calls) = allocations::count(|| params.value_to_text(&plugin, lanes[0].id, 0.0, &mut text).is_ok());
    ensure!(printed, "the plugin prints no value");
    Ok(calls)
}

/// The state of playing: all that a block needs, made beforehand.
struct Stage<'a> {
    song: &'a Song,
    lanes: &'a [Parameter],
    start: &'a [(ClapId, f64)],
    length: u64,
    block: usize,
    /// Samples played.
    now: u64,
    next_event: usize,
    next_point: u64,
    sounding: Vec<u32>,
    events_in: EventBuffer,
    events_out: EventBuffer,
    ports: Ports,
    audio: Vec<[f32; 2]>,
    figures: Figures,
    sidechain: Option<Sidechain<'a>>,
}

/// What comes through the sidechain, and from which sample on.
type Sidechain<'a> = (&'a [Vec<f32>; 2], usize);

impl<'a> Stage<'a> {
    fn new(player: &'a Player, block: u32, song: &'a Song, length: u64, figures: Figures) -> Self {
        let block = block as usize;
        Self {
            song,
            lanes: &player.lanes,
            start: &player.start,
            length,
            block,
            now: 0,
            next_event: 0,
            next_point: 0,
            sounding: Vec::with_capacity(256),
            events_in: EventBuffer::with_capacity(256),
            events_out: EventBuffer::with_capacity(256),
            ports: player.host.ports(block),
            audio: Vec::new(),
            figures,
            sidechain: None,
        }
    }

    /// Whether the last second was silent.
    fn has_rung_out(&self, rate: u32) -> bool {
        let last = self.audio.len().saturating_sub(rate as usize);
        self.sounding.is_empty() && self.audio[last..].iter().flatten().all(|sample| sample.abs() < SILENCE)
    }

    /// Plays one block.
    fn block(&mut self, processor: &mut StartedPluginAudioProcessor<()>) -> Result<()> {
        self.events_in.clear();
        self.events_out.clear();
        let end = self.now + self.block as u64;
        self.automate(end);
        self.send_song(end);
        self.events_in.sort();
        self.fill_sidechain();
        let (wall, cpu, calls) = self.process(processor)?;
        self.note_endings();
        let voices = self.sounding.len();
        self.figures.push(Block { wall, cpu, voices, calls });
        let [left, right] = [&self.ports.outputs[0][0], &self.ports.outputs[0][1]];
        self.audio.extend(left.iter().zip(right).map(|(&left, &right)| [left, right]));
        self.now = end;
        Ok(())
    }

    fn fill_sidechain(&mut self) {
        let Some((sound, entry)) = self.sidechain else { return };
        let first = self.now as usize;
        for (channel, sound) in self.ports.inputs.iter_mut().flatten().zip(sound) {
            for (at, sample) in channel.iter_mut().enumerate() {
                let place = (first + at).checked_sub(entry);
                *sample = place.and_then(|place| sound.get(place)).copied().unwrap_or_default();
            }
        }
    }

    /// What is set at the start, and the automation points before sample `end`.
    fn automate(&mut self, end: u64) {
        if self.now == 0 {
            for &(id, value) in self.start {
                self.events_in.push(&ParamValueEvent::new(0, id, Pckn::match_all(), value));
            }
        }
        while self.next_point < end.min(self.length) {
            let time = (self.next_point - self.now) as u32;
            let progress = self.next_point as f64 / self.song.length as f64;
            for (lane, target) in LANES.iter().zip(self.lanes) {
                let value = target.range.0 + lane.position(progress) * (target.range.1 - target.range.0);
                self.events_in.push(&ParamValueEvent::new(time, target.id, Pckn::match_all(), value));
            }
            self.next_point += INTERVAL;
        }
    }

    /// The song's events before sample `end`; at the end of an excerpt, the release of all that sounds.
    fn send_song(&mut self, end: u64) {
        while let Some(&(sample, action)) = self.song.events.get(self.next_event).filter(|(sample, _)| *sample < end) {
            self.next_event += 1;
            if sample < self.length || !matches!(action, Action::NoteOn { .. }) {
                self.send(sample.saturating_sub(self.now) as u32, action);
            }
        }
        if self.now < self.length && self.length <= end {
            for channel in 0..16 {
                self.events_in.push(&MidiEvent::new((self.length - 1 - self.now) as u32, 0, [0xB0 | channel, 123, 0]));
            }
        }
    }

    fn send(&mut self, time: u32, action: Action) {
        if let Action::NoteOn { id, .. } = action {
            self.sounding.push(id);
        }
        action.send(time, &mut self.events_in);
    }

    /// Calls the plugin and measures only that.
    fn process(
        &mut self,
        processor: &mut StartedPluginAudioProcessor<()>,
    ) -> Result<(Duration, Duration, Option<allocations::Calls>)> {
        let events_in = self.events_in.as_input();
        let mut events_out = self.events_out.as_output();
        let now = self.now;
        self.ports.lend(self.block, |inputs, outputs| {
            let (wall, cpu) = (Instant::now(), thread_time());
            let (status, calls) =
                allocations::count(|| processor.process(inputs, outputs, &events_in, &mut events_out, Some(now), None));
            let (cpu, wall) = (thread_time() - cpu, wall.elapsed());
            status?;
            Ok((wall, cpu, calls))
        })
    }

    /// Takes off the list what the plugin says has ended.
    fn note_endings(&mut self) {
        for event in &self.events_out {
            if let Some(id) = event.as_event::<NoteEndEvent>().and_then(|event| event.note_id().into_specific()) {
                self.sounding.retain(|sounding| *sounding != id);
            }
        }
    }
}
