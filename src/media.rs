//! Files in and out: audio, MIDI, soundfont directories, pictures. Never on the audio thread.

pub mod audio;
pub mod fluidsynth;
pub mod midi;
pub mod note;
pub mod sheet;
pub mod soundfont;
pub mod spectrogram;
pub mod stream;
