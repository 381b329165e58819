//! Paints what egui wants painted, on the processor: its triangles, blended as the shaders of its own renderers blend
//! them (egui-wgpu, `egui.wgsl`). Slower than a graphics card, and the same on every machine.

use anyhow::{Result, bail, ensure};
use egui::epaint::{Primitive, Vertex};
use egui::{Color32, ColorImage, Context, FullOutput, Rect, TextureId};

use crate::picture::Picture;

/// Parts of a pixel to which corners are rounded, as graphics cards do it: sums of whole numbers are exact, so triangles
/// that share an edge leave no pixel of it out and paint none twice.
const STEPS: i64 = 256;

/// Paints a frame.
///
/// # Errors
/// If there is something in it that is made of neither colours nor letters.
pub(crate) fn paint(ctx: &Context, frame: &FullOutput) -> Result<Picture> {
    let scale = frame.pixels_per_point;
    let size = (ctx.content_rect().size() * scale).round();
    let letters = ctx.fonts(|fonts| fonts.image());
    let (width, height) = (size.x as usize, size.y as usize);
    let mut canvas = Canvas { width, height, pixels: vec![[0.0; 4]; width * height], letters };
    for part in ctx.tessellate(frame.shapes.clone(), scale) {
        let Primitive::Mesh(mesh) = part.primitive else { bail!("something is drawn by the graphics card itself") };
        ensure!(mesh.texture_id == TextureId::default(), "an image is drawn");
        let clip = canvas.pixels_of(part.clip_rect, scale);
        for corners in mesh.indices.chunks_exact(3) {
            let corner = |index: usize| Corner::of(&mesh.vertices[corners[index] as usize], scale);
            canvas.triangle(corner(0), corner(1), corner(2), clip);
        }
    }
    Ok(canvas.picture())
}

/// Red, green, blue and how opaque, each 0 to 1, the first three multiplied by the last.
type Colour = [f32; 4];

fn colour(colour: Color32) -> Colour {
    colour.to_array().map(|channel| f32::from(channel) / 255.0)
}

/// A corner of a triangle, its place in parts of a pixel.
#[derive(Clone, Copy)]
struct Corner {
    x: i64,
    y: i64,
    /// Its place in the picture of all letters, each 0 to 1.
    letter: [f32; 2],
    colour: Colour,
}

impl Corner {
    fn of(vertex: &Vertex, scale: f32) -> Self {
        let [x, y] = [vertex.pos.x, vertex.pos.y].map(|place| (place * scale * STEPS as f32).round() as i64);
        Self { x, y, letter: [vertex.uv.x, vertex.uv.y], colour: colour(vertex.color) }
    }
}

/// An edge of a triangle whose corners go round with the clock.
struct Edge {
    from: Corner,
    to: Corner,
}

impl Edge {
    /// Twice the area of the triangle of this edge and a point; below 0 where the point lies outside.
    fn area(&self, x: i64, y: i64) -> i64 {
        (self.to.x - self.from.x) * (y - self.from.y) - (self.to.y - self.from.y) * (x - self.from.x)
    }

    /// Whether points on the edge are inside: those of top and left edges are.
    fn owns_its_points(&self) -> bool {
        self.to.y < self.from.y || (self.to.y == self.from.y && self.to.x > self.from.x)
    }
}

/// Pixels from the first up to and without the second, across and down.
type Clip = [(usize, usize); 2];

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
    letters: ColorImage,
}

impl Canvas {
    fn pixels_of(&self, area: Rect, scale: f32) -> Clip {
        let range = |from: f32, to: f32, size: usize| {
            let end = ((to * scale).round().max(0.0) as usize).min(size);
            (((from * scale).round().max(0.0) as usize).min(end), end)
        };
        [range(area.left(), area.right(), self.width), range(area.top(), area.bottom(), self.height)]
    }

    fn triangle(&mut self, a: Corner, b: Corner, c: Corner, [(left, right), (top, bottom)]: Clip) {
        let whole = Edge { from: a, to: b }.area(c.x, c.y);
        let (b, c) = if whole < 0 { (c, b) } else { (b, c) };
        if whole == 0 {
            return;
        }
        // Each edge lies opposite to the corner whose share it measures.
        let edges = [Edge { from: b, to: c }, Edge { from: c, to: a }, Edge { from: a, to: b }];
        let least = edges.each_ref().map(|edge| i64::from(!edge.owns_its_points()));
        let span = |ends: [i64; 3], from: usize, to: usize| {
            let first = ends.into_iter().min().unwrap_or(0).div_euclid(STEPS).max(from as i64);
            let last = ends.into_iter().max().unwrap_or(0).div_euclid(STEPS).min(to as i64 - 1);
            first as usize..(last + 1).max(first) as usize
        };
        let across = span([a.x, b.x, c.x], left, right);
        for row in span([a.y, b.y, c.y], top, bottom) {
            for column in across.clone() {
                let middle = |place: usize| place as i64 * STEPS + STEPS / 2;
                let areas = edges.each_ref().map(|edge| edge.area(middle(column), middle(row)));
                if areas.iter().zip(least).all(|(area, least)| *area >= least) {
                    let shares = areas.map(|area| area as f32 / whole.abs() as f32);
                    self.blend(row * self.width + column, [&a, &b, &c], shares);
                }
            }
        }
    }

