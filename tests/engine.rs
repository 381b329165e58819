//! The engine as a player meets it: notes, pedals, modes, and what must never happen.

mod common;

use std::sync::Arc;

use common::splash::splash;
use common::{
    Chance, RATE, cents, controls, frequency, moving_model, off, on, peak, render, sine_engine, steady_model,
};
use zither::analysis::frames::{Motion, PARTIALS, Swing};
use zither::model::Model;
use zither::model::latent::LATENTS;
use zither::model::transfer::Transfer;
use zither::synth::controls::{Control, Controls};
use zither::synth::engine::{Engine, VOICES};
use zither::synth::event::{Event, Expression, NoteAddress};
use zither::synth::scene::Scene;

/// Something a player might do, sane or not.
fn any_event(chance: &mut Chance) -> Event {
    let key = 40 + chance.below(30) as u8;
    let channel = chance.below(3) as u8;
    let address = NoteAddress { key: Some(key), ..NoteAddress::default() };
    match chance.below(16) {
        0..=5 => Event::NoteOn { voice_id: Some(i32::from(key)), channel, key, velocity: chance.unit() },
        6..=8 => Event::NoteOff { address },
        9 => Event::PitchBend { channel, value: 2.0 * chance.unit() - 1.0 },
        10 => Event::ModWheel { channel, value: chance.unit() },
        11 => Event::Sustain { channel, down: chance.below(2) == 0 },
        12 => Event::Express { address, expression: Expression::Volume, value: 2.0 * chance.unit() },
        13 => Event::Express { address, expression: Expression::Pan, value: 2.0 * chance.unit() - 1.0 },
        14 => Event::Modulate { voice_id: i32::from(key), control: Control::latent(0), offset: chance.unit() },
        _ if chance.below(4) == 0 => Event::Choke { address },
        _ => Event::Pressure { channel, value: chance.unit() },
    }
}

fn any_controls(chance: &mut Chance) -> Controls {
    let mut controls = Controls::default();
    for control in Control::all().filter(|&control| control != Control::BYPASS) {
        if chance.below(3) == 0 {
            controls.set(control, control.spec().plain(chance.unit()));
        }
    }
    controls.set(Control::RELEASE, 200.0);
    controls
}

/// Plays two seconds of chance events, cut into blocks by another chance.
fn performance(rate: f32, seed: u64, mut block: impl FnMut() -> usize) -> Vec<u32> {
    let mut engine = Engine::new(Model::factory(), rate);
    let mut chance = Chance(seed);
    let mut out = Vec::new();
    for step in 0..60 {
        let mut until_next = chance.below((rate / 15.0) as usize);
        if step % 7 == 0 {
            engine.set_controls(&any_controls(&mut chance));
        }
        (0..chance.below(3)).for_each(|_| engine.handle(any_event(&mut chance)));
        while until_next > 0 {
            let length = block().min(until_next);
            let (left, right) = render(&mut engine, length);
            out.extend(left.iter().zip(&right).flat_map(|(l, r)| [l.to_bits(), r.to_bits()]));
            until_next -= length;
        }
    }
    out
}

#[test]
fn any_split_into_blocks_gives_the_same_bytes() {
    for (rate, seed) in [(8_000.0, 1), (22_050.0, 2), (44_100.0, 3), (48_000.0, 4), (48_000.0, 5), (96_000.0, 6)] {
        let whole = performance(rate, seed, || usize::MAX);
        assert!(whole.iter().any(|&bits| bits != 0));
        let mut chance = Chance(99 + seed);
        let random = performance(rate, seed, || chance.below(700));
        assert!(whole == random, "{rate} Hz, seed {seed}: random blocks differ");
        assert!(whole == performance(rate, seed, || 1 + 63 * usize::from(seed % 2 == 0)), "{rate} Hz: small blocks");
    }
}

