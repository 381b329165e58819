//! Pictures of the editor, by the member `pictures` of the workspace: in the release profile, in which the instrument's
//! tests have compiled all but itself.

use anyhow::Result;

use crate::workspace::Workspace;

/// Where the documentation's lie.
const FOLDER: &str = "docs/images";

/// Draws the documentation's.
///
/// # Errors
/// If they cannot be drawn or written.
pub(crate) fn draw(workspace: &Workspace) -> Result<()> {
    workspace.cargo(&["run", "--release", "--package", "pictures", "--", FOLDER])?;
    println!("screenshots: in {FOLDER}");
    Ok(())
}
