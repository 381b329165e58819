//! A CLAP host in the test's own process, over the entry point that the library exports.
#![allow(dead_code, reason = "each test program uses its own part of this")]

mod host;

use std::collections::BTreeMap;

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteEndEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent,
    ParamModEvent, ParamValueEvent,
};
use clack_host::prelude::*;

pub(crate) use host::{Heard, Host, Main};

/// The plugin's id, which projects keep.
pub(crate) const ID: &std::ffi::CStr = c"audio.zither.zither";
/// Rate at which most tests play, in Hz.
pub(crate) const RATE: f64 = 48_000.0;
/// Largest block that [`Rig::start`] promises.
pub(crate) const LARGEST_BLOCK: usize = 65_536;

/// What a player or an automation does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// A note begins on channel 0; `id` is the host's.
    On { id: u32, key: u16, velocity: f64 },
    /// It is released.
    Off { id: u32, key: u16 },
    /// It ends at once.
    Choke { id: u32, key: u16 },
    /// A note expression for one note.
    Express { id: u32, key: u16, kind: NoteExpressionType, value: f64 },
    /// MIDI bytes.
    Midi([u8; 3]),
    /// A parameter's value in the host's terms.
    Set { parameter: ClapId, value: f64 },
    /// An offset of a parameter for one note.
    Modulate { parameter: ClapId, id: u32, key: u16, amount: f64 },
}

/// An action and the sample at which it happens.
pub(crate) type Timed = (usize, Action);

/// One parameter as the host sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) id: ClapId,
    pub(crate) name: String,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) default: f64,
    pub(crate) flags: ParamInfoFlags,
}

impl Parameter {
    /// The value at `position` 0..1 of the range; a whole number where the parameter has steps.
    pub(crate) fn at(&self, position: f64) -> f64 {
        let value = self.min + position * (self.max - self.min);
        if self.flags.contains(ParamInfoFlags::IS_STEPPED) { value.round() } else { value }
    }
}

/// Keeps what tests do out of the user's history: they have a home of their own, unless they were given one.
fn keep_apart() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("ZITHER_HOME").is_none() {
            // SAFETY: no instance was made yet, so nothing but the standard library reads the environment, in turn.
            unsafe { std::env::set_var("ZITHER_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/home")) };
        }
    });
}

/// The library's CLAP entry.
pub(crate) fn entry() -> PluginEntry {
    // SAFETY: the entry is the library's own and lives as long as the process.
    unsafe { PluginEntry::load_from_raw(&zither::clap_entry, c"/plugins/Zither.clap") }.expect("the entry starts")
}

/// Who the host says it is.
pub(crate) fn info() -> HostInfo {
    HostInfo::new("Zither's tests", "Zither", "https://github.com/zither-audio/zither", "1")
        .expect("the strings hold no zero")
}

/// An instance on its main thread.
pub(crate) struct Rig {
    pub(crate) instance: PluginInstance<Host>,
}

impl Default for Rig {
    fn default() -> Self {
        Self::new()
    }
}

impl Rig {
    /// A fresh instance.
    pub(crate) fn new() -> Self {
        keep_apart();
        let info = info();
        let instance = PluginInstance::new(|_| Heard::default(), |heard| Main { heard }, &entry(), ID, &info)
            .expect("an instance is made");
        Self { instance }
    }

    /// The extension `E` of the plugin, which must have it.
    pub(crate) fn extension<E>(&mut self) -> E
    where
        E: clack_host::extensions::Extension<ExtensionSide = clack_host::extensions::PluginExtensionSide>,
    {
        self.instance.plugin_handle().get_extension().expect("the plugin has the extension")
    }

    /// All parameters in the plugin's order.
    pub(crate) fn parameters(&mut self) -> Vec<Parameter> {
        let params: PluginParams = self.extension();
        let plugin = self.instance.plugin_handle();
        let describe = |index| {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(&plugin, index, &mut buffer).expect("every parameter is described");
            Parameter {
                id: info.id,
                name: String::from_utf8_lossy(info.name).into_owned(),
                min: info.min_value,
                max: info.max_value,
                default: info.default_value,
                flags: info.flags,
            }
        };
        (0..params.count(&plugin)).map(describe).collect()
    }

    /// The parameter of this name.
    pub(crate) fn parameter(&mut self, name: &str) -> Parameter {
        let all = self.parameters();
        all.into_iter().find(|parameter| parameter.name == name).unwrap_or_else(|| panic!("no parameter {name}"))
    }

    /// The value that the plugin reports, of every parameter.
    pub(crate) fn values(&mut self) -> BTreeMap<String, f64> {
        let params: PluginParams = self.extension();
        let all = self.parameters();
        let plugin = self.instance.plugin_handle();
        all.into_iter().map(|p| (p.name, params.get_value(&plugin, p.id).expect("it has a value"))).collect()
    }