#[test]
fn notes_begin_at_their_own_sample() {
    for rate in [8_000.0, 44_100.0, 48_000.0, 192_000.0] {
        for offset in [0, 1, 31, 32, 240, 1_001] {
            let mut engine = Engine::new(Model::factory(), rate);
            assert_eq!(peak(&render(&mut engine, offset).0), 0.0);
            engine.handle(on(60));
            let (left, right) = render(&mut engine, 64);
            assert!(left[0] != 0.0 && right[0] != 0.0, "{rate} Hz, offset {offset}");
        }
    }
}

#[test]
fn pitch_is_right_within_a_cent_at_every_rate() {
    for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for (key, hz) in [(33, 55.0), (69, 440.0), (93, 1_760.0)] {
            let mut engine = sine_engine(rate, &[]);
            engine.handle(on(key));
            let (left, _) = render(&mut engine, rate as usize);
            let error = cents(frequency(&left, rate, 0.3, hz), hz);
            assert!(error.abs() < 0.1, "{rate} Hz, key {key}: {error} cents");
        }
    }
}

#[test]
fn bend_tuning_transposition_and_glide_arrive_at_their_pitch() {
    let mut engine =
        sine_engine(RATE, &[(Control::BEND_RANGE, 12.0), (Control::TRANSPOSE, -12.0), (Control::TUNE, 50.0)]);
    engine.handle(on(69));
    engine.handle(Event::PitchBend { channel: 0, value: 0.5 });
    engine.handle(Event::Express { address: NoteAddress::default(), expression: Expression::Tuning, value: 1.0 });
    let (left, _) = render(&mut engine, 48_000);
    let expected = 440.0 * 2.0_f64.powf((-12.0 + 6.0 + 1.0 + 0.5) / 12.0);
    assert!(cents(frequency(&left, RATE, 0.3, expected), expected).abs() < 0.1);

    let mut engine = sine_engine(RATE, &[(Control::GLIDE, 500.0)]);
    engine.handle(on(57));
    render(&mut engine, 9_600);
    engine.handle(off(57));
    render(&mut engine, 48_000);
    engine.handle(on(69));
    let (left, _) = render(&mut engine, 48_000);
    let middle = frequency(&left, RATE, 0.15, 311.0);
    assert!(cents(middle, 311.13).abs() < 60.0, "half-way at half the time: {middle}");
    assert!(cents(frequency(&left, RATE, 0.7, 440.0), 440.0).abs() < 0.1);
}

/// Peak level of each hundredth of a second, in dB.
fn levels(samples: &[f32]) -> Vec<f64> {
    samples.chunks_exact(480).map(|part| 20.0 * f64::from(peak(part)).log10()).collect()
}

#[test]
fn a_note_moves_as_the_model_says_and_as_far_as_the_player_wants() {
    let moves = Motion {
        vibrato: Swing { depth: 6.0, hz: 1.0, delay_s: 0.2 },
        tremolo: Swing { depth: 3.0, hz: 3.0, delay_s: 0.0 },
        ..Motion::STILL
    };
    // Cents and dB between the extremes after the delay.
    let range = |motion: f32| {
        let mut engine = Engine::new(moving_model(&[(0, -20.0)], &moves), RATE);
        engine.set_controls(&controls(&[(Control::MOTION, motion)]));
        engine.handle(on(69));
        let (left, _) = render(&mut engine, 2 * 48_000);
        let spread = |values: &[f64]| {
            values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
        };
        let times = (0..20).map(|step| 0.6 + 0.05 * f64::from(step));
        let pitches: Vec<f64> = times.map(|start| cents(frequency(&left, RATE, start, 440.0), 440.0)).collect();
        (spread(&pitches), spread(&levels(&left[24_000..])))
    };
    let (still, once, twice) = (range(0.0), range(100.0), range(200.0));
    assert!(still.0 < 0.2 && still.1 < 0.1, "{still:?}");
    assert!((10.0..12.1).contains(&once.0) && (5.5..6.2).contains(&once.1), "{once:?}");
    assert!((twice.0 / once.0 - 2.0).abs() < 0.1 && (twice.1 / once.1 - 2.0).abs() < 0.1, "{twice:?}");
}

