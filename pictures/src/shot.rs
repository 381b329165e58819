//! Which pictures there are.

use anyhow::Result;
use egui::Theme;

use crate::picture::Picture;
use crate::scene::Scene;

/// A scene in a theme, in a size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shot {
    scene: Scene,
    theme: Theme,
    /// Pixels to a hundred points.
    percent: u16,
}

impl Shot {
    /// Every picture there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Theme::Dark, Theme::Light].into_iter().flat_map(|theme| [100, 200].map(|size| Self::of(theme, size))).flatten()
    }

    /// Every panel in a theme and a size; other moments of it in the smaller size alone.
    pub(crate) fn of(theme: Theme, percent: u16) -> impl Iterator<Item = Self> {
        let moments = if percent == 100 { &Scene::MOMENTS[..] } else { &[] };
        Scene::PANELS.iter().chain(moments).map(move |&scene| Self { scene, theme, percent })
    }

    /// What its file is called.
    pub(crate) fn file(self) -> String {
        let theme = if self.theme == Theme::Dark { "dark" } else { "light" };
        format!("{}-{theme}-{}.png", self.scene.name(), self.percent)
    }

    /// Draws it.
    ///
    /// # Errors
    /// As [`Scene::draw`].
    pub(crate) fn draw(self) -> Result<Picture> {
        self.scene.draw(self.theme, f32::from(self.percent) / 100.0)
    }
}
