//! What sounds, on its way from the audio thread to the screen: three scenes that go round between the two, so that
//! neither waits, copies under a lock or allocates.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::synth::scene::Scene;

/// Scenes on the way: one may be written while another lies there to be read.
const ON_THE_WAY: usize = 2;
/// Scenes a second, at most: more than a screen draws.
const RATE: f32 = 60.0;

/// The audio thread's half.
pub(super) struct StageIn {
    blank: Consumer<Box<Scene>>,
    written: Producer<Box<Scene>>,
    /// Frames until another is due.
    until: usize,
    /// The last one had a voice.
    has_voices: bool,
}

/// The screen's half.
pub(super) struct StageOut {
    written: Consumer<Box<Scene>>,
    blank: Producer<Box<Scene>>,
    shown: Box<Scene>,
}

/// Both halves.
pub(super) fn stage() -> (StageIn, StageOut) {
    let (mut blank_in, blank_out) = RingBuffer::new(ON_THE_WAY);
    let (written_in, written_out) = RingBuffer::new(ON_THE_WAY);
    while blank_in.push(Box::default()).is_ok() {}
    let audio = StageIn { blank: blank_out, written: written_in, until: 0, has_voices: false };
    (audio, StageOut { written: written_out, blank: blank_in, shown: Box::default() })
}

impl StageIn {
    /// Lets `write` write a scene if one is due after these `frames` at `rate` a second, and has room; whether it was
    /// written. Silence is told once.
    pub(super) fn write(&mut self, frames: usize, rate: f32, write: impl FnOnce(&mut Scene)) -> bool {
        self.until = self.until.saturating_sub(frames);
        if self.until > 0 {
            return false;
        }
        let Ok(mut scene) = self.blank.pop() else { return false };
        write(&mut scene);
        let had_voices = std::mem::replace(&mut self.has_voices, !scene.voices().is_empty());
        self.until = (rate / RATE) as usize;
        // There is room for all that are on the way.
        let _room = self.written.push(scene);
        self.has_voices || had_voices
    }
}

impl StageOut {
    /// The newest scene.
    pub(super) fn look(&mut self) -> &Scene {
        while let Ok(newer) = self.written.pop() {
            let _room = self.blank.push(std::mem::replace(&mut self.shown, newer));
        }
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::scene::VoiceView;

    fn voice(key: u8) -> impl FnOnce(&mut Scene) {
        move |scene| {
            scene.clear();
            scene.add(VoiceView { key, ..VoiceView::default() });
        }
    }

    #[test]
    fn the_screen_sees_the_newest_that_could_be_written_and_nothing_is_lost_on_the_way() {
        let (mut audio, mut screen) = stage();
        for key in 0..100 {
            let is_written = audio.write(1_000, 48_000.0, voice(key));
            assert_eq!(is_written, !(2..=50).contains(&key), "nobody has looked at the first two before key 50");
            if key >= 50 {
                let seen = screen.look().voices()[0].key;
                assert!(seen == key || key == 50 && seen == 1, "{seen} at {key}");
            }
        }
    }

    #[test]
    fn scenes_come_sixty_times_a_second_and_silence_once() {
        let (mut audio, mut screen) = stage();
        let mut written = 0;
        for _ in 0..750 {
            written += usize::from(audio.write(64, 48_000.0, voice(60)));
            let _scene = screen.look();
        }
        assert!((58..=62).contains(&written), "{written} in a second");
        let silent: usize = (0..750).map(|_| usize::from(audio.write(64, 48_000.0, Scene::clear))).sum();
        assert_eq!(silent, 1);
        assert!(screen.look().voices().is_empty());
    }
}