#[test]
fn partials_sway_apart_and_leave_the_attack_alone() {
    let moves = Motion { sway_db: [6.0; PARTIALS], sway_hz: [2.0; PARTIALS], ..Motion::STILL };
    let course = |partial: usize| {
        let mut engine = Engine::new(moving_model(&[(partial, -20.0)], &moves), RATE);
        engine.set_controls(&controls(&[(Control::MOTION, 100.0)]));
        engine.handle(on(57));
        levels(&render(&mut engine, 72_000).0)
    };
    let (first, third) = (course(0), course(2));
    assert!((first[1] + 20.0).abs() < 0.2, "the attack is left alone: {}", first[1]);
    assert!((30..100).any(|n| (first[n] + 20.0).abs() > 4.0));
    assert!((30..100).any(|n| (first[n] - third[n]).abs() > 2.0));
}

#[test]
fn a_stretched_release_falls_as_much_slower() {
    let fall = |stretch: f32| {
        let values = [(Control::RELEASE, 20_000.0), (Control::RELEASE_STRETCH, stretch)];
        let mut engine = sine_engine(RATE, &values);
        engine.handle(on(57));
        let held = levels(&render(&mut engine, 9_600).0);
        engine.handle(off(57));
        held[19] - levels(&render(&mut engine, 4_800).0)[9]
    };
    // The model's own release falls by 300 dB a second.
    for (stretch, expected) in [(100.0, 27.0), (400.0, 6.75), (50.0, 54.0)] {
        assert!((fall(stretch) - expected).abs() < 0.05 * expected, "{stretch} %: {} dB in 0.09 s", fall(stretch));
    }
}

#[test]
fn level_follows_gain_volume_and_pan() {
    let level = |values: &[(Control, f32)], expression: Option<(Expression, f32)>| {
        let mut engine = sine_engine(RATE, values);
        engine.handle(on(69));
        if let Some((expression, value)) = expression {
            engine.handle(Event::Express { address: NoteAddress::default(), expression, value });
        }
        let (left, right) = render(&mut engine, 9_600);
        (20.0 * peak(&left[4_800..]).log10(), 20.0 * peak(&right[4_800..]).log10())
    };
    let near = |(left, right): (f32, f32), expected: (f32, f32)| {
        assert!((left - expected.0).abs() < 0.1 && (right - expected.1).abs() < 0.1, "{left} {right}");
    };
    near(level(&[], None), (-20.0, -20.0));
    near(level(&[(Control::GAIN, -12.0)], None), (-32.0, -32.0));
    near(level(&[], Some((Expression::Volume, 2.0))), (-13.98, -13.98));
    let (left, right) = level(&[], Some((Expression::Pan, 1.0)));
    assert!((right + 16.99).abs() < 0.1 && left < -100.0, "{left} {right}");
    assert_eq!(level(&[(Control::GAIN, -60.0)], None).0, f32::NEG_INFINITY);
}

/// Largest bend of the waveform in one sample: a click bends it far more than low sines do.
fn sharpest(samples: &[f32]) -> f32 {
    samples.windows(3).map(|n| (n[2] - 2.0 * n[1] + n[0]).abs()).fold(0.0, f32::max)
}

/// Low sines, in turns of `at_once` notes that begin together; what sounds from note `from` on.
fn crowd(rate: f32, notes: usize, at_once: usize, from: usize) -> Vec<f32> {
    let mut engine = sine_engine(rate, &[]);
    let mut heard = Vec::new();
    for turn in 0..notes / at_once {
        (0..at_once).for_each(|n| engine.handle(on(20 + ((turn * at_once + n) * 7 % 24) as u8)));
        // Never a whole number of chunks, and longer than a fade.
        let (left, _) = render(&mut engine, (rate * 0.006) as usize + turn);
        if turn * at_once >= from {
            heard.extend(left);
        }
    }
    heard
}

