//! Who uses which function on which device: noted while learning, compared with what was learned afterwards.

use std::collections::BTreeMap;

use tapglass_model::Severity;
use tapglass_proto::Operation;

use super::Engine;
use super::step::Evidence;
use crate::conversation::Context;
use crate::plant::pairs::Target;
use crate::rules::verdict::{Cause, Unusual, What};
use crate::site::{DeviceId, Learned, PrincipalId, RuleKind, Site, Talk as Known};

/// Kinds of asking noted; a scan of function codes is not remembered in full.
const NOTED: usize = 65_536;
/// Conversations whose last asking is remembered: most ask the same again and again.
const RECENT: usize = 64;
/// New kinds of asking reported; what comes after these is the same finding.
const REPORTED: usize = 1_024;

/// Client, device and function.
type Key = (Option<PrincipalId>, DeviceId, u32);

/// What is compared or noted.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    rule: u32,
    severity: Severity,
    /// What is usual, in order; `None` while learning.
    known: Option<Vec<(PrincipalId, DeviceId, Vec<u32>)>>,
    /// How often each was seen, while learning.
    noted: BTreeMap<Key, u64>,
    /// New ones that were reported.
    reported: Vec<Key>,
    /// The conversation, device and function that were last found good, by conversation.
    recent: Box<[(u32, DeviceId, u32)]>,
}

impl Talk {
    /// What a site says about it, if it does.
    pub(super) fn new(site: &Site) -> Option<Box<Self>> {
        let (place, rule, learned) =
            (0_u32..)
                .zip(&site.rules)
                .find_map(|(place, rule)| match &rule.kind {
                    RuleKind::Baseline(learned @ (Learned::Talk(_) | Learned::Listen)) if !rule.disabled => {
                        Some((place, rule, learned))
                    }
                    _ => None,
                })?;
        let known = match learned {
            Learned::Talk(talks) => {
                let mut known: Vec<_> = talks
                    .iter()
                    .map(
                        |Known {
                             principal,
                             device,
                             functions,
                         }| (*principal, *device, functions.clone()),
                    )
                    .collect();
                known.sort();
                Some(known)
            }
            _ => None,
        };
        Some(Box::new(Self {
            rule: place,
            severity: rule.severity,
            known,
            noted: BTreeMap::new(),
            reported: Vec::new(),
            recent: vec![(u32::MAX, DeviceId(u32::MAX), u32::MAX); RECENT].into_boxed_slice(),
        }))
    }

    fn is_usual(known: &[(PrincipalId, DeviceId, Vec<u32>)], (principal, device, function): Key) -> bool {
        principal.is_some_and(|principal| {
            known.iter().any(|(client, server, functions)| {
                *client == principal
                    && *server == device
                    && (functions.is_empty() || functions.contains(&function))
            })
        })
    }
}

impl Engine {
    /// A client uses a function, or a device answers one.
    pub(super) fn talked(&mut self, context: &Context<'_>, target: &Target, operation: &Operation<'_>) {
        let Some(talk) = &mut self.talk else {
            return;
        };
        let (number, function) = (context.conversation.number, operation.function.code);
        for device in target.devices() {
            let place = number as usize & (RECENT - 1);
            let now = (number, *device, function);
            if talk.recent.get(place) == Some(&now) && talk.known.is_some() {
                continue;
            }
            let client = context.conversation.client.ip;
            let key = (self.principals.at(client), *device, function);
            let Some(known) = &talk.known else {
                if talk.noted.len() < NOTED || talk.noted.contains_key(&key) {
                    *talk.noted.entry(key).or_default() += 1;
                }
                continue;
            };
            if Talk::is_usual(known, key) {
                if let Some(recent) = talk.recent.get_mut(place) {
                    *recent = now;
                }
                continue;
            }
            if talk.reported.contains(&key) || talk.reported.len() >= REPORTED {
                continue;
            }
            talk.reported.push(key);
            let (rule, severity) = (talk.rule, talk.severity);
            let cause = Cause::new(
                What::Unusual(Unusual::Talk {
                    client,
                    known: key.0,
                    function,
                }),
                None,
            )
            .severity(severity);
            let evidence = Evidence {
                between: None,
                write: None,
                conversation: None,
                frame: Some(operation.frame),
            };
            self.raise_built_in(rule, &cause, &[*device], evidence);
            return;
        }
    }

    /// What was noted while learning: client, device, function, how often.
    pub(crate) fn noted_talk(&self) -> impl Iterator<Item = (Option<PrincipalId>, DeviceId, u32, u64)> {
        self.talk
            .iter()
            .flat_map(|talk| &talk.noted)
            .map(|((principal, device, function), count)| (*principal, *device, *function, *count))
    }
}
