//! Lists of notes to play: `name,family,instrument,enc_wav,enc_pitch,pitch,velocity,hold_ms,total_ms` with a header
//! line, in any order of columns.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::analysis::frames::ANALYSIS_RATE;

/// Longest note that is asked for, in milliseconds.
const LONGEST_MS: f32 = 60_000.0;

/// One note to play.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// Name of the file to write, without extension.
    pub(super) name: String,
    /// Instrument, ending in bank and program: `piano_000_004`.
    pub(super) instrument: String,
    /// Recording that tells the latents, relative to a base folder.
    pub(super) enc_wav: String,
    /// MIDI pitch of that recording.
    pub(super) enc_pitch: f32,
    /// MIDI pitch.
    pub(super) pitch: f32,
    /// MIDI velocity.
    pub(super) velocity: f32,
    /// Time from note-on to note-off.
    pub(super) hold_ms: f32,
    /// Length of the file.
    pub(super) total_ms: f32,
}

impl Target {
    /// Length of the file in samples at 48 kHz.
    pub(super) fn length(&self) -> usize {
        samples(self.total_ms)
    }

    /// Sample of the note-off.
    pub(super) fn hold(&self) -> usize {
        samples(self.hold_ms)
    }
}

fn samples(milliseconds: f32) -> usize {
    (milliseconds * ANALYSIS_RATE as f32 / 1_000.0).round() as usize
}

/// Reads a list of targets.
pub(super) fn read_targets(path: &Path) -> Result<Vec<Target>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} is no list of targets", path.display()))
}

fn parse(text: &str) -> Result<Vec<Target>> {
    let mut lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let (_, header) = lines.next().context("it is empty")?;
    let columns: Vec<&str> = header.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    let target = |(index, line): (usize, &str)| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        Row { columns: &columns, fields: &fields }.target().with_context(|| format!("line {}", index + 1))
    };
    lines.map(target).collect()
}

struct Row<'a> {
    columns: &'a [&'a str],
    fields: &'a [&'a str],
}

impl Row<'_> {
    fn target(&self) -> Result<Target> {
        let name = self.text("name")?;
        let is_plain = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        ensure!(is_plain, "{name:?} is no name of a file");
        Ok(Target {
            name,
            instrument: self.text("instrument")?,
            enc_wav: self.text("enc_wav")?,
            enc_pitch: self.number("enc_pitch", 0.0, 127.0)?,
            pitch: self.number("pitch", 0.0, 127.0)?,
            velocity: self.number("velocity", 1.0, 127.0)?,
            hold_ms: self.number("hold_ms", 0.0, LONGEST_MS)?,
            total_ms: self.number("total_ms", 1.0, LONGEST_MS)?,
        })
    }

    fn text(&self, column: &str) -> Result<String> {
        let index = self.columns.iter().position(|name| *name == column);
        let index = index.with_context(|| format!("there is no column `{column}`"))?;
        let field = self.fields.get(index).with_context(|| format!("`{column}` is missing"))?;
        Ok(field.trim_matches('"').to_owned())
    }

    fn number(&self, column: &str, low: f32, high: f32) -> Result<f32> {
        let text = self.text(column)?;
        match text.parse() {
            Ok(number) if (low..=high).contains(&number) => Ok(number),
            _ => bail!("`{column}` is {text:?}, expected {low} to {high}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "name,family,instrument,enc_wav,enc_pitch,pitch,velocity,hold_ms,total_ms";

    #[test]
    fn a_list_is_read_by_the_names_of_its_columns() {
        let row = "n1,piano,piano_000_004,enc/a.wav,60,61,104,250.5,3200";
        let target = &parse(&format!("{HEADER}\r\n{row}\r\n\r\n")).unwrap()[0];
        assert_eq!((target.name.as_str(), target.instrument.as_str()), ("n1", "piano_000_004"));
        assert_eq!((target.pitch, target.hold(), target.length()), (61.0, 12_024, 153_600));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let error = |row: &str| format!("{:#}", parse(&format!("{HEADER}\n{row}")).unwrap_err());
        assert_eq!(error("n,f,i,w,60,61,200,1,2"), "line 2: `velocity` is \"200\", expected 1 to 127");
        assert_eq!(error("n,f,i,w,60"), "line 2: `pitch` is missing");
        assert!(error("../n,f,i,w,60,61,100,1,2").contains("no name of a file"));
        assert!(format!("{:#}", parse("name\nn").unwrap_err()).contains("no column `instrument`"));
        assert!(parse("").is_err());
    }
}
