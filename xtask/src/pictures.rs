//! Pictures of the editor, by the member `pictures` of the workspace: in the release profile, in which the instrument's
//! tests have compiled all but itself.

use anyhow::Result;

use crate::workspace::Workspace;

/// Where they lie: the documentation shows them.
const FOLDER: &str = "docs/images";

/// Compares what is drawn now with the pictures that were accepted.
///
/// # Errors
/// If something differs; what has been printed then says where to look, and how to accept it.
pub(crate) fn compare(workspace: &Workspace) -> Result<()> {
    workspace.cargo(&["clippy", "--release", "--package", "pictures", "--all-targets", "--", "-D", "warnings"])?;
    workspace.cargo(&["test", "--release", "--package", "pictures"])
}

/// Draws them anew, which accepts what is drawn.
///
/// # Errors
/// If they cannot be drawn or written.
pub(crate) fn draw(workspace: &Workspace) -> Result<()> {
    workspace.cargo(&["run", "--release", "--package", "pictures", "--", FOLDER])?;
    println!("screenshots: in {FOLDER}");
    Ok(())
}
