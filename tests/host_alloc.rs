//! The audio callback and the heap: none of it, over a hundred thousand blocks.
#![cfg(feature = "plugin")]

mod clap_host;
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use clack_host::events::event_types::NoteExpressionType;
use clack_host::prelude::*;

use clap_host::*;

const BLOCKS: usize = 100_000;
const BLOCK: usize = 64;

/// The system's allocator, which counts its calls per thread while [`count`] runs.
struct Counting;

thread_local! {
    // `const` and without a destructor: reaching it never allocates.
    static CALLS: Cell<Option<u64>> = const { Cell::new(None) };
}

fn note() {
    CALLS.set(CALLS.get().map(|calls| calls + 1));
}

/// Heap calls of this thread (frees too) while `work` runs.
fn count(work: impl FnOnce()) -> u64 {
    CALLS.set(Some(0));
    work();
    CALLS.take().expect("it was set above")
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note();
        // SAFETY: the caller's contract is the same.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's contract is the same.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_counter_sees_a_planted_allocation() {
    assert_eq!(count(|| drop(std::hint::black_box(vec![1_u8; 257]))), 2);
    assert_eq!(count(|| ()), 0);
}

/// What happens in the block of this number: notes, bends, pedal, automation, modulation, expression, in turn.
fn events(block: usize, parameters: &[Parameter], events: &mut EventBuffer) {
    events.clear();
    let (id, time) = ((block / 40 % 4_096) as u32, (block % BLOCK) as u32);
    let key = 40 + (block / 40 * 7 % 48) as u16;
    let parameter = &parameters[block / 5 % parameters.len()];
    let position = (block % 97) as f64 / 96.0;
    match block % 40 {
        0 => push(events, time, Action::On { id, key, velocity: 0.3 + 0.6 * position }),
        5 => push(events, time, Action::Midi([0xE0, 0, (block % 128) as u8])),
        9 => push(events, time, Action::Midi([0xB0, 1, (block % 128) as u8])),
        12 => push(events, time, Action::Midi([0xB0, 64, if (block / 40).is_multiple_of(5) { 127 } else { 0 }])),
        15 => push(events, time, Action::Express { id, key, kind: NoteExpressionType::Tuning, value: position }),
        18 => push(events, time, Action::Modulate { parameter: parameters[0].id, id, key, amount: 0.1 * position }),
        20 | 22 | 24 => push(events, time, Action::Set { parameter: parameter.id, value: parameter.at(position) }),
        // Now and then another program.
        30 if block % 6_000 < 40 => push(events, time, Action::Midi([0xC0, (block / 6_000) as u8, 0])),
        35 => push(events, time, Action::Off { id, key }),
        _ => {}
    }
}

/// The state with a model of its own, which is written to `path`.
fn with_own_model(state: &[u8], path: &std::path::Path) -> Vec<u8> {
    let bytes = common::steady_model(&[(0, -20.0)]).to_bytes();
    std::fs::write(path, &bytes).expect("the file is there");
    let digest = zither::model::ModelReference::of_file("", &bytes).digest;
    let model = serde_json::json!({"name": "", "digest": digest, "path": path.to_str()});
    let mut json: serde_json::Value = serde_json::from_slice(&state[8..]).expect("a length, then JSON");
    json["fields"]["model"] = model.to_string().into();
    let text = json.to_string();
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// A state is loaded each time this many blocks have gone by.
const LOADS: usize = 1_000;

#[test]
fn the_callback_never_calls_the_heap() {
    let mut rig = Rig::new();
    // All parameters but bypass, which would make it too easy.
    let mut parameters = rig.parameters();
    parameters.retain(|parameter| parameter.name != "Bypass");
    let mut player = rig.start(RATE);
    let mut sidechain: Vec<_> = player.inputs.iter().map(|&channels| vec![vec![0.1_f32; BLOCK]; channels]).collect();
    let mut outputs: Vec<_> = player.outputs.iter().map(|&channels| vec![vec![0.0_f32; BLOCK]; channels]).collect();
    let (mut ports_in, mut ports_out) = (AudioPorts::with_capacity(8, 4), AudioPorts::with_capacity(8, 4));
    let (mut sent, mut answers) = (EventBuffer::with_capacity(64), EventBuffer::with_capacity(1_024));
    let (mut calls, mut first, mut peak) = (0, None, 0.0_f32);
    let own = tempfile::Builder::new().suffix(".safetensors").tempfile().unwrap();
    let states = [
        include_bytes!("golden/state-0.1-transfer.bin").to_vec(),
        include_bytes!("golden/state-0.1.bin").to_vec(),
        with_own_model(include_bytes!("golden/state-0.1.bin"), own.path()),
    ];
    for block in 0..BLOCKS {
        // What a state's transfer and model take the place of must not be freed by the callback.
        if block % LOADS == LOADS - 1 {
            assert!(rig.load(&states[block / LOADS % states.len()]));
        }
        rig.instance.call_on_main_thread_callback();
        events(block, &parameters, &mut sent);
        answers.clear();
        let inputs = ports_in.with_input_buffers(sidechain.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(port.iter_mut().map(InputChannel::variable)),
        }));
        let mut buffers = ports_out.with_output_buffers(outputs.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(Vec::as_mut_slice)),
        }));
        let (input, mut output) = (sent.as_input(), answers.as_output());
        let processor = &mut player.processor;
        let made = count(|| {
            let status = processor.process(&inputs, &mut buffers, &input, &mut output, None, None);
            assert!(status.is_ok());
        });
        calls += made;
        first = first.or((made > 0).then_some(block));
        peak = outputs[0].iter().flatten().fold(peak, |peak, sample| peak.max(sample.abs()));
    }
    rig.stop(player);
    assert!(peak.is_finite() && peak > 0.005, "the blocks were to be heard: {peak}");
    assert_eq!(calls, 0, "the heap was called, first in block {first:?}");
}
