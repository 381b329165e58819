//! The presets that come with Zither: each loads, belongs to the built-in model, and is a sound.

mod common;

use std::path::Path;

use common::{on, peak, render};
use zither::browser::preset::scan;
use zither::model::{Model, ModelReference};
use zither::synth::engine::Engine;

#[test]
fn factory_presets_load_belong_to_the_factory_model_and_sound() {
    let (presets, problems) = scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("presets"));
    assert!(problems.is_empty(), "{problems:?}");
    assert!(presets.len() >= 12, "{} presets", presets.len());
    let factory = ModelReference::of(&Model::factory());
    for (path, preset) in presets {
        assert_eq!(path.file_stem().unwrap().to_str(), Some(preset.name.as_str()));
        assert_eq!(preset.licence, "CC0-1.0", "{}", preset.name);
        assert_eq!(preset.model, factory, "{}: run `zitherctl preset factory --out presets` again", preset.name);
        let mut engine = Engine::new(Model::factory(), 48_000.0);
        engine.set_controls(&preset.controls());
        [60, 64, 67].into_iter().for_each(|key| engine.handle(on(key)));
        let (left, right) = render(&mut engine, 96_000);
        let loudest = 20.0 * peak(&left).max(peak(&right)).log10();
        assert!((-26.0..0.0).contains(&loudest), "{}: peak {loudest:.1} dB", preset.name);
    }
}
