//! A picture of a recording: time to the right, pitch upwards on a logarithmic scale, level as colour.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::dsp::stft::Stft;

const WIDTH: usize = 1_600;
const HEIGHT: usize = 600;
/// Frequencies of the lowest and the highest row, in Hz.
const RANGE_HZ: (f32, f32) = (40.0, 16_000.0);
/// Samples of a transform: 6 Hz per bin at 48 kHz.
const TRANSFORM: usize = 8_192;
/// Levels below the loudest that are still drawn, in dB.
const DEPTH_DB: f32 = 90.0;

/// A picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written: {source}")]
pub struct PictureError {
    path: PathBuf,
    source: png::EncodingError,
}

/// Draws `samples` (mono, at `rate`) as a PNG of 1600 by 600 pixels.
///
/// # Errors
/// If the file cannot be written.
pub fn write_png(path: &Path, samples: &[f32], rate: u32) -> Result<(), PictureError> {
    let grid = Grid { width: WIDTH, height: HEIGHT, transform: TRANSFORM };
    let levels = grid.levels(samples, rate);
    let loudest = levels.iter().fold(f32::MIN, |loudest, level| loudest.max(*level));
    let pixels: Vec<u8> = levels.iter().flat_map(|level| colour(1.0 + (level - loudest) / DEPTH_DB)).collect();
    write_pixels(path, (WIDTH, HEIGHT), &pixels)
}

/// Writes a picture of so many columns and rows, three bytes for each pixel.
pub(super) fn write_pixels(path: &Path, size: (usize, usize), pixels: &[u8]) -> Result<(), PictureError> {
    encode(path, size, pixels).map_err(|source| PictureError { path: path.to_owned(), source })
}

fn encode(path: &Path, (width, height): (usize, usize), pixels: &[u8]) -> Result<(), png::EncodingError> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file.flush()?)
}

/// The pixels of a spectrogram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Samples of a transform.
    pub(super) transform: usize,
}

impl Grid {
    /// Level of each pixel in dB, shape `[height, width]`, the highest frequency first.
    pub(super) fn levels(self, samples: &[f32], rate: u32) -> Vec<f32> {
        let mut levels = vec![0.0; self.width * self.height];
        let mut stft = Stft::new(self.transform);
        for column in 0..self.width {
            let spectrum = stft.centred(samples, (2 * column + 1) * samples.len() / (2 * self.width));
            let power: Vec<f32> = spectrum.iter().map(|bin| bin.norm_sqr()).collect();
            for row in 0..self.height {
                levels[row * self.width + column] = 10.0 * self.loudest(&power, row, rate).max(1e-20).log10();
            }
        }
        levels
    }

    /// The highest power between the frequencies of a row's edges; between two bins, the nearer one's.
    fn loudest(self, power: &[f32], row: usize, rate: u32) -> f32 {
        let bin = |edge: f32| self.edge_hz(edge) * self.transform as f32 / rate as f32;
        let (low, high) = (bin(row as f32 + 1.0).round() as usize, bin(row as f32).round() as usize);
        let last = power.len() - 1;
        power[low.min(last)..=high.max(low).min(last)].iter().fold(0.0, |most, power| most.max(*power))
    }

    /// Frequency at `edge` rows below the top.
    fn edge_hz(self, edge: f32) -> f32 {
        let (low, high) = RANGE_HZ;
        high * (low / high).powf(edge / self.height as f32)
    }
}

/// Black through violet, red and yellow to white; a brighter colour always means a higher level.
pub(super) fn colour(level: f32) -> [u8; 3] {
    let level = level.clamp(0.0, 1.0);
    let ramp = |from: f32, to: f32| ((level - from) / (to - from)).clamp(0.0, 1.0);
    let red = ramp(0.05, 0.6);
    let green = ramp(0.45, 0.95);
    let blue = 0.55 * ramp(0.0, 0.35) * (1.0 - ramp(0.4, 0.7)) + ramp(0.85, 1.0);
    [red, green, blue].map(|part| (255.0 * part).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_brightest_in_the_row_of_its_frequency() {
        let tone: Vec<f32> =
            (0..48_000).map(|at| (at as f32 / 48_000.0 * 1_000.0 * std::f32::consts::TAU).sin()).collect();
        let grid = Grid { width: WIDTH, height: HEIGHT, transform: TRANSFORM };
        let levels = grid.levels(&tone, 48_000);
        let column = WIDTH / 2;
        let level = |row: usize| levels[row * WIDTH + column];
        let brightest = (0..HEIGHT).max_by(|a, b| level(*a).total_cmp(&level(*b))).unwrap();
        assert!(
            (grid.edge_hz(brightest as f32 + 0.5) - 1_000.0).abs() < 20.0,
            "{}",
            grid.edge_hz(brightest as f32 + 0.5)
        );
    }

    #[test]
    fn brighter_colours_mean_higher_levels() {
        let brightness = |level: f32| {
            let [red, green, blue] = colour(level).map(f32::from);
            0.3 * red + 0.6 * green + 0.1 * blue
        };
        for step in 0..100 {
            assert!(brightness((step + 1) as f32 / 100.0) >= brightness(step as f32 / 100.0) - 0.5, "{step}");
        }
        assert_eq!((colour(0.0), colour(1.0)), ([0; 3], [255; 3]));
    }

    #[test]
    fn the_picture_reads_back_with_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture.png");
        write_png(&path, &[0.5; 1_000], 44_100).unwrap();
        let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
        let reader = png::Decoder::new(file).read_info().unwrap();
        assert_eq!(reader.info().size(), (WIDTH as u32, HEIGHT as u32));
        assert!(write_png(&folder.path().join("no/such/folder.png"), &[0.5; 100], 44_100).is_err());
    }
}
