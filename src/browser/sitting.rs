//! What a user's acts on one instance mean: the one place that decides what is a load, a keep, an audition and an abandon.
//!
//! Pure: acts and times go in, events come out. A preset that is loaded comes to one of these ends:
//!
//! - *keep*, once a load: something of it was heard for [`KEEP_HEARD`], or it was changed, saved, hearted, exported, or was
//!   still there when the host saved the project. Not before it was loaded for [`SOON`], unless it is replaced before.
//! - *abandon*: replaced within [`SOON`] and not kept, or taken back within [`SOON`].
//! - *undo*: taken back later.
//! - *audition*: replaced later, not kept, and heard for [`AUDITION_HEARD`].
//!
//! A preset that is tried from the list is not loaded until the user takes it; one that is left again was an audition, if
//! anything of it was heard. What a project brings along was chosen at another time: it is kept only by what is done to it.

use super::usage::{Deed, Event, PresetId, SessionId, Shelf};

/// Milliseconds of sound that keep a preset.
pub const KEEP_HEARD: u32 = 30_000;
/// Milliseconds of sound that make a preset that was not kept an audition.
pub const AUDITION_HEARD: u32 = 10_000;
/// Milliseconds of sound that make a preset of the list an audition: less is browsing past it.
pub const TRIED_HEARD: u32 = 500;
/// Milliseconds within which replacing a preset means that it was not wanted.
pub const SOON: i64 = 10_000;
/// Milliseconds without any act after which another session begins.
pub const REST: i64 = 3_600_000;

/// Where a preset stood in the browser: its shelf and its row, from 0.
pub type Shown = Option<(Shelf, u16)>;

/// What is done to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A preset becomes its sound, in the editor, by the host's browser or by a MIDI program.
    Loaded(PresetId, Shown),
    /// A preset becomes its sound for as long as the list is walked through.
    Tried(PresetId, Shown),
    /// The preset that is tried is taken.
    Taken,
    /// The preset that is tried is left, and what was there before it is there again.
    Left,
    /// The load is taken back; what was there before, if it was a preset, is there again.
    Undone(Option<PresetId>),
    /// A project's state becomes its sound; the preset that it was made from, where it is known.
    Restored(Option<PresetId>),
    /// So many more milliseconds of it were audible.
    Heard(u32),
    /// The user turned a control of the sound.
    Tweaked,
    /// The sound was saved as a preset, which it is now.
    Saved(PresetId),
    /// Something was said of any preset: a heart, an export, or that it is not to be shown.
    Said(PresetId, Deed),
    /// The host saved the project.
    ProjectSaved,
    /// The instance goes.
    Closed,
}

/// How a preset came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Loaded,
    Tried,
    Restored,
}

/// Whether a preset is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    No,
    /// It is, once it was there for [`SOON`].
    Due,
    Told,
}

/// The preset that an instance plays.
#[derive(Clone, Copy, Debug)]
struct Playing {
    preset: PresetId,
    origin: Origin,
    shown: Shown,
    /// Since when, in milliseconds since 1970.
    since: i64,
    /// Whether its load was told: of what is tried it is, once something is done to it.
    is_told: bool,
    /// Milliseconds of sound so far.
    heard: u32,
    keep: Keep,
    tweaked: bool,
}

/// One instance from when it is made until it goes. Owned by one thread.
#[derive(Clone, Debug)]
pub struct Sitting {
    session: SessionId,
    /// The last act, in milliseconds since 1970.
    touched: i64,
    playing: Option<Playing>,
    /// What played before the preset that is tried.
    before: Option<Playing>,
}

/// The events of one act.
struct Out {
    time: i64,
    session: SessionId,
    events: Vec<Event>,
}

impl Sitting {
    /// An instance that is made `now`, in milliseconds since 1970, with a session of its own.
    #[must_use]
    pub fn new(session: SessionId, now: i64) -> Self {
        Self { session, touched: now, playing: None, before: None }
    }

    /// The running session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The preset that was loaded or restored last; one that is tried does not count.
    #[must_use]
    pub fn loaded(&self) -> Option<PresetId> {
        let tried = self.playing.is_some_and(|playing| playing.origin == Origin::Tried);
        if tried { self.before } else { self.playing }.map(|playing| playing.preset)
    }

