//! The editor as a host embeds it.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window};
use clack_host::prelude::*;

use super::SETTLED;
use super::screen::{Picture, Screen, WindowId};
use crate::host::Host;

/// How often the host does what it was asked for.
const TURN: Duration = Duration::from_millis(10);
const EMBEDDED: GuiConfiguration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };

/// A host with a window.
pub(super) struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Wishes;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Wishes) {
        builder.register::<HostGui>();
    }
}

/// What the plugin has asked for.
#[derive(Default)]
pub(super) struct Wishes {
    callback: AtomicBool,
    size: Mutex<Option<GuiSize>>,
}

impl SharedHandler<'_> for Wishes {
    fn request_restart(&self) {}

    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

impl HostGuiImpl for Wishes {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        *self.size.lock().map_err(|_| HostError::Message("the host has panicked"))? = Some(size);
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _: bool) {}
}

/// Loads the bundle's plugin.
///
/// # Errors
/// As [`Host::serving`].
pub(super) fn host(bundle: &Path) -> Result<Host<Handlers>> {
    Host::serving(bundle, |_| Wishes::default())
}

/// The plugin, and the window in which it is shown while it is.
pub(super) struct Editor<'a> {
    pub(super) host: Host<Handlers>,
    /// Width and height in pixels, while it is open.
    pub(super) size: [u32; 2],
    gui: PluginGui,
    screen: &'a Screen,
    window: Option<WindowId>,
    folder: &'a Path,
}

impl<'a> Editor<'a> {
    /// Not open yet. Pictures go to the folder.
    ///
    /// # Errors
    /// If the plugin has no editor for this screen.
    pub(super) fn new(mut host: Host<Handlers>, screen: &'a Screen, folder: &'a Path) -> Result<Self> {
        let gui: PluginGui = host.extension()?;
        let plugin = host.instance.plugin_handle();
        ensure!(gui.is_api_supported(&plugin, EMBEDDED), "the plugin cannot be embedded in a window of X11");
        Ok(Self { host, size: [0, 0], gui, screen, window: None, folder })
    }

    /// Opens it in a new window of the size that it asks for, on a screen of this scale.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub(super) fn open(&mut self, scale: f64) -> Result<()> {
        let (gui, plugin) = (self.gui, self.host.instance.plugin_handle());
        gui.create(&plugin, EMBEDDED)?;
        gui.set_scale(&plugin, scale)?;
        ensure!(gui.can_resize(&plugin), "its size cannot be changed");
        let size = gui.get_size(&plugin).context("it has no size")?;
        self.size = [size.width, size.height];
        let window = self.screen.open(self.size)?;
        self.window = Some(window);
        // SAFETY: the window is closed after the editor in it.
        unsafe { gui.set_parent(&plugin, Window::from_x11_handle(window.into())) }?;
        gui.show(&plugin)?;
        self.wait(SETTLED)
    }

    /// Makes the window larger or smaller, as somebody who drags its corner does.
    ///
    /// # Errors
    /// If the plugin refuses, or another size comes of it.
    pub(super) fn resize(&mut self, size: [u32; 2]) -> Result<()> {
        let (gui, plugin) = (self.gui, self.host.instance.plugin_handle());
        let asked = GuiSize { width: size[0], height: size[1] };
        let allowed = gui.adjust_size(&plugin, asked).context("it does not say which sizes it may have")?;
        ensure!(allowed == asked, "it may not be {size:?}, but {} x {}", allowed.width, allowed.height);
        self.screen.resize(self.window.context("it is closed")?, size)?;
        gui.set_size(&plugin, asked)?;
        self.size = size;
        self.wait(SETTLED)
    }

    /// Closes it, and then the window.
    pub(super) fn close(&mut self) {
        let Some(window) = self.window.take() else { return };
        let plugin = self.host.instance.plugin_handle();
        // Hosts that do not hide what they destroy are as many as those that do, and neither fails.
        let _is_hidden = self.gui.hide(&plugin);
        self.gui.destroy(&plugin);
        self.screen.close(window);
    }

    /// Does for a while what the plugin asks for.
    ///
    /// # Errors
    /// If a size that it wants cannot be had.
    pub(super) fn wait(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let asked = |wishes: &Wishes| {
                (
                    wishes.callback.swap(false, Ordering::AcqRel),
                    wishes.size.lock().ok().and_then(|mut size| size.take()),
                )
            };
            let (callback, size) = self.host.instance.access_shared_handler(asked);
            if callback {
                self.host.instance.call_on_main_thread_callback();
            }
            if let Some((size, window)) = size.zip(self.window) {
                self.size = [size.width, size.height];
                self.screen.resize(window, self.size)?;
            }
            std::thread::sleep(TURN);
        }
        Ok(())
    }

    /// What the window shows, which is also written to a file.
    ///
    /// # Errors
    /// If the editor does not fill the window, or is blank.
    pub(super) fn picture(&self, name: &str) -> Result<Picture> {
        let picture = self.screen.picture(self.window.context("it is closed")?, self.size)?;
        let file = self.folder.join(format!("{name}.png"));
        picture.write(&file)?;
        let bare = picture.bare();
        ensure!(bare == 0, "{bare} pixels of the host's window are to be seen in {}", file.display());
        ensure!(picture.colours() > LEAST, "{} is blank", file.display());
        Ok(picture)
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        self.close();
    }
}

/// Colours that no blank window has.
const LEAST: usize = 100;