#[test]
fn stealing_voices_does_not_click() {
    for rate in [22_050.0, 44_100.0, 48_000.0, 96_000.0] {
        // Fades of more than sixteen are cut, and bend at the cut where without a residue they would jump.
        for (at_once, bound) in [(1, 1.5), (10, 1.5), (16, 1.5), (32, 5.0)] {
            let before = sharpest(&crowd(rate, VOICES, at_once, 0));
            let stealing = sharpest(&crowd(rate, 4 * VOICES, at_once, VOICES));
            assert!(stealing < bound * before, "{rate} Hz, {at_once} at once: {stealing} after {before}");
        }
    }
}

#[test]
fn the_pedal_holds_notes_until_it_is_lifted() {
    let mut engine = sine_engine(RATE, &[]);
    engine.handle(Event::Sustain { channel: 0, down: true });
    engine.handle(on(60));
    engine.handle(off(60));
    render(&mut engine, 48_000);
    assert!(peak(&render(&mut engine, 4_800).0) > 0.09);
    engine.handle(Event::Sustain { channel: 0, down: false });
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
}

#[test]
fn mono_plays_one_note_and_returns_to_the_key_still_held() {
    let mut engine = sine_engine(RATE, &[(Control::MODE, 1.0)]);
    engine.handle(on(57));
    render(&mut engine, 9_600);
    engine.handle(on(69));
    render(&mut engine, 4_800);
    assert_eq!(engine.active_voices(), 1);
    let (left, _) = render(&mut engine, 24_000);
    assert!(cents(frequency(&left, RATE, 0.1, 440.0), 440.0).abs() < 0.1);
    engine.handle(off(69));
    render(&mut engine, 4_800);
    let (left, _) = render(&mut engine, 24_000);
    assert!(cents(frequency(&left, RATE, 0.1, 220.0), 220.0).abs() < 0.1);
    engine.handle(off(57));
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
    let ended: Vec<u8> = std::iter::from_fn(|| engine.ended()).map(|note| note.key).collect();
    assert_eq!(ended, [69, 57]);
}

#[test]
fn legato_changes_pitch_without_a_new_attack() {
    let values = [(Control::MODE, 2.0), (Control::ATTACK, 300.0)];
    let mut engine = sine_engine(RATE, &values);
    engine.handle(on(57));
    render(&mut engine, 24_000);
    engine.handle(on(69));
    let (left, _) = render(&mut engine, 24_000);
    let early = peak(&left[..480]);
    assert!(early > 0.09, "the envelope stays up: {early}");
    assert!(cents(frequency(&left, RATE, 0.1, 440.0), 440.0).abs() < 0.1);
    assert_eq!(engine.active_voices(), 1);
    engine.handle(off(69));
    let (left, _) = render(&mut engine, 24_000);
    assert!(cents(frequency(&left, RATE, 0.1, 220.0), 220.0).abs() < 0.1);
    engine.handle(off(57));
    render(&mut engine, 96_000);
    let ended: Vec<u8> = std::iter::from_fn(|| engine.ended()).map(|note| note.key).collect();
    assert_eq!(ended, [69, 57]);
}

#[test]
fn a_note_of_no_length_is_heard_and_ends() {
    let mut engine = sine_engine(RATE, &[]);
    engine.handle(on(60));
    engine.handle(off(60));
    assert!(peak(&render(&mut engine, 480).0) > 0.01);
    render(&mut engine, 48_000);
    assert_eq!(engine.active_voices(), 0);
}

#[test]
fn choke_and_all_sound_off_are_quick_but_no_click() {
    for event in [Event::AllSoundOff, Event::Choke { address: NoteAddress { key: Some(40), ..NoteAddress::default() } }]
    {
        let mut engine = sine_engine(RATE, &[]);
        engine.handle(on(40));
        let (before, _) = render(&mut engine, 10_000);
        engine.handle(event);
        let (after, _) = render(&mut engine, 480);
        assert!((after[0] - before[9_999]).abs() < 0.005);
        assert!(after.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.005));
        assert_eq!(engine.active_voices(), 0, "gone within 10 ms");
    }
}

