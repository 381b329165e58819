//! What the librarian tells every editor of what holds for all projects.

use crate::browser::history::Stat;
use crate::browser::settings::Settings;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// What the user has set.
    pub settings: Settings,
    /// What is wrong with the file of the settings.
    pub trouble: Option<String>,
    /// How much is recorded of what the user does; kept up while a screen looks at it.
    pub history: HistoryView,
    /// What is being done with the history.
    pub doing: Option<HistoryOrder>,
    /// What became of the last order, as one sentence.
    pub done: Option<Result<String, String>>,
}

/// How much the history holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum HistoryView {
    /// Nobody has looked yet.
    #[default]
    Unread,
    /// Nothing was recorded so far; the next deed begins it.
    Empty,
    /// It cannot be read, for this reason.
    Refused(String),
    /// It was read.
    Read(Stat),
}

/// Something that is done with the history as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOrder {
    /// From now on events are recorded, or are not, by all programs of this user.
    Record(bool),
    /// All events are erased, and what the ranking has learned of them. Hearts, stars and tags stay.
    Erase,
}
