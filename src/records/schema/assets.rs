//! The records about who is there and who talks to whom.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A device or client as its conversations show it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// `device`
    pub record: String,
    /// Capture time of the last packet.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Name in the site; left out when it has none.
    #[serde(default)]
    pub name: Option<String>,
    /// The site lists it; left out without a site, and where the site cannot tell.
    #[serde(default)]
    pub known: Option<bool>,
    /// What it is for the site: `hmi`, `scada`, `engineering`, `historian`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its zone in the site.
    #[serde(default)]
    pub zone: Option<String>,
    /// Network card that it used last.
    #[serde(default)]
    pub mac: Option<String>,
    /// Every network card, when it used several.
    #[serde(default)]
    pub macs: Vec<String>,
    /// Address.
    pub ip: String,
    /// It is an address of the public Internet.
    #[serde(default)]
    pub public: Option<bool>,
    /// Ports at which it answers.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Modbus unit id, when the record is about one unit behind the address.
    #[serde(default)]
    pub unit: Option<u8>,
    /// DNP3 link address, when the record is about one station behind the address.
    #[serde(default)]
    pub link: Option<u16>,
    /// Port, when the record is about one OPC UA server at the address.
    #[serde(default)]
    pub port: Option<u16>,
    /// Application URI of that server.
    #[serde(default)]
    pub application: Option<String>,
    /// `client`, `server`, in the words of the protocols.
    pub roles: Vec<String>,
    /// Industrial protocols.
    pub protocols: Vec<String>,
    /// Other protocols that it serves, such as `http`.
    #[serde(default)]
    pub serves: Vec<String>,
    /// Other protocols that it uses, such as `ntp`.
    #[serde(default)]
    pub uses: Vec<String>,
    /// Unit ids and link addresses behind the address.
    #[serde(default)]
    pub stations: Vec<String>,
    /// What it says of itself: vendor, product, firmware, application ...
    #[serde(default)]
    pub identity: BTreeMap<String, String>,
    /// Authentication and encryption in use: every value that its conversations showed.
    #[serde(default)]
    pub security: BTreeMap<String, Vec<String>>,
    /// What is weak about it: `anonymous_logon`, `default_account`, `password_in_clear`, `community_in_clear`,
    /// `no_message_security`, `withdrawn_policy`, `old_tls`, `certificate_expired`, `certificate_not_yet_valid`, `weak_key`,
    /// `weak_hash`
    #[serde(default)]
    pub weaknesses: Vec<String>,
    /// First seen.
    pub first_seen: String,
    /// Last seen.
    pub last_seen: String,
    /// It usually speaks more often and is not heard since.
    #[serde(default)]
    pub silent_since: Option<String>,
}

/// Who talks with whom.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    /// `conversation`
    pub record: String,
    /// Capture time of the last message.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Community ID; left out for a protocol without IP.
    #[serde(default)]
    pub flow: Option<String>,
    /// Who asks; of a protocol that is not decoded, who opened the conversation or is at no registered port. Without IP the
    /// sender.
    pub client: Somewhere,
    /// Who answers. Without IP the receiver, which may be a group.
    pub server: Somewhere,
    /// VLAN ids.
    #[serde(default)]
    pub vlan: Vec<u16>,
    /// Protocol: `modbus`, `dnp3`, `opcua`, or another one that is recognised, such as `s7comm` or `tls`.
    pub protocol: String,
    /// `tcp`, `udp`, `rtu_over_tcp`, `tls`, `ethernet` ...
    #[serde(default)]
    pub transport: Option<String>,
    /// Name of a protocol that is recognised and not decoded, for people.
    #[serde(default)]
    pub name: Option<String>,
    /// First message or frame.
    pub first_seen: String,
    /// Last message or frame.
    pub last_seen: String,
    /// Frames of both ends, those without content included; left out while it goes on.
    #[serde(default)]
    pub frames: Option<u64>,
    /// Their captured bytes.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Messages of the client.
    #[serde(default)]
    pub client_messages: Option<u64>,
    /// Messages of the server.
    #[serde(default)]
    pub server_messages: Option<u64>,
    /// Bytes of the client's messages.
    #[serde(default)]
    pub client_bytes: Option<u64>,
    /// Bytes of the server's messages.
    #[serde(default)]
    pub server_bytes: Option<u64>,
    /// How often each function or service was used.
    #[serde(default)]
    pub functions: BTreeMap<String, u64>,
    /// What the handshake of a TLS conversation says whose protocol is not known.
    #[serde(default)]
    pub tls: BTreeMap<String, String>,
    /// Its messages are decoded.
    pub decoded: bool,
    /// Points that were touched; left out when none is known.
    #[serde(default)]
    pub points: Option<TouchedPoints>,
    /// How the ends make themselves known: `none`, `tls`, `dnp3_secure_authentication`, or the kinds of OPC UA identity
    /// token: `anonymous`, `user_name`, `certificate`, `issued`. Left out where it is not seen.
    #[serde(default)]
    pub authentication: Option<String>,
    /// What keeps the content secret: `none`, `tls`, `opcua`. Left out where it is not seen.
    #[serde(default)]
    pub encryption: Option<String>,
    /// Security in use, where the protocol negotiates it.
    #[serde(default)]
    pub security: BTreeMap<String, String>,
    /// What the certificates of `client` and `server` say: `sha1`, `subject`, `issuer`, `until`, `validity`, `key`, `hash`.
    #[serde(default)]
    pub certificates: BTreeMap<String, BTreeMap<String, String>>,
    /// What is weak about it: `anonymous_logon`, `default_account`, `password_in_clear`, `community_in_clear`,
    /// `no_message_security`, `withdrawn_policy`, `old_tls`, `certificate_expired`, `certificate_not_yet_valid`, `weak_key`,
    /// `weak_hash`
    #[serde(default)]
    pub weaknesses: Vec<String>,
    /// The zones of both ends; left out when the site has none.
    #[serde(default)]
    pub zones: Option<Zones>,
    /// Nothing of it was missed; left out when it is not decoded.
    #[serde(default)]
    pub complete: Option<bool>,
}

/// Points by their canonical address, runs of them as `unit 1 holding:0..11`.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TouchedPoints {
    /// Read or reported.
    #[serde(default)]
    pub read: Vec<String>,
    /// Written or commanded.
    #[serde(default)]
    pub written: Vec<String>,
    /// There are more than are listed.
    #[serde(default)]
    pub more: Option<bool>,
}

/// The zones of a conversation.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zones {
    /// Zone of the one who asks, or `outside`.
    pub from: String,
    /// Zone of the one who answers, or `outside`.
    pub to: String,
    /// They are the same, or a conduit allows it.
    pub allowed: bool,
}

/// One end of a conversation, which may have no IP.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Somewhere {
    /// Network card, where the link layer has one.
    #[serde(default)]
    pub mac: Option<String>,
    /// Address.
    #[serde(default)]
    pub ip: Option<String>,
    /// Port.
    #[serde(default)]
    pub port: Option<u16>,
}
