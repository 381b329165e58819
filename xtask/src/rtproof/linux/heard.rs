//! What came out of the plugin.

/// A sample above this is heard (-80 dB re full scale).
const AUDIBLE: f32 = 1e-4;
/// Share of the blocks in which something must be heard; the rest is silence, attacks, bypass and gain at its lowest.
const SOUNDING: f64 = 0.1;

/// Sums over all blocks.
#[derive(Default)]
pub(super) struct Heard {
    /// Blocks that the plugin made.
    pub(super) blocks: u64,
    /// Samples of one channel.
    pub(super) frames: u64,
    /// Ends of notes that the plugin reported.
    pub(super) ends: u64,
    /// Times that processing stopped and began again.
    pub(super) halts: u64,
    /// Times that the plugin was reset.
    pub(super) resets: u64,
    /// Times that parameters came without a block.
    pub(super) flushes: u64,
    seconds: f64,
    sounding: u64,
    smallest: Option<usize>,
    largest: usize,
    peak: f32,
    notes: usize,
    /// The first block with a sample that is no number.
    broken: Option<u64>,
}

impl Heard {
    /// Adds a block that was made at `rate`, after which this many notes sound.
    pub(super) fn add<'a>(&mut self, channels: impl Iterator<Item = &'a [f32]> + Clone, rate: f64, notes: usize) {
        let frames = channels.clone().map(<[f32]>::len).max().unwrap_or_default();
        let peak = channels.clone().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if channels.flatten().any(|sample| !sample.is_finite()) {
            self.broken = self.broken.or(Some(self.blocks));
        }
        self.blocks += 1;
        self.frames += frames as u64;
        self.seconds += frames as f64 / rate;
        self.sounding += u64::from(peak > AUDIBLE);
        self.smallest = Some(self.smallest.map_or(frames, |smallest| smallest.min(frames)));
        self.largest = self.largest.max(frames);
        self.peak = self.peak.max(peak);
        self.notes = self.notes.max(notes);
    }

    /// One line with everything.
    pub(super) fn line(&self) -> String {
        let Self { blocks, frames, ends, halts, resets, flushes, sounding, largest, notes, .. } = self;
        let (smallest, peak, seconds) = (self.smallest.unwrap_or_default(), self.peak, self.seconds);
        format!(
            "[rt:run] blocks={blocks} frames={frames} audio_s={seconds:.1} smallest={smallest} largest={largest} \
             sounding={sounding} peak={peak:.3} notes_at_once={notes} note_ends={ends} halts={halts} resets={resets} \
             flushes={flushes}"
        )
    }

    /// What must not be.
    pub(super) fn faults(&self) -> Vec<String> {
        let broken = self.broken.map(|block| format!("sound: a sample of block {block} is no number"));
        let idle = (self.sounding as f64) < SOUNDING * self.blocks as f64;
        let idle = idle.then(|| format!("run: idle, only {} of {} blocks sound", self.sounding, self.blocks));
        broken.into_iter().chain(idle).collect()
    }

    /// What never happened, by name.
    pub(super) fn missing(&self) -> Vec<String> {
        let happened = [
            (self.smallest == Some(1), "block of one frame"),
            (self.largest == super::score::LARGEST as usize, "block of the largest size"),
            (self.notes > 0, "notes with an id"),
            (self.ends > 0, "ends of notes"),
            (self.halts > 0, "halts"),
            (self.resets > 0, "resets"),
            (self.flushes > 0, "flushes"),
        ];
        happened.into_iter().filter(|(did, _)| !did).map(|(_, what)| what.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_that_is_no_number_and_silence_are_faults() {
        let mut heard = Heard::default();
        heard.add([[0.5, -0.25].as_slice()].into_iter(), 48_000.0, 1);
        assert_eq!(heard.faults(), Vec::<String>::new());
        heard.add([[0.0, f32::NAN].as_slice()].into_iter(), 48_000.0, 1);
        assert!(heard.faults()[0].contains("block 1 is no number"), "{:?}", heard.faults());
        let mut silent = Heard::default();
        silent.add([[0.0; 64].as_slice()].into_iter(), 48_000.0, 0);
        assert!(silent.faults()[0].contains("idle"), "{:?}", silent.faults());
    }
}
