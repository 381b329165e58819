//! What MIDI channels tell their notes, alone and as zones of MPE (MIDI Polyphonic Expression, M1-100-UM): there each
//! note has a channel to itself, and the zone's manager channel speaks to all of them.

use super::controls::{Control, Controls};
use super::event::Expression;

/// Bend range of a zone's notes in semitones, where nobody says otherwise (M1-100-UM, 2.2.7).
const MPE_RANGE: f32 = 48.0;
/// Largest bend range, in semitones.
const WIDEST_RANGE: f32 = 96.0;
/// Manager channels of the lower and the upper zone.
const MANAGERS: [usize; 2] = [0, 15];
/// Channels that two zones can share out as members, and that one alone can have.
const MEMBERS: [u8; 2] = [14, 15];
/// The registered parameter that is none (MIDI 1.0).
const NO_PARAMETER: [u8; 2] = [127, 127];

/// State of one channel; all values sane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Channel {
    /// Pitch bend, -1..1 of the range.
    pub(super) bend: f32,
    /// Pressure, 0..1.
    pub(super) pressure: f32,
    /// Modulation wheel, 0..1.
    pub(super) wheel: f32,
    /// Timbre, -1..1, 0 neutral.
    pub(super) timbre: f32,
    /// Whether the sustain pedal is down.
    pub(super) sustain: bool,
    /// Bend range in semitones, if the channel was given its own.
    range: Option<f32>,
    /// The registered parameter (MSB, LSB) that data entries are for.
    parameter: [u8; 2],
}

impl Channel {
    /// As a channel is when nothing was said.
    const NEUTRAL: Self = Self {
        bend: 0.0,
        pressure: 0.0,
        wheel: 0.0,
        timbre: 0.0,
        sustain: false,
        range: None,
        parameter: NO_PARAMETER,
    };
}

/// What a note hears of its channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heard {
    /// Bend in semitones.
    pub(super) bend: f32,
    /// 0..1.
    pub(super) pressure: f32,
    /// 0..1.
    pub(super) wheel: f32,
    /// -1..1, 0 neutral.
    pub(super) timbre: f32,
}

impl Heard {
    /// Nothing.
    pub(super) const NEUTRAL: Self = Self { bend: 0.0, pressure: 0.0, wheel: 0.0, timbre: 0.0 };
}

/// The sixteen channels and how they are zoned. Fixed size; no event loses another's state.
#[derive(Clone, Debug, Default)]
pub(super) struct Channels {
    each: [Channel; 16],
    /// Member channels of the lower and the upper zone, as a controller configured them; 0 for no zone.
    members: [u8; 2],
}

impl Default for Channel {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

impl Channels {
    /// The channel of this number; only the lowest four bits count.
    pub(super) fn channel(&mut self, number: u8) -> &mut Channel {
        &mut self.each[usize::from(number & 15)]
    }

    /// What a note on channel `number` hears. `own` takes the place of its channel's state where the channel may already
    /// belong to another note.
    pub(super) fn heard(&self, number: u8, own: Option<&Channel>, controls: &Controls) -> Heard {
        let own = own.unwrap_or(&self.each[usize::from(number & 15)]);
        let range = controls.get(Control::BEND_RANGE);
        let Some(manager) = self.manager(number, controls) else {
            let bend = own.bend * own.range.unwrap_or(range);
            return Heard { bend, pressure: own.pressure, wheel: own.wheel, timbre: own.timbre };
        };
        let manager = &self.each[manager];
        let own_range = own.range.or(controls.mpe_range()).unwrap_or(MPE_RANGE);
        Heard {
            bend: own.bend * own_range + manager.bend * manager.range.unwrap_or(range),
            pressure: own.pressure.max(manager.pressure),
            wheel: own.wheel.max(manager.wheel),
            timbre: (own.timbre + manager.timbre).clamp(-1.0, 1.0),
        }
    }

    /// What a note whose key goes up keeps: a member channel's state, because the channel goes on to another note.
    pub(super) fn kept(&self, number: u8, controls: &Controls) -> Option<Channel> {
        self.manager(number, controls).map(|_| self.each[usize::from(number & 15)])
    }

    /// Whether a pedal holds the notes of channel `number`.
    pub(super) fn sustains(&self, number: u8, controls: &Controls) -> bool {
        let manager = self.manager(number, controls);
        self.each[usize::from(number & 15)].sustain || manager.is_some_and(|manager| self.each[manager].sustain)
    }

    pub(super) fn lift_pedals(&mut self) {
        self.each.iter_mut().for_each(|channel| channel.sustain = false);
    }

