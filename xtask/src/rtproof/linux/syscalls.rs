//! Sees every system call of one thread: a seccomp filter on that thread alone makes the kernel send `SIGSYS` in its
//! place; the handler notes it and then carries it out, so that the thread goes on as if nothing had happened.
//!
//! One instruction is let through, our own in [`call`]: the handler uses it, and so does who asks the kernel what the
//! thread has been up to. Linux on x86-64 and AArch64; no privilege is needed. A filter stays until its thread ends.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_long, c_void};
use std::io;
use std::ptr::null_mut;
use std::sync::Once;

use libc::sock_filter;

/// The first system call of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trap {
    /// The kernel's number of it.
    pub(crate) number: c_long,
    /// Where it was made: the address after the instruction.
    pub(crate) address: usize,
}

/// What was seen of a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traps {
    /// System calls.
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) first: Option<Trap>,
}

thread_local! {
    // `const` and without a destructor: the handler reaches it without allocating. `None`: not counting.
    static TRAPS: Cell<Option<Traps>> = const { Cell::new(None) };
}

/// Has this thread's system calls trapped from now on.
///
/// # Errors
/// If the kernel refuses.
pub(crate) fn trap_this_thread() -> io::Result<()> {
    static HANDLER: Once = Once::new();
    let mut installed = Ok(());
    HANDLER.call_once(|| installed = install_handler());
    installed?;
    install_filter()
}

/// Runs `work` and counts the system calls that this thread makes meanwhile.
pub(crate) fn count<T>(work: impl FnOnce() -> T) -> (T, Traps) {
    TRAPS.set(Some(Traps::default()));
    let result = work();
    (result, TRAPS.take().unwrap_or_default())
}

unsafe extern "C" {
    /// A system call that the filter lets through. Returns what the kernel does: `-errno` on failure.
    fn zither_rtproof_call(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_long;
    /// The address after the instruction.
    static zither_rtproof_called: u8;
}

/// A system call that the filter lets through, with `-errno` for a failure.
///
/// # Safety
/// As the kernel's contract for `number`.
pub(super) unsafe fn call(number: c_long, arguments: [usize; 6]) -> c_long {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: as the caller promises.
    unsafe { zither_rtproof_call(number, a, b, c, d, e, f) }
}

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".globl zither_rtproof_call",
    ".globl zither_rtproof_called",
    "zither_rtproof_call:",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov rsi, rdx",
    "mov rdx, rcx",
    "mov r10, r8",
    "mov r8, r9",
    "mov r9, [rsp + 8]",
    "syscall",
    "zither_rtproof_called:",
    "ret",
);

