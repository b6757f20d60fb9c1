//! Items of the MonitoredItem and Subscription services.

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::super::value;
use super::{Items, TIMESTAMPS, attribute_of, name, objects};
use crate::fault::Fault;
use crate::services::id;
use crate::services::monitored_item::{CreateItem, CreateResult, MonitoringParameters, Revised};
use crate::types::{Diagnostics, Numbers, length};

/// Whether an item samples and reports (OPC 10000-4 7.23).
const MODES: [&str; 3] = ["Disabled", "Sampling", "Reporting"];

impl Items<'_> {
    pub(super) fn create_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        out.key("subscription")
            .u64(u64::from(cursor.u32_le("subscriptionId")?));
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        objects(out, "items", &mut cursor, |out, cursor| {
            let item = CreateItem::read(cursor)?;
            attribute_of(out, self.show, &item.of);
            name(out, "mode", &MODES, item.mode);
            self.monitoring(out, &item.parameters);
            Ok(())
        })
    }

    fn monitoring(&self, out: &mut Writer<'_>, parameters: &MonitoringParameters<'_>) {
        out.key("client_handle").u64(u64::from(parameters.handle));
        out.key("sampling_ms").f64(parameters.sampling);
        out.key("queue_size").u64(u64::from(parameters.queue));
        out.key("discard_oldest").bool(parameters.discard_oldest);
        if parameters.filter.body.is_some() {
            out.key("filter");
            value::extension(out, &parameters.filter, self.show);
        }
    }

    pub(super) fn create_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::CREATE_ITEMS_REQUEST);
        let mut left = 0;
        if asked.take(8, "subscriptionId, timestampsToReturn").is_ok() {
            left = length(&mut asked, "itemsToCreate")?.unwrap_or(0);
        }
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                let item = CreateItem::read(&mut asked)?;
                attribute_of(out, self.show, &item.of);
                out.key("client_handle").u64(u64::from(item.parameters.handle));
            }
            let result = CreateResult::read(cursor)?;
            value::status(out, result.status);
            out.key("monitored_item").u64(u64::from(result.item));
            self.revised(out, &result.revised);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    fn revised(&self, out: &mut Writer<'_>, revised: &Revised<'_>) {
        out.key("sampling_ms").f64(revised.sampling);
        out.key("queue_size").u64(u64::from(revised.queue));
        if revised.filter.body.is_some() {
            out.key("filter_result");
            value::extension(out, &revised.filter, self.show);
        }
    }

    /// Number and, where it is known, node of a monitored item.
    fn monitored(&self, out: &mut Writer<'_>, subscription: u32, item: u32) {
        out.key("monitored_item").u64(u64::from(item));
        let known = self.show.memory.subscription(subscription);
        if let Some(item) = known.and_then(|known| known.item(item)) {
            value::item_node(out, self.show, item.node.lend());
            value::attribute(out, item.attribute);
        }
    }

    pub(super) fn modify_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let subscription = cursor.u32_le("subscriptionId")?;
        out.key("subscription").u64(u64::from(subscription));
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        objects(out, "items", &mut cursor, |out, cursor| {
            self.monitored(out, subscription, cursor.u32_le("monitoredItemId")?);
            self.monitoring(out, &MonitoringParameters::read(cursor)?);
            Ok(())
        })
    }

    pub(super) fn listed_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let subscription = cursor.u32_le("subscriptionId")?;
        out.key("subscription").u64(u64::from(subscription));
        if self.message.known_code() == id::SET_MONITORING_MODE_REQUEST {
            name(out, "mode", &MODES, cursor.i32_le("monitoringMode")?);
        }
        objects(out, "items", &mut cursor, |out, cursor| {
            self.monitored(out, subscription, cursor.u32_le("monitoredItemIds")?);
            Ok(())
        })
    }

    pub(super) fn listed_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let modified = self.message.known_code() == id::MODIFY_ITEMS_RESPONSE;
        let mut asked = Cursor::new(self.asked.map_or(&[][..], |asked| &asked.parameters));
        let with_mode = self
            .asked
            .is_some_and(|asked| asked.code != id::DELETE_ITEMS_REQUEST);
        let subscription = asked.u32_le("subscriptionId").unwrap_or(0);
        let mut left = 0;
        if !with_mode || asked.take(4, "mode").is_ok() {
            left = length(&mut asked, "items").unwrap_or(None).unwrap_or(0);
        }
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                self.monitored(out, subscription, asked.u32_le("monitoredItemIds")?);
                if modified {
                    MonitoringParameters::read(&mut asked)?;
                }
            }
            value::status(out, cursor.u32_le("statusCode")?);
            if modified {
                self.revised(out, &Revised::read(cursor)?);
            }
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    pub(super) fn triggering_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let subscription = cursor.u32_le("subscriptionId")?;
        out.key("subscription").u64(u64::from(subscription));
        let trigger = cursor.u32_le("triggeringItemId")?;
        out.key("trigger")
            .object(|out| self.monitored(out, subscription, trigger));
        let added = Numbers::read(&mut cursor, "linksToAdd")?;
        let removed = Numbers::read(&mut cursor, "linksToRemove")?;
        out.key("items").array(|out| {
            for (link, items) in [("add", added), ("remove", removed)] {
                for item in items.iter() {
                    out.object(|out| {
                        self.monitored(out, subscription, item);
                        out.key("link").string(link);
                    });
                }
            }
        });
        Ok(())
    }

    pub(super) fn triggering_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::SET_TRIGGERING_REQUEST);
        let subscription = asked.u32_le("subscriptionId").unwrap_or(0);
        let _ = asked.u32_le("triggeringItemId");
        let mut cursor = self.cursor();
        let mut results = [Numbers::default(); 2];
        let mut diagnostics = [Diagnostics::default(); 2];
        for (results, diagnostics) in results.iter_mut().zip(&mut diagnostics) {
            *results = Numbers::read(&mut cursor, "results")?;
            *diagnostics = Diagnostics::read(&mut cursor, self.show.depth)?;
        }
        out.key("items").array(|out| {
            for (link, results) in ["add", "remove"].into_iter().zip(results) {
                let links = Numbers::read(&mut asked, "links").unwrap_or_default();
                let mut links = links.iter();
                for status in results.iter() {
                    out.object(|out| {
                        if let Some(item) = links.next() {
                            self.monitored(out, subscription, item);
                        }
                        out.key("link").string(link);
                        value::status(out, status);
                    });
                }
            }
        });
        let [added, removed] = diagnostics;
        value::listed(out, "add_diagnostics", added, self.show);
        value::listed(out, "remove_diagnostics", removed, self.show);
        Ok(())
    }

    pub(super) fn subscriptions_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        if self.message.known_code() == id::SET_PUBLISHING_MODE_REQUEST {
            out.key("publishing").bool(cursor.u8("publishingEnabled")? != 0);
        }
        objects(out, "items", &mut cursor, |out, cursor| {
            out.key("subscription")
                .u64(u64::from(cursor.u32_le("subscriptionIds")?));
            Ok(())
        })?;
        if self.message.known_code() == id::TRANSFER_REQUEST {
            out.key("send_initial_values")
                .bool(cursor.u8("sendInitialValues")? != 0);
        }
        Ok(())
    }

    pub(super) fn subscriptions_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = Cursor::new(self.asked.map_or(&[][..], |asked| &asked.parameters));
        if self
            .asked
            .is_some_and(|asked| asked.code == id::SET_PUBLISHING_MODE_REQUEST)
        {
            let _ = asked.u8("publishingEnabled");
        }
        let mut left = length(&mut asked, "subscriptionIds").unwrap_or(None).unwrap_or(0);
        let transferred = self.message.known_code() == id::TRANSFER_RESPONSE;
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                out.key("subscription")
                    .u64(u64::from(asked.u32_le("subscriptionIds")?));
            }
            value::status(out, cursor.u32_le("results")?);
            if transferred {
                let available = Numbers::read(cursor, "availableSequenceNumbers")?;
                value::numbers(out, "available_notifications", available);
            }
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }
}
