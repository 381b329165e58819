//! The instrument's controls: one table from which the plugin's parameters, presets, the editor and the companion are
//! all made.
//!
//! A control's *plain* value is in its unit; its *normalised* value runs over 0..1 along its curve.

use super::engine::VOICES;
use crate::model::latent::LATENTS;

/// A control of the instrument: an index into [`SPECS`] and [`Controls`].
///
/// The order is free to change, ids ([`Spec::id`]) are not: they stand in projects and presets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Control(u8);

/// Number of controls.
pub const CONTROLS: usize = LATENTS + 23;

const fn after_latents(position: usize) -> Control {
    Control((LATENTS + position) as u8)
}

impl Control {
    /// Attack time of the amplitude envelope; 0 leaves the onset to the model.
    pub const ATTACK: Self = after_latents(0);
    /// Time in which the envelope falls to the sustain level.
    pub const DECAY: Self = after_latents(1);
    /// Level that the envelope holds.
    pub const SUSTAIN: Self = after_latents(2);
    /// Time in which a released note falls by 60 dB, on top of the model's own release; the longest setting adds
    /// nothing to it.
    pub const RELEASE: Self = after_latents(3);
    /// Time that the model's own release takes, against what it learnt.
    pub const RELEASE_STRETCH: Self = after_latents(4);
    /// Tilt of the spectrum about 1 kHz.
    pub const BRIGHTNESS: Self = after_latents(5);
    /// Level of the noise part; the lowest value switches it off.
    pub const NOISE: Self = after_latents(6);
    /// Detuned copies per note.
    pub const UNISON: Self = after_latents(7);
    /// Distance of the outermost unison copies.
    pub const DETUNE: Self = after_latents(8);
    /// Stereo width of partials, unison copies and noise. Both channels sum to the mono sound at any width.
    pub const WIDTH: Self = after_latents(9);
    /// How far a held note moves by itself: the model's vibrato, tremolo and sway of partials; 100 % as it learnt them.
    pub const MOTION: Self = after_latents(10);
    /// Poly, mono or legato ([`VoiceMode`]).
    pub const MODE: Self = after_latents(11);
    /// Most notes that sound at once; more cost more, so that slow machines may want fewer.
    pub const VOICES: Self = after_latents(12);
    /// Time in which the pitch slides from the previous note.
    pub const GLIDE: Self = after_latents(13);
    /// How far velocity is followed: 0 % plays every note at velocity 100.
    pub const VELOCITY: Self = after_latents(14);
    /// Transposition.
    pub const TRANSPOSE: Self = after_latents(15);
    /// Fine tuning.
    pub const TUNE: Self = after_latents(16);
    /// Range of the pitch-bend wheel.
    pub const BEND_RANGE: Self = after_latents(17);
    /// Whether a controller with a channel for each note plays, and how far such a channel bends its note.
    pub const MPE: Self = after_latents(18);
    /// Rate of the vibrato that wheel, expression and `VIBRATO_DEPTH` bring in.
    pub const VIBRATO_RATE: Self = after_latents(19);
    /// Vibrato without touching the wheel.
    pub const VIBRATO_DEPTH: Self = after_latents(20);
    /// Output level.
    pub const GAIN: Self = after_latents(21);
    /// Silences the instrument with a crossfade.
    pub const BYPASS: Self = after_latents(22);

    /// The control of latent `index` (from 0).
    ///
    /// # Panics
    /// If `index` is not below [`LATENTS`].
    #[must_use]
    pub const fn latent(index: usize) -> Self {
        assert!(index < LATENTS, "no such latent");
        Self(index as u8)
    }

    /// All controls in table order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..CONTROLS as u8).map(Self)
    }

    /// The control with this stable id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::all().find(|control| control.spec().id == id)
    }

    /// Whether the control belongs to the project, the player's hands and the machine, and not to the sound: presets
    /// leave it as it is.
    #[must_use]
    pub fn is_of_project(self) -> bool {
        matches!(self, Self::BYPASS | Self::VOICES | Self::MPE)
    }

    /// Position in the table, below [`CONTROLS`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The control's row of the table.
    #[must_use]
    pub const fn spec(self) -> &'static Spec {
        &SPECS[self.0 as usize]
    }
}

/// How notes share voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceMode {
    /// Every note has its own voice.
    Poly,
    /// One voice; each note starts it anew, releasing returns to the note still held.
    Mono,
    /// One voice; overlapping notes change its pitch without a new attack.
    Legato,
}

