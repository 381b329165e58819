//! A small CLAP host: loads the bundle with `dlopen`, lists what it has and lends it buffers.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_host::prelude::*;

/// A plugin instance on its main thread. What `H` does not do, this host does not: `()` serves no extension and answers no
/// request.
pub(crate) struct Host<H: HostHandlers = ()> {
    /// The instance.
    pub(crate) instance: PluginInstance<H>,
    /// The plugin's name.
    pub(crate) name: String,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

/// One parameter as the host sees it.
pub(crate) struct Parameter {
    /// The plugin's id of it.
    pub(crate) id: ClapId,
    /// Its name.
    pub(crate) name: String,
    /// Lowest and highest value.
    pub(crate) range: (f64, f64),
    /// Value of a fresh instance.
    pub(crate) default: f64,
    /// Whole numbers only.
    pub(crate) is_stepped: bool,
    /// One note can be modulated alone.
    pub(crate) is_polyphonic: bool,
}

impl Parameter {
    /// The value at `position` 0..1 of the range.
    pub(crate) fn at(&self, position: f64) -> f64 {
        let value = self.range.0 + position * (self.range.1 - self.range.0);
        if self.is_stepped { value.round() } else { value }
    }
}

impl Host {
    /// Loads the first plugin of the bundle.
    ///
    /// # Errors
    /// As [`Host::serving`].
    pub(crate) fn load(bundle: &Path) -> Result<Self> {
        Self::serving(bundle, |_| ())
    }
}

impl<H> Host<H>
where
    for<'a> H: HostHandlers<MainThread<'a> = ()>,
{
    /// Loads the first plugin of the bundle, and has what it asks for heard by `shared`.
    ///
    /// # Errors
    /// If there is none, or its main output is not stereo.
    pub(crate) fn serving(bundle: &Path, shared: impl for<'a> FnOnce(&'a ()) -> H::Shared<'a>) -> Result<Self> {
        let loading = || format!("{} does not load", bundle.display());
        // SAFETY: the bundle is the one that was just built here.
        let entry = unsafe { PluginEntry::load(bundle) }.with_context(loading)?;
        let factory = entry.get_plugin_factory().with_context(loading)?;
        let descriptor = factory.plugin_descriptor(0).with_context(loading)?;
        let (id, name) = (descriptor.id().with_context(loading)?, descriptor.name().with_context(loading)?);
        let info = HostInfo::new("Zither's tasks", "Zither", "https://github.com/zither-audio/zither", "1.0")?;
        let mut instance = PluginInstance::<H>::new(shared, |_| (), &entry, id, &info)?;
        let mut plugin = instance.plugin_handle();
        let (inputs, outputs) = (channels(&mut plugin, true)?, channels(&mut plugin, false)?);
        ensure!(outputs.first() == Some(&2), "the plugin's main output is not stereo: {outputs:?}");
        Ok(Self { name: name.to_string_lossy().into_owned(), inputs, outputs, instance })
    }

    /// The extension `E` of the plugin.
    ///
    /// # Errors
    /// If it has none.
    pub(crate) fn extension<E>(&mut self) -> Result<E>
    where
        E: clack_host::extensions::Extension<ExtensionSide = clack_host::extensions::PluginExtensionSide>,
    {
        let name = E::IDENTIFIERS.first().map(|id| id.to_string_lossy()).unwrap_or_default();
        self.instance.plugin_handle().get_extension().with_context(|| format!("the plugin has no {name}"))
    }

    /// All parameters in the plugin's order.
    ///
    /// # Errors
    /// If it has none, or one is not described.
    pub(crate) fn parameters(&mut self) -> Result<Vec<Parameter>> {
        let params: PluginParams = self.extension()?;
        let plugin = self.instance.plugin_handle();
        let describe = |index| {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(&plugin, index, &mut buffer).context("a parameter is not described")?;
            Ok(Parameter {
                id: info.id,
                name: String::from_utf8_lossy(info.name).into_owned(),
                range: (info.min_value, info.max_value),
                default: info.default_value,
                is_stepped: info.flags.contains(ParamInfoFlags::IS_STEPPED),
                is_polyphonic: info.flags.contains(ParamInfoFlags::IS_MODULATABLE_PER_NOTE_ID),
            })
        };
        (0..params.count(&plugin)).map(describe).collect()
    }

    /// Buffers for blocks of at most `frames`.
    pub(crate) fn ports(&self, frames: usize) -> Ports {
        let buffers = |ports: &[usize]| ports.iter().map(|&channels| vec![vec![0.0; frames]; channels]).collect();
        Ports {
            inputs: buffers(&self.inputs),
            outputs: buffers(&self.outputs),
            ports_in: AudioPorts::with_capacity(self.inputs.iter().sum(), self.inputs.len()),
            ports_out: AudioPorts::with_capacity(self.outputs.iter().sum(), self.outputs.len()),
        }
    }
}

/// Channels of each audio port.
fn channels(plugin: &mut PluginMainThreadHandle, inputs: bool) -> Result<Vec<usize>> {
    let ports: PluginAudioPorts = plugin.get_extension().context("the plugin has no audio ports")?;
    let channels = |index| {
        let mut buffer = AudioPortInfoBuffer::new();
        let info = ports.get(plugin, index, inputs, &mut buffer).context("an audio port is not described")?;
        Ok(info.channel_count as usize)
    };
    (0..ports.count(plugin, inputs)).map(channels).collect()
}

/// Audio buffers of one instance: by port, channel and frame. The main output is `outputs[0]`.
pub(crate) struct Ports {
    /// What the plugin hears.
    pub(crate) inputs: Vec<Vec<Vec<f32>>>,
    /// What it has made.
    pub(crate) outputs: Vec<Vec<Vec<f32>>>,
    ports_in: AudioPorts,
    ports_out: AudioPorts,
}

impl Ports {
    /// Lends the first `frames` of all buffers for one call of the plugin.
    pub(crate) fn lend<T>(
        &mut self,
        frames: usize,
        call: impl FnOnce(&InputAudioBuffers, &mut OutputAudioBuffers) -> T,
    ) -> T {
        let inputs = self.ports_in.with_input_buffers(self.inputs.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                port.iter_mut().map(|channel| InputChannel::variable(&mut channel[..frames])),
            ),
        }));
        let mut outputs = self.ports_out.with_output_buffers(self.outputs.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(|channel| &mut channel[..frames])),
        }));
        call(&inputs, &mut outputs)
    }
}
