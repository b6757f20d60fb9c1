//! The packet socket and the memory it shares with the kernel: the only unsafe code of the capture.
//!
//! Everything unsafe is a call into the C library with pointers to values that outlive it, or a read of the
//! ring. The ring's argument: a block whose status has the bit `TP_STATUS_USER` belongs to us, the kernel does
//! not write into it until we clear its status. So shared references into a block are given only while it is
//! held, borrowing the `Ring`, and giving a block back needs the `Ring` mutably. Offsets that the kernel wrote
//! are checked against the block all the same.
//!
//! This module receives only; see the proof in the parent module.
#![allow(unsafe_code)]

mod interface;
mod ring;

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::time::Duration;

use libc::socklen_t;

pub(super) use self::interface::{interface_index, interface_names, interface_state};
pub(super) use self::ring::{Packet, Ring, Wait};
use crate::capture::filter::Instruction;

/// The size of a ring.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) block_size: u32,
    pub(super) blocks: u32,
    pub(super) retire: Duration,
}

/// A packet socket that receives nothing yet: it is not bound.
pub(super) struct Socket(OwnedFd);

impl Socket {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers.
        let socket = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a descriptor that was just made and that nobody else owns.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(socket) }))
    }

    /// Lets the kernel run a filter on each frame; must come before `bind`.
    pub(super) fn filter(&self, program: &[Instruction]) -> io::Result<()> {
        let mut code: Vec<_> = program
            .iter()
            .map(|step| libc::sock_filter {
                code: step.code,
                jt: step.yes,
                jf: step.no,
                k: step.constant,
            })
            .collect();
        let length = u16::try_from(code.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let program = libc::sock_fprog {
            len: length,
            filter: code.as_mut_ptr(),
        };
        // The instructions outlive the call, which copies them.
        set(&self.0, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }

    /// Maps the receive ring.
    pub(super) fn ring(self, size: Size) -> io::Result<Ring> {
        let version = libc::tpacket_versions::TPACKET_V3 as c_int;
        set(&self.0, libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
        // Version 3 packs frames of any length; the kernel only wants these numbers to agree.
        let frame_size = 2_048;
        let frames = (size.block_size / frame_size).checked_mul(size.blocks);
        let request = libc::tpacket_req3 {
            tp_block_size: size.block_size,
            tp_block_nr: size.blocks,
            tp_frame_size: frame_size,
            tp_frame_nr: frames.ok_or(io::ErrorKind::InvalidInput)?,
            tp_retire_blk_tov: u32::try_from(size.retire.as_millis()).unwrap_or(u32::MAX),
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(&self.0, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let (block_size, blocks) = (size.block_size as usize, size.blocks as usize);
        let length = block_size
            .checked_mul(blocks)
            .ok_or(io::ErrorKind::InvalidInput)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a fresh mapping of the ring that the call above made, of exactly its size; nobody else maps it.
        let memory = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                protection,
                libc::MAP_SHARED,
                self.0.as_raw_fd(),
                0,
            )
        };
        let memory = NonNull::new(memory.cast::<u8>()).filter(|_| memory != libc::MAP_FAILED);
        let memory = memory.ok_or_else(io::Error::last_os_error)?;
        // SAFETY: the mapping was made above, has this size, and only this ring knows of it.
        Ok(unsafe { Ring::new(self.0, memory, block_size, blocks) })
    }
}

/// Plain C structures: every pattern of bits is a value.
trait Plain: Copy {}
impl Plain for c_int {}
impl Plain for libc::tpacket_stats_v3 {}

fn set<T>(socket: &OwnedFd, level: c_int, option: c_int, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as socklen_t;
    // SAFETY: the value outlives the call and has the length that is said; what it points to is the caller's.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            ptr::from_ref(value).cast::<c_void>(),
            length,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn get<T: Plain>(socket: &OwnedFd, level: c_int, option: c_int) -> io::Result<T> {
    // SAFETY: all zeros is a value of a plain structure.
    let mut value: T = unsafe { std::mem::zeroed() };
    let mut length = size_of::<T>() as socklen_t;
    // SAFETY: value and length outlive the call, which writes at most so many bytes.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw mut value).cast::<c_void>(),
            &raw mut length,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(value)
    }
}
