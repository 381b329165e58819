//! Find your sound again: a week with Zither, made up here, is told to a fresh history; what the browser then offers is
//! printed with its reasons, and the first of it is played.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Options;
use super::player::Player;
use super::song::Song;
use crate::bundle::Bundles;
use crate::workspace::Workspace;

/// What was done with presets in each session, one a day: kept (`+`), listened to (`~`) or dropped at once (`-`).
const WEEK: [&[&str]; 7] = [
    &["-Cathedral Reeds", "+Parlour Grand", "+Winter Bells", "~Slow Halo"],
    &["+Parlour Grand", "+Winter Bells", "+Round Bass"],
    &["+Amber Electric", "-Slow Halo", "+Round Bass", "+Seam Lead"],
    &["+Parlour Grand", "+Winter Bells", "-Midnight Brass"],
    &["+Amber Electric", "+Round Bass", "~Nylon Evening", "+Velvet Section"],
    &["+Amber Electric", "+Round Bass", "+Velvet Section"],
    &["+Parlour Grand", "+Winter Bells", "+Glass Grand"],
];
/// The evening of the first day (2026-11-02, 20:00 UTC), in seconds since 1970-01-01, and a day.
const FIRST: i64 = 1_793_649_600;
const DAY: i64 = 86_400;
/// Seconds from one preset to the next.
const STEP: i64 = 240;
/// Rows of a shelf that are shown, and seconds of the phrase that the first one plays.
const ROWS: usize = 5;
const SECONDS: f64 = 12.0;

/// Shows both shelves at the start of an eighth evening, and again once the usual preset was kept; plays the best.
///
/// # Errors
/// If a command fails, a shelf is empty, a row lacks its reason, or the preset does not play.
pub(super) fn run(workspace: &Workspace, bundles: &Bundles, song: &Song, options: &Options, out: &Path) -> Result<()> {
    let folder = out.join("browser");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let catalogue = catalogue(workspace, &folder)?;
    let evening = FIRST + WEEK.len() as i64 * DAY;
    let usual = WEEK[0][1].trim_start_matches('+');
    let mut lines: Vec<Value> = WEEK.iter().enumerate().flat_map(|(day, deeds)| session(day, deeds)).collect();
    lines.push(
        json!({"op": "recommend", "id": "as a session starts", "task": "open", "now": evening, "session": "today"}),
    );
    lines.extend(["load", "keep"].map(|event| event_line(evening, "today", usual, event)));
    let id = format!("once {usual} was kept");
    lines.push(json!({"op": "recommend", "id": id, "task": "next", "now": evening + STEP, "session": "today", "exclude": [usual]}));
    let answers = ask(workspace, &catalogue, &folder.join("history.db"), &lines)?;
    ensure!(answers.len() == 2, "the browser answered {} of 2 questions", answers.len());
    for answer in &answers {
        show(answer)?;
    }
    let first = answers[0]["mixed"][0]["preset"].as_str().context("nothing is recommended")?;
    play(workspace, bundles, song, options, first, &out.join("recommended.wav"))
}

/// The presets that are built in, each known by its name so that reasons can be read.
fn catalogue(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let mut command = workspace.zitherctl();
    let listed = command.args(["presets", "list", "--jsonl"]).env("ZITHER_HOME", folder).output()?;
    ensure!(listed.status.success(), "presets list: {}", String::from_utf8_lossy(&listed.stderr));
    let mut text = String::new();
    for line in String::from_utf8(listed.stdout)?.lines() {
        let mut preset: Value = serde_json::from_str(line).context("presets list printed no JSON")?;
        preset["preset"] = preset["name"].take();
        // As in the plugin: what is built in is one bank, whose families are folders.
        preset["bank"] = preset["folder"].clone();
        text += &format!("{preset}\n");
    }
    let path = folder.join("catalogue.jsonl");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// What was done on a day.
fn session(day: usize, deeds: &[&str]) -> Vec<Value> {
    let (name, start) = (format!("day {}", day + 1), FIRST + day as i64 * DAY);
    let lines = |(number, deed): (usize, &&str)| {
        let time = start + number as i64 * STEP;
        let (mark, preset) = deed.split_at(1);
        let (event, after) = match mark {
            "+" => ("keep", 60),
            "~" => ("audition", 20),
            _ => ("abandon", 4),
        };
        [event_line(time, &name, preset, "load"), event_line(time + after, &name, preset, event)]
    };
    deeds.iter().enumerate().flat_map(lines).collect()
}

fn event_line(time: i64, session: &str, preset: &str, event: &str) -> Value {
    json!({"op": "event", "t": time, "session": session, "preset": preset, "event": event})
}

/// Tells the companion all lines, and returns its answers.
fn ask(workspace: &Workspace, catalogue: &Path, db: &Path, lines: &[Value]) -> Result<Vec<Value>> {
    let mut command: Command = workspace.zitherctl();
    command.args(["browse", "eval", "--catalog"]).arg(catalogue).arg("--db").arg(db).args(["--k", &ROWS.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot run zitherctl")?;
    let mut input = child.stdin.take().context("zitherctl takes no input")?;
    // So few lines fit into the pipe: nobody waits for the other.
    lines.iter().try_for_each(|line| writeln!(input, "{line}"))?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "browse eval failed");
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Prints both shelves of an answer.
fn show(answer: &Value) -> Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for (key, title) in [("mixed", "For you"), ("novel", "New to you")] {
        println!("demo: {title}, {}:", text(&answer["id"]));
        let rows = answer[key].as_array().filter(|rows| !rows.is_empty()).context("a shelf is empty")?;
        for row in rows {
            ensure!(!text(&row["why"]).is_empty(), "{} has no reason", row["preset"]);
            println!("demo:   {:<20} {}", text(&row["preset"]), text(&row["why"]));
        }
    }
    Ok(())
}

/// Loads a factory preset into the bundle, as a host's browser does, and plays the beginning of the song.
fn play(
    workspace: &Workspace,
    bundles: &Bundles,
    song: &Song,
    options: &Options,
    preset: &str,
    file: &Path,
) -> Result<()> {
    let path = find(&workspace.root.join("presets"), &format!("{preset}.zither"))
        .with_context(|| format!("presets/ has no {preset}"))?;
    let player = Player::with_preset(&bundles.clap, &path)?;
    let performance = player.play(song, &Options { seconds: Some(SECONDS), ..options.clone() })?;
    super::write_wav(file, &performance, options.rate)?;
    let loudest = performance.audio.iter().flatten().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
    ensure!(loudest > 0.01, "{preset} was loaded and is not heard");
    println!("demo: plays {preset} into {}", file.display());
    Ok(())
}

/// The file of this name in a folder or below.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let here = entries.iter().find(|path| path.file_name().is_some_and(|file| file == name)).cloned();
    here.or_else(|| entries.iter().filter(|path| path.is_dir()).find_map(|folder| find(folder, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_in_the_order_in_which_it_happened() {
        for (day, deeds) in WEEK.iter().enumerate() {
            let times: Vec<i64> = session(day, deeds).iter().map(|line| line["t"].as_i64().unwrap()).collect();
            assert_eq!(times.len(), 2 * deeds.len());
            assert!(times.is_sorted() && times[0] == FIRST + day as i64 * DAY, "{times:?}");
        }
    }

    #[test]
    fn every_preset_of_the_week_is_one_of_the_factory() {
        let presets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../presets");
        for preset in WEEK.iter().copied().flatten() {
            assert!(find(&presets, &format!("{}.zither", &preset[1..])).is_some(), "{preset}");
        }
    }
}
