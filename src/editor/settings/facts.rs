//! What there is to know: the rights index, where everything lies, what Zither is made of.

use std::path::PathBuf;

use egui::{Hyperlink, RichText, Ui};

use super::super::rows::{explain, fact, row, takeaway_in_line};
use super::super::{rights, theme};
use crate::bridge::{IndexFacts, IndexView};
use crate::browser::{folders, history};

/// Why no folder can be named.
const NO_FOLDER: &str = "this system names no folder of yours; set ZITHER_HOME to one";

/// The index that is listened with.
pub(super) fn index(ui: &mut Ui, view: &IndexView) {
    fact(ui, "In use", &rights::index(view));
    if let IndexView::Open(IndexFacts { digest, .. }) = view {
        fact(ui, "Digest", digest.get(..12).unwrap_or(digest));
    }
    let folder = index_folder().unwrap_or_else(|| PathBuf::from(folders::INDEX));
    takeaway_in_line(ui, "Build one", &rights::build_command(&folder));
    explain(ui, "LIST names a file with a path of a recording on each line.");
}

fn index_folder() -> Option<PathBuf> {
    folders::rights().map(|folder| folder.join(folders::INDEX))
}

/// Where the rights index lies, or why it lies nowhere.
pub(in crate::editor) fn index_place() -> String {
    shown(index_folder())
}

/// Where everything lies.
pub(super) fn folders(ui: &mut Ui) {
    let rights = |name| folders::rights().map(|folder| folder.join(name));
    let all = [
        ("Presets", folders::presets()),
        ("Models", folders::models()),
        ("Index folder", index_folder()),
        ("Ledgers", folders::ledgers()),
        ("Reports", rights(folders::REPORTS)),
        ("History", history::file()),
        ("Settings file", folders::settings()),
    ];
    for (name, path) in all {
        takeaway_in_line(ui, name, &shown(path));
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
