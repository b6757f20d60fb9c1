//! The receive ring that is shared with the kernel.

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{socklen_t, tpacket_block_desc, tpacket_hdr_v1, tpacket3_hdr};

use super::{get, set};

/// Bytes of the block header before `tpacket_hdr_v1`, whose first field is the status.
const BLOCK_STATUS: usize = std::mem::offset_of!(tpacket_block_desc, hdr);
/// Where the link-layer address of a packet stands behind its header.
const ADDRESS: usize = libc::TPACKET3_HDRLEN - size_of::<libc::sockaddr_ll>();

/// What the kernel says about a packet of the ring.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture::live) struct Packet {
    pub(in crate::capture::live) seconds: u32,
    pub(in crate::capture::live) nanoseconds: u32,
    pub(in crate::capture::live) wire_length: u32,
    /// Type and control information of the tag that was taken out.
    pub(in crate::capture::live) vlan: Option<(u16, u16)>,
    /// Sent by this machine.
    pub(in crate::capture::live) outgoing: bool,
}

/// What waiting for the ring came to.
pub(in crate::capture::live) enum Wait {
    Ready,
    Quiet,
    /// The interface failed: an error number.
    Failed(io::Error),
}

/// The packets of a block that were not read yet.
#[derive(Clone, Copy)]
struct Held {
    left: u32,
    /// Offset in the block of the next packet's header.
    next: usize,
}

/// A receive ring.
///
/// Invariants: `memory` is a mapping of `block_size * blocks` bytes that lives until drop; `held` is `Some` only
/// while the block number `block < blocks` belongs to us; `current` is a range inside that block.
pub(in crate::capture::live) struct Ring {
    socket: OwnedFd,
    memory: NonNull<u8>,
    block_size: usize,
    blocks: usize,
    block: usize,
    held: Option<Held>,
    current: Option<(usize, usize)>,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for Ring {}

impl Ring {
    /// A ring that reads this mapping.
    ///
    /// # Safety
    /// `memory` is a mapping of `block_size * blocks` bytes, the receive ring of `socket`, used by nobody else.
    pub(super) unsafe fn new(socket: OwnedFd, memory: NonNull<u8>, block_size: usize, blocks: usize) -> Self {
        Self {
            socket,
            memory,
            block_size,
            blocks,
            block: 0,
            held: None,
            current: None,
        }
    }

