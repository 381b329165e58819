//! Raw sound: samples without a header, as recorders write them into a pipe.

use clap::{Args, ValueEnum};

/// What raw sound is like.
#[derive(Args, Clone, Copy)]
pub(super) struct Shape {
    /// Raw sound: samples a second of each channel.
    #[arg(long, value_name = "HZ", default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(4_000..=768_000))]
    pub(super) rate: u32,
    /// Raw sound: number of channels, interleaved.
    #[arg(long, value_name = "1..32", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) channels: u8,
    /// Raw sound: what a sample is, little-endian.
    #[arg(long, value_enum, default_value_t = Format::S16)]
    pub(super) format: Format,
}

/// What a sample is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A signed whole number of 16 bits.
    S16,
    /// A float of 32 bits, full scale 1.
    F32,
}

/// Bytes become samples, however they are cut.
pub(super) struct Decoder {
    shape: Shape,
    /// The beginning of a moment whose rest has not come.
    rest: Vec<u8>,
}

impl Decoder {
    /// For sound of this shape.
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, rest: Vec::new() }
    }

    /// The samples that these bytes complete, interleaved; whole moments only.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Vec<f32> {
        self.rest.extend_from_slice(bytes);
        let size = if self.shape.format == Format::S16 { 2 } else { 4 };
        let moment = size * usize::from(self.shape.channels);
        let whole = self.rest.len() / moment * moment;
        let samples = self.rest[..whole].chunks_exact(size).map(|sample| match *sample {
            [low, high] => f32::from(i16::from_le_bytes([low, high])) / 32_768.0,
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => 0.0,
        });
        let samples = samples.collect();
        self.rest.drain(..whole);
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_bytes_are_cut_the_samples_are_the_same() {
        for (format, bytes) in [
            (Format::S16, [0_i16, 16_384, -32_768, 8_192].map(i16::to_le_bytes).concat()),
            (Format::F32, [0.0_f32, 0.5, -1.0, 0.25].map(f32::to_le_bytes).concat()),
        ] {
            for cut in 1..=bytes.len() {
                let mut decoder = Decoder::new(Shape { rate: 48_000, channels: 2, format });
                let samples: Vec<f32> = bytes.chunks(cut).flat_map(|bytes| decoder.decode(bytes)).collect();
                assert_eq!(samples, [0.0, 0.5, -1.0, 0.25]);
                assert!(decoder.decode(&bytes[..3]).is_empty(), "half a moment waits for the rest");
            }
        }
    }
}
