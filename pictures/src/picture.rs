//! A picture, its file, and how far it is from another.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

/// Bytes of a pixel.
const CHANNELS: usize = 3;
/// What marks a pixel that differs.
#[cfg(test)]
const MARK: [u8; CHANNELS] = [255, 0, 255];
/// By how much a channel of a pixel may be off, of 255, where another machine rounds in another way. A processor without AVX
/// and fused multiplication makes one pixel of a picture two levels lighter, if any (`qemu-x86_64 -cpu Nehalem`).
const NEAR: u8 = 4;
/// How many pixels may be. A colour that changes takes thousands with it, and a letter is further off.
const STRAY: usize = 16;

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

    /// Writes a PNG file, in which every colour is kept.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        // Flat areas and repeated letters: filters, which are for photographs, make the file a quarter larger.
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(())
    }
}

/// How far two pictures are apart.
pub(crate) struct Difference {
    /// How many pixels differ.
    pub(crate) pixels: usize,
    /// The most by which a channel of one of them does, of 255.
    pub(crate) most: u8,
}

impl Difference {
    /// Whether it comes of another machine's rounding.
    pub(crate) fn is_rounding(&self) -> bool {
        self.pixels <= STRAY && self.most <= NEAR
    }
}

impl Picture {
    /// Reads a PNG file as [`Picture::write`] writes it.
    ///
    /// # Errors
    /// If there is none, or it is none of those.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info()?;
        let is_ours = reader.output_color_type() == (png::ColorType::Rgb, png::BitDepth::Eight);
        anyhow::ensure!(is_ours, "{} is no picture of ours", path.display());
        let mut rgb = vec![0; reader.output_buffer_size().context("it does not fit into memory")?];
        reader.next_frame(&mut rgb)?;
        Ok(Self { width: reader.info().width, rgb })
    }

    /// How far it is from another; none where that has another size.
    pub(crate) fn difference(&self, other: &Self) -> Option<Difference> {
        if (self.width, self.rgb.len()) != (other.width, other.rgb.len()) {
            return None;
        }
        let off = |(one, two): (&[u8], &[u8])| one.iter().zip(two).map(|(one, two)| one.abs_diff(*two)).max();
        let off = self.pixels().zip(other.pixels()).filter_map(off).filter(|&off| off > 0);
        Some(off.fold(Difference { pixels: 0, most: 0 }, |so_far, off| Difference {
            pixels: so_far.pixels + 1,
            most: so_far.most.max(off),
        }))
    }

    /// The picture, dimmed, with those pixels marked in which another of its size differs.
    #[cfg(test)]
    pub(crate) fn marked(&self, other: &Self) -> Self {
        let dim = |pixel: &[u8]| [pixel[0] / 4, pixel[1] / 4, pixel[2] / 4];
        let pixels = self.pixels().zip(other.pixels());
        let rgb = pixels.flat_map(|(one, two)| if one == two { dim(one) } else { MARK }).collect();
        Self { width: self.width, rgb }
    }

    fn pixels(&self) -> impl Iterator<Item = &[u8]> {
        self.rgb.chunks_exact(CHANNELS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_that_differ_are_counted_and_marked() {
        let one = Picture::opaque(2, &[[100, 100, 100, 255]; 4].concat());
        let mut other = one.clone();
        other.rgb[3] += 16;
        other.rgb[7] -= 17;
        let Difference { pixels, most } = one.difference(&other).unwrap();
        assert_eq!((pixels, most), (2, 17));
        assert_eq!(one.marked(&other).rgb, [[25; 3], MARK, MARK, [25; 3]].concat());
        let narrow = Picture { width: 1, ..one.clone() };
        assert!(one.difference(&narrow).is_none());
    }

    #[test]
    fn a_file_gives_back_every_colour() {
        let picture = Picture { width: 64, rgb: (0..=255).flat_map(|level| [level, 255 - level, level / 3]).collect() };
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.png");
        picture.write(&path).unwrap();
        assert_eq!(Picture::read(&path).unwrap(), picture);
        std::fs::write(&path, b"no picture").unwrap();
        assert!(Picture::read(&path).is_err());
    }
}
