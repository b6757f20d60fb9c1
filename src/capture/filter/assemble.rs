//! Puts instructions together whose jumps go to places further on.

use super::program::{Instruction, JUMP};

/// A place further on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(usize);

#[derive(Default)]
pub(super) struct Assembler {
    instructions: Vec<(Instruction, Option<(Label, Label)>)>,
    /// Where each label is, once it is known.
    places: Vec<Option<usize>>,
}

impl Assembler {
    /// A place that is still to come.
    pub(super) fn label(&mut self) -> Label {
        self.places.push(None);
        Label(self.places.len() - 1)
    }

    /// The next instruction is at this place.
    pub(super) fn here(&mut self, label: Label) {
        let place = self.instructions.len();
        if let Some(slot) = self.places.get_mut(label.0) {
            *slot = Some(place);
        }
    }

    /// Adds an instruction without a condition.
    pub(super) fn add(&mut self, code: u16, constant: u32) {
        self.instructions.push((
            Instruction {
                code,
                yes: 0,
                no: 0,
                constant,
            },
            None,
        ));
    }

    /// Adds a condition.
    pub(super) fn branch(&mut self, code: u16, constant: u32, yes: Label, no: Label) {
        self.instructions.push((
            Instruction {
                code,
                yes: 0,
                no: 0,
                constant,
            },
            Some((yes, no)),
        ));
    }

    /// Adds a condition that must hold for the next instruction.
    pub(super) fn require(&mut self, code: u16, constant: u32, no: Label) {
        let next = self.label();
        self.branch(code, constant, next, no);
        self.here(next);
    }

    /// Adds a jump of any length.
    pub(super) fn jump(&mut self, to: Label) {
        self.branch(JUMP, 0, to, to);
    }

    /// Resolves the jumps; `None` when one is too far.
    pub(super) fn finish(self) -> Option<Vec<Instruction>> {
        let place = |label: Label| self.places.get(label.0).copied().flatten();
        let mut instructions = Vec::with_capacity(self.instructions.len());
        for (at, &(mut instruction, labels)) in self.instructions.iter().enumerate() {
            if let Some((yes, no)) = labels {
                let distance = |label| place(label)?.checked_sub(at + 1);
                if instruction.code == JUMP {
                    instruction.constant = u32::try_from(distance(yes)?).ok()?;
                } else {
                    instruction.yes = u8::try_from(distance(yes)?).ok()?;
                    instruction.no = u8::try_from(distance(no)?).ok()?;
                }
            }
            instructions.push(instruction);
        }
        Some(instructions)
    }
}
