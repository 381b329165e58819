//! What differs between the plugin formats: where the sidechain comes in.

use nice_plug::prelude::{AudioIOLayout, NonZeroU32, PortNames, new_nonzero_u32};

/// What differs between the plugin formats.
pub trait Format: Send + 'static {
    /// The audio ports.
    const LAYOUTS: &'static [AudioIOLayout];
    /// Where the sidechain comes in.
    const SIDECHAIN: Sidechain;
    /// Whether the framework tells rightly, when it activates, if the host bounces offline.
    const KNOWS_MODE: bool;
}

/// Where the sidechain comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidechain {
    /// Through an auxiliary input port.
    Auxiliary,
    /// Through the main input, which the framework copies into the output before the plugin is asked.
    MainInput,
}

/// CLAP: a proper auxiliary input.
pub struct Clap;

impl Format for Clap {
    const LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout {
        main_output_channels: NonZeroU32::new(2),
        aux_input_ports: &[new_nonzero_u32(2)],
        names: PortNames { aux_inputs: &["Rights sidechain"], ..PortNames::const_default() },
        ..AudioIOLayout::const_default()
    }];
    const SIDECHAIN: Sidechain = Sidechain::Auxiliary;
    const KNOWS_MODE: bool = true;
}

/// VST3: the main input, because the framework mistakes the bus index of an auxiliary input without a main one and
/// reads beyond what the host gave.
pub struct Vst3;

impl Format for Vst3 {
    const LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout {
        main_input_channels: NonZeroU32::new(2),
        main_output_channels: NonZeroU32::new(2),
        names: PortNames { main_input: Some("Sidechain"), ..PortNames::const_default() },
        ..AudioIOLayout::const_default()
    }];
    const SIDECHAIN: Sidechain = Sidechain::MainInput;
    /// It tells the mode of one activation with the next: what it calls offline may be live.
    const KNOWS_MODE: bool = false;
}
