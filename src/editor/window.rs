//! The editor's window, by the framework: made anew at each opening, so that it opens in the size that the project
//! remembers.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use egui::Ui;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{Editor, EditorHandle as _, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor};
use nice_plug::plugin::TrackInfo;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier, create_egui_editor,
};

use super::handle::OpenEditor;
use super::{Hands, Screen, theme};
use crate::bridge::ScreenHalf;
use crate::params::{InstrumentParams, WINDOW_MAX, WINDOW_MIN};

/// How often is looked whether something has changed; nothing is drawn where nothing has.
const LOOK: Duration = Duration::from_millis(33);

/// The editor of one instance.
pub struct InstrumentEditor {
    shared: Shared,
    inner: Mutex<EguiEditor<App>>,
}

/// What an editor's windows have in common.
#[derive(Clone)]
struct Shared {
    params: Arc<InstrumentParams>,
    news: RepaintNotifier,
    screen: Arc<Mutex<Memory>>,
}

/// The screen's memory, made when the editor first opens: a scan of plugins need not load a model.
enum Memory {
    Unopened(Option<(ScreenHalf, Arc<InstrumentParams>)>),
    Opened(Box<Screen>),
}

impl Memory {
    fn screen(&mut self) -> &mut Screen {
        if let Self::Unopened(parts) = self {
            let (half, params) = parts.take().expect("they are taken once, here");
            *self = Self::Opened(Box::new(Screen::new(half, &params.kept.model)));
        }
        match self {
            Self::Opened(screen) => screen,
            Self::Unopened(_) => unreachable!("opened just above"),
        }
    }
}

impl InstrumentEditor {
    /// The editor of the instance with these parameters and this half of its bridge.
    #[must_use]
    pub fn new(params: Arc<InstrumentParams>, half: ScreenHalf) -> Self {
        let news = half.news();
        let memory = Memory::Unopened(Some((half, Arc::clone(&params))));
        let shared = Shared { params, news, screen: Arc::new(Mutex::new(memory)) };
        Self { inner: Mutex::new(egui_editor(&shared, 1.0)), shared }
    }
}

/// An editor drawn `scale` times as large as the system asks for.
fn egui_editor(shared: &Shared, scale: f32) -> EguiEditor<App> {
    let state = EguiEditorState::from_size(points(shared.params.kept.window(), scale), scale);
    // At a large scale the window may be as small as at 100 %, because screens are: then the editor scrolls.
    let least = points(WINDOW_MIN, 1.0 / scale.min(1.0));
    let hint = ResizeHint::RESIZABLE.with_min_max_logical_size(Some(least), Some(points(WINDOW_MAX, 1.0)));
    let settings = EguiNiceSettings::new().with_tile("Zither").with_resize_hint(hint);
    let settings = settings.with_repaint_poll_interval(LOOK);
    let app = App { shared: shared.clone(), context: None, scale };
    create_egui_editor(state, shared.news.clone(), settings, app).expect("it always makes one")
}

/// A size in logical pixels as one in the points of what is drawn `scale` times as large.
fn points([width, height]: [u32; 2], scale: f32) -> LogicalSize<f32> {
    LogicalSize { width: width as f32 / scale, height: height as f32 / scale }
}

impl Editor for InstrumentEditor {
    type Handle = OpenEditor;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        scale: Option<f64>,
        context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        *inner = egui_editor(&self.shared, scale_of(&self.shared.screen));
        let spawned = inner.spawn(parent, wait_for_parent, None, context, host)?;
        if let Some(scale) = scale {
            // Told before, X11 would make the window as large as at 100 %, and what is drawn in it as large as it has to be.
            spawned.handle.set_fallback_scale_factor(scale, &spawned.window)?;
        }
        let screen = Arc::clone(&self.shared.screen);
        let on_close = Box::new(move || with_screen(&screen, |screen| screen.set_open(false)));
        Ok(SpawnedEditor { handle: OpenEditor { inner: spawned.handle, on_close }, window: spawned.window })
    }

    fn size(&self) -> NativeSize<u32> {
        // The framework counts in the points of what is drawn.
        let NativeSize { width, height } = self.inner.lock().unwrap_or_else(PoisonError::into_inner).size();
        let scale = scale_of(&self.shared.screen);
        NativeSize::new((width as f32 * scale).round() as u32, (height as f32 * scale).round() as u32)
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.shared.params.kept.project.set_name(info.name());
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: the caller promises what the inner editor asks.
        unsafe { self.inner.lock().unwrap_or_else(PoisonError::into_inner).assume_standalone_in_process() }
    }
}

/// What runs in one window.
struct App {
    shared: Shared,
    context: Option<GuiContext>,
    /// How many times as large as the system asks for it was drawn last.
    scale: f32,
}

impl App {
    /// Asks for a window that shows as much as before at another scale, as far as there are such large windows.
    fn rescale(&mut self, ctx: &egui::Context) {
        let scale = ctx.zoom_factor();
        let before = std::mem::replace(&mut self.scale, scale);
        if scale != before {
            let window = self.shared.params.kept.window();
            let side = |side: usize| (window[side] as f32 / before).min(WINDOW_MAX[side] as f32 / scale);
            ctx.send_viewport_cmd(egui::ViewportCommand::InnerSize(egui::vec2(side(0), side(1))));
        }
    }
}

fn with_screen(screen: &Mutex<Memory>, look: impl FnOnce(&mut Screen)) {
    look(screen.lock().unwrap_or_else(PoisonError::into_inner).screen());
}

/// How many times as large as the system asks for the user wants the editor.
fn scale_of(screen: &Mutex<Memory>) -> f32 {
    let settings = match &mut *screen.lock().unwrap_or_else(PoisonError::into_inner) {
        Memory::Unopened(Some((half, _))) => half.desk().standing(&mut 0).map(|standing| standing.settings),
        Memory::Unopened(None) => None,
        Memory::Opened(screen) => {
            screen.hear();
            screen.settings()
        }
    };
    settings.unwrap_or_default().scale.factor()
}

impl NiceEguiApp for App {
    fn build(&mut self, egui: egui::Context, context: GuiContext, _frame: &mut Frame) -> Result<(), HandlerError> {
        theme::apply(&egui);
        self.context = Some(context);
        with_screen(&self.shared.screen, |screen| screen.set_open(true));
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        self.rescale(ui.ctx());
        let Some(context) = &self.context else { return };
        let hands = Hands::new(&self.shared.params, context.param_setter());
        let elapsed = ui.input(|input| input.stable_dt);
        with_screen(&self.shared.screen, |screen| {
            screen.look(elapsed);
            screen.follow(&hands.params.kept.model);
            super::draw(ui, &hands, screen);
        });
    }

    fn resized(&mut self, size: WindowSize) {
        // What is told as logical is in points.
        let native = |points: f64| (points * f64::from(self.scale)).round() as u32;
        self.shared.params.kept.set_window([native(size.logical.width), native(size.logical.height)]);
    }
}
