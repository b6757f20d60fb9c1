//! Bytes of the three protocols.

/// A Modbus message.
pub(crate) fn modbus(transaction: u16, unit: u8, data_unit: &[u8]) -> Vec<u8> {
    let mut bytes = transaction.to_be_bytes().to_vec();
    bytes.extend([0, 0]);
    bytes.extend((u16::try_from(data_unit.len()).unwrap() + 1).to_be_bytes());
    bytes.push(unit);
    bytes.extend(data_unit);
    bytes
}

/// Read of one holding register.
pub(crate) fn read(address: u16) -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend(address.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

/// DNP3 checksum (IEEE 1815-2012 9.2.4.1.6).
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa6bc } else { crc >> 1 };
        }
    }
    (!crc).to_le_bytes()
}

/// A DNP3 frame with user data.
pub(crate) fn link(control: u8, destination: u16, source: u16, user: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x05, 0x64, 5 + u8::try_from(user.len()).unwrap(), control];
    bytes.extend(destination.to_le_bytes());
    bytes.extend(source.to_le_bytes());
    bytes.extend(checksum(&bytes));
    for block in user.chunks(16) {
        bytes.extend(block);
        bytes.extend(checksum(block));
    }
    bytes
}

/// A request of master 1 to outstation 10.
pub(crate) fn request(sequence: u8, function: u8, objects: &[u8]) -> Vec<u8> {
    request_to(10, 1, 0xc0 | sequence & 15, function, objects)
}

pub(crate) fn request_to(outstation: u16, master: u16, control: u8, function: u8, objects: &[u8]) -> Vec<u8> {
    let mut user = vec![0xc0, control, function];
    user.extend(objects);
    link(0xc4, outstation, master, &user)
}

/// A response of outstation 10 to master 1.
pub(crate) fn response(sequence: u8, indications: u16, objects: &[u8]) -> Vec<u8> {
    answer(0xc0 | sequence & 15, 129, indications, objects)
}

pub(crate) fn answer(control: u8, function: u8, indications: u16, objects: &[u8]) -> Vec<u8> {
    let mut user = vec![0xc0, control, function];
    user.extend(indications.to_be_bytes());
    user.extend(objects);
    link(0x44, 1, 10, &user)
}

/// A relay is closed: group 12 variation 1.
pub(crate) const CLOSE: [u8; 18] = [12, 1, 0x28, 1, 0, 7, 0, 0x41, 1, 0xe8, 3, 0, 0, 0, 0, 0, 0, 0];

/// An OPC UA text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = i32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

const NULL: [u8; 4] = [0xff; 4];

/// A chunk: its letters and what follows the size.
pub(crate) fn chunk(letters: &[u8; 4], rest: &[u8]) -> Vec<u8> {
    let mut bytes = letters.to_vec();
    bytes.extend((u32::try_from(rest.len()).unwrap() + 8).to_le_bytes());
    bytes.extend(rest);
    bytes
}

pub(crate) fn hello() -> Vec<u8> {
    let mut rest = Vec::new();
    for number in [0_u32, 65_536, 65_536, 0, 0] {
        rest.extend(number.to_le_bytes());
    }
    rest.extend(text("opc.tcp://10.0.0.1:4840"));
    chunk(b"HELF", &rest)
}

pub(crate) fn acknowledge() -> Vec<u8> {
    let mut rest = Vec::new();
    for number in [0_u32, 65_536, 65_536, 0, 0] {
        rest.extend(number.to_le_bytes());
    }
    chunk(b"ACKF", &rest)
}

fn type_id(code: u16) -> Vec<u8> {
    let mut bytes = vec![1, 0];
    bytes.extend(code.to_le_bytes());
    bytes
}

fn request_header(handle: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend([0; 8]);
    bytes.extend(handle.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(NULL);
    bytes.extend([0; 4]);
    bytes.extend([0, 0, 0]);
    bytes
}

fn response_header(handle: u32, status: u32) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes.extend(handle.to_le_bytes());
    bytes.extend(status.to_le_bytes());
    bytes.push(0);
    bytes.extend(NULL);
    bytes.extend([0, 0, 0]);
    bytes
}

/// An OPN with the policy of this name.
pub(crate) fn open(asks: bool, policy: &str, sequence: u32) -> Vec<u8> {
    let mut rest = if asks { 0_u32 } else { 7 }.to_le_bytes().to_vec();
    rest.extend(text(&format!(
        "http://opcfoundation.org/UA/SecurityPolicy#{policy}"
    )));
    rest.extend(NULL);
    rest.extend(NULL);
    rest.extend(sequence.to_le_bytes());
    rest.extend(sequence.to_le_bytes());
    if asks {
        rest.extend(type_id(446));
        rest.extend(request_header(1));
        for number in [0_u32, 0, 1] {
            rest.extend(number.to_le_bytes());
        }
        rest.extend(NULL);
        rest.extend(3_600_000_u32.to_le_bytes());
    } else {
        rest.extend(type_id(449));
        rest.extend(response_header(1, 0));
        for number in [0_u32, 7, 1] {
            rest.extend(number.to_le_bytes());
        }
        rest.extend([0; 8]);
        rest.extend(3_600_000_u32.to_le_bytes());
        rest.extend(NULL);
    }
    chunk(b"OPNF", &rest)
}

fn symmetric(number: u32, code: u16, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut rest = 7_u32.to_le_bytes().to_vec();
    rest.extend(1_u32.to_le_bytes());
    rest.extend(number.to_le_bytes());
    rest.extend(number.to_le_bytes());
    rest.extend(type_id(code));
    rest.extend(header);
    rest.extend(body);
    chunk(b"MSGF", &rest)
}

