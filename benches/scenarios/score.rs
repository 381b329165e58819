//! What is played: the same events at the same samples for whoever plays.

use zither::synth::controls::{Control, Controls};
use zither::synth::engine::VOICES;
use zither::synth::event::{Event, Expression, NoteAddress};

/// Samples of audio per second.
pub(crate) const RATE: f32 = 48_000.0;
/// Samples after which the music begins anew: one second, and a multiple of every block.
pub(crate) const PERIOD: usize = 49_152;
/// The plugin renders at most this many samples at once.
const LONGEST_PIECE: usize = 64;
/// Events of a flooded block.
const FLOOD: usize = 10_000;
/// A denormal number.
const TINY: f32 = 1e-40;

/// What the notes of a period do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Notes {
    /// None.
    None,
    /// So many: in even periods all at the same sample, so that all their decodes fall together, in odd ones spread
    /// evenly. Later three of them at once make room for three others.
    Held(usize),
    /// So many, struck at once and soon released into their longest release, at this volume.
    Dying(usize, f32),
    /// As `Held` by all voices, among so many other events in each block.
    Flooded,
}

/// What the controls do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Motion {
    /// Nothing.
    Still,
    /// All latents swing, each at its own rate, and are set once a block.
    Latents,
    /// Everything but what sets the number of voices jumps at every so many samples.
    Jumps(usize),
    /// Controls and expressions stand at denormal numbers.
    Denormal,
}

/// A stretch of a block in which nothing happens.
pub(crate) struct Piece {
    /// What happens before it.
    pub(crate) controls: Option<Controls>,
    pub(crate) events: Vec<Event>,
    /// Samples.
    pub(crate) length: usize,
}

/// One period of music, block by block.
pub(crate) struct Score {
    pub(crate) notes: Notes,
    pub(crate) motion: Motion,
    pub(crate) unison: f32,
    pub(crate) block: usize,
    /// How many of a period's first blocks are played.
    pub(crate) part: usize,
}

impl Score {
    /// The blocks of period `number`.
    pub(crate) fn blocks(&self, number: usize) -> impl Iterator<Item = Vec<Piece>> {
        let events = self.events(number);
        let mut chance = Chance(1 + number as u32);
        (0..self.part.min(PERIOD / self.block)).map(move |block| {
            let start = block * self.block;
            let before = |sample: usize| events.partition_point(|(time, _)| *time < sample);
            let within = events[before(start)..before(start + self.block)].iter().map(|(time, _)| time - start);
            let mut marks: Vec<usize> = (0..self.block).step_by(self.longest_piece()).chain(within).collect();
            marks.sort_unstable();
            marks.dedup();
            let ends = marks.iter().copied().skip(1).chain([self.block]);
            let piece = |(&at, end): (&usize, usize)| Piece {
                controls: self.controls(number * PERIOD + start, at, &mut chance),
                events: events[before(start + at)..before(start + at + 1)].iter().map(|(_, event)| *event).collect(),
                length: end - at,
            };
            marks.iter().zip(ends).map(piece).collect()
        })
    }

    fn longest_piece(&self) -> usize {
        match self.motion {
            Motion::Jumps(every) => every,
            _ => LONGEST_PIECE,
        }
    }

    /// The controls to be set `at` samples into the block that begins at sample `start`.
    fn controls(&self, start: usize, at: usize, chance: &mut Chance) -> Option<Controls> {
        let mut controls = Controls::default();
        controls.set(Control::UNISON, self.unison);
        match self.motion {
            Motion::Jumps(every) if at.is_multiple_of(every) => {
                let structural = [Control::UNISON, Control::MODE, Control::BYPASS, Control::VOICES];
                for control in Control::all().filter(|control| !structural.contains(control)) {
                    controls.set(control, control.spec().plain(chance.unit()));
                }
                // A lower one would end the notes.
                controls.set(Control::SUSTAIN, controls.get(Control::SUSTAIN).max(-30.0));
            }
            _ if at > 0 => return None,
            Motion::Latents => {
                let time = start as f32 / RATE;
                for i in 0..16 {
                    controls.set(Control::latent(i), 0.5 * (time * (1.0 + i as f32)).sin());
                }
            }
            Motion::Denormal => {
                Control::all().filter(|control| is_centred(*control)).for_each(|control| controls.set(control, TINY));
            }
            Motion::Still | Motion::Jumps(_) => {}
        }
        if let Notes::Dying(..) = self.notes {
            controls.set(Control::RELEASE, Control::RELEASE.spec().max);
            controls.set(Control::RELEASE_STRETCH, Control::RELEASE_STRETCH.spec().max);
        }
        Some(controls)
    }