#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".globl zither_rtproof_call",
    ".globl zither_rtproof_called",
    "zither_rtproof_call:",
    "mov x8, x0",
    "mov x0, x1",
    "mov x1, x2",
    "mov x2, x3",
    "mov x3, x4",
    "mov x4, x5",
    "mov x5, x6",
    "svc 0",
    "zither_rtproof_called:",
    "ret",
);

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// Allows our own instruction and the end of the handler, traps all else.
fn install_filter() -> io::Result<()> {
    let ours = &raw const zither_rtproof_called as u64;
    // Offsets into the kernel's `seccomp_data`; jumps count instructions from the next one.
    let load = |offset| step((libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, offset, 0, 0);
    let unless = |value, skipped| step((libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16, value, 0, skipped);
    let equal = |value, skipped| step((libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16, value, skipped, 0);
    let end = |answer| step((libc::BPF_RET | libc::BPF_K) as u16, answer, 0, 0);
    let mut steps = [
        load(4),
        unless(ARCHITECTURE, 6),
        load(0),
        equal(libc::SYS_rt_sigreturn as u32, 5),
        load(8),
        unless(ours as u32, 2),
        load(12),
        equal((ours >> 32) as u32, 1),
        end(libc::SECCOMP_RET_TRAP),
        end(libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: numbers, and a program that the kernel copies.
    let outcome = unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 {
            // This flag keeps the processor's speculation, and so the callback's speed, as they are.
            let (mode, flags) = (libc::SECCOMP_SET_MODE_FILTER, libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW);
            libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program)
        } else {
            -1
        }
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

const fn step(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn install_handler() -> io::Result<()> {
    // SAFETY: all zero is a valid action, and the handler has the signature that its flag asks for.
    let outcome = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = trapped as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaction(libc::SIGSYS, &raw const action, null_mut())
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The handler, on the thread that made the call. Makes no call but by [`call`].
unsafe extern "C" fn trapped(_signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over the thread's registers.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let (trap, arguments) = registers(context);
    if let Some(mut traps) = TRAPS.get() {
        traps.count += 1;
        traps.first = traps.first.or(Some(trap));
        TRAPS.set(Some(traps));
    }
    answer(context, carry_out(trap.number, arguments));
}

/// Makes the call for the thread, where that can be done from a signal handler.
fn carry_out(number: c_long, arguments: [usize; 6]) -> c_long {
    match number {
        // It may advise that the stack below, which is the handler's, be thrown away. Advice need not be taken.
        libc::SYS_madvise => 0,
        // A child would wake up on another stack in the middle of the stub.
        libc::SYS_clone | libc::SYS_clone3 => -c_long::from(libc::ENOSYS),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_fork | libc::SYS_vfork => -c_long::from(libc::ENOSYS),
        // SAFETY: the thread's own call, made a moment later.
        _ => unsafe { call(number, arguments) },
    }
}

#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> (Trap, [usize; 6]) {
    let register = |name: c_int| context.uc_mcontext.gregs[name as usize];
    let trap = Trap { number: register(libc::REG_RAX), address: register(libc::REG_RIP) as usize };
    let names = [libc::REG_RDI, libc::REG_RSI, libc::REG_RDX, libc::REG_R10, libc::REG_R8, libc::REG_R9];
    (trap, names.map(|name| register(name) as usize))
}

#[cfg(target_arch = "x86_64")]
fn answer(context: &mut libc::ucontext_t, result: c_long) {
    context.uc_mcontext.gregs[libc::REG_RAX as usize] = result;
}

#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> (Trap, [usize; 6]) {
    let registers = &context.uc_mcontext.regs;
    let trap = Trap { number: registers[8] as c_long, address: context.uc_mcontext.pc as usize };
    (trap, std::array::from_fn(|index| registers[index] as usize))
}

#[cfg(target_arch = "aarch64")]
fn answer(context: &mut libc::ucontext_t, result: c_long) {
    context.uc_mcontext.regs[0] = result as u64;
}

impl std::fmt::Display for Trap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match NAMES.iter().find(|(number, _)| *number == self.number) {
            Some((_, name)) => f.write_str(name)?,
            None => write!(f, "system call {}", self.number)?,
        }
        // SAFETY: all null is valid, and the call fills it.
        let mut place: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: any address may be asked for.
        if unsafe { libc::dladdr(self.address as *const c_void, &raw mut place) } == 0 || place.dli_fname.is_null() {
            return write!(f, " at {:#x}", self.address);
        }
        // SAFETY: the linker's strings live as long as the library is loaded.
        let file = unsafe { CStr::from_ptr(place.dli_fname) }.to_string_lossy();
        write!(f, " at {file}+{:#x}", self.address - place.dli_fbase as usize)
    }
}

/// Names of what is likely to be met.
const NAMES: &[(c_long, &str)] = &[
    (libc::SYS_brk, "brk"),
    (libc::SYS_clock_gettime, "clock_gettime"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_futex, "futex"),
    (libc::SYS_getpid, "getpid"),
    (libc::SYS_gettid, "gettid"),
    (libc::SYS_madvise, "madvise"),
    (libc::SYS_mmap, "mmap"),
    (libc::SYS_munmap, "munmap"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_read, "read"),
    (libc::SYS_rt_sigprocmask, "rt_sigprocmask"),
    (libc::SYS_sched_yield, "sched_yield"),
    (libc::SYS_write, "write"),
];
