//! `zitherctl render`: a MIDI file through the instrument, without a plugin host.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};

use crate::browser::preset::Preset;
use crate::media::audio::{Depth, write_wav};
use crate::media::midi::{Message, Song, TimedMessage};
use crate::model::Model;
use crate::model::transfer::Transfer;
use crate::synth::controls::Controls;
use crate::synth::engine::Engine;
use crate::synth::event::{Event, Expression, NoteAddress};

/// Longest tail after the last message, in seconds.
const TAIL_SECONDS: f64 = 20.0;
/// Samples that are rendered at once; the sound does not depend on it.
const BLOCK: usize = 512;

/// Renders a MIDI file to a stereo WAV file in 32-bit float.
#[derive(clap::Args)]
pub(super) struct Render {
    /// The MIDI file.
    song: PathBuf,
    /// Where the WAV file goes.
    #[arg(long)]
    out: PathBuf,
    /// Model to play with [default: the one built in].
    #[arg(long)]
    model: Option<PathBuf>,
    /// Preset to play [default: every control at its default].
    #[arg(long)]
    preset: Option<PathBuf>,
    /// Sample rate in Hz.
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8_000..=192_000))]
    rate: u32,
    /// Only these bars, first and last, counted from 1: `5..8`.
    #[arg(long, value_parser = parse_bars)]
    bars: Option<(usize, usize)>,
}

fn parse_bars(text: &str) -> Result<(usize, usize), String> {
    let bar = |text: &str| text.parse().ok().filter(|&bar: &usize| bar > 0);
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (bar(first), bar(last.trim_start_matches('='))) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err("give the first and the last bar as in 5..8".to_owned()),
    }
}

impl Render {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let song = Song::read(&self.song)?;
        let (from, to) = self.span(&song)?;
        let (controls, transfer) = self.preset()?;
        let mut player = Player::new(self.model()?, &controls, self.rate);
        let _none = player.engine.exchange_transfer(transfer);
        let start = Instant::now();
        player.play(&song, from, to);
        let took = start.elapsed().as_secs_f64();
        write_wav(&self.out, &[&player.left, &player.right], self.rate, Depth::Float32)?;
        player.report(&self.out, took);
        Ok(())
    }

    fn model(&self) -> anyhow::Result<Arc<Model>> {
        Ok(match &self.model {
            Some(path) => Arc::new(Model::open(path)?),
            None => Model::factory(),
        })
    }

    fn preset(&self) -> anyhow::Result<(Controls, Option<Arc<Transfer>>)> {
        let Some(path) = &self.preset else { return Ok((Controls::default(), None)) };
        let preset = Preset::read(path).with_context(|| path.display().to_string())?;
        Ok((preset.controls(), preset.playable_transfer()?.map(Arc::new)))
    }

    /// The part of the song to play, in seconds.
    fn span(&self, song: &Song) -> anyhow::Result<(f64, f64)> {
        let Some((first, last)) = self.bars else { return Ok((0.0, song.seconds())) };
        let bars = song.bars.len().saturating_sub(1);
        if first > bars {
            bail!("the song has {bars} bars, so it has no bar {first}");
        }
        Ok((song.bars[first - 1], song.bars[last.min(bars)]))
    }
}

/// The engine, what it has played, and the levels that MIDI sets per channel.
pub(super) struct Player {
    engine: Engine,
    rate: f64,
    pub(super) left: Vec<f32>,
    pub(super) right: Vec<f32>,
    most_voices: usize,
    /// Volume (CC 7) and expression (CC 11) of each channel as one gain.
    volume: [f32; 16],
    expression: [f32; 16],
}

impl Player {
    pub(super) fn new(model: Arc<Model>, controls: &Controls, rate: u32) -> Self {
        let mut engine = Engine::new(model, rate as f32);
        engine.set_controls(controls);
        Self {
            engine,
            rate: f64::from(rate),
            left: Vec::new(),
            right: Vec::new(),
            most_voices: 0,
            volume: [1.0; 16],
            expression: [1.0; 16],
        }
    }

    /// Plays what lies between `from` and `to` seconds, and the tail. Wheels and pedals set before count; notes do not.
    pub(super) fn play(&mut self, song: &Song, from: f64, to: f64) {
        for timed in song.messages.iter().filter(|timed| timed.seconds < to || (timed.seconds == to && is_off(timed))) {
            if timed.seconds < from {
                if !matches!(timed.message, Message::NoteOn { .. } | Message::NoteOff { .. }) {
                    self.send(timed);
                }
                continue;
            }
            self.render_to(((timed.seconds - from) * self.rate).round() as usize);
            self.send(timed);
        }
        self.render_to(((to - from) * self.rate).round() as usize);
        self.engine.handle(Event::AllNotesOff);
        let limit = self.left.len() + (TAIL_SECONDS * self.rate) as usize;
        while self.engine.active_voices() > 0 && self.left.len() < limit {
            self.render_to(self.left.len() + BLOCK);
        }
    }

