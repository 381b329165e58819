//! A screen in memory: its windows, and pictures of what they show.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, ImageFormat, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A window's number.
pub(super) type WindowId = u32;

/// What a host's window shows where nothing is drawn: no colour of the editor's.
const BARE: [u8; 3] = [255, 0, 255];

/// A server of X11, which ends with this.
pub(super) struct Screen {
    server: Child,
    name: String,
    connection: RustConnection,
    root: WindowId,
}

impl Screen {
    /// Starts a server with a screen of this size.
    ///
    /// # Errors
    /// If there is no Xvfb, or it does not start.
    pub(super) fn start([width, height]: [u32; 2]) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot start Xvfb")?;
        let mut number = String::new();
        BufReader::new(server.stdout.take().context("Xvfb says nothing")?).read_line(&mut number)?;
        let name = format!(":{}", number.trim());
        let (connection, screen) =
            RustConnection::connect(Some(&name)).with_context(|| format!("Xvfb does not answer at {name}"))?;
        let root = connection.setup().roots[screen].root;
        // Where nothing is explained that the pointer rests on.
        connection.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, width as i16 - 1, height as i16 - 1)?.check()?;
        Ok(Self { server, name, connection, root })
    }

    /// What `DISPLAY` has to be.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Opens a window in the upper left corner.
    ///
    /// # Errors
    /// If the server refuses.
    pub(super) fn open(&self, [width, height]: [u32; 2]) -> Result<WindowId> {
        let (x11, window) = (&self.connection, self.connection.generate_id()?);
        let [red, green, blue] = BARE.map(u32::from);
        let look = CreateWindowAux::new().background_pixel(red << 16 | green << 8 | blue);
        let (class, same) = (WindowClass::INPUT_OUTPUT, x11rb::COPY_FROM_PARENT);
        x11.create_window(0, window, self.root, 0, 0, width as u16, height as u16, 0, class, same, &look)?.check()?;
        x11.map_window(window)?.check()?;
        Ok(window)
    }

    /// Gives a window another size.
    ///
    /// # Errors
    /// If the server refuses.
    pub(super) fn resize(&self, window: WindowId, [width, height]: [u32; 2]) -> Result<()> {
        let size = ConfigureWindowAux::new().width(width).height(height);
        Ok(self.connection.configure_window(window, &size)?.check()?)
    }

    /// Closes a window. A server that is gone has closed it already.
    pub(super) fn close(&self, window: WindowId) {
        let _is_gone = self.connection.destroy_window(window).is_err() || self.connection.sync().is_err();
    }

    /// What a window shows.
    ///
    /// # Errors
    /// If the server refuses, or has pixels of another kind.
    pub(super) fn picture(&self, window: WindowId, [width, height]: [u32; 2]) -> Result<Picture> {
        let (x11, format) = (&self.connection, ImageFormat::Z_PIXMAP);
        let image = x11.get_image(format, window, 0, 0, width as u16, height as u16, u32::MAX)?.reply()?;
        ensure!(image.data.len() == (4 * width * height) as usize, "a pixel of Xvfb's has not four bytes");
        let pixels = image.data.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Ok(Picture { width, pixels })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // One that is gone needs neither.
        let _is_gone = self.server.kill().and_then(|()| self.server.wait()).is_err();
    }
}

/// By how much a channel of a pixel may be off, of 255: shaders round, and scatter what they round.
const NEAR: u8 = 4;

/// Rows of pixels from the top: red, green and blue.
pub(super) struct Picture {
    width: u32,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Whether another looks the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let near = |(one, two): (&u8, &u8)| one.abs_diff(*two) <= NEAR;
        self.width == other.width
            && self.pixels.len() == other.pixels.len()
            && self.pixels.as_flattened().iter().zip(other.pixels.as_flattened()).all(near)
    }

    /// How many different colours it has.
    pub(super) fn colours(&self) -> usize {
        self.pixels.iter().collect::<BTreeSet<_>>().len()
    }

    /// How many pixels nobody has drawn.
    pub(super) fn bare(&self) -> usize {
        self.pixels.iter().filter(|pixel| **pixel == BARE).count()
    }

    /// How light the first pixel is, 0 to 1.
    pub(super) fn corner(&self) -> f32 {
        self.pixels.first().map_or(0.0, |pixel| pixel.iter().map(|channel| f32::from(*channel)).sum::<f32>() / 765.0)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let height = self.pixels.len() as u32 / self.width.max(1);
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, height);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        writer.finish()?;
        Ok(())
    }
}
