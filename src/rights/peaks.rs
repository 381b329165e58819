//! Spectral peaks: what is remembered of a piece of music.

/// A point of the spectrogram that stands out from its neighbours in time and frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// Time, in [ticks](super::axis::TICKS_PER_SECOND) from the start of the stream.
    pub tick: u32,
    /// Frequency, in [steps](super::axis::STEPS_PER_OCTAVE) above [`LOWEST_HZ`](super::axis::LOWEST_HZ); below
    /// [`STEPS`](super::axis::STEPS).
    pub step: u16,
}
