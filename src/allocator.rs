//! Where memory comes from, the Lua VM's included.
//!
//! Strings and tables are many small blocks, which mimalloc takes and gives back in a few instructions, where glibc spends a third of
//! a program's time on joining its neighbours. Large blocks are glibc's: it makes them longer without a copy, and gives them back to the
//! system at once, so that the driver's memory follows what is in use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

use mimalloc::MiMalloc;

/// What mimalloc calls small, and is quickest at.
const SMALL_BYTES: usize = 1024;

/// The program's global allocator: mimalloc for blocks of up to 1,024 bytes, the system's for longer ones.
pub struct Allocator;

impl Allocator {
    /// Who has a block of this layout: its length, which whoever frees it knows, says it.
    #[inline]
    fn is_small(layout: Layout) -> bool {
        layout.size() <= SMALL_BYTES
    }
}

// SAFETY: each block comes from one of two allocators, and its layout, which is the same until it is freed or moved here, says which.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that both want.
        unsafe { if Self::is_small(layout) { MiMalloc.alloc(layout) } else { System.alloc(layout) } }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { if Self::is_small(layout) { MiMalloc.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) } }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; it came from the same one.
        unsafe { if Self::is_small(layout) { MiMalloc.dealloc(block, layout) } else { System.dealloc(block, layout) } }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `new_size` makes a layout with this alignment, and that the block has `layout`. A block that
        // changes hands is copied as far as both go, and freed by who had it, unless there was no memory.
        unsafe {
            let new = Layout::from_size_align_unchecked(new_size, layout.align());
            match (Self::is_small(layout), Self::is_small(new)) {
                (true, true) => MiMalloc.realloc(block, layout, new_size),
                (false, false) => System.realloc(block, layout, new_size),
                _ => {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_their_content_whoever_has_them() {
        let sizes = [1, 16, SMALL_BYTES, SMALL_BYTES + 1, 1 << 20, SMALL_BYTES + 1, SMALL_BYTES, 300, 1];
        for align in [1, 16, 64] {
            let mut layout = Layout::from_size_align(sizes[0], align).unwrap();
            // SAFETY: each layout is that of the block at that moment, and no byte outside of it is touched.
            unsafe {
                let mut block = Allocator.alloc_zeroed(layout);
                let mut known = vec![0; 1];
                for (step, &size) in sizes.iter().enumerate() {
                    block = Allocator.realloc(block, layout, size);
                    layout = Layout::from_size_align(size, align).unwrap();
                    assert_eq!(block.align_offset(align), 0);
                    let bytes = std::slice::from_raw_parts_mut(block, size);
                    let kept = known.len().min(size);
                    assert_eq!(bytes[..kept], known[..kept], "{size}, aligned by {align}");
                    bytes.fill(step as u8 + 1);
                    known = bytes.to_vec();
                }
                Allocator.dealloc(block, layout);
                let layout = Layout::from_size_align(5000, align).unwrap();
                let zeroed = Allocator.alloc_zeroed(layout);
                assert!(std::slice::from_raw_parts(zeroed, 5000).iter().all(|&byte| byte == 0));
                Allocator.dealloc(zeroed, layout);
            }
        }
    }
}