/// A service request; sequence number and request id are the same.
pub(crate) fn service(number: u32, code: u16, body: &[u8]) -> Vec<u8> {
    symmetric(number, code, &request_header(number), body)
}

/// Its answer.
pub(crate) fn served(number: u32, code: u16, status: u32, body: &[u8]) -> Vec<u8> {
    symmetric(number, code, &response_header(number, status), body)
}

/// An ERR message.
pub(crate) fn error(status: u32) -> Vec<u8> {
    let mut rest = status.to_le_bytes().to_vec();
    rest.extend(text("no"));
    chunk(b"ERRF", &rest)
}

/// Parameters of ActivateSession with an anonymous user.
pub(crate) fn anonymous() -> Vec<u8> {
    let mut bytes = Vec::new();
    // No signature, no certificates, no locales.
    bytes.extend(NULL);
    bytes.extend(NULL);
    bytes.extend(NULL);
    bytes.extend(NULL);
    // AnonymousIdentityToken, its binary encoding, with a policy id.
    bytes.extend(type_id(321));
    bytes.push(1);
    let policy = text("anonymous");
    bytes.extend(u32::try_from(policy.len()).unwrap().to_le_bytes());
    bytes.extend(policy);
    bytes.extend(NULL);
    bytes.extend(NULL);
    bytes
}

/// CreateSession of an application, and its answer with the authentication token ns=1;i=77.
pub(crate) fn create_session(number: u32, application: &str) -> (Vec<u8>, Vec<u8>) {
    let mut asks = text(application);
    asks.extend(NULL);
    asks.push(0);
    asks.extend(1_u32.to_le_bytes());
    asks.extend([NULL; 3].concat());
    asks.extend(NULL);
    asks.extend(text("opc.tcp://plc:4840"));
    asks.extend(text("session"));
    asks.extend(NULL);
    asks.extend(NULL);
    asks.extend(60_000_f64.to_le_bytes());
    asks.extend(0_u32.to_le_bytes());
    let mut tells = vec![1, 1];
    tells.extend(500_u16.to_le_bytes());
    tells.extend([1, 1]);
    tells.extend(77_u16.to_le_bytes());
    tells.extend(60_000_f64.to_le_bytes());
    tells.extend([NULL; 5].concat());
    tells.extend([NULL; 2].concat());
    tells.extend(0_u32.to_le_bytes());
    (service(number, 461, &asks), served(number, 464, 0, &tells))
}

/// A Write of one Double to ns=2;s=SP in that session.
pub(crate) fn write_in_session(number: u32) -> Vec<u8> {
    let mut header = vec![1, 1];
    header.extend(77_u16.to_le_bytes());
    header.extend(&request_header(number)[2..]);
    let mut body = 1_u32.to_le_bytes().to_vec();
    body.extend([3, 2, 0]);
    body.extend(text("SP"));
    body.extend(13_u32.to_le_bytes());
    body.extend(NULL);
    body.extend([1, 11]);
    body.extend(1.5_f64.to_le_bytes());
    symmetric(number, 673, &header, &body)
}

/// CreateSubscription in that session.
pub(crate) fn create_subscription(number: u32) -> Vec<u8> {
    let mut header = vec![1, 1];
    header.extend(77_u16.to_le_bytes());
    header.extend(&request_header(number)[2..]);
    let mut body = 1_000_f64.to_le_bytes().to_vec();
    for count in [60_u32, 10, 0] {
        body.extend(count.to_le_bytes());
    }
    body.extend([1, 0]);
    symmetric(number, 787, &header, &body)
}

/// It is created under this number.
pub(crate) fn subscription_created(number: u32, subscription: u32) -> Vec<u8> {
    let mut body = subscription.to_le_bytes().to_vec();
    body.extend(1_000_f64.to_le_bytes());
    body.extend(60_u32.to_le_bytes());
    body.extend(10_u32.to_le_bytes());
    served(number, 790, 0, &body)
}

/// A self-signed certificate that was valid from 2018 to 2020.
const CERTIFICATE: &str = "\
    308201093081afa003020102020101300a06082a8648ce3d040302300e310c300a06035504030c03686d69301e170d31\
    38303130313030303030305a170d3230303130313030303030305a300e310c300a06035504030c03686d693059301306\
    072a8648ce3d020106082a8648ce3d0301070342000413098450e82684fd4fa382896a039d9df1bc01e558dd7e5aee75\
    8f1b5ed22859a0a5574e210bde7826a0e4cd3d73cf70461701542522472a0fe2eea418af7f1c300a06082a8648ce3d04\
    0302034900304602210080fce1bc8f585c68a13ef8a7c417aa86f3b70622fba64b182e4ce30064b9b2ff022100b56769\
    b5dad46ecf4ba8ae675e9ea6b19ca72215862a77ead94c31e2e5ba744e";

/// An OPN of a client that shows it.
pub(crate) fn open_with_old_certificate() -> Vec<u8> {
    let certificate: Vec<u8> = CERTIFICATE
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let mut rest = 0_u32.to_le_bytes().to_vec();
    rest.extend(text("http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"));
    rest.extend(i32::try_from(certificate.len()).unwrap().to_le_bytes());
    rest.extend(certificate);
    rest.extend(20_i32.to_le_bytes());
    rest.extend([7; 20]);
    rest.extend([9; 256]);
    chunk(b"OPNF", &rest)
}
