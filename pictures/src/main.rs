//! Pictures of the editor, painted without a window, a graphics card or its drivers.
//!
//! `pictures FOLDER` draws every panel in both themes at 100 and 200 %, and writes what looks different from the picture that
//! lies there. Those in `docs/images` are what the documentation shows, and what the tests insist on.
#![allow(clippy::print_stdout, reason = "printing is what a command does")]

#[path = "../../tests/desk/mod.rs"]
mod desk;
mod paint;
mod picture;
#[cfg(test)]
mod reference;
mod scene;
mod shot;
mod week;

use std::path::Path;

use anyhow::{Context, Result};

use crate::picture::{Difference, Picture};
use crate::shot::Shot;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("say which folder the pictures go to")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for shot in Shot::all() {
        let (file, drawn) = (folder.join(shot.file()), shot.draw()?);
        let difference = Picture::read(&file).ok().and_then(|old| drawn.difference(&old));
        if !difference.as_ref().is_some_and(Difference::is_rounding) {
            drawn.write(&file)?;
            println!("{}", file.display());
        }
    }
    Ok(())
}
