//! What the user sets once, for all projects: one small JSON file, which other programs and later versions may write too.
//!
//! Reads and writes files, so nothing here is for the audio thread or a screen.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::folders;
use crate::rights::whole;

/// Version of the file. Another key does not raise it, since keys that are not known are kept.
const VERSION: u64 = 1;
/// Largest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;
const VERSION_KEY: &str = "version";
const THEME_KEY: &str = "theme";
const SCALE_KEY: &str = "scale";

/// Light on dark, or dark on light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// For a dim room.
    #[default]
    Dark,
    /// For daylight.
    Light,
}

/// How large the editor is drawn, in percent of what the system asks for: 50 to 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scale(u16);

impl Scale {
    /// The smallest.
    pub const MIN: Self = Self(50);
    /// The largest.
    pub const MAX: Self = Self(400);

    /// So many percent, or the nearest that there is.
    #[must_use]
    pub fn percent(percent: u16) -> Self {
        Self(percent).clamp(Self::MIN, Self::MAX)
    }

    /// 1 where it is drawn as the system asks for.
    #[must_use]
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(100)
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// What the user has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Colours of the editor.
    pub theme: Theme,
    /// Size of the editor.
    pub scale: Scale,
}

/// Something that the user sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Colours of the editor.
    Theme(Theme),
    /// Size of the editor.
    Scale(Scale),
}

impl Settings {
    /// Sets something.
    pub fn set(&mut self, change: Change) {
        match change {
            Change::Theme(theme) => self.theme = theme,
            Change::Scale(scale) => self.scale = scale,
        }
    }

    /// What stands in a file; what cannot be understood counts as not set.
    fn of(keys: &Map<String, Value>) -> Self {
        let known = |key| keys.get(key).cloned();
        let theme = known(THEME_KEY).and_then(|theme| serde_json::from_value(theme).ok());
        let scale = known(SCALE_KEY).and_then(|scale| serde_json::from_value(scale).ok());
        Self { theme: theme.unwrap_or_default(), scale: scale.map(Scale::percent).unwrap_or_default() }
    }
}

impl Change {
    fn put(self, keys: &mut Map<String, Value>) {
        let (key, value) = match self {
            Self::Theme(theme) => (THEME_KEY, serde_json::json!(theme)),
            Self::Scale(scale) => (SCALE_KEY, serde_json::json!(scale)),
        };
        keys.insert(key.to_owned(), value);
    }
}

/// Why the file is not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("cannot be read ({0})")]
    Read(#[from] std::io::Error),
    #[error("is no regular file")]
    Irregular,
    #[error("is larger than {} KiB", MAX_BYTES >> 10)]
    TooLarge,
    #[error("is no JSON object ({0})")]
    Format(#[from] serde_json::Error),
    #[error("is of version {0}, this program knows version {VERSION}")]
    Version(Value),
}

/// The file of the settings, and what it says. Owned by one thread that may wait for the disk.
pub struct SettingsFile {
    /// None where the system names no home folder.
    path: Option<PathBuf>,
    settings: Settings,
    /// What was set and could not be written yet; it counts all the same.
    unwritten: Vec<Change>,
    trouble: Option<String>,
}

impl SettingsFile {
    /// The user's, as it is now; it need not exist.
    #[must_use]
    pub fn of_user() -> Self {
        Self::at(folders::settings())
    }

    /// The file at a path, as it is now.
    #[must_use]
    pub fn at(path: Option<PathBuf>) -> Self {
        let mut file = Self { path, settings: Settings::default(), unwritten: Vec::new(), trouble: None };
        file.read();
        file
    }

    /// What is set.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// What is wrong with the file, and what becomes of it; one sentence for the user.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Takes up what others have written. A file that cannot be taken counts as one in which nothing is set.
    pub fn read(&mut self) {
        let read = self.path.as_deref().map_or(Ok(Map::new()), keys);
        self.trouble = match (&read, &self.path) {
            (Err(refusal), Some(path)) => Some(refused(path, refusal)),
            _ => None,
        };
        self.take(&read.unwrap_or_default());
    }

    /// Sets something and writes it. What others have set meanwhile is kept, keys of later versions are, and a file that
    /// cannot be taken is kept beside the new one.
    pub fn set(&mut self, change: Change) {
        self.unwritten.push(change);
        let Some(path) = self.path.clone() else {
            self.take(&Map::new());
            self.trouble = Some(
                "Settings hold until Zither ends: the system names no folder of yours; set ZITHER_HOME to one.".into(),
            );
            return;
        };
        let read = keys(&path);
        let aside = read.is_err().then(|| aside(&path));
        let mut keys = read.unwrap_or_default();
        self.take(&keys);
        keys.insert(VERSION_KEY.to_owned(), VERSION.into());
        self.unwritten.iter().for_each(|change| change.put(&mut keys));
        match write(&path, &keys, aside.as_deref()) {
            Ok(()) => {
                self.unwritten.clear();
                let kept = |aside: PathBuf| {
                    format!("The settings before could not be read; they are kept as {}.", aside.display())
                };
                self.trouble = aside.map(kept);
            }
            Err(error) => {
                self.trouble =
                    Some(format!("Settings hold until Zither ends: {} cannot be written: {error}.", path.display()));
            }
        }
    }

    fn take(&mut self, keys: &Map<String, Value>) {
        self.settings = Settings::of(keys);
        self.unwritten.iter().for_each(|&change| self.settings.set(change));
    }
}

fn refused(path: &Path, refusal: &Refusal) -> String {
    format!("Nothing is set yet: {} {refusal}. It is kept aside when you set something.", path.display())
}

/// What stands in the file; nothing where there is none.
fn keys(path: &Path) -> Result<Map<String, Value>, Refusal> {
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(error.into()),
    };
    if !about.is_file() {
        // A pipe by that name would be waited for.
        return Err(Refusal::Irregular);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    let keys: Map<String, Value> = serde_json::from_slice(&bytes)?;
    match keys.get(VERSION_KEY) {
        Some(version) if version.as_u64().is_none_or(|version| version > VERSION) => {
            Err(Refusal::Version(version.clone()))
        }
        _ => Ok(keys),
    }
}

/// Writes the file whole, after what is there was moved to `aside`, where that is named.
fn write(path: &Path, keys: &Map<String, Value>, aside: Option<&Path>) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if let Some(aside) = aside {
        std::fs::rename(path, aside)?;
    }
    let mut text = serde_json::to_string_pretty(keys)?;
    text.push('\n');
    whole::write(path, text.as_bytes())
}

