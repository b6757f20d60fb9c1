//! Puts Ethernet frames into every encapsulation, byte by byte as the standards say, with code that shares nothing with the
//! reader.

/// How a frame is put into another: the frame and its number give the new one.
pub(crate) type Wrap = fn(&[u8], u16) -> Vec<u8>;

/// An encapsulation by name, and the VLAN ids that it adds in front.
pub(crate) struct Encapsulation {
    pub(crate) name: &'static str,
    pub(crate) wrap: Wrap,
    pub(crate) vlans: &'static [u16],
}

const fn of(name: &'static str, wrap: Wrap, vlans: &'static [u16]) -> Encapsulation {
    Encapsulation { name, wrap, vlans }
}

/// All of them.
pub(crate) const ALL: &[Encapsulation] = &[
    of("vlan", |frame, _| tag(frame, &[(0x8100, 0x600a)]), &[10]),
    of(
        "qinq",
        |frame, _| tag(frame, &[(0x88a8, 100), (0x8100, 10)]),
        &[100, 10],
    ),
    of(
        "qinq_9100",
        |frame, _| tag(frame, &[(0x9100, 100), (0x8100, 10)]),
        &[100, 10],
    ),
    of("priority_tag", |frame, _| tag(frame, &[(0x8100, 0xe000)]), &[]),
    of("snap", snap, &[]),
    of("hsr", hsr, &[]),
    of("prp", prp, &[]),
    of("mpls_ip", |frame, _| mpls(frame, 2, None), &[]),
    of("mpls_pseudowire", |frame, _| mpls(frame, 1, Some(&[])), &[]),
    of(
        "mpls_control_word",
        |frame, _| mpls(frame, 3, Some(&[0, 0, 0, 7])),
        &[],
    ),
    of("pppoe", pppoe, &[]),
    of("gre_ip", |frame, _| gre_ip(frame, 0, &[]), &[]),
    of(
        "gre_checksum",
        |frame, _| gre_ip(frame, 0x8000, &[0x12, 0x34, 0, 0]),
        &[],
    ),
    of("gre_key", |frame, _| gre_ip(frame, 0x2000, &[0, 0, 0, 9]), &[]),
    of(
        "gre_key_sequence",
        |frame, _| gre_ip(frame, 0x3000, &[0, 0, 0, 9, 0, 0, 0, 1]),
        &[],
    ),
    of(
        "gre_routing",
        |frame, _| {
            let route = [0, 2, 0, 4, 10, 0, 0, 1];
            gre_ip(
                frame,
                0x4000,
                &[&[0, 0, 0, 0], &route[..], &[0, 0, 0, 0]].concat(),
            )
        },
        &[],
    ),
    of(
        "gre_bridged",
        |frame, _| gre(0x2000, 0x6558, &[&[0, 0, 0, 1], frame].concat()),
        &[],
    ),
    of("erspan_1", |frame, _| gre(0, 0x88be, frame), &[]),
    of("erspan_2", |frame, number| erspan_2(frame, number, 0), &[]),
    of(
        "erspan_2_vlan",
        |frame, number| erspan_2(frame, number, 0x1000),
        &[30],
    ),
    of("erspan_3", |frame, number| erspan_3(frame, number, false), &[]),
    of(
        "erspan_3_subheader",
        |frame, number| erspan_3(frame, number, true),
        &[],
    ),
    of(
        "vxlan",
        |frame, _| udp(4789, &[&[8, 0, 0, 0, 0, 0, 42, 0], frame].concat()),
        &[],
    ),
    of(
        "vxlan_8472",
        |frame, _| udp(8472, &[&[8, 0, 0, 0, 0, 0, 42, 0], frame].concat()),
        &[],
    ),
    of(
        "vxlan_policy",
        |frame, _| udp(4789, &[&[0x88, 8, 0, 5, 0, 0, 42, 0], frame].concat()),
        &[],
    ),
    of(
        "vxlan_gpe_ethernet",
        |frame, _| udp(4790, &[&[0x0c, 0, 0, 3, 0, 0, 42, 0], frame].concat()),
        &[],
    ),
    of(
        "vxlan_gpe_ip",
        |frame, _| {
            let Some((kind, inner)) = ip(frame) else {
                return frame.to_vec();
            };
            let next = if kind == 0x0800 { 1 } else { 2 };
            udp(4790, &[&[0x0c, 0, 0, next, 0, 0, 42, 0], inner].concat())
        },
        &[],
    ),
    of(
        "geneve",
        |frame, _| udp(6081, &[&[0, 0, 0x65, 0x58, 0, 0, 42, 0], frame].concat()),
        &[],
    ),
    of(
        "geneve_options",
        |frame, _| {
            let options = [1, 2, 3, 1, 0xaa, 0xbb, 0xcc, 0xdd];
            udp(
                6081,
                &[&[2, 0, 0x65, 0x58, 0, 0, 42, 0], &options[..], frame].concat(),
            )
        },
        &[],
    ),
    of("ip_in_ipv4", |frame, _| ip_in_ip(frame, false), &[]),
    of("ip_in_ipv6", |frame, _| ip_in_ip(frame, true), &[]),
    of(
        "etherip",
        |frame, _| ethernet(0x0800, &ipv4(97, &[&[0x30, 0], frame].concat())),
        &[],
    ),
    of(
        "mpls_in_ip",
        |frame, _| {
            let Some((_, inner)) = ip(frame) else {
                return frame.to_vec();
            };
            ethernet(0x0800, &ipv4(137, &[&[0, 0x10, 0x01, 64], inner].concat()))
        },
        &[],
    ),
    of(
        "ipv6_extensions",
        |frame, _| {
            // Hop-by-hop, destination options, routing, a fragment header around a whole packet, then GRE.
            let Some((kind, inner)) = ip(frame) else {
                return frame.to_vec();
            };
            let options = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
            let headers = [
                options(60),
                options(43),
                [44, 0, 0, 0, 0, 0, 0, 0],
                [47, 0, 0, 0, 0, 0, 0, 1],
            ];
            let body = [&headers.concat(), &[0, 0][..], &u16::to_be_bytes(kind), inner].concat();
            ethernet(0x86dd, &ipv6(0, &body))
        },
        &[],
    ),
    of(
        "vlan_vxlan_vlan_mpls",
        |frame, number| {
            let inner = tag(&mpls(frame, 1, None), &[(0x8100, 20)]);
            let outer = udp(4789, &[&[8, 0, 0, 0, 0, 0, 42, 0], &inner[..]].concat());
            let _ = number;
            tag(&outer, &[(0x8100, 10)])
        },
        &[10, 20],
    ),
];