    /// A controller that says what others mean: data entry (6, 38), the choice of a parameter (98 to 101), and the return
    /// of all controllers to rest (121). `value` is 0..127.
    pub(super) fn control(&mut self, number: u8, controller: u8, value: u8) {
        let value = value.min(127);
        let channel = self.channel(number);
        match controller {
            101 => channel.parameter[0] = value,
            100 => channel.parameter[1] = value,
            // Parameters that are not registered are none of ours.
            98 | 99 => channel.parameter = NO_PARAMETER,
            6 | 38 => self.enter(number, controller == 6, value),
            121 => {
                let Channel { range, timbre, .. } = *channel;
                *channel = Channel { range, timbre, ..Channel::NEUTRAL };
            }
            _ => {}
        }
    }

    /// Data for the chosen parameter: whole semitones or members where `coarse`, else hundredths.
    fn enter(&mut self, number: u8, coarse: bool, value: u8) {
        let channel = self.channel(number);
        match channel.parameter {
            [0, 0] => {
                let whole = channel.range.unwrap_or(0.0).floor();
                let range = if coarse { f32::from(value) } else { whole + f32::from(value.min(99)) / 100.0 };
                self.set_range(number, range.min(WIDEST_RANGE));
            }
            [0, 6] if coarse => self.configure(number, value),
            _ => {}
        }
    }

    /// A range given to one member of a configured zone counts for all its members.
    fn set_range(&mut self, number: u8, range: f32) {
        let zone = zone(number & 15, self.members);
        for other in 0..16 {
            if other == number & 15 || (zone.is_some() && zone == self::zone(other, self.members)) {
                self.channel(other).range = Some(range);
            }
        }
    }

    /// The MPE configuration message: only a manager channel takes it. The zone's channels start with the ranges of MPE.
    fn configure(&mut self, number: u8, members: u8) {
        let Some(zone) = MANAGERS.iter().position(|&manager| manager == usize::from(number & 15)) else { return };
        let members = members.min(MEMBERS[1]);
        self.members[zone] = members;
        let other = &mut self.members[1 - zone];
        *other = (*other).min(MEMBERS[0].saturating_sub(members));
        for other in 0..16 {
            if other == number & 15 || self::zone(other, self.members) == Some(zone) {
                self.channel(other).range = None;
            }
        }
    }

    /// The manager channel of a member channel.
    fn manager(&self, number: u8, controls: &Controls) -> Option<usize> {
        let assumed = controls.mpe_range().is_some() && self.members == [0; 2];
        let members = if assumed { [MEMBERS[1], 0] } else { self.members };
        zone(number & 15, members).map(|zone| MANAGERS[zone])
    }
}

/// The zone that member channel `number` is in: 0 is the lower, 1 the upper.
fn zone(number: u8, [lower, upper]: [u8; 2]) -> Option<usize> {
    if (1..=lower).contains(&number) {
        Some(0)
    } else if (15 - upper..15).contains(&number) {
        Some(1)
    } else {
        None
    }
}

/// Per-note expressions; all values sane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NoteExpressions {
    /// Semitones.
    pub(super) tuning: f32,
    /// Linear gain 0..4.
    pub(super) volume: f32,
    /// -1..1.
    pub(super) pan: f32,
    /// -1..1, 0 neutral.
    pub(super) brightness: f32,
    /// 0..1.
    pub(super) pressure: f32,
    /// 0..1.
    pub(super) vibrato: f32,
}

impl NoteExpressions {
    /// Nothing expressed.
    pub(super) const NEUTRAL: Self =
        Self { tuning: 0.0, volume: 1.0, pan: 0.0, brightness: 0.0, pressure: 0.0, vibrato: 0.0 };

    /// Takes a value in the event's unit, brought into its range.
    pub(super) fn set(&mut self, expression: Expression, value: f32) {
        match expression {
            Expression::Tuning => self.tuning = sane(value, -120.0, 120.0, 0.0),
            Expression::Volume => self.volume = sane(value, 0.0, 4.0, 1.0),
            Expression::Pan => self.pan = sane(value, -1.0, 1.0, 0.0),
            Expression::Brightness => self.brightness = 2.0 * sane(value, 0.0, 1.0, 0.5) - 1.0,
            Expression::Pressure => self.pressure = sane(value, 0.0, 1.0, 0.0),
            Expression::Vibrato => self.vibrato = sane(value, 0.0, 1.0, 0.0),
        }
    }
}

