//! Asking for interfaces.

use std::ffi::{CStr, CString, c_int};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The number of an interface.
pub(in crate::capture::live) fn interface_index(name: &str) -> io::Result<u32> {
    let name = CString::new(name)?;
    // SAFETY: a string that ends with zero and outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Names of all interfaces.
pub(in crate::capture::live) fn interface_names() -> io::Result<Vec<String>> {
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
pub(in crate::capture::live) fn interface_state(name: &str) -> io::Result<(c_int, u16)> {
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
