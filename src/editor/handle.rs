//! The framework's handle on an open editor, so that its end is noticed: keys are let go, the instrument may sleep.

use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{EditorHandle, Modifiers, ParentWindowHandle, VirtualKeyCode};
use nice_plug_egui::EguiEditorHandle;

type Window = <EguiEditorHandle as EditorHandle>::Window;
type Failure = <EguiEditorHandle as EditorHandle>::Error;

/// An open editor; `on_close` runs when the host lets go of it.
pub struct OpenEditor {
    pub(super) inner: EguiEditorHandle,
    pub(super) on_close: Box<dyn FnMut() + Send>,
}

impl Drop for OpenEditor {
    fn drop(&mut self) {
        (self.on_close)();
    }
}

impl EditorHandle for OpenEditor {
    type Window = Window;
    type Error = Failure;

    fn run_until_closed(window: Window) -> Result<(), Failure> {
        EguiEditorHandle::run_until_closed(window)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Window) -> Result<(), Failure> {
        self.inner.set_parent(parent, window)
    }

    fn show(&self, window: &Window) -> Result<(), Failure> {
        self.inner.show(window)
    }

    fn hide(&self, window: &Window) -> Result<(), Failure> {
        self.inner.hide(window)
    }

    fn set_size(&self, size: NativeSize<u32>, window: &Window) -> Result<(), Failure> {
        self.inner.set_size(size, window)
    }

    fn host_main_thread_callback(&self, window: &Window) {
        self.inner.host_main_thread_callback(window);
    }

    fn adjust_size(&self, size: NativeSize<u32>, window: &Window) -> Option<NativeSize<u32>> {
        self.inner.adjust_size(size, window)
    }

    fn set_fallback_scale_factor(&self, scale: f64, window: &Window) -> Result<(), Failure> {
        self.inner.set_fallback_scale_factor(scale, window)
    }

    fn on_virtual_key_from_host(&self, key: VirtualKeyCode, is_down: bool, modifiers: Modifiers) -> bool {
        self.inner.on_virtual_key_from_host(key, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.inner.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalised: f32) {
        self.inner.param_value_changed(id, normalised);
    }

    fn param_modulation_changed(&self, id: &str, offset: f32) {
        self.inner.param_modulation_changed(id, offset);
    }
}