#[test]
fn bypass_fades_and_gain_is_smooth() {
    let mut engine = sine_engine(RATE, &[]);
    engine.handle(on(40));
    render(&mut engine, 9_600);
    engine.set_controls(&controls(&[(Control::BYPASS, 1.0)]));
    let (faded, _) = render(&mut engine, 960);
    assert!(faded.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.003));
    assert_eq!(peak(&faded[481..]), 0.0);
    engine.set_controls(&controls(&[(Control::GAIN, 12.0)]));
    let (back, _) = render(&mut engine, 9_600);
    assert!(back.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    assert!(peak(&back) > 0.39);
}

#[test]
fn modulation_of_one_note_leaves_the_others_alone() {
    let play = |modulated: Option<i32>, keys: &[u8]| {
        let mut engine = Engine::new(Model::factory(), RATE);
        for &key in keys {
            engine.handle(on(key));
            if modulated == Some(i32::from(key)) {
                engine.handle(Event::Modulate { voice_id: i32::from(key), control: Control::latent(0), offset: 0.9 });
            }
        }
        render(&mut engine, 4_800).0
    };
    assert_ne!(play(Some(60), &[60]), play(None, &[60]));
    assert_eq!(play(Some(61), &[60]), play(None, &[60]));
}

#[test]
fn hostile_values_never_reach_the_output() {
    let mut engine = Engine::new(Model::factory(), RATE);
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, f32::MIN_POSITIVE / 2.0];
    for (turn, &value) in bad.iter().cycle().take(60).enumerate() {
        let (channel, key) = (200 + turn as u8, 100 + 2 * turn as u8);
        let address = NoteAddress::default();
        engine.handle(Event::NoteOn { voice_id: Some(1), channel, key, velocity: value });
        for expression in [
            Expression::Tuning,
            Expression::Volume,
            Expression::Pan,
            Expression::Brightness,
            Expression::Pressure,
            Expression::Vibrato,
        ] {
            engine.handle(Event::Express { address, expression, value });
        }
        Control::all().for_each(|control| engine.handle(Event::Modulate { voice_id: 1, control, offset: value }));
        engine.handle(Event::PitchBend { channel, value });
        engine.handle(Event::Pressure { channel, value });
        engine.handle(Event::ModWheel { channel, value });
        engine.handle(Event::Timbre { channel, value });
        let mut controls = Controls::default();
        Control::all().for_each(|control| controls.set(control, value));
        controls.set(Control::BYPASS, 0.0);
        engine.set_controls(&controls);
        let (left, right) = render(&mut engine, 1_000);
        assert!(left.iter().chain(&right).all(|x| x.is_finite() && x.abs() <= 8.0), "{value}");
    }
}

#[test]
fn reset_gives_the_same_samples_again() {
    let mut engine = Engine::new(Model::factory(), RATE);
    let mut play = || {
        engine.handle(Event::PitchBend { channel: 0, value: 0.3 });
        [60, 64, 67].into_iter().for_each(|key| engine.handle(on(key)));
        let made = render(&mut engine, 9_600);
        engine.reset();
        assert_eq!(engine.active_voices(), 0);
        made
    };
    assert_eq!(play(), play());
}

#[test]
fn a_transfer_is_taken_up_by_a_sounding_note_without_a_click_and_given_back() {
    let mut engine = sine_engine(RATE, &[]);
    engine.handle(on(60));
    let transfer = Arc::new(Transfer::of_gain(6.0));
    let mut audio = render(&mut engine, 24_000).0;
    assert!(engine.exchange_transfer(Some(Arc::clone(&transfer))).is_none());
    audio.extend(render(&mut engine, 24_000).0);
    let given_back = engine.exchange_transfer(None).expect("it comes back");
    assert!(Arc::ptr_eq(&given_back, &transfer));
    audio.extend(render(&mut engine, 24_000).0);
    let gain = |span: std::ops::Range<usize>| peak(&audio[span]) / peak(&audio[12_000..24_000]);
    assert!((gain(26_000..48_000) - 1.995).abs() < 0.02, "{}", gain(26_000..48_000));
    assert!((gain(50_000..72_000) - 1.0).abs() < 0.02, "{}", gain(50_000..72_000));
    let step =
        |span: std::ops::Range<usize>| audio[span].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(step(23_000..72_000) < 2.1 * step(12_000..24_000), "it clicks");
}

