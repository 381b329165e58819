//! What the controls, the channel and the note's own expressions make of a voice's sound.

use super::{Surroundings, Voice};
use crate::dsp::envelope::EnvelopeTimes;
use crate::dsp::kernel::{DECIBELS_TO_OCTAVES, exp2};
use crate::synth::channel::sane;
use crate::synth::controls::{Control, Controls};
use crate::synth::pitch::PitchTarget;
use crate::synth::tone::{COPIES, Style, pan};

/// Vibrato of a full modulation wheel or expression, in cents.
const WHEEL_CENTS: f32 = 50.0;
/// Tilt of full brightness expression or timbre, and of full pressure, in dB per octave.
const BRIGHTNESS_TILT: f32 = 6.0;
const PRESSURE_TILT: f32 = 2.0;
/// Level that full pressure adds, in dB.
const PRESSURE_DB: f32 = 6.0;

impl Voice {
    pub(super) fn pitch_target(&self, around: &Surroundings<'_>) -> PitchTarget {
        let controls = around.controls;
        let wheel = (self.heard.wheel + self.expressions.vibrato).min(1.0);
        PitchTarget {
            bend: self.heard.bend + self.expressions.tuning + controls.get(Control::TUNE) / 100.0,
            transpose: controls.get(Control::TRANSPOSE),
            depth: (controls.get(Control::VIBRATO_DEPTH) + wheel * WHEEL_CENTS) / 100.0,
            rate: controls.get(Control::VIBRATO_RATE),
        }
    }

    /// 0..1.
    pub(super) fn pressure(&self) -> f32 {
        self.heard.pressure.max(self.expressions.pressure)
    }

    /// -1..1.
    pub(super) fn timbre(&self) -> f32 {
        (self.heard.timbre + self.expressions.brightness).clamp(-1.0, 1.0)
    }

    pub(super) fn style(&self, around: &Surroundings<'_>) -> Style {
        let controls = around.controls;
        let noise = controls.get(Control::NOISE);
        let tilt =
            controls.get(Control::BRIGHTNESS) + BRIGHTNESS_TILT * self.timbre() + PRESSURE_TILT * self.pressure();
        Style {
            tilt,
            noise_db: if noise <= Control::NOISE.spec().min { f32::NEG_INFINITY } else { noise },
            copies: (controls.get(Control::UNISON) as usize).clamp(1, COPIES),
            detune: controls.get(Control::DETUNE),
            width: controls.get(Control::WIDTH) / 100.0,
        }
    }

    pub(super) fn gain_targets(&self) -> [f32; 2] {
        let pressed = exp2(DECIBELS_TO_OCTAVES * PRESSURE_DB * self.pressure());
        pan(self.expressions.pan).map(|gain| sane(gain * pressed * self.expressions.volume, 0.0, 16.0, 1.0))
    }
}

/// How much longer than it learnt the model's own release takes.
pub(super) fn stretch(controls: &Controls) -> f32 {
    controls.get(Control::RELEASE_STRETCH) / 100.0
}

pub(super) fn envelope_times(controls: &Controls) -> EnvelopeTimes {
    let seconds = |control| controls.get(control) * 0.001;
    let sustain = controls.get(Control::SUSTAIN);
    let release = controls.get(Control::RELEASE);
    EnvelopeTimes {
        attack: seconds(Control::ATTACK),
        decay: seconds(Control::DECAY),
        sustain_db: if sustain <= Control::SUSTAIN.spec().min { f32::NEG_INFINITY } else { sustain },
        // The longest leaves the release to the model.
        release: if release >= Control::RELEASE.spec().max { f32::INFINITY } else { release * 0.001 },
    }
}
