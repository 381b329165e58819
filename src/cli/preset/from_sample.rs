//! `zitherctl preset from-sample`: one recorded note becomes a preset.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::level::{Register, levelled};
use super::performance::Player;
use crate::browser::preset::Preset;
use crate::media::audio::read_mono_48k;
use crate::model::latent::LATENTS;
use crate::model::transfer::{DEFAULT_SHARE, Imprint, StoredTransfer, Transfer};
use crate::model::{Model, ModelReference};
use crate::synth::controls::{Control, Controls};

/// Makes a preset of one recorded note (WAV, FLAC or Ogg Vorbis): the place in the latent space that sounds most like
/// it, and what the model misses of it there.
#[derive(clap::Args)]
pub(in crate::cli) struct FromSample {
    /// The recording: one note, best held for two seconds or more.
    note: PathBuf,
    /// MIDI pitch that it was played on, such as 60 for middle C; `auto` listens.
    #[arg(long, default_value = "auto", value_parser = pitch)]
    pitch: Pitch,
    /// Name of the preset [default: that of the recording].
    #[arg(long)]
    name: Option<String>,
    /// Model to play with [default: the one built in].
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Share (0 to 1) of what the model misses that is added to notes far from the recorded one.
    #[arg(long, default_value_t = DEFAULT_SHARE, value_parser = crate::cli::model::share)]
    share: f32,
    /// Where the preset goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A pitch that is given, or none.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pitch(Option<f32>);

fn pitch(text: &str) -> Result<Pitch, String> {
    let given = || text.parse().ok().filter(|pitch| (0.0..=127.0).contains(pitch));
    if text == "auto" {
        Ok(Pitch(None))
    } else {
        given().map(|p| Pitch(Some(p))).ok_or("expected 0 to 127, or auto".into())
    }
}

impl FromSample {
    pub(super) fn run(self) -> Result<()> {
        let model = match &self.model {
            Some(path) => Arc::new(Model::open(path)?),
            None => Model::factory(),
        };
        let samples = read_mono_48k(&self.note)?;
        let imprint = Imprint::of_recording(&model, &samples, self.pitch.0);
        let imprint = imprint.with_context(|| self.note.display().to_string())?;
        let stem = self.note.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let preset = preset(&model, &imprint, self.name.as_deref().unwrap_or(&stem), self.share);
        preset.write(&self.out).with_context(|| self.out.display().to_string())?;
        let release = imprint.released_s.map_or("not let go".to_owned(), |s| format!("let go after {s:.2} s"));
        println!("{}: pitch {:.2}, {release}", self.out.display(), imprint.residual.pitch());
        Ok(())
    }
}

fn preset(model: &Arc<Model>, imprint: &Imprint, name: &str, share: f32) -> Preset {
    let mut controls = Controls::default();
    let places = model.space.controls(&imprint.latent);
    // As the imprint placed them, without what the way there and back has rounded.
    (0..LATENTS).for_each(|i| controls.set(Control::latent(i), (places[i] * 1_000.0).round() / 1_000.0));
    // The release is the recording's own.
    controls.set(Control::RELEASE, Control::RELEASE.spec().max);
    let transfer = Arc::new(Transfer::new(&imprint.residual, share, 0.0));
    let player = Player { model: Arc::clone(model), controls: controls.clone(), transfer: Some(Arc::clone(&transfer)) };
    controls.set(Control::GAIN, levelled(&player, Register::Middle));
    Preset {
        tags: vec!["sample".to_owned()],
        description: "Made of one recorded note.".to_owned(),
        // The recording's, which only its owner knows.
        licence: String::new(),
        model: ModelReference::of(model),
        transfer: Some(StoredTransfer::from(transfer.as_ref())),
        ..Preset::new(name, &controls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::distance::distances;
    use crate::analysis::frames::ANALYSIS_RATE;
    use crate::media::audio::{Depth, write_wav};
    use crate::synth::single::SingleNote;
    use crate::synth::tone::ToneFormat;

    /// A plucked tone that no model was trained on, let go after 1.5 s.
    fn note() -> Vec<f32> {
        let sample = |i: usize| {
            let time = i as f32 / 48_000.0;
            let partial = |k: i32| {
                let odd = if k % 2 == 1 { 1.0 } else { 0.2 };
                odd * (-time * k as f32).exp() * (std::f32::consts::TAU * 261.63 * k as f32 * time).sin() / k as f32
            };
            let released = (-12.0 * (time - 1.5).max(0.0)).exp();
            0.2 * released * (time / 0.002).min(1.0) * (1..=20).map(partial).sum::<f32>()
        };
        (0..96_000).map(sample).collect()
    }

    fn command(note: PathBuf, out: PathBuf) -> FromSample {
        FromSample { note, pitch: Pitch(None), name: None, model: None, share: DEFAULT_SHARE, out }
    }

    #[test]
    fn the_preset_of_a_note_plays_that_note() {
        let folder = tempfile::tempdir().unwrap();
        let (wav, out) = (folder.path().join("Zang.wav"), folder.path().join("Zang.zither"));
        write_wav(&wav, &[&note()], ANALYSIS_RATE, Depth::Float32).unwrap();
        command(wav, out.clone()).run().unwrap();
        let preset = Preset::read(&out).unwrap();
        assert_eq!((preset.name.as_str(), preset.licence.as_str()), ("Zang", ""));
        let model = Model::factory();
        let transfer = preset.playable_transfer().unwrap().unwrap();
        let latent = model.space.latent(preset.controls().latents());
        let single = SingleNote { latent, key: 60, velocity: 100.0, hold: 72_000, samples: 96_000, seed: 1 };
        let played = |transfer| {
            let samples = single.render(&model, transfer, &ToneFormat::new(48_000.0));
            let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>();
            let gain = (power(&note()) / power(&samples)).sqrt();
            distances(&note(), &samples.iter().map(|x| x * gain).collect::<Vec<_>>()).lmd
        };
        let (with, without) = (played(Some(&transfer)), played(None));
        assert!(with < 2.5 && with < 0.5 * without, "{with} dB with, {without} dB without");
    }

    #[test]
    fn a_file_that_is_no_note_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let error = |name: &str| {
            let failed = command(folder.path().join(name), folder.path().join("out.zither")).run().unwrap_err();
            format!("{failed:#}")
        };
        std::fs::write(folder.path().join("text.wav"), "no audio").unwrap();
        write_wav(&folder.path().join("silent.wav"), &[&[0.0; 48_000]], ANALYSIS_RATE, Depth::Int24).unwrap();
        assert!(error("text.wav").contains("no WAV"), "{}", error("text.wav"));
        assert!(error("silent.wav").contains("silent.wav: is silent"), "{}", error("silent.wav"));
        assert!(error("missing.wav").contains("missing.wav"));
        assert!(!folder.path().join("out.zither").exists());
    }

    #[test]
    fn a_pitch_is_a_number_or_auto() {
        assert_eq!((pitch("auto"), pitch("60.5")), (Ok(Pitch(None)), Ok(Pitch(Some(60.5)))));
        assert!(pitch("C4").is_err() && pitch("128").is_err());
    }
}