    /// Blends a point of a triangle into a pixel, by its corners' shares of it.
    fn blend(&mut self, pixel: usize, corners: [&Corner; 3], shares: [f32; 3]) {
        let mix = |of: &dyn Fn(&Corner) -> f32| (0..3).map(|at| of(corners[at]) * shares[at]).sum::<f32>();
        let letter = self.letter(mix(&|corner| corner.letter[0]), mix(&|corner| corner.letter[1]));
        let new: Colour = std::array::from_fn(|channel| mix(&|corner| corner.colour[channel]) * letter[channel]);
        let old = &mut self.pixels[pixel];
        // A pixel holds whole levels.
        *old = std::array::from_fn(|channel| (255.0 * (new[channel] + old[channel] * (1.0 - new[3]))).round() / 255.0);
    }

    /// The colour at a place in the picture of all letters, between the middles of its four nearest pixels.
    fn letter(&self, x: f32, y: f32) -> Colour {
        let [width, height] = self.letters.size;
        // Parts of a pixel here too: where among the others a letter was put must not be seen in how it is rounded.
        let [x, y] = [x * width as f32 - 0.5, y * height as f32 - 0.5].map(|place| (place * STEPS as f32).round());
        let (x, y) = (x / STEPS as f32, y / STEPS as f32);
        let at = |x: f32, y: f32| {
            let (column, row) = ((x.max(0.0) as usize).min(width - 1), (y.max(0.0) as usize).min(height - 1));
            colour(self.letters.pixels[row * width + column])
        };
        let (left, top) = (x.floor(), y.floor());
        let mix = |one: Colour, two: Colour, share: f32| -> Colour {
            std::array::from_fn(|channel| one[channel] + (two[channel] - one[channel]) * share)
        };
        let above = mix(at(left, top), at(left + 1.0, top), x - left);
        let below = mix(at(left, top + 1.0), at(left + 1.0, top + 1.0), x - left);
        mix(above, below, y - top)
    }

    fn picture(&self) -> Picture {
        let bytes = |pixel: &Colour| pixel.map(|channel| (255.0 * channel).round() as u8);
        Picture::opaque(self.width as u32, &self.pixels.iter().flat_map(bytes).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(width: usize, height: usize) -> Canvas {
        let letters = ColorImage::filled([2, 2], Color32::WHITE);
        Canvas { width, height, pixels: vec![[0.0; 4]; width * height], letters }
    }

    fn corner(x: f32, y: f32, grey: f32) -> Corner {
        let [x, y] = [x, y].map(|place| (place * STEPS as f32) as i64);
        Corner { x, y, letter: [0.5; 2], colour: [grey, grey, grey, grey] }
    }

    const ALL: Clip = [(0, 16), (0, 16)];

    #[test]
    fn triangles_that_share_an_edge_paint_each_pixel_once() {
        let round = [(1.0, 1.0), (15.0, 2.0), (14.0, 15.0), (2.0, 13.0)].map(|(x, y)| corner(x, y, 0.4));
        let mut canvas = canvas(16, 16);
        for place in 0..4 {
            canvas.triangle(corner(7.5, 8.5, 0.4), round[place], round[(place + 1) % 4], ALL);
        }
        let greys: Vec<_> = canvas.pixels.iter().map(|pixel| (pixel[0] * 255.0).round() as u8).collect();
        assert!(greys.iter().all(|grey| [0, 102].contains(grey)), "{greys:?}");
        let area = canvas.pixels.iter().filter(|pixel| pixel[0] > 0.0).count();
        assert!((140..170).contains(&area), "{area}");
    }

    #[test]
    fn a_triangle_is_shaded_between_its_corners_and_cut_at_the_clip() {
        let mut canvas = canvas(16, 16);
        let (left, right) = (corner(0.0, 0.0, 0.0), corner(16.0, 0.0, 1.0));
        canvas.triangle(left, right, corner(0.0, 16.0, 0.0), [(2, 16), (0, 4)]);
        let grey = |x: usize, y: usize| canvas.pixels[y * 16 + x][0];
        assert!((grey(8, 0) - 8.5 / 16.0).abs() < 0.01, "{}", grey(8, 0));
        assert_eq!((grey(1, 0), grey(3, 4)), (0.0, 0.0), "beyond the clip");
        assert!(grey(3, 3) > 0.0);
    }
}
