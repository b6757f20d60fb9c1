//! A namespace with a cable of two ends, `src` and `tap`, and something that sends into it.
// Entering a namespace and sending raw frames are system calls; the product has neither.
#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A namespace that the calling thread is in; it is removed with the value.
pub(crate) struct Wire {
    name: String,
}

impl Wire {
    /// Makes the namespace and enters it; `None`, said aloud, where that is not possible.
    pub(crate) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "tgcap-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|made| made.status.success()) {
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "no network namespaces here"
            );
            println!("skipped: needs root and iproute2");
            return None;
        }
        let wire = Self { name };
        // The kernel itself must stay silent on the cable.
        let sysctl = "echo 1 | tee /proc/sys/net/ipv6/conf/all/disable_ipv6 /proc/sys/net/ipv6/conf/default/disable_ipv6";
        run(Command::new("ip").args(["netns", "exec", &wire.name, "sh", "-c", sysctl]));
        wire.ip(&["link", "add", "src", "type", "veth", "peer", "name", "tap"]);
        for end in ["src", "tap"] {
            wire.ip(&["link", "set", end, "up"]);
        }
        let namespace = File::open(format!("/run/netns/{}", wire.name)).unwrap();
        // SAFETY: no pointers; only the calling thread changes its namespace.
        assert_eq!(
            unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) },
            0
        );
        Some(wire)
    }

    /// Runs `ip` in the namespace.
    pub(crate) fn ip(&self, arguments: &[&str]) -> String {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments))
    }

    /// Details of an interface.
    pub(crate) fn show(&self, interface: &str) -> String {
        self.ip(&["-details", "link", "show", interface])
    }

    /// A counter of an interface.
    pub(crate) fn count(&self, interface: &str, counter: &str) -> u64 {
        let path = format!("/sys/class/net/{interface}/statistics/{counter}");
        let text = run(Command::new("ip").args(["netns", "exec", &self.name, "cat", &path]));
        text.trim().parse().unwrap()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An Ethernet frame between two invented stations.
pub(crate) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [
        &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
        &kind.to_be_bytes()[..],
        payload,
    ]
    .concat()
}

/// Sends raw frames.
pub(crate) struct Sender {
    socket: OwnedFd,
    address: libc::sockaddr_ll,
}

impl Sender {
    pub(crate) fn new(interface: &str) -> Self {
        let name = std::ffi::CString::new(interface).unwrap();
        // SAFETY: plain calls; the name outlives its call, the descriptor is new, zeros are a valid address.
        unsafe {
            let socket = libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0);
            assert!(socket >= 0);
            let mut address: libc::sockaddr_ll = std::mem::zeroed();
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
            assert!(address.sll_ifindex > 0);
            Self {
                socket: OwnedFd::from_raw_fd(socket),
                address,
            }
        }
    }

    pub(crate) fn send(&self, frame: &[u8]) {
        // SAFETY: frame and address outlive the call and have the lengths that are said.
        let sent = unsafe {
            libc::sendto(
                self.socket.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                0,
                (&raw const self.address).cast(),
                size_of::<libc::sockaddr_ll>() as u32,
            )
        };
        assert_eq!(sent, frame.len() as isize, "{}", std::io::Error::last_os_error());
    }
}

/// The calling thread is an ordinary user as long as this lives.
///
/// By raw system calls: those of the library change all threads.
pub(crate) struct Ordinary;

impl Ordinary {
    pub(crate) fn user() -> Self {
        // SAFETY: no pointers. The saved user stays root.
        assert_eq!(
            unsafe { libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 0) },
            0
        );
        Self
    }
}

impl Drop for Ordinary {
    fn drop(&mut self) {
        // SAFETY: no pointers.
        unsafe { libc::syscall(libc::SYS_setresuid, 0, 0, 0) };
    }
}