    /// All events of a period, in order of time.
    fn events(&self, number: usize) -> Vec<(usize, Event)> {
        let mut events = Vec::new();
        match self.notes {
            Notes::None => {}
            Notes::Held(count) => self.held(number, count, &mut events),
            Notes::Dying(count, volume) => {
                events.push((0, Event::AllSoundOff));
                for key in (0..count).map(key) {
                    events.extend([(0, on(key)), (9_600, Event::NoteOff { address: address(key) })]);
                    events.extend(self.expressed(key, volume));
                }
            }
            Notes::Flooded => {
                self.held(number, VOICES, &mut events);
                events.extend(flood(number, PERIOD / self.block * FLOOD));
            }
        }
        events.sort_by_key(|(time, _)| *time);
        events
    }

    fn held(&self, number: usize, count: usize, events: &mut Vec<(usize, Event)>) {
        let apart = if number.is_multiple_of(2) { 0 } else { PERIOD / 2 / count };
        for voice in 0..count {
            let time = voice * apart;
            events.extend([(time, Event::Choke { address: address(key(voice)) }), (time, on(key(voice)))]);
        }
        // Where all voices sound the engine steals; elsewhere three are ended by hand.
        for voice in 0..count.min(3) {
            let time = 3 * PERIOD / 4;
            if count < VOICES {
                events.push((time, Event::Choke { address: address(key(voice)) }));
            }
            events.push((time, on(key(voice))));
        }
    }

    /// Everything that can be said to a note.
    fn expressed(&self, key: u8, volume: f32) -> [(usize, Event); 6] {
        let tiny = |usual: f32| if self.motion == Motion::Denormal { TINY } else { usual };
        [
            (Expression::Volume, volume),
            (Expression::Tuning, tiny(0.1)),
            (Expression::Pan, tiny(0.3)),
            (Expression::Pressure, tiny(0.1)),
            (Expression::Vibrato, tiny(0.1)),
            (Expression::Brightness, 0.5 + tiny(0.1)),
        ]
        .map(|(expression, value)| (0, Event::Express { address: address(key), expression, value }))
    }
}

/// Whether 0 is in the midst of what `control` can be.
fn is_centred(control: Control) -> bool {
    let spec = control.spec();
    control != Control::GAIN && control != Control::NOISE && spec.min <= 0.0 && spec.max > 0.0 && spec.default == 0.0
}

/// `count` events of all kinds over a period: more than any player, or a broken controller.
fn flood(seed: usize, count: usize) -> impl Iterator<Item = (usize, Event)> {
    let mut chance = Chance(77 + seed as u32);
    (0..count).map(move |n| {
        let key = key(chance.below(VOICES));
        let (channel, value) = (0, chance.unit());
        let event = match chance.below(8) {
            0 => on(key),
            1 => Event::NoteOff { address: address(key) },
            2 => Event::PitchBend { channel, value: 2.0 * value - 1.0 },
            3 => Event::ModWheel { channel, value },
            4 => Event::Pressure { channel, value },
            5 => Event::Timbre { channel, value },
            6 => Event::Express { address: address(key), expression: Expression::Volume, value },
            _ => Event::Modulate { voice_id: i32::from(key), control: Control::latent(n % 16), offset: value },
        };
        (n * PERIOD / count, event)
    })
}

/// Keys spread over the keyboard, none twice within 64.
fn key(voice: usize) -> u8 {
    30 + (voice * 23 % 64) as u8
}

fn address(key: u8) -> NoteAddress {
    NoteAddress { key: Some(key), ..NoteAddress::default() }
}

fn on(key: u8) -> Event {
    Event::NoteOn { voice_id: Some(i32::from(key)), channel: 0, key, velocity: 0.8 }
}

/// Numbers that look random and repeat (xorshift).
struct Chance(u32);

impl Chance {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 8) as usize % limit
    }

    /// 0..1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 8) as f32 / 16_777_216.0
    }
}
