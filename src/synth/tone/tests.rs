use super::*;
use crate::analysis::frames::slot_ratio;

fn note(partial: usize, partial_db: f32, noise_db: f32, pitch: f32) -> NoteFrames {
    let mut frame = Frame::SILENT;
    frame.partial_db[partial] = partial_db;
    frame.noise_db = [noise_db; NOISE_BANDS];
    let slots = Slots { cents: [0.0; PARTIALS], in_band: [true; PARTIALS] };
    NoteFrames { pitch, slots, frames: vec![frame; 400] }
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / samples.len() as f64
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

/// Frequency from the phase advance between two windows, one tenth of a second apart.
fn frequency(samples: &[f32], rate: f64, near: f64) -> f64 {
    let phase = |start: usize| {
        let window = (rate * 0.1) as usize;
        let (mut re, mut im) = (0.0, 0.0);
        for n in 0..window {
            let hann = 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / window as f64).cos();
            let angle = std::f64::consts::TAU * near * (start + n) as f64 / rate;
            re += f64::from(samples[start + n]) * hann * angle.cos();
            im -= f64::from(samples[start + n]) * hann * angle.sin();
        }
        im.atan2(re)
    };
    let apart = (rate * 0.1) as usize;
    let mut advance = phase(2 * apart) - phase(apart);
    advance -= std::f64::consts::TAU * (advance / std::f64::consts::TAU).round();
    near + advance / std::f64::consts::TAU * rate / apart as f64
}

#[test]
fn partials_and_noise_have_the_level_that_the_frame_says() {
    let format = ToneFormat::new(48_000.0);
    let partial = resynthesise(&note(2, -20.0, -140.0, 60.0), &format, 1, 48_000);
    assert!((decibels(power(&partial)) + 23.01).abs() < 0.05);
    let noise = resynthesise(&note(2, -140.0, -40.0, 60.0), &format, 1, 96_000);
    let expected = -40.0 + 10.0 * 48.0_f64.log10();
    // The bands overlap by half, so their levels sum to the power but for the gaps beyond the outermost.
    assert!((decibels(power(&noise)) - expected).abs() < 1.0, "{}", decibels(power(&noise)));
}

#[test]
fn pitch_is_right_at_every_rate() {
    for rate in [8_000.0_f32, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let format = ToneFormat::new(rate);
        let samples = resynthesise(&note(1, -6.0, -140.0, 69.0), &format, 5, rate as usize);
        let hz = frequency(&samples, f64::from(rate), 880.0);
        let cents = 1_200.0 * (hz / 880.0).log2();
        assert!(cents.abs() < 0.1, "{rate}: {cents} cents");
    }
}

#[test]
fn a_note_sounds_from_its_first_sample() {
    for seed in 0..20 {
        let samples = resynthesise(&note(0, -10.0, -140.0, 40.0), &ToneFormat::new(48_000.0), seed, 240);
        assert_ne!(samples[0], 0.0);
    }
}

#[test]
fn partials_fade_out_before_nyquist() {
    let format = ToneFormat::new(48_000.0);
    let audible = resynthesise(&note(0, -6.0, -140.0, 69.0 + 12.0 * (21_900.0_f32 / 440.0).log2()), &format, 1, 4_800);
    let beyond = resynthesise(&note(0, -6.0, -140.0, 69.0 + 12.0 * (23_600.0_f32 / 440.0).log2()), &format, 1, 4_800);
    assert!(decibels(power(&audible)) > -10.0);
    assert_eq!(power(&beyond), 0.0);
}

#[test]
fn copies_keep_the_power_and_change_without_a_jump() {
    let format = ToneFormat::new(48_000.0);
    let note = note(0, -10.0, -140.0, 69.0);
    let mut tone = Tone::new(&format);
    let mut style = Style { detune: 20.0, width: 1.0, ..Style::NEUTRAL };
    tone.start(1, &note.slots, &note.frames[0], 440.0, &style);
    let mut left = Vec::new();
    let mut chunk = [[0.0; CHUNK]; 2];
    for frame in 0..1_200 {
        style.copies = 1 + (frame / 10) % COPIES;
        tone.frame(&note.slots, &note.frames[0], 440.0, &style);
        while !tone.is_due() {
            let length = tone.render(440.0, &mut chunk);
            left.extend_from_slice(&chunk[0][..length]);
        }
    }
    assert!((decibels(power(&left)) + 13.0).abs() < 3.0, "{}", decibels(power(&left)));
    let step = left.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let slope = std::f32::consts::TAU * 440.0 / 48_000.0;
    assert!(step < 0.316 * slope * 4.0, "{step}");
}

