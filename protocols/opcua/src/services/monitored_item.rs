//! MonitoredItem service set (OPC 10000-4 5.13).

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::{
    BOOLEAN, BYTE, DATE_TIME, DOUBLE, EXTENSION_OBJECT, Kind, NODE_ID, QUALIFIED_NAME, STATUS_CODE, STRING,
    UINT32, structure,
};
use crate::services::attribute::{AttributeOf, READ_VALUE_ID};
use crate::services::common::{DIAGNOSTIC_INFOS, RESULTS, TIMESTAMPS};
use crate::types::ExtensionObject;

/// Whether an item samples and reports (OPC 10000-4 7.23).
pub(crate) const MONITORING_MODE: Kind = Kind::Enumeration(&["Disabled", "Sampling", "Reporting"]);

structure!(MONITORING_PARAMETERS "MonitoringParameters" "OPC 10000-4 7.21" {
    clientHandle: UINT32,
    samplingInterval: DOUBLE,
    filter: EXTENSION_OBJECT,
    queueSize: UINT32,
    discardOldest: BOOLEAN,
});

structure!(CREATE_ITEM "MonitoredItemCreateRequest" "" {
    itemToMonitor: Kind::Structure(&READ_VALUE_ID),
    monitoringMode: MONITORING_MODE,
    requestedParameters: Kind::Structure(&MONITORING_PARAMETERS),
});

structure!(CREATE_REQUEST "CreateMonitoredItemsRequest" "OPC 10000-4 5.13.2.2" {
    subscriptionId: UINT32,
    timestampsToReturn: TIMESTAMPS,
    itemsToCreate: Kind::Array(&Kind::Structure(&CREATE_ITEM)),
});

structure!(CREATE_RESULT "MonitoredItemCreateResult" "" {
    statusCode: STATUS_CODE,
    monitoredItemId: UINT32,
    revisedSamplingInterval: DOUBLE,
    revisedQueueSize: UINT32,
    filterResult: EXTENSION_OBJECT,
});

