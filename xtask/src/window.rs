//! `cargo xtask window`: the bundle's editor in the window of a host, on a screen in memory.
//!
//! What no test without a window can see: that the editor is drawn at once and fills the host's window, in whatever size and
//! scale; that it comes back as it was; and what it costs beside the sound.

mod cost;
mod editor;
mod playing;
mod screen;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use self::cost::Cost;
use self::editor::Editor;
use self::playing::{CHORD, Playing};
use self::screen::Screen;
use crate::bundle::Bundles;
use crate::workspace::Workspace;

/// Sizes of the window: as small as it may be, and as large.
const SMALLEST: [u32; 2] = [900, 700];
const LARGEST: [u32; 2] = [2_400, 1_600];
/// The screen has room for the largest.
const ROOM: [u32; 2] = [2_400, 1_600];
/// Time after which whatever was begun is drawn, also where a processor does what graphics cards do.
const SETTLED: Duration = Duration::from_secs(3);
/// How long costs are measured.
const MEASURED: Duration = Duration::from_secs(10);
/// Most of a core that an open editor may take while nothing sounds and nobody does anything, in percent.
const IDLE: f64 = 1.0;

/// Opens, changes, closes and measures.
///
/// # Errors
/// If something is not as it should be; the pictures so far lie in `target/window`.
pub(crate) fn run(workspace: &Workspace, bundles: &Bundles) -> Result<()> {
    let folder = workspace.target.join("window");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let home = tempfile::tempdir().context("no room for settings")?;
    let screen = Screen::start(ROOM)?;
    // SAFETY: no other thread of this program runs yet.
    unsafe {
        std::env::set_var("DISPLAY", screen.name());
        std::env::set_var("ZITHER_HOME", home.path());
    }
    let mut host = editor::host(&bundles.clap)?;
    let playing = Playing::start(&mut host)?;
    let mut editor = Editor::new(host, &screen, &folder)?;
    looks(&mut editor, home.path())?;
    costs(&mut editor, &playing)?;
    editor.host.instance.deactivate(playing.stop()?);
    println!("window: passed; pictures are in {}", folder.display());
    Ok(())
}

/// In every size, scale and theme the editor fills the window, and comes back as it was.
fn looks(editor: &mut Editor, home: &Path) -> Result<()> {
    editor.open(1.0)?;
    let usual = editor.size;
    let first = editor.picture("opened")?;
    editor.resize(SMALLEST)?;
    editor.picture("smallest")?;
    editor.resize(LARGEST)?;
    editor.picture("largest")?;
    editor.close();
    editor.open(1.0)?;
    ensure!(editor.size == LARGEST, "it was closed at {LARGEST:?} and opened at {:?}", editor.size);
    editor.picture("opened-again")?;
    editor.resize(usual)?;
    ensure!(editor.picture("as-before")?.is_like(&first), "in its first size again, it does not look as before");
    editor.close();
    let scaled = usual.map(|side| side * 3 / 2);
    for name in ["host-150", "host-150-again"] {
        editor.open(1.5)?;
        ensure!(editor.size == scaled, "at 150 % of {usual:?} it is {:?}", editor.size);
        editor.picture(name)?;
        editor.close();
    }
    std::fs::write(home.join("settings.json"), r#"{"version":1,"theme":"light"}"#).context("cannot write settings")?;
    editor.open(1.0)?;
    ensure!(editor.size == usual, "at 100 % again it is {:?} instead of {usual:?}", editor.size);
    let light = editor.picture("light")?;
    ensure!(light.corner() > first.corner() + 0.5, "the light theme was set elsewhere and is not shown");
    Ok(())
}

/// What the open editor takes of a core, beside what the plugin takes without it.
fn costs(editor: &mut Editor, playing: &Playing) -> Result<()> {
    let [open, closed] = [true, false].map(|is_open| cost(editor, is_open, || ()));
    let (open, closed) = (open?, closed?);
    println!("[window:idle] {}", told(&open, &closed));
    let idle = open.window - closed.window + open.drawing;
    ensure!(idle < IDLE, "an editor in which nothing happens takes {idle:.2} % of a core");
    let [open, closed] = [true, false].map(|is_open| cost(editor, is_open, || playing.strike()));
    println!("[window:{CHORD}v] {}", told(&open?, &closed?));
    Ok(())
}

fn cost(editor: &mut Editor, is_open: bool, begin: impl FnOnce()) -> Result<Cost> {
    editor.close();
    if is_open {
        editor.open(1.0)?;
    }
    begin();
    editor.wait(SETTLED)?;
    let cost = Cost::over(MEASURED, || editor.wait(MEASURED))?;
    if is_open {
        editor.picture("measured")?;
    }
    Ok(cost)
}

fn told(open: &Cost, closed: &Cost) -> String {
    let (window, drawing) = (open.window - closed.window, open.drawing);
    let audio = format!("audio={:.2}% audio_closed={:.2}%", open.audio, closed.audio);
    format!("editor={window:.2}% drawing={drawing:.2}% {audio}")
}