/// A name beside the file that is free.
fn aside(path: &Path) -> PathBuf {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |second: u64| path.with_file_name(format!("{stem}-damaged-{second}.json"));
    (now..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_room() -> (tempfile::TempDir, PathBuf) {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("zither").join("settings.json");
        (room, path)
    }

    fn at(path: &Path) -> SettingsFile {
        SettingsFile::at(Some(path.to_owned()))
    }

    fn files(path: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_set_is_there_again_and_a_look_alone_makes_no_file() {
        let (_room, path) = in_room();
        let mut file = at(&path);
        assert_eq!((file.settings(), file.trouble()), (Settings::default(), None));
        assert!(!path.exists());
        file.set(Change::Theme(Theme::Light));
        file.set(Change::Scale(Scale::percent(150)));
        let wanted = Settings { theme: Theme::Light, scale: Scale::percent(150) };
        assert_eq!(
            (file.settings(), at(&path).settings(), files(&path)),
            (wanted, wanted, vec!["settings.json".into()])
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\n  \"scale\": 150,\n  \"theme\": \"light\",\n  \"version\": 1\n}\n");
    }

    #[test]
    fn two_programs_take_up_what_the_other_has_set_and_keep_what_neither_knows() {
        let (_room, path) = in_room();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, r#"{"version":1,"later":{"a":[1]},"theme":"sepia","scale":9999}"#).unwrap();
        let (mut one, mut other) = (at(&path), at(&path));
        assert_eq!((one.settings().theme, one.settings().scale), (Theme::Dark, Scale::MAX));
        one.set(Change::Theme(Theme::Light));
        other.set(Change::Scale(Scale::percent(200)));
        one.read();
        assert_eq!(one.settings(), Settings { theme: Theme::Light, scale: Scale::percent(200) });
        let keys: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(keys["later"]["a"][0], 1);
        std::fs::write(&path, r#"{"theme":"sepia"}"#).unwrap();
        one.set(Change::Scale(Scale::percent(75)));
        assert!(std::fs::read_to_string(&path).unwrap().contains("sepia"), "a value of a later version stays");
    }

    #[test]
    fn a_file_that_cannot_be_taken_counts_as_empty_and_is_kept_aside_when_something_is_set() {
        for bad in ["{\"theme\":", "[1]", "{\"version\":2}", "{\"version\":\"x\"}", &" ".repeat(70 << 10)] {
            let (_room, path) = in_room();
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bad).unwrap();
            let mut file = at(&path);
            assert_eq!(file.settings(), Settings::default());
            assert!(file.trouble().is_some_and(|trouble| trouble.contains("settings.json")), "{bad:.20}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bad, "a look changes nothing");
            file.set(Change::Theme(Theme::Light));
            let names = files(&path);
            assert!(names.len() == 2 && names[0].starts_with("settings-damaged-"), "{names:?}");
            assert_eq!(std::fs::read_to_string(path.with_file_name(&names[0])).unwrap(), bad);
            assert!(file.trouble().is_some_and(|trouble| trouble.contains(&names[0])));
            file.read();
            assert_eq!((file.settings().theme, file.trouble()), (Theme::Light, None));
        }
    }

    #[test]
    fn what_cannot_be_written_counts_all_the_same_and_is_written_as_soon_as_it_can_be() {
        let (room, path) = in_room();
        std::fs::write(room.path().join("zither"), "no folder").unwrap();
        let mut file = at(&path);
        file.set(Change::Theme(Theme::Light));
        assert!(file.trouble().is_some_and(|trouble| trouble.contains("cannot be written")), "{:?}", file.trouble());
        file.read();
        assert_eq!(file.settings().theme, Theme::Light);
        std::fs::remove_file(room.path().join("zither")).unwrap();
        file.set(Change::Scale(Scale::percent(75)));
        assert_eq!((at(&path).settings(), file.trouble()), (file.settings(), None));
        let mut homeless = SettingsFile::at(None);
        homeless.set(Change::Theme(Theme::Light));
        assert_eq!(homeless.settings().theme, Theme::Light);
        assert!(homeless.trouble().is_some_and(|trouble| trouble.contains("ZITHER_HOME")));
    }
}
