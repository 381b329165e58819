use std::cell::Cell;
use std::time::{Duration, Instant};

use nice_plug::context::process::SendEventError;
use nice_plug::midi::{Channel, Key as MidiKey, VoiceID};

use super::*;

#[path = "../../../tests/common/music.rs"]
mod music;
mod rights;
mod settings;

/// A host's context that plays a list of events, and may panic when asked for one.
struct Host {
    events: Vec<NoteEvent<()>>,
    panics: bool,
    transport: Transport,
    latency: Cell<u32>,
    ended: usize,
}

impl Host {
    fn with(mut events: Vec<NoteEvent<()>>) -> Self {
        events.reverse();
        Self { events, panics: false, transport: Transport::new(48_000.0), latency: Cell::new(7), ended: 0 }
    }

    fn panicking() -> Self {
        Self { panics: true, ..Self::with(Vec::new()) }
    }
}

impl<F: Format> ProcessContext<Instrument<F>> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    fn execute_background(&self, (): ()) {}
    fn execute_gui(&self, (): ()) {}
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn next_event(&mut self) -> Option<NoteEvent<()>> {
        assert!(!self.panics, "a panic within process");
        self.events.pop()
    }
    fn try_send_event(&mut self, _event: NoteEvent<()>) -> Result<(), (NoteEvent<()>, SendEventError)> {
        self.ended += 1;
        Ok(())
    }
    fn set_latency_samples(&self, samples: u32) {
        self.latency.set(samples);
    }
    fn request_restart(&self) {}
    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

impl<F: Format> ActivateContext<Instrument<F>> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    fn execute(&self, (): ()) {}
    fn set_latency_samples(&self, samples: u32) {
        self.latency.set(samples);
    }
    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

fn activate<F: Format>(instrument: &mut Instrument<F>, sample_rate: f32, max_buffer_size: u32) -> bool {
    let process_mode = ProcessMode::Realtime;
    let config = BufferConfig { sample_rate, min_buffer_size: None, max_buffer_size, process_mode };
    let mut host = Host::with(Vec::new());
    let active = instrument.activate(&F::LAYOUTS[0], &config, &mut host);
    assert!(!active || host.latency.get() == 0);
    active
}

fn active<F: Format>() -> Instrument<F> {
    let mut instrument = Instrument::default();
    assert!(activate(&mut instrument, 48_000.0, 1_024));
    instrument.reset();
    instrument
}

/// Processes one block over what stands in `main`; `aux` is the auxiliary input, where there is one.
fn process<F: Format>(
    instrument: &mut Instrument<F>,
    main: &mut [Vec<f32>; 2],
    aux: Option<&mut [Vec<f32>; 2]>,
    host: &mut Host,
) -> ProcessStatus {
    let mut buffer = buffer(main);
    let mut inputs: Vec<Buffer> = aux.into_iter().map(self::buffer).collect();
    let mut aux = AuxiliaryBuffers { inputs: &mut inputs, outputs: &mut [] };
    instrument.process(&mut buffer, &mut aux, host)
}

fn buffer(channels: &mut [Vec<f32>; 2]) -> Buffer<'_> {
    let mut buffer = Buffer::default();
    let frames = channels[0].len();
    // SAFETY: all slices are `frames` long and borrowed for as long as the buffer lives.
    unsafe { buffer.set_slices(frames, |slices| *slices = channels.iter_mut().map(Vec::as_mut_slice).collect()) };
    buffer
}

fn note_on(timing: u32, key: u8) -> NoteEvent<()> {
    let (channel, key) = (Channel::Number(0), MidiKey::Number(key));
    NoteEvent::NoteOn { timing, voice_id: VoiceID::Wildcard, channel, key, velocity: 0.9 }
}

