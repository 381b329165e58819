//! Presets in a CLAP host: found without an instance, described, and loaded by their place.

#![cfg(feature = "plugin")]

mod clap_host;
mod common;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::atomic::Ordering;

use clack_extensions::preset_discovery::PluginPresetLoad;
use clack_extensions::preset_discovery::prelude::*;
use clack_host::prelude::*;
use zither::browser::bank;
use zither::browser::preset::Preset;
use zither::model::transfer::{StoredTransfer, Transfer};
use zither::synth::controls::{Control, Controls};

use clap_host::*;
use common::home::is_at_home;

/// Id of the one provider.
const PROVIDER: &CStr = c"audio.zither.presets";

/// What a provider declares.
#[derive(Default)]
struct Indexer {
    extensions: Vec<String>,
    locations: Vec<String>,
    packs: Vec<String>,
}

impl IndexerImpl for Indexer {
    fn declare_filetype(&mut self, file_type: FileType) -> Result<(), HostError> {
        self.extensions.extend(file_type.file_extension.map(text));
        Ok(())
    }

    fn declare_location(&mut self, location: LocationInfo) -> Result<(), HostError> {
        self.locations.push(location.location.file_path().map_or("built in".to_owned(), text));
        Ok(())
    }

    fn declare_soundpack(&mut self, pack: Soundpack) -> Result<(), HostError> {
        self.packs.push(text(pack.id));
        Ok(())
    }
}

/// What a provider says of one file: everything by key, in order.
#[derive(Default)]
struct Said {
    presets: usize,
    errors: Vec<String>,
    facts: BTreeMap<&'static str, Vec<String>>,
}

impl Said {
    fn add(&mut self, key: &'static str, value: impl Into<String>) {
        self.facts.entry(key).or_default().push(value.into());
    }
}

impl MetadataReceiverImpl for Said {
    fn on_error(&mut self, _: i32, message: Option<&CStr>) {
        self.errors.push(message.map(text).expect("an error says what it is"));
    }

    fn begin_preset(&mut self, name: Option<&CStr>, load_key: Option<&CStr>) -> Result<(), HostError> {
        self.presets += 1;
        load_key.into_iter().for_each(|key| self.add("key", text(key)));
        self.add("name", name.map(text).expect("a preset has a name"));
        Ok(())
    }

    fn add_plugin_id(&mut self, id: UniversalPluginId) {
        self.add("plugin", format!("{id:?}"));
    }

    fn set_soundpack_id(&mut self, id: &CStr) {
        self.add("pack", text(id));
    }

    fn set_flags(&mut self, flags: Flags) {
        self.add("flags", format!("{flags:?}"));
    }

    fn add_creator(&mut self, creator: &CStr) {
        self.add("creator", text(creator));
    }

    fn set_description(&mut self, description: &CStr) {
        self.add("description", text(description));
    }

    fn set_timestamps(&mut self, _: Option<Timestamp>, modified: Option<Timestamp>) {
        assert!(modified.is_some());
    }

    fn add_feature(&mut self, feature: &CStr) {
        self.add("feature", text(feature));
    }

    fn add_extra_info(&mut self, key: &CStr, value: &CStr) {
        self.add("extra", format!("{}={}", text(key), text(value)));
    }
}

fn text(text: &CStr) -> String {
    text.to_str().expect("in UTF-8").to_owned()
}

fn c_path(path: &Path) -> CString {
    CString::new(path.to_str().expect("in UTF-8")).expect("paths hold no zero")
}

fn preset() -> Preset {
    let mut controls = Controls::default();
    controls.set(Control::latent(0), 0.625);
    controls.set(Control::RELEASE, 1_250.0);
    controls.set(Control::UNISON, 3.0);
    Preset {
        author: "Ada".into(),
        category: "Keys".into(),
        tags: vec!["Warm".into()],
        description: "A test".into(),
        ..Preset::new("Glass Harp", &controls)
    }
}

fn provider() -> Provider<Indexer> {
    Provider::instantiate(Indexer::default(), &entry(), PROVIDER, &info()).expect("the provider starts")
}

fn describe(provider: &mut Provider<Indexer>, path: &Path) -> Said {
    let mut said = Said::default();
    provider.get_metadata(Location::File { path: &c_path(path) }, &mut said);
    said
}

#[test]
fn the_factory_offers_one_provider_under_both_names() {
    let entry = entry();
    let factory: PresetDiscoveryFactory = entry.get_factory().expect("there is such a factory");
    let ids: Vec<_> = factory.provider_descriptors().map(|descriptor| descriptor.id().map(text)).collect();
    assert_eq!(ids, [Some(text(PROVIDER))]);
    assert!(factory.get_provider_descriptor(1).is_none());
    let raw = zither::clap_entry.get_factory.unwrap();
    for (id, there) in [(c"clap.preset-discovery-factory/draft-2", true), (c"clap.preset-discovery-factory/9", false)] {
        // SAFETY: the entry has been started above.
        assert_eq!(!unsafe { raw(id.as_ptr()) }.is_null(), there, "{id:?}");
    }
    assert!(Provider::instantiate(Indexer::default(), &entry, c"audio.zither.other", &info()).is_err());
}

