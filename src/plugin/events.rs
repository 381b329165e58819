//! From the framework's note events to the engine's: wildcards kept, units made the engine's, nothing that is not
//! finite let through.

use nice_plug::midi::{Channel, Key, NoteEvent, VoiceID, control_change};
use nice_plug::prelude::ProcessContext;

use crate::params::polyphonic_control;
use crate::synth::event::{EndedNote, Event, Expression, NoteAddress};

/// The engine's word for a host event; `None` for what the instrument does not answer to.
///
/// Automation of a polyphonic parameter is among those: the engine reads the automated value with all the others.
pub(super) fn translate(event: NoteEvent<()>) -> Option<Event> {
    match event {
        NoteEvent::NoteOn { voice_id, channel, key, velocity, .. } => note_on(voice_id, channel, key, velocity),
        NoteEvent::NoteOff { voice_id, channel, key, .. } => {
            Some(Event::NoteOff { address: address(voice_id, channel, key) })
        }
        NoteEvent::Choke { voice_id, channel, key, .. } => {
            Some(Event::Choke { address: address(voice_id, channel, key) })
        }
        NoteEvent::PolyModulation { voice_id, poly_modulation_id, normalized_offset, .. } => {
            let (control, width) = polyphonic_control(poly_modulation_id)?;
            let offset = finite(normalized_offset, 0.0).clamp(-1.0, 1.0) * width;
            Some(Event::Modulate { voice_id, control, offset })
        }
        _ => expression(event).or_else(|| channel_event(event)),
    }
}

fn note_on(voice_id: VoiceID, channel: Channel, key: Key, velocity: f32) -> Option<Event> {
    let key = key.number()?;
    let channel = channel.number().unwrap_or(0);
    let velocity = finite(velocity, 0.0).clamp(0.0, 1.0);
    Some(Event::NoteOn { voice_id: voice_id.id(), channel, key, velocity })
}

fn expression(event: NoteEvent<()>) -> Option<Event> {
    let (voice_id, channel, key, expression, value) = match event {
        NoteEvent::PolyTuning { voice_id, channel, key, tuning, .. } => {
            (voice_id, channel, key, Expression::Tuning, finite(tuning, 0.0).clamp(-128.0, 128.0))
        }
        NoteEvent::PolyVolume { voice_id, channel, key, gain, .. } => {
            (voice_id, channel, key, Expression::Volume, finite(gain, 1.0).clamp(0.0, 4.0))
        }
        NoteEvent::PolyPan { voice_id, channel, key, pan, .. } => {
            (voice_id, channel, key, Expression::Pan, finite(pan, 0.0).clamp(-1.0, 1.0))
        }
        NoteEvent::PolyBrightness { voice_id, channel, key, brightness, .. } => {
            (voice_id, channel, key, Expression::Brightness, finite(brightness, 0.5).clamp(0.0, 1.0))
        }
        NoteEvent::PolyPressure { voice_id, channel, key, pressure, .. } => {
            (voice_id, channel, key, Expression::Pressure, finite(pressure, 0.0).clamp(0.0, 1.0))
        }
        NoteEvent::PolyVibrato { voice_id, channel, key, vibrato, .. } => {
            (voice_id, channel, key, Expression::Vibrato, finite(vibrato, 0.0).clamp(0.0, 1.0))
        }
        _ => return None,
    };
    Some(Event::Express { address: address(voice_id, channel, key), expression, value })
}

fn channel_event(event: NoteEvent<()>) -> Option<Event> {
    match event {
        NoteEvent::MidiPitchBend { channel, value, .. } => {
            Some(Event::PitchBend { channel, value: bend(finite(value, 0.5).clamp(0.0, 1.0)) })
        }
        NoteEvent::MidiChannelPressure { channel, pressure, .. } => {
            Some(Event::Pressure { channel, value: finite(pressure, 0.0).clamp(0.0, 1.0) })
        }
        NoteEvent::MidiCC { channel, cc, value, .. } => controller(channel, cc, finite(value, 0.0).clamp(0.0, 1.0)),
        _ => None,
    }
}

/// The wheel at rest is 8192 of 16383, which is a hair above one half: it must not detune.
fn bend(value: f32) -> f32 {
    const HALF_STEP: f32 = 0.6 / 16_383.0;
    if (value - 0.5).abs() <= HALF_STEP { 0.0 } else { 2.0 * value - 1.0 }
}

fn controller(channel: u8, cc: u8, value: f32) -> Option<Event> {
    match cc {
        control_change::MODULATION_MSB => Some(Event::ModWheel { channel, value }),
        control_change::SOUND_CONTROLLER_5 => Some(Event::Timbre { channel, value }),
        control_change::DAMPER_PEDAL => Some(Event::Sustain { channel, down: value >= 0.5 }),
        6 | 38 | 98..=101 | 121 => {
            Some(Event::Controller { channel, controller: cc, value: (value * 127.0).round() as u8 })
        }
        control_change::ALL_SOUND_OFF => Some(Event::AllSoundOff),
        control_change::ALL_NOTES_OFF => Some(Event::AllNotesOff),
        _ => None,
    }
}

