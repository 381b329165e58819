//! How a preset that was loaded in the editor is told to the host, so that the host's own browser shows it too.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Asks the host for a call on its main thread.
type Call = Box<dyn Fn() + Send>;

/// A preset's file, none where it is built in, and its name.
pub type Announced = (Option<PathBuf>, String);

/// The preset that was loaded last in the editor, until the host's main thread takes it. Never touched on the audio
/// thread.
#[derive(Default)]
pub struct Announcement {
    preset: Mutex<Option<Announced>>,
    /// None where the plugin format has no way to tell a host.
    call: Mutex<Option<Call>>,
}

impl Announcement {
    /// Says how the host is asked for its main thread, or that it is no longer there.
    pub fn connect(&self, call: Option<Call>) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = call;
    }

    /// The preset of this file, or the built-in one of this name, was loaded.
    pub fn make(&self, file: Option<&Path>, name: &str) {
        if let Some(call) = &*self.call.lock().unwrap_or_else(PoisonError::into_inner) {
            let announced = (file.map(Path::to_owned), name.to_owned());
            *self.preset.lock().unwrap_or_else(PoisonError::into_inner) = Some(announced);
            call();
        }
    }

    /// What waits. Main thread.
    #[must_use]
    pub fn take(&self) -> Option<Announced> {
        self.preset.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_host_that_can_be_called_is_called_for_each_preset_and_takes_the_last() {
        let (announcement, calls) = (Announcement::default(), Arc::new(AtomicUsize::new(0)));
        announcement.make(Some(Path::new("/a.zither")), "A");
        assert_eq!(announcement.take(), None, "nobody would come for it");
        let called = Arc::clone(&calls);
        announcement.connect(Some(Box::new(move || {
            called.fetch_add(1, Ordering::Relaxed);
        })));
        announcement.make(Some(Path::new("/a.zither")), "A");
        announcement.make(None, "B");
        assert_eq!((calls.load(Ordering::Relaxed), announcement.take()), (2, Some((None, "B".to_owned()))));
        assert_eq!(announcement.take(), None);
        announcement.connect(None);
        announcement.make(None, "C");
        assert_eq!((calls.load(Ordering::Relaxed), announcement.take()), (2, None));
    }
}
