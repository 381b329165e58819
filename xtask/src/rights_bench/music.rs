//! The bench's music: real recordings out of four Debian packages, split once and for all, or music that we make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::clip::{self, Clip};
use super::generated::{self, Piece};
use super::random::Random;
use super::tools;
use super::truth::Half;

/// The packages, all of them in Debian's main section.
const PACKAGES: [&str; 4] = ["singularity-music", "zaz-data", "lincity-ng-data", "torus-trooper-data"];
/// Files below this size, in bytes, are sound effects.
const SMALLEST: u64 = 500_000;
/// Of any six tracks of a package, which are held out of the catalogue and which half each belongs to.
const SPLIT: [(Role, Half); 6] = [
    (Role::Catalogue, Half::Calibrate),
    (Role::Catalogue, Half::Test),
    (Role::HeldOut, Half::Calibrate),
    (Role::Catalogue, Half::Test),
    (Role::Catalogue, Half::Calibrate),
    (Role::HeldOut, Half::Test),
];
const SEED: u64 = 20_261_126;

/// What a track is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is indexed, and its excerpts should be found.
    Catalogue,
    /// No index knows it, so nothing of it may be found.
    HeldOut,
}

/// One recording.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// The file's stem.
    pub(super) id: String,
    /// WAV, 16 bits, 44.1 kHz, stereo.
    pub(super) path: PathBuf,
    pub(super) seconds: f64,
    pub(super) role: Role,
    /// The half whose queries are cut from it.
    pub(super) half: Half,
}

impl Track {
    /// A stretch of the track.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn cut(&self, start: f64, seconds: f64) -> Result<Clip> {
        Clip::read(&self.path, start, seconds)
    }
}

/// Fetches the packages into `cache` and decodes them into `out`, each unless it is there; catalogue and held-out
/// tracks lie in a folder each.
///
/// # Errors
/// If a package cannot be fetched or a track not decoded.
pub(super) fn fetch(cache: &Path, out: &Path) -> Result<Vec<Track>> {
    let mut tracks = Vec::new();
    for package in PACKAGES {
        let mut files = recordings(&unpacked(cache, package)?)?;
        files.sort();
        Random::new(SEED, files.len() as u64).shuffle(&mut files);
        for file in files {
            let (role, half) = SPLIT[tracks.len() % SPLIT.len()];
            let id = slug(package, &file);
            let path = folder(out, role).join(&id).with_extension("wav");
            once(&path, |path| tools::decode(&file, path))?;
            tracks.push(Track { id, seconds: clip::seconds(&path)?, path, role, half });
        }
    }
    Ok(tracks)
}

/// Draws `count` pieces of `seconds` and a drummer for each; those of another `first` number are others.
pub(super) fn compose(first: u64, count: usize, seconds: f64) -> Vec<(Piece, Random)> {
    let compose = |number| {
        let mut random = Random::new(SEED, first + number as u64);
        (Piece::compose(seconds, &mut random), random)
    };
    (0..count).map(compose).collect()
}

/// Plays pieces into `out`, for where the packages are not wanted.
///
/// # Errors
/// If a piece cannot be written.
pub(super) fn generate(pieces: &[(Piece, Random)], out: &Path) -> Result<Vec<Track>> {
    super::parallel(pieces.len(), |number| {
        let (role, half) = SPLIT[number % SPLIT.len()];
        let id = format!("piece-{number:02}");
        let path = folder(out, role).join(&id).with_extension("wav");
        let (piece, drummer) = &pieces[number];
        piece.play(&mut drummer.clone()).write(&path)?;
        Ok(Track { id, path, seconds: piece.seconds, role, half })
    })
}

/// Makes `count` pieces of `seconds` in `out/padding` unless they are there: tracks that nothing is cut from, which
/// bring the catalogue to the size of a small label's.
///
/// # Errors
/// If a piece cannot be written.
pub(super) fn pad(count: usize, seconds: f64, out: &Path) -> Result<Vec<PathBuf>> {
    super::parallel(count, |number| {
        let path = out.join(format!("padding/padding-{number:03}.wav"));
        let mut random = Random::new(SEED, 1_000 + number as u64);
        once(&path, |path| generated::piece(seconds, &mut random).write(path))?;
        Ok(path)
    })
}

/// Lets a file be made unless it is there; one that was begun and not finished is made anew.
///
/// # Errors
/// If it cannot be made.
pub(super) fn once(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let unfinished = path.with_extension("unfinished.wav");
    make(&unfinished)?;
    fs::rename(&unfinished, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Where tracks of a role lie.
pub(super) fn folder(out: &Path, role: Role) -> PathBuf {
    out.join(if role == Role::Catalogue { "catalogue" } else { "held-out" })
}

/// The folder into which a package has been unpacked; it is fetched unless it is there.
///
/// # Errors
/// If it cannot be fetched.
pub(super) fn unpacked(cache: &Path, package: &str) -> Result<PathBuf> {
    let folder = cache.join(package);
    if folder.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
    println!("rights-bench: fetching {package}");
    // A machine that was never updated knows no packages.
    download(cache, package).or_else(|_| crate::setup::update().and_then(|()| download(cache, package)))?;
    let archive = fs::read_dir(cache)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| super::truth::name(&path.to_string_lossy()).starts_with(&format!("{package}_")))
        .with_context(|| format!("apt-get left no archive of {package} in {}", cache.display()))?;
    let half_done = cache.join(format!("{package}.unpacking"));
    crate::workspace::run(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&half_done))?;
    fs::rename(&half_done, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Lets apt put a package's archive into a folder, soon or not at all.
fn download(folder: &Path, package: &str) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(crate::setup::SOON).args(["-q", "download", package]).current_dir(folder);
    let download = command.output().context("cannot run apt-get; unpack the package there yourself")?;
    let said = String::from_utf8_lossy(&download.stderr);
    let reason = said.lines().find(|line| line.starts_with("E:")).unwrap_or("no reason given");
    ensure!(download.status.success(), "apt-get did not bring {package} ({reason})");
    Ok(())
}

/// All recordings in a folder and below.
///
/// # Errors
/// If a folder cannot be read.
pub(super) fn recordings(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let (path, about) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        if about.is_dir() {
            found.extend(recordings(&path)?);
        } else if about.len() >= SMALLEST && path.extension().is_some_and(|extension| extension == "ogg") {
            found.push(path);
        }
    }
    Ok(found)
}

/// `zaz-mus1` of `zaz-data` and `.../mus1.ogg`.
fn slug(package: &str, file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let game = package.trim_end_matches("-music").trim_end_matches("-data");
    let words: Vec<&str> =
        stem.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{game}-{}", words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_is_called_after_its_game_and_its_file() {
        let check = |package, file, slugged| assert_eq!(slug(package, Path::new(file)), slugged);
        check("zaz-data", "/x/mus1.ogg", "zaz-mus1");
        check("singularity-music", "win/Apex Aleph.ogg", "singularity-apex-aleph");
        check("lincity-ng-data", "02 - Robert van Herk - City Blues.ogg", "lincity-ng-02-robert-van-herk-city-blues");
    }
}
