//! Which presets of the library a command is about.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::browser::folders;
use crate::browser::library::{Entry, Facet, Library, Look, Order, Permission, Query, Scanner};

/// Presets by what they have in common. Case and diacritics do not matter.
#[derive(clap::Args, Default)]
pub(super) struct Filter {
    /// Only presets of this bank; several are one or the other.
    #[arg(long)]
    bank: Vec<String>,
    /// Only presets of this category; several are one or the other.
    #[arg(long)]
    category: Vec<String>,
    /// Only presets with this tag; of several, with all.
    #[arg(long)]
    tag: Vec<String>,
    /// Only presets of this author; several are one or the other.
    #[arg(long)]
    author: Vec<String>,
    /// Only presets that may be handed on without asking.
    #[arg(long)]
    safe_to_export: bool,
    /// The presets folder [default: yours]. The presets that are built in are part of the library in any case.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Filter {
    /// The library, read from its folder.
    pub(super) fn library(&self) -> Result<Library> {
        let mut scanner = Scanner::new(Some(folder(self.folder.clone())?));
        scanner.look(Look::Files, &|| true);
        Ok(scanner.library())
    }

    /// What is asked of it, with beginnings of words.
    pub(super) fn query(&self, words: &[String]) -> Query {
        let mut query = Query::of_text(&words.join(" "));
        let facets = [Facet::Bank, Facet::Category, Facet::Tag, Facet::Author];
        for (facet, names) in facets.into_iter().zip([&self.bank, &self.category, &self.tag, &self.author]) {
            names.iter().for_each(|name| query.choose(facet, name, true));
        }
        for permission in
            Permission::ALL.into_iter().filter(|permission| self.safe_to_export && permission.may_export())
        {
            query.choose(Facet::Permission, permission.name(), true);
        }
        query
    }

    /// The presets that it leaves, in the order of their names.
    pub(super) fn entries<'a>(&self, library: &'a Library, words: &[String]) -> Vec<&'a Entry> {
        let found = library.find(&self.query(words), &Default::default(), Order::Name);
        found.rows.into_iter().map(|row| &library.entries()[row as usize]).collect()
    }
}

/// The folder that is named, or the user's.
pub(super) fn folder(named: Option<PathBuf>) -> Result<PathBuf> {
    named.or_else(folders::presets).context("this system names no home folder: name one by --folder")
}
