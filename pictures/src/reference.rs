//! Every panel in both themes at 100 and 200 % must look as it did when somebody last looked at it and accepted it.

use std::path::{Path, PathBuf};

use egui::Theme;

use crate::picture::Picture;
use crate::scene::Scene;

/// Set to accept what is drawn now.
const ACCEPT: &str = "UPDATE_SNAPSHOTS";
/// By how much a channel of a pixel may be off, of 255. Sines and powers are the system's, and may round differently on
/// another; a colour or a letter that has changed is off by dozens.
const NEAR: u8 = 8;
/// Pixels that may be further off: less than a lost letter has.
const STRAY: usize = 16;

#[test]
fn dark_panels_look_as_accepted() {
    check(Theme::Dark, 100);
}

#[test]
fn dark_panels_look_as_accepted_at_twice_the_size() {
    check(Theme::Dark, 200);
}

#[test]
fn light_panels_look_as_accepted() {
    check(Theme::Light, 100);
}

#[test]
fn light_panels_look_as_accepted_at_twice_the_size() {
    check(Theme::Light, 200);
}

fn check(theme: Theme, percent: u32) {
    let faults: Vec<_> = Scene::ALL.into_iter().filter_map(|scene| fault(scene, theme, percent)).collect();
    assert!(faults.is_empty(), "{}\nTo accept: {ACCEPT}=1 cargo test --release --package pictures", faults.join("\n"));
}

/// What is wrong with a panel; pictures of it are in the target folder then.
fn fault(scene: Scene, theme: Theme, percent: u32) -> Option<String> {
    let name = format!("{}-{}-{percent}", scene.name(), if theme == Theme::Dark { "dark" } else { "light" });
    let drawn = scene.draw(theme, percent as f32 / 100.0).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("references").join(format!("{name}.png"));
    let fault = match Picture::read(&file) {
        Ok(reference) => differs(&name, &reference, &drawn)?,
        Err(error) => format!("{name}: {error:#}"),
    };
    if std::env::var_os(ACCEPT).is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        drawn.write(&file).unwrap();
        return None;
    }
    let new = target().join(format!("{name}.new.png"));
    drawn.write(&new).unwrap();
    Some(format!("{fault}; it is drawn as {}", new.display()))
}

/// How the drawn picture differs from the reference, if it does by more than may be.
fn differs(name: &str, reference: &Picture, drawn: &Picture) -> Option<String> {
    let Some((pixels, map)) = drawn.difference(reference, NEAR) else {
        return Some(format!("{name} has another size"));
    };
    if pixels <= STRAY {
        return None;
    }
    let file = target().join(format!("{name}.diff.png"));
    map.write(&file).unwrap();
    Some(format!("{name} differs in {pixels} pixels, see {}", file.display()))
}

/// Where pictures of faults go.
fn target() -> PathBuf {
    // This program lies in target/release/deps.
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(3).unwrap().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
