//! A VST3 host in the test's own process, over the factory that the library exports.
//!
//! SAFETY, for all calls into the plugin below: the pointers handed over are valid during the call, the objects are
//! kept by counted references, and the calls come in the order that VST3 prescribes.
#![allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;

use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, BusDirections_, BusInfo, Event, Event_, Event__type0, IAudioProcessor,
    IAudioProcessorTrait, IComponent, IComponentTrait, IEditController, IEditControllerTrait, IEventList,
    IEventListTrait, IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, MediaTypes_,
    NoteOffEvent, NoteOnEvent, ParamID, ParamValue, ParameterInfo, ProcessData, ProcessModes_, ProcessSetup,
    SpeakerArr, SpeakerArrangement, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IBStream, IBStreamTrait, IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, PClassInfo, kInvalidArgument,
    kNotImplemented, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

/// Samples and what happens at them.
pub(crate) type Timed = (usize, Action);

/// What a player or an automation does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    On {
        id: i32,
        pitch: i16,
        velocity: f32,
    },
    Off {
        id: i32,
        pitch: i16,
    },
    /// A parameter's normalised value.
    Set {
        parameter: ParamID,
        value: ParamValue,
    },
}

/// The exported factory.
pub(crate) fn factory() -> ComPtr<IPluginFactory> {
    unsafe { ComPtr::from_raw(zither::GetPluginFactory().cast()) }.expect("the library has a factory")
}

/// The description of the factory's first class.
pub(crate) fn class() -> PClassInfo {
    let mut info = unsafe { std::mem::zeroed() };
    assert_eq!(unsafe { factory().getClassInfo(0, &mut info) }, kResultOk);
    info
}

/// An instance.
pub(crate) struct Rig {
    pub(crate) component: ComPtr<IComponent>,
    pub(crate) processor: ComPtr<IAudioProcessor>,
    pub(crate) controller: ComPtr<IEditController>,
}

impl Rig {
    /// A fresh instance, initialised.
    pub(crate) fn new() -> Self {
        let mut object = null_mut::<c_void>();
        let (class, component) = (class().cid, IComponent::IID);
        let made = unsafe { factory().createInstance(class.as_ptr(), component.as_ptr().cast(), &mut object) };
        assert_eq!(made, kResultOk);
        let component = unsafe { ComPtr::<IComponent>::from_raw(object.cast()) }.expect("an instance is made");
        assert_eq!(unsafe { component.initialize(null_mut()) }, kResultOk);
        let processor = component.cast().expect("it processes audio");
        let controller = component.cast().expect("it is its own controller");
        Self { component, processor, controller }
    }

    /// Audio buses in a direction: channels of each.
    pub(crate) fn buses(&self, input: bool) -> Vec<i32> {
        let (kind, direction) = (MediaTypes_::kAudio as i32, direction(input));
        let channels = |index| {
            let mut info: BusInfo = unsafe { std::mem::zeroed() };
            assert_eq!(unsafe { self.component.getBusInfo(kind, direction, index, &mut info) }, kResultOk);
            info.channelCount
        };
        (0..unsafe { self.component.getBusCount(kind, direction) }).map(channels).collect()
    }

    /// Asks for these arrangements; whether the plugin takes them.
    pub(crate) fn arrange(&self, mut inputs: Vec<SpeakerArrangement>, mut outputs: Vec<SpeakerArrangement>) -> bool {
        let (ins, outs) = (inputs.len() as i32, outputs.len() as i32);
        let answer = unsafe { self.processor.setBusArrangements(inputs.as_mut_ptr(), ins, outputs.as_mut_ptr(), outs) };
        answer == kResultOk
    }

    /// All parameters but the proxies for MIDI controllers, which the plugin marks as hidden.
    pub(crate) fn parameters(&self) -> Vec<ParameterInfo> {
        const HIDDEN: i32 = 1 << 4;
        let describe = |index| {
            let mut info = unsafe { std::mem::zeroed() };
            assert_eq!(unsafe { self.controller.getParameterInfo(index, &mut info) }, kResultOk);
            info
        };
        let all = (0..unsafe { self.controller.getParameterCount() }).map(describe);
        all.filter(|info: &ParameterInfo| info.flags & HIDDEN == 0).collect()
    }

    /// The id of the parameter with this title.
    pub(crate) fn parameter(&self, name: &str) -> ParamID {
        let all = self.parameters();
        all.iter().find(|info| text(&info.title) == name).unwrap_or_else(|| panic!("no parameter {name}")).id
    }

    /// A parameter's normalised value.
    pub(crate) fn value(&self, parameter: ParamID) -> ParamValue {
        unsafe { self.controller.getParamNormalized(parameter) }
    }

    /// A normalised value as the plugin prints it.
    pub(crate) fn print(&self, parameter: ParamID, value: ParamValue) -> String {
        let mut string = [0; 128];
        let answer = unsafe { self.controller.getParamStringByValue(parameter, value, &mut string) };
        assert_eq!(answer, kResultOk, "{parameter} {value}");
        text(&string)
    }

