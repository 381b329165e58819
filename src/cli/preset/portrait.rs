//! What can be heard of a preset, as numbers: to tell whether it is what it is called, and how far it is from others.

use super::level::{Register, key_of};
use super::performance::{Note, Player};
use crate::analysis::frames::{ANALYSIS_RATE, pitch_hz};
use crate::dsp::mel::{MelBank, Norm, mel_grid};
use crate::dsp::stft::Stft;
use crate::synth::controls::Control;

/// How long a note is held and how long it is listened to, in seconds.
const HOLD: f32 = 1.5;
const SECONDS: f32 = 2.1;
/// Pitches at which presets are compared.
const COMPARED: [i32; 3] = [36, 60, 76];
/// Times in seconds at which presets are compared: strike, body, end, and what is left after the release.
const TIMES: [f32; 7] = [0.02, 0.08, 0.2, 0.5, 1.0, 1.45, 1.8];
/// Bands in which presets are compared, between these frequencies in Hz.
const BANDS: usize = 40;
const BAND_RANGE: (f32, f32) = (50.0, 16_000.0);
/// What lies this far below the loudest cell of a note is not heard, in dB.
const DEPTH_DB: f32 = 60.0;
/// Samples of the transforms for change over time and for detail.
const SHORT: usize = 2_048;
const LONG: usize = 8_192;
/// Samples over which a level is averaged, and their distance: 10 and 2.5 ms.
const WINDOW: usize = 480;
const STEP: usize = 120;

/// A preset as it is heard in one note of its register at velocity 0.8, held for 1.5 s; and its map, for comparing.
#[derive(Clone, Debug)]
pub(super) struct Portrait {
    /// Frequency of the note, in Hz.
    pub(super) pitch_hz: f32,
    /// Time to within 6 dB of the loudest moment, in ms.
    pub(super) attack_ms: f32,
    /// Centre of the amplitudes of mel bands in the body of the note, in Hz.
    pub(super) centroid_hz: f32,
    /// The same in the first 40 ms, against the body, in octaves.
    pub(super) strike: f32,
    /// Level at the end of the hold against the loudest, in dB.
    pub(super) fall_db: f32,
    /// Power of the noise against all, in dB.
    pub(super) noise_db: f32,
    /// Power of the partials that lie off the harmonics against all of them, in dB.
    pub(super) inharmonic_db: f32,
    /// Power of odd against even partials, the 2nd to the 7th, in dB.
    pub(super) odd_db: f32,
    /// Power of the difference of the channels against that of their sum, in dB.
    pub(super) side_db: f32,
    /// Level 0.25 s after the release against that before it, in dB.
    pub(super) ring_db: f32,
    /// How far the spectrum moves between 0.4 and 1.4 s, whatever its level does, in dB.
    pub(super) change_db: f32,
    /// Levels in dB below the loudest, `[COMPARED, TIMES, BANDS]`.
    map: Vec<f32>,
}

impl Portrait {
    /// Plays some notes and measures them.
    pub(super) fn of(player: &Player, register: Register) -> Self {
        let mut map = Vec::with_capacity(COMPARED.len() * TIMES.len() * BANDS);
        for pitch in COMPARED {
            map.extend(cells(&mono(&held(player, pitch)), &TIMES));
        }
        let note = held(player, register.pitch());
        let sound = mono(&note);
        let mut toneless = player.clone();
        toneless.controls.set(Control::NOISE, Control::NOISE.spec().min);
        let tones = mono(&held(&toneless, register.pitch()));
        let noise: Vec<f32> = sound.iter().zip(&tones).map(|(all, tones)| all - tones).collect();
        let levels = level_course(&sound);
        let (top, loudest) = loudest(&levels);
        let body = ((top * STEP) as f32 / ANALYSIS_RATE as f32).clamp(0.2, HOLD - 0.1);
        let at = |time: f32| levels[((time * ANALYSIS_RATE as f32) as usize / STEP).min(levels.len() - 1)];
        let attack = levels.iter().position(|&level| level > loudest - 6.0).unwrap_or(0);
        let spectrum = Powers::of(&tones, body);
        let hz = pitch_hz(register.pitch() as f32);
        Self {
            pitch_hz: hz,
            attack_ms: (attack * STEP) as f32 / 48.0,
            centroid_hz: centroid(&sound, LONG, body),
            strike: (centroid(&sound, SHORT, 0.02) / centroid(&sound, LONG, body)).log2(),
            fall_db: at(HOLD - 0.02) - loudest,
            noise_db: db(energy(&noise, body) / energy(&sound, body).max(1e-12)),
            inharmonic_db: spectrum.off_harmonics_db(hz),
            odd_db: db(spectrum.partials(hz, &[3, 5, 7]) / spectrum.partials(hz, &[2, 4, 6]).max(1e-12)),
            side_db: side_db(&note),
            ring_db: at(HOLD + 0.25) - at(HOLD - 0.02),
            change_db: change_db(&sound),
            map,
        }
    }

