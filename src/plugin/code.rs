//! The plugin's own code and constants, in memory before the first block.
//!
//! A program's file is read and mapped page by page, when a page is first used. A block that is the first to need one
//! would wait for the kernel, on a cold system for the disk.

/// Has every page of this library, or of the program that contains it, read and mapped; once per process. It takes about
/// a millisecond where the file has been read before. Systems other than Linux are not asked.
///
/// Never on the audio thread.
pub(super) fn make_resident() {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    linux::make_resident();
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod linux {
    use std::ffi::{c_int, c_void};
    use std::ops::Range;
    use std::ptr::{null_mut, with_exposed_provenance};
    use std::slice;
    use std::sync::Once;

    /// No system has smaller pages.
    const PAGE: usize = 4096;

    pub(super) fn make_resident() {
        static DONE: Once = Once::new();
        DONE.call_once(|| {
            // SAFETY: `visit` is what the loader calls for; it needs no data.
            unsafe { libc::dl_iterate_phdr(Some(visit), null_mut()) };
        });
    }

    /// Called by the loader for each loaded file: reads a byte of each page of the one that holds this function, and stops.
    unsafe extern "C" fn visit(file: *mut libc::dl_phdr_info, _size: usize, _data: *mut c_void) -> c_int {
        // SAFETY: the loader describes a file that is loaded, with this many headers; none is unloaded meanwhile.
        let (base, headers) =
            unsafe { ((*file).dlpi_addr, slice::from_raw_parts((*file).dlpi_phdr, (*file).dlpi_phnum.into())) };
        let readable = |header: &&libc::Elf64_Phdr| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_R != 0;
        let memory = |header: &libc::Elf64_Phdr| -> Range<usize> {
            let start = base + header.p_vaddr;
            (start as usize & !(PAGE - 1))..(start + header.p_filesz) as usize
        };
        if !headers.iter().filter(readable).any(|header| memory(header).contains(&(make_resident as fn() as usize))) {
            return 0;
        }
        for page in headers.iter().filter(readable).flat_map(|header| memory(header).step_by(PAGE)) {
            // SAFETY: within a segment that is mapped and may be read.
            unsafe { with_exposed_provenance::<u8>(page).read_volatile() };
        }
        1
    }
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// The kernel's figures of the mapping that holds `address`: its size and what of it is in memory, in KiB.
    fn mapping(address: usize) -> (usize, usize) {
        let maps = std::fs::read_to_string("/proc/self/smaps").expect("the kernel tells");
        let number = |digits: &str| usize::from_str_radix(digits, 16).ok();
        let holds = |line: &&str| {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let range = range.and_then(|(start, end)| Some(number(start)?..number(end)?));
            range.is_some_and(|range| range.contains(&address))
        };
        let mut lines = maps.lines().skip_while(|line| !holds(line));
        let mut figure = |name: &str| {
            let words = lines.find_map(|line| line.strip_prefix(name)).expect("a figure of that name");
            words.trim_end_matches(" kB").trim().parse().expect("a number")
        };
        (figure("Size:"), figure("Rss:"))
    }

    #[test]
    fn all_code_is_in_memory_before_it_runs() {
        make_resident();
        let (size, resident) = mapping(make_resident as fn() as usize);
        assert!(size > 1_000, "{size} KiB are not all of the code");
        assert_eq!(resident, size, "KiB");
    }
}
