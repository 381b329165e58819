//! What there is to know: the model, the rights index, where everything lies, what Zither is made of.

use std::path::PathBuf;

use egui::{Hyperlink, RichText, Sense, Ui, vec2};

use super::super::rows::{explain, fact, row, takeaway};
use super::super::{Hands, Screen, model, rights, theme};
use crate::bridge::{IndexFacts, IndexView};
use crate::browser::{folders, history};
use crate::model::architecture::{NOISE_BANDS, PARTIALS};
use crate::model::latent::LATENTS;
use crate::model::{Card, ModelReference};

/// Size of the choice of the model.
const CHOICE: egui::Vec2 = vec2(240.0, 24.0);
/// Why no folder can be named.
const NO_FOLDER: &str = "this system names no folder of yours; set ZITHER_HOME to one";

/// The model that plays, others to play, and how to make one.
pub(super) fn model(ui: &mut Ui, hands: &Hands, screen: &Screen) {
    row(ui, "Plays", |ui| {
        let (area, _) = ui.allocate_exact_size(vec2(CHOICE.x.min(ui.available_width()), CHOICE.y), Sense::hover());
        model::choose(ui, area, hands, screen);
    });
    let reference = screen.models.reference.as_ref().unwrap_or_else(|| ModelReference::factory());
    fact(ui, "Digest", reference.short_digest());
    fact(ui, "Dimensions", &format!("{LATENTS} latents to {PARTIALS} partials and {NOISE_BANDS} noise bands"));
    if let Some(played) = &screen.played {
        card(ui, &played.card, played.instruments.len());
    }
    match &screen.models.path {
        Some(path) => takeaway(ui, "Model file", &path.display().to_string()),
        None => fact(ui, "Model file", "built in"),
    }
    let folder = folders::models().map_or_else(|| NO_FOLDER.to_owned(), |path| path.display().to_string());
    let example = folders::models().unwrap_or_default().join("mine.safetensors");
    takeaway(ui, "Train your own", &format!("zitherctl model train --data FOLDER --out \"{}\"", example.display()));
    explain(ui, &format!("FOLDER holds recordings of single notes. Models are found in {folder}"));
}

fn card(ui: &mut Ui, card: &Card, instruments: usize) {
    let known = |text: &str| if text.is_empty() { "not stated".to_owned() } else { text.to_owned() };
    fact(ui, "Trained on", &known(&card.training_data));
    fact(ui, "Instruments", &instruments.to_string());
    fact(ui, "Licence", &known(&card.licence));
}

/// The index that is listened with.
pub(super) fn index(ui: &mut Ui, view: &IndexView) {
    fact(ui, "In use", &rights::index(view));
    if let IndexView::Open(IndexFacts { digest, .. }) = view {
        fact(ui, "Digest", digest.get(..12).unwrap_or(digest));
    }
    let folder = folders::rights().map(|folder| folder.join(folders::INDEX));
    takeaway(ui, "Index folder", &shown(folder.clone()));
    let folder = folder.unwrap_or_else(|| PathBuf::from(folders::INDEX));
    takeaway(ui, "Build one", &rights::build_command(&folder));
    explain(ui, "LIST is a file with a path of a recording on each line. An index is taken up within seconds.");
}

/// Where everything lies.
pub(super) fn folders(ui: &mut Ui) {
    let rights = |name| folders::rights().map(|folder| folder.join(name));
    let all = [
        ("Presets", folders::presets()),
        ("Models", folders::models()),
        ("Ledgers", folders::ledgers()),
        ("Reports", rights(folders::REPORTS)),
        ("History", history::file()),
        ("Settings file", folders::settings()),
    ];
    for (name, path) in all {
        takeaway(ui, name, &shown(path));
    }
}

fn shown(path: Option<PathBuf>) -> String {
    path.map_or_else(|| NO_FOLDER.to_owned(), |path| path.display().to_string())
}

/// What Zither is, under which licences.
pub(super) fn about(ui: &mut Ui) {
    fact(ui, "Zither", concat!(env!("CARGO_PKG_VERSION"), ", ", env!("CARGO_PKG_LICENSE")));
    row(ui, "Documentation", |ui| {
        let address = env!("CARGO_PKG_REPOSITORY");
        ui.add_space(3.0);
        ui.add(Hyperlink::from_label_and_url(RichText::new(address).font(theme::small()), address))
            .on_hover_text("Opens in your browser");
    });
    fact(
        ui,
        "Fonts",
        "Inter (OFL 1.1); for signs that it lacks Ubuntu Light (UFL 1.0), Hack (MIT) and Noto Emoji (OFL 1.1)",
    );
    fact(
        ui,
        "Libraries",
        "under MIT, Apache-2.0, BSD, ISC, Zlib, MPL-2.0, BSL-1.0, CC0 or Unicode-3.0; SQLite is in the public domain",
    );
    explain(ui, "VST is a trademark of Steinberg Media Technologies GmbH.");
}
