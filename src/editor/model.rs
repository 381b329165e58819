//! The choice of the model: a menu of the built-in one and the user's own, which are listed and opened elsewhere.

use egui::{ComboBox, Rect, RichText, Ui, UiBuilder};

use super::theme::Themed as _;
use super::{Hands, Screen, theme};
use crate::browser::folders;
use crate::browser::models::Listed;
use crate::params::ModelWish;

/// Least width of the open menu.
const MENU: f32 = 260.0;

/// Draws the menu. Opening it has the user's folder looked at anew.
pub(super) fn choose(ui: &mut Ui, area: Rect, hands: &Hands, screen: &Screen) {
    let choice = &hands.params.kept.model;
    let shown = match notice(screen) {
        Some(_) => RichText::new(format!("! {}", screen.model)).color(ui.colours().alert),
        None => RichText::new(&screen.model),
    };
    ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("model"), |ui| {
        ui.spacing_mut().interact_size.y = area.height();
        let menu = ComboBox::from_id_salt("model").width(area.width()).height(420.0).truncate();
        let response = menu.selected_text(shown).show_ui(ui, |ui| {
            ui.set_min_width(MENU);
            if let Some(wish) = entries(ui, screen) {
                choice.wish(wish);
            }
        });
        if response.response.clicked() {
            choice.wish(ModelWish::List);
        }
        ui.ctx().accesskit_node_builder(response.response.id, |node| node.set_label("Model"));
    });
}

/// The menu's lines; what was clicked.
fn entries(ui: &mut Ui, screen: &Screen) -> Option<ModelWish> {
    let mut wish = None;
    if ui.selectable_label(screen.models.path.is_none(), "Built in").clicked() {
        wish = Some(ModelWish::Factory);
    }
    for Listed { path, name } in &*screen.models.listed {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        match name {
            Ok(name) => {
                let chosen = screen.models.path.as_ref() == Some(path);
                if ui.selectable_label(chosen, format!("{name}  ·  {file}")).clicked() {
                    wish = Some(ModelWish::File(path.clone()));
                }
            }
            Err(reason) => explain(ui, &format!("{file} {reason}")),
        }
    }
    ui.separator();
    explain(ui, &format!("Your models: {}", folder()));
    wish
}

fn explain(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::small()).color(ui.colours().muted));
}

/// What is wrong: the model that the project asks for is not here, or the file that was chosen is none.
pub(super) fn notice(screen: &Screen) -> Option<String> {
    if let Some(refused) = &screen.models.refused {
        return Some(refused.clone());
    }
    let missing = screen.models.missing.as_ref()?;
    let digest = match missing.short_digest() {
        "" => String::new(),
        digits => format!(" ({digits})"),
    };
    Some(format!("Model missing: put {}{digest} into {} and open the model menu", missing.name, folder()))
}

fn folder() -> String {
    folders::models().map_or_else(|| "the folder that ZITHER_HOME names".to_owned(), |path| path.display().to_string())
}