/// Tells the host that a note is over, so that it can let go of the note's modulation.
pub(super) fn announce_end<P>(context: &mut impl ProcessContext<P>, note: EndedNote, timing: u32)
where
    P: nice_plug::plugin::Plugin<SysExMessage = ()>,
{
    let event = NoteEvent::VoiceTerminated {
        timing,
        voice_id: note.voice_id.map_or(VoiceID::Wildcard, VoiceID::ID),
        channel: Channel::Number(note.channel),
        key: Key::Number(note.key),
    };
    // A full queue is the host's to mend: the note is over all the same.
    let _host_queue_full = context.try_send_event(event);
}

fn address(voice_id: VoiceID, channel: Channel, key: Key) -> NoteAddress {
    NoteAddress { voice_id: voice_id.id(), channel: channel.number(), key: key.number() }
}

fn finite(value: f32, otherwise: f32) -> f32 {
    if value.is_finite() { value } else { otherwise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::controls::Control;

    const ANY: (VoiceID, Channel, Key) = (VoiceID::Wildcard, Channel::Wildcard, Key::Wildcard);

    #[test]
    fn a_note_keeps_its_id_and_a_wildcard_matches_all() {
        let on = NoteEvent::NoteOn {
            timing: 3,
            voice_id: VoiceID::ID(7),
            channel: Channel::Number(2),
            key: Key::Number(60),
            velocity: 0.5,
        };
        assert_eq!(translate(on), Some(Event::NoteOn { voice_id: Some(7), channel: 2, key: 60, velocity: 0.5 }));
        let (voice_id, channel, key) = ANY;
        let off = NoteEvent::NoteOff { timing: 0, voice_id, channel, key, velocity: 0.0 };
        assert_eq!(translate(off), Some(Event::NoteOff { address: NoteAddress::default() }));
    }

    #[test]
    fn a_note_without_a_key_is_no_note() {
        let (voice_id, channel, key) = ANY;
        assert_eq!(translate(NoteEvent::NoteOn { timing: 0, voice_id, channel, key, velocity: 1.0 }), None);
    }

    #[test]
    fn polyphonic_modulation_arrives_in_plain_units() {
        let event = |id, normalized_offset| NoteEvent::PolyModulation {
            timing: 0,
            voice_id: 1,
            poly_modulation_id: id,
            normalized_offset,
        };
        let expected = Event::Modulate { voice_id: 1, control: Control::latent(3), offset: 0.5 };
        assert_eq!(translate(event(3, 0.25)), Some(expected));
        assert_eq!(translate(event(Control::GAIN.index() as u32, 0.25)), None);
        assert_eq!(
            translate(event(3, f32::NAN)),
            Some(Event::Modulate { voice_id: 1, control: Control::latent(3), offset: 0.0 })
        );
    }

    #[test]
    fn values_that_are_no_numbers_become_neutral() {
        let (voice_id, channel, key) = ANY;
        let volume = NoteEvent::PolyVolume { timing: 0, voice_id, channel, key, gain: f32::NAN };
        let address = NoteAddress::default();
        let expected = Event::Express { address, expression: Expression::Volume, value: 1.0 };
        assert_eq!(translate(volume), Some(expected));
    }

    #[test]
    fn the_bend_wheel_at_rest_does_not_detune() {
        for (raw, expected) in [(0.0, -1.0), (8_192.0, 0.0), (16_383.0, 1.0)] {
            let event = NoteEvent::MidiPitchBend { timing: 0, channel: 0, value: raw / 16_383.0 };
            assert_eq!(translate(event), Some(Event::PitchBend { channel: 0, value: expected }));
        }
    }

    #[test]
    fn the_controllers_that_matter_are_heard() {
        let cc = |cc, value| translate(NoteEvent::MidiCC { timing: 0, channel: 1, cc, value });
        assert_eq!(cc(1, 0.5), Some(Event::ModWheel { channel: 1, value: 0.5 }));
        assert_eq!(cc(74, 0.5), Some(Event::Timbre { channel: 1, value: 0.5 }));
        assert_eq!(cc(64, 1.0), Some(Event::Sustain { channel: 1, down: true }));
        assert_eq!(cc(64, 0.3), Some(Event::Sustain { channel: 1, down: false }));
        assert_eq!(cc(120, 0.0), Some(Event::AllSoundOff));
        assert_eq!(cc(123, 0.0), Some(Event::AllNotesOff));
        for (controller, value) in [(6, 48), (38, 0), (98, 1), (99, 2), (100, 127), (101, 0), (121, 0)] {
            let expected = Event::Controller { channel: 1, controller, value };
            assert_eq!(cc(controller, f32::from(value) / 127.0), Some(expected));
        }
        assert_eq!(cc(7, 0.5), None);
    }
}
