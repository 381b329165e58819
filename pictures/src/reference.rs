//! Every panel must look as it did when somebody last looked at it and accepted it.

use std::path::{Path, PathBuf};

use egui::Theme;

use crate::picture::{Difference, Picture};
use crate::shot::Shot;

/// What accepts the pictures that are drawn now.
const RENEW: &str = "cargo xtask screenshots";

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

fn check(theme: Theme, percent: u16) {
    let accepted = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs").join("images");
    let faults = folder_of_faults();
    let fault = |shot: Shot| fault(&accepted.join(shot.file()), &shot.draw().unwrap(), &faults);
    let faults: Vec<_> = Shot::of(theme, percent).filter_map(fault).collect();
    assert!(faults.is_empty(), "\n{}\nIf they should look so: {RENEW}\n", faults.join("\n"));
}

/// What is wrong with a picture, if anything is. It lies in the folder of faults then, and beside it what differs.
fn fault(accepted: &Path, drawn: &Picture, faults: &Path) -> Option<String> {
    let name = accepted.file_name().unwrap().to_string_lossy();
    let fault = match Picture::read(accepted).map(|accepted| (drawn.difference(&accepted), accepted)) {
        Ok((Some(difference), _)) if difference.is_rounding() => return None,
        Ok((Some(Difference { pixels, most }), accepted)) => {
            let map = faults.join(format!("difference-{name}"));
            drawn.marked(&accepted).write(&map).unwrap();
            format!("{pixels} pixels differ, by up to {most} of 255 levels, see {}", map.display())
        }
        Ok((None, _)) => "it has another size".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    let new = faults.join(&*name);
    drawn.write(&new).unwrap();
    Some(format!("{name}: {fault}; drawn now: {}", new.display()))
}

/// Where pictures of faults go.
fn folder_of_faults() -> PathBuf {
    // This program lies in target/release/deps.
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(3).unwrap().join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A grey picture, so many of whose pixels are so much lighter.
fn grey(lighter: usize, by: u8) -> Picture {
    let grey = |pixel| if pixel < lighter { 100 + by } else { 100 };
    Picture::opaque(8, &(0..64).flat_map(|pixel| [grey(pixel), 100, 100, 255]).collect::<Vec<_>>())
}

#[test]
fn a_picture_that_looks_different_is_told_and_shown() {
    let room = tempfile::tempdir().unwrap();
    let accepted = room.path().join("a.png");
    grey(0, 0).write(&accepted).unwrap();
    let faults = room.path().join("faults");
    std::fs::create_dir(&faults).unwrap();
    let fault = |accepted: &Path, drawn: &Picture| fault(accepted, drawn, &faults);
    assert_eq!(fault(&accepted, &grey(16, 4)), None, "rounded in another way");
    assert_eq!(faults.read_dir().unwrap().count(), 0);

    for (lighter, by) in [(1, 5), (17, 1)] {
        let told = fault(&accepted, &grey(lighter, by)).unwrap();
        assert!(told.starts_with(&format!("a.png: {lighter} pixels differ, by up to {by} of 255")), "{told}");
        assert_eq!(Picture::read(&faults.join("a.png")).unwrap(), grey(lighter, by));
        let map = faults.join("difference-a.png");
        assert!(Picture::read(&map).is_ok() && told.contains(&*map.to_string_lossy()), "{told}");
    }

    let narrow = Picture::opaque(1, &[100; 4]);
    assert!(fault(&accepted, &narrow).unwrap().contains("another size"));
    assert!(fault(&room.path().join("b.png"), &narrow).unwrap().contains("cannot open"));
}
