//! Device attributes, group 0 (IEEE 1815-2012 A.1).

use super::structured::{Members, Part, Reader};
use super::time::Timestamp;
use crate::names;

/// A list of variations with their properties.
const LIST: u8 = 254;
/// A list that is too long for one octet of length.
const EXTENDED_LIST: u8 = 255;

/// Tells the members of one attribute: the type, the length, the value.
pub(super) fn members(reader: &mut Reader<'_, '_>, variation: u8) -> Members {
    let kind = reader.cursor.u8("type")?;
    if let Some(name) = name(variation) {
        reader.tell("name", 0, Part::Name(name));
    }
    reader.tell("type", 1, Part::Code(u32::from(kind), names::data_type(kind)));
    let octet = reader.cursor.u8("length")?;
    let length = value_length(kind, octet);
    reader.tell("length", 1, Part::Number(length as u64));
    typed(reader, "value", kind, length)
}

/// How many octets a value takes whose length octet says `length`: an extended list adds 256 (5.5.4.3).
pub(super) fn value_length(kind: u8, length: u8) -> usize {
    usize::from(length) + if kind == EXTENDED_LIST { 256 } else { 0 }
}

/// A value of a named type (table 5-16).
pub(super) fn typed(reader: &mut Reader<'_, '_>, name: &'static str, kind: u8, length: usize) -> Members {
    let bytes = reader.cursor.take(length, name)?;
    let unsigned = |bytes: &[u8]| {
        let mut octets = [0; 8];
        for (place, octet) in octets.iter_mut().zip(bytes) {
            *place = *octet;
        }
        u64::from_le_bytes(octets)
    };
    let part = match (kind, bytes) {
        (1 | 8, _) => Part::Text(bytes),
        (2, _) if (1..=8).contains(&length) => Part::Number(unsigned(bytes)),
        (3, _) if (1..=8).contains(&length) => {
            let unused = 64 - 8 * u32::try_from(length).unwrap_or(8);
            Part::Signed(((unsigned(bytes) << unused) as i64) >> unused)
        }
        (4, &[a, b, c, d]) => Part::Real(f64::from(f32::from_le_bytes([a, b, c, d]))),
        (4, &[a, b, c, d, e, f, g, h]) => Part::Real(f64::from_le_bytes([a, b, c, d, e, f, g, h])),
        (7, &[a, b, c, d, e, f]) => Part::Time(Timestamp::from_octets([a, b, c, d, e, f])),
        (LIST | EXTENDED_LIST, _) => {
            let at = reader.cursor.position() - length;
            reader.visit.list(name);
            for (nth, pair) in bytes.as_chunks::<2>().0.iter().enumerate() {
                let [variation, properties] = *pair;
                let at = at + 2 * nth;
                reader.visit.item("Attribute", at, 2);
                reader
                    .visit
                    .member("variation", at, 1, Part::Number(u64::from(variation)));
                reader
                    .visit
                    .member("writable", at + 1, 1, Part::Flag(properties & 1 == 1));
                reader.visit.end_item();
            }
            reader.visit.end_list();
            // Half a pair.
            if let [octet] = bytes.as_chunks::<2>().1 {
                reader.tell("unpaired", 1, Part::Number(u64::from(*octet)));
            }
            return Ok(());
        }
        _ => Part::Hex(bytes),
    };
    reader.tell(name, length, part);
    Ok(())
}

/// The attributes of set 0 by name; those of other sets are the vendor's.
pub(crate) const fn name(variation: u8) -> Option<&'static str> {
    Some(match variation {
        196 => "configuration_id",
        197 => "configuration_version",
        198 => "configuration_build_date",
        199 => "configuration_change_date",
        200 => "configuration_signature",
        201 => "configuration_signature_algorithm",
        202 => "master_resource_id",
        203 => "altitude",
        204 => "longitude",
        205 => "latitude",
        206 => "secondary_operator_name",
        207 => "primary_operator_name",
        208 => "system_name",
        209 => "secure_authentication_version",
        210 => "security_statistics_per_association",
        211 => "user_specific_attributes",
        212 => "master_data_set_prototypes",
        213 => "outstation_data_set_prototypes",
        214 => "master_data_sets",
        215 => "outstation_data_sets",
        216 => "binary_outputs_per_request",
        217 => "local_timing_accuracy",
        218 => "duration_of_time_accuracy",
        219 => "analog_output_events_supported",
        220 => "maximum_analog_output_index",
        221 => "number_of_analog_outputs",
        222 => "binary_output_events_supported",
        223 => "maximum_binary_output_index",
        224 => "number_of_binary_outputs",
        225 => "frozen_counter_events_supported",
        226 => "frozen_counters_supported",
        227 => "counter_events_supported",
        228 => "maximum_counter_index",
        229 => "number_of_counters",
        230 => "frozen_analog_inputs_supported",
        231 => "analog_input_events_supported",
        232 => "maximum_analog_input_index",
        233 => "number_of_analog_inputs",
        234 => "double_bit_events_supported",
        235 => "maximum_double_bit_index",
        236 => "number_of_double_bit_inputs",
        237 => "binary_input_events_supported",
        238 => "maximum_binary_input_index",
        239 => "number_of_binary_inputs",
        240 => "maximum_transmit_fragment",
        241 => "maximum_receive_fragment",
        242 => "software_version",
        243 => "hardware_version",
        244 => "owner_name",
        245 => "location",
        246 => "id_code",
        247 => "device_name",
        248 => "serial_number",
        249 => "subset_and_conformance",
        250 => "product",
        252 => "manufacturer",
        254 => "all_attributes",
        255 => "list_of_variations",
        _ => return None,
    })
}
