//! A picture, its file, and how far it is from another.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

/// Bytes of a pixel.
const CHANNELS: usize = 3;
/// Colours of a file.
const COLOURS: usize = 256;
/// What marks a pixel that differs.
#[cfg(test)]
const MARK: [u8; CHANNELS] = [255, 0, 255];

/// A picture's rows of pixels: red, green and blue, from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    width: u32,
    rgb: Vec<u8>,
}

impl Picture {
    /// The picture of these pixels, four bytes each, the last of which (how opaque it is) counts for nothing.
    pub(crate) fn opaque(width: u32, rgba: &[u8]) -> Self {
        Self { width, rgb: rgba.chunks_exact(CHANNELS + 1).flat_map(|pixel| &pixel[..CHANNELS]).copied().collect() }
    }

    fn height(&self) -> u32 {
        (self.rgb.len() / CHANNELS) as u32 / self.width.max(1)
    }

    /// Writes a PNG file of 256 colours, which takes a third of what all of them take and looks the same.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let (palette, indices) = self.indexed();
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&indices)?;
        writer.finish()?;
        Ok(())
    }

    /// The most frequent colours, and for each pixel the number of the nearest of them.
    fn indexed(&self) -> (Vec<u8>, Vec<u8>) {
        let mut counts = BTreeMap::<[u8; CHANNELS], usize>::new();
        self.pixels().for_each(|pixel| *counts.entry(pixel).or_default() += 1);
        let mut palette: Vec<_> = counts.keys().copied().collect();
        palette.sort_by_key(|colour| Reverse(counts[colour]));
        palette.truncate(COLOURS);
        let distance = |one: [u8; CHANNELS], two: [u8; CHANNELS]| -> u32 {
            one.into_iter().zip(two).map(|(one, two)| u32::from(one.abs_diff(two)).pow(2)).sum()
        };
        let nearest = |colour| (0..palette.len()).min_by_key(|&at| distance(palette[at], colour)).unwrap_or(0) as u8;
        let numbers: BTreeMap<_, _> = counts.into_keys().map(|colour| (colour, nearest(colour))).collect();
        let indices = self.pixels().map(|pixel| numbers[&pixel]).collect();
        (palette.concat(), indices)
    }

    fn pixels(&self) -> impl Iterator<Item = [u8; CHANNELS]> {
        self.rgb.chunks_exact(CHANNELS).map(|pixel| [pixel[0], pixel[1], pixel[2]])
    }
}

#[cfg(test)]
impl Picture {
    /// Reads a PNG file as [`Picture::write`] writes it.
    ///
    /// # Errors
    /// If there is none, or it is none of those.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info()?;
        let is_ours = reader.output_color_type() == (png::ColorType::Rgb, png::BitDepth::Eight);
        anyhow::ensure!(is_ours, "{} is no picture of ours", path.display());
        let mut rgb = vec![0; reader.output_buffer_size().context("it does not fit into memory")?];
        reader.next_frame(&mut rgb)?;
        Ok(Self { width: reader.info().width, rgb })
    }

    /// How many pixels have a channel that is more than `near` off, and a dimmed picture in which they are marked; none
    /// where the other picture has another size.
    pub(crate) fn difference(&self, other: &Self, near: u8) -> Option<(usize, Self)> {
        if (self.width, self.rgb.len()) != (other.width, other.rgb.len()) {
            return None;
        }
        let mut map = self.clone();
        map.rgb.iter_mut().for_each(|channel| *channel /= 4);
        let mut count = 0;
        for (marked, (one, two)) in map.rgb.chunks_exact_mut(CHANNELS).zip(self.pixels().zip(other.pixels())) {
            if one.into_iter().zip(two).any(|(one, two)| one.abs_diff(two) > near) {
                marked.copy_from_slice(&MARK);
                count += 1;
            }
        }
        Some((count, map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_are_further_off_than_may_be_are_counted_and_marked() {
        let one = Picture::opaque(2, &[[100, 100, 100, 255]; 4].concat());
        let mut other = one.clone();
        other.rgb[3] += 16;
        other.rgb[7] += 17;
        let (count, map) = one.difference(&other, 16).unwrap();
        assert_eq!(count, 1);
        assert_eq!(map.rgb, [[25; 3], [25; 3], MARK, [25; 3]].concat());
        let narrow = Picture { width: 1, ..one.clone() };
        assert!(one.difference(&narrow, 16).is_none());
    }

    #[test]
    fn a_file_gives_back_256_colours_and_the_nearest_of_them_for_others() {
        let grey = |level: u8| [level; CHANNELS];
        let picture = Picture { width: 32, rgb: (0..=255).map(grey).collect::<Vec<_>>().concat() };
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.png");
        picture.write(&path).unwrap();
        assert_eq!(Picture::read(&path).unwrap(), picture);
        let more = Picture { rgb: [&picture.rgb[..], &[9, 10, 9].repeat(32)].concat(), ..picture.clone() };
        more.write(&path).unwrap();
        let (count, _) = Picture::read(&path).unwrap().difference(&more, 1).unwrap();
        assert_eq!(count, 0, "the rarest grey gave way");
        std::fs::write(&path, b"no picture").unwrap();
        assert!(Picture::read(&path).is_err());
    }
}
