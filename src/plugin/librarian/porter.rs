//! What takes its time for one instance, on a thread of its own, so that lists are answered meanwhile: one import or export,
//! which can be watched and stopped.

use std::sync::Arc;
use std::thread::JoinHandle;

use super::errands;
use crate::bridge::{Desk, Parcel, Work, WorkKind};
use crate::browser::library::{Course, Intake, Library, PresetFolder};

/// Why nothing is begun meanwhile.
const BUSY: &str = "something else is being done; wait for it, or stop it";

/// Who carries presets in and out. Owned by the librarian's thread; whoever drops it waits until it has stopped.
#[derive(Default)]
pub(super) struct Porter(Option<Job>);

struct Job {
    kind: WorkKind,
    course: Arc<Course>,
    thread: Option<JoinHandle<Outcome>>,
}

/// What came of it.
pub(super) enum Outcome {
    Imported(Result<Intake, String>),
    Exported(Parcel, Result<String, String>),
}

impl Porter {
    /// Takes in what lies there.
    pub(super) fn import(&mut self, file: String, desk: &Desk) {
        let work = move |course: &Course| {
            let folder = PresetFolder::of_user().map_err(|error| error.to_string());
            Outcome::Imported(folder.and_then(|folder| errands::import(&folder, &file, course)))
        };
        if let Err(reason) = self.begin(WorkKind::Import, work) {
            desk.tell_imported(Err(format!("Not imported: {reason}.")));
        }
    }

    /// Hands presets on.
    pub(super) fn export(&mut self, library: Arc<Library>, parcel: Parcel, folder: String, desk: &Desk) {
        let work = move |course: &Course| {
            let said = errands::export(&library, &parcel, &folder, course);
            Outcome::Exported(parcel, said)
        };
        if let Err(reason) = self.begin(WorkKind::Export, work) {
            desk.tell_done(Err(format!("Not exported: {reason}.")));
        }
    }

    fn begin(&mut self, kind: WorkKind, work: impl FnOnce(&Course) -> Outcome + Send + 'static) -> Result<(), String> {
        if self.0.is_some() {
            return Err(BUSY.to_owned());
        }
        let course = Arc::new(Course::default());
        let theirs = Arc::clone(&course);
        let thread = std::thread::Builder::new().name("zither-porter".into()).spawn(move || work(&theirs));
        self.0 = Some(Job { kind, course, thread: Some(thread.map_err(|error| error.to_string())?) });
        Ok(())
    }

    /// Ends it with what was done so far.
    pub(super) fn stop(&self) {
        if let Some(job) = &self.0 {
            job.course.stop();
        }
    }

    /// Tells how far it is; what came of it, once.
    pub(super) fn tend(&mut self, desk: &Desk) -> Option<Outcome> {
        let job = self.0.as_mut()?;
        if job.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            desk.tell_work(Some(Work { kind: job.kind, so_far: job.course.so_far() }));
            return None;
        }
        let outcome = job.thread.take().and_then(|thread| thread.join().ok());
        self.0 = None;
        desk.tell_work(None);
        outcome
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.course.stop();
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge;

    #[test]
    fn one_thing_is_done_at_a_time_until_it_is_over_or_stopped() {
        let screen = bridge::halves().1;
        let (desk, mut porter) = (screen.desk(), Porter::default());
        let until_stopped = |course: &Course| {
            while course.goes_on() {
                std::thread::yield_now();
            }
            Outcome::Imported(Ok(Intake { taken: 3, is_stopped: true, ..Intake::default() }))
        };
        porter.begin(WorkKind::Import, until_stopped).unwrap();
        assert!(porter.tend(desk).is_none());
        assert_eq!(desk.work(), Some(Work { kind: WorkKind::Import, so_far: (0, 0) }));
        porter.export(Arc::default(), Parcel::Bank("Mine".into()), "/".into(), desk);
        assert!(desk.take_done().unwrap().unwrap_err().contains("something else is being done"));
        porter.stop();
        let outcome = std::iter::from_fn(|| Some(porter.tend(desk))).flatten().next();
        assert!(matches!(outcome, Some(Outcome::Imported(Ok(Intake { taken: 3, is_stopped: true, .. })))));
        assert!(desk.work().is_none() && porter.tend(desk).is_none());
        porter.begin(WorkKind::Import, until_stopped).unwrap();
        // Whoever drops it does not wait for ever.
        drop(porter);
    }
}
