//! The time since a note-off as the model sees it: the player may stretch the model's own release.

/// Reads the release of one note. The stretch may change at any time, and the release goes on from where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReleaseClock {
    note_off: f32,
    /// Up to here, in seconds after note-on, the model's time has been counted; this much of it has gone by.
    counted_to: f32,
    counted: f32,
    stretch: f32,
}

impl ReleaseClock {
    /// A release that began at `note_off`, in seconds after note-on, with this stretch.
    pub(super) fn new(note_off: f32, stretch: f32) -> Self {
        Self { note_off, counted_to: note_off, counted: 0.0, stretch }
    }

    /// The model's time since note-on and since note-off at `time` seconds after note-on, which never goes back;
    /// `stretch` is above 0, and at 1 the model's time is the true one.
    pub(super) fn read(&mut self, time: f32, stretch: f32) -> (f32, f32) {
        if stretch != self.stretch {
            self.counted += (time - self.counted_to) / self.stretch;
            (self.counted_to, self.stretch) = (time, stretch);
        }
        let released = self.counted + (time - self.counted_to) / self.stretch;
        (time - (time - self.note_off - released), released)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_stretch_the_model_sees_the_time_itself() {
        let mut clock = ReleaseClock::new(0.7, 1.0);
        for time in [0.705_f32, 1.1, 3.3] {
            assert_eq!(clock.read(time, 1.0), (time, time - 0.7));
        }
    }

    #[test]
    fn a_stretch_that_changes_never_makes_time_jump() {
        let mut clock = ReleaseClock::new(1.0, 1.0);
        let mut last = 0.0;
        for frame in 1..=400 {
            let stretch = [1.0, 4.0, 0.25, 2.0][frame / 100 % 4];
            let (time, released) = clock.read(1.0 + frame as f32 * 0.005, stretch);
            assert!((time - 1.0 - released).abs() < 1e-4);
            assert!(released >= last && released - last < 0.0201, "{released} after {last}");
            last = released;
        }
        assert!((last - (0.5 + 0.125 + 2.0 + 0.25)).abs() < 0.03, "{last}");
    }
}
