//! Logons that others can use: passwords in clear, accounts that products come with, no account at all.

use std::sync::Arc;

use tapglass_proto::Operation;

use super::super::Engine;
use crate::conversation::Context;
use crate::plant::account::is_default_account;
use crate::rules::built_in::id;
use crate::rules::exposed::Exposed;

impl Engine {
    /// A client says how it logs on.
    pub(in super::super) fn watch_logon(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        key: &str,
        value: &str,
    ) {
        let (client, server) = (context.conversation.client.ip, context.conversation.server.ip);
        let exposed = match key {
            // Within one machine nobody is on the way.
            "user_password" if value == "in_clear" && client != server => {
                Exposed::CleartextLogon { client, server }
            }
            "user_password" => {
                self.counted(id::CLEARTEXT_LOGON);
                return;
            }
            "user" if is_default_account(value) => Exposed::DefaultLogon {
                client,
                server,
                user: Some(value.to_owned()),
            },
            "user" => {
                self.counted(id::DEFAULT_LOGON);
                return;
            }
            _ => return,
        };
        let conversation = self.pairs.open(slot).map(|open| Arc::clone(&open.conversation));
        self.expose(exposed, None, conversation.as_ref(), None);
    }

    /// Somebody commands: as whom?
    pub(in super::super) fn watch_anonymous(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        operation: &Operation<'_>,
    ) {
        if operation.actor.user != Some("anonymous") || !super::super::watch::controls(operation.action) {
            return;
        }
        let (client, server) = (context.conversation.client.ip, context.conversation.server.ip);
        self.counted(id::DEFAULT_LOGON);
        // Where nobody logs on, an address is all that tells who it is: a listed one will do.
        if self.site.lists(client, false) != Some(false) {
            return;
        }
        let conversation = self.pairs.open(slot).map(|open| Arc::clone(&open.conversation));
        let exposed = Exposed::DefaultLogon {
            client,
            server,
            user: None,
        };
        self.expose(exposed, None, conversation.as_ref(), Some(operation.frame));
    }
}