    /// What an act at this time means, in no project yet. Acts come in the order of their times; a clock that was set back
    /// does no harm.
    #[must_use]
    pub fn act(&mut self, act: Act, now: i64) -> Vec<Event> {
        self.touch(act, now);
        let mut out = Out { time: now.div_euclid(1_000), session: self.session, events: Vec::new() };
        self.tell_due(now, false, &mut out);
        match act {
            Act::Loaded(preset, shown) => {
                self.leave(now, Some(preset), &mut out);
                self.begin(Playing::new(preset, Origin::Loaded, shown, now), &mut out);
            }
            Act::Tried(preset, shown) => self.try_out(Playing::new(preset, Origin::Tried, shown, now), now, &mut out),
            Act::Taken => self.take(now, &mut out),
            Act::Left => self.go_back(now, &mut out),
            Act::Undone(to) => self.undo(to, now, &mut out),
            Act::Restored(preset) => self.restore(preset, now, &mut out),
            Act::Heard(millis) => self.hear(millis, now, &mut out),
            Act::Tweaked => self.tweak(now, &mut out),
            Act::Saved(preset) => self.save(preset, now, &mut out),
            Act::Said(preset, deed) => self.say(preset, deed, now, &mut out),
            Act::ProjectSaved => self.save_project(now, &mut out),
            Act::Closed => self.leave(now, None, &mut out),
        }
        out.events
    }

    /// Another session begins with the first act after a rest.
    fn touch(&mut self, act: Act, now: i64) {
        if act == Act::Heard(0) {
            return;
        }
        if now.saturating_sub(self.touched) > REST {
            self.session = SessionId::of(&[self.session.0.as_slice(), &now.to_le_bytes()].concat());
        }
        self.touched = now;
    }

    /// Tells of a keep whose time has come: the preset has been there for long enough, or goes without being taken back.
    fn tell_due(&mut self, now: i64, goes: bool, out: &mut Out) {
        if let Some(playing) = &mut self.playing
            && playing.keep == Keep::Due
            && (goes || playing.dwell(now) >= SOON)
        {
            playing.keep = Keep::Told;
            out.put(playing, Deed::Keep, now);
        }
    }

    fn begin(&mut self, playing: Playing, out: &mut Out) {
        out.put(&playing, Deed::Load, playing.since);
        self.playing = Some(playing);
    }

    /// What becomes of the preset that plays, as another takes its place.
    fn leave(&mut self, now: i64, next: Option<PresetId>, out: &mut Out) {
        self.leave_tried(now, out);
        self.tell_due(now, true, out);
        if let Some(playing) = self.playing.take().filter(|playing| Some(playing.preset) != next) {
            playing.end(now, next.is_some(), out);
        }
    }

    /// Leaves the preset that is tried, if one is; what was there before it plays again.
    fn leave_tried(&mut self, now: i64, out: &mut Out) {
        if let Some(tried) = self.playing.filter(|playing| playing.origin == Origin::Tried) {
            self.tell_due(now, true, out);
            if !tried.is_told && tried.heard >= TRIED_HEARD {
                out.put(&tried, Deed::Audition, now);
            }
            self.playing = self.before.take();
        }
    }

    fn try_out(&mut self, tried: Playing, now: i64, out: &mut Out) {
        self.leave_tried(now, out);
        self.before = self.playing.replace(tried);
    }

    fn take(&mut self, now: i64, out: &mut Out) {
        let Some(tried) = self.playing.filter(|playing| playing.origin == Origin::Tried) else { return };
        self.playing = self.before.take();
        self.tell_due(now, true, out);
        if let Some(before) = self.playing.take().filter(|before| before.preset != tried.preset) {
            before.end(now, true, out);
        }
        if tried.is_told {
            self.playing = Some(Playing { origin: Origin::Loaded, ..tried });
        } else {
            self.begin(Playing { origin: Origin::Loaded, since: now, is_told: true, ..tried }, out);
        }
    }

    fn go_back(&mut self, now: i64, out: &mut Out) {
        self.leave_tried(now, out);
        self.tell_due(now, false, out);
    }

    fn undo(&mut self, to: Option<PresetId>, now: i64, out: &mut Out) {
        self.leave_tried(now, out);
        if let Some(playing) = self.playing.take() {
            let deed = if playing.dwell(now) < SOON { Deed::Abandon } else { Deed::Undo };
            out.put(&playing, deed, now);
        }
        self.playing = to.map(|preset| Playing::new(preset, Origin::Restored, None, now));
    }

