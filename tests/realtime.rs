//! Witness that the engine keeps off the heap: every allocation and release of this thread is counted.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use common::{Chance, steady_model};
use zither::model::Model;
use zither::model::transfer::Transfer;
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::Engine;
use zither::synth::event::{Event, NoteAddress};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting.
struct Counting;

fn count() {
    // The thread may be ending, with its locals gone.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches a constant-initialised thread local only,
// which does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn any_event(chance: &mut Chance) -> Event {
    let key = 30 + chance.below(60) as u8;
    let channel = chance.below(16) as u8;
    match chance.below(10) {
        0..=4 => Event::NoteOn { voice_id: Some(i32::from(key)), channel, key, velocity: chance.unit() },
        5..=7 => Event::NoteOff { address: NoteAddress { key: Some(key), ..NoteAddress::default() } },
        8 => Event::PitchBend { channel, value: chance.unit() },
        _ => Event::Sustain { channel, down: chance.below(4) == 0 },
    }
}

#[test]
fn a_hundred_thousand_blocks_allocate_nothing() {
    let mut engine = Engine::new(Model::factory(), 44_100.0);
    let mut controls = Controls::default();
    controls.set(Control::RELEASE, 60.0);
    controls.set(Control::SUSTAIN, -60.0);
    controls.set(Control::DECAY, 300.0);
    let mut chance = Chance(7);
    let mut transfer = Some(Arc::new(Transfer::of_gain(3.0)));
    let mut model = steady_model(&[(0, -20.0), (3, -40.0)]);
    let (mut left, mut right) = (vec![0.0; 64], vec![0.0; 64]);
    let mut ended = 0;
    let before = CALLS.get();
    for block in 0..100_000 {
        if block % 64 == 0 {
            engine.handle(any_event(&mut chance));
            controls.set(Control::latent(chance.below(16)), chance.unit());
            controls.set(Control::MODE, (block / 4_096 % 4) as f32);
            controls.set(Control::UNISON, (block / 8_192 % 3) as f32);
            engine.set_controls(&controls);
        }
        if block % 1_000 == 0 {
            transfer = engine.exchange_transfer(transfer);
            model = engine.exchange_model(model);
        }
        let length = chance.below(65);
        engine.render(&mut left[..length], &mut right[..length]);
        ended += std::iter::from_fn(|| engine.ended()).count();
    }
    assert_eq!(CALLS.get() - before, 0, "allocations and releases");
    assert!(ended > 100, "{ended} notes ended: this was no idle run");
    // The witness itself works.
    drop(std::hint::black_box(vec![1_u8]));
    assert_eq!(CALLS.get() - before, 2);
}