/// How a plain value is spread over 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// Evenly.
    Linear,
    /// By this power: values above 1 give the low end more room.
    Power(f32),
    /// Evenly, whole numbers only.
    Stepped,
}

/// What a control's numbers mean, and so how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A bare number with three decimals.
    Plain,
    /// Milliseconds, shown as seconds from 1 s on.
    Milliseconds,
    /// Decibels with two decimals; `off` at the lowest value where `off_at_min`.
    Decibels {
        /// Whether the lowest value means nothing at all.
        off_at_min: bool,
    },
    /// Decibels per octave.
    DecibelsPerOctave,
    /// Per cent, one decimal.
    Percent,
    /// Cents, one decimal.
    Cents,
    /// Semitones.
    Semitones,
    /// Hertz, two decimals.
    Hertz,
    /// A whole number.
    Count,
    /// One of these names, by number.
    Choice(&'static [&'static str]),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Stable id, in projects and presets.
    pub id: &'static str,
    /// Name shown by hosts.
    pub name: &'static str,
    /// Unit of the plain value.
    pub unit: Unit,
    /// Lowest plain value.
    pub min: f32,
    /// Highest plain value.
    pub max: f32,
    /// Default plain value.
    pub default: f32,
    /// Spread over 0..1.
    pub curve: Curve,
    /// Whether one note can be modulated alone.
    pub polyphonic: bool,
}

const fn spec(id: &'static str, name: &'static str, unit: Unit, range: (f32, f32), default: f32, curve: Curve) -> Spec {
    Spec { id, name, unit, min: range.0, max: range.1, default, curve, polyphonic: false }
}

const fn latent(id: &'static str, name: &'static str) -> Spec {
    let mut row = spec(id, name, Unit::Plain, (-1.0, 1.0), 0.0, Curve::Linear);
    row.polyphonic = true;
    row
}

const ON_OFF: Unit = Unit::Choice(&["Off", "On"]);
const MODES: Unit = Unit::Choice(&["Poly", "Mono", "Legato"]);
/// Off, or the bend range of a note's own channel.
const MPE: Unit = Unit::Choice(&["Off", "12 st", "24 st", "48 st", "96 st"]);
const MPE_RANGES: [f32; 5] = [0.0, 12.0, 24.0, 48.0, 96.0];
const LEVEL: Unit = Unit::Decibels { off_at_min: true };

/// The table, in the order of [`Control::index`].
pub static SPECS: [Spec; CONTROLS] = [
    latent("latent_1", "Latent 1"),
    latent("latent_2", "Latent 2"),
    latent("latent_3", "Latent 3"),
    latent("latent_4", "Latent 4"),
    latent("latent_5", "Latent 5"),
    latent("latent_6", "Latent 6"),
    latent("latent_7", "Latent 7"),
    latent("latent_8", "Latent 8"),
    latent("latent_9", "Latent 9"),
    latent("latent_10", "Latent 10"),
    latent("latent_11", "Latent 11"),
    latent("latent_12", "Latent 12"),
    latent("latent_13", "Latent 13"),
    latent("latent_14", "Latent 14"),
    latent("latent_15", "Latent 15"),
    latent("latent_16", "Latent 16"),
    spec("attack", "Attack", Unit::Milliseconds, (0.0, 5_000.0), 0.0, Curve::Power(3.0)),
    spec("decay", "Decay", Unit::Milliseconds, (1.0, 20_000.0), 1_000.0, Curve::Power(3.0)),
    spec("sustain", "Sustain", LEVEL, (-60.0, 0.0), 0.0, Curve::Linear),
    spec("release", "Release", Unit::Milliseconds, (5.0, 20_000.0), 2_000.0, Curve::Power(3.0)),
    spec("release_stretch", "Release Stretch", Unit::Percent, (25.0, 400.0), 100.0, Curve::Power(2.0)),
    spec("brightness", "Brightness", Unit::DecibelsPerOctave, (-12.0, 12.0), 0.0, Curve::Linear),
    spec("noise", "Noise", LEVEL, (-60.0, 12.0), 0.0, Curve::Linear),
    spec("unison", "Unison", Unit::Count, (1.0, 8.0), 1.0, Curve::Stepped),
    spec("detune", "Detune", Unit::Cents, (0.0, 100.0), 12.0, Curve::Power(2.0)),
    spec("width", "Width", Unit::Percent, (0.0, 100.0), 50.0, Curve::Linear),
    spec("motion", "Motion", Unit::Percent, (0.0, 200.0), 50.0, Curve::Linear),
    spec("mode", "Voice Mode", MODES, (0.0, 2.0), 0.0, Curve::Stepped),
    spec("voices", "Polyphony", Unit::Count, (1.0, VOICES as f32), VOICES as f32, Curve::Stepped),
    spec("glide", "Glide", Unit::Milliseconds, (0.0, 2_000.0), 0.0, Curve::Power(2.0)),
    spec("velocity", "Velocity", Unit::Percent, (0.0, 100.0), 100.0, Curve::Linear),
    spec("transpose", "Transpose", Unit::Semitones, (-24.0, 24.0), 0.0, Curve::Stepped),
    spec("tune", "Fine Tune", Unit::Cents, (-100.0, 100.0), 0.0, Curve::Linear),
    spec("bend_range", "Bend Range", Unit::Semitones, (0.0, 48.0), 2.0, Curve::Stepped),
    spec("mpe", "MPE", MPE, (0.0, 4.0), 0.0, Curve::Stepped),
    spec("vibrato_rate", "Vibrato Rate", Unit::Hertz, (0.1, 12.0), 5.5, Curve::Power(2.0)),
    spec("vibrato_depth", "Vibrato Depth", Unit::Cents, (0.0, 100.0), 0.0, Curve::Power(2.0)),
    spec("gain", "Gain", LEVEL, (-60.0, 12.0), -6.0, Curve::Linear),
    spec("bypass", "Bypass", ON_OFF, (0.0, 1.0), 0.0, Curve::Stepped),
];

