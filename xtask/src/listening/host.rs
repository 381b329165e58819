//! An instance as the audio thread has it: a phrase to play, and music in its sidechain.

use anyhow::{Context, Result};
use clack_host::prelude::*;

use crate::demo::song::Song;
use crate::host::Ports;

/// Level from which a sample sounds for the plugin (-70 dB re full scale).
const SILENCE: f32 = 3.2e-4;

/// What an instance is played.
pub(super) struct Part<'a> {
    /// Again and again.
    song: &'a Song,
    /// Sample of the instance's time at which the song began this time, and the next event.
    began: i64,
    next: usize,
    /// What comes through the sidechain, again and again: left and right.
    sidechain: [Vec<f32>; 2],
}

impl<'a> Part<'a> {
    /// The song from sample `ahead` on, and this sound.
    pub(super) fn new(song: &'a Song, ahead: u64, sidechain: [Vec<f32>; 2]) -> Self {
        let next = song.events.partition_point(|(sample, _)| *sample < ahead);
        Self { song, began: -(ahead as i64), next, sidechain }
    }

    /// The events of the block of `frames` that begins at sample `now`.
    fn events(&mut self, now: u64, frames: usize, events: &mut EventBuffer) {
        let end = (now + frames as u64) as i64;
        loop {
            let Some(&(sample, action)) = self.song.events.get(self.next) else {
                self.next = 0;
                self.began += self.song.length as i64;
                continue;
            };
            let at = self.began + sample as i64;
            if at >= end {
                return;
            }
            action.send((at - now as i64).max(0) as u32, events);
            self.next += 1;
        }
    }

    /// The sidechain of the block that begins at sample `now`.
    fn sound(&self, now: u64, port: &mut [Vec<f32>]) {
        for (channel, sound) in port.iter_mut().zip(&self.sidechain) {
            let first = now as usize % sound.len().max(1);
            channel.iter_mut().zip(sound.iter().cycle().skip(first)).for_each(|(sample, sound)| *sample = *sound);
        }
    }
}

/// An instance that processes.
pub(super) struct Instance<'a> {
    processor: StartedPluginAudioProcessor<()>,
    ports: Ports,
    part: Part<'a>,
    events_in: EventBuffer,
    events_out: EventBuffer,
    /// Samples in blocks in which something sounds: of the sidechain and of the output.
    pub(super) sounding: [u64; 2],
}

impl<'a> Instance<'a> {
    /// Has it start.
    ///
    /// # Errors
    /// If it refuses.
    pub(super) fn start(processor: StoppedPluginAudioProcessor<()>, ports: Ports, part: Part<'a>) -> Result<Self> {
        let processor = processor.start_processing().ok().context("the plugin refuses to start")?;
        let (events_in, events_out) = (EventBuffer::with_capacity(256), EventBuffer::with_capacity(256));
        Ok(Self { processor, ports, part, events_in, events_out, sounding: [0; 2] })
    }

    /// Gets the block ready that begins at sample `now`.
    pub(super) fn prepare(&mut self, now: u64, frames: usize) {
        self.events_in.clear();
        self.events_out.clear();
        self.part.events(now, frames, &mut self.events_in);
        let ports = self.ports.inputs.iter_mut();
        ports.for_each(|port| self.part.sound(now, port));
    }

    /// Has the plugin play it.
    ///
    /// # Errors
    /// If it refuses.
    pub(super) fn process(&mut self, now: u64, frames: usize) -> Result<()> {
        let (events_in, mut events_out) = (self.events_in.as_input(), self.events_out.as_output());
        let processor = &mut self.processor;
        self.ports.lend(frames, |inputs, outputs| {
            processor.process(inputs, outputs, &events_in, &mut events_out, Some(now), None)
        })?;
        Ok(())
    }

    /// Counts what sounded in it.
    pub(super) fn count(&mut self, frames: usize) {
        for (sounding, ports) in self.sounding.iter_mut().zip([&self.ports.inputs, &self.ports.outputs]) {
            let sounds = ports.iter().flatten().flatten().any(|sample| sample.abs() > SILENCE);
            *sounding += if sounds { frames as u64 } else { 0 };
        }
    }

    /// Stops it.
    pub(super) fn stop(self) -> StoppedPluginAudioProcessor<()> {
        self.processor.stop_processing()
    }
}

#[cfg(test)]
mod tests {
    use clack_host::events::event_types::MidiEvent;

    use super::*;
    use crate::demo::song::Action;

    /// When each event comes of a song with events at 10 and 90 of 100 samples, from `ahead` on, in blocks of 32 samples.
    fn times(ahead: u64) -> Vec<u64> {
        let event = |sample| (sample, Action::Midi([0x90, sample as u8, 1]));
        let song = Song { events: vec![event(10), event(90)], length: 100 };
        let mut part = Part::new(&song, ahead, [vec![], vec![]]);
        let mut times = Vec::new();
        for now in (0..256).step_by(32) {
            let mut events = EventBuffer::new();
            part.events(now, 32, &mut events);
            let time = |event: &UnknownEvent| now + u64::from(event.as_event::<MidiEvent>().unwrap().time());
            times.extend(events.iter().map(time));
        }
        times
    }

    #[test]
    fn a_song_is_played_again_and_again_from_wherever_it_is_begun() {
        assert_eq!(times(0), [10, 90, 110, 190, 210]);
        assert_eq!(times(50), [40, 60, 140, 160, 240]);
    }

    #[test]
    fn what_comes_through_the_sidechain_goes_on_from_block_to_block_and_begins_again() {
        let song = Song { events: Vec::new(), length: 1 };
        let sound: Vec<f32> = (0..10).map(|sample| sample as f32).collect();
        let part = Part::new(&song, 0, [sound.clone(), sound]);
        let mut port = vec![vec![0.0; 4]; 2];
        part.sound(8, &mut port);
        assert_eq!(port, [[8.0, 9.0, 0.0, 1.0], [8.0, 9.0, 0.0, 1.0]]);
    }
}