    /// Starts to receive everything that the interface sees.
    pub(in crate::capture::live) fn bind(&self, interface: u32) -> io::Result<()> {
        // SAFETY: all zeros is a value of this plain structure.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = interface as c_int;
        let length = size_of_val(&address) as socklen_t;
        // SAFETY: the address outlives the call and has the length that is said.
        let result = unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), length) };
        if result < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// Receives also what is addressed to others, until the socket is closed.
    pub(in crate::capture::live) fn promiscuous(&self, interface: u32) -> io::Result<()> {
        let membership = libc::packet_mreq {
            mr_ifindex: interface as c_int,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        set(
            &self.socket,
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            &membership,
        )
    }

    /// Moves to the next packet and gives what is known of it; `None` when the kernel has handed over no more.
    ///
    /// The block of the packet before is given back when this one is in another block, so `bytes` must have been
    /// used by then: the borrow checker sees to it.
    pub(in crate::capture::live) fn advance(&mut self) -> Option<Packet> {
        self.current = None;
        loop {
            let mut held = match self.held {
                Some(held) => held,
                None => self.take_block()?,
            };
            if held.left > 0
                && let Some((packet, start, end, next)) = self.packet(held.next)
            {
                held.left -= 1;
                held.next = next;
                self.held = Some(held);
                self.current = Some((start, end));
                return Some(packet);
            }
            self.give_back();
        }
    }

    /// The bytes of the packet that `advance` moved to.
    pub(in crate::capture::live) fn bytes(&self) -> &[u8] {
        let Some((start, end)) = self.current else {
            return &[];
        };
        // SAFETY: `current` lies in the block that is held, so the kernel does not write there while `self` is
        // borrowed, and the mapping holds initialised memory.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(start), end - start) }
    }

    /// True when packets can be read without waiting.
    pub(in crate::capture::live) fn has_more(&self) -> bool {
        self.held.is_some_and(|held| held.left > 0) || self.is_ours(self.block)
    }

    fn status(&self, block: usize) -> &AtomicU32 {
        debug_assert!(block < self.blocks);
        // SAFETY: in the mapping, aligned to the page like every block, and only ever used as an atomic here.
        unsafe {
            AtomicU32::from_ptr(
                self.memory
                    .as_ptr()
                    .add(block * self.block_size + BLOCK_STATUS)
                    .cast(),
            )
        }
    }

    fn is_ours(&self, block: usize) -> bool {
        // Acquire: what the kernel wrote before it handed the block over is seen after this.
        self.status(block).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// Takes the next block if the kernel has handed it over.
    fn take_block(&mut self) -> Option<Held> {
        if !self.is_ours(self.block) {
            return None;
        }
        // SAFETY: the header is at the start of a block that is ours, and a plain structure.
        let header = unsafe {
            let at = self
                .memory
                .as_ptr()
                .add(self.block * self.block_size + BLOCK_STATUS);
            ptr::read(at.cast::<tpacket_hdr_v1>())
        };
        let held = Held {
            left: header.num_pkts,
            next: header.offset_to_first_pkt as usize,
        };
        self.held = Some(held);
        Some(held)
    }

    /// Gives the block back to the kernel and turns to the one after it.
    fn give_back(&mut self) {
        self.held = None;
        // Release: all reads of the block are done before this is seen.
        self.status(self.block)
            .store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.block = (self.block + 1) % self.blocks;
    }

    /// The packet whose header is at an offset of the block that is held: what is known of it, where it starts
    /// and ends in the mapping, and the offset of the header after it. `None` when it does not fit the block.
    fn packet(&self, at: usize) -> Option<(Packet, usize, usize, usize)> {
        if at.checked_add(ADDRESS + size_of::<libc::sockaddr_ll>())? > self.block_size {
            return None;
        }
        let block = self.block * self.block_size;
        // SAFETY: both lie within the block that is held, as checked above, and are plain structures.
        let (header, address) = unsafe {
            let start = self.memory.as_ptr().add(block + at);
            (
                ptr::read_unaligned(start.cast::<tpacket3_hdr>()),
                ptr::read_unaligned(start.add(ADDRESS).cast::<libc::sockaddr_ll>()),
            )
        };
        let start = at.checked_add(usize::from(header.tp_mac))?;
        let end = start.checked_add(header.tp_snaplen as usize)?;
        if end > self.block_size {
            return None;
        }
        let is = |flag: u32| header.tp_status & flag != 0;
        let tag = header.hv1;
        let tpid = if is(libc::TP_STATUS_VLAN_TPID_VALID) {
            tag.tp_vlan_tpid
        } else {
            0x8100
        };
        let packet = Packet {
            seconds: header.tp_sec,
            nanoseconds: header.tp_nsec,
            wire_length: header.tp_len,
            vlan: is(libc::TP_STATUS_VLAN_VALID).then_some((tpid, tag.tp_vlan_tci as u16)),
            outgoing: address.sll_pkttype == libc::PACKET_OUTGOING,
        };
        Some((
            packet,
            block + start,
            block + end,
            at + header.tp_next_offset as usize,
        ))
    }

    /// Waits until packets can be read, at most `time`.
    pub(in crate::capture::live) fn wait(&self, time: Duration) -> Wait {
        let events = libc::POLLIN | libc::POLLERR;
        let mut poll = libc::pollfd {
            fd: self.socket.as_raw_fd(),
            events,
            revents: 0,
        };
        let milliseconds = c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: one structure, which outlives the call.
        let result = unsafe { libc::poll(&raw mut poll, 1, milliseconds) };
        if result < 0 {
            let error = io::Error::last_os_error();
            // A signal: time for the caller to look whether it was told to stop.
            return if error.kind() == io::ErrorKind::Interrupted {
                Wait::Quiet
            } else {
                Wait::Failed(error)
            };
        }
        if poll.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0 {
            match get::<c_int>(&self.socket, libc::SOL_SOCKET, libc::SO_ERROR) {
                Ok(0) => {}
                Ok(number) => return Wait::Failed(io::Error::from_raw_os_error(number)),
                Err(error) => return Wait::Failed(error),
            }
        }
        if poll.revents & libc::POLLIN != 0 {
            Wait::Ready
        } else {
            Wait::Quiet
        }
    }

    /// Packets dropped, and times the ring was found full, since the last call.
    pub(in crate::capture::live) fn drops(&self) -> io::Result<(u32, u32)> {
        let statistics: libc::tpacket_stats_v3 =
            get(&self.socket, libc::SOL_PACKET, libc::PACKET_STATISTICS)?;
        Ok((statistics.tp_drops, statistics.tp_freeze_q_cnt))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone and no reference into it is left.
        unsafe {
            libc::munmap(
                self.memory.as_ptr().cast::<c_void>(),
                self.block_size * self.blocks,
            )
        };
    }
}