impl Spec {
    /// The nearest plain value this control can take; not a number becomes the default.
    #[must_use]
    pub fn clamp(&self, plain: f32) -> f32 {
        match self.curve {
            _ if plain.is_nan() => self.default,
            Curve::Stepped => plain.clamp(self.min, self.max).round(),
            Curve::Linear | Curve::Power(_) => plain.clamp(self.min, self.max),
        }
    }

    /// Plain to normalised.
    #[must_use]
    pub fn normalise(&self, plain: f32) -> f32 {
        let linear = (self.clamp(plain) - self.min) / (self.max - self.min);
        match self.curve {
            Curve::Power(power) => linear.powf(power.recip()),
            Curve::Linear | Curve::Stepped => linear,
        }
    }

    /// Normalised to plain.
    #[must_use]
    pub fn plain(&self, normalised: f32) -> f32 {
        let normalised = normalised.clamp(0.0, 1.0);
        let linear = match self.curve {
            Curve::Power(power) => normalised.powf(power),
            Curve::Linear | Curve::Stepped => normalised,
        };
        self.clamp(self.min + linear * (self.max - self.min))
    }

    /// The plain value as shown to the user, unit included. [`Spec::parse`] reads it back to a value that prints the
    /// same.
    #[must_use]
    pub fn print(&self, plain: f32) -> String {
        let plain = self.clamp(plain);
        match self.unit {
            Unit::Plain => format!("{}", Fixed(plain, 3)),
            Unit::Milliseconds if plain < 999.95 => format!("{} ms", Fixed(plain, 1)),
            Unit::Milliseconds => format!("{} s", Fixed(plain / 1_000.0, 3)),
            Unit::Decibels { off_at_min: true } if plain <= self.min => "off".to_owned(),
            Unit::Decibels { .. } => format!("{} dB", Fixed(plain, 2)),
            Unit::DecibelsPerOctave => format!("{} dB/oct", Fixed(plain, 2)),
            Unit::Percent => format!("{} %", Fixed(plain, 1)),
            Unit::Cents => format!("{} ct", Fixed(plain, 1)),
            Unit::Semitones => format!("{} st", Fixed(plain, 0)),
            Unit::Hertz => format!("{} Hz", Fixed(plain, 2)),
            Unit::Count => format!("{}", Fixed(plain, 0)),
            Unit::Choice(names) => names[plain as usize].to_owned(),
        }
    }

    /// Reads a plain value as a user would type it: a number with or without the unit, `off`, or a choice's name.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<f32> {
        let text = text.trim();
        if let Unit::Choice(names) = self.unit
            && let Some(choice) = names.iter().position(|name| name.eq_ignore_ascii_case(text))
        {
            return Some(choice as f32);
        }
        if self.unit == LEVEL && (text.eq_ignore_ascii_case("off") || text.starts_with("-inf")) {
            return Some(self.min);
        }
        let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '%' || c == '/' || c.is_whitespace());
        let number: f32 = digits.parse().ok().filter(|number: &f32| number.is_finite())?;
        let unit = text[digits.len()..].trim();
        let seconds = self.unit == Unit::Milliseconds && unit.eq_ignore_ascii_case("s");
        Some(self.clamp(if seconds { number * 1_000.0 } else { number }))
    }
}

