//! Recordings side by side: spectrograms in one scale of colours, and under each its level over time.

use std::path::Path;

use super::spectrogram::{Grid, PictureError, colour, write_pixels};

/// Samples of a transform: 12 Hz per bin at 48 kHz, short enough to show onsets.
const TRANSFORM: usize = 4_096;
/// Levels below the loudest of the first recording that are still drawn, in dB.
const DEPTH_DB: f32 = 80.0;
/// Height of the level curves, in pixels; a line every 10 dB.
const CURVE_HEIGHT: usize = 120;
/// Pixels between two panels.
const GAP: usize = 8;
/// Samples over which a level is averaged, at least: 20 ms at 48 kHz.
const LEVEL_WINDOW: usize = 960;
const BACKGROUND: [u8; 3] = [24, 24, 28];
const LINE: [u8; 3] = [56, 56, 64];
/// The first recording's level, drawn behind all others.
const FIRST: [u8; 3] = [110, 170, 255];
/// The level of the panel's own recording.
const OWN: [u8; 3] = [255, 200, 60];

/// How panels lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// Next to each other: for single notes.
    Beside,
    /// One above the other, on one axis of time: for phrases.
    Above,
}

impl Arrangement {
    /// Width and height of a spectrogram.
    fn panel(self) -> (usize, usize) {
        match self {
            Self::Beside => (560, 480),
            Self::Above => (1_600, 320),
        }
    }
}

/// Draws recordings (mono, at `rate`) as one PNG. The first is the measure: its loudest level is the brightest colour,
/// and its level curve (blue) lies behind every other's (yellow). All take as much time as the longest.
///
/// # Errors
/// If the file cannot be written.
pub fn write_sheet(
    path: &Path,
    recordings: &[&[f32]],
    rate: u32,
    arrangement: Arrangement,
) -> Result<(), PictureError> {
    let length = recordings.iter().map(|samples| samples.len()).max().unwrap_or(0).max(1);
    let padded: Vec<Vec<f32>> = recordings
        .iter()
        .map(|samples| samples.iter().copied().chain(std::iter::repeat(0.0)).take(length).collect())
        .collect();
    let (width, height) = arrangement.panel();
    let (wide, high) = (width + GAP, height + CURVE_HEIGHT + GAP);
    let (columns, rows) = match arrangement {
        Arrangement::Beside => (padded.len().max(1), 1),
        Arrangement::Above => (1, padded.len().max(1)),
    };
    let mut canvas = Canvas::new(columns * wide, rows * high);
    let grid = Grid { width, height, transform: TRANSFORM };
    let levels: Vec<Vec<f32>> = padded.iter().map(|samples| grid.levels(samples, rate)).collect();
    let curves: Vec<Vec<f32>> = padded.iter().map(|samples| level_curve(samples, width)).collect();
    let loudest =
        |values: Option<&Vec<f32>>| values.into_iter().flatten().fold(f32::MIN, |most, value| most.max(*value));
    let (brightest, highest) = (loudest(levels.first()), loudest(curves.first()));
    for (index, (levels, curve)) in levels.iter().zip(&curves).enumerate() {
        let (left, top) = if arrangement == Arrangement::Beside { (index * wide, 0) } else { (0, index * high) };
        canvas.spectrogram((left, top), grid, levels, brightest);
        canvas.lines((left, top + height), width);
        canvas.curve((left, top + height), &curves[0], highest, FIRST);
        canvas.curve((left, top + height), curve, highest, OWN);
    }
    write_pixels(path, (canvas.width, canvas.height), &canvas.pixels)
}

/// Root mean square about each column, in dB.
fn level_curve(samples: &[f32], width: usize) -> Vec<f32> {
    let half = (samples.len() / width).max(LEVEL_WINDOW) / 2;
    let level = |column: usize| {
        let centre = (2 * column + 1) * samples.len() / (2 * width);
        let window = &samples[centre.saturating_sub(half)..(centre + half).min(samples.len())];
        let power = window.iter().map(|sample| sample * sample).sum::<f32>() / (2 * half) as f32;
        10.0 * power.max(1e-14).log10()
    };
    (0..width).map(level).collect()
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: BACKGROUND.repeat(width * height) }
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    fn spectrogram(&mut self, (left, top): (usize, usize), grid: Grid, levels: &[f32], brightest: f32) {
        for (index, level) in levels.iter().enumerate() {
            let place = (left + index % grid.width, top + index / grid.width);
            self.set(place.0, place.1, colour(1.0 + (level - brightest) / DEPTH_DB));
        }
    }

    /// A line every 10 dB.
    fn lines(&mut self, (left, top): (usize, usize), width: usize) {
        for line in (0..DEPTH_DB as usize).step_by(10) {
            let y = row(-(line as f32));
            (0..width).for_each(|x| self.set(left + x, top + y, LINE));
        }
    }

    fn curve(&mut self, (left, top): (usize, usize), levels: &[f32], highest: f32, colour: [u8; 3]) {
        let rows: Vec<usize> = levels.iter().map(|level| row(level - highest)).collect();
        for (x, pair) in rows.windows(2).enumerate() {
            let (from, to) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            (from..=to).for_each(|y| self.set(left + x, top + y, colour));
        }
    }
}

/// Row of a curve's picture for a level below the highest, with room for 10 dB above it.
fn row(level_db: f32) -> usize {
    let share = (10.0 - level_db) / (DEPTH_DB + 10.0);
    (share.clamp(0.0, 1.0) * (CURVE_HEIGHT - 1) as f32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(path: &Path) -> (u32, u32) {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        png::Decoder::new(file).read_info().unwrap().info().size()
    }

    #[test]
    fn panels_lie_as_they_are_arranged_and_lengths_may_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet.png");
        write_sheet(&path, &[&[0.5; 9_600], &[0.1; 4_800], &[]], 48_000, Arrangement::Beside).unwrap();
        assert_eq!(size(&path), (3 * 568, 608));
        write_sheet(&path, &[&[0.5; 9_600], &[0.0; 100]], 48_000, Arrangement::Above).unwrap();
        assert_eq!(size(&path), (1_608, 2 * 448));
    }

    #[test]
    fn a_curve_falls_by_its_level() {
        let samples: Vec<f32> = (0..96_000).map(|i| if i < 48_000 { 0.5 } else { 0.05 }).collect();
        let curve = level_curve(&samples, 100);
        assert!((curve[10] + 6.02).abs() < 0.1 && (curve[90] + 26.02).abs() < 0.1);
        assert!(row(curve[90] - curve[10]) > row(0.0) + 20 && row(20.0) == 0 && row(-500.0) == CURVE_HEIGHT - 1);
    }
}
