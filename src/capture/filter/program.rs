//! Programs of the kernel's classic packet filter, and running them.

/// Operation codes that are used: class, size or operator, and mode.
pub(super) const LOAD_WORD: u16 = 0x20;
pub(super) const LOAD_HALF: u16 = 0x28;
pub(super) const LOAD_BYTE: u16 = 0x30;
/// Half a word behind the header length in X.
pub(super) const LOAD_HALF_BEHIND: u16 = 0x48;
/// X becomes the length of the IPv4 header that starts at a place.
pub(super) const LOAD_HEADER_LENGTH: u16 = 0xb1;
pub(super) const AND: u16 = 0x54;
pub(super) const JUMP: u16 = 0x05;
pub(super) const JUMP_EQUAL: u16 = 0x15;
pub(super) const JUMP_GREATER: u16 = 0x25;
pub(super) const JUMP_GREATER_EQUAL: u16 = 0x35;
pub(super) const JUMP_ANY_BIT: u16 = 0x45;
pub(super) const RETURN: u16 = 0x06;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions passed over when a condition holds.
    pub yes: u8,
    /// Instructions passed over when it does not.
    pub no: u8,
    /// Constant.
    pub constant: u32,
}

/// A filter for frames of one link type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(pub(super) Vec<Instruction>);

impl Program {
    /// Wants all frames, `snap_length` bytes of each.
    #[must_use]
    pub fn keep(snap_length: u32) -> Self {
        Self(vec![Instruction {
            code: RETURN,
            yes: 0,
            no: 0,
            constant: snap_length,
        }])
    }

    /// The instructions.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }

    /// True when the frame is wanted. As in the kernel, a frame too short for a question is not.
    #[must_use]
    pub fn accepts(&self, frame: &[u8]) -> bool {
        self.run(frame).is_some_and(|bytes| bytes > 0)
    }

    /// How many bytes of the frame are wanted; `None` when the program leaves the frame or itself.
    fn run(&self, frame: &[u8]) -> Option<u32> {
        let (mut value, mut header) = (0_u32, 0_u32);
        let mut at = 0_usize;
        // Jumps only go forward, so this ends.
        loop {
            let Instruction {
                code,
                yes,
                no,
                constant,
            } = *self.0.get(at)?;
            at += 1;
            let branch = |condition| usize::from(if condition { yes } else { no });
            match code {
                LOAD_WORD => value = u32::from_be_bytes(load(frame, constant)?),
                LOAD_HALF => value = u16::from_be_bytes(load(frame, constant)?).into(),
                LOAD_BYTE => value = u8::from_be_bytes(load(frame, constant)?).into(),
                LOAD_HALF_BEHIND => {
                    value = u16::from_be_bytes(load(frame, constant.checked_add(header)?)?).into();
                }
                LOAD_HEADER_LENGTH => {
                    header = u32::from(u8::from_be_bytes(load(frame, constant)?) & 0xf) * 4;
                }
                AND => value &= constant,
                JUMP => at = at.checked_add(constant as usize)?,
                JUMP_EQUAL => at += branch(value == constant),
                JUMP_GREATER => at += branch(value > constant),
                JUMP_GREATER_EQUAL => at += branch(value >= constant),
                JUMP_ANY_BIT => at += branch(value & constant != 0),
                RETURN => return Some(constant),
                _ => return None,
            }
        }
    }
}

fn load<const N: usize>(frame: &[u8], at: u32) -> Option<[u8; N]> {
    frame.get(at as usize..)?.first_chunk().copied()
}