/// EtherType behind any tags and what follows it, when that is IP.
pub(crate) fn ip(frame: &[u8]) -> Option<(u16, &[u8])> {
    let mut at = 12;
    loop {
        let kind = u16::from_be_bytes(frame.get(at..at + 2)?.try_into().ok()?);
        match kind {
            0x8100 | 0x88a8 => at += 4,
            0x0800 | 0x86dd => return Some((kind, &frame[at + 2..])),
            _ => return None,
        }
    }
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A frame of the outer network.
pub(crate) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    let header = [2, 0, 0, 0, 0, 0xfe, 2, 0, 0, 0, 0, 0xff];
    [&header[..], &kind.to_be_bytes(), payload].concat()
}

fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// An IPv4 packet of the outer network, with fragment flags and offset.
pub(crate) fn ipv4_piece(protocol: u8, id: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap();
    let mut header = words(&[0x4500, length, id, flags, 0x4000 | u16::from(protocol), 0]);
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [&header[..], payload].concat()
}

fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_piece(protocol, 1, 0, payload)
}

/// An IPv6 packet of the outer network.
pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut header = words(&[0x6000, 0, length, u16::from(next) << 8 | 64]);
    for last in [1, 2] {
        header.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    [&header[..], payload].concat()
}

/// A UDP datagram of the outer network in its frame.
pub(crate) fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(17, &datagram(port, payload)))
}

/// A UDP datagram; checksum 0 means that there is none.
pub(crate) fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    [&words(&[50_000, port, length, 0])[..], payload].concat()
}

