//! Whose music is this? While the phrase plays, a recording comes through the sidechain: faster than it is, and under
//! drums. What the plugin makes of that is read from its ledger and its clearance report, as a user would.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Options;
use super::player::Player;
use super::song::Song;
use crate::bundle::Bundles;
use crate::rights_bench::showcase::{self, Recording};
use crate::setup::{self, Need};
use crate::workspace::{self, Workspace};

/// Seconds of the phrase that are played, and second at which the recording comes in.
const SECONDS: f64 = 40.0;
const ENTRY: f64 = 6.0;
/// The excerpt: which second of the recording it begins at, how long it sounds, and at which speed.
const START: f64 = 20.0;
const LENGTH: f64 = 24.0;
const SPEED: f64 = 1.03;

/// Indexes recordings, plays one into the bundle's sidechain, and says what was recognised.
///
/// # Errors
/// If something fails, or the recording was not recognised.
pub(super) fn run(workspace: &Workspace, bundles: &Bundles, song: &Song, options: &Options, out: &Path) -> Result<()> {
    let home = out.join("home");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    let recordings = recordings(workspace, out)?;
    index(workspace, &recordings, &home)?;
    let recording = recordings.first().context("there is no recording")?;
    let excerpt = showcase::under_drums(&recording.path, START, LENGTH, SPEED, options.rate)?;
    println!(
        "demo: {:.0} s of {} at {:+.0} % under drums come through the sidechain at {ENTRY:.0} s",
        LENGTH,
        recording.title,
        100.0 * (SPEED - 1.0)
    );
    // SAFETY: no other thread of this program runs at this moment.
    unsafe { std::env::set_var("ZITHER_HOME", &home) };
    let entry = (ENTRY * f64::from(options.rate)) as usize;
    let player = Player::load(&bundles.clap)?;
    player.listen(song, &Options { seconds: Some(SECONDS), ..options.clone() }, &excerpt, entry)?;
    let ledger = ledger(&home)?;
    let rows = rows(&ledger)?;
    let told = rows.iter().filter(|row| row["kind"] == "match" && row["shown"] == true);
    let first = told.clone().next().context("nothing was recognised")?;
    let strange = told.clone().find(|row| row["work"]["id"] != first["work"]["id"] || row["source"] != "sidechain");
    println!("demo: recognised {}", sentence(first));
    report(workspace, &ledger, out)?;
    let id = recording.path.file_stem().unwrap_or_default().to_string_lossy();
    ensure!(first["work"]["id"] == *id, "{id} was played, and something else recognised");
    ensure!(strange.is_none(), "what was never played was recognised: {}", strange.map(sentence).unwrap_or_default());
    let unchecked = rows.iter().find(|row| row["kind"] == "coverage" && row["checked"] != 1.0);
    ensure!(unchecked.is_none(), "not all was checked: {}", unchecked.unwrap_or(&Value::Null));
    Ok(())
}

/// Recorded music where it can be had, music of our own elsewhere.
fn recordings(workspace: &Workspace, out: &Path) -> Result<Vec<Recording>> {
    let cache = workspace.target.join("rights-bench").join("music");
    let recorded = setup::run(Need::RECORDINGS).and_then(|()| showcase::recorded(&cache, &out.join("music")));
    recorded.or_else(|error| {
        println!("demo: no recorded music here ({error:#}), so music is made");
        showcase::made(&out.join("made"))
    })
}

/// Makes the index of the recordings where the plugin looks for one.
fn index(workspace: &Workspace, recordings: &[Recording], home: &Path) -> Result<()> {
    fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))?;
    let catalogue = home.join("catalogue.csv");
    let mut table = "file,title,artists,owner,licence\n".to_owned();
    for Recording { path, title, artist, licence } in recordings {
        writeln!(table, "{},\"{title}\",{artist},{artist},{licence}", path.display())?;
    }
    fs::write(&catalogue, table).with_context(|| format!("cannot write {}", catalogue.display()))?;
    let mut command = workspace.zitherctl();
    command.args(["rights", "index", "build", "--out"]).arg(home.join("rights").join("index"));
    command.arg("--catalogue").arg(&catalogue).args(recordings.iter().map(|recording| &recording.path));
    workspace::run(&mut command)
}

/// The one ledger that was written.
fn ledger(home: &Path) -> Result<PathBuf> {
    let folder = home.join("ledgers");
    let files = fs::read_dir(&folder).context("the plugin wrote no ledger")?;
    let mut files = files.filter_map(|file| file.ok().map(|file| file.path()));
    files.find(|file| file.extension().is_some_and(|end| end == "jsonl")).context("the plugin wrote no ledger")
}

fn rows(ledger: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(ledger).with_context(|| format!("cannot read {}", ledger.display()))?;
    text.lines().map(|line| serde_json::from_str(line).context("the ledger has a row that is none")).collect()
}

/// Who, how soon, how sure, and under which licence.
fn sentence(row: &Value) -> String {
    let work = &row["work"];
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    format!(
        "{} by {} after {:.1} s ({} %, speed {:+.1} %), licence {}, policy {}",
        text(&work["title"]),
        text(&work["artists"][0]),
        number(&row["after"]),
        (number(&row["confidence"]) * 1_000.0).floor() / 10.0,
        100.0 * (number(&row["rate"]) - 1.0),
        text(&work["licence"]),
        text(&row["policy"]),
    )
}

fn report(workspace: &Workspace, ledger: &Path, out: &Path) -> Result<()> {
    let mut command = workspace.zitherctl();
    workspace::run(command.args(["rights", "report", "--ledger"]).arg(ledger).arg("--out").arg(out))
}