#[test]
fn no_control_clicks_however_far_it_jumps_under_a_note() {
    let settings: [&[(Control, f32)]; 3] = [
        &[],
        &[(Control::SUSTAIN, -20.0), (Control::DECAY, 1.0)],
        &[(Control::UNISON, 4.0), (Control::WIDTH, 100.0), (Control::ATTACK, 2_000.0)],
    ];
    // All latents are smoothed alike.
    let all = Control::all().skip(LATENTS - 1).filter(|&control| control != Control::BYPASS);
    for (control, setting) in all.flat_map(|control| settings.map(|setting| (control, setting))) {
        let spec = control.spec();
        for (from, to, at) in [(spec.min, spec.max, 17_000), (spec.max, spec.min, 17_123)] {
            let mut controls = controls(setting);
            controls.set(control, from);
            let mut engine = Engine::new(steady_model(&[(0, -20.0)]), RATE);
            engine.set_controls(&controls);
            engine.handle(on(60));
            let mut audio = render(&mut engine, at).0;
            controls.set(control, to);
            engine.set_controls(&controls);
            audio.extend(render(&mut engine, 20_000).0);
            let splash = splash(&audio, at, &[]);
            assert!(splash < -57.0, "{} from {from} to {to} at {at}: {splash} dB", spec.id);
        }
    }
}

#[test]
fn another_model_is_taken_up_by_a_sounding_note_without_a_click_and_the_old_one_given_back() {
    let (first, second) = (steady_model(&[(0, -20.0)]), steady_model(&[(0, -32.0), (2, -26.0)]));
    for at in [24_000, 24_123] {
        let mut engine = Engine::new(Arc::clone(&first), RATE);
        engine.set_controls(&controls(&[(Control::WIDTH, 0.0)]));
        engine.handle(on(60));
        let mut audio = render(&mut engine, at).0;
        assert!(Arc::ptr_eq(&engine.exchange_model(Arc::clone(&second)), &first));
        audio.extend(render(&mut engine, 24_000).0);
        assert!(splash(&audio, at, &[]) < -62.0, "{} dB", splash(&audio, at, &[]));
        let step = |part: &[f32]| part.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let steady = step(&audio[12_000..at]).max(step(&audio[at + 12_000..]));
        assert!(step(&audio[at - 1_000..at + 12_000]) < 1.2 * steady, "it jumps");
        let level = |part: &[f32]| (part.iter().map(|x| f64::from(x * x)).sum::<f64>() / part.len() as f64).sqrt();
        let expected = (10.0_f64.powf(-3.2) + 10.0_f64.powf(-2.6)).sqrt() / 2.0_f64.sqrt();
        assert!((level(&audio[at + 12_000..]) / expected - 1.0).abs() < 0.02, "the second model sounds");
    }
}

#[test]
fn after_a_swap_notes_sound_as_if_the_model_had_always_been_there() {
    let (other, model) = (steady_model(&[(0, -20.0), (4, -30.0)]), Model::factory());
    let play = |first: &Arc<Model>| {
        let mut engine = Engine::new(Arc::clone(first), RATE);
        engine.set_controls(&controls(&[(Control::RELEASE, 50.0), (Control::UNISON, 2.0)]));
        engine.handle(on(50));
        render(&mut engine, 10_000);
        engine.handle(off(50));
        while engine.active_voices() > 0 {
            render(&mut engine, 100);
        }
        drop(engine.exchange_model(Arc::clone(&model)));
        [60, 64].into_iter().for_each(|key| engine.handle(on(key)));
        render(&mut engine, 24_000)
    };
    assert_eq!(play(&other), play(&model));
}

