//! REGISTER: asks for events on this connection.

use super::EncodeRequest;
use crate::error::{DecodeError, EncodeError};
use crate::event_type::EventType;
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// Asks for events of some types (v5 §4.1.8); answered with READY. A type that the server does not know is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    events: Vec<EventType>,
}

impl Register {
    /// A registration for those types.
    #[must_use]
    pub fn new(events: impl Into<Vec<EventType>>) -> Self {
        Register { events: events.into() }
    }

    /// The types asked for.
    #[must_use]
    pub fn events(&self) -> &[EventType] {
        &self.events
    }

    /// Reads the body, which is the same in every version.
    ///
    /// # Errors
    /// When it is cut short or not text.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let count = reader.short_count(2, "REGISTER events")?;
        let events = (0..count)
            .map(|_| reader.string("REGISTER event").map(EventType::from))
            .collect::<Result<_, DecodeError>>()?;
        Ok(Register { events })
    }
}

impl EncodeRequest for Register {
    fn opcode(&self) -> Opcode {
        Opcode::REGISTER
    }

    fn append(&self, _version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_short_count(self.events.len(), "REGISTER events")?;
        self.events.iter().try_for_each(|event| out.write_string(event.as_str(), "REGISTER event"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_a_string_list() {
        let register = Register::new([EventType::STATUS_CHANGE, EventType::from("NEW")]);
        let bytes = b"\x00\x02\x00\x0dSTATUS_CHANGE\x00\x03NEW";
        let mut out = Vec::new();
        register.encode(ProtocolVersion::V3, &mut out).unwrap();
        assert_eq!(out, bytes);
        assert_eq!(Register::decode(bytes), Ok(register));
    }
}