/// A number with this many decimals and never a minus before nothing but zeros.
struct Fixed(f32, usize);

impl std::fmt::Display for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let half_step = 0.5 * 0.1_f32.powi(self.1 as i32);
        let value = if self.0.abs() < half_step { 0.0 } else { self.0 };
        write!(f, "{value:.*}", self.1)
    }
}

/// A plain value for every control.
#[derive(Clone, Debug, PartialEq)]
pub struct Controls([f32; CONTROLS]);

impl Default for Controls {
    fn default() -> Self {
        Self(std::array::from_fn(|index| SPECS[index].default))
    }
}

impl Controls {
    /// The plain value of `control`.
    #[must_use]
    pub fn get(&self, control: Control) -> f32 {
        self.0[control.index()]
    }

    /// Sets a plain value, clamped to what the control can take.
    pub fn set(&mut self, control: Control, plain: f32) {
        self.0[control.index()] = control.spec().clamp(plain);
    }

    /// The latents, each -1..1.
    #[must_use]
    pub fn latents(&self) -> &[f32; LATENTS] {
        self.0.first_chunk().expect("the latents come first")
    }

    /// How far a note's own channel bends it, in semitones; `None` where channels are no notes' own.
    #[must_use]
    pub fn mpe_range(&self) -> Option<f32> {
        Some(MPE_RANGES[self.get(Control::MPE) as usize]).filter(|&range| range > 0.0)
    }

    /// Most notes that sound at once.
    #[must_use]
    pub fn polyphony(&self) -> usize {
        self.get(Control::VOICES) as usize
    }

    /// How notes share voices.
    #[must_use]
    pub fn voice_mode(&self) -> VoiceMode {
        match self.get(Control::MODE) as u8 {
            0 => VoiceMode::Poly,
            1 => VoiceMode::Mono,
            _ => VoiceMode::Legato,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_name_their_control() {
        for control in Control::all() {
            assert_eq!(Control::by_id(control.spec().id), Some(control));
        }
        assert_eq!(Control::BYPASS.spec().id, "bypass");
        assert_eq!(Control::ATTACK.spec().id, "attack");
        assert_eq!(Control::VELOCITY.spec().id, "velocity");
        assert_eq!(Control::VOICES.spec().id, "voices");
        assert_eq!(Control::MPE.spec().id, "mpe");
        assert_eq!(Control::GAIN.spec().id, "gain");
        assert_eq!(Control::latent(15).spec().id, "latent_16");
    }

    #[test]
    fn printed_values_parse_back_to_what_was_printed() {
        for control in Control::all() {
            let spec = control.spec();
            for step in 0..=1_000 {
                let printed = spec.print(spec.plain(step as f32 / 1_000.0));
                let parsed = spec.parse(&printed).unwrap_or_else(|| panic!("{}: {printed:?} is refused", spec.id));
                assert_eq!(spec.print(parsed), printed, "{}", spec.id);
            }
        }
    }

    #[test]
    fn normalised_and_plain_are_inverse() {
        for spec in &SPECS {
            for step in 0..=1_000 {
                let plain = spec.plain(step as f32 / 1_000.0);
                let again = spec.plain(spec.normalise(plain));
                assert!((again - plain).abs() <= 1e-4 * (spec.max - spec.min), "{}: {plain} became {again}", spec.id);
            }
        }
    }

    #[test]
    fn text_that_is_no_value_is_refused() {
        assert_eq!(Control::GAIN.spec().parse("loud"), None);
        assert_eq!(Control::GAIN.spec().parse("inf"), None);
        assert_eq!(Control::ATTACK.spec().parse("1.5 s"), Some(1_500.0));
        assert_eq!(Control::MODE.spec().parse("legato"), Some(2.0));
        assert_eq!(Control::GAIN.spec().parse("OFF"), Some(-60.0));
    }

    #[test]
    fn values_that_are_no_numbers_become_the_default() {
        let mut controls = Controls::default();
        controls.set(Control::GAIN, f32::NAN);
        assert_eq!(controls.get(Control::GAIN), -6.0);
        controls.set(Control::latent(0), f32::INFINITY);
        assert_eq!(controls.latents()[0], 1.0);
    }
}
