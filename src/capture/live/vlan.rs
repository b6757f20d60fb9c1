//! The kernel takes the outermost VLAN tag out of a frame; this puts it back where it stood.

/// Bytes of destination and source address, behind which the tag stands.
const ADDRESSES: usize = 12;

/// Writes `frame` with the tag into `scratch`; a frame too short to have had one is left as it is.
pub(super) fn put_back<'a>(frame: &'a [u8], tpid: u16, tci: u16, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let Some((addresses, rest)) = frame.split_at_checked(ADDRESSES) else {
        return frame;
    };
    scratch.clear();
    scratch.extend_from_slice(addresses);
    scratch.extend_from_slice(&tpid.to_be_bytes());
    scratch.extend_from_slice(&tci.to_be_bytes());
    scratch.extend_from_slice(rest);
    scratch
}

#[cfg(test)]
mod tests {
    use super::put_back;

    #[test]
    fn puts_the_tag_behind_the_addresses() {
        let frame = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0, 9];
        let tagged = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x88, 0xa8, 0x60, 7, 8, 0, 9];
        assert_eq!(put_back(&frame, 0x88a8, 0x6007, &mut vec![5; 40]), tagged);
        assert_eq!(put_back(&frame[..11], 0x8100, 1, &mut Vec::new()), &frame[..11]);
    }
}
