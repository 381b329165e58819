//! The standalone application: the instrument with the system's audio and MIDI ports. `zither --help` lists its options.

use std::process::ExitCode;

use nice_plug::prelude::nice_export_standalone;
use zither::plugin::ClapInstrument;

fn main() -> ExitCode {
    if nice_export_standalone::<ClapInstrument>() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
