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

use std::ffi::{CStr, CString, c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{socklen_t, tpacket_block_desc, tpacket_hdr_v1, tpacket3_hdr};

use crate::capture::filter::Instruction;

/// Bytes of the block header before `tpacket_hdr_v1`, whose first field is the status.
const BLOCK_STATUS: usize = std::mem::offset_of!(tpacket_block_desc, hdr);
/// Where the link-layer address of a packet stands behind its header.
const ADDRESS: usize = libc::TPACKET3_HDRLEN - size_of::<libc::sockaddr_ll>();

/// What the kernel says about a packet of the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) seconds: u32,
    pub(super) nanoseconds: u32,
    pub(super) wire_length: u32,
    /// Type and control information of the tag that was taken out.
    pub(super) vlan: Option<(u16, u16)>,
    /// Sent by this machine.
    pub(super) outgoing: bool,
}

/// What waiting for the ring came to.
pub(super) enum Wait {
    Ready,
    Quiet,
    /// The interface failed: an error number.
    Failed(io::Error),
}

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
        Ok(Ring {
            socket: self.0,
            memory,
            block_size,
            blocks,
            block: 0,
            held: None,
            current: None,
        })
    }
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
pub(super) struct Ring {
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
    /// Starts to receive everything that the interface sees.
    pub(super) fn bind(&self, interface: u32) -> io::Result<()> {
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
    pub(super) fn promiscuous(&self, interface: u32) -> io::Result<()> {
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
    pub(super) fn advance(&mut self) -> Option<Packet> {
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
    pub(super) fn bytes(&self) -> &[u8] {
        let Some((start, end)) = self.current else {
            return &[];
        };
        // SAFETY: `current` lies in the block that is held, so the kernel does not write there while `self` is
        // borrowed, and the mapping holds initialised memory.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(start), end - start) }
    }

    /// True when packets can be read without waiting.
    pub(super) fn has_more(&self) -> bool {
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
    pub(super) fn wait(&self, time: Duration) -> Wait {
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
    pub(super) fn drops(&self) -> io::Result<(u32, u32)> {
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

/// The number of an interface.
pub(super) fn interface_index(name: &str) -> io::Result<u32> {
    let name = CString::new(name)?;
    // SAFETY: a string that ends with zero and outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Names of all interfaces.
pub(super) fn interface_names() -> io::Result<Vec<String>> {
    // SAFETY: no arguments; the list is freed below and not used after that.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(io::Error::last_os_error());
    }
    let mut names = Vec::new();
    let mut entry = list;
    // SAFETY: the list ends with an entry without a name, and each name is a string that ends with zero.
    unsafe {
        while !(*entry).if_name.is_null() {
            names.push(CStr::from_ptr((*entry).if_name).to_string_lossy().into_owned());
            entry = entry.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(names)
}

/// Flags (`IFF_`) and hardware kind (`ARPHRD_`) of an interface.
pub(super) fn interface_state(name: &str) -> io::Result<(c_int, u16)> {
    // SAFETY: no pointers.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    if socket < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a descriptor that was just made and that nobody else owns.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: all zeros is a value of this plain structure.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte as libc::c_char;
    }
    let mut ask = |what| {
        // SAFETY: both requests read the name and write the union within the structure, which outlives the call.
        let result = unsafe { libc::ioctl(socket.as_raw_fd(), what, &raw mut request) };
        if result < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(request.ifr_ifru)
        }
    };
    // SAFETY: each request fills the member that is read.
    let flags = unsafe { ask(libc::SIOCGIFFLAGS)?.ifru_flags };
    let hardware = unsafe { ask(libc::SIOCGIFHWADDR)?.ifru_hwaddr.sa_family };
    Ok((c_int::from(flags), hardware))
}