    fn render_to(&mut self, end: usize) {
        while self.left.len() < end {
            let start = self.left.len();
            let stop = end.min(start + BLOCK);
            self.left.resize(stop, 0.0);
            self.right.resize(stop, 0.0);
            self.engine.render(&mut self.left[start..], &mut self.right[start..]);
            self.most_voices = self.most_voices.max(self.engine.active_voices());
            while self.engine.ended().is_some() {}
        }
    }

    fn send(&mut self, timed: &TimedMessage) {
        let channel = timed.channel;
        let slot = usize::from(channel & 15);
        match timed.message {
            Message::Controller { number: 7, value } => self.volume[slot] = loudness(value),
            Message::Controller { number: 11, value } => self.expression[slot] = loudness(value),
            message => {
                if let Some(event) = event(channel, message) {
                    self.engine.handle(event);
                }
            }
        }
        let gain = self.volume[slot] * self.expression[slot];
        if matches!(timed.message, Message::Controller { number: 7 | 11, .. })
            || (matches!(timed.message, Message::NoteOn { .. }) && gain != 1.0)
        {
            let address = NoteAddress { channel: Some(channel), ..NoteAddress::default() };
            self.engine.handle(Event::Express { address, expression: Expression::Volume, value: gain });
        }
    }

    fn report(&self, out: &std::path::Path, took: f64) {
        let both = || self.left.iter().chain(&self.right);
        let peak = both().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        let power = both().map(|&x| f64::from(x).powi(2)).sum::<f64>() / (2 * self.left.len()).max(1) as f64;
        let seconds = self.left.len() as f64 / self.rate;
        println!(
            "{}: {seconds:.2} s, peak {:.1} dB, RMS {:.1} dB, {} voices, {:.0} x real time",
            out.display(),
            20.0 * peak.log10(),
            10.0 * power.log10(),
            self.most_voices,
            seconds / took.max(1e-9),
        );
    }
}

fn is_off(timed: &TimedMessage) -> bool {
    matches!(timed.message, Message::NoteOff { .. })
}

/// Gain of a MIDI volume: 40 log10 (value), the General MIDI recommendation.
fn loudness(value: f32) -> f32 {
    value * value
}

/// What a channel message means to the instrument, if anything.
fn event(channel: u8, message: Message) -> Option<Event> {
    let address = |key| NoteAddress { channel: Some(channel), key: Some(key), ..NoteAddress::default() };
    Some(match message {
        Message::NoteOn { key, velocity } => Event::NoteOn { voice_id: None, channel, key, velocity },
        Message::NoteOff { key } => Event::NoteOff { address: address(key) },
        Message::Bend(value) => Event::PitchBend { channel, value },
        Message::ChannelPressure(value) => Event::Pressure { channel, value },
        Message::KeyPressure { key, pressure } => {
            Event::Express { address: address(key), expression: Expression::Pressure, value: pressure }
        }
        Message::Controller { number, value } => match number {
            1 => Event::ModWheel { channel, value },
            64 => Event::Sustain { channel, down: value >= 0.5 },
            74 => Event::Timbre { channel, value },
            6 | 38 | 98..=101 | 121 => {
                Event::Controller { channel, controller: number, value: (value * 127.0).round() as u8 }
            }
            120 => Event::AllSoundOff,
            123 => Event::AllNotesOff,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(messages: &[(f64, Message)], bars: &[f64]) -> Song {
        let timed = |&(seconds, message)| TimedMessage { seconds, channel: 0, message };
        Song { messages: messages.iter().map(timed).collect(), bars: bars.to_vec() }
    }

    #[test]
    fn notes_sound_at_their_time_and_the_tail_is_played_out() {
        let notes = [(0.5, Message::NoteOn { key: 60, velocity: 0.8 }), (1.0, Message::NoteOff { key: 60 })];
        let mut player = Player::new(Model::factory(), &Controls::default(), 48_000);
        player.play(&song(&notes, &[0.0, 1.0]), 0.0, 1.0);
        assert!(player.left[..24_000].iter().all(|&x| x == 0.0));
        assert_ne!(player.left[24_000], 0.0);
        assert!(player.left.len() > 48_000);
        assert_eq!(player.engine.active_voices(), 0);
    }

    #[test]
    fn a_part_of_the_song_keeps_what_was_set_before_it() {
        let song = song(
            &[
                (0.0, Message::Controller { number: 7, value: 0.5 }),
                (0.1, Message::NoteOn { key: 60, velocity: 0.8 }),
                (2.0, Message::NoteOn { key: 64, velocity: 0.8 }),
            ],
            &[0.0, 2.0, 4.0],
        );
        let mut part = Player::new(Model::factory(), &Controls::default(), 48_000);
        part.play(&song, 2.0, 4.0);
        assert_eq!(part.volume[0], 0.25);
        assert_ne!(part.left[0], 0.0, "the note at the start of the second bar");
        assert_eq!(part.most_voices, 1);
    }

    #[test]
    fn bars_are_given_from_first_to_last() {
        assert_eq!(parse_bars("5..8"), Ok((5, 8)));
        assert_eq!(parse_bars("3"), Ok((3, 3)));
        assert!(parse_bars("8..5").is_err());
        assert!(parse_bars("0..5").is_err());
    }
}