    fn restore(&mut self, preset: Option<PresetId>, now: i64, out: &mut Out) {
        if self.playing.is_some_and(|playing| playing.origin != Origin::Tried && Some(playing.preset) == preset) {
            // Hosts set the state that is there already, for reasons of their own.
            return;
        }
        self.leave(now, preset.or(Some(PresetId::default())), out);
        self.playing = preset.map(|preset| Playing::new(preset, Origin::Restored, None, now));
    }

    fn hear(&mut self, millis: u32, now: i64, out: &mut Out) {
        let Some(playing) = &mut self.playing else { return };
        playing.heard = playing.heard.saturating_add(millis);
        if playing.heard >= KEEP_HEARD && playing.origin != Origin::Restored {
            self.keep(now, out);
        }
    }

    fn tweak(&mut self, now: i64, out: &mut Out) {
        self.admit(now, out);
        let Some(playing) = &mut self.playing else { return };
        if !std::mem::replace(&mut playing.tweaked, true) {
            out.put(playing, Deed::Tweak, now);
        }
        self.keep(now, out);
    }

    fn save(&mut self, preset: PresetId, now: i64, out: &mut Out) {
        self.take(now, out);
        self.keep(now, out);
        self.tell_due(now, true, out);
        let before = self.playing.take();
        let saved = Playing { keep: Keep::Told, ..Playing::new(preset, Origin::Loaded, None, now) };
        out.put(&saved, Deed::Save, now);
        if before.is_none_or(|before| before.preset != preset) {
            out.put(&saved, Deed::Keep, now);
        }
        self.playing = Some(saved);
    }

    fn say(&mut self, preset: PresetId, deed: Deed, now: i64, out: &mut Out) {
        let playing = self.playing.filter(|playing| playing.preset == preset);
        let keeps = playing.is_some() && matches!(deed, Deed::Favourite | Deed::Export);
        if keeps {
            self.admit(now, out);
        }
        out.put(&playing.unwrap_or(Playing::new(preset, Origin::Restored, None, now)), deed, now);
        if keeps {
            self.keep(now, out);
        }
    }

    /// Hosts save at any change, too, so what was there for a moment only was not saved on purpose.
    fn save_project(&mut self, now: i64, out: &mut Out) {
        let chosen = |playing: &Playing| playing.origin == Origin::Loaded && playing.dwell(now) >= SOON;
        if self.playing.as_ref().is_some_and(chosen) {
            self.keep(now, out);
        }
    }

    /// Tells that what is tried was loaded after all, because something is done to it.
    fn admit(&mut self, now: i64, out: &mut Out) {
        if let Some(playing) = self.playing.as_mut().filter(|playing| !playing.is_told) {
            playing.is_told = true;
            out.put(playing, Deed::Load, now);
        }
    }

    fn keep(&mut self, now: i64, out: &mut Out) {
        self.admit(now, out);
        if let Some(playing) = self.playing.as_mut().filter(|playing| playing.keep == Keep::No) {
            playing.keep = Keep::Due;
            self.tell_due(now, false, out);
        }
    }
}

impl Playing {
    fn new(preset: PresetId, origin: Origin, shown: Shown, since: i64) -> Self {
        let is_told = origin != Origin::Tried;
        Self { preset, origin, shown, since, is_told, heard: 0, keep: Keep::No, tweaked: false }
    }

    /// Milliseconds since it came.
    fn dwell(&self, now: i64) -> i64 {
        now.saturating_sub(self.since).max(0)
    }

    /// What it comes to as it goes, `replaced` by another or with its instance.
    fn end(&self, now: i64, replaced: bool, out: &mut Out) {
        if self.origin != Origin::Loaded || self.keep != Keep::No {
            return;
        }
        if replaced && self.dwell(now) < SOON {
            out.put(self, Deed::Abandon, now);
        } else if self.heard >= AUDITION_HEARD {
            out.put(self, Deed::Audition, now);
        }
    }
}

impl Out {
    fn put(&mut self, playing: &Playing, deed: Deed, now: i64) {
        self.events.push(Event {
            time: self.time,
            session: self.session,
            project: None,
            preset: playing.preset,
            deed,
            dwell_ms: u32::try_from(playing.dwell(now)).unwrap_or(u32::MAX),
            shown: playing.shown,
        });
    }
}

#[cfg(test)]
mod tests;