#[test]
fn where_blocks_end_is_not_heard_in_a_swap() {
    let models = [Model::factory(), steady_model(&[(0, -20.0), (4, -30.0)])];
    let play = |blocks: &[usize]| {
        let mut engine = Engine::new(Arc::clone(&models[0]), RATE);
        engine.set_controls(&controls(&[]));
        [60, 64].into_iter().for_each(|key| engine.handle(on(key)));
        let mut out = Vec::new();
        for (turn, until) in [(1, 5_003), (0, 9_001), (1, 20_000)] {
            let mut sizes = blocks.iter().cycle();
            while out.len() < until {
                let length = sizes.next().unwrap().min(&(until - out.len())).to_owned();
                out.extend(render(&mut engine, length).0);
            }
            drop(engine.exchange_model(Arc::clone(&models[turn])));
        }
        out
    };
    let whole = play(&[usize::MAX]);
    assert!([&[1, 7, 64][..], &[480], &[33]].into_iter().all(|blocks| play(blocks) == whole));
}

#[test]
fn what_an_engine_shows_is_what_it_plays() {
    let mut engine = Engine::new(steady_model(&[(0, -20.0), (2, -30.0)]), RATE);
    engine.set_controls(&controls(&[(Control::GAIN, -6.0), (Control::TRANSPOSE, 12.0), (Control::WIDTH, 0.0)]));
    let mut scene = Scene::default();
    engine.show(&mut scene);
    assert!(scene.newest().is_none());
    engine.handle(on(45));
    engine.handle(Event::Modulate { voice_id: 45, control: Control::latent(3), offset: 0.5 });
    engine.handle(Event::PitchBend { channel: 0, value: 1.0 });
    engine.handle(Event::Express { address: NoteAddress::default(), expression: Expression::Pressure, value: 0.25 });
    engine.handle(Event::Express { address: NoteAddress::default(), expression: Expression::Brightness, value: 0.25 });
    engine.show(&mut scene);
    assert!(scene.voices().is_empty(), "nothing of it was made yet");
    let (left, _) = render(&mut engine, 24_000);
    engine.show(&mut scene);
    let [voice] = scene.voices() else { panic!("one voice sounds") };
    assert_eq!((voice.key, voice.is_held, voice.velocity), (45, true, 0.8));
    assert!((voice.bend - 2.0).abs() < 1e-3, "{}", voice.bend);
    assert_eq!((voice.pressure, voice.timbre), (0.25, -0.5));
    assert!((voice.latents[3] - 0.5).abs() < 1e-3 && voice.latents[4] == 0.0, "{:?}", voice.latents);
    let hz = 110.0 * 2.0 * 2.0_f32.powf(2.0 / 12.0);
    let spectrum = &scene.spectrum;
    assert!((spectrum.hz[0] / hz - 1.0).abs() < 1e-4 && (spectrum.hz[2] / (3.0 * hz) - 1.0).abs() < 1e-4);
    let measured = frequency(&left, RATE, 0.2, f64::from(hz));
    assert!((measured / f64::from(spectrum.hz[0]) - 1.0).abs() < 1e-4, "{measured}");
    // Both partials' power is that of the sound.
    let power: f32 = left[12_000..].iter().map(|x| x * x).sum::<f32>() / 12_000.0;
    let shown: f32 = spectrum.partial_db.iter().map(|db| 0.5 * 10.0_f32.powf(db / 10.0)).sum();
    assert!((10.0 * (power / shown).log10()).abs() < 0.2, "{power} and {shown}");
    assert!(spectrum.noise_db.iter().all(|&db| db < -120.0));
    engine.handle(on(50));
    let _next = render(&mut engine, 480);
    engine.show(&mut scene);
    assert_eq!((scene.voices().len(), scene.newest().map(|voice| voice.key)), (2, Some(50)));
    engine.handle(off(45));
    let _next = render(&mut engine, 480);
    engine.show(&mut scene);
    assert_eq!(scene.voices().iter().filter(|voice| voice.is_held).count(), 1);
}