    /// Mean difference of two presets in dB over what is heard of either.
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let heard = self.map.iter().zip(&other.map).filter(|(a, b)| a.max(**b) > -DEPTH_DB);
        let (sum, count) = heard.fold((0.0, 0_u32), |(sum, count), (a, b)| (sum + (a - b).abs(), count + 1));
        sum / count.max(1) as f32
    }
}

/// One note of a preset at a pitch.
fn held(player: &Player, pitch: i32) -> [Vec<f32>; 2] {
    player.play(&[Note { key: key_of(player, pitch), velocity: 0.8, from: 0.0, to: HOLD }], SECONDS)
}

fn mono([left, right]: &[Vec<f32>; 2]) -> Vec<f32> {
    left.iter().zip(right).map(|(left, right)| 0.5 * (left + right)).collect()
}

fn db(power: f32) -> f32 {
    10.0 * power.max(1e-12).log10()
}

/// Levels of the bands at some times, three frames averaged for each, in dB below the loudest of them.
fn cells(samples: &[f32], times: &[f32]) -> Vec<f32> {
    let bank = MelBank::new(BANDS, SHORT, ANALYSIS_RATE as f32, BAND_RANGE, Norm::Peak);
    let mut stft = Stft::new(SHORT);
    let mut all = Vec::with_capacity(times.len() * BANDS);
    for time in times {
        let centre = (time * ANALYSIS_RATE as f32) as usize;
        let mut sum = vec![0.0; stft.bins()];
        for frame in [centre.saturating_sub(SHORT / 4), centre, centre + SHORT / 4] {
            sum.iter_mut().zip(stft.centred(samples, frame)).for_each(|(sum, bin)| *sum += bin.norm_sqr());
        }
        let start = all.len();
        all.resize(start + BANDS, 0.0);
        bank.apply(&sum, &mut all[start..]);
    }
    let loudest = all.iter().copied().fold(1e-12, f32::max);
    all.iter().map(|power| db(power / loudest).max(-DEPTH_DB)).collect()
}

/// Level in dB every [`STEP`].
fn level_course(samples: &[f32]) -> Vec<f32> {
    let level = |start: usize| db(samples[start..start + WINDOW].iter().map(|x| x * x).sum::<f32>() / WINDOW as f32);
    (0..=samples.len() - WINDOW).step_by(STEP).map(level).collect()
}

/// Where the held note is loudest, and how loud.
fn loudest(levels: &[f32]) -> (usize, f32) {
    let held = levels.iter().take((HOLD * ANALYSIS_RATE as f32) as usize / STEP);
    held.copied().enumerate().fold((0, f32::MIN), |most, next| if next.1 > most.1 { next } else { most })
}

/// Power about a time.
fn energy(samples: &[f32], time: f32) -> f32 {
    let start = (time * ANALYSIS_RATE as f32) as usize - LONG / 2;
    samples[start..start + LONG].iter().map(|x| x * x).sum()
}

fn centroid(samples: &[f32], size: usize, time: f32) -> f32 {
    let bank = MelBank::new(BANDS, size, ANALYSIS_RATE as f32, BAND_RANGE, Norm::Peak);
    let mut stft = Stft::new(size);
    let powers: Vec<f32> =
        stft.centred(samples, (time * ANALYSIS_RATE as f32) as usize).iter().map(|bin| bin.norm_sqr()).collect();
    let mut bands = [0.0; BANDS];
    bank.apply(&powers, &mut bands);
    let centres = mel_grid(BANDS + 2, BAND_RANGE.0, BAND_RANGE.1).skip(1);
    let (sum, weights) = bands
        .iter()
        .zip(centres)
        .fold((0.0, 1e-12), |(sum, weights), (power, hz)| (sum + power.sqrt() * hz, weights + power.sqrt()));
    sum / weights
}

fn side_db([left, right]: &[Vec<f32>; 2]) -> f32 {
    let both = || left.iter().zip(right);
    let side: f32 = both().map(|(left, right)| (left - right).powi(2)).sum();
    let mid: f32 = both().map(|(left, right)| (left + right).powi(2)).sum();
    db(side / mid.max(1e-12))
}

fn change_db(samples: &[f32]) -> f32 {
    let cells = cells(samples, &[0.4, 1.4]);
    let (early, late) = cells.split_at(BANDS);
    let level = |bands: &[f32]| db(bands.iter().map(|level| 10.0_f32.powf(level / 10.0)).sum());
    let (early_level, late_level) = (level(early), level(late));
    let pairs = early.iter().zip(late).map(|(early, late)| (early - early_level, late - late_level));
    let heard: Vec<(f32, f32)> = pairs.filter(|(early, late)| early.max(*late) > -40.0).collect();
    heard.iter().map(|(early, late)| (early.max(-50.0) - late.max(-50.0)).abs()).sum::<f32>()
        / heard.len().max(1) as f32
}