fn wait_for(mut reached: impl FnMut() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn rates_and_blocks_out_of_bounds_are_refused() {
    for rate in [1_000.0, 8_000.0, 44_100.0, 192_000.0, 768_000.0] {
        assert!(activate(&mut ClapInstrument::default(), rate, 512), "{rate}");
    }
    for rate in [0.0, -48_000.0, 999.0, 1e9, f32::NAN, f32::INFINITY] {
        assert!(!activate(&mut ClapInstrument::default(), rate, 512), "{rate}");
    }
    for (block, accepted) in [(0, false), (1, true), (65_536, true), (65_537, false), (u32::MAX, false)] {
        assert_eq!(activate(&mut Vst3Instrument::default(), 48_000.0, block), accepted, "{block}");
    }
}

#[test]
fn a_note_sounds_from_its_own_sample_on_and_keeps_the_plugin_awake() {
    let mut instrument = active::<Clap>();
    let mut main = [vec![0.5; 1_000], vec![0.5; 1_000]];
    let status = process(&mut instrument, &mut main, None, &mut Host::with(vec![note_on(333, 60)]));
    assert_eq!(status, ProcessStatus::KeepAlive);
    assert!(main.iter().all(|channel| channel[..333].iter().all(|&sample| sample == 0.0)));
    assert!(main.iter().all(|channel| channel[333..].iter().any(|&sample| sample != 0.0)));
}

#[test]
fn nothing_sounding_lets_the_host_sleep_unless_the_editor_is_open() {
    let mut instrument = active::<Clap>();
    let screen = instrument.screen.take().unwrap();
    let mut main = [vec![0.5; 64], vec![0.5; 64]];
    let quiet = &mut Host::with(Vec::new());
    assert_eq!(process(&mut instrument, &mut main, None, quiet), ProcessStatus::Normal);
    assert!(main.iter().flatten().all(|&sample| sample == 0.0));
    screen.set_open(true);
    assert_eq!(process(&mut instrument, &mut main, None, quiet), ProcessStatus::KeepAlive);
}

#[test]
fn a_panic_becomes_silence_for_good_and_the_screen_says_so() {
    let mut instrument = active::<Clap>();
    let screen = instrument.screen.take().unwrap();
    let mut main = [vec![0.5; 64], vec![0.5; 64]];
    process(&mut instrument, &mut main, None, &mut Host::panicking());
    assert!(main.iter().flatten().all(|&sample| sample == 0.0));
    assert!(screen.fault());
    let mut main = [vec![0.5; 256], vec![0.5; 256]];
    process(&mut instrument, &mut main, None, &mut Host::with(vec![note_on(0, 60)]));
    assert!(main.iter().flatten().all(|&sample| sample == 0.0));
}

#[test]
fn a_main_input_is_heard_before_the_output_overwrites_it() {
    let mut instrument = active::<Vst3>();
    let screen = instrument.screen.take().unwrap();
    let mut main = [vec![0.5; 1_000], vec![0.5; 1_000]];
    process(&mut instrument, &mut main, None, &mut Host::with(Vec::new()));
    assert!(main.iter().flatten().all(|&sample| sample == 0.0));
    wait_for(|| (screen.heard(Stream::Sidechain).sounding_seconds - 1_000.0 / 48_000.0).abs() < 1e-6);
}

#[test]
fn an_auxiliary_input_shorter_than_the_block_is_heard_as_far_as_it_goes() {
    let mut instrument = active::<Clap>();
    let screen = instrument.screen.take().unwrap();
    let mut main = [vec![0.0; 1_000], vec![0.0; 1_000]];
    let mut aux = [vec![0.5; 300], vec![0.5; 200]];
    process(&mut instrument, &mut main, Some(&mut aux), &mut Host::with(vec![note_on(0, 60)]));
    assert!(main[0][900..].iter().any(|&sample| sample != 0.0), "the block is rendered to its end");
    wait_for(|| (screen.heard(Stream::Sidechain).sounding_seconds - 200.0 / 48_000.0).abs() < 1e-6);
}

#[test]
fn a_key_of_the_screen_plays() {
    let mut instrument = active::<Clap>();
    let mut screen = instrument.screen.take().unwrap();
    screen.play(Key::Down { key: 60, velocity: 0.8 });
    let mut main = [vec![0.0; 1_000], vec![0.0; 1_000]];
    process(&mut instrument, &mut main, None, &mut Host::with(Vec::new()));
    assert!(main[0].iter().any(|&sample| sample != 0.0));
    let levels = screen.levels();
    assert_eq!(levels.voices, 1);
    assert!(levels.peak[0] > 0.0 && levels.peak[1] > 0.0);
}

#[test]
fn processing_without_activation_is_silent() {
    let mut main = [vec![0.5; 64], vec![0.5; 64]];
    process(&mut ClapInstrument::default(), &mut main, None, &mut Host::with(vec![note_on(0, 60)]));
    assert!(main.iter().flatten().all(|&sample| sample == 0.0));
}
