//! `zitherctl history stat`: how much the history holds.

use anyhow::Result;
use clap::Args;

use super::{Database, about_aside};
use crate::browser::history::{Reader, set_aside};

/// Says where the history lies and how much it holds.
#[derive(Args)]
pub(in crate::cli) struct Stat {
    #[command(flatten)]
    database: Database,
}

impl Stat {
    pub(super) fn run(self) -> Result<()> {
        let path = self.database.path()?;
        println!("database: {}", path.display());
        set_aside(&path).iter().for_each(|file| println!("{}", about_aside(file)));
        let Some(stat) = Reader::of(&path).stat()? else {
            println!("nothing was recorded yet");
            return Ok(());
        };
        println!("recording: {}", if stat.recording { "on" } else { "off" });
        let deeds: Vec<_> = stat.deeds.iter().map(|(deed, count)| format!("{} {count}", deed.name())).collect();
        let events: u32 = stat.deeds.iter().map(|(_, count)| count).sum();
        println!("events: {events}{}{}", if deeds.is_empty() { "" } else { ": " }, deeds.join(", "));
        if let Some((first, last)) = &stat.days {
            println!("days: {first} to {last}");
        }
        println!("sessions: {}, projects: {}, presets: {}", stat.sessions, stat.projects, stat.presets);
        println!(
            "hearts: {}, with stars: {}, hidden: {}, with own tags: {}",
            stat.favourites, stat.rated, stat.hidden, stat.tagged
        );
        println!("lost: {}", stat.lost);
        Ok(())
    }
}