/// A bright note with noise, `seconds` long; left and right.
fn stereo(style: &Style, seed: u32, pitch: f32, seconds: f32) -> [Vec<f32>; 2] {
    let mut note = note(0, -20.0, -70.0, pitch);
    note.frames[0].partial_db = std::array::from_fn(|k| -20.0 - 3.0 * (k as f32 + 1.0).log2());
    let hz = pitch_hz(pitch);
    let mut tone = Tone::new(&ToneFormat::new(48_000.0));
    tone.start(seed, &note.slots, &note.frames[0], hz, style);
    let mut out = [vec![], vec![]];
    let mut chunk = [[0.0; CHUNK]; 2];
    while out[0].len() < (seconds * 48_000.0) as usize {
        if tone.is_due() {
            tone.frame(&note.slots, &note.frames[0], hz, style);
        }
        let length = tone.render(hz, &mut chunk);
        out.iter_mut().zip(&chunk).for_each(|(out, chunk)| out.extend_from_slice(&chunk[..length]));
    }
    out
}

#[test]
fn left_and_right_sum_to_the_mono_sound_at_any_width() {
    for copies in [1, 2, 5] {
        let style = |width: f32| Style { copies, detune: 15.0, width, ..Style::NEUTRAL };
        let [mono, same] = stereo(&style(0.0), 7, 50.0, 0.5);
        assert_eq!(mono, same);
        for width in [0.3, 1.0] {
            let [left, right] = stereo(&style(width), 7, 50.0, 0.5);
            let worst = (0..mono.len()).map(|n| (0.5 * (left[n] + right[n]) - mono[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-6, "{copies} copies, width {width}: {worst}");
            let side: Vec<f32> = left.iter().zip(&right).map(|(l, r)| 0.5 * (l - r)).collect();
            let below = decibels(power(&side)) - decibels(power(&mono));
            assert!((-25.0..-2.0).contains(&below), "{copies} copies, width {width}: the side at {below} dB");
        }
    }
}

#[test]
fn no_channel_is_much_louder_than_the_other_or_than_mono() {
    for seed in 0..8 {
        for pitch in [36.0, 60.0, 84.0] {
            let [mono, _] = stereo(&Style::NEUTRAL, seed, pitch, 0.3);
            let [left, right] = stereo(&Style { width: 1.0, ..Style::NEUTRAL }, seed, pitch, 0.3);
            let louder = |channel: &[f32]| decibels(power(channel)) - decibels(power(&mono));
            let (left, right) = (louder(&left), louder(&right));
            assert!((left - right).abs() < 2.0, "seed {seed}, pitch {pitch}: {left} and {right} dB");
            assert!((-1.5..3.0).contains(&left) && (-1.5..3.0).contains(&right));
        }
    }
}

#[test]
fn low_partials_stay_in_the_middle() {
    let octaves = std::array::from_fn(|k| slot_ratio(k).log2());
    let near = places(3, &octaves, 110.0);
    assert!([0, 1, 61, 62, 63].iter().all(|&k| near[k] == 0.0));
    assert!((8..60).all(|k| (0.5..=1.0).contains(&near[k].abs())));
    assert!(places(3, &octaves, 30.0)[..6].iter().all(|&place| place == 0.0));
}

#[test]
fn tilt_leaves_1_khz_alone_and_turns_the_rest() {
    let format = ToneFormat::new(48_000.0);
    for (hz, expected) in [(500.0_f32, -6.0), (1_000.0, 0.0), (4_000.0, 12.0)] {
        let note = note(0, -30.0, -140.0, 69.0 + 12.0 * (hz / 440.0).log2());
        let mut tone = Tone::new(&format);
        let style = Style { tilt: 6.0, ..Style::NEUTRAL };
        tone.start(1, &note.slots, &note.frames[0], hz, &style);
        assert!((decibels(f64::from(tone.level()).powi(2)) + 33.0 - expected).abs() < 0.1, "{hz}");
    }
}