    /// The normalised value that the plugin reads from a text.
    pub(crate) fn parse(&self, parameter: ParamID, text: &str) -> Option<ParamValue> {
        let mut utf16: Vec<_> = text.encode_utf16().chain([0]).collect();
        let mut value = 0.0;
        let answer = unsafe { self.controller.getParamValueByString(parameter, utf16.as_mut_ptr().cast(), &mut value) };
        (answer == kResultOk).then_some(value)
    }

    /// The state as a host would store it.
    pub(crate) fn save(&self) -> Vec<u8> {
        let stream = ComWrapper::new(Stream::default());
        let pointer = stream.to_com_ptr::<IBStream>().expect("it is a stream");
        assert_eq!(unsafe { self.component.getState(pointer.as_ptr()) }, kResultOk);
        stream.bytes.borrow().clone()
    }

    /// Loads a stored state; whether the plugin accepts it.
    pub(crate) fn load(&self, bytes: &[u8]) -> bool {
        let stream = ComWrapper::new(Stream { bytes: RefCell::new(bytes.to_vec()), position: Cell::new(0) });
        let pointer = stream.to_com_ptr::<IBStream>().expect("it is a stream");
        (unsafe { self.component.setState(pointer.as_ptr()) }) == kResultOk
    }

    /// Prepares for playing; whether the plugin lets itself be activated.
    pub(crate) fn start(&self, rate: f64, largest: i32) -> bool {
        let mut setup = ProcessSetup {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: largest,
            sampleRate: rate,
        };
        unsafe {
            self.processor.setupProcessing(&mut setup) == kResultOk
                && self.component.setActive(1) == kResultOk
                && self.processor.setProcessing(1) == kResultOk
        }
    }

    /// Ends what [`Rig::start`] began.
    pub(crate) fn stop(&self) {
        unsafe {
            self.processor.setProcessing(0);
            assert_eq!(self.component.setActive(0), kResultOk);
        }
    }

    /// Plays `actions` for `total` samples in blocks of `block`, started and stopped.
    pub(crate) fn render(&self, rate: f64, actions: &[Timed], total: usize, block: usize) -> Vec<[f32; 2]> {
        assert!(self.start(rate, block as i32));
        let mut audio = Vec::with_capacity(total);
        while audio.len() < total {
            let frames = block.min(total - audio.len());
            let start = audio.len();
            let inside = |&&(sample, _): &&Timed| (start..start + frames).contains(&sample);
            let now: Vec<_> = actions.iter().filter(inside).map(|&(sample, action)| (sample - start, action)).collect();
            audio.extend(self.block(&now, frames));
        }
        self.stop();
        audio
    }

    /// One block, with `actions` at samples of the block. The sidechain hears a tone.
    pub(crate) fn block(&self, actions: &[Timed], frames: usize) -> Vec<[f32; 2]> {
        let tone: Vec<f32> = (0..frames).map(|sample| (sample as f32 * 0.1).sin()).collect();
        let mut inputs: Vec<_> = self.buses(true).iter().map(|&n| vec![tone.clone(); n as usize]).collect();
        let mut outputs = vec![vec![vec![f32::NAN; frames]; 2]];
        let (events, changes) = (ComWrapper::new(Events::new(actions)), ComWrapper::new(Changes::new(actions)));
        let events = events.to_com_ptr::<IEventList>().expect("it is a list");
        let changes = changes.to_com_ptr::<IParameterChanges>().expect("they are changes");
        let (mut in_pointers, mut out_pointers) = (pointers(&mut inputs), pointers(&mut outputs));
        let (mut in_buses, mut out_buses) = (bus_buffers(&mut in_pointers), bus_buffers(&mut out_pointers));
        let mut data = ProcessData {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: frames as i32,
            numInputs: in_buses.len() as i32,
            numOutputs: out_buses.len() as i32,
            inputs: in_buses.as_mut_ptr(),
            outputs: out_buses.as_mut_ptr(),
            inputParameterChanges: changes.as_ptr(),
            outputParameterChanges: null_mut(),
            inputEvents: events.as_ptr(),
            outputEvents: null_mut(),
            processContext: null_mut(),
        };
        assert_eq!(unsafe { self.processor.process(&mut data) }, kResultOk);
        outputs[0][0].iter().zip(&outputs[0][1]).map(|(&left, &right)| [left, right]).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        unsafe { self.component.terminate() };
    }
}

/// Stereo.
pub(crate) const STEREO: SpeakerArrangement = SpeakerArr::kStereo;
/// Mono.
pub(crate) const MONO: SpeakerArrangement = SpeakerArr::kMono;

fn direction(input: bool) -> i32 {
    (if input { BusDirections_::kInput } else { BusDirections_::kOutput }) as i32
}

fn pointers(ports: &mut [Vec<Vec<f32>>]) -> Vec<Vec<*mut f32>> {
    ports.iter_mut().map(|port| port.iter_mut().map(Vec::as_mut_ptr).collect()).collect()
}