#[test]
fn presets_are_found_in_the_users_folder_and_described() {
    let room = tempfile::tempdir().unwrap();
    if !is_at_home("presets_are_found_in_the_users_folder_and_described", room.path()) {
        return;
    }
    let home = std::path::PathBuf::from(std::env::var_os("ZITHER_HOME").unwrap());
    let folder = home.join("presets");
    assert_eq!(provider().indexer().locations, ["built in"], "a folder that does not exist is no location");
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(provider().indexer().locations, [folder.to_str().unwrap(), "built in"]);
    std::fs::create_dir_all(folder.join("Factory")).unwrap();
    let (mine, factory) = (folder.join("mine.zither"), folder.join("Factory/theirs.zither"));
    preset().write(&mine).unwrap();
    preset().write(&factory).unwrap();

    let mut provider = provider();
    let declared = provider.indexer();
    assert_eq!(declared.extensions, ["zither"]);
    assert_eq!(declared.locations, [folder.to_str().unwrap()]);
    assert_eq!(declared.packs.len(), 1);

    let said = describe(&mut provider, &mine);
    assert_eq!((said.presets, said.errors.len()), (1, 0), "{:?}", said.errors);
    assert_eq!(said.facts["name"], ["Glass Harp"]);
    assert_eq!(said.facts["creator"], ["Ada"]);
    assert_eq!(said.facts["description"], ["A test"]);
    assert_eq!(said.facts["feature"], ["keys", "warm"]);
    assert!(said.facts["plugin"][0].contains("audio.zither.zither"), "{:?}", said.facts);
    assert!(said.facts["extra"].contains(&"licence=CC0-1.0".to_owned()));
    assert!(said.facts["flags"][0].contains("USER") && !said.facts.contains_key("pack"));
    let said = describe(&mut provider, &factory);
    assert!(said.facts["flags"][0].contains("FACTORY"));
    assert_eq!(said.facts["pack"], provider.indexer().packs);

    let (deep, gone) = (folder.join("Bank/Sub/deep.zither"), folder.join("Trash/Bank/gone.zither"));
    for path in [&deep, &gone] {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        preset().write(path).unwrap();
    }
    let said = describe(&mut provider, &deep);
    assert!(said.presets == 1 && said.facts["flags"][0].contains("USER"));
    let said = describe(&mut provider, &gone);
    assert_eq!((said.presets, said.errors.len()), (0, 0), "what was deleted is no preset, and no fault either");
}

#[test]
fn what_is_built_in_is_described_by_keys_and_loaded_by_them() {
    let mut said = Said::default();
    provider().get_metadata(Location::Plugin, &mut said);
    let built_in: Vec<String> = bank::factory().map(|(_, preset)| preset.name).collect();
    assert_eq!((said.presets, said.errors.len()), (built_in.len(), 0));
    assert_eq!((&said.facts["name"], &said.facts["key"]), (&built_in, &built_in));
    assert!(said.facts["flags"].iter().all(|flags| flags.contains("FACTORY")));
    assert_eq!(said.facts["pack"].len(), built_in.len());
    let mut rig = Rig::new();
    let key = CString::new(built_in[3].as_str()).unwrap();
    assert!(rig.load_preset(Location::Plugin, Some(&key)));
    assert_eq!(rig.answers(), [Ok(built_in[3].clone())]);
    assert!(String::from_utf8_lossy(&rig.save()).contains(&built_in[3]));
}

#[test]
fn what_is_no_preset_is_told_and_not_described() {
    let room = tempfile::tempdir().unwrap();
    let foreign = room.path().join("foreign.zither");
    std::fs::write(&foreign, b"RIFF\0\xff").unwrap();
    let mut provider = provider();
    for path in [&foreign, &room.path().join("missing.zither"), room.path()] {
        let said = describe(&mut provider, path);
        assert_eq!((said.presets, said.errors.len()), (0, 1), "{}", path.display());
        assert!(said.errors[0].contains(path.to_str().unwrap()), "{:?}", said.errors);
    }
}

impl Rig {
    fn load_preset(&mut self, location: Location, key: Option<&CStr>) -> bool {
        let extension: PluginPresetLoad = self.extension();
        extension.load_from_location(&self.instance.plugin_handle(), location, key).is_ok()
    }

    fn answers(&self) -> Vec<Result<String, String>> {
        self.instance
            .access_shared_handler(|heard| std::mem::take(&mut *heard.presets.lock().expect("nobody panics with it")))
    }
}