/// `value` within `low..=high`; what is no number becomes `neutral`.
pub(super) fn sane(value: f32, low: f32, high: f32, neutral: f32) -> f32 {
    if value.is_nan() { neutral } else { value.clamp(low, high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chooses registered parameter `lsb` (MSB 0) and enters `value`, as one controller sends it.
    fn register(channels: &mut Channels, number: u8, lsb: u8, value: u8) {
        for (controller, value) in [(101, 0), (100, lsb), (6, value), (101, 127), (100, 127)] {
            channels.control(number, controller, value);
        }
    }

    fn bend(channels: &Channels, number: u8, controls: &Controls) -> f32 {
        channels.heard(number, None, controls).bend
    }

    fn all_bent() -> Channels {
        let mut channels = Channels::default();
        (0..16).for_each(|number| channels.channel(number).bend = 0.5);
        channels
    }

    #[test]
    fn without_mpe_a_channel_speaks_for_itself_over_the_bend_range() {
        let mut channels = all_bent();
        let controls = Controls::default();
        assert!((0..16).all(|number| bend(&channels, number, &controls) == 1.0));
        register(&mut channels, 3, 0, 12);
        assert_eq!(bend(&channels, 3, &controls), 6.0);
        assert_eq!(bend(&channels, 4, &controls), 1.0);
    }

    #[test]
    fn a_data_entry_without_a_chosen_parameter_or_for_another_one_changes_nothing() {
        let mut channels = all_bent();
        let controls = Controls::default();
        channels.control(2, 6, 24);
        register(&mut channels, 2, 1, 24);
        channels.control(2, 101, 0);
        channels.control(2, 100, 0);
        channels.control(2, 99, 0);
        channels.control(2, 6, 24);
        assert_eq!(bend(&channels, 2, &controls), 1.0);
    }

    #[test]
    fn messages_of_other_channels_in_between_lose_nothing_and_hundredths_are_added() {
        let mut channels = all_bent();
        let controls = Controls::default();
        for (number, controller, value) in
            [(2, 101, 0), (5, 101, 0), (2, 100, 0), (5, 100, 0), (2, 6, 7), (5, 6, 24), (2, 38, 50), (5, 38, 0)]
        {
            channels.control(number, controller, value);
        }
        assert_eq!((bend(&channels, 2, &controls), bend(&channels, 5, &controls)), (3.75, 12.0));
    }

    #[test]
    fn a_configured_zone_has_wide_members_and_a_manager_that_speaks_to_all() {
        let mut channels = Channels::default();
        let controls = Controls::default();
        register(&mut channels, 0, 6, 5);
        channels.channel(3).bend = 0.25;
        channels.channel(0).bend = 1.0;
        channels.channel(0).pressure = 0.4;
        channels.channel(0).sustain = true;
        assert_eq!(bend(&channels, 3, &controls), 12.0 + 2.0);
        assert_eq!(bend(&channels, 6, &controls), 0.0, "a channel beyond the zone");
        assert_eq!(channels.heard(3, None, &controls).pressure, 0.4);
        assert!(channels.sustains(5, &controls) && !channels.sustains(6, &controls));
        // One member's range is every member's, and not the manager's.
        register(&mut channels, 2, 0, 24);
        assert_eq!(bend(&channels, 3, &controls), 6.0 + 2.0);
        register(&mut channels, 0, 0, 12);
        assert_eq!(bend(&channels, 3, &controls), 6.0 + 12.0);
        register(&mut channels, 0, 6, 0);
        assert!(!channels.sustains(5, &controls), "the zone is gone");
    }

    #[test]
    fn two_zones_share_the_channels_and_the_later_one_has_its_way() {
        let mut channels = Channels::default();
        let controls = Controls::default();
        register(&mut channels, 0, 6, 10);
        register(&mut channels, 15, 6, 7);
        assert_eq!(channels.members, [7, 7]);
        assert_eq!(channels.manager(7, &controls), Some(0));
        assert_eq!(channels.manager(8, &controls), Some(15));
        register(&mut channels, 15, 6, 15);
        assert_eq!(channels.members, [0, 15]);
        assert_eq!(channels.manager(0, &controls), Some(15));
        register(&mut channels, 7, 6, 3);
        assert_eq!(channels.members, [0, 15], "no manager, no zone");
    }

    #[test]
    fn the_control_assumes_a_lower_zone_and_its_range_until_the_controller_speaks() {
        let mut channels = all_bent();
        let mut controls = Controls::default();
        controls.set(Control::MPE, 2.0);
        assert_eq!(controls.mpe_range(), Some(24.0));
        assert_eq!(bend(&channels, 7, &controls), 12.0 + 1.0);
        assert_eq!(bend(&channels, 0, &controls), 1.0);
        channels.channel(0).bend = 0.0;
        register(&mut channels, 7, 0, 48);
        assert_eq!(bend(&channels, 7, &controls), 24.0);
    }

    #[test]
    fn resetting_controllers_brings_them_to_rest_and_keeps_the_range() {
        let mut channels = all_bent();
        register(&mut channels, 1, 0, 12);
        *channels.channel(1) = Channel { pressure: 1.0, wheel: 1.0, sustain: true, ..*channels.channel(1) };
        channels.control(1, 121, 0);
        let controls = Controls::default();
        assert_eq!(channels.heard(1, None, &controls), Heard::NEUTRAL);
        assert!(!channels.sustains(1, &controls));
        channels.channel(1).bend = 1.0;
        assert_eq!(bend(&channels, 1, &controls), 12.0);
    }
}
