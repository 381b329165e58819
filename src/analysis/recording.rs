//! Whether a whole recording is sound: its level, and silence and clicks where none should be.

use std::ops::RangeInclusive;

/// Peaks that are neither clipped nor feeble, in dB re full scale.
const PEAK_DB: RangeInclusive<f32> = -20.0..=-0.001;
/// Below this RMS level a window is silent, in dB re full scale.
const SILENT_DB: f32 = -66.0;
/// Windows in which silence is looked for, in seconds.
const WINDOW: f32 = 0.02;
/// Longest silence between two sounds, in seconds.
const LONGEST_SILENCE: f32 = 1.0;
/// Smallest second difference that is heard as a click, re full scale.
const CLICK: f32 = 0.01;
/// A click stands out of its surroundings by this factor.
const CLICK_RATIO: f32 = 5.0;
/// Surroundings of a click: this many samples on each side, without the next few.
const SURROUNDINGS: usize = 256;
const NEXT_FEW: usize = 4;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Soundness {
    /// Length in seconds.
    pub seconds: f32,
    /// Highest absolute sample in dB re full scale.
    pub peak_db: f32,
    /// Mean power in dB re full scale.
    pub rms_db: f32,
    /// Longest silence between two sounds in seconds; what comes before the first and after the last does not count.
    pub longest_silence: f32,
    /// Times in seconds at which the waveform jumps as no instrument makes it.
    pub clicks: Vec<f32>,
}

impl Soundness {
    /// Examines channels of equal length at `rate`. Samples must be finite.
    #[must_use]
    pub fn of(channels: &[Vec<f32>], rate: u32) -> Self {
        let all = || channels.iter().flatten();
        let peak = all().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let power = all().map(|sample| f64::from(sample * sample)).sum::<f64>() / all().count().max(1) as f64;
        let mut clicks: Vec<f32> = channels.iter().flat_map(|channel| clicks(channel, rate)).collect();
        clicks.sort_by(f32::total_cmp);
        Self {
            seconds: channels.first().map_or(0, Vec::len) as f32 / rate as f32,
            peak_db: 20.0 * peak.log10(),
            rms_db: 10.0 * power.log10() as f32,
            longest_silence: longest_silence(channels, rate),
            clicks,
        }
    }

    /// What is wrong, as sentences without a full stop; empty if the recording is sound.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.peak_db > *PEAK_DB.end() {
            faults.push(format!("it clips: the peak is {:.2} dBFS", self.peak_db));
        }
        if self.peak_db < *PEAK_DB.start() {
            faults.push(format!("it is feeble: the peak is {:.2} dBFS", self.peak_db));
        }
        if self.longest_silence > LONGEST_SILENCE {
            faults.push(format!("it falls silent for {:.2} s", self.longest_silence));
        }
        if let Some(first) = self.clicks.first() {
            faults.push(format!("it clicks {} times, first at {first:.3} s", self.clicks.len()));
        }
        faults
    }
}

fn longest_silence(channels: &[Vec<f32>], rate: u32) -> f32 {
    let window = ((WINDOW * rate as f32) as usize).max(1);
    let length = channels.iter().map(Vec::len).min().unwrap_or(0);
    let sounds = |index: usize| {
        let range = index * window..(index + 1) * window;
        let loud = |channel: &Vec<f32>| {
            let power = channel[range.clone()].iter().map(|sample| sample * sample).sum::<f32>() / window as f32;
            10.0 * power.log10() > SILENT_DB
        };
        channels.iter().any(loud)
    };
    let sounding: Vec<usize> = (0..length / window).filter(|&index| sounds(index)).collect();
    let longest = sounding.windows(2).map(|pair| pair[1] - pair[0] - 1).max().unwrap_or(0);
    (longest * window) as f32 / rate as f32
}

/// A jump shows in the second difference as a spike that stands alone. An attack does not: what follows it is as rough.
fn clicks(samples: &[f32], rate: u32) -> Vec<f32> {
    let roughness: Vec<f32> = samples.windows(3).map(|at| (at[0] - 2.0 * at[1] + at[2]).abs()).collect();
    let highest = |range: &[f32]| range.iter().fold(0.0_f32, |highest, value| highest.max(*value));
    let mut found: Vec<f32> = Vec::new();
    let mut at = 0;
    while at < roughness.len() {
        let before = &roughness[at.saturating_sub(SURROUNDINGS)..at.saturating_sub(NEXT_FEW)];
        let after = (at + NEXT_FEW).min(roughness.len())..(at + SURROUNDINGS).min(roughness.len());
        if roughness[at] > CLICK && roughness[at] > CLICK_RATIO * highest(before).max(highest(&roughness[after])) {
            found.push((at + 1) as f32 / rate as f32);
            at += NEXT_FEW;
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    /// Two seconds of a decaying tone that begins anew every half second.
    fn music() -> Vec<f32> {
        let tone = |at: usize| {
            let (time, phase) =
                ((at % 24_000) as f32 / RATE as f32, (at % 24_000) as f32 / RATE as f32 * std::f32::consts::TAU);
            let partials = (1..=20).map(|k| (phase * 220.0 * k as f32).sin() / (k * k) as f32);
            0.2 * partials.sum::<f32>() * (-3.0 * time).exp() * (time / 0.004).min(1.0)
        };
        (0..96_000).map(tone).collect()
    }

    fn faults(channel: Vec<f32>) -> Vec<String> {
        Soundness::of(&[channel.clone(), channel], RATE).faults()
    }

    #[test]
    fn notes_that_begin_and_decay_are_sound() {
        assert_eq!(faults(music()), Vec::<String>::new());
    }

    #[test]
    fn a_planted_jump_is_found_at_its_time() {
        let mut music = music();
        music[60_000..].iter_mut().for_each(|sample| *sample += 0.1);
        let found = Soundness::of(&[music], RATE).clicks;
        assert!(found.iter().all(|time| (time - 60_000.0 / RATE as f32).abs() < 1e-3), "{found:?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn a_single_wrong_sample_is_found() {
        let mut music = music();
        music[70_000] = 0.0;
        music[70_001] = 0.5;
        assert!(faults(music)[0].contains("clicks"));
    }

    #[test]
    fn a_gap_counts_but_silence_at_the_ends_does_not() {
        let mut music = music();
        music.splice(0..0, vec![0.0; 96_000]);
        music.extend(vec![0.0; 96_000]);
        assert_eq!(faults(music.clone()), Vec::<String>::new());
        let (first, second) = music.split_at(144_000 - 240);
        let gap = [first, &vec![0.0; 72_000], second].concat();
        let faults = faults(gap);
        assert!(faults.iter().any(|fault| fault.contains("silent")), "{faults:?}");
    }

    #[test]
    fn what_clips_and_what_is_feeble_is_said() {
        assert!(faults(music().iter().map(|sample| (sample * 9.0).clamp(-1.0, 1.0)).collect())[0].contains("clips"));
        assert!(faults(music().iter().map(|sample| sample * 0.05).collect())[0].contains("feeble"));
        assert!(faults(vec![0.0; 48_000])[0].contains("feeble"));
    }
}