    /// Sets parameters while the plugin is not active.
    pub(crate) fn set(&mut self, values: &[(ClapId, f64)]) {
        let params: PluginParams = self.extension();
        let mut events = EventBuffer::new();
        for &(parameter, value) in values {
            push(&mut events, 0, Action::Set { parameter, value });
        }
        let mut answers = EventBuffer::new();
        let mut plugin = self.instance.inactive_plugin_handle().expect("the plugin is not active");
        params.flush(&mut plugin, &events.as_input(), &mut answers.as_output());
    }

    /// The state as a host would store it.
    pub(crate) fn save(&mut self) -> Vec<u8> {
        let state: PluginState = self.extension();
        let mut bytes = Vec::new();
        state.save(&self.instance.plugin_handle(), &mut bytes).expect("the state is saved");
        bytes
    }

    /// Loads a stored state; whether the plugin accepts it.
    pub(crate) fn load(&mut self, mut bytes: &[u8]) -> bool {
        let state: PluginState = self.extension();
        state.load(&self.instance.plugin_handle(), &mut bytes).is_ok()
    }

    /// Whether the plugin lets itself be activated so; it is not active afterwards. Calls the plugin directly, because
    /// the host library refuses some of what is tried here by itself.
    pub(crate) fn activates(&mut self, rate: f64, largest: u32) -> bool {
        let plugin = self.instance.raw_instance();
        // SAFETY: the instance is live, not active, and this is its main thread.
        unsafe {
            let active = plugin.activate.expect("CLAP demands it")(plugin, rate, 1.min(largest), largest);
            if active {
                plugin.deactivate.expect("CLAP demands it")(plugin);
            }
            active
        }
    }

    /// Activates at `rate` and starts processing.
    pub(crate) fn start(&mut self, rate: f64) -> Player {
        let configuration =
            PluginAudioConfiguration { sample_rate: rate, min_frames_count: 1, max_frames_count: LARGEST_BLOCK as u32 };
        let processor = self.instance.activate(|_, _| (), configuration).expect("the plugin activates");
        let (inputs, outputs) = (self.channels(true), self.channels(false));
        Player {
            processor: processor.start_processing().expect("processing starts"),
            inputs,
            outputs,
            sidechain: None,
            ended: Vec::new(),
        }
    }

    /// Ends what [`Rig::start`] began.
    pub(crate) fn stop(&mut self, player: Player) {
        self.instance.deactivate(player.processor.stop_processing());
    }

    /// Plays `actions` on a fresh activation, in blocks of the given sizes (the last one repeats), for `total` samples.
    pub(crate) fn render(&mut self, rate: f64, actions: &[Timed], total: usize, blocks: &[usize]) -> Vec<[f32; 2]> {
        let mut player = self.start(rate);
        let audio = player.play(actions, total, blocks);
        self.stop(player);
        audio
    }

    fn channels(&mut self, inputs: bool) -> Vec<usize> {
        let ports: PluginAudioPorts = self.extension();
        let plugin = self.instance.plugin_handle();
        let channels = |index| {
            let mut buffer = AudioPortInfoBuffer::new();
            ports.get(&plugin, index, inputs, &mut buffer).expect("every port is described").channel_count as usize
        };
        (0..ports.count(&plugin, inputs)).map(channels).collect()
    }
}

/// An active instance on its audio thread.
pub(crate) struct Player {
    pub(crate) processor: StartedPluginAudioProcessor<Host>,
    /// Channels of each port.
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
    /// What the sidechain hears at each sample; silence unless set.
    pub(crate) sidechain: Option<fn(usize) -> f32>,
    /// Ids of the notes whose end the plugin has reported.
    pub(crate) ended: Vec<u32>,
}

impl Player {
    /// Plays `actions` in blocks of the given sizes (the last one repeats) for `total` samples; what the main output
    /// gave.
    pub(crate) fn play(&mut self, actions: &[Timed], total: usize, blocks: &[usize]) -> Vec<[f32; 2]> {
        let mut audio = Vec::with_capacity(total);
        let mut sizes = blocks.iter().copied();
        let mut size = 0;
        while audio.len() < total {
            size = sizes.next().unwrap_or(size);
            let frames = size.min(total - audio.len());
            audio.extend(self.block(actions, audio.len(), frames).expect("the plugin processes"));
            assert!(sizes.len() > 0 || size > 0, "the last block size repeats");
        }
        audio
    }