/// Adds tags behind the addresses.
pub(crate) fn tag(frame: &[u8], tags: &[(u16, u16)]) -> Vec<u8> {
    let mut tagged = frame[..12].to_vec();
    for (kind, control) in tags {
        tagged.extend(words(&[*kind, *control]));
    }
    tagged.extend(&frame[12..]);
    tagged
}

fn snap(frame: &[u8], _: u16) -> Vec<u8> {
    let Some((kind, inner)) = ip(frame) else {
        return frame.to_vec();
    };
    let body = [&[0xaa, 0xaa, 3, 0, 0, 0][..], &kind.to_be_bytes(), inner].concat();
    if body.len() > 1_500 {
        return frame.to_vec();
    }
    let length = u16::try_from(body.len()).unwrap();
    [&frame[..12], &length.to_be_bytes(), &body].concat()
}

fn hsr(frame: &[u8], number: u16) -> Vec<u8> {
    let size = u16::try_from(frame.len() - 14 + 6).unwrap() & 0x0fff;
    let tag = words(&[0x892f, size, number]);
    [&frame[..12], &tag, &frame[12..]].concat()
}

fn prp(frame: &[u8], number: u16) -> Vec<u8> {
    let mut padded = frame.to_vec();
    padded.resize(frame.len().max(60), 0);
    let size = u16::try_from(padded.len() - 14 + 6).unwrap();
    if size > 0x0fff {
        return frame.to_vec();
    }
    padded.extend(words(&[number, 0xa000 | size, 0x88fb]));
    padded
}

/// Labels, then IP; or, with `control`, these bytes and the whole frame.
fn mpls(frame: &[u8], labels: u8, control: Option<&[u8]>) -> Vec<u8> {
    let mut payload = Vec::new();
    for label in 1..=labels {
        let bottom = u8::from(label == labels);
        payload.extend([0, 1, label << 4 | bottom, 64]);
    }
    match (control, ip(frame)) {
        (Some(control), _) => {
            payload.extend(control);
            payload.extend(frame);
        }
        (None, Some((_, inner))) => payload.extend(inner),
        (None, None) => return frame.to_vec(),
    }
    ethernet(0x8847, &payload)
}

fn pppoe(frame: &[u8], _: u16) -> Vec<u8> {
    let Some((kind, inner)) = ip(frame) else {
        return frame.to_vec();
    };
    let protocol = if kind == 0x0800 { 0x0021 } else { 0x0057 };
    let length = u16::try_from(inner.len() + 2).unwrap();
    let header = words(&[0x1100, 7, length, protocol]);
    ethernet(0x8864, &[&header[..], inner].concat())
}

fn gre(flags: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
    let header = words(&[flags, kind]);
    ethernet(0x0800, &ipv4(47, &[&header[..], payload].concat()))
}

fn gre_ip(frame: &[u8], flags: u16, fields: &[u8]) -> Vec<u8> {
    match ip(frame) {
        Some((kind, inner)) => gre(flags, kind, &[fields, inner].concat()),
        None => frame.to_vec(),
    }
}

/// `encoding` are the two bits that say whether the tag was taken off, in their place.
fn erspan_2(frame: &[u8], number: u16, encoding: u16) -> Vec<u8> {
    let sequence = words(&[0, number]);
    let header = words(&[0x1000 | 30, encoding | 5, 0, 1]);
    gre(0x1000, 0x88be, &[&sequence[..], &header, frame].concat())
}

fn erspan_3(frame: &[u8], number: u16, subheader: bool) -> Vec<u8> {
    let sequence = words(&[0, number]);
    let mut header = words(&[0x2000, 5, 0x1234, 0x5678, 0, u16::from(subheader)]);
    if subheader {
        header.extend([0x10, 0, 0, 0, 0, 0, 0, 1]);
    }
    gre(0x1000, 0x22eb, &[&sequence[..], &header, frame].concat())
}

fn ip_in_ip(frame: &[u8], outer_6: bool) -> Vec<u8> {
    let Some((kind, inner)) = ip(frame) else {
        return frame.to_vec();
    };
    let protocol = if kind == 0x0800 { 4 } else { 41 };
    if outer_6 {
        ethernet(0x86dd, &ipv6(protocol, inner))
    } else {
        ethernet(0x0800, &ipv4(protocol, inner))
    }
}