fn bus_buffers(ports: &mut [Vec<*mut f32>]) -> Vec<AudioBusBuffers> {
    let bus = |port: &mut Vec<*mut f32>| AudioBusBuffers {
        numChannels: port.len() as i32,
        silenceFlags: 0,
        __field0: AudioBusBuffers__type0 { channelBuffers32: port.as_mut_ptr() },
    };
    ports.iter_mut().map(bus).collect()
}

/// A string of VST3 up to its zero.
pub(crate) fn text(utf16: &[vst3::Steinberg::Vst::TChar]) -> String {
    let units: Vec<u16> = utf16.iter().copied().take_while(|&unit| unit != 0).collect();
    String::from_utf16(&units).expect("the plugin writes UTF-16")
}

/// A stream in memory.
#[derive(Default)]
struct Stream {
    bytes: RefCell<Vec<u8>>,
    position: Cell<usize>,
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, count: i32, read: *mut i32) -> tresult {
        let bytes = self.bytes.borrow();
        let rest = &bytes[self.position.get().min(bytes.len())..];
        let count = rest.len().min(count.max(0) as usize);
        unsafe {
            std::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count);
            if !read.is_null() {
                *read = count as i32;
            }
        }
        self.position.set(self.position.get() + count);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: i32, written: *mut i32) -> tresult {
        let new = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count.max(0) as usize) };
        let mut bytes = self.bytes.borrow_mut();
        bytes.truncate(self.position.get());
        bytes.extend_from_slice(new);
        self.position.set(bytes.len());
        if !written.is_null() {
            unsafe { *written = count };
        }
        kResultOk
    }

    unsafe fn seek(&self, position: i64, mode: i32, result: *mut i64) -> tresult {
        let base = match mode {
            0 => 0,
            1 => self.position.get() as i64,
            2 => self.bytes.borrow().len() as i64,
            _ => return kInvalidArgument,
        };
        let Ok(target) = usize::try_from(base + position) else { return kInvalidArgument };
        self.position.set(target);
        if !result.is_null() {
            unsafe { *result = target as i64 };
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut i64) -> tresult {
        unsafe { *position = self.position.get() as i64 };
        kResultOk
    }
}

/// The notes of a block.
struct Events(Vec<Event>);

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl Events {
    fn new(actions: &[Timed]) -> Self {
        let event = |&(sample, action): &Timed| {
            let (kind, __field0) = match action {
                Action::On { id, pitch, velocity } => {
                    let noteOn = NoteOnEvent { channel: 0, pitch, tuning: 0.0, velocity, length: 0, noteId: id };
                    (Event_::EventTypes_::kNoteOnEvent, Event__type0 { noteOn })
                }
                Action::Off { id, pitch } => {
                    let noteOff = NoteOffEvent { channel: 0, pitch, velocity: 0.5, noteId: id, tuning: 0.0 };
                    (Event_::EventTypes_::kNoteOffEvent, Event__type0 { noteOff })
                }
                Action::Set { .. } => return None,
            };
            let sampleOffset = sample as i32;
            Some(Event { busIndex: 0, sampleOffset, ppqPosition: 0.0, flags: 0, r#type: kind as u16, __field0 })
        };
        Self(actions.iter().filter_map(event).collect())
    }
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> i32 {
        self.0.len() as i32
    }

    unsafe fn getEvent(&self, index: i32, event: *mut Event) -> tresult {
        let Some(found) = self.0.get(index as usize) else { return kInvalidArgument };
        unsafe { event.write(*found) };
        kResultOk
    }

    unsafe fn addEvent(&self, _event: *mut Event) -> tresult {
        kNotImplemented
    }
}

/// The parameter changes of a block: a queue per parameter.
struct Changes(Vec<ComPtr<IParamValueQueue>>);

struct Queue {
    parameter: ParamID,
    points: Vec<(i32, ParamValue)>,
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl Changes {
    fn new(actions: &[Timed]) -> Self {
        let mut queues: Vec<Queue> = Vec::new();
        for &(sample, action) in actions {
            let Action::Set { parameter, value } = action else { continue };
            let point = (sample as i32, value);
            match queues.iter_mut().find(|queue| queue.parameter == parameter) {
                Some(queue) => queue.points.push(point),
                None => queues.push(Queue { parameter, points: vec![point] }),
            }
        }
        Self(queues.into_iter().map(|queue| ComWrapper::new(queue).to_com_ptr().expect("it is a queue")).collect())
    }
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        self.0.len() as i32
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        self.0.get(index as usize).map_or(null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _id: *const ParamID, _index: *mut i32) -> *mut IParamValueQueue {
        null_mut()
    }
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.parameter
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.points.len() as i32
    }

    unsafe fn getPoint(&self, index: i32, sample: *mut i32, value: *mut ParamValue) -> tresult {
        let Some(&(at, what)) = self.points.get(index as usize) else { return kInvalidArgument };
        unsafe {
            sample.write(at);
            value.write(what);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _sample: i32, _value: ParamValue, _index: *mut i32) -> tresult {
        kNotImplemented
    }
}