#[test]
fn a_preset_changes_the_parameters_at_once_and_the_host_is_told() {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("Glass Harp.zither");
    preset().write(&path).unwrap();
    for playing in [false, true] {
        let mut rig = Rig::new();
        let (gain, bypass) = (rig.parameter("Gain"), rig.parameter("Bypass"));
        rig.set(&[(gain.id, gain.min), (bypass.id, bypass.max)]);
        let player = playing.then(|| rig.start(RATE));
        assert!(rig.load_preset(Location::File { path: &c_path(&path) }, None));
        let values = rig.values();
        let fixed = |name: &str, position: f64| (values[name] - position).abs() < 1e-6;
        let latent = rig.parameter("Latent 1");
        assert!(fixed("Latent 1", latent.at((0.625 + 1.0) / 2.0)), "{values:?}");
        assert!(fixed("Gain", gain.default), "what the preset leaves as it is by default is set: {values:?}");
        assert!(fixed("Bypass", bypass.max), "bypass is the project's");
        assert_eq!(rig.answers(), [Ok(path.to_str().unwrap().to_owned())]);
        assert!(rig.instance.access_shared_handler(|heard| heard.rescans.load(Ordering::Relaxed)) > 0);
        assert!(String::from_utf8_lossy(&rig.save()).contains("Glass Harp"), "the project remembers the name");
        if let Some(player) = player {
            rig.stop(player);
        }
    }
}

#[test]
fn a_preset_that_is_loaded_while_playing_is_heard() {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("a.zither");
    preset().write(&path).unwrap();
    let note = (0, Action::On { id: 1, key: 60, velocity: 0.8 });
    let plain = Rig::new().render(RATE, &[note], 24_000, &[512]);
    let mut rig = Rig::new();
    let mut player = rig.start(RATE);
    let mut audio = player.play(&[note], 12_288, &[512]);
    assert!(rig.load_preset(Location::File { path: &c_path(&path) }, None));
    audio.extend(player.play(&[], 24_000 - 12_288, &[512]));
    rig.stop(player);
    assert!(is_finite(&audio));
    assert!(first_difference(&plain, &audio).is_some_and(|first| first >= 12_288));
}

#[test]
fn a_preset_brings_its_transfer_while_playing_and_the_next_takes_it_away() {
    let room = tempfile::tempdir().unwrap();
    let [with, without] = ["with.zither", "without.zither"].map(|name| room.path().join(name));
    let transfer = Some(StoredTransfer::from(&Transfer::of_gain(12.0)));
    Preset { transfer, ..preset() }.write(&with).unwrap();
    preset().write(&without).unwrap();
    let note = (0, Action::On { id: 1, key: 60, velocity: 0.8 });
    let mut rig = Rig::new();
    assert!(rig.load_preset(Location::File { path: &c_path(&without) }, None));
    let plain = rig.render(RATE, &[note], 36_000, &[512]);
    let mut player = rig.start(RATE);
    let mut audio = player.play(&[note], 12_288, &[512]);
    assert!(rig.load_preset(Location::File { path: &c_path(&with) }, None));
    audio.extend(player.play(&[], 12_288, &[512]));
    assert!(rig.load_preset(Location::File { path: &c_path(&without) }, None));
    audio.extend(player.play(&[], 36_000 - 24_576, &[512]));
    rig.stop(player);
    let gain = |span: std::ops::Range<usize>| peak(&audio[span.clone()]) / peak(&plain[span]);
    assert_eq!(first_difference(&audio[..12_288], &plain[..12_288]), None);
    assert!((3.6..4.4).contains(&gain(13_000..24_000)), "12 dB more are a factor of {}", gain(13_000..24_000));
    assert!((0.9..1.1).contains(&gain(26_000..36_000)), "{}", gain(26_000..36_000));
    let step = |audio: &[[f32; 2]]| audio.windows(2).map(|w| (w[1][0] - w[0][0]).abs()).fold(0.0, f32::max);
    assert!(step(&audio[12_000..]) < 4.5 * step(&plain[12_000..]), "no click: {}", step(&audio[12_000..]));
}

#[test]
fn a_preset_that_is_none_is_refused_with_its_reason_and_changes_nothing() {
    let room = tempfile::tempdir().unwrap();
    let good = room.path().join("good.zither");
    preset().write(&good).unwrap();
    let foreign = room.path().join("foreign.zither");
    std::fs::write(&foreign, "{\"plugin\": \"Other\"}").unwrap();
    let newer = room.path().join("newer.zither");
    std::fs::write(&newer, preset().to_json().replace("\"format\": 1", "\"format\": 2")).unwrap();
    let mut rig = Rig::new();
    let before = rig.save();
    let mut refused = |location: Location, key: Option<&CStr>, reason: &str| {
        assert!(!rig.load_preset(location, key), "{reason}");
        let answers = rig.answers();
        assert!(matches!(&answers[..], [Err(message)] if message.contains(reason)), "{reason}: {answers:?}");
        assert_eq!(rig.save(), before, "{reason}");
    };
    let missing = c_path(&room.path().join("missing.zither"));
    refused(Location::File { path: &missing }, None, "cannot be read");
    refused(Location::File { path: &c_path(&foreign) }, None, "is no preset");
    refused(Location::File { path: &c_path(&newer) }, None, "format 2");
    refused(Location::File { path: &c_path(&good) }, Some(c"second"), "none by the key `second`");
    refused(Location::File { path: &c_path(room.path()) }, None, "no regular file");
    refused(Location::File { path: c"\xff.zither" }, None, "UTF-8");
    refused(Location::Plugin, None, "is built in");
    refused(Location::Plugin, Some(c"No Such Sound"), "no preset `No Such Sound` is built in");
}
