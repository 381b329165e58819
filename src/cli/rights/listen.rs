//! `zitherctl rights listen`: whose music is this, as it plays?

mod device;
mod input;
mod pcm;
mod record;
mod teller;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use self::input::{Input, Pace};
use self::pcm::Shape;
use self::record::Record;
use self::teller::Teller;
use super::matching::is_broken_pipe;
use crate::browser::folders;
use crate::rights::hearing::Hearing;
use crate::rights::index::Index;
use crate::rights::ledger::Source;

/// How often it is looked whether the index was changed.
const LOOK: Duration = Duration::from_secs(3);

/// Listens to sound as it plays, and says whose it is: a line when a recording is recognised, and one when it is over.
///
/// Ends with the sound, or with Ctrl-C. Where Zither knows no way to your sound, pipe it:
/// `ffmpeg -i URL -f s16le -ar 48000 -ac 2 - | zitherctl rights listen --stdin`.
#[derive(Args)]
pub(in crate::cli) struct Listen {
    /// Folder of the index; where none is named, the one that the plugin listens with.
    #[arg(long)]
    index: Option<PathBuf>,
    #[command(flatten)]
    from: From,
    /// With a file: plays it so many times faster than its sound.
    #[arg(long, value_name = "TIMES", requires = "file", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// With a file: as fast as the processor can.
    #[arg(long, requires = "file", conflicts_with = "speed")]
    fast: bool,
    #[command(flatten)]
    shape: Shape,
    /// Prints JSON Lines: `event` is `heard`, `over` or, once, `end`; times are seconds of the stream.
    #[arg(long)]
    jsonl: bool,
    /// Writes what is heard into this ledger, from which `rights report` makes a clearance report.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// What is listened to.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct From {
    /// A sound file (WAV, FLAC, Ogg Vorbis), in the time that it takes to play.
    #[arg(long)]
    file: Option<PathBuf>,
    /// A sound device: `default`, or a name that `pactl list short sources`, `wpctl status` or `arecord -L` tells. Of an
    /// output, what it plays is its source `NAME.monitor`. Runs `parec`, `pw-record` or `arecord`.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Raw sound on standard input, as `--rate`, `--channels` and `--format` say.
    #[arg(long)]
    stdin: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let range = 0.01..=1_000.0;
    let speed = text.parse().ok().filter(|speed| range.contains(speed));
    speed.ok_or_else(|| format!("expected a number within {range:?}"))
}

impl Listen {
    pub(super) fn run(self) -> Result<()> {
        let stop = when_interrupted()?;
        let mut index = Index::open(&self.folder()?)?;
        let mut input = self.input(&stop)?;
        let source = if self.from.file.is_some() { Source::File } else { Source::Input };
        let mut session = Session {
            hearing: None,
            teller: Teller::new(self.jsonl),
            record: self.ledger.map(|path| Record::begin(path, input.name(), source, &index)).transpose()?,
            looked: Instant::now(),
        };
        eprintln!("listening to {} with {} recordings; Ctrl-C ends", input.name(), index.tracks().count());
        let listened = session.listen(&mut input, &mut index);
        let finished = session.finish(&mut index);
        match listened.and(finished) {
            // Nobody reads on.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            outcome => outcome,
        }
    }

    fn folder(&self) -> Result<PathBuf> {
        let own = || folders::rights().map(|folder| folder.join(folders::INDEX));
        self.index.clone().or_else(own).context("this system names no folder of yours; name one with --index")
    }

    fn input(&self, stop: &Arc<AtomicBool>) -> Result<Input> {
        let stop = Arc::clone(stop);
        let pace = if self.fast { Pace::Unbounded } else { Pace::Times(self.speed) };
        match &self.from {
            From { file: Some(path), .. } => Input::file(path, pace, stop),
            From { device: Some(name), .. } => Input::device(name, self.shape, stop),
            _ => Ok(Input::stdin(self.shape, stop)),
        }
    }
}

/// A flag that Ctrl-C and the system's polite ways to end a program raise.
fn when_interrupted() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    ctrlc::set_handler(move || raised.store(true, Ordering::Relaxed)).context("Ctrl-C cannot be waited for")?;
    Ok(stop)
}

/// One stream from its first frame to its last.
struct Session {
    /// From the first frames on, which tell the rate.
    hearing: Option<Hearing>,
    teller: Teller,
    record: Option<Record>,
    looked: Instant,
}

impl Session {
    fn listen(&mut self, input: &mut Input, index: &mut Index) -> Result<()> {
        while let Some((rate, frames)) = input.next_piece()? {
            if self.hearing.is_none() && !frames.is_empty() {
                self.hearing = Some(Hearing::new(rate).with_context(|| format!("a sample rate of {rate} Hz"))?);
            }
            self.feed(&frames, index)?;
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                self.look(index);
            }
        }
        if self.hearing.is_none() {
            bail!("{}: it holds no samples", input.name());
        }
        Ok(())
    }

    fn feed(&mut self, frames: &[[f32; 2]], index: &mut Index) -> Result<()> {
        let Some(hearing) = &mut self.hearing else { return Ok(()) };
        let mut heard = Vec::new();
        hearing.feed(frames.iter().copied(), index, |found| heard.push(found));
        let now = hearing.seconds();
        for found in heard {
            self.record.iter_mut().for_each(|record| record.found(&found));
            self.teller.hear(found, now)?;
        }
        self.record.iter_mut().for_each(|record| record.cover(now, false));
        self.teller.tell_over(now)
    }

    /// Goes over to a newer index, and writes down what waits.
    fn look(&mut self, index: &mut Index) {
        // One that cannot be taken up leaves the one before it in use.
        let is_new = index.refresh().unwrap_or(false);
        let Some(record) = &mut self.record else { return };
        if is_new {
            record.follow(index);
        }
        if let Err(error) = record.write() {
            eprintln!("{error}");
        }
    }

    fn finish(&mut self, index: &mut Index) -> Result<()> {
        let mut heard = Vec::new();
        let mut now = 0.0;
        if let Some(hearing) = &mut self.hearing {
            now = hearing.seconds();
            hearing.finish(index, |found| heard.push(found));
        }
        self.record.iter_mut().for_each(|record| heard.iter().for_each(|found| record.found(found)));
        let written = self.record.as_mut().map_or(Ok(()), |record| {
            record.cover(now, true);
            record.write()
        });
        heard.into_iter().try_for_each(|found| self.teller.hear(found, now))?;
        self.teller.finish(now)?;
        if let Some(damage) = index.damage() {
            eprintln!("the index: {damage}");
        }
        Ok(written?)
    }
}
