//! Subnormal numbers cost a hundred cycles each and are never heard.

/// While this lives, the calling thread takes subnormal numbers for zero and never makes one (FTZ and DAZ on x86-64,
/// FZ on AArch64; elsewhere nothing). Dropping it restores what was set before. Made on the audio thread around
/// rendering; not `Send`, because the setting belongs to the thread.
pub struct DenormalsAreZero {
    before: Register,
    thread_bound: std::marker::PhantomData<*const ()>,
}

impl DenormalsAreZero {
    /// Sets both bits for this thread.
    #[must_use = "the setting ends when this is dropped"]
    #[expect(clippy::new_without_default, reason = "a guard is not a value to default to")]
    pub fn new() -> Self {
        let before = read();
        write(before | FLUSH);
        Self { before, thread_bound: std::marker::PhantomData }
    }
}

impl Drop for DenormalsAreZero {
    fn drop(&mut self) {
        write(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
use x86_64::{FLUSH, Register, read, write};
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::asm;

    pub(super) type Register = u32;
    /// MXCSR bits 15 (flush to zero) and 6 (denormals are zero); Intel SDM volume 1, 10.2.3.
    pub(super) const FLUSH: Register = (1 << 15) | (1 << 6);

    pub(super) fn read() -> Register {
        let mut register: Register = 0;
        // SAFETY: stores MXCSR to the four bytes of a live local.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut register, options(nostack, preserves_flags)) };
        register
    }

    pub(super) fn write(register: Register) {
        // SAFETY: loads MXCSR from four bytes that `read` stored, with two defined bits added: no reserved bit is set.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const register, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
use aarch64::{FLUSH, Register, read, write};
#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use std::arch::asm;

    pub(super) type Register = u64;
    /// FPCR bit 24 (flush to zero); Arm ARM, FPCR.FZ.
    pub(super) const FLUSH: Register = 1 << 24;

    pub(super) fn read() -> Register {
        let register: Register;
        // SAFETY: reads the floating-point control register into a register.
        unsafe { asm!("mrs {}, fpcr", out(reg) register, options(nostack, nomem, preserves_flags)) };
        register
    }

    pub(super) fn write(register: Register) {
        // SAFETY: writes back what `read` gave, with one defined bit added.
        unsafe { asm!("msr fpcr, {}", in(reg) register, options(nostack, nomem, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use other::{FLUSH, Register, read, write};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod other {
    pub(super) type Register = u32;
    pub(super) const FLUSH: Register = 0;

    pub(super) fn read() -> Register {
        0
    }

    pub(super) fn write(_: Register) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn subnormals_are_zero_while_the_guard_lives_and_only_then() {
        let smallest = f32::MIN_POSITIVE;
        assert_ne!(black_box(smallest) * black_box(0.5), 0.0);
        {
            let _guard = DenormalsAreZero::new();
            assert_eq!(black_box(smallest) * black_box(0.5), 0.0, "made");
            assert_eq!(black_box(f32::from_bits(1_000_000)) * black_box(1e10), 0.0, "taken");
        }
        assert_ne!(black_box(smallest) * black_box(0.5), 0.0);
    }
}
