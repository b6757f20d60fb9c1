//! The `conversation` and `device` records (records.md section 6).

use std::net::IpAddr;

use tapglass_model::CaptureTime;
use tapglass_proto::json::Writer;

use super::{Behind, Census, Device, StationSeen, Talk};
use crate::conversation::mac_text;
use crate::recognise::{Ends, Seen, Traffic};
use crate::records::{Captures, write_line};

impl Census {
    /// Writes the `conversation` records: those that are decoded or known to be encrypted, then the others.
    pub fn write_conversations(&self, out: &mut Vec<u8>, captures: &Captures) {
        for talk in self.talks.values().filter(|talk| talk.was_heard()) {
            write_talk(out, captures, talk);
        }
        for other in &self.others {
            write_other(out, captures, other);
        }
    }

    /// Writes the `device` records, of each address and of each station behind it; `name` gives the site's name of an
    /// address.
    pub fn write_devices(
        &self,
        out: &mut Vec<u8>,
        captures: &Captures,
        name: &dyn Fn(IpAddr) -> Option<String>,
    ) {
        for (ip, device) in &self.devices {
            let name = name(*ip);
            write_address(out, captures, *ip, device, name.as_deref());
            for (behind, station) in &device.behind {
                write_station(out, captures, *ip, device, *behind, station);
            }
        }
    }
}

fn seen(out: &mut Writer<'_>, (first, last): (CaptureTime, CaptureTime)) {
    out.key("first_seen").time(first.min(last));
    out.key("last_seen").time(last);
}

fn traffic(out: &mut Writer<'_>, traffic: Traffic) {
    // Unknown while the conversation goes on, and of a second one in the same flow.
    if traffic.frames > 0 {
        out.key("frames").u64(traffic.frames);
        out.key("bytes").u64(traffic.bytes);
    }
}

fn strings<'a>(out: &mut Writer<'_>, list: impl Iterator<Item = &'a str>) {
    out.array(|out| list.for_each(|text| out.string(text)));
}

fn pairs<'a>(out: &mut Writer<'_>, list: impl Iterator<Item = (&'a &'static str, &'a String)>) {
    out.object(|out| {
        for (key, value) in list {
            out.key(key).string(value);
        }
    });
}

fn write_talk(out: &mut Vec<u8>, captures: &Captures, talk: &Talk) {
    let captures_only = captures.without_frame(talk.frame);
    write_line(out, captures, "conversation", talk.seen.1, captures_only, |out| {
        out.members(talk.conversation.members());
        if let Some(transport) = talk.transport {
            out.key("transport").string(transport);
        }
        seen(out, talk.seen);
        traffic(out, talk.traffic);
        let [client, server] = talk.messages;
        out.key("client_messages").u64(client);
        out.key("server_messages").u64(server);
        let [client, server] = talk.bytes;
        out.key("client_bytes").u64(client);
        out.key("server_bytes").u64(server);
        out.key("functions").object(|out| {
            for (name, count) in &talk.functions {
                out.key(name).u64(*count);
            }
        });
        if !talk.security.is_empty() {
            pairs(out.key("security"), talk.security.iter());
        }
        out.key("decoded").bool(talk.messages != [0, 0]);
        out.key("complete").bool(talk.complete);
    });
}

fn write_other(out: &mut Vec<u8>, captures: &Captures, other: &Seen) {
    let captures_only = captures.without_frame(other.frame);
    write_line(
        out,
        captures,
        "conversation",
        other.seen.1,
        captures_only,
        |out| {
            match &other.ends {
                Ends::Network(conversation) => {
                    out.members(conversation.members());
                    out.key("transport").string(if conversation.ip_protocol == 6 {
                        "tcp"
                    } else {
                        "udp"
                    });
                }
                Ends::Link {
                    source,
                    destination,
                    vlans,
                } => {
                    for (key, mac) in [("client", source), ("server", destination)] {
                        out.key(key).object(|out| out.key("mac").string(&mac_text(*mac)));
                    }
                    if !vlans.is_empty() {
                        out.key("vlan")
                            .array(|out| vlans.iter().for_each(|id| out.u64(u64::from(*id))));
                    }
                    out.key("protocol").string(other.protocol);
                    out.key("transport").string("ethernet");
                }
            }
            out.key("name").string(other.title);
            seen(out, other.seen);
            traffic(out, other.traffic);
            if let Some(facts) = &other.tls {
                facts.json(out.key("tls"));
            }
            out.key("decoded").bool(false);
        },
    );
}

fn write_address(out: &mut Vec<u8>, captures: &Captures, ip: IpAddr, device: &Device, name: Option<&str>) {
    let captures_only = captures.without_frame(device.frame);
    write_line(out, captures, "device", device.seen.1, captures_only, |out| {
        if let Some(name) = name {
            out.key("name").string(name);
        }
        if let Some(mac) = device.mac {
            out.key("mac").string(&mac_text(mac));
        }
        out.key("ip").display(ip);
        strings(out.key("roles"), device.roles.iter().copied());
        strings(out.key("protocols"), device.protocols.iter().copied());
        if !device.stations.is_empty() {
            strings(out.key("stations"), device.stations.iter().map(String::as_str));
        }
        if !device.identity.is_empty() {
            pairs(out.key("identity"), device.identity.iter());
        }
        if !device.security.is_empty() {
            out.key("security").object(|out| {
                for (key, values) in &device.security {
                    strings(out.key(key), values.iter().map(String::as_str));
                }
            });
        }
        seen(out, device.seen);
    });
}

fn write_station(
    out: &mut Vec<u8>,
    captures: &Captures,
    ip: IpAddr,
    device: &Device,
    behind: Behind,
    station: &StationSeen,
) {
    let captures_only = captures.without_frame(device.frame);
    write_line(out, captures, "device", station.seen.1, captures_only, |out| {
        if let Some(mac) = device.mac {
            out.key("mac").string(&mac_text(mac));
        }
        out.key("ip").display(ip);
        match behind {
            Behind::Unit(unit) => out.key("unit").u64(u64::from(unit)),
            Behind::Link(link) => out.key("link").u64(u64::from(link)),
            Behind::Port(port) => {
                out.key("port").u64(u64::from(port));
                if let Some(application) = station.identity.get("application_uri") {
                    out.key("application").string(application);
                }
            }
        }
        strings(out.key("roles"), std::iter::once(station.role));
        strings(out.key("protocols"), std::iter::once(station.protocol));
        if !station.identity.is_empty() {
            pairs(out.key("identity"), station.identity.iter());
        }
        seen(out, station.seen);
    });
}