structure!(CREATE_RESPONSE "CreateMonitoredItemsResponse" "OPC 10000-4 5.13.2.2" {
    results: Kind::Array(&Kind::Structure(&CREATE_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(MODIFY_ITEM "MonitoredItemModifyRequest" "" {
    monitoredItemId: UINT32,
    requestedParameters: Kind::Structure(&MONITORING_PARAMETERS),
});

structure!(MODIFY_REQUEST "ModifyMonitoredItemsRequest" "OPC 10000-4 5.13.3.2" {
    subscriptionId: UINT32,
    timestampsToReturn: TIMESTAMPS,
    itemsToModify: Kind::Array(&Kind::Structure(&MODIFY_ITEM)),
});

structure!(MODIFY_RESULT "MonitoredItemModifyResult" "" {
    statusCode: STATUS_CODE,
    revisedSamplingInterval: DOUBLE,
    revisedQueueSize: UINT32,
    filterResult: EXTENSION_OBJECT,
});

structure!(MODIFY_RESPONSE "ModifyMonitoredItemsResponse" "OPC 10000-4 5.13.3.2" {
    results: Kind::Array(&Kind::Structure(&MODIFY_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(SET_MODE_REQUEST "SetMonitoringModeRequest" "OPC 10000-4 5.13.4.2" {
    subscriptionId: UINT32,
    monitoringMode: MONITORING_MODE,
    monitoredItemIds: Kind::Array(&UINT32),
});

structure!(SET_MODE_RESPONSE "SetMonitoringModeResponse" "OPC 10000-4 5.13.4.2" {
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(DELETE_REQUEST "DeleteMonitoredItemsRequest" "OPC 10000-4 5.13.6.2" {
    subscriptionId: UINT32,
    monitoredItemIds: Kind::Array(&UINT32),
});

structure!(DELETE_RESPONSE "DeleteMonitoredItemsResponse" "OPC 10000-4 5.13.6.2" {
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(DATA_CHANGE_FILTER "DataChangeFilter" "OPC 10000-4 7.22.2" {
    trigger: Kind::Enumeration(&["Status", "StatusValue", "StatusValueTimestamp"]),
    deadbandType: UINT32,
    deadbandValue: DOUBLE,
});

structure!(SIMPLE_ATTRIBUTE_OPERAND "SimpleAttributeOperand" "OPC 10000-4 7.7.4.5" {
    typeDefinitionId: NODE_ID,
    browsePath: Kind::Array(&QUALIFIED_NAME),
    attributeId: UINT32,
    indexRange: STRING,
});

structure!(CONTENT_FILTER_ELEMENT "ContentFilterElement" "OPC 10000-4 7.7.1" {
    filterOperator: Kind::Enumeration(&[
        "Equals", "IsNull", "GreaterThan", "LessThan", "GreaterThanOrEqual", "LessThanOrEqual", "Like", "Not",
        "Between", "InList", "And", "Or", "Cast", "InView", "OfType", "RelatedTo", "BitwiseAnd", "BitwiseOr",
    ]),
    filterOperands: Kind::Array(&EXTENSION_OBJECT),
});

structure!(CONTENT_FILTER "ContentFilter" "OPC 10000-4 7.7.1" {
    elements: Kind::Array(&Kind::Structure(&CONTENT_FILTER_ELEMENT)),
});

structure!(EVENT_FILTER "EventFilter" "OPC 10000-4 7.22.3" {
    selectClauses: Kind::Array(&Kind::Structure(&SIMPLE_ATTRIBUTE_OPERAND)),
    whereClause: Kind::Structure(&CONTENT_FILTER),
});

structure!(AGGREGATE_CONFIGURATION "AggregateConfiguration" "" {
    useServerCapabilitiesDefaults: BOOLEAN,
    treatUncertainAsBad: BOOLEAN,
    percentDataBad: BYTE,
    percentDataGood: BYTE,
    useSlopedExtrapolation: BOOLEAN,
});

structure!(AGGREGATE_FILTER "AggregateFilter" "OPC 10000-4 7.22.4" {
    startTime: DATE_TIME,
    aggregateType: NODE_ID,
    processingInterval: DOUBLE,
    aggregateConfiguration: Kind::Structure(&AGGREGATE_CONFIGURATION),
});

/// One item that a client wants to be told about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreateItem<'a> {
    /// What is watched.
    pub(crate) of: AttributeOf<'a>,
    /// 0 disabled, 1 sampling, 2 reporting.
    pub(crate) mode: i32,
    /// How.
    pub(crate) parameters: MonitoringParameters<'a>,
}

/// How an item is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonitoringParameters<'a> {
    /// The client's number for the item, which notifications carry instead of the node.
    pub(crate) handle: u32,
    /// Milliseconds between samples.
    pub(crate) sampling: f64,
    /// What is left out, or which fields an event has.
    pub(crate) filter: ExtensionObject<'a>,
}

impl<'a> MonitoringParameters<'a> {
    /// Reads MonitoringParameters.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let handle = cursor.u32_le("clientHandle")?;
        let sampling = cursor.f64_le("samplingInterval")?;
        let filter = ExtensionObject::read(cursor)?;
        cursor.u32_le("queueSize")?;
        cursor.u8("discardOldest")?;
        Ok(Self {
            handle,
            sampling,
            filter,
        })
    }
}

impl<'a> CreateItem<'a> {
    /// Reads a MonitoredItemCreateRequest.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            of: AttributeOf::read_value_id(cursor)?,
            mode: cursor.i32_le("monitoringMode")?,
            parameters: MonitoringParameters::read(cursor)?,
        })
    }
}

/// What became of an item that a client wanted to be told about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreateResult {
    /// How it ended.
    pub(crate) status: u32,
    /// The server's number for the item.
    pub(crate) item: u32,
    /// Milliseconds between samples.
    pub(crate) sampling: f64,
}

impl CreateResult {
    /// Reads a MonitoredItemCreateResult.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        let status = cursor.u32_le("statusCode")?;
        let item = cursor.u32_le("monitoredItemId")?;
        let sampling = cursor.f64_le("revisedSamplingInterval")?;
        cursor.u32_le("revisedQueueSize")?;
        ExtensionObject::read(cursor)?;
        Ok(Self {
            status,
            item,
            sampling,
        })
    }
}