    /// Plays one block of `frames` from sample `start`, with those of `actions` that lie in it.
    pub(crate) fn block(&mut self, actions: &[Timed], start: usize, frames: usize) -> Result<Vec<[f32; 2]>, String> {
        let mut events = EventBuffer::new();
        for &(sample, action) in actions.iter().filter(|(sample, _)| (start..start + frames).contains(sample)) {
            push(&mut events, (sample - start) as u32, action);
        }
        self.send(&events, start, frames)
    }

    /// Plays one block of `frames` from sample `start` with these events.
    pub(crate) fn send(&mut self, events: &EventBuffer, start: usize, frames: usize) -> Result<Vec<[f32; 2]>, String> {
        let sidechain = self.sidechain;
        let heard = |sample: usize| sidechain.map_or(0.0, |signal| signal(start + sample));
        let channel: Vec<f32> = (0..frames).map(heard).collect();
        let mut inputs: Vec<_> = self.inputs.iter().map(|&channels| vec![channel.clone(); channels]).collect();
        let mut outputs: Vec<_> = self.outputs.iter().map(|&channels| vec![vec![f32::NAN; frames]; channels]).collect();
        self.process(&mut inputs, &mut outputs, events)?;
        let [left, right] = &outputs[0][..] else { panic!("the main output is stereo") };
        Ok(left.iter().zip(right).map(|(&left, &right)| [left, right]).collect())
    }

    /// One call of the plugin with these ports (port, channel, sample), which need not be the declared ones.
    pub(crate) fn process(
        &mut self,
        inputs: &mut [Vec<Vec<f32>>],
        outputs: &mut [Vec<Vec<f32>>],
        events: &EventBuffer,
    ) -> Result<(), String> {
        let (mut ports_in, mut ports_out) = (AudioPorts::with_capacity(8, 4), AudioPorts::with_capacity(8, 4));
        let inputs = ports_in.with_input_buffers(inputs.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(port.iter_mut().map(InputChannel::variable)),
        }));
        let mut outputs = ports_out.with_output_buffers(outputs.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(Vec::as_mut_slice)),
        }));
        let mut answers = EventBuffer::new();
        let (input, mut output) = (events.as_input(), answers.as_output());
        let status = self.processor.process(&inputs, &mut outputs, &input, &mut output, None, None);
        for answer in &answers {
            let ended = answer.as_event::<NoteEndEvent>().and_then(|event| event.note_id().into_specific());
            self.ended.extend(ended);
        }
        status.map(drop).map_err(|error| error.to_string())
    }
}

/// Adds `action` at sample `time` of the block.
pub(crate) fn push(events: &mut EventBuffer, time: u32, action: Action) {
    let note = |id: u32, key: u16| Pckn::new(0_u16, 0_u16, key, id);
    match action {
        Action::On { id, key, velocity } => events.push(&NoteOnEvent::new(time, note(id, key), velocity)),
        Action::Off { id, key } => events.push(&NoteOffEvent::new(time, note(id, key), 0.5)),
        Action::Choke { id, key } => events.push(&NoteChokeEvent::new(time, note(id, key))),
        Action::Express { id, key, kind, value } => {
            events.push(&NoteExpressionEvent::new(time, note(id, key), kind, value));
        }
        Action::Midi(bytes) => events.push(&MidiEvent::new(time, 0, bytes)),
        Action::Set { parameter, value } => {
            events.push(&ParamValueEvent::new(time, parameter, Pckn::match_all(), value));
        }
        Action::Modulate { parameter, id, key, amount } => {
            events.push(&ParamModEvent::new(time, parameter, note(id, key), amount));
        }
    }
}

/// Largest absolute sample.
pub(crate) fn peak(audio: &[[f32; 2]]) -> f32 {
    audio.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Whether every sample is a number.
pub(crate) fn is_finite(audio: &[[f32; 2]]) -> bool {
    audio.iter().flatten().all(|sample| sample.is_finite())
}

/// The first sample at which two renders differ.
pub(crate) fn first_difference(a: &[[f32; 2]], b: &[[f32; 2]]) -> Option<usize> {
    a.iter().zip(b).position(|(a, b)| a.map(f32::to_bits) != b.map(f32::to_bits))
}

/// A chord from sample `start`, held for `length`.
pub(crate) fn chord(start: usize, length: usize) -> Vec<Timed> {
    let notes = [(1, 57), (2, 60), (3, 64), (4, 69)];
    let on = notes.map(|(id, key)| (start, Action::On { id, key, velocity: 0.7 }));
    let off = notes.map(|(id, key)| (start + length, Action::Off { id, key }));
    on.into_iter().chain(off).collect()
}

/// A short sequence of pseudo-random numbers (Knuth's MMIX constants): the same in every run.
pub(crate) struct Dice(pub u64);

impl Dice {
    /// A number below `below`.
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}