/// Powers of the bins of one long frame.
struct Powers(Vec<f32>);

impl Powers {
    fn of(samples: &[f32], time: f32) -> Self {
        let mut stft = Stft::new(LONG);
        let centre = (time * ANALYSIS_RATE as f32) as usize;
        Self(stft.centred(samples, centre).iter().map(|bin| bin.norm_sqr()).collect())
    }

    /// Power about some harmonics of `hz`.
    fn partials(&self, hz: f32, numbers: &[u8]) -> f32 {
        numbers.iter().map(|&number| self.near(f32::from(number) * hz)).sum()
    }

    /// Power within three bins of a frequency.
    fn near(&self, hz: f32) -> f32 {
        let bin = (hz * LONG as f32 / ANALYSIS_RATE as f32).round() as usize;
        self.0.iter().skip(bin.saturating_sub(3)).take(7).sum()
    }

    /// Power further than 2 % and four bins from every harmonic against all.
    fn off_harmonics_db(&self, hz: f32) -> f32 {
        let width = ANALYSIS_RATE as f32 / LONG as f32;
        let off = |bin: usize| {
            let at = bin as f32 * width;
            (at - hz * (at / hz).round().max(1.0)).abs() > (4.0 * width).max(0.02 * at)
        };
        let outside: f32 = self.0.iter().enumerate().filter(|(bin, _)| off(*bin)).map(|(_, power)| power).sum();
        db(outside / self.0.iter().sum::<f32>().max(1e-12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::synth::controls::Controls;

    fn portrait(settings: &[(Control, f32)]) -> Portrait {
        let mut controls = Controls::default();
        settings.iter().for_each(|&(control, value)| controls.set(control, value));
        Portrait::of(&Player { model: Model::factory(), controls, transfer: None }, Register::Middle)
    }

    #[test]
    fn what_is_turned_up_is_measured_as_more() {
        let plain = portrait(&[]);
        let slow = portrait(&[(Control::ATTACK, 800.0)]);
        assert!(slow.attack_ms > plain.attack_ms + 200.0, "{} {}", slow.attack_ms, plain.attack_ms);
        let bright = portrait(&[(Control::BRIGHTNESS, 6.0)]);
        assert!(bright.centroid_hz > 1.3 * plain.centroid_hz, "{} {}", bright.centroid_hz, plain.centroid_hz);
        let noisy = portrait(&[(Control::NOISE, 12.0)]);
        assert!((noisy.noise_db - plain.noise_db - 12.0).abs() < 3.0, "{} {}", noisy.noise_db, plain.noise_db);
        let narrow = portrait(&[(Control::WIDTH, 0.0)]);
        assert!(narrow.side_db < -100.0 && plain.side_db > -40.0);
        let falling = portrait(&[(Control::DECAY, 200.0), (Control::SUSTAIN, -40.0)]);
        assert!(falling.fall_db < plain.fall_db - 10.0, "{} {}", falling.fall_db, plain.fall_db);
        let [long, short] = [5_000.0, 50.0].map(|release| portrait(&[(Control::RELEASE, release)]));
        assert!(short.ring_db < long.ring_db - 10.0, "{} {}", short.ring_db, long.ring_db);
    }

    #[test]
    fn a_preset_is_at_no_distance_from_itself_and_further_the_more_it_is_changed() {
        let plain = portrait(&[]);
        let [some, more] = [2.0, 6.0].map(|tilt| portrait(&[(Control::BRIGHTNESS, tilt)]));
        assert_eq!(plain.distance(&portrait(&[])), 0.0);
        assert!(plain.distance(&some) > 0.5 && plain.distance(&more) > 2.0 * plain.distance(&some));
        assert_eq!(plain.distance(&more), more.distance(&plain));
    }

    #[test]
    fn partials_off_the_harmonics_and_odd_ones_are_told_from_the_rest() {
        let tone = |parts: &[f32]| -> Powers {
            let sample = |i: usize| {
                let time = i as f32 / ANALYSIS_RATE as f32;
                parts.iter().map(|part| (std::f32::consts::TAU * 262.0 * part * time).sin()).sum()
            };
            Powers::of(&(0..48_000).map(sample).collect::<Vec<f32>>(), 0.5)
        };
        assert!(tone(&[1.0, 2.0, 3.0]).off_harmonics_db(262.0) < -35.0);
        assert!((tone(&[1.0, 2.4]).off_harmonics_db(262.0) + 3.0).abs() < 0.2);
        let odd = tone(&[1.0, 3.0, 5.0]);
        assert!(odd.partials(262.0, &[3, 5]) > 1e4 * odd.partials(262.0, &[2, 4]));
    }
}
