//! Pictures of the editor, painted without a window, a graphics card or its drivers.
//!
//! The tests compare every panel with the pictures in `pictures/references`; `pictures FOLDER` draws those of the
//! documentation.

#[path = "../../tests/desk/mod.rs"]
mod desk;
mod paint;
mod picture;
#[cfg(test)]
mod reference;
mod scene;
mod week;

use std::path::Path;

use anyhow::{Context, Result};
use egui::Theme;

use crate::scene::Scene;

/// Pixels to a point in the documentation: sharp on today's screens, and small enough to be loaded with a page.
const SCALE: f32 = 1.5;
/// What the documentation shows, and under which name.
const SHOWN: [(&str, Scene, Theme); 7] = [
    ("play", Scene::Play, Theme::Dark),
    ("play-light", Scene::Play, Theme::Light),
    ("browser", Scene::Browser, Theme::Dark),
    ("rights", Scene::Rights, Theme::Dark),
    ("rights-unrecognised", Scene::Unrecognised, Theme::Dark),
    ("rights-unchecked", Scene::Unchecked, Theme::Dark),
    ("settings", Scene::Settings, Theme::Dark),
];

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("say which folder the pictures go to")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, scene, theme) in SHOWN {
        scene.draw(theme, SCALE)?.write(&folder.join(format!("{name}.png")))?;
    }
    Ok(())
}
