//! A folder with sound files, and the companion that is run on them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a WAV file is like.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    pub(crate) bits: u16,
    /// Bytes of sound that its header claims, where that is not the truth.
    pub(crate) claimed: Option<u32>,
}

impl Default for Format {
    fn default() -> Self {
        Self { rate: 48_000, channels: 2, bits: 16, claimed: None }
    }
}

/// The bytes of a WAV file with the same sound on every channel.
pub(crate) fn wav(format: Format, samples: &[f32]) -> Vec<u8> {
    let Format { rate, channels, bits, claimed } = format;
    let frame = channels * bits / 8;
    let mut data: Vec<u8> = Vec::new();
    for &sample in samples {
        let value = (sample * 2.0_f32.powi(i32::from(bits) - 1)) as i32;
        let bytes =
            if bits == 8 { vec![(value + 128) as u8] } else { value.to_le_bytes()[..usize::from(bits / 8)].to_vec() };
        (0..channels).for_each(|_| data.extend(&bytes));
    }
    let length = claimed.unwrap_or(data.len() as u32);
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((length.saturating_add(36)).to_le_bytes());
    file.extend(b"WAVEfmt \x10\x00\x00\x00\x01\x00");
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(frame)).to_le_bytes());
    file.extend(frame.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}

/// What a run of the companion said, line by line.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: Vec<String>,
    pub(crate) err: Vec<String>,
}

impl Said {
    /// Its output as JSON Lines.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        self.out.iter().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }
}

/// The folder.
pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path of letters").to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zitherctl"));
        command.args(arguments).env("ZITHER_HOME", self.path("home")).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], more: &[String]) -> Said {
        self.said(self.command(arguments).args(more).output().expect("the companion starts"))
    }

    /// Runs it with these bytes on its standard input.
    pub(crate) fn feed(&self, arguments: &[&str], bytes: &[u8]) -> Said {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        std::thread::scope(|scope| {
            scope.spawn(move || pipe.write_all(bytes).expect("it reads all"));
            self.said(child.wait_with_output().expect("it ends"))
        })
    }

    /// No run may ever panic, whatever it was given.
    pub(crate) fn said(&self, output: Output) -> Said {
        let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
        let said = Said { ok: output.status.success(), out: lines(&output.stdout), err: lines(&output.stderr) };
        assert!(output.status.code().is_some_and(|code| code < 100), "{said:?}");
        said
    }

    /// Makes the index `index` of these files.
    pub(crate) fn index(&self, files: &[String]) {
        let said = self.run(&["rights", "index", "build", "--out", &self.text("index")], files);
        assert!(said.ok, "{said:?}");
    }

    /// The files of a folder with what is in them, in order of their names.
    pub(crate) fn files(&self, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is there");
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
    }

    /// Puts a program into a folder of its own.
    #[cfg(unix)]
    pub(crate) fn program(&self, folder: &str, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let folder: &Path = &self.path(folder);
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join(name), script).expect("a script");
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).expect("it may run");
    }
}
