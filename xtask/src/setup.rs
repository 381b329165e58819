//! Finds what this machine lacks. On Debian and its children it installs that when it may.
//!
//! Whether something is there is found by looking for the thing itself, not for a package, so the answer is right on
//! any system; only the names of packages are Debian's.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Something that the tasks need from the system.
pub(crate) struct Need {
    /// What it is, for systems that we have no package names for.
    what: &'static str,
    /// Debian packages that bring it.
    packages: &'static [&'static str],
    /// How to see that it is there.
    probe: Probe,
}

enum Probe {
    /// A program on the path that runs with this argument.
    Program(&'static str, &'static str),
    /// A C header that the compiler finds.
    Header(&'static str),
    /// A library that pkg-config knows.
    Library(&'static str),
    /// A file.
    File(&'static str),
    /// Python can import these modules.
    Python(&'static str),
}

const LINKER: Need = Need { what: "a C linker (cc)", packages: &["gcc"], probe: Probe::Program("cc", "--version") };
const LIBC: Need =
    Need { what: "the C library's development files", packages: &["libc6-dev"], probe: Probe::Header("stdlib.h") };
const PKG_CONFIG: Need =
    Need { what: "pkg-config", packages: &["pkg-config"], probe: Probe::Program("pkg-config", "--version") };
const ALSA: Need = Need {
    what: "ALSA's development files (the standalone application)",
    packages: &["libasound2-dev"],
    probe: Probe::Library("alsa"),
};
const JACK: Need = Need {
    what: "JACK's development files (the standalone application)",
    packages: &["libjack-jackd2-dev"],
    probe: Probe::Library("jack"),
};
const FLUIDSYNTH: Need =
    Need { what: "fluidsynth", packages: &["fluidsynth"], probe: Probe::Program("fluidsynth", "--version") };
const SOUNDFONT: Need = Need {
    what: "the FluidR3 GM soundfont",
    packages: &["fluid-soundfont-gm"],
    probe: Probe::File("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
};
const PYTHON: Need = Need {
    what: "Python 3 with venv (the bundle is played in a Python host)",
    packages: &["python3-venv"],
    probe: Probe::Python("venv, ensurepip"),
};

const VALGRIND: Need = Need {
    what: "valgrind (instructions are counted with it)",
    packages: &["valgrind"],
    probe: Probe::Program("valgrind", "--version"),
};

const FFMPEG: Need =
    Need { what: "ffmpeg (codecs)", packages: &["ffmpeg"], probe: Probe::Program("ffmpeg", "-version") };
const RUBBERBAND: Need = Need {
    what: "rubberband (pitch and tempo apart)",
    packages: &["rubberband-cli"],
    probe: Probe::File("/usr/bin/rubberband"),
};
const SOX: Need =
    Need { what: "sox (pitch and tempo apart)", packages: &["sox"], probe: Probe::Program("sox", "--version") };
#[cfg(target_os = "linux")]
const SCREEN: Need = Need {
    what: "Xvfb and Mesa (the editor's window is opened on a screen in memory)",
    packages: &["xvfb", "libgl1-mesa-dri", "libgl1", "libx11-xcb1"],
    probe: Probe::Program("Xvfb", "-help"),
};

impl Need {
    /// What building and bundling take.
    pub(crate) const BUILD: &[Self] = &[LINKER, LIBC, PKG_CONFIG, ALSA, JACK];
    /// What measuring the model takes.
    pub(crate) const SOUND: &[Self] = &[LINKER, LIBC, FLUIDSYNTH, SOUNDFONT];
    /// What decoding recorded music takes.
    pub(crate) const RECORDINGS: &[Self] = &[FFMPEG];
    /// What measuring the rights guard on recorded music takes.
    pub(crate) const RIGHTS: &[Self] = &[LINKER, LIBC, FFMPEG, RUBBERBAND, SOX];
    /// What opening the editor's window takes.
    #[cfg(target_os = "linux")]
    pub(crate) const WINDOW: &[Self] = &[LINKER, LIBC, PKG_CONFIG, ALSA, JACK, SCREEN];
    /// What counting instructions takes.
    pub(crate) const COUNT: &[Self] = &[LINKER, LIBC, PKG_CONFIG, ALSA, JACK, VALGRIND];
    /// What all tasks together take, but for the rights bench in full.
    pub(crate) const ALL: &[Self] = &[LINKER, LIBC, PKG_CONFIG, ALSA, JACK, FLUIDSYNTH, SOUNDFONT, PYTHON, VALGRIND];

    fn is_met(&self) -> bool {
        if !cfg!(target_os = "linux") && matches!(self.probe, Probe::Header(_) | Probe::Library(_)) {
            return true; // macOS and Windows bring their own audio systems and C libraries.
        }
        match self.probe {
            Probe::Program(program, argument) => succeeds(Command::new(program).arg(argument)),
            Probe::Header(header) => compiles(header),
            Probe::Library(name) => succeeds(Command::new("pkg-config").args(["--exists", name])),
            Probe::File(path) => Path::new(path).exists(),
            Probe::Python(modules) => succeeds(Command::new("python3").args(["-c", &format!("import {modules}")])),
        }
    }
}

/// Sees to it that `needs` are met.
///
/// # Errors
/// If something is missing that could not be installed; the message names it and, where known, the command to run.
pub(crate) fn run(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs.iter().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        println!("setup: nothing is missing");
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().flat_map(|need| need.packages).copied().collect();
    if !succeeds(Command::new("apt-get").arg("--version")) {
        let names: Vec<_> = missing.iter().map(|need| need.what).collect();
        bail!("this machine lacks {}; install it and run this again", names.join(", "));
    }
    let Some(privilege) = Privilege::find() else {
        bail!("this machine lacks packages; run `{}` and then this again", apt_line("sudo ", &packages));
    };
    println!("setup: installing {}", packages.join(" "));
    let command = apt_line(privilege.prefix(), &packages);
    let status = Command::new("sh").args(["-c", &command]).status().context("cannot run sh")?;
    let still: Vec<_> = missing.iter().filter(|need| !need.is_met()).map(|need| need.what).collect();
    if !status.success() || !still.is_empty() {
        bail!("`{command}` did not bring {}; run it yourself to see why", still.join(", "));
    }
    Ok(())
}

/// Options of apt by which a machine without a network says so after seconds.
pub(crate) const SOON: [&str; 4] = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20"];

/// Has apt look which packages there are.
///
/// # Errors
/// If it may not, or cannot.
pub(crate) fn update() -> Result<()> {
    let privilege = Privilege::find().context("this machine's list of packages cannot be updated")?;
    let command = format!("{}apt-get -q {} update", privilege.prefix(), SOON.join(" "));
    ensure!(succeeds(Command::new("sh").args(["-c", &command])), "`{command}` failed");
    Ok(())
}

/// How packages may be installed without asking the user.
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    fn find() -> Option<Self> {
        let id = Command::new("id").arg("-u").output().ok()?;
        if id.stdout.trim_ascii() == b"0" {
            return Some(Self::Root);
        }
        succeeds(Command::new("sudo").args(["-n", "true"])).then_some(Self::Sudo)
    }

    fn prefix(&self) -> &'static str {
        match self {
            Self::Root => "",
            Self::Sudo => "sudo -n ",
        }
    }
}

fn apt_line(prefix: &str, packages: &[&str]) -> String {
    let install = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends";
    format!("{prefix}apt-get update && {prefix}{install} {}", packages.join(" "))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether the C compiler finds `header`.
fn compiles(header: &str) -> bool {
    let program = format!("printf '#include <{header}>\\n' | cc -E -x c -");
    succeeds(Command::new("sh").args(["-c", &program]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_that_no_machine_has_is_seen_to_be_missing() {
        for probe in [
            Probe::Program("zither-no-such-program", "--version"),
            Probe::File("/zither/no/such/file"),
            Probe::Python("zither_no_such_module"),
        ] {
            assert!(!Need { what: "nothing", packages: &[], probe }.is_met());
        }
    }

    #[test]
    fn the_command_updates_before_it_installs() {
        let line = apt_line("sudo ", &["gcc", "pkg-config"]);
        assert!(line.starts_with("sudo apt-get update && sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y"));
        assert!(line.ends_with("gcc pkg-config"));
    }
}
